#include "client/client.h"

#include "support/check_main.h"
#include "support/host_set.h"
#include "support/tsv.h"

#include <stdio.h>
#include <stdlib.h>

/* Nothing in these tests connects to a host. */

static const char *const three[] = {"10.0.0.1", "10.0.0.2:11212", "unix:/run/c", NULL};

static mc_client *mc;

static void init(void) {
    mc = mc_client_new(three, NULL);
    ck_assert_ptr_nonnull(mc);
}

static void clean_up(void) {
    mc_client_free(mc);
}

static void check_detail(const char *part) {
    ck_assert_msg(strstr(mc_error_detail(), part) != NULL, "\"%s\" has no \"%s\"", mc_error_detail(), part);
}

static size_t home_of(const mc_client *client, const char *key) {
    size_t home = SIZE_MAX;

    ck_assert_uint_ge(mc_client_route(client, mc_str(key), &home, 1), 1);
    return home;
}

START_TEST(the_library_is_of_the_header_s_version) {
    ck_assert_str_eq(mc_library_version(), MCCLIENT_VERSION);
}
END_TEST

/* ---------------------------------------------------------------------------------------------------- what is refused -- */

static const unsigned all_0[] = {0, 0, 0}, too_many[] = {1048576, 1, 0}, most[] = {1048575, 1, 0};

static const struct {
    const char     *hosts[4];
    const unsigned *weights;
    const char     *detail;
} refused[] = {
    {{NULL}, NULL, "no host"},
    {{"", NULL}, NULL, "\"\""},
    {{"a", "b", "c d", NULL}, NULL, "c d"},
    {{"a", "b:0", NULL}, NULL, "b:0"},
    {{"b:65536", NULL}, NULL, "b:65536"},
    {{"[::1", NULL}, NULL, "[::1"},
    {{"::1", NULL}, NULL, "::1"},
    {{"a:b:c", NULL}, NULL, "a:b:c"},
    {{"unix:", NULL}, NULL, "unix:"},
    {{"a", "b", "c", NULL}, all_0, "weights"},
    {{"a", "b", "c", NULL}, too_many, "weights"},
};

START_TEST(hosts_that_make_no_client) {
    ck_assert_ptr_null(mc_client_new(refused[_i].hosts, refused[_i].weights));
    check_detail(refused[_i].detail);
}
END_TEST

START_TEST(hosts_that_make_no_client_leave_the_old_ones) {
    size_t home = home_of(mc, "k1");

    ck_assert_int_eq(mc_client_set_hosts(mc, refused[_i].hosts, refused[_i].weights), MC_BAD_ARGUMENT);
    check_detail(refused[_i].detail);
    ck_assert_uint_eq(home_of(mc, "k1"), home);
}
END_TEST

START_TEST(no_list_of_hosts_is_refused) {
    ck_assert_ptr_null(mc_client_new(NULL, NULL));
    check_detail("hosts is NULL");
    ck_assert_int_eq(mc_client_set_hosts(mc, NULL, NULL), MC_BAD_ARGUMENT);
    ck_assert_int_eq(mc_client_set_hosts(NULL, three, NULL), MC_BAD_ARGUMENT);
    check_detail("client is NULL");
}
END_TEST

START_TEST(the_largest_sum_of_weights_is_taken) {
    ck_assert_int_eq(mc_client_set_hosts(mc, three, most), MC_OK);
}
END_TEST

START_TEST(bad_options_make_no_client) {
    mc_options options = MC_OPTIONS_INIT;

    options.max_connections = 0;
    ck_assert_ptr_null(mc_client_new_with_options(three, NULL, &options));
    check_detail("max_connections");
}
END_TEST

START_TEST(null_is_a_client_that_does_nothing) {
    mc_view view = MC_VIEW_INIT;
    size_t  host;

    mc_client_free(NULL);
    mc_client_forget_dead(NULL);
    mc_client_close_idle(NULL);
    ck_assert_uint_eq(mc_client_route(NULL, mc_str("k"), &host, 1), 0);
    ck_assert_ptr_null(mc_client_view(NULL, &view));
    check_detail("client is NULL");
}
END_TEST

/* -------------------------------------------------------------------------------------------------------------- routes --
 */

