/* Batches far beyond what sockets and servers hold: reading goes on while writing, so neither side blocks the other. */

#include "support/each_kind.h"

#include "base/slice.h"
#include "support/scale.h"

#include <stdio.h>
#include <stdlib.h>

#define VALUES SCALED(20000, 2000)
#define VALUE_SIZE ((size_t)10240)
#define KEYS SCALED(1000000, 50000)

static mc_entry *entries;
static mc_slice *keys;
static char (*texts)[16];
static mc_results results;

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count, size);

    ck_assert_ptr_nonnull(memory);
    return memory;
}

static void init(void) {
    const mc_results none = MC_RESULTS_INIT;
    mc_options       options = MC_OPTIONS_INIT;

    results = none;
    texts = allocate((size_t)KEYS, sizeof *texts);
    keys = allocate((size_t)KEYS, sizeof *keys);
    for (size_t i = 0; i < (size_t)KEYS; i++) {
        snprintf(texts[i], sizeof texts[i], "key-%zu", i);
        keys[i] = mc_str(texts[i]);
    }
    entries = allocate((size_t)KEYS, sizeof *entries);
    options.timeout_ms = 100000; /* nothing here is about time */
    start_servers_with(2, NULL, &options);
}

static void clear(void) {
    mc_results_clear(&results);
    free(entries);
    free(keys);
    free(texts);
}

/* Each value begins elsewhere in the same bytes, so that none is like another. */
static mc_slice value_of(const char *bytes, size_t i) {
    return mc_bytes(bytes + i, VALUE_SIZE);
}

/* More than the servers keep: what is gone is a miss, and what is there is whole. */
START_TEST(values_that_are_hundreds_of_megabytes) {
    char  *bytes = allocate((size_t)VALUES + VALUE_SIZE, 1);
    size_t hits = 0;

    for (size_t i = 0; i < (size_t)VALUES + VALUE_SIZE; i++)
        bytes[i] = (char)(i * i >> 7 ^ i);
    for (size_t i = 0; i < (size_t)VALUES; i++)
        entries[i] = (mc_entry){.key = keys[i], .value = value_of(bytes, i), .flags = (uint32_t)i};
    check_status(mc_set_multi(mc, entries, (size_t)VALUES), MC_OK);
    for (size_t i = 0; i < (size_t)VALUES; i++)
        if (entries[i].status != MC_OK)
            ck_abort_msg("%zu: %s", i, mc_status_name(entries[i].status));
    check_status(mc_get_multi(mc, keys, (size_t)VALUES, &results), MC_OK);
    for (size_t i = 0; i < (size_t)VALUES; i++) {
        const mc_result *result = &results.items[i];
        if (result->status == MC_NOT_FOUND)
            continue;
        hits++;
        if (result->status != MC_OK || result->flags != i || !mc__slice_equal(result->value, value_of(bytes, i)))
            ck_abort_msg("%zu: %s", i, mc_status_name(result->status));
    }
    ck_assert_uint_gt(hits, (size_t)VALUES / 10);
    free(bytes);
}
END_TEST

START_TEST(a_million_keys) {
    for (size_t i = 0; i < (size_t)KEYS; i++)
        entries[i] = (mc_entry){.key = keys[i], .value = mc_bytes(texts[i] + 4, 1), .flags = (uint32_t)i};
    check_status(mc_set_multi(mc, entries, (size_t)KEYS / 4), MC_OK);
    check_status(mc_get_multi(mc, keys, (size_t)KEYS, &results), MC_OK);
    ck_assert_uint_eq(results.count, (size_t)KEYS);
    for (size_t i = 0; i < (size_t)KEYS; i++) {
        const mc_result *result = &results.items[i];
        if (result->status != (i < (size_t)KEYS / 4 ? MC_OK : MC_NOT_FOUND))
            ck_abort_msg("%zu: %s", i, mc_status_name(result->status));
        if (result->status == MC_OK && (result->flags != i || result->value.data[0] != texts[i][4]))
            ck_abort_msg("%zu: another key's value", i);
    }
    check_status(mc_delete_multi(mc, keys, (size_t)KEYS, NULL), MC_OK);
}
END_TEST

static void add_tests(TCase *tcase) {
    tcase_add_checked_fixture(tcase, init, clear);
    tcase_add_test(tcase, values_that_are_hundreds_of_megabytes);
    tcase_add_test(tcase, a_million_keys);
}

Suite *test_suite(void) {
    Suite *suite = suite_create("large");

    each_kind(suite, "large", 240, add_tests);
    return suite;
}
