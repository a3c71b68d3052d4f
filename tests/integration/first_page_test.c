/* The first program that a user writes, on three servers with weights. */

#include "support/each_kind.h"

#include <stdio.h>

/* As in a program: what it prints comes to page. Returns where the key went. */
static size_t run_first_page(const char *const *hosts, char *page, size_t size) {
    unsigned   weights[] = {1, 2, 1};
    size_t     home = SIZE_MAX;
    mc_client *client = mc_client_new(hosts, weights);

    mc_set(client, mc_str("k1"), mc_str("v1"), 0, 0);

    mc_value value = MC_VALUE_INIT;
    if (mc_get(client, mc_str("k1"), &value) == MC_OK)
        snprintf(page, size, "%.*s\n", (int)value.len, value.data);
    mc_value_clear(&value);

    mc_client_route(client, mc_str("k1"), &home, 1);
    mc_client_free(client);
    return home;
}

START_TEST(the_first_page) {
    char   page[16] = "";
    size_t home;

    start_servers(3);
    home = run_first_page(servers->hosts, page, sizeof page);
    ck_assert_str_eq(page, "v1\n");
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(server_stat(i, "curr_items"), i == home);
}
END_TEST

static void add_tests(TCase *tcase) {
    tcase_add_test(tcase, the_first_page);
}

Suite *test_suite(void) {
    Suite *suite = suite_create("first_page");

    each_kind(suite, "first_page", 30, add_tests);
    return suite;
}
