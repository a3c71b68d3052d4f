/* Some of many hosts refuse, are silent, or die while they are talked to. */
#include "mcclient/mcclient.h"
#include "support/check_main.h"
#include "support/cluster.h"
#include "support/crew.h"
#include "support/dead_end.h"
#include "support/fault_proxy.h"
#include "support/homes.h"
#include "support/lateness.h"
#include "support/scripted_host.h"

#include <stdio.h>
#include <stdlib.h>

/* More than a machine is held up before all is sent; a wait for each host, or each key, would last many times as long. */
#define DEADLINE_MS 2500

static char     keys[3000][HOME_KEY_SIZE];
static mc_slice slices[3000];
static mc_entry entries[3000];
static char     values[3000][HOME_KEY_SIZE + 16];

/* Entries of count keys "key-0" and so on, the value of each "<key>=<mark>". */
static void fill(size_t count, const char *mark) {
    for (size_t i = 0; i < count; i++) {
        snprintf(keys[i], sizeof keys[i], "key-%zu", i);
        snprintf(values[i], sizeof values[i], "%s=%s", keys[i], mark);
        slices[i] = mc_str(keys[i]);
        entries[i] = (mc_entry){.key = slices[i], .value = mc_str(values[i])};
    }
}

static void assert_value(const mc_results *results, size_t i) {
    ck_assert_uint_eq(results->items[i].value.len, strlen(values[i]));
    ck_assert_mem_eq(results->items[i].value.data, values[i], strlen(values[i]));
}

/* ------------------------------------------------------------------------------------------ one host of three is down -- */

#define NONE_DOWN 3

/* Writes, reads and deletes count keys by a client without fail-over, while one of its three hosts is down. */
static void check_multis(mc_client *client, size_t count, size_t down, mc_status of_the_down) {
    mc_status  whole = down == NONE_DOWN || of_the_down == MC_OK ? MC_OK : MC_PARTIAL;
    mc_results results = MC_RESULTS_INIT;
    mc_status *statuses = calloc(count, sizeof *statuses);

    ck_assert_ptr_nonnull(statuses);
    ck_assert_int_eq(mc_set_multi(client, entries, count), whole);
    ck_assert_int_eq(mc_get_multi(client, slices, count, &results), whole);
    ck_assert_int_eq(mc_delete_multi(client, slices, count, statuses), whole);
    for (size_t i = 0; i < count; i++) {
        mc_status status = home_of(client, slices[i]) == down ? of_the_down : MC_OK;

        ck_assert_int_eq(entries[i].status, status);
        ck_assert_int_eq(results.items[i].status, status);
        ck_assert_int_eq(statuses[i], status);
        if (status == MC_OK)
            assert_value(&results, i);
    }
    mc_results_clear(&results);
    free(statuses);
}

/* Each host in turn is down before a client comes: its keys say so, or go elsewhere, and nobody else's suffer. */
START_TEST(a_host_is_down) {
    cluster *servers = cluster_start(SERVER_BUNDLED, 3);

    fill(ROWS(keys), "down");
    for (size_t down = 0; down < 3; down++) {
        mc_client *staying = client_of(servers->hosts, MC_FAILOVER_NONE, 10000);
        mc_client *moving = client_of(servers->hosts, MC_FAILOVER_REHASH, 10000);

        cluster_kill(servers, down);
        check_multis(staying, ROWS(keys), down, MC_UNREACHABLE);
        check_multis(moving, ROWS(keys), down, MC_OK);
        mc_client_free(staying);
        mc_client_free(moving);
        cluster_restart(servers, down);
    }
    cluster_stop(servers);
}
END_TEST

/* The same for a client that has connections when the host goes, and sees it come back. */
START_TEST(a_host_goes_between_calls) {
    cluster   *servers = cluster_start((server_kind)_i, 3);
    mc_client *client = client_of(servers->hosts, MC_FAILOVER_NONE, 10000);

    fill(300, "between");
    check_multis(client, 300, NONE_DOWN, MC_OK);
    cluster_kill(servers, 1);
    check_multis(client, 300, 1, MC_UNREACHABLE);
    cluster_restart(servers, 1);
    mc_client_forget_dead(client);
    check_multis(client, 300, NONE_DOWN, MC_OK);
    mc_client_free(client);
    cluster_stop(servers);
}
END_TEST

