#include "support/each_kind.h"

#include <stdio.h>
#include <stdlib.h>

#define K mc_str("k")
#define V mc_str("v")

static mc_client *view_of(mc_client *client, mc_view view) {
    mc_client *result = mc_client_view(client, &view);

    ck_assert_msg(result != NULL, "%s", mc_error_detail());
    return result;
}

static mc_client *noreply_view(void) {
    mc_view view = MC_VIEW_INIT;

    view.noreply = true;
    return view_of(mc, view);
}

static mc_client *prefix_view(mc_client *client, const char *prefix) {
    mc_view view = MC_VIEW_INIT;

    view.key_prefix = prefix;
    return view_of(client, view);
}

static mc_client *route_view(int64_t route) {
    mc_view view = MC_VIEW_INIT;

    view.has_route = true;
    view.route = route;
    return view_of(mc, view);
}

/* --------------------------------------------------------------------------------------------------------------- prefix --
 */

START_TEST(a_prefix_is_put_before_the_key) {
    mc_client *user, *cart;
    mc_value   value = MC_VALUE_INIT;
    uint64_t   number;

    start_servers(3);
    user = prefix_view(mc, "user:");
    cart = prefix_view(user, "cart:");
    check_status(mc_set(mc, K, mc_str("base"), 0, 0), MC_OK);
    check_status(mc_set(user, K, mc_str("user"), 0, 0), MC_OK);
    check_status(mc_set(cart, K, mc_str("8"), 0, 0), MC_OK);
    check_status(mc_incr(cart, K, 1, &number), MC_OK);
    check_value("k", "base");
    check_value("user:k", "user");
    check_value("user:cart:k", "9");
    check_status(mc_get(cart, K, &value), MC_OK);
    ck_assert_str_eq(value.data, "9");
    check_status(mc_delete(user, K), MC_OK);
    check_value("user:k", NULL);
    check_value("k", "base");
    mc_value_clear(&value);
    mc_client_free(cart);
    mc_client_free(user);
}
END_TEST

START_TEST(a_prefix_is_put_before_many_keys) {
    mc_client *user;
    mc_results results = MC_RESULTS_INIT;
    mc_slice   keys[] = {mc_str("a"), mc_str("b"), mc_str("c")};
    mc_entry   entries[3];
    mc_status  statuses[3];

    start_servers(3);
    user = prefix_view(mc, "user:");
    for (int i = 0; i < 3; i++)
        entries[i] = (mc_entry){.key = keys[i], .value = keys[i]};
    check_status(mc_set_multi(user, entries, 3), MC_OK);
    check_status(mc_get_multi(mc, keys, 3, &results), MC_OK);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(results.items[i].status, MC_NOT_FOUND);
    check_value("user:a", "a");
    check_value("user:b", "b");
    check_value("user:c", "c");
    check_status(mc_gets_multi(user, keys, 3, &results), MC_OK);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(results.items[i].status, MC_OK);
        ck_assert_mem_eq(results.items[i].value.data, keys[i].data, 1);
        ck_assert_uint_gt(results.items[i].cas, 0);
    }
    check_status(mc_delete_multi(user, keys, 3, statuses), MC_OK);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(statuses[i], MC_OK);
    mc_results_clear(&results);
    mc_client_free(user);
}
END_TEST

/* --------------------------------------------------------------------------------------------------------------- route --
 */

static const struct {
    int64_t number;
    size_t  host; /* of the list 0, 1, 1, 2 */
} routes[] = {
    {0, 0},  {1, 1},  {2, 1},  {3, 2},  {4, 0},         {7, 2},         {4000000003, 2},
    {-1, 2}, {-2, 1}, {-4, 0}, {-5, 2}, {INT64_MAX, 2}, {INT64_MIN, 0}, {INT64_MIN + 1, 1},
};

/* python-memcached's (hash, key): the number picks the host, the key is the key. */
START_TEST(a_route_picks_the_host) {
    static const unsigned weights[] = {1, 2, 1};
    mc_client            *there;

    start_servers_with(3, weights, NULL);
    there = route_view(routes[_i].number);
    for (int i = 0; i < 5; i++) {
        char key[8];
        snprintf(key, sizeof key, "k%d", i);
        check_status(mc_set(there, mc_str(key), V, 0, 0), MC_OK);
        for (size_t host = 0; host < 3; host++)
            ck_assert_int_eq(server_ttl(host, key), host == routes[_i].host ? -1 : -2);
    }
    mc_client_free(there);
}
END_TEST

