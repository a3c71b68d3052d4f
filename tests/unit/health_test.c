#include "net/health.h"

#include "support/check_main.h"

#include <stdbool.h>

#define START (1000 * MC__MS)
#define RETRY_MS 16000

/* From here on a host that died at START is surely tried again. */
#define RETRY_BY (START + (RETRY_MS + RETRY_MS / 16) * MC__MS)

static mc__health health;

static void init(void) {
    ck_assert_int_eq(mc__health_init(&health), 0);
}

static void destroy(void) {
    mc__health_destroy(&health);
}

static void check_admission(mc__time now, mc__admission admission) {
    ck_assert_int_eq(mc__health_admit(&health, now), admission);
}

static void die_at(mc__time now) {
    ck_assert(mc__health_unreachable(&health, now, RETRY_MS));
}

START_TEST(a_new_host_is_alive) {
    check_admission(0, MC__ADMISSION_USE);
    check_admission(MC__NEVER, MC__ADMISSION_USE);
    ck_assert(!mc__health_answered(&health));
    ck_assert(!mc__health_take_flush(&health));
}
END_TEST

START_TEST(an_unreachable_host_is_left_alone_until_its_time) {
    die_at(START);
    check_admission(START, MC__ADMISSION_SKIP);
    check_admission(START - 1, MC__ADMISSION_SKIP);
    check_admission(START + RETRY_MS * MC__MS - 1, MC__ADMISSION_SKIP);
    check_admission(RETRY_BY, MC__ADMISSION_PROBE);
}
END_TEST

START_TEST(death_is_news_once) {
    ck_assert(mc__health_unreachable(&health, START, RETRY_MS));
    ck_assert(!mc__health_unreachable(&health, START, RETRY_MS));
    ck_assert(mc__health_answered(&health));
    ck_assert(!mc__health_answered(&health));
    ck_assert(mc__health_unreachable(&health, START, RETRY_MS));
}
END_TEST

START_TEST(one_caller_probes_and_the_others_skip) {
    die_at(START);
    check_admission(RETRY_BY, MC__ADMISSION_PROBE);
    for (int i = 0; i < 100; i++)
        check_admission(RETRY_BY + i * RETRY_MS * MC__MS, MC__ADMISSION_SKIP);
}
END_TEST

START_TEST(a_probe_that_is_answered_revives) {
    die_at(START);
    check_admission(RETRY_BY, MC__ADMISSION_PROBE);
    ck_assert(mc__health_answered(&health));
    check_admission(RETRY_BY, MC__ADMISSION_USE);
    check_admission(START, MC__ADMISSION_USE);
}
END_TEST

START_TEST(a_probe_that_fails_starts_another_rest) {
    die_at(START);
    check_admission(RETRY_BY, MC__ADMISSION_PROBE);
    ck_assert(!mc__health_unreachable(&health, RETRY_BY, RETRY_MS));
    check_admission(RETRY_BY + RETRY_MS * MC__MS - 1, MC__ADMISSION_SKIP);
    check_admission(RETRY_BY + (RETRY_BY - START), MC__ADMISSION_PROBE);
}
END_TEST

START_TEST(a_probe_that_times_out_starts_another_rest) {
    die_at(START);
    check_admission(RETRY_BY, MC__ADMISSION_PROBE);
    ck_assert(!mc__health_timed_out(&health, RETRY_BY, RETRY_MS));
    check_admission(RETRY_BY + RETRY_MS * MC__MS - 1, MC__ADMISSION_SKIP);
    check_admission(RETRY_BY + (RETRY_BY - START), MC__ADMISSION_PROBE);
}
END_TEST

START_TEST(a_probe_that_is_given_up_is_anothers) {
    die_at(START);
    check_admission(RETRY_BY, MC__ADMISSION_PROBE);
    mc__health_give_up(&health);
    check_admission(RETRY_BY, MC__ADMISSION_PROBE);
    check_admission(RETRY_BY, MC__ADMISSION_SKIP);
}
END_TEST

START_TEST(a_rest_of_nothing_lets_one_try_at_once) {
    ck_assert(mc__health_unreachable(&health, START, 0));
    check_admission(START, MC__ADMISSION_PROBE);
    check_admission(START, MC__ADMISSION_SKIP);
}
END_TEST

START_TEST(the_longest_rest_does_not_overflow) {
    const int day_ms = 86400000;

    ck_assert(mc__health_unreachable(&health, START, day_ms));
    check_admission(START + day_ms * MC__MS - 1, MC__ADMISSION_SKIP);
    check_admission(START + (day_ms + day_ms / 16) * MC__MS, MC__ADMISSION_PROBE);
}
END_TEST

START_TEST(hosts_that_die_together_come_back_apart) {
    mc__time first = 0;
    bool     differ = false;

    for (int death = 0; death < 16 && !differ; death++) {
        mc__time now = START + death * 7 * MC__MS;
        mc__health_unreachable(&health, now, RETRY_MS);
        ck_assert_int_ge(health.retry_at, now + RETRY_MS * MC__MS);
        ck_assert_int_lt(health.retry_at, now + (RETRY_MS + RETRY_MS / 16) * MC__MS);
        if (death == 0)
            first = health.retry_at - now;
        differ = health.retry_at - now != first;
    }
    ck_assert(differ);
}
END_TEST

