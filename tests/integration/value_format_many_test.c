/* Values in MC_FORMAT_PYTHON: many at once, read, computed and stored again, and without memory. */
#include "support/allocation_failure.h"
#include "support/check_main.h"
#include "support/format_bench.h"
#include "support/realloc_failure.h"

#include <stdio.h>

START_TEST(typed_entries_of_a_multi) {
    format_bench self = format_bench_begin(_i, 2);
    char         room[2][MC_INT_SIZE];
    mc_entry     entries[] = {mc_entry_int(mc_str("i"), INT64_MIN, 0, room[0]), mc_entry_int(mc_str("j"), 42, 60, room[1]),
                              mc_entry_text(mc_str("t"), mc_str("\xc3\xbc"), 0), mc_entry_int(mc_str("n"), 1, 0, NULL)};
    mc_slice     keys[] = {mc_str("i"), mc_str("j"), mc_str("t"), mc_str("n")};
    mc_results   results = MC_RESULTS_INIT;
    int64_t      number = 0;

    expect_status(mc_set_multi(self.python, entries, 4), MC_PARTIAL);
    expect_status(entries[3].status, MC_BAD_ARGUMENT);
    expect_status(mc_get_multi(self.python, keys, 4, &results), MC_OK);
    expect_status(mc_result_int(&results.items[0], &number), MC_OK);
    ck_assert_int_eq(number, INT64_MIN);
    expect_status(mc_result_int(&results.items[1], &number), MC_OK);
    ck_assert_int_eq(number, 42);
    ck_assert_int_eq(mc_result_kind(&results.items[1]), MC_KIND_INTEGER);
    ck_assert_int_eq(mc_result_kind(&results.items[2]), MC_KIND_TEXT);
    expect_status(mc_result_int(&results.items[2], &number), MC_BAD_VALUE);
    expect_status(results.items[3].status, MC_NOT_FOUND);
    mc_results_clear(&results);
    format_bench_end(&self);
}
END_TEST

/* ----------------------------------------------------------------------------------------------------------- many at once
 */

#define MANY 300

/* Values of every sort: short, long, of noise, integers, too large. */
typedef struct collection {
    mc_entry entries[MANY];
    mc_slice keys[MANY];
    char     names[MANY][16];
    bool     deflated[MANY];
} collection;

static void collect(collection *all) {
    for (size_t i = 0; i < MANY; i++) {
        static const size_t lens[] = {ABOVE, ABOVE + 1, 2000, 0, LIMIT + 1};
        size_t              len = lens[i % 5];
        bool                noise = i % 7 == 0, integer = i % 11 == 0;
        snprintf(all->names[i], sizeof all->names[i], "many%zu", i);
        all->keys[i] = mc_str(all->names[i]);
        all->entries[i] = (mc_entry){.key = all->keys[i], .flags = integer ? MC_FLAG_INTEGER : MC_FLAG_TEXT};
        all->entries[i].value = noise ? make_noise(len, (unsigned)i) : make_text(len, (unsigned)i);
        all->deflated[i] = len > ABOVE && len <= LIMIT && !noise && !integer;
    }
}

static void check_collection(format_bench *self, const collection *all) {
    mc_results results = MC_RESULTS_INIT;

    expect_status(mc_get_multi(self->python, all->keys, MANY, &results), MC_OK);
    for (size_t i = 0; i < MANY; i++) {
        const mc_entry *entry = &all->entries[i];
        if (entry->value.len > LIMIT) {
            expect_status(entry->status, MC_TOO_LARGE);
            expect_status(results.items[i].status, MC_NOT_FOUND);
            continue;
        }
        expect_status(entry->status, MC_OK);
        expect_status(results.items[i].status, MC_OK);
        ck_assert_uint_eq(results.items[i].flags, entry->flags);
        ck_assert_uint_eq(results.items[i].value.len, entry->value.len);
        ck_assert_mem_eq(results.items[i].value.data, entry->value.data, entry->value.len);
        expect_stored(self, entry->key, entry->value, entry->flags, all->deflated[i]);
    }
    mc_results_clear(&results);
}

