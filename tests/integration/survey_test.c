/* The commands that ask every server: flush_all, version, stats. */

#include "support/each_kind.h"

#include <stdio.h>
#include <stdlib.h>

#define K mc_str("k")
#define V mc_str("v")

/* What a callback was told, host by host. */
static struct {
    const char *address;
    unsigned    calls, failures;
    mc_status   status; /* the last */
    char        text[64];
} told[CLUSTER_MAX];

static unsigned strangers;

static void init(void) {
    memset(told, 0, sizeof told);
    strangers = 0;
}

static size_t place_of(const char *host) {
    for (size_t i = 0; i < servers->count; i++)
        if (strcmp(servers->hosts[i], host) == 0)
            return i;
    strangers++;
    return CLUSTER_MAX - 1;
}

static void note_version(const char *host, mc_status status, mc_slice version, void *arg) {
    size_t i = place_of(host);

    ck_assert_ptr_eq(arg, &strangers);
    told[i].calls++;
    told[i].failures += status != MC_OK;
    told[i].status = status;
    snprintf(told[i].text, sizeof told[i].text, "%.*s", (int)version.len, version.data);
}

static void note_stat(const char *host, mc_status status, mc_slice name, mc_slice value, void *arg) {
    size_t i = place_of(host);

    ck_assert_ptr_eq(arg, &strangers);
    told[i].calls++;
    told[i].failures += status != MC_OK;
    told[i].status = status;
    ck_assert_int_eq(name.len == 0, status != MC_OK);
    if (name.len == 10 && memcmp(name.data, "curr_items", 10) == 0)
        snprintf(told[i].text, sizeof told[i].text, "%.*s", (int)value.len, value.data);
}

static void set_many(size_t count) {
    for (size_t i = 0; i < count; i++) {
        char key[24];
        snprintf(key, sizeof key, "k%zu", i);
        check_status(mc_set(mc, mc_str(key), V, 0, 0), MC_OK);
    }
}

/* ------------------------------------------------------------------------------------------------------------- all well --
 */

START_TEST(flush_all_empties_every_server) {
    start_servers(3);
    set_many(30);
    check_status(mc_flush_all(mc, 0), MC_OK);
    for (int i = 0; i < 30; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i);
        check_value(key, NULL);
        check_status(mc_set(mc, mc_str(key), V, 0, 0), MC_OK);
        check_value(key, "v");
    }
}
END_TEST

static const uint32_t delays[] = {1000, 2592000, 2592001, 5000000, UINT32_MAX};

START_TEST(flush_all_may_come_later) {
    start_servers(2);
    set_many(10);
    check_status(mc_flush_all(mc, delays[_i]), MC_OK);
    check_value("k1", "v");
}
END_TEST

START_TEST(each_server_tells_its_version) {
    start_servers(3);
    check_status(mc_version(mc, note_version, &strangers), MC_OK);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(told[i].calls, 1);
        ck_assert_int_eq(told[i].status, MC_OK);
        ck_assert(told[i].text[0] >= '1' && told[i].text[0] <= '9');
    }
    ck_assert_uint_eq(strangers, 0);
}
END_TEST

START_TEST(each_server_tells_its_statistics) {
    start_servers(3);
    set_many(100);
    check_status(mc_stats(mc, mc_str(""), note_stat, &strangers), MC_OK);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_uint_gt(told[i].calls, 15);
        ck_assert_uint_eq(told[i].failures, 0);
        ck_assert_uint_eq(strtoul(told[i].text, NULL, 10), server_stat(i, "curr_items"));
    }
    ck_assert_uint_eq(strangers, 0);
}
END_TEST

static const struct {
    const char *what;
    unsigned    least; /* statistics */
} groups[] = {{"settings", 10}, {"items", 1}, {"slabs", 1}, {"reset", 0}};

START_TEST(groups_of_statistics) {
    start_servers(1);
    set_many(10);
    check_status(mc_stats(mc, mc_str(groups[_i].what), note_stat, &strangers), MC_OK);
    ck_assert_uint_ge(told[0].calls, groups[_i].least);
    ck_assert_uint_eq(told[0].failures, 0);
    check_value("k1", "v");
}
END_TEST

START_TEST(every_host_is_asked_once) {
    static const unsigned weights[] = {1, 0, 7};
    const char           *twice[7] = {NULL};

    start_servers_with(3, weights, NULL);
    check_status(mc_version(mc, note_version, &strangers), MC_OK);
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(told[i].calls, 1);
    for (size_t i = 0; i < 6; i++)
        twice[i] = servers->hosts[i / 2];
    check_status(mc_client_set_hosts(mc, twice, NULL), MC_OK);
    check_status(mc_version(mc, note_version, &strangers), MC_OK);
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(told[i].calls, 2);
}
END_TEST

