#include "cli/hosts.h"

#include "support/check_main.h"

#include <string.h>

static cli_hosts   hosts;
static const char *part;
static size_t      part_len;

static void clear_hosts(void) {
    cli_hosts_clear(&hosts);
}

static void ck_host(size_t index, const char *address, unsigned weight) {
    ck_assert_uint_lt(index, hosts.count);
    ck_assert_str_eq(hosts.addresses[index], address);
    ck_assert_uint_eq(hosts.weights[index], weight);
}

static void ck_adds(const char *list, size_t count) {
    ck_assert_ptr_null(cli_hosts_add(&hosts, list, &part, &part_len));
    ck_assert_uint_eq(hosts.count, count);
    ck_assert_ptr_null(hosts.addresses[count]);
}

START_TEST(addresses_and_weights) {
    ck_adds("a:1,b:2=3,[::1]:5=0,inet6:[::1],/path,c", 6);
    ck_host(0, "a:1", 1);
    ck_host(1, "b:2", 3);
    ck_host(2, "[::1]:5", 0);
    ck_host(3, "inet6:[::1]", 1);
    ck_host(4, "/path", 1);
    ck_host(5, "c", 1);
}
END_TEST

START_TEST(lists_add_up) {
    ck_adds("a", 1);
    ck_adds("b=1048576,a", 3);
    ck_host(1, "b", 1048576);
    ck_host(2, "a", 1);
}
END_TEST

START_TEST(signs_in_paths) {
    ck_adds("/a\\,b\\=c\\\\d=2,/e\\=5,/f\\", 3);
    ck_host(0, "/a,b=c\\d", 2);
    ck_host(1, "/e=5", 1);
    ck_host(2, "/f\\", 1);
    ck_adds("/a=b=7", 4); /* the last one counts */
    ck_host(3, "/a=b", 7);
}
END_TEST

START_TEST(what_is_wrong_is_named) {
    static const char *const wrong[][2] = {
        {"", ""},     {"a,", ""},       {",a", ""},       {"a,,b", ""},     {"=1", "=1"},
        {"a=", "a="}, {"a,b=x", "b=x"}, {"a=-1", "a=-1"}, {"a= 1", "a= 1"}, {"a=1048577,b", "a=1048577"}};

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        clear_hosts();
        ck_assert_ptr_nonnull(cli_hosts_add(&hosts, wrong[i][0], &part, &part_len));
        ck_assert_uint_eq(part_len, strlen(wrong[i][1]));
        ck_assert_mem_eq(part, wrong[i][1], part_len);
    }
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("cli_hosts");
    TCase *tcase = test_case(suite, "cli_hosts", 30);

    tcase_add_checked_fixture(tcase, NULL, clear_hosts);
    tcase_add_test(tcase, addresses_and_weights);
    tcase_add_test(tcase, lists_add_up);
    tcase_add_test(tcase, signs_in_paths);
    tcase_add_test(tcase, what_is_wrong_is_named);
    return suite;
}
