#include "measure/histogram.h"

#include "support/check_main.h"

#include <stdlib.h>

static measure_histogram histogram, other;

static void empty_both(void) {
    histogram = (measure_histogram){0};
    other = (measure_histogram){0};
}

static void ck_within_one_percent(double seen, double expected) {
    ck_assert_msg(seen >= expected * 0.99 && seen <= expected * 1.01, "%.1f is not within 1 %% of %.1f", seen, expected);
}

START_TEST(of_nothing_it_says_zero) {
    ck_assert_double_eq(measure_histogram_quantile(&histogram, 0.5), 0);
}
END_TEST

START_TEST(every_time_comes_back_within_one_percent) {
    for (uint64_t ns = 1; ns < MEASURE_HISTOGRAM_MAX_NS / 2; ns += ns / 300 + 1) {
        empty_both();
        measure_histogram_add(&histogram, ns);
        ck_within_one_percent(measure_histogram_quantile(&histogram, 0), (double)ns);
        ck_within_one_percent(measure_histogram_quantile(&histogram, 1), (double)ns);
    }
}
END_TEST

START_TEST(small_times_are_exact) {
    for (uint64_t ns = 0; ns < 128; ns++) {
        empty_both();
        measure_histogram_add(&histogram, ns);
        ck_assert_double_eq(measure_histogram_quantile(&histogram, 0.5), (double)ns);
    }
}
END_TEST

START_TEST(too_long_a_time_counts_as_the_longest) {
    measure_histogram_add(&histogram, UINT64_MAX);
    ck_assert_uint_eq(histogram.total, 1);
    ck_within_one_percent(measure_histogram_quantile(&histogram, 0.5), (double)MEASURE_HISTOGRAM_MAX_NS);
}
END_TEST

START_TEST(quantiles_are_those_of_what_was_counted) {
    for (uint64_t us = 1; us <= 10000; us++)
        measure_histogram_add(us % 2 ? &histogram : &other, us * 1000);
    measure_histogram_merge(&histogram, &other);
    ck_assert_uint_eq(histogram.total, 10000);
    ck_within_one_percent(measure_histogram_quantile(&histogram, 0.5), 5000e3);
    ck_within_one_percent(measure_histogram_quantile(&histogram, 0.99), 9900e3);
    ck_within_one_percent(measure_histogram_quantile(&histogram, 0.999), 9990e3);
    ck_within_one_percent(measure_histogram_quantile(&histogram, 1), 10000e3);
    ck_assert_uint_eq(histogram.largest_ns, 10000000);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("histogram");
    TCase *tcase = test_case(suite, "histogram", 30);

    tcase_add_checked_fixture(tcase, empty_both, NULL);
    tcase_add_test(tcase, of_nothing_it_says_zero);
    tcase_add_test(tcase, every_time_comes_back_within_one_percent);
    tcase_add_test(tcase, small_times_are_exact);
    tcase_add_test(tcase, too_long_a_time_counts_as_the_longest);
    tcase_add_test(tcase, quantiles_are_those_of_what_was_counted);
    return suite;
}
