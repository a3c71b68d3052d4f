#include "client/results.h"

#include "support/check_main.h"

static mc_results results;

static void init(void) {
    const mc_results empty = MC_RESULTS_INIT;

    results = empty;
}

static void clear(void) {
    mc_results_clear(&results);
}

static void check_fresh(size_t count) {
    ck_assert_uint_eq(results.count, count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(results.items[i].status, MC_NOT_FOUND);
        ck_assert_ptr_null(results.items[i].value.data);
        ck_assert_uint_eq(results.items[i].value.len, 0);
        ck_assert_uint_eq(results.items[i].flags, 0);
        ck_assert_uint_eq(results.items[i].cas, 0);
    }
}

/* Fills the space with its number, NUL and all. */
static char *space_of(size_t room, int number) {
    char *space = mc__results_space(&results, room);

    ck_assert_ptr_nonnull(space);
    memset(space, number, room + 1);
    return space;
}

static void check_filled(const char *space, size_t room, int number) {
    size_t same = 0;

    while (same <= room && space[same] == number)
        same++;
    ck_assert_uint_eq(same, room + 1);
}

START_TEST(begin_gives_fresh_items) {
    ck_assert(mc__results_begin(&results, 0));
    check_fresh(0);
    ck_assert(mc__results_begin(&results, 1000));
    check_fresh(1000);
    for (size_t i = 0; i < 1000; i++)
        results.items[i] = (mc_result){.status = MC_OK, .value = mc_str("v"), .flags = 1, .cas = 2};
    ck_assert(mc__results_begin(&results, 10));
    check_fresh(10);
}
END_TEST

START_TEST(items_are_reused_where_they_suffice) {
    mc_result *items;

    ck_assert(mc__results_begin(&results, 100));
    items = results.items;
    for (size_t count = 0; count <= 100; count += 20) {
        ck_assert(mc__results_begin(&results, count));
        ck_assert_ptr_eq(results.items, items);
    }
}
END_TEST

static const size_t rooms[] = {0, 1, 2, 100, 32766, 32767, 32768, 65534, 65535, 65536, 65537, 131072, 1048576};

START_TEST(spaces_do_not_overlap_and_stay) {
    char *spaces[2 * ROWS(rooms)];

    ck_assert(mc__results_begin(&results, 1));
    for (size_t i = 0; i < ROWS(spaces); i++)
        spaces[i] = space_of(rooms[i % ROWS(rooms)], (int)i + 1);
    for (size_t i = 0; i < ROWS(spaces); i++)
        check_filled(spaces[i], rooms[i % ROWS(rooms)], (int)i + 1);
}
END_TEST

START_TEST(the_block_is_used_again) {
    char *first = NULL;

    ck_assert(mc__results_begin(&results, 1));
    space_of(1000, 1);
    space_of(200000, 2);
    for (int again = 0; again < 5; again++) {
        char *space;
        ck_assert(mc__results_begin(&results, 1)); /* the first time two blocks become one */
        space = space_of(1000, 3);
        ck_assert(again == 0 || space == first);
        first = space;
        ck_assert_ptr_eq(space_of(200000, 4), first + 1001);
    }
}
END_TEST

START_TEST(what_is_kept_of_lent_memory_stays) {
    mc__area area, next;
    char    *space;

    ck_assert(mc__results_begin(&results, 1));
    ck_assert(mc__results_lend(&results, 1000, &area));
    ck_assert_uint_ge(area.len, 1000);
    memset(area.data, 1, area.len);
    mc__results_keep(&results, 700);
    mc__results_keep(&results, 500);
    ck_assert(mc__results_lend(&results, 100, &next));
    ck_assert_ptr_eq(next.data, area.data + 500);
    ck_assert(mc__results_lend(&results, 100, &next)); /* nothing of the last one was kept */
    ck_assert_ptr_eq(next.data, area.data + 500);
    memset(next.data, 2, next.len);
    check_filled(area.data, 499, 1);

    mc__results_keep(&results, 100);
    space = space_of(50, 3);
    mc__results_keep(&results, 10); /* too late: what has been given since stays too */
    ck_assert_ptr_eq(space, area.data + 600);
    ck_assert_ptr_eq(space_of(10, 4), space + 51);
    check_filled(space, 50, 3);
    check_filled(area.data + 500, 99, 2);
}
END_TEST

