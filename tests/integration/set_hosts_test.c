#include "support/each_kind.h"

#include <stdio.h>
#include <unistd.h>

#define KEYS 60
#define V mc_str("v")

static char texts[KEYS][8];

static void init(void) {
    for (int i = 0; i < KEYS; i++)
        snprintf(texts[i], sizeof texts[i], "k%d", i);
}

static void set_all(void) {
    for (int i = 0; i < KEYS; i++)
        check_status(mc_set(mc, mc_str(texts[i]), V, 0, 0), MC_OK);
}

static uint64_t connections(size_t server) {
    return server_stat(server, "total_connections");
}

/* ----------------------------------------------------------------------------------------------------------- connections --
 */

START_TEST(hosts_that_stay_keep_their_connections) {
    static const unsigned weights[] = {2, 1, 5};
    const char           *reversed[4] = {NULL};
    uint64_t              before[3];

    start_servers(3);
    set_all();
    for (size_t i = 0; i < 3; i++) {
        before[i] = connections(i);
        reversed[i] = servers->hosts[2 - i];
    }
    check_status(mc_client_set_hosts(mc, servers->hosts, NULL), MC_OK);
    set_all();
    check_status(mc_client_set_hosts(mc, reversed, weights), MC_OK);
    set_all();
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(connections(i), before[i]);
}
END_TEST

START_TEST(hosts_that_go_are_disconnected) {
    const char *rest[3] = {NULL};
    uint64_t    open, stays;

    start_servers(3);
    set_all();
    rest[0] = servers->hosts[0];
    rest[1] = servers->hosts[2];
    open = server_stat(1, "curr_connections");
    stays = connections(0);
    check_status(mc_client_set_hosts(mc, rest, NULL), MC_OK);
    while (server_stat(1, "curr_connections") >= open) /* the server hears of it by and by */
        usleep(1000);
    set_all();
    ck_assert_uint_eq(connections(0), stays);
}
END_TEST

START_TEST(hosts_that_come_are_used) {
    const char *first[2] = {NULL};

    start_servers(2);
    first[0] = servers->hosts[0];
    check_status(mc_client_set_hosts(mc, first, NULL), MC_OK);
    set_all();
    ck_assert_uint_eq(server_stat(0, "curr_items"), KEYS);
    check_status(mc_client_set_hosts(mc, servers->hosts, NULL), MC_OK);
    set_all();
    ck_assert_uint_gt(server_stat(1, "curr_items"), 0);
}
END_TEST

START_TEST(a_host_that_left_and_came_back_connects_anew) {
    const char *first[2] = {NULL};
    uint64_t    before;

    start_servers(2);
    set_all();
    before = connections(1);
    first[0] = servers->hosts[0];
    check_status(mc_client_set_hosts(mc, first, NULL), MC_OK);
    check_status(mc_client_set_hosts(mc, servers->hosts, NULL), MC_OK);
    set_all();
    ck_assert_uint_eq(connections(1), before + 1);
}
END_TEST

START_TEST(hosts_that_are_refused_change_nothing) {
    static const char *const bad[] = {"127.0.0.1:1", "not a host", NULL};
    uint64_t                 before;

    start_servers(1);
    set_all();
    before = connections(0);
    check_status(mc_client_set_hosts(mc, bad, NULL), MC_BAD_ARGUMENT);
    check_detail("not a host");
    set_all();
    ck_assert_uint_eq(connections(0), before);
}
END_TEST

START_TEST(a_host_named_twice_is_one_pool) {
    const char *twice[3] = {NULL};
    mc_options  options = MC_OPTIONS_INIT;
    uint64_t    before;
    mc_client  *client;
    mc_entry    entries[KEYS];

    start_servers(1);
    before = connections(0);
    twice[0] = twice[1] = servers->hosts[0];
    options.max_connections = 1;
    client = mc_client_new_with_options(twice, NULL, &options);
    ck_assert_ptr_nonnull(client);
    for (int i = 0; i < KEYS; i++) {
        check_status(mc_set(client, mc_str(texts[i]), V, 0, 0), MC_OK);
        entries[i] = (mc_entry){.key = mc_str(texts[i]), .value = V};
    }
    check_status(mc_set_multi(client, entries, KEYS), MC_OK);
    ck_assert_uint_eq(connections(0), before + 1);
    mc_client_free(client);
}
END_TEST