START_TEST(the_list_in_memory_is_expanded_by_weight) {
    static const unsigned weights[] = {1, 2, 1};
    static const size_t   list[] = {0, 1, 1, 2};

    ck_assert_int_eq(mc_client_set_hosts(mc, three, weights), MC_OK);
    for (int64_t number = -9; number < 9; number++) {
        mc_view    view = MC_VIEW_INIT;
        mc_client *there;
        view.has_route = true;
        view.route = number;
        there = mc_client_view(mc, &view);
        ck_assert_ptr_nonnull(there);
        ck_assert_uint_eq(home_of(there, "any"), list[((number % 4) + 4) % 4]);
        mc_client_free(there);
    }
}
END_TEST

START_TEST(a_route_has_ten_tries_or_one) {
    size_t     hosts[12];
    mc_options options = MC_OPTIONS_INIT;
    mc_client *none;

    for (size_t i = 0; i < ROWS(hosts); i++)
        hosts[i] = 99;
    ck_assert_uint_eq(mc_client_route(mc, mc_str("k"), hosts, 3), 10);
    ck_assert_uint_lt(hosts[2], 3);
    ck_assert_uint_eq(hosts[3], 99);
    ck_assert_uint_eq(mc_client_route(mc, mc_str("k"), NULL, 0), 10);
    ck_assert_uint_eq(mc_client_route(mc, mc_str("k"), hosts, 12), 10);
    ck_assert_uint_lt(hosts[9], 3);
    ck_assert_uint_eq(hosts[10], 99);
    options.failover = MC_FAILOVER_NONE;
    none = mc_client_new_with_options(three, NULL, &options);
    ck_assert_ptr_nonnull(none);
    ck_assert_uint_eq(mc_client_route(none, mc_str("k"), hosts, 12), 1);
    mc_client_free(none);
}
END_TEST

START_TEST(what_has_no_route) {
    char   long_key[MC_KEY_MAX + 1];
    size_t host = 77;

    memset(long_key, 'k', sizeof long_key);
    ck_assert_uint_eq(mc_client_route(mc, mc_str(""), &host, 1), 0);
    ck_assert_uint_eq(mc_client_route(mc, mc_str("a b"), &host, 1), 0);
    check_detail("a b");
    ck_assert_uint_eq(mc_client_route(mc, mc_bytes(long_key, 251), &host, 1), 0);
    ck_assert_uint_eq(mc_client_route(mc, mc_bytes(NULL, 5), &host, 1), 0);
    ck_assert_uint_eq(mc_client_route(mc, mc_str("k"), NULL, 1), 0);
    ck_assert_uint_eq(host, 77);
    ck_assert_uint_eq(mc_client_route(mc, mc_bytes(long_key, 250), &host, 1), 10);
}
END_TEST

START_TEST(a_host_of_weight_0_holds_nothing) {
    static const unsigned weights[] = {1, 0, 1};

    ck_assert_int_eq(mc_client_set_hosts(mc, three, weights), MC_OK);
    for (int i = 0; i < 200; i++) {
        char   key[16];
        size_t hosts[10];
        snprintf(key, sizeof key, "k%d", i);
        ck_assert_uint_eq(mc_client_route(mc, mc_str(key), hosts, 10), 10);
        for (int try = 0; try < 10; try++)
            ck_assert_uint_ne(hosts[try], 1);
    }
}
END_TEST

START_TEST(the_prefix_is_hashed_with_the_key) {
    mc_options options = MC_OPTIONS_INIT;
    mc_view    view = MC_VIEW_INIT;
    mc_client *prefixed, *inner;

    options.key_prefix = "app:";
    prefixed = mc_client_new_with_options(three, NULL, &options);
    ck_assert_ptr_nonnull(prefixed);
    view.key_prefix = "user:";
    inner = mc_client_view(prefixed, &view);
    ck_assert_ptr_nonnull(inner);
    for (int i = 0; i < 50; i++) {
        char key[16], once[32], twice[64];
        snprintf(key, sizeof key, "%d", i);
        snprintf(once, sizeof once, "app:%d", i);
        snprintf(twice, sizeof twice, "app:user:%d", i);
        ck_assert_uint_eq(home_of(prefixed, key), home_of(mc, once));
        ck_assert_uint_eq(home_of(inner, key), home_of(mc, twice));
    }
    mc_client_free(inner);
    mc_client_free(prefixed);
}
END_TEST