START_TEST(lent_memory_is_as_large_as_asked_for) {
    mc__area small, large;

    ck_assert(mc__results_begin(&results, 1));
    ck_assert(mc__results_lend(&results, 1, &small));
    memset(small.data, 1, small.len);
    mc__results_keep(&results, small.len - 10);
    ck_assert(mc__results_lend(&results, 300000, &large));
    ck_assert_uint_ge(large.len, 300000);
    memset(large.data, 2, large.len);
    mc__results_keep(&results, 300000);
    check_filled(small.data, small.len - 11, 1);
    space_of(1000, 3);
    check_filled(large.data, 299999, 2);
    ck_assert(!mc__results_lend(&results, SIZE_MAX - 100, &large));
}
END_TEST

START_TEST(what_lies_in_lent_memory_is_known) {
    mc__area area;
    char     other;

    ck_assert(mc__results_begin(&results, 1));
    ck_assert(!mc__results_holds(&results, &other));
    ck_assert(mc__results_lend(&results, 10, &area));
    ck_assert(mc__results_holds(&results, area.data) && mc__results_holds(&results, area.data + area.len - 1));
    ck_assert(!mc__results_holds(&results, area.data - 1) && !mc__results_holds(&results, area.data + area.len));
    ck_assert(!mc__results_holds(&results, &other));
}
END_TEST

START_TEST(a_value_that_fits_no_old_block_gets_one_of_its_own) {
    char *small, *large;

    ck_assert(mc__results_begin(&results, 1));
    space_of(10, 1);
    ck_assert(mc__results_begin(&results, 1));
    large = space_of(5000000, 2);
    small = space_of(10, 3);
    check_filled(large, 5000000, 2);
    check_filled(small, 10, 3);
}
END_TEST

START_TEST(more_than_there_is_memory_for_is_refused) {
    volatile size_t most = SIZE_MAX / 2 + 1000; /* more than malloc ever gives */
    char           *kept;

    ck_assert(!mc__results_begin(&results, SIZE_MAX));
    ck_assert_uint_eq(results.count, 0);
    ck_assert(!mc__results_begin(&results, SIZE_MAX / sizeof(mc_result)));
    ck_assert_uint_eq(results.count, 0);
    ck_assert(mc__results_begin(&results, 1));
    kept = space_of(10, 1);
    ck_assert_ptr_null(mc__results_space(&results, SIZE_MAX));
    ck_assert_ptr_null(mc__results_space(&results, SIZE_MAX - 1));
    ck_assert_ptr_null(mc__results_space(&results, SIZE_MAX - 32));
    ck_assert_ptr_null(mc__results_space(&results, most));
    check_filled(kept, 10, 1);
    check_filled(space_of(10, 2), 10, 2);
}
END_TEST

START_TEST(clear_may_be_repeated) {
    mc_results_clear(NULL);
    mc_results_clear(&results);
    ck_assert(mc__results_begin(&results, 3));
    space_of(10, 1);
    mc_results_clear(&results);
    ck_assert_ptr_null(results.items);
    ck_assert_uint_eq(results.count, 0);
    ck_assert_ptr_null(results.storage);
    mc_results_clear(&results);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("results");
    TCase *tcase = test_case(suite, "results", 30);

    tcase_add_checked_fixture(tcase, init, clear);
    tcase_add_test(tcase, begin_gives_fresh_items);
    tcase_add_test(tcase, items_are_reused_where_they_suffice);
    tcase_add_test(tcase, spaces_do_not_overlap_and_stay);
    tcase_add_test(tcase, the_block_is_used_again);
    tcase_add_test(tcase, what_is_kept_of_lent_memory_stays);
    tcase_add_test(tcase, lent_memory_is_as_large_as_asked_for);
    tcase_add_test(tcase, what_lies_in_lent_memory_is_known);
    tcase_add_test(tcase, a_value_that_fits_no_old_block_gets_one_of_its_own);
    tcase_add_test(tcase, more_than_there_is_memory_for_is_refused);
    tcase_add_test(tcase, clear_may_be_repeated);
    return suite;
}