START_TEST(a_set_of_many_leaves_the_callers_entries_alone) {
    format_bench self = format_bench_begin(_i, 3);
    collection   all;
    mc_entry     before[MANY];

    collect(&all);
    memcpy(before, all.entries, sizeof before);
    expect_status(mc_set_multi(self.python, all.entries, MANY), MC_PARTIAL);
    for (size_t i = 0; i < MANY; i++) {
        ck_assert_ptr_eq(all.entries[i].key.data, before[i].key.data);
        ck_assert_ptr_eq(all.entries[i].value.data, before[i].value.data);
        ck_assert_uint_eq(all.entries[i].value.len, before[i].value.len);
        ck_assert_uint_eq(all.entries[i].flags, before[i].flags);
    }
    check_collection(&self, &all);
    for (size_t i = 0; i < MANY; i++)
        drop_bytes(all.entries[i].value);
    format_bench_end(&self);
}
END_TEST

/* What a dead host was to have goes, deflated once, to where fail-over sends it. */
START_TEST(deflated_values_of_a_dead_host_go_elsewhere) {
    format_bench self = format_bench_begin(_i, 3);
    collection   all;

    collect(&all);
    cluster_kill(self.servers, 1);
    expect_status(mc_set_multi(self.python, all.entries, MANY), MC_PARTIAL);
    check_collection(&self, &all);
    for (size_t i = 0; i < MANY; i++)
        drop_bytes(all.entries[i].value);
    format_bench_end(&self);
}
END_TEST

/* ----------------------------------------------------------------------------------------------------------------- update
 */

typedef struct change {
    mc_slice      expected; /* what is there */
    mc_slice      next;
    int           calls;
    format_bench *meddler; /* changes the value behind the first call; NULL: nobody does */
} change;

static mc_status change_value(const mc_value *current, mc_value *next, void *arg) {
    change *self = arg;

    ck_assert_ptr_nonnull(current);
    expect_value(current, self->expected, MC_FLAG_TEXT);
    ck_assert_uint_eq(next->flags, MC_FLAG_TEXT);
    if (self->calls++ == 0 && self->meddler) {
        expect_status(mc_set_text(self->meddler->python, KEY, self->next, 0), MC_OK);
        self->expected = self->next;
    }
    return mc_value_set(next, self->next);
}

START_TEST(an_update_sees_and_makes_plain_values) {
    format_bench self = format_bench_begin(_i, 1);
    mc_slice     first = make_text(4000, 12), second = make_text(6000, 13);
    change       alone = {.expected = first, .next = second};
    change       disturbed = {.expected = first, .next = second, .meddler = &self};

    expect_status(mc_set_text(self.python, KEY, first, 0), MC_OK);
    expect_status(mc_update(self.python, KEY, change_value, &alone, 0), MC_OK);
    ck_assert_int_eq(alone.calls, 1);
    expect_stored(&self, KEY, second, MC_FLAG_TEXT, true);
    expect_status(mc_set_text(self.python, KEY, first, 0), MC_OK);
    expect_status(mc_update(self.python, KEY, change_value, &disturbed, 0), MC_OK);
    ck_assert_int_eq(disturbed.calls, 2);
    expect_stored(&self, KEY, second, MC_FLAG_TEXT, true);
    drop_bytes(first);
    drop_bytes(second);
    format_bench_end(&self);
}
END_TEST

START_TEST(an_update_stops_at_a_value_that_does_not_inflate) {
    format_bench self = format_bench_begin(_i, 1);
    change       never = {.next = mc_str("x")};

    expect_status(mc_set(self.raw, KEY, mc_str("no stream"), MC_FLAG_ZLIB, 0), MC_OK);
    expect_status(mc_update(self.python, KEY, change_value, &never, 0), MC_BAD_VALUE);
    ck_assert_int_eq(never.calls, 0);
    format_bench_end(&self);
}
END_TEST

/* ----------------------------------------------------------------------------------------------------------------- memory
 */

static bool is_outcome_of_no_memory(mc_status status) {
    return status == MC_OK || status == MC_NO_MEMORY;
}