START_TEST(a_route_holds_many_keys_together) {
    mc_client *there;
    mc_entry   entries[100];
    char       keys[100][8];

    start_servers(3);
    there = route_view(2);
    for (int i = 0; i < 100; i++) {
        snprintf(keys[i], sizeof keys[i], "k%d", i);
        entries[i] = (mc_entry){.key = mc_str(keys[i]), .value = V};
    }
    check_status(mc_set_multi(there, entries, 100), MC_OK);
    ck_assert_uint_eq(server_stat(0, "curr_items"), 0);
    ck_assert_uint_eq(server_stat(1, "curr_items"), 0);
    ck_assert_uint_eq(server_stat(2, "curr_items"), 100);
    mc_client_free(there);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------------- noreply --
 */

START_TEST(commands_that_await_no_answer_are_done) {
    mc_client *silent;
    uint64_t   number = 77;

    start_servers(1);
    silent = noreply_view();
    check_status(mc_set(silent, mc_str("set"), V, 0, 0), MC_OK);
    check_value("set", "v");
    check_status(mc_add(silent, mc_str("add"), V, 0, 0), MC_OK);
    check_value("add", "v");
    check_status(mc_replace(silent, mc_str("set"), mc_str("w"), 0, 1000), MC_OK);
    check_value("set", "w");
    check_status(mc_append(silent, mc_str("set"), mc_str("x")), MC_OK);
    check_status(mc_prepend(silent, mc_str("set"), mc_str("v")), MC_OK);
    check_value("set", "vwx");
    check_status(mc_touch(silent, mc_str("add"), 1000), MC_OK);
    ck_assert_int_gt(server_ttl(0, "set"), 900);
    check_value("set", "vwx"); /* on the same connection, so behind the touch */
    ck_assert_int_gt(server_ttl(0, "add"), 900);
    check_status(mc_set(silent, mc_str("n"), mc_str("5"), 0, 0), MC_OK);
    check_status(mc_incr(silent, mc_str("n"), 10, &number), MC_OK);
    check_value("n", "15");
    check_status(mc_decr(silent, mc_str("n"), 1, NULL), MC_OK);
    check_value("n", "14");
    check_status(mc_delete(silent, mc_str("n")), MC_OK);
    check_value("n", NULL);
    mc_client_free(silent);
}
END_TEST

START_TEST(retrievals_await_their_answer_all_the_same) {
    mc_client *silent;
    mc_value   value = MC_VALUE_INIT;

    start_servers(1);
    silent = noreply_view();
    check_status(mc_set(silent, K, V, 3, 0), MC_OK);
    check_status(mc_get(silent, K, &value), MC_OK);
    ck_assert_str_eq(value.data, "v");
    check_status(mc_gets(silent, K, &value), MC_OK);
    check_status(mc_cas(silent, K, mc_str("w"), 0, 0, value.cas), MC_OK);
    check_status(mc_gat(silent, K, 0, &value), MC_OK);
    ck_assert_str_eq(value.data, "w");
    check_status(mc_gats(silent, mc_str("absent"), 0, &value), MC_NOT_FOUND);
    mc_value_clear(&value);
    mc_client_free(silent);
}
END_TEST

/* What the server would have refused stays refused, and the connection in step. */
START_TEST(refusals_that_nobody_awaits) {
    mc_client *silent;
    char      *large = malloc(1048576);
    uint64_t   before;

    ck_assert_ptr_nonnull(large);
    memset(large, 'x', 1048576);
    start_servers(1);
    silent = noreply_view();
    check_status(mc_set(mc, K, V, 0, 0), MC_OK);
    before = server_stat(0, "total_connections");
    check_status(mc_add(silent, K, mc_str("w"), 0, 0), MC_OK);
    check_value("k", "v");
    check_status(mc_incr(silent, K, 1, NULL), MC_OK);
    check_value("k", "v");
    check_status(mc_append(silent, mc_str("absent"), V), MC_OK);
    check_status(mc_replace(silent, mc_str("absent"), V, 0, 0), MC_OK);
    check_status(mc_cas(silent, K, mc_str("w"), 0, 0, UINT64_MAX), MC_OK);
    check_status(mc_delete(silent, mc_str("absent")), MC_OK);
    check_value("absent", NULL);
    check_value("k", "v");
    check_status(mc_set(silent, K, mc_bytes(large, 1048576), 0, 0), MC_OK);
    check_value("k", NULL);
    ck_assert_uint_eq(server_stat(0, "total_connections"), before);
    mc_client_free(silent);
    free(large);
}
END_TEST

/* Many of them, whose sum is far beyond what the sockets hold. */
START_TEST(many_that_await_no_answer) {
    enum { COUNT = 20000 };
    static char keys[COUNT][8];
    mc_entry   *entries = calloc(COUNT, sizeof *entries);
    mc_slice   *slices = calloc(COUNT, sizeof *slices);
    mc_client  *silent;
    mc_results  results = MC_RESULTS_INIT;

    ck_assert_ptr_nonnull(entries);
    ck_assert_ptr_nonnull(slices);
    start_servers(2);
    silent = noreply_view();
    for (int i = 0; i < COUNT; i++) {
        snprintf(keys[i], sizeof keys[i], "k%d", i);
        slices[i] = mc_str(keys[i]);
        entries[i] = (mc_entry){.key = slices[i], .value = slices[i], .flags = (uint32_t)i, .status = MC_NO_SERVER};
    }
    check_status(mc_set_multi(silent, entries, COUNT), MC_OK);
    check_status(mc_get_multi(mc, slices, COUNT, &results), MC_OK);
    for (size_t i = 0; i < COUNT; i++) {
        if (entries[i].status != MC_OK || results.items[i].status != MC_OK || results.items[i].flags != i)
            ck_abort_msg("%zu: %s", i, mc_status_name(results.items[i].status));
    }
    check_status(mc_delete_multi(silent, slices, COUNT, NULL), MC_OK);
    check_status(mc_get_multi(mc, slices, COUNT, &results), MC_OK);
    for (size_t i = 0; i < COUNT; i++)
        if (results.items[i].status != MC_NOT_FOUND)
            ck_abort_msg("%zu: %s", i, mc_status_name(results.items[i].status));
    mc_results_clear(&results);
    mc_client_free(silent);
    free(slices);
    free(entries);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------------ together --
 */

START_TEST(a_view_uses_its_clients_connections) {
    mc_client *views[4];
    uint64_t   before;

    start_servers(1);
    check_status(mc_set(mc, K, V, 0, 0), MC_OK);
    before = server_stat(0, "total_connections");
    for (int i = 0; i < 4; i++) {
        views[i] = prefix_view(i ? views[i - 1] : mc, "p");
        check_status(mc_set(views[i], K, V, 0, 0), MC_OK);
    }
    check_value("ppppk", "v");
    ck_assert_uint_eq(server_stat(0, "total_connections"), before);
    for (int i = 3; i >= 0; i--)
        mc_client_free(views[i]);
    check_value("ppppk", "v");
}
END_TEST

START_TEST(a_view_sees_hosts_that_are_set_later) {
    const char *last[2] = {NULL, NULL};
    mc_client  *user;

    start_servers(2);
    user = prefix_view(mc, "user:");
    last[0] = servers->hosts[1];
    check_status(mc_client_set_hosts(user, last, NULL), MC_OK);
    for (int i = 0; i < 20; i++) {
        char key[8];
        snprintf(key, sizeof key, "%d", i);
        check_status(mc_set(user, mc_str(key), V, 0, 0), MC_OK);
        check_status(mc_set(mc, mc_str(key), V, 0, 0), MC_OK);
    }
    ck_assert_uint_eq(server_stat(0, "curr_items"), 0);
    ck_assert_uint_eq(server_stat(1, "curr_items"), 40);
    mc_client_free(user);
}
END_TEST

static void add_tests(TCase *tcase) {
    tcase_add_test(tcase, a_prefix_is_put_before_the_key);
    tcase_add_test(tcase, a_prefix_is_put_before_many_keys);
    test_rows(tcase, a_route_picks_the_host, routes);
    tcase_add_test(tcase, a_route_holds_many_keys_together);
    tcase_add_test(tcase, commands_that_await_no_answer_are_done);
    tcase_add_test(tcase, retrievals_await_their_answer_all_the_same);
    tcase_add_test(tcase, refusals_that_nobody_awaits);
    tcase_add_test(tcase, many_that_await_no_answer);
    tcase_add_test(tcase, a_view_uses_its_clients_connections);
    tcase_add_test(tcase, a_view_sees_hosts_that_are_set_later);
}

Suite *test_suite(void) {
    Suite *suite = suite_create("views");

    each_kind(suite, "views", 60, add_tests);
    return suite;
}