/* ------------------------------------------------------------------------------------------ stuck hosts among healthy ones
 * -- */

static const host_step mute[] = {SILENCE, END};

/* Two hosts swallow every SYN, one accepts and says nothing, two are well: one deadline for all of them, and the answers of
 * the healthy. What a silent host was asked is no miss. */
START_TEST(one_deadline_for_all_hosts) {
    cluster       *servers = cluster_start(SERVER_BUNDLED, 2);
    scripted_host *silent = scripted_host_play(mute);
    dead_end       holes[] = {dead_end_black_hole(), dead_end_black_hole()};
    const char    *hosts[] = {holes[0].address, servers->hosts[0], scripted_host_address(silent),
                              holes[1].address, servers->hosts[1], NULL};
    mc_status      statuses[] = {MC_UNREACHABLE, MC_OK, MC_TIMEOUT, MC_UNREACHABLE, MC_OK};
    mc_client     *client = client_of(hosts, MC_FAILOVER_NONE, DEADLINE_MS);
    mc_results     results = MC_RESULTS_INIT;
    double         began = now_ms();

    fill(500, "stuck");
    ck_assert_int_eq(mc_set_multi(client, entries, 500), MC_PARTIAL);
    ck_assert_int_eq(mc_get_multi(client, slices, 500, &results), MC_PARTIAL);
    ck_assert(in_time(began, 2 * DEADLINE_MS));
    for (size_t i = 0; i < 500; i++) {
        ck_assert_int_eq(entries[i].status, statuses[home_of(client, slices[i])]);
        ck_assert_int_eq(results.items[i].status, statuses[home_of(client, slices[i])]);
        if (results.items[i].status == MC_OK)
            assert_value(&results, i);
    }
    mc_results_clear(&results);
    mc_client_free(client);
    for (size_t i = 0; i < ROWS(holes); i++)
        dead_end_free(&holes[i]);
    scripted_host_stop(silent);
    cluster_stop(servers);
}
END_TEST

/* With fail-over, the keys of hosts that cannot be connected to are answered by others within the same call. */
START_TEST(keys_of_black_holes_move) {
    cluster    *servers = cluster_start(SERVER_BUNDLED, 2);
    dead_end    holes[] = {dead_end_black_hole(), dead_end_black_hole()};
    const char *hosts[] = {holes[0].address, servers->hosts[0], holes[1].address, servers->hosts[1], NULL};
    mc_options  options = MC_OPTIONS_INIT;
    mc_client  *client;

    options.timeout_ms = 20000;
    options.connect_timeout_ms = 1500;
    client = mc_client_new_with_options(hosts, NULL, &options);
    fill(500, "moved");
    check_multis(client, 500, NONE_DOWN, MC_OK);
    mc_client_free(client);
    for (size_t i = 0; i < ROWS(holes); i++)
        dead_end_free(&holes[i]);
    cluster_stop(servers);
}
END_TEST

/* ------------------------------------------------------------------------------------------------- dying in the middle --
 */

#define SETS 12

static const host_step one_set[] = {READ_LINE, READ_LINE, SEND("STORED\r\n")};
static const host_step read_one_set[] = {READ_LINE, READ_LINE};
static const host_step goes_with_fin[] = {STOP_LISTENING, CLOSE, END};
static const host_step goes_with_reset[] = {STOP_LISTENING, RESET, END};

/* A host that reads `reads` sets, answers the first `answers` of them, and is gone. */
static void script_death(host_step *script, size_t answers, size_t reads, const host_step end[3]) {
    for (size_t i = 0; i < answers; i++, script += 3)
        memcpy(script, one_set, sizeof one_set);
    for (size_t i = answers; i < reads; i++, script += 2)
        memcpy(script, read_one_set, sizeof read_one_set);
    memcpy(script, end, 3 * sizeof *end);
}