START_TEST(idle_connections_can_be_closed) {
    uint64_t open, before;

    start_servers(1);
    open = server_stat(0, "curr_connections");
    set_all();
    before = connections(0);
    mc_client_close_idle(mc);
    while (server_stat(0, "curr_connections") > open)
        usleep(1000);
    set_all();
    ck_assert_uint_eq(connections(0), before + 1);
}
END_TEST

START_TEST(nothing_connects_before_it_is_needed) {
    uint64_t before[3];

    start_servers(3);
    for (size_t i = 0; i < 3; i++)
        before[i] = connections(i);
    mc_client_free(mc_client_new(servers->hosts, NULL));
    check_status(mc_client_set_hosts(mc, servers->hosts, NULL), MC_OK);
    mc_client_forget_dead(mc);
    mc_client_close_idle(mc);
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(connections(i), before[i]);
}
END_TEST

/* --------------------------------------------------------------------------------------------------------------- health --
 */

START_TEST(a_dead_host_that_stays_is_dead_still) {
    const char *dead[2] = {NULL};
    mc_options  options = MC_OPTIONS_INIT;

    options.failover = MC_FAILOVER_NONE;
    options.dead_retry_ms = 3600000;
    start_servers_with(1, NULL, &options);
    cluster_kill(servers, 0);
    check_status(mc_set(mc, mc_str("k"), V, 0, 0), MC_UNREACHABLE);
    cluster_restart(servers, 0);
    dead[0] = servers->hosts[0];
    check_status(mc_client_set_hosts(mc, dead, NULL), MC_OK);
    check_status(mc_set(mc, mc_str("k"), V, 0, 0), MC_UNREACHABLE);
    check_detail("dead");
    mc_client_forget_dead(mc);
    check_status(mc_set(mc, mc_str("k"), V, 0, 0), MC_OK);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------------ addresses --
 */

static const char *const forms[] = {"127.0.0.1", "inet:127.0.0.1", "localhost", "inet:localhost"}; /* and the port */

START_TEST(every_form_of_an_address_connects) {
    char        address[64];
    const char *hosts[] = {address, NULL};

    start_servers(1);
    snprintf(address, sizeof address, "%s%s", forms[_i], strchr(servers->hosts[0], ':'));
    check_status(mc_client_set_hosts(mc, hosts, NULL), MC_OK);
    set_all();
    ck_assert_uint_eq(server_stat(0, "curr_items"), KEYS);
}
END_TEST

static void add_tests(TCase *tcase) {
    tcase_add_checked_fixture(tcase, init, NULL);
    tcase_add_test(tcase, hosts_that_stay_keep_their_connections);
    tcase_add_test(tcase, hosts_that_go_are_disconnected);
    tcase_add_test(tcase, hosts_that_come_are_used);
    tcase_add_test(tcase, a_host_that_left_and_came_back_connects_anew);
    tcase_add_test(tcase, hosts_that_are_refused_change_nothing);
    tcase_add_test(tcase, a_host_named_twice_is_one_pool);
    tcase_add_test(tcase, idle_connections_can_be_closed);
    tcase_add_test(tcase, nothing_connects_before_it_is_needed);
    tcase_add_test(tcase, a_dead_host_that_stays_is_dead_still);
    test_rows(tcase, every_form_of_an_address_connects, forms);
}

Suite *test_suite(void) {
    Suite *suite = suite_create("set_hosts");

    each_kind(suite, "set_hosts", 60, add_tests);
    return suite;
}