/* A client of as many hosts as there are weights. */
static mc_client *client_of_weights(const char *list, mc_hash hash) {
    unsigned    weights[HOST_SET_MAX];
    char        names[HOST_SET_MAX][24];
    const char *hosts[HOST_SET_MAX + 1] = {NULL};
    size_t      count = tsv_numbers(list, weights, HOST_SET_MAX);
    mc_options  options = MC_OPTIONS_INIT;
    mc_client  *client;

    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "h%zu", i);
        hosts[i] = names[i];
    }
    options.hash = hash;
    client = mc_client_new_with_options(hosts, weights, &options);
    ck_assert_msg(client != NULL, "%s: %s", list, mc_error_detail());
    return client;
}

static void check_route(const mc_client *client, const char *key, const char *list, size_t line) {
    unsigned expected[MC__ROUTE_TRIES];
    size_t   hosts[MC__ROUTE_TRIES];

    ck_assert_uint_eq(tsv_numbers(list, expected, MC__ROUTE_TRIES), MC__ROUTE_TRIES);
    ck_assert_uint_eq(mc_client_route(client, mc_str(key), hosts, MC__ROUTE_TRIES), MC__ROUTE_TRIES);
    for (size_t i = 0; i < MC__ROUTE_TRIES; i++)
        ck_assert_msg(hosts[i] == expected[i], "line %zu, try %zu: %zu instead of %u", line, i, hosts[i], expected[i]);
}

START_TEST(routes_are_those_of_python_memcached) {
    tsv table = tsv_read("host_list.tsv");

    ck_assert_uint_eq(table.count, 360);
    for (size_t i = 0; i < table.count; i++) {
        char     **row = table.rows[i].columns;
        mc_client *client = client_of_weights(row[0], MC_HASH_PYTHON_1_59);
        check_route(client, row[1], row[4], table.rows[i].line);
        mc_client_free(client);
    }
    tsv_free(&table);
}
END_TEST

/* python-memcached's (number, key). */
START_TEST(routes_of_numbers_are_those_of_python_memcached) {
    tsv    table = tsv_read("python_routes.tsv");
    size_t count = 0;

    for (size_t i = 0; i < table.count; i++) {
        char     **row = table.rows[i].columns;
        mc_view    view = MC_VIEW_INIT;
        mc_client *client, *there;
        if (strcmp(row[0], "python_1_59") != 0 || strcmp(row[2], "number") != 0)
            continue;
        client = client_of_weights(row[1], MC_HASH_PYTHON_1_59);
        view.has_route = true;
        view.route = strtoll(row[3], NULL, 10);
        there = mc_client_view(client, &view);
        ck_assert_ptr_nonnull(there);
        check_route(there, "any-key", row[4], table.rows[i].line);
        mc_client_free(there);
        mc_client_free(client);
        count++;
    }
    ck_assert_uint_gt(count, 0);
    tsv_free(&table);
}
END_TEST

/* --------------------------------------------------------------------------------------------------------------- views --
 */

START_TEST(a_view_that_is_refused) {
    char       prefix[MC_KEY_MAX + 1];
    mc_view    view = MC_VIEW_INIT;
    mc_client *outer;

    view.key_prefix = "a b";
    ck_assert_ptr_null(mc_client_view(mc, &view));
    check_detail("key_prefix");
    memset(prefix, 'p', sizeof prefix);
    prefix[200] = '\0';
    view.key_prefix = prefix;
    outer = mc_client_view(mc, &view);
    ck_assert_ptr_nonnull(outer);
    prefix[50] = '\0';
    ck_assert_ptr_null(mc_client_view(outer, &view));
    prefix[49] = '\0';
    mc_client_free(mc_client_view(outer, &view));
    ck_assert_ptr_null(mc_client_view(mc, NULL));
    mc_client_free(outer);
}
END_TEST

START_TEST(a_view_of_a_view_adds_to_it) {
    mc_view    view = MC_VIEW_INIT;
    mc_client *first, *second, *third;

    view.timeout_ms = 123;
    view.noreply = true;
    first = mc_client_view(mc, &view);
    mc_view with_route = MC_VIEW_INIT;
    with_route.has_route = true;
    with_route.route = 2;
    second = mc_client_view(first, &with_route);
    mc_view nothing = MC_VIEW_INIT;
    third = mc_client_view(second, &nothing);
    ck_assert_int_eq(third->timeout_ms, 123);
    ck_assert(third->noreply);
    ck_assert(third->has_route);
    ck_assert_int_eq(third->route, 2);
    ck_assert(!first->has_route);
    ck_assert_int_eq(mc->timeout_ms, 3000);
    ck_assert(!mc->noreply);
    mc_client_free(third);
    mc_client_free(second);
    mc_client_free(first);
}
END_TEST