/* Sets SETS keys at a host that dies so, and as many at one that does not. */
static void die_after(size_t answers, size_t reads, const host_step end[3], mc_failover failover, bool exact) {
    cluster       *servers = cluster_start(SERVER_BUNDLED, 1);
    host_step      script[3 * SETS + 3];
    scripted_host *dying;
    const char    *hosts[3] = {NULL, servers->hosts[0], NULL};
    mc_client     *client, *direct = client_of_one(servers->hosts[0], 10000);

    script_death(script, answers, reads, end);
    dying = scripted_host_play(script);
    hosts[0] = scripted_host_address(dying);
    client = client_of(hosts, failover, 10000);
    for (size_t i = 0; i < SETS; i++) {
        home_key(client, 0, i, keys[2 * i]);
        home_key(client, 1, i, keys[2 * i + 1]);
    }
    for (size_t i = 0; i < 2 * SETS; i++) {
        snprintf(values[i], sizeof values[i], "%zu of %zu", i, answers);
        entries[i] = (mc_entry){.key = mc_str(keys[i]), .value = mc_str(values[i])};
    }
    ck_assert_int_eq(mc_set_multi(client, entries, 2 * SETS), answers == SETS ? MC_OK : MC_PARTIAL);
    for (size_t i = 0; i < SETS; i++) {
        mc_status status = entries[2 * i].status;

        if (i >= answers)
            ck_assert_int_eq(status, MC_CONNECTION_LOST);
        else
            ck_assert(status == MC_OK || (!exact && status == MC_CONNECTION_LOST));
        ck_assert_int_eq(entries[2 * i + 1].status, MC_OK);
        ck_assert(has_text(direct, keys[2 * i + 1], values[2 * i + 1]));
        ck_assert(!has_text(direct, keys[2 * i], values[2 * i])); /* sent there, so never sent elsewhere */
    }
    mc_client_free(client);
    mc_client_free(direct);
    scripted_host_discard(dying);
    cluster_stop(servers);
}

/* Acknowledged is MC_OK, sent and not acknowledged MC_CONNECTION_LOST, after each number of answers. */
START_TEST(death_at_each_reply) {
    static const mc_failover ways[] = {MC_FAILOVER_NONE, MC_FAILOVER_REHASH};

    die_after((size_t)_i, SETS, goes_with_fin, ways[_i % 2], true);
    die_after((size_t)_i, SETS, goes_with_reset, ways[(_i + 1) % 2], false);
    die_after((size_t)_i, (size_t)_i, goes_with_fin, ways[_i % 2], false);
}
END_TEST

#define BIG_SETS 80
#define BIG_LEN 200000

/* Of more than the sockets hold, the part that was never sent is MC_UNREACHABLE, or goes elsewhere. */
static void die_while_sent_to(mc_failover failover) {
    static const mc_status order[] = {MC_OK, MC_CONNECTION_LOST, MC_UNREACHABLE};
    cluster               *servers = cluster_start(SERVER_BUNDLED, 1);
    host_step              script[3 * SETS + 3];
    const host_step *const scripts[] = {script, NULL};
    scripted_host_options  options = {.scripts = scripts, .receive_buffer = 65536};
    scripted_host         *dying;
    const char            *hosts[3] = {NULL, servers->hosts[0], NULL};
    char                  *big = calloc(1, BIG_LEN);
    mc_client             *client;
    size_t                 at = 0, counts[3] = {0};

    ck_assert_ptr_nonnull(big);
    script_death(script, 3, 3, goes_with_reset);
    dying = scripted_host_start(&options);
    hosts[0] = scripted_host_address(dying);
    client = client_of(hosts, failover, 20000);
    for (size_t i = 0; i < BIG_SETS; i++) {
        home_key(client, 0, i, keys[i]);
        entries[i] = (mc_entry){.key = mc_str(keys[i]), .value = mc_bytes(big, BIG_LEN)};
    }
    ck_assert_int_eq(mc_set_multi(client, entries, BIG_SETS), MC_PARTIAL);
    for (size_t i = 0; i < BIG_SETS; i++) {
        if (failover == MC_FAILOVER_REHASH && at >= 1 && entries[i].status == MC_OK)
            entries[i].status = MC_UNREACHABLE; /* that is what it would be without another host */
        while (at < 3 && entries[i].status != order[at])
            at++;
        ck_assert_uint_lt(at, 3);
        counts[at]++;
    }
    ck_assert_uint_le(counts[0], 3);
    ck_assert_uint_ge(counts[1], 1);
    ck_assert_uint_ge(counts[2], 1);
    free(big);
    mc_client_free(client);
    scripted_host_discard(dying);
    cluster_stop(servers);
}

