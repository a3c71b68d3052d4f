#include "support/each_kind.h"

#include "base/number.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#define K mc_str("k")
#define THREADS 16
#define EACH 50

static uint64_t number_of(const mc_value *value) {
    uint64_t number = 0;

    ck_assert_int_eq(mc__number_parse(value->data, value->len, &number), MC__NUMBER_OK);
    return number;
}

static mc_status set_number(mc_value *value, uint64_t number) {
    char text[MC__NUMBER_MAX];

    return mc_value_set(value, mc_bytes(text, mc__number_format(number, text)));
}

static mc_status add_1(const mc_value *current, mc_value *next, void *calls) {
    if (calls)
        atomic_fetch_add((atomic_uint *)calls, 1);
    return set_number(next, current ? number_of(current) + 1 : 1);
}

/* Threads share a client whose deadline is far off. */
static void start_patient(size_t count) {
    mc_options options = MC_OPTIONS_INIT;

    options.timeout_ms = 60000;
    start_servers_with(count, NULL, &options);
}

/* --------------------------------------------------------------------------------------------------------- by one thread --
 */

START_TEST(an_absent_key_is_added) {
    atomic_uint calls = 0;

    start_servers(1);
    check_status(mc_update(mc, K, add_1, &calls, 1000), MC_OK);
    ck_assert_uint_eq(atomic_load(&calls), 1);
    check_value("k", "1");
    ck_assert_int_gt(server_ttl(0, "k"), 900);
}
END_TEST

START_TEST(a_present_key_is_changed) {
    atomic_uint calls = 0;

    start_servers(1);
    check_status(mc_set(mc, K, mc_str("41"), 0, 0), MC_OK);
    check_status(mc_update(mc, K, add_1, &calls, 0), MC_OK);
    ck_assert_uint_eq(atomic_load(&calls), 1);
    check_value("k", "42");
}
END_TEST

static mc_status change_flags(const mc_value *current, mc_value *next, void *expected) {
    uint32_t flags = *(uint32_t *)expected;

    ck_assert_int_eq(current == NULL, flags == 0);
    if (current) {
        ck_assert_uint_eq(current->flags, flags);
        ck_assert_uint_gt(current->cas, 0);
    }
    ck_assert_uint_eq(next->flags, flags);
    ck_assert_uint_eq(next->len, 0);
    next->flags = 9;
    return mc_value_set(next, mc_str("v"));
}

START_TEST(flags_start_as_the_current_ones) {
    mc_value value = MC_VALUE_INIT;
    uint32_t flags = 0;

    start_servers(1);
    check_status(mc_update(mc, K, change_flags, &flags, 0), MC_OK);
    flags = 9;
    check_status(mc_update(mc, K, change_flags, &flags, 0), MC_OK);
    check_status(mc_get(mc, K, &value), MC_OK);
    ck_assert_uint_eq(value.flags, 9);
    mc_value_clear(&value);
}
END_TEST

static mc_status leave_empty(const mc_value *current, mc_value *next, void *arg) {
    (void)current;
    (void)next;
    (void)arg;
    return MC_OK;
}

START_TEST(an_empty_value_may_be_stored) {
    start_servers(1);
    check_status(mc_update(mc, K, leave_empty, NULL, 0), MC_OK);
    check_value("k", "");
    check_status(mc_set(mc, K, mc_str("full"), 0, 0), MC_OK);
    check_status(mc_update(mc, K, leave_empty, NULL, 0), MC_OK);
    check_value("k", "");
}
END_TEST

static const mc_status stops[] = {MC_EXISTS,    MC_NOT_FOUND, MC_NOT_STORED, MC_BAD_ARGUMENT,
                                  MC_NO_MEMORY, MC_TIMEOUT,   MC_BAD_VALUE,  MC_PARTIAL};

static unsigned stop_calls;

static mc_status stop(const mc_value *current, mc_value *next, void *status) {
    (void)current;
    stop_calls++;
    ck_assert_int_eq(mc_value_set(next, mc_str("never stored")), MC_OK);
    return *(const mc_status *)status;
}

START_TEST(fn_stops_with_any_status) {
    mc_status status = stops[_i];

    start_servers(1);
    stop_calls = 0;
    check_status(mc_update(mc, K, stop, &status, 0), status);
    check_value("k", NULL);
    check_status(mc_set(mc, K, mc_str("v"), 0, 0), MC_OK);
    check_status(mc_update(mc, K, stop, &status, 0), status);
    check_value("k", "v");
    ck_assert_uint_eq(stop_calls, 2);
}
END_TEST

/* ---------------------------------------------------------------------------------------------------------- conflicts -- */

/* Another who changes the key, deletes it or adds it while fn computes, the first so many times. */
struct rival {
    enum { SETS, DELETES } way;
    unsigned times, calls;
};