START_TEST(hosts_set_on_a_view_are_its_clients) {
    static const char *const one[] = {"10.0.0.9", NULL};
    mc_view                  view = MC_VIEW_INIT;
    mc_client               *inner = mc_client_view(mc, &view);

    ck_assert_int_eq(mc_client_set_hosts(inner, one, NULL), MC_OK);
    ck_assert_uint_eq(mc->core->roster->count, 1);
    mc_client_free(inner);
}
END_TEST

/* -------------------------------------------------------------------------------------------------------------- roster --
 */

START_TEST(a_host_named_twice_is_one) {
    static const char *const twice[] = {"h", "g", "h:11211", "H", NULL};
    const mc__roster        *roster;

    ck_assert_int_eq(mc_client_set_hosts(mc, twice, NULL), MC_OK);
    roster = mc->core->roster;
    ck_assert_uint_eq(roster->count, 4);
    ck_assert_uint_eq(roster->members[0], roster->members[2]);
    ck_assert_uint_ne(roster->members[0], roster->members[1]);
}
END_TEST

START_TEST(hosts_that_stay_are_taken_over) {
    static const char *const next[] = {"10.0.0.3", "unix:/run/c", "10.0.0.1:11211", NULL};
    mc__roster              *old = mc__client_roster(mc);
    const mc__roster        *roster;

    ck_assert_int_eq(mc_client_set_hosts(mc, next, NULL), MC_OK);
    roster = mc->core->roster;
    ck_assert_ptr_eq(roster->hosts[1], old->hosts[2]);
    ck_assert_ptr_eq(roster->hosts[2], old->hosts[0]);
    ck_assert_uint_eq(atomic_load(&old->hosts[0]->references), 2);
    ck_assert_uint_eq(atomic_load(&old->hosts[1]->references), 1);
    mc__roster_release(old);
    ck_assert_uint_eq(atomic_load(&roster->hosts[1]->references), 1);
}
END_TEST

START_TEST(a_list_without_an_end_is_noticed) {
    const char **endless = calloc(65538, sizeof *endless);

    ck_assert_ptr_nonnull(endless);
    for (int i = 0; i < 65537; i++)
        endless[i] = "h";
    ck_assert_int_eq(mc_client_set_hosts(mc, endless, NULL), MC_BAD_ARGUMENT);
    check_detail("NULL");
    endless[65536] = NULL;
    ck_assert_int_eq(mc_client_set_hosts(mc, endless, NULL), MC_OK);
    free(endless);
}
END_TEST

static void add_refusals(TCase *tcase) {
    test_rows(tcase, hosts_that_make_no_client, refused);
    test_rows(tcase, hosts_that_make_no_client_leave_the_old_ones, refused);
    tcase_add_test(tcase, no_list_of_hosts_is_refused);
    tcase_add_test(tcase, the_largest_sum_of_weights_is_taken);
    tcase_add_test(tcase, bad_options_make_no_client);
    tcase_add_test(tcase, null_is_a_client_that_does_nothing);
}

Suite *test_suite(void) {
    Suite *suite = suite_create("client");
    TCase *tcase = test_case(suite, "client", 30);

    tcase_add_checked_fixture(tcase, init, clean_up);
    tcase_add_test(tcase, the_library_is_of_the_header_s_version);
    add_refusals(tcase);
    tcase_add_test(tcase, the_list_in_memory_is_expanded_by_weight);
    tcase_add_test(tcase, a_route_has_ten_tries_or_one);
    tcase_add_test(tcase, what_has_no_route);
    tcase_add_test(tcase, a_host_of_weight_0_holds_nothing);
    tcase_add_test(tcase, the_prefix_is_hashed_with_the_key);
    tcase_add_test(tcase, routes_are_those_of_python_memcached);
    tcase_add_test(tcase, routes_of_numbers_are_those_of_python_memcached);
    tcase_add_test(tcase, a_view_that_is_refused);
    tcase_add_test(tcase, a_view_of_a_view_adds_to_it);
    tcase_add_test(tcase, hosts_set_on_a_view_are_its_clients);
    tcase_add_test(tcase, a_host_named_twice_is_one);
    tcase_add_test(tcase, hosts_that_stay_are_taken_over);
    tcase_add_test(tcase, a_list_without_an_end_is_noticed);
    return suite;
}
