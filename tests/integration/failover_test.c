#include "support/each_kind.h"
#include "support/plain_client.h"

#include <stdio.h>
#include <unistd.h>

#define KEYS 200
#define V mc_str("v")

static char     texts[KEYS][8];
static mc_slice keys[KEYS];

static void init(void) {
    for (int i = 0; i < KEYS; i++) {
        snprintf(texts[i], sizeof texts[i], "k%d", i);
        keys[i] = mc_str(texts[i]);
    }
}

static mc_options with(mc_failover failover, int dead_retry_ms) {
    mc_options options = MC_OPTIONS_INIT;

    options.failover = failover;
    options.dead_retry_ms = dead_retry_ms;
    return options;
}

static void start(size_t count, mc_failover failover, int dead_retry_ms) {
    mc_options options = with(failover, dead_retry_ms);

    start_servers_with(count, NULL, &options);
}

static size_t home_of(size_t key) {
    size_t home;

    ck_assert_uint_ge(mc_client_route(mc, keys[key], &home, 1), 1);
    return home;
}

/* Where a key goes while a host is down: the first of its tries that is another. */
static size_t home_without(size_t key, size_t down) {
    size_t hosts[10];

    ck_assert_uint_eq(mc_client_route(mc, keys[key], hosts, 10), 10);
    for (int i = 0; i < 10; i++)
        if (hosts[i] != down)
            return hosts[i];
    return down; /* all ten tries come by the host that is down */
}

static size_t key_at(size_t host) {
    for (size_t key = 0; key < KEYS; key++)
        if (home_of(key) == host)
            return key;
    ck_abort_msg("no key is at home there");
    return 0;
}

static void check_is_at(size_t key, size_t host) {
    for (size_t i = 0; i < servers->count; i++)
        if (servers->bundled[i] || servers->processes[i].pid)
            ck_assert_msg((server_ttl(i, texts[key]) != -2) == (i == host), "%s: on %zu?", texts[key], i);
}

/* --------------------------------------------------------------------------------------------------------------- single --
 */

START_TEST(keys_of_a_host_that_is_down_move) {
    start(3, MC_FAILOVER_REHASH, 3600000);
    cluster_kill(servers, 1);
    for (size_t key = 0; key < KEYS; key++) {
        size_t home = home_without(key, 1);
        check_status(mc_set(mc, keys[key], V, 0, 0), home == 1 ? MC_NO_SERVER : MC_OK);
        if (home != 1)
            check_is_at(key, home);
        if (home != 1)
            check_value(texts[key], "v");
    }
}
END_TEST

START_TEST(keys_stay_where_failover_is_none) {
    start(3, MC_FAILOVER_NONE, 3600000);
    cluster_kill(servers, 1);
    for (size_t key = 0; key < KEYS; key++) {
        check_status(mc_set(mc, keys[key], V, 0, 0), home_of(key) == 1 ? MC_UNREACHABLE : MC_OK);
        if (home_of(key) != 1)
            check_is_at(key, home_of(key));
        else
            check_detail(servers->hosts[1]);
    }
}
END_TEST

START_TEST(a_dead_host_is_left_alone) {
    size_t key;

    start(2, MC_FAILOVER_REHASH, 3600000);
    key = key_at(0);
    cluster_kill(servers, 0);
    check_status(mc_set(mc, keys[key], V, 0, 0), MC_OK);
    cluster_restart(servers, 0);
    for (int i = 0; i < 20; i++) {
        check_status(mc_set(mc, keys[key], V, 0, 0), MC_OK);
        check_is_at(key, 1);
    }
    mc_client_forget_dead(mc);
    check_value(texts[key], NULL);
    check_status(mc_set(mc, keys[key], V, 0, 0), MC_OK);
    ck_assert_int_ne(server_ttl(0, texts[key]), -2);
}
END_TEST

