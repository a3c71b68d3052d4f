#include "cluster/host_list.h"

#include "support/check_main.h"
#include "support/guard_page.h"
#include "support/tsv.h"

#include "cluster/hash.h"

#include <limits.h>
#include <stdlib.h>

static const struct {
    const char        *weights;
    mc__host_list_kind kind;
    const char        *list;
} list_rows[] = {
    {"1", MC__HOST_LIST_WEIGHTED, "0"},         {"1,2,1", MC__HOST_LIST_WEIGHTED, "0,1,1,2"},
    {"3,1", MC__HOST_LIST_WEIGHTED, "0,0,0,1"}, {"0,2,0,1,0", MC__HOST_LIST_WEIGHTED, "1,1,3"},
    {"0,0,1", MC__HOST_LIST_WEIGHTED, "2"},     {"1,2,1", MC__HOST_LIST_ONCE, "0,1,2"},
    {"0,2,0,1,0", MC__HOST_LIST_ONCE, "1,3"},   {"1048575,1", MC__HOST_LIST_ONCE, "0,1"},
};

START_TEST(is_each_host_as_often_as_its_weight_says) {
    unsigned      weights[8], expected[8];
    size_t        count = tsv_numbers(list_rows[_i].weights, weights, 8);
    size_t        length = tsv_numbers(list_rows[_i].list, expected, 8);
    mc__host_list list;

    ck_assert_int_eq(mc__host_list_init(&list, list_rows[_i].kind, weights, count), MC_OK);
    ck_assert_uint_eq(list.length, length);
    for (size_t i = 0; i < length; i++)
        ck_assert_uint_eq(list.hosts[i], expected[i]);
    mc__host_list_free(&list);
    ck_assert_ptr_null(list.hosts);
    ck_assert_uint_eq(list.length, 0);
}
END_TEST

START_TEST(without_weights_each_host_is_there_once) {
    mc__host_list list;

    ck_assert_int_eq(mc__host_list_init(&list, MC__HOST_LIST_WEIGHTED, NULL, 3), MC_OK);
    ck_assert_uint_eq(list.length, 3);
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(list.hosts[i], i);
    mc__host_list_free(&list);
}
END_TEST

static const struct {
    unsigned    weights[3];
    size_t      count;
    size_t      sum;    /* 0: refused */
    const char *detail; /* has this in it */
} sum_rows[] = {
    {{1}, 1, 1, ""},
    {{0, 5, 0}, 3, 5, ""},
    {{1048576}, 1, 1048576, ""},
    {{0, 1048576, 0}, 3, 1048576, ""},
    {{524288, 524288}, 2, 1048576, ""},
    {{1048576, 1}, 2, 0, "over 1048576"},
    {{524288, 524289}, 2, 0, "over 1048576"},
    {{1000000000}, 1, 0, "over 1048576"},
    {{1, UINT_MAX}, 2, 0, "over 1048576"},
    {{UINT_MAX, UINT_MAX, 2}, 3, 0, "over 1048576"},
    {{0}, 1, 0, "all are 0"},
    {{0, 0, 0}, 3, 0, "all are 0"},
    {{1}, 0, 0, "none is given"},
};

START_TEST(the_sum_of_the_weights_has_bounds) {
    size_t        sum = 77;
    mc__host_list list = {(uint32_t *)&sum, 5};
    mc_status     expected = sum_rows[_i].sum > 0 ? MC_OK : MC_BAD_ARGUMENT;

    ck_assert_int_eq(mc__weights_sum(sum_rows[_i].weights, sum_rows[_i].count, &sum), expected);
    ck_assert_uint_eq(sum, expected == MC_OK ? sum_rows[_i].sum : 77);
    ck_assert_int_eq(mc__host_list_init(&list, MC__HOST_LIST_WEIGHTED, sum_rows[_i].weights, sum_rows[_i].count), expected);
    ck_assert_uint_eq(list.length, sum_rows[_i].sum);
    if (expected != MC_OK) {
        ck_assert_ptr_null(list.hosts);
        ck_assert_ptr_nonnull(strstr(mc_error_detail(), sum_rows[_i].detail));
    }
    mc__host_list_free(&list);
}
END_TEST

START_TEST(too_many_hosts_are_refused_unread) {
    guard_page    page = guard_page_new(0);
    mc__host_list list;
    size_t        sum;

    ck_assert_int_eq(mc__weights_sum((const unsigned *)(void *)page.data, MC__WEIGHT_SUM_MAX + 1, &sum), MC_BAD_ARGUMENT);
    ck_assert_int_eq(mc__weights_sum(NULL, SIZE_MAX, &sum), MC_BAD_ARGUMENT);
    ck_assert_int_eq(mc__host_list_init(&list, MC__HOST_LIST_WEIGHTED, NULL, MC__WEIGHT_SUM_MAX), MC_OK);
    ck_assert_uint_eq(mc__host_list_at(&list, -1), MC__WEIGHT_SUM_MAX - 1);
    mc__host_list_free(&list);
    guard_page_free(&page);
}
END_TEST

static const struct {
    int64_t number;
    size_t  place; /* of five */
} place_rows[] = {
    {0, 0},
    {1, 1},
    {4, 4},
    {5, 0},
    {9, 4},
    {-1, 4},
    {-5, 0},
    {-6, 4},
    {-7, 3},
    {UINT32_MAX, 0},
    {INT64_MAX, 2},
    {INT64_MIN, 2},
    {INT64_MIN + 1, 3},
    {INT64_MIN + 3, 0},
};

START_TEST(the_remainder_is_never_negative) {
    mc__host_list list;

    ck_assert_int_eq(mc__host_list_init(&list, MC__HOST_LIST_WEIGHTED, NULL, 5), MC_OK);
    ck_assert_uint_eq(mc__host_list_at(&list, place_rows[_i].number), place_rows[_i].place);
    mc__host_list_free(&list);
}
END_TEST

/* weights, key, hash, place in the list, hosts of ten tries: the first three steps here, the tries in placement_test.c */
START_TEST(agrees_with_python_memcached) {
    tsv table = tsv_read("host_list.tsv");

    ck_assert_uint_eq(table.count, 360);
    for (size_t i = 0; i < table.count; i++) {
        char        **row = table.rows[i].columns;
        unsigned      weights[64], tries[10];
        size_t        count = tsv_numbers(row[0], weights, 64);
        uint32_t      hash = mc__hash(MC_HASH_PYTHON_1_59, mc_str(row[1]));
        mc__host_list list;

        ck_assert_int_eq(mc__host_list_init(&list, MC__HOST_LIST_WEIGHTED, weights, count), MC_OK);
        ck_assert_uint_eq(hash, strtoul(row[2], NULL, 10));
        ck_assert_uint_eq(hash % list.length, strtoul(row[3], NULL, 10));
        ck_assert_uint_eq(tsv_numbers(row[4], tries, 10), 10);
        ck_assert_msg(mc__host_list_at(&list, hash) == tries[0], "line %zu", table.rows[i].line);
        mc__host_list_free(&list);
    }
    tsv_free(&table);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("host_list");
    TCase *tcase = test_case(suite, "host_list", 10);

    test_rows(tcase, is_each_host_as_often_as_its_weight_says, list_rows);
    tcase_add_test(tcase, without_weights_each_host_is_there_once);
    test_rows(tcase, the_sum_of_the_weights_has_bounds, sum_rows);
    tcase_add_test(tcase, too_many_hosts_are_refused_unread);
    test_rows(tcase, the_remainder_is_never_negative, place_rows);
    tcase_add_test(tcase, agrees_with_python_memcached);
    return suite;
}