static mc_status be_overtaken(const mc_value *current, mc_value *next, void *arg) {
    struct rival *rival = arg;

    if (rival->calls++ < rival->times) {
        if (rival->way == SETS)
            check_status(mc_set(mc, K, mc_str("100"), 0, 0), MC_OK);
        else
            mc_delete(mc, K);
    }
    return add_1(current, next, NULL);
}

static const struct {
    const char  *start; /* NULL: absent */
    struct rival rival;
    const char  *end;
    unsigned     calls;
} conflicts[] = {
    {"1", {SETS, 1, 0}, "101", 2},  {"1", {SETS, 5, 0}, "101", 6},   {NULL, {SETS, 1, 0}, "101", 2},
    {"1", {DELETES, 1, 0}, "1", 2}, {NULL, {DELETES, 3, 0}, "1", 1},
};

START_TEST(a_conflict_is_tried_again) {
    struct rival rival = conflicts[_i].rival;

    start_patient(1);
    if (conflicts[_i].start)
        check_status(mc_set(mc, K, mc_str(conflicts[_i].start), 0, 0), MC_OK);
    check_status(mc_update(mc, K, be_overtaken, &rival, 0), MC_OK);
    check_value("k", conflicts[_i].end);
    ck_assert_uint_eq(rival.calls, conflicts[_i].calls);
}
END_TEST

START_TEST(the_deadline_ends_conflicts) {
    struct rival rival;
    mc_view      view = MC_VIEW_INIT;
    mc_status    status;

    start_patient(1);
    view.timeout_ms = 100;
    /* On a machine that is held up the deadline may come while a request is on its way, or before there is a second. */
    for (int tries = 0; tries < 4; tries++, view.timeout_ms *= 4) {
        mc_client *hasty = mc_client_view(mc, &view);

        rival = (struct rival){.way = SETS, .times = UINT32_MAX};
        status = mc_update(hasty, K, be_overtaken, &rival, 0);
        mc_client_free(hasty);
        if (status == MC_EXISTS && rival.calls > 1)
            break;
        ck_assert(status == MC_EXISTS || status == MC_TIMEOUT || status == MC_UNREACHABLE);
        mc_client_forget_dead(mc);
    }
    check_status(status, MC_EXISTS);
    check_detail("deadline");
    ck_assert_uint_gt(rival.calls, 1);
    check_value("k", "100");
}
END_TEST

/* ---------------------------------------------------------------------------------------------------- by many threads -- */

static atomic_uint failures;

static void *update_often(void *calls) {
    for (int i = 0; i < EACH; i++)
        if (mc_update(mc, K, add_1, calls, 0) != MC_OK)
            atomic_fetch_add(&failures, 1);
    return NULL;
}

START_TEST(no_increment_is_lost) {
    pthread_t   threads[THREADS];
    atomic_uint calls = 0;
    char        sum[16];

    start_patient(1);
    atomic_store(&failures, 0);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, update_often, &calls), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(atomic_load(&failures), 0);
    snprintf(sum, sizeof sum, "%d", THREADS * EACH);
    check_value("k", sum);
    ck_assert_uint_ge(atomic_load(&calls), THREADS * EACH);
}
END_TEST

static void *incr_often(void *unused) {
    for (int i = 0; i < EACH * 10; i++)
        if (mc_incr(mc, K, 1, NULL) != MC_OK)
            atomic_fetch_add(&failures, 1);
    return unused;
}

START_TEST(no_incr_is_lost_or_doubled) {
    pthread_t threads[THREADS];
    char      sum[16];

    start_patient(1);
    atomic_store(&failures, 0);
    check_status(mc_set(mc, K, mc_str("0"), 0, 0), MC_OK);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, incr_often, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(atomic_load(&failures), 0);
    snprintf(sum, sizeof sum, "%d", THREADS * EACH * 10);
    check_value("k", sum);
}
END_TEST

static void add_tests(TCase *tcase) {
    tcase_add_test(tcase, an_absent_key_is_added);
    tcase_add_test(tcase, a_present_key_is_changed);
    tcase_add_test(tcase, flags_start_as_the_current_ones);
    tcase_add_test(tcase, an_empty_value_may_be_stored);
    test_rows(tcase, fn_stops_with_any_status, stops);
    test_rows(tcase, a_conflict_is_tried_again, conflicts);
    tcase_add_test(tcase, the_deadline_ends_conflicts);
    tcase_add_test(tcase, no_increment_is_lost);
    tcase_add_test(tcase, no_incr_is_lost_or_doubled);
}

Suite *test_suite(void) {
    Suite *suite = suite_create("update");

    each_kind(suite, "update", 120, add_tests);
    return suite;
}