/* One go at everything, and what came of it. Nothing is asserted meanwhile: Check's own allocations are not to fail. */
typedef struct attempt {
    mc_status  set, get, set_multi, get_multi;
    mc_entry   entries[2];
    mc_results results;
} attempt;

static attempt attempt_all(format_bench *self, mc_slice text) {
    attempt  all = {.entries = {mc_entry_text(KEY, text, 0), mc_entry_text(mc_str("other"), text, 0)}};
    mc_slice keys[] = {KEY, mc_str("other")};

    all.set = mc_set_text(self->python, KEY, text, 0);
    all.get = mc_get(self->python, KEY, &self->value);
    all.set_multi = mc_set_multi(self->python, all.entries, 2);
    all.get_multi = mc_get_multi(self->python, keys, 2, &all.results);
    return all;
}

static void expect_text_or_no_memory(mc_status status, mc_slice value, mc_slice text) {
    ck_assert_msg(is_outcome_of_no_memory(status), "%s", mc_error_detail());
    ck_assert_uint_eq(value.len, status == MC_OK ? text.len : 0);
    ck_assert(status != MC_OK || memcmp(value.data, text.data, text.len) == 0);
}

/* What is answered is right, or it is no memory. */
static void check_attempt(format_bench *self, attempt *all, mc_slice text) {
    ck_assert_msg(is_outcome_of_no_memory(all->set), "%s", mc_error_detail());
    expect_text_or_no_memory(all->get, mc_bytes(self->value.data, self->value.len), text);
    ck_assert(is_outcome_of_no_memory(all->set_multi) || all->set_multi == MC_PARTIAL);
    ck_assert(is_outcome_of_no_memory(all->get_multi) || all->get_multi == MC_PARTIAL);
    for (size_t i = 0; i < 2 && all->set_multi != MC_NO_MEMORY; i++)
        ck_assert(is_outcome_of_no_memory(all->entries[i].status));
    for (size_t i = 0; i < all->results.count; i++)
        expect_text_or_no_memory(all->results.items[i].status, all->results.items[i].value, text);
    mc_results_clear(&all->results);
    mc_value_clear(&self->value);
}

/* In this test the server is another process, so that every allocation that fails is the library's. */
START_TEST(any_allocation_may_fail) {
    format_bench self = format_bench_begin(SERVER_MEMCACHED, 1);
    mc_slice     text = make_text(20000, 14);
    bool         failed = true;
    size_t       growths = 1, nth = 1;
    attempt      all;

    expect_status(mc_set_text(self.python, KEY, text, 0), MC_OK); /* a first connection, and both keys there */
    expect_status(mc_set_text(self.python, mc_str("other"), text, 0), MC_OK);
    for (; failed; nth++) {
        allocation_failure_at(nth);
        all = attempt_all(&self, text);
        failed = allocation_failure_end();
        check_attempt(&self, &all, text);
    }
    ck_assert_uint_gt(nth, 20);
    for (nth = 1; nth <= growths; nth++) {
        realloc_failure_at(nth);
        all = attempt_all(&self, text);
        if (nth == 1 || realloc_failure_calls() > growths)
            growths = realloc_failure_calls();
        realloc_failure_at(0);
        check_attempt(&self, &all, text);
    }
    ck_assert_uint_gt(nth, 5);
    expect_stored(&self, KEY, text, MC_FLAG_TEXT, true);
    drop_bytes(text);
    format_bench_end(&self);
}
END_TEST

static void on_each_kind(TCase *tcase, const TTest *test) {
    tcase_add_loop_test(tcase, test, 0, SERVER_KINDS);
}

Suite *test_suite(void) {
    Suite *suite = suite_create("value_format_many");
    TCase *many = test_case(suite, "many", 60), *memory = test_case(suite, "memory", 60);

    on_each_kind(many, typed_entries_of_a_multi);
    on_each_kind(many, a_set_of_many_leaves_the_callers_entries_alone);
    on_each_kind(many, deflated_values_of_a_dead_host_go_elsewhere);
    on_each_kind(many, an_update_sees_and_makes_plain_values);
    on_each_kind(many, an_update_stops_at_a_value_that_does_not_inflate);
    tcase_add_test(memory, any_allocation_may_fail);
    return suite;
}
