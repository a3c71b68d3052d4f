#include "base/deadline.h"

#include "support/check_main.h"

#include <limits.h>
#include <time.h>

static const struct {
    mc__time deadline;
    mc__time now;
    int      left_ms;
} left_rows[] = {
    {0, 0, 0},
    {1, 0, 1},
    {MC__MS - 1, 0, 1},
    {MC__MS, 0, 1},
    {MC__MS + 1, 0, 2},
    {MC__MS, MC__MS - 1, 1},
    {MC__MS, MC__MS, 0},
    {MC__MS, MC__MS + 1, 0},
    {0, MC__NEVER, 0},
    {-MC__MS, -3 * MC__MS, 2},
    {3000 * MC__MS, 0, 3000},
    {MC__NEVER, 0, -1},
    {MC__NEVER, MC__NEVER, -1},
    {MC__NEVER - 1, 0, INT_MAX},
    {INT_MAX * MC__MS, 0, INT_MAX},
    {(INT_MAX - 1) * MC__MS, 0, INT_MAX - 1},
    {INT_MAX * MC__MS + 1, 0, INT_MAX},
};

START_TEST(what_is_left_is_rounded_up) {
    ck_assert_int_eq(mc__deadline_left_ms(left_rows[_i].deadline, left_rows[_i].now), left_rows[_i].left_ms);
}
END_TEST

static const struct {
    mc__time now;
    int64_t  ms;
    mc__time deadline;
} after_rows[] = {
    {0, 0, 0},
    {0, 1, MC__MS},
    {5, 0, 5},
    {5, 3000, 3000 * MC__MS + 5},
    {1000000000, 86400000, 1000000000 + 86400000 * MC__MS},
    {0, INT64_MAX, MC__NEVER},
    {1, INT64_MAX / MC__MS, INT64_MAX / MC__MS *MC__MS + 1},
    {MC__MS, INT64_MAX / MC__MS, MC__NEVER},
    {MC__NEVER, 1, MC__NEVER},
    {MC__NEVER - 1, 1, MC__NEVER},
    {MC__NEVER - 3 * MC__MS, 2, MC__NEVER - MC__MS},
};

START_TEST(a_deadline_never_wraps) {
    ck_assert_int_eq(mc__deadline_after_ms(after_rows[_i].now, after_rows[_i].ms), after_rows[_i].deadline);
}
END_TEST

START_TEST(the_earlier_of_two) {
    ck_assert_int_eq(mc__earlier(1, 2), 1);
    ck_assert_int_eq(mc__earlier(2, 1), 1);
    ck_assert_int_eq(mc__earlier(2, 2), 2);
    ck_assert_int_eq(mc__earlier(MC__NEVER, 7), 7);
    ck_assert_int_eq(mc__earlier(-1, 0), -1);
}
END_TEST

START_TEST(the_clock_is_the_monotonic_one) {
    struct timespec before;
    struct timespec after;
    mc__time        now;

    clock_gettime(CLOCK_MONOTONIC, &before);
    now = mc__time_now();
    clock_gettime(CLOCK_MONOTONIC, &after);
    ck_assert_int_ge(now, (int64_t)before.tv_sec * 1000000000 + before.tv_nsec);
    ck_assert_int_le(now, (int64_t)after.tv_sec * 1000000000 + after.tv_nsec);
    ck_assert_int_ge(mc__time_now(), now);
}
END_TEST

START_TEST(the_wall_clock_counts_seconds_since_1970) {
    struct timespec before;
    struct timespec after;
    int64_t         now_s;

    clock_gettime(CLOCK_REALTIME, &before);
    now_s = mc__wall_clock_s();
    clock_gettime(CLOCK_REALTIME, &after);
    ck_assert_int_ge(now_s, before.tv_sec);
    ck_assert_int_le(now_s, after.tv_sec);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("deadline");
    TCase *tcase = test_case(suite, "deadline", 10);

    test_rows(tcase, what_is_left_is_rounded_up, left_rows);
    test_rows(tcase, a_deadline_never_wraps, after_rows);
    tcase_add_test(tcase, the_earlier_of_two);
    tcase_add_test(tcase, the_clock_is_the_monotonic_one);
    tcase_add_test(tcase, the_wall_clock_counts_seconds_since_1970);
    return suite;
}