START_TEST(a_dead_host_is_tried_again_when_its_time_has_come) {
    size_t key;

    start(2, MC_FAILOVER_NONE, 100);
    key = key_at(0);
    cluster_kill(servers, 0);
    check_status(mc_set(mc, keys[key], V, 0, 0), MC_UNREACHABLE);
    cluster_restart(servers, 0);
    while (mc_set(mc, keys[key], V, 0, 0) != MC_OK)
        usleep(1000);
    check_is_at(key, 0);
}
END_TEST

START_TEST(without_a_rest_the_next_call_tries) {
    size_t key;

    start(2, MC_FAILOVER_NONE, 0);
    key = key_at(0);
    cluster_kill(servers, 0);
    for (int i = 0; i < 5; i++) {
        check_status(mc_set(mc, keys[key], V, 0, 0), MC_UNREACHABLE);
        check_detail("Connection refused");
    }
    cluster_restart(servers, 0);
    check_status(mc_set(mc, keys[key], V, 0, 0), MC_OK);
}
END_TEST

START_TEST(without_any_host_there_is_no_server) {
    start(3, MC_FAILOVER_REHASH, 3600000);
    for (size_t host = 0; host < 3; host++)
        cluster_kill(servers, host);
    for (size_t key = 0; key < KEYS; key++) { /* by their ways all hosts are found dead */
        mc_status status = mc_set(mc, keys[key], V, 0, 0);
        ck_assert(status == MC_UNREACHABLE || status == MC_NO_SERVER);
    }
    for (size_t key = 0; key < KEYS; key++) {
        check_status(mc_set(mc, keys[key], V, 0, 0), MC_NO_SERVER);
        check_detail(texts[key]);
    }
    cluster_restart(servers, 1);
    mc_client_forget_dead(mc);
    check_status(mc_set(mc, keys[key_at(1)], V, 0, 0), MC_OK);
}
END_TEST

/* Every command, the ones that are never repeated too: the look before use sees that the connections are closed. */
START_TEST(a_restart_between_calls_is_not_noticed) {
    uint64_t number;

    start(1, MC_FAILOVER_NONE, 3600000);
    for (int i = 0; i < 3; i++) {
        mc_results results = MC_RESULTS_INIT;
        check_status(mc_add(mc, keys[0], mc_str("1"), 0, 0), MC_OK);
        cluster_restart(servers, 0);
        check_status(mc_add(mc, keys[0], mc_str("1"), 0, 0), MC_OK);
        cluster_restart(servers, 0);
        check_status(mc_incr(mc, keys[0], 1, &number), MC_NOT_FOUND);
        cluster_restart(servers, 0);
        check_status(mc_append(mc, keys[0], V), MC_NOT_STORED);
        cluster_restart(servers, 0);
        check_status(mc_cas(mc, keys[0], V, 0, 0, 1), MC_NOT_FOUND);
        cluster_restart(servers, 0);
        check_status(mc_get_multi(mc, keys, KEYS, &results), MC_OK);
        cluster_restart(servers, 0);
        mc_results_clear(&results);
    }
}
END_TEST

/* ----------------------------------------------------------------------------------------------------------------- multi --
 */

static mc_entry  entries[KEYS];
static mc_status statuses[KEYS];

static void fill_entries(void) {
    for (size_t key = 0; key < KEYS; key++)
        entries[key] = (mc_entry){.key = keys[key], .value = keys[key], .status = MC_PARTIAL};
}

static void check_text(const mc_result *result, size_t key) {
    ck_assert_int_eq(result->status, MC_OK);
    ck_assert_uint_eq(result->value.len, keys[key].len);
    ck_assert_mem_eq(result->value.data, keys[key].data, keys[key].len);
}