/* A callback may do with the client what it likes, even change its hosts. */
static void call_back(const char *host, mc_status status, mc_slice version, void *arg) {
    const char *last[] = {servers->hosts[2], NULL};

    note_version(host, status, version, arg);
    check_status(mc_set(mc, K, V, 0, 0), MC_OK);
    check_value("k", "v");
    check_status(mc_flush_all(mc, 0), MC_OK);
    check_status(mc_client_set_hosts(mc, last, NULL), MC_OK);
    ck_assert_ptr_ne(host, servers->hosts[place_of(host)]);
}

START_TEST(callbacks_may_call_the_library) {
    start_servers(3);
    check_status(mc_version(mc, call_back, &strangers), MC_OK);
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(told[i].calls, 1);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------- one is down -- */

static const mc_failover failovers[] = {MC_FAILOVER_REHASH, MC_FAILOVER_NONE};

static void start_with_one_down(mc_failover failover) {
    mc_options options = MC_OPTIONS_INIT;

    options.failover = failover;
    options.dead_retry_ms = 3600000;
    start_servers_with(3, NULL, &options);
    cluster_kill(servers, 1);
}

static void check_one_failed(void) {
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(told[i].status, i == 1 ? MC_UNREACHABLE : MC_OK);
        ck_assert_uint_eq(told[i].failures, i == 1);
        ck_assert_uint_ge(told[i].calls, 1);
    }
    ck_assert_uint_eq(told[1].calls, 1);
    ck_assert_str_eq(told[1].text, "");
    check_detail(servers->hosts[1]);
    check_detail("Connection refused");
}

START_TEST(version_without_one) {
    start_with_one_down(failovers[_i]);
    for (int again = 0; again < 2; again++) { /* dead or not, it is asked */
        init();
        check_status(mc_version(mc, note_version, &strangers), MC_PARTIAL);
        check_one_failed();
        check_detail("version");
    }
}
END_TEST

START_TEST(stats_without_one) {
    start_with_one_down(failovers[_i]);
    for (int again = 0; again < 2; again++) {
        init();
        check_status(mc_stats(mc, mc_str(""), note_stat, &strangers), MC_PARTIAL);
        check_one_failed();
        check_detail("stats");
    }
}
END_TEST

START_TEST(flush_all_without_one) {
    start_with_one_down(MC_FAILOVER_REHASH);
    set_many(20);
    check_status(mc_flush_all(mc, 0), MC_PARTIAL);
    check_detail(servers->hosts[1]);
    check_detail("flush_all");
    for (int i = 0; i < 20; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i);
        check_value(key, NULL);
    }
}
END_TEST

START_TEST(a_survey_finds_that_a_host_is_back) {
    mc_options options = MC_OPTIONS_INIT;

    options.failover = MC_FAILOVER_NONE;
    options.dead_retry_ms = 3600000;
    start_servers_with(1, NULL, &options);
    cluster_kill(servers, 0);
    check_status(mc_set(mc, K, V, 0, 0), MC_UNREACHABLE);
    cluster_restart(servers, 0);
    check_status(mc_set(mc, K, V, 0, 0), MC_UNREACHABLE);
    check_status(mc_version(mc, note_version, &strangers), MC_OK);
    check_status(mc_set(mc, K, V, 0, 0), MC_OK);
}
END_TEST

START_TEST(without_any_server_each_is_told) {
    start_servers(2);
    cluster_kill(servers, 0);
    cluster_kill(servers, 1);
    check_status(mc_flush_all(mc, 0), MC_PARTIAL);
    check_status(mc_version(mc, note_version, &strangers), MC_PARTIAL);
    ck_assert_int_eq(told[0].status, MC_UNREACHABLE);
    ck_assert_int_eq(told[1].status, MC_UNREACHABLE);
    ck_assert_uint_eq(told[0].calls + told[1].calls, 2);
}
END_TEST

static void add_tests(TCase *tcase) {
    tcase_add_checked_fixture(tcase, init, NULL);
    tcase_add_test(tcase, flush_all_empties_every_server);
    test_rows(tcase, flush_all_may_come_later, delays);
    tcase_add_test(tcase, each_server_tells_its_version);
    tcase_add_test(tcase, each_server_tells_its_statistics);
    test_rows(tcase, groups_of_statistics, groups);
    tcase_add_test(tcase, every_host_is_asked_once);
    tcase_add_test(tcase, callbacks_may_call_the_library);
    test_rows(tcase, version_without_one, failovers);
    test_rows(tcase, stats_without_one, failovers);
    tcase_add_test(tcase, flush_all_without_one);
    tcase_add_test(tcase, a_survey_finds_that_a_host_is_back);
    tcase_add_test(tcase, without_any_server_each_is_told);
}

Suite *test_suite(void) {
    Suite *suite = suite_create("survey");

    each_kind(suite, "survey", 60, add_tests);
    return suite;
}