START_TEST(three_timeouts_in_a_row_are_death) {
    ck_assert(!mc__health_timed_out(&health, START, RETRY_MS));
    check_admission(START, MC__ADMISSION_USE);
    ck_assert(!mc__health_timed_out(&health, START, RETRY_MS));
    check_admission(START, MC__ADMISSION_USE);
    ck_assert(mc__health_timed_out(&health, START, RETRY_MS));
    check_admission(START, MC__ADMISSION_SKIP);
    check_admission(RETRY_BY, MC__ADMISSION_PROBE);
}
END_TEST

START_TEST(an_answer_between_timeouts_starts_the_count_again) {
    for (int i = 0; i < 10; i++) {
        ck_assert(!mc__health_timed_out(&health, START, RETRY_MS));
        ck_assert(!mc__health_timed_out(&health, START, RETRY_MS));
        ck_assert(!mc__health_answered(&health));
    }
    check_admission(START, MC__ADMISSION_USE);
}
END_TEST

START_TEST(a_host_that_came_back_has_its_three_timeouts_again) {
    for (int i = 0; i < 3; i++)
        mc__health_timed_out(&health, START, RETRY_MS);
    check_admission(RETRY_BY, MC__ADMISSION_PROBE);
    ck_assert(mc__health_answered(&health));
    ck_assert(!mc__health_timed_out(&health, RETRY_BY, RETRY_MS));
    ck_assert(!mc__health_timed_out(&health, RETRY_BY, RETRY_MS));
    check_admission(RETRY_BY, MC__ADMISSION_USE);
}
END_TEST

START_TEST(a_forgotten_death_is_tried_by_all) {
    die_at(START);
    mc__health_forget(&health);
    check_admission(START, MC__ADMISSION_USE);
    check_admission(START, MC__ADMISSION_USE);
    ck_assert(!mc__health_timed_out(&health, START, RETRY_MS));
    ck_assert(!mc__health_timed_out(&health, START, RETRY_MS));
    mc__health_forget(&health);
    ck_assert(!mc__health_timed_out(&health, START, RETRY_MS));
    check_admission(START, MC__ADMISSION_USE);
}
END_TEST

START_TEST(a_flush_is_due_once_after_each_death) {
    die_at(START);
    ck_assert(mc__health_answered(&health));
    ck_assert(mc__health_take_flush(&health));
    ck_assert(!mc__health_take_flush(&health));
    die_at(START);
    mc__health_forget(&health);
    ck_assert(mc__health_take_flush(&health));
    ck_assert(!mc__health_take_flush(&health));
}
END_TEST

START_TEST(a_flush_that_failed_is_due_again) {
    die_at(START);
    ck_assert(mc__health_take_flush(&health));
    mc__health_flush_failed(&health);
    ck_assert(mc__health_take_flush(&health));
    ck_assert(!mc__health_take_flush(&health));
}
END_TEST

#define CALLERS 16

static void *ask_admission(void *probes) {
    if (mc__health_admit(&health, RETRY_BY) == MC__ADMISSION_PROBE)
        atomic_fetch_add((atomic_int *)probes, 1);
    return NULL;
}

START_TEST(of_many_threads_one_probes) {
    pthread_t threads[CALLERS];

    for (int round = 0; round < 50; round++) {
        atomic_int probes = 0;
        mc__health_unreachable(&health, START, RETRY_MS);
        for (int i = 0; i < CALLERS; i++)
            ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_admission, &probes), 0);
        for (int i = 0; i < CALLERS; i++)
            pthread_join(threads[i], NULL);
        ck_assert_int_eq(atomic_load(&probes), 1);
    }
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("health");
    TCase *tcase = test_case(suite, "health", 30);

    tcase_add_checked_fixture(tcase, init, destroy);
    tcase_add_test(tcase, a_new_host_is_alive);
    tcase_add_test(tcase, an_unreachable_host_is_left_alone_until_its_time);
    tcase_add_test(tcase, death_is_news_once);
    tcase_add_test(tcase, one_caller_probes_and_the_others_skip);
    tcase_add_test(tcase, a_probe_that_is_answered_revives);
    tcase_add_test(tcase, a_probe_that_fails_starts_another_rest);
    tcase_add_test(tcase, a_probe_that_times_out_starts_another_rest);
    tcase_add_test(tcase, a_probe_that_is_given_up_is_anothers);
    tcase_add_test(tcase, a_rest_of_nothing_lets_one_try_at_once);
    tcase_add_test(tcase, the_longest_rest_does_not_overflow);
    tcase_add_test(tcase, hosts_that_die_together_come_back_apart);
    tcase_add_test(tcase, three_timeouts_in_a_row_are_death);
    tcase_add_test(tcase, an_answer_between_timeouts_starts_the_count_again);
    tcase_add_test(tcase, a_host_that_came_back_has_its_three_timeouts_again);
    tcase_add_test(tcase, a_forgotten_death_is_tried_by_all);
    tcase_add_test(tcase, a_flush_is_due_once_after_each_death);
    tcase_add_test(tcase, a_flush_that_failed_is_due_again);
    tcase_add_test(tcase, of_many_threads_one_probes);
    return suite;
}