START_TEST(many_keys_of_a_host_that_is_down_move) {
    mc_results results = MC_RESULTS_INIT;
    size_t     nowhere = 0;

    start(4, MC_FAILOVER_REHASH, 3600000);
    cluster_kill(servers, 2);
    fill_entries();
    for (size_t key = 0; key < KEYS; key++)
        nowhere += home_without(key, 2) == 2;
    ck_assert_uint_eq(nowhere, 0);
    check_status(mc_set_multi(mc, entries, KEYS), MC_OK);
    check_status(mc_get_multi(mc, keys, KEYS, &results), MC_OK);
    for (size_t key = 0; key < KEYS; key++) {
        ck_assert_int_eq(entries[key].status, MC_OK);
        check_text(&results.items[key], key);
        check_is_at(key, home_without(key, 2));
    }
    check_status(mc_delete_multi(mc, keys, KEYS, statuses), MC_OK);
    for (size_t key = 0; key < KEYS; key++)
        ck_assert_int_eq(statuses[key], MC_OK);
    mc_results_clear(&results);
}
END_TEST

/* Twice: by the failure to connect, and by knowing that the host is dead. */
START_TEST(many_keys_stay_where_failover_is_none) {
    mc_results results = MC_RESULTS_INIT;

    start(4, MC_FAILOVER_NONE, 3600000);
    cluster_kill(servers, 2);
    for (int again = 0; again < 2; again++) {
        fill_entries();
        check_status(mc_set_multi(mc, entries, KEYS), MC_PARTIAL);
        check_detail(servers->hosts[2]);
        check_status(mc_gets_multi(mc, keys, KEYS, &results), MC_PARTIAL);
        check_detail(servers->hosts[2]);
        for (size_t key = 0; key < KEYS; key++) {
            mc_status expected = home_of(key) == 2 ? MC_UNREACHABLE : MC_OK;
            ck_assert_int_eq(entries[key].status, expected);
            ck_assert_int_eq(results.items[key].status, expected);
            if (expected == MC_OK)
                check_text(&results.items[key], key);
        }
        check_status(mc_delete_multi(mc, keys, KEYS, statuses), MC_PARTIAL);
        for (size_t key = 0; key < KEYS; key++)
            ck_assert_int_eq(statuses[key], home_of(key) == 2 ? MC_UNREACHABLE : MC_OK);
    }
    mc_results_clear(&results);
}
END_TEST

START_TEST(many_keys_may_be_the_ones_that_try_again) {
    start(2, MC_FAILOVER_NONE, 0);
    cluster_kill(servers, 0);
    for (int again = 0; again < 3; again++) {
        fill_entries();
        check_status(mc_set_multi(mc, entries, KEYS), MC_PARTIAL);
        for (size_t key = 0; key < KEYS; key++)
            ck_assert_int_eq(entries[key].status, home_of(key) == 0 ? MC_UNREACHABLE : MC_OK);
    }
    cluster_restart(servers, 0);
    check_status(mc_set_multi(mc, entries, KEYS), MC_OK);
    check_status(mc_delete_multi(mc, keys, KEYS, statuses), MC_OK);
    for (size_t key = 0; key < KEYS; key++)
        ck_assert_int_eq(statuses[key], MC_OK);
}
END_TEST

START_TEST(many_keys_without_any_host) {
    mc_results results = MC_RESULTS_INIT;

    start(3, MC_FAILOVER_REHASH, 3600000);
    for (size_t host = 0; host < 3; host++)
        cluster_kill(servers, host);
    check_status(mc_get_multi(mc, keys, KEYS, &results), MC_PARTIAL);
    for (size_t key = 0; key < KEYS; key++)
        ck_assert_int_eq(results.items[key].status, MC_UNREACHABLE);
    check_status(mc_get_multi(mc, keys, KEYS, &results), MC_PARTIAL);
    for (size_t key = 0; key < KEYS; key++)
        ck_assert_int_eq(results.items[key].status, MC_NO_SERVER);
    mc_results_clear(&results);
}
END_TEST

/* ----------------------------------------------------------------------------------------------------- flush_on_reconnect
 * -- */