START_TEST(death_before_all_is_sent) {
    die_while_sent_to(MC_FAILOVER_NONE);
    die_while_sent_to(MC_FAILOVER_REHASH);
}
END_TEST

/* ---------------------------------------------------------------------------------- what the server holds agrees with it --
 */

/* Few, which are written one by one, and as many as are written quietly; and the bytes of the answer to that. */
static const struct { size_t count, answer; } proxied[] = {{6, 8 * 6}, {20, 50 + 4}};

/* Sets through a proxy with a fault, and compares what was said with what the server then has. */
static void set_through_faults(const proxy_fault *fault, size_t count, size_t round, cluster *servers) {
    fault_proxy *proxy = fault_proxy_start(LISTENER_TCP, servers->hosts[0]);
    mc_client   *client = client_of_one(fault_proxy_address(proxy), 10000);
    mc_client   *direct = client_of_one(servers->hosts[0], 10000);

    for (size_t i = 0; i < count; i++) {
        snprintf(keys[i], sizeof keys[i], "p-%zu-%zu", round, i);
        snprintf(values[i], sizeof values[i], "%s=%zu", keys[i], round);
        entries[i] = (mc_entry){.key = mc_str(keys[i]), .value = mc_str(values[i])};
    }
    fault_proxy_set(proxy, fault);
    mc_set_multi(client, entries, count);
    for (size_t i = 0; i < count; i++) {
        mc_value  value = MC_VALUE_INIT;
        mc_status status = mc_get(direct, mc_str(keys[i]), &value);

        ck_assert(entries[i].status == MC_OK || entries[i].status == MC_CONNECTION_LOST ||
                  entries[i].status == MC_UNREACHABLE);
        if (entries[i].status == MC_OK)
            ck_assert_int_eq(status, MC_OK);
        else if (entries[i].status == MC_UNREACHABLE)
            ck_assert_int_eq(status, MC_NOT_FOUND);
        if (status == MC_OK)
            ck_assert_str_eq(value.data, values[i]);
        mc_value_clear(&value);
    }
    fault_proxy_set(proxy, NULL);
    ck_assert_int_eq(mc_set(client, mc_str("after"), mc_str("wards"), 0, 0), MC_OK);
    mc_client_free(client);
    mc_client_free(direct);
    fault_proxy_stop(proxy);
}

START_TEST(content_agrees_with_statuses) {
    static const fault_action actions[] = {FAULT_CLOSE, FAULT_RESET};
    cluster                  *servers = cluster_start((server_kind)(_i % 2), 1);
    size_t                    round = 0, count = proxied[_i / 2].count;

    for (size_t i = 0; i < ROWS(actions); i++) {
        for (size_t at = 0; at <= proxied[_i / 2].answer; at++, round++)
            set_through_faults(&(proxy_fault){.action = actions[i], .direction = FAULT_TO_CLIENT, .at_byte = at}, count,
                               round, servers);
        for (size_t at = 0; at < 33 * count; at += count / 2, round++)
            set_through_faults(&(proxy_fault){.action = actions[i], .direction = FAULT_TO_SERVER, .at_byte = at}, count,
                               round, servers);
    }
    cluster_stop(servers);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("many_hosts");
    TCase *tcase;

    tcase = test_case(suite, "down", 60);
    tcase_add_test(tcase, a_host_is_down);
    tcase_add_loop_test(tcase, a_host_goes_between_calls, 0, SERVER_KINDS);

    tcase = test_case(suite, "stuck", 60);
    tcase_add_test(tcase, one_deadline_for_all_hosts);
    tcase_add_test(tcase, keys_of_black_holes_move);

    tcase = test_case(suite, "dying", 60);
    tcase_add_loop_test(tcase, death_at_each_reply, 0, SETS + 1);
    tcase_add_test(tcase, death_before_all_is_sent);
    tcase_add_loop_test(tcase, content_agrees_with_statuses, 0, 2 * SERVER_KINDS);
    return suite;
}