/* What a host had kept while it could not be reached. */
static void leave_behind(size_t host, size_t key) {
    char request[64];
    int  fd = plain_connect(servers->hosts[host]);

    ck_assert_int_ge(fd, 0);
    snprintf(request, sizeof request, "set %s 0 0 5\r\nstale\r\n", texts[key]);
    plain_send(fd, request);
    plain_expect(fd, "STORED\r\n");
    close(fd);
}

static const bool flushes[] = {false, true};

START_TEST(a_host_that_was_dead_is_flushed) {
    mc_options options = with(MC_FAILOVER_NONE, 3600000);
    size_t     key;

    options.flush_on_reconnect = flushes[_i];
    start_servers_with(2, NULL, &options);
    key = key_at(0);
    check_status(mc_set(mc, keys[key], V, 0, 0), MC_OK);
    check_status(mc_set(mc, keys[key_at(1)], V, 0, 0), MC_OK);
    cluster_kill(servers, 0);
    check_status(mc_set(mc, keys[key], V, 0, 0), MC_UNREACHABLE);
    cluster_restart(servers, 0);
    leave_behind(0, key);
    mc_client_forget_dead(mc);
    check_value(texts[key], flushes[_i] ? NULL : "stale");
    check_value(texts[key_at(1)], "v");
    check_status(mc_set(mc, keys[key], V, 0, 0), MC_OK);
    mc_client_close_idle(mc);
    check_value(texts[key], "v"); /* once is enough */
}
END_TEST

START_TEST(a_host_that_was_dead_is_flushed_before_many_keys) {
    mc_options options = with(MC_FAILOVER_NONE, 3600000);
    mc_results results = MC_RESULTS_INIT;

    options.flush_on_reconnect = flushes[_i];
    start_servers_with(1, NULL, &options);
    cluster_kill(servers, 0);
    check_status(mc_set(mc, keys[7], V, 0, 0), MC_UNREACHABLE);
    cluster_restart(servers, 0);
    leave_behind(0, 7);
    mc_client_forget_dead(mc);
    check_status(mc_get_multi(mc, keys, 10, &results), MC_OK);
    ck_assert_int_eq(results.items[7].status, flushes[_i] ? MC_NOT_FOUND : MC_OK);
    mc_results_clear(&results);
}
END_TEST

START_TEST(a_restart_that_nobody_noticed_is_not_flushed) {
    mc_options options = with(MC_FAILOVER_NONE, 3600000);

    options.flush_on_reconnect = true;
    start_servers_with(1, NULL, &options);
    check_status(mc_set(mc, keys[0], V, 0, 0), MC_OK);
    cluster_restart(servers, 0);
    leave_behind(0, 0);
    check_value(texts[0], "stale");
}
END_TEST

static void add_tests(TCase *tcase) {
    tcase_add_checked_fixture(tcase, init, NULL);
    tcase_add_test(tcase, keys_of_a_host_that_is_down_move);
    tcase_add_test(tcase, keys_stay_where_failover_is_none);
    tcase_add_test(tcase, a_dead_host_is_left_alone);
    tcase_add_test(tcase, a_dead_host_is_tried_again_when_its_time_has_come);
    tcase_add_test(tcase, without_a_rest_the_next_call_tries);
    tcase_add_test(tcase, without_any_host_there_is_no_server);
    tcase_add_test(tcase, a_restart_between_calls_is_not_noticed);
    tcase_add_test(tcase, many_keys_of_a_host_that_is_down_move);
    tcase_add_test(tcase, many_keys_stay_where_failover_is_none);
    tcase_add_test(tcase, many_keys_may_be_the_ones_that_try_again);
    tcase_add_test(tcase, many_keys_without_any_host);
    test_rows(tcase, a_host_that_was_dead_is_flushed, flushes);
    test_rows(tcase, a_host_that_was_dead_is_flushed_before_many_keys, flushes);
    tcase_add_test(tcase, a_restart_that_nobody_noticed_is_not_flushed);
}

Suite *test_suite(void) {
    Suite *suite = suite_create("failover");

    each_kind(suite, "failover", 60, add_tests);
    return suite;
}
