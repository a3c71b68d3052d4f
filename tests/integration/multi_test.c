#include "support/each_kind.h"

#include "base/slice.h"
#include "support/scale.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static const unsigned weights[] = {1, 2, 1, 3, 0, 1, 5, 1};

#define MANY SCALED(100000, 10000)

/* Entries whose values tell their keys; every seventh value is empty. */
typedef struct batch {
    size_t     count;
    mc_slice  *keys;
    mc_entry  *entries;
    mc_status *statuses;
    char (*texts)[32];
} batch;

static batch      all;
static mc_results results;

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count + 1, size);

    ck_assert_ptr_nonnull(memory);
    return memory;
}

static void make_batch(size_t count) {
    all = (batch){
        .count = count,
        .keys = allocate(count, sizeof *all.keys),
        .entries = allocate(count, sizeof *all.entries),
        .statuses = allocate(count, sizeof *all.statuses),
        .texts = allocate(count, sizeof *all.texts),
    };
    for (size_t i = 0; i < count; i++) {
        snprintf(all.texts[i], sizeof all.texts[i], "key-%zu", i);
        all.keys[i] = mc_str(all.texts[i]);
        all.entries[i] = (mc_entry){
            .key = all.keys[i], .value = i % 7 == 6 ? mc_str("") : all.keys[i], .flags = (uint32_t)i, .status = MC_PARTIAL};
        all.statuses[i] = MC_PARTIAL;
    }
}

static void init(void) {
    const mc_results none = MC_RESULTS_INIT;

    results = none;
    all = (batch){0};
}

static void clear(void) {
    mc_results_clear(&results);
    free(all.keys);
    free(all.entries);
    free(all.statuses);
    free(all.texts);
}

static bool is_hit(const mc_result *result, const mc_entry *entry, bool with_cas) {
    return result->status == MC_OK && mc__slice_equal(result->value, entry->value) &&
           result->value.data[result->value.len] == '\0' && result->flags == entry->flags && (result->cas > 0) == with_cas;
}

static bool is_miss(const mc_result *result) {
    return result->status == MC_NOT_FOUND && result->value.len == 0 && result->flags == 0 && result->cas == 0;
}

/* Said of failures alone: Check writes every success down, and there are millions. */
static void check_hit(size_t i, const mc_entry *entry, bool with_cas) {
    const mc_result *result = &results.items[i];

    if (!is_hit(result, entry, with_cas))
        ck_abort_msg("%zu: %s, %zu bytes, flags %u", i, mc_status_name(result->status), result->value.len, result->flags);
}

static void check_miss(size_t i) {
    if (!is_miss(&results.items[i]))
        ck_abort_msg("%zu: %s", i, mc_status_name(results.items[i].status));
}

static void check_each(size_t i, mc_status status, mc_status expected) {
    if (status != expected)
        ck_abort_msg("%zu: %s instead of %s", i, mc_status_name(status), mc_status_name(expected));
}

static void set_all(void) {
    check_status(mc_set_multi(mc, all.entries, all.count), MC_OK);
    for (size_t i = 0; i < all.count; i++)
        check_each(i, all.entries[i].status, MC_OK);
}

static void check_all_hit(void) {
    check_status(mc_get_multi(mc, all.keys, all.count, &results), MC_OK);
    ck_assert_uint_eq(results.count, all.count);
    for (size_t i = 0; i < all.count; i++)
        check_hit(i, &all.entries[i], false);
}

/* ------------------------------------------------------------------------------------------------- counts and hosts -- */

/* Every server holds the keys that the client says it does. */
static void check_homes(void) {
    uint64_t homes[CLUSTER_MAX] = {0};

    for (size_t i = 0; i < all.count; i++) {
        size_t home;
        if (mc_client_route(mc, all.keys[i], &home, 1) != 10)
            ck_abort_msg("%zu has no route", i);
        homes[home]++;
    }
    for (size_t host = 0; host < servers->count; host++)
        ck_assert_uint_eq(server_stat(host, "curr_items"), homes[host]);
}

static void go_round(void) {
    set_all();
    check_homes();
    check_all_hit();
    for (size_t i = 0; i < all.count; i += 3)
        check_status(mc_delete(mc, all.keys[i]), MC_OK);
    check_status(mc_gets_multi(mc, all.keys, all.count, &results), MC_OK);
    for (size_t i = 0; i < all.count; i++) {
        if (i % 3 == 0)
            check_miss(i);
        else
            check_hit(i, &all.entries[i], true);
    }
    check_status(mc_delete_multi(mc, all.keys, all.count, all.statuses), MC_OK);
    for (size_t i = 0; i < all.count; i++)
        check_each(i, all.statuses[i], i % 3 == 0 ? MC_NOT_FOUND : MC_OK);
    check_status(mc_delete_multi(mc, all.keys, all.count, NULL), MC_OK);
    for (size_t host = 0; host < servers->count; host++)
        ck_assert_uint_eq(server_stat(host, "curr_items"), 0);
    check_status(mc_get_multi(mc, all.keys, all.count, &results), MC_OK);
    for (size_t i = 0; i < all.count; i++)
        check_miss(i);
}

static const struct {
    size_t hosts, count;
} rounds[] = {{1, 0},    {3, 0},    {1, 1},    {8, 1},    {1, 2},    {3, 2},    {1, 1000}, {2, 1000}, {3, 1000},
              {4, 1000}, {5, 1000}, {6, 1000}, {7, 1000}, {8, 1000}, {1, 1023}, {1, 1024}, {1, 1025}, {1, 2049}};

START_TEST(a_few_keys) {
    start_servers_with(rounds[_i].hosts, weights, NULL);
    make_batch(rounds[_i].count);
    go_round();
}
END_TEST

static const size_t many_hosts[] = {1, 3, 8};

START_TEST(many_keys) {
    mc_options options = MC_OPTIONS_INIT;

    options.timeout_ms = 60000; /* a million bytes each way, also where every one of them is counted */
    start_servers_with(many_hosts[_i], weights, &options);
    make_batch(MANY);
    set_all();
    check_homes();
    check_all_hit();
    check_status(mc_delete_multi(mc, all.keys, all.count, all.statuses), MC_OK);
    for (size_t i = 0; i < all.count; i++)
        check_each(i, all.statuses[i], MC_OK);
}
END_TEST

START_TEST(one_connection_a_host_serves_all) {
    uint64_t before[3];

    start_servers(3);
    for (size_t host = 0; host < 3; host++)
        before[host] = server_stat(host, "total_connections");
    make_batch(5000);
    set_all();
    check_all_hit();
    for (size_t host = 0; host < 3; host++)
        ck_assert_uint_eq(server_stat(host, "total_connections"), before[host] + 1);
}
END_TEST

/* A stride that is prime to the count, so that every key comes once, far from its neighbours. */
START_TEST(answers_are_in_the_callers_order) {
    mc_slice *keys;

    start_servers_with(8, weights, NULL);
    make_batch(1000);
    set_all();
    keys = allocate(1000, sizeof *keys);
    for (size_t i = 0; i < 1000; i++)
        keys[i] = all.keys[i * 617 % 1000];
    check_status(mc_get_multi(mc, keys, 1000, &results), MC_OK);
    for (size_t i = 0; i < 1000; i++)
        check_hit(i, &all.entries[i * 617 % 1000], false);
    free(keys);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------ the same twice --
 */

START_TEST(a_key_that_stands_twice_is_answered_twice) {
    mc_slice  keys[] = {mc_str("a"), mc_str("b"), mc_str("a"), mc_str("none"), mc_str("a"), mc_str("none")};
    mc_entry  entries[] = {{.key = mc_str("a"), .value = mc_str("first")},
                           {.key = mc_str("b"), .value = mc_str("b")},
                           {.key = mc_str("a"), .value = mc_str("last"), .flags = 5}};
    mc_status statuses[6];

    start_servers(2);
    check_status(mc_set_multi(mc, entries, 3), MC_OK);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(entries[i].status, MC_OK);
    check_status(mc_get_multi(mc, keys, 6, &results), MC_OK);
    check_hit(0, &entries[2], false);
    check_hit(1, &entries[1], false);
    check_hit(2, &entries[2], false);
    check_miss(3);
    check_hit(4, &entries[2], false);
    check_miss(5);
    check_status(mc_delete_multi(mc, keys, 6, statuses), MC_OK);
    ck_assert_int_eq(statuses[0], MC_OK);
    ck_assert_int_eq(statuses[1], MC_OK);
    for (int i = 2; i < 6; i++)
        ck_assert_int_eq(statuses[i], MC_NOT_FOUND);
}
END_TEST

START_TEST(one_key_five_thousand_times) {
    start_servers(2);
    make_batch(5000);
    for (size_t i = 0; i < 5000; i++)
        all.keys[i] = all.entries[i].key = mc_str("same");
    set_all();
    check_status(mc_get_multi(mc, all.keys, 5000, &results), MC_OK);
    for (size_t i = 0; i < 5000; i++)
        check_hit(i, &all.entries[4999], false);
}
END_TEST

/* --------------------------------------------------------------------------------------------------- one among a thousand
 * -- */

static const size_t places[] = {0, 1, 500, 998, 999};

static void check_others_hit(size_t odd, mc_status status) {
    check_status(mc_get_multi(mc, all.keys, all.count, &results), status);
    for (size_t i = 0; i < all.count; i++) {
        if (i != odd)
            check_hit(i, &all.entries[i], false);
    }
}

START_TEST(one_bad_key) {
    size_t odd = places[_i];

    start_servers_with(3, weights, NULL);
    make_batch(1000);
    all.keys[odd] = all.entries[odd].key = mc_str("bad key");
    check_status(mc_set_multi(mc, all.entries, 1000), MC_PARTIAL);
    check_detail("bad key");
    for (size_t i = 0; i < 1000; i++)
        check_each(i, all.entries[i].status, i == odd ? MC_BAD_KEY : MC_OK);
    check_others_hit(odd, MC_PARTIAL);
    ck_assert_int_eq(results.items[odd].status, MC_BAD_KEY);
    ck_assert_uint_eq(results.items[odd].value.len, 0);
    check_status(mc_delete_multi(mc, all.keys, 1000, all.statuses), MC_PARTIAL);
    for (size_t i = 0; i < 1000; i++)
        check_each(i, all.statuses[i], i == odd ? MC_BAD_KEY : MC_OK);
}
END_TEST

START_TEST(one_slice_without_data) {
    size_t odd = places[_i];

    start_servers_with(3, weights, NULL);
    make_batch(1000);
    all.entries[odd].value = mc_bytes(NULL, 3);
    check_status(mc_set_multi(mc, all.entries, 1000), MC_PARTIAL);
    for (size_t i = 0; i < 1000; i++)
        check_each(i, all.entries[i].status, i == odd ? MC_BAD_ARGUMENT : MC_OK);
    check_others_hit(odd, MC_OK);
    check_miss(odd);
}
END_TEST

static void set_one_too_large(size_t odd, size_t len) {
    char *large = allocate(len, 1);

    start_servers_with(3, weights, NULL);
    make_batch(1000);
    set_all();
    all.entries[odd].value = mc_bytes(large, len);
    check_status(mc_set_multi(mc, all.entries, 1000), MC_PARTIAL);
    for (size_t i = 0; i < 1000; i++)
        check_each(i, all.entries[i].status, i == odd ? MC_TOO_LARGE : MC_OK);
    check_others_hit(odd, MC_OK);
    free(large);
}

START_TEST(one_value_over_the_limit) {
    size_t odd = places[_i];

    set_one_too_large(odd, 1048577);
    ck_assert_int_eq(results.items[odd].status, MC_OK); /* nothing was sent: the old one is there */
}
END_TEST

START_TEST(one_value_too_large_for_the_server) {
    size_t   odd = places[_i];
    uint64_t connections;

    set_one_too_large(odd, 1048576);
    check_miss(odd);
    connections = server_stat(0, "total_connections");
    check_others_hit(odd, MC_OK);
    ck_assert_uint_eq(server_stat(0, "total_connections"), connections);
}
END_TEST

/* --------------------------------------------------------------------------------------------------------------- memory --
 */

START_TEST(results_are_reused) {
    mc_result *items;

    start_servers(3);
    make_batch(2000);
    set_all();
    check_all_hit();
    items = results.items;
    for (int again = 0; again < 3; again++) {
        for (size_t count = 0; count < 2000; count += 333) {
            check_status(mc_get_multi(mc, all.keys, count, &results), MC_OK);
            ck_assert_uint_eq(results.count, count);
            for (size_t i = 0; i < count; i++)
                check_hit(i, &all.entries[i], false);
        }
        check_all_hit();
    }
    ck_assert_ptr_eq(results.items, items);
    check_status(mc_get_multi(mc, NULL, 1, &results), MC_BAD_ARGUMENT);
    check_all_hit();
}
END_TEST

START_TEST(large_values) {
    const size_t len = 900000;
    const size_t count = SCALED(40, 8);
    char        *bytes = allocate(len, 1);

    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)(i % 253);
    start_servers(2);
    make_batch(count);
    for (size_t i = 0; i < count; i++)
        all.entries[i].value = mc_bytes(bytes + i, len - i);
    set_all();
    check_all_hit();
    for (size_t i = 0; i < count; i += 2)
        all.entries[i].value = mc_bytes(bytes, i);
    set_all();
    check_all_hit();
    free(bytes);
}
END_TEST

START_TEST(every_byte_in_keys_and_values) {
    char     keys[0x80], values[0x80][256];
    mc_entry entries[0x80];
    mc_slice slices[0x80];

    start_servers(3);
    for (size_t i = 0; i < 0x80; i++) {
        keys[i] = (char)(0x80 + i);
        for (size_t at = 0; at < 256; at++)
            values[i][at] = (char)(at + i);
        slices[i] = mc_bytes(&keys[i], 1);
        entries[i] = (mc_entry){.key = slices[i], .value = mc_bytes(values[i], 256)};
    }
    check_status(mc_set_multi(mc, entries, 0x80), MC_OK);
    check_status(mc_get_multi(mc, slices, 0x80, &results), MC_OK);
    for (size_t i = 0; i < 0x80; i++)
        check_hit(i, &entries[i], false);
}
END_TEST

/* Where a size has 32 bits, there may be memory for as many as are not refused unseen. */
#if SIZE_MAX > UINT32_MAX
#define MOST_BY_THE_RULE (SIZE_MAX / 64)
#else
#define MOST_BY_THE_RULE (SIZE_MAX / 64 + 2)
#endif

static const size_t counts_beyond_memory[] = {SIZE_MAX,          SIZE_MAX - 1,    SIZE_MAX / 2, SIZE_MAX / sizeof(mc_result),
                                              SIZE_MAX / 64 + 1, MOST_BY_THE_RULE};

START_TEST(more_keys_than_there_is_memory_for) {
    mc_slice key = mc_str("k");
    mc_entry entry = {.key = key, .value = key, .status = MC_PARTIAL};
    size_t   count = counts_beyond_memory[_i];

    start_servers(1);
    check_status(mc_set(mc, key, key, 0, 0), MC_OK);
    check_status(mc_get_multi(mc, &key, count, &results), MC_NO_MEMORY);
    ck_assert_uint_eq(results.count, 0);
    check_status(mc_gets_multi(mc, &key, count, &results), MC_NO_MEMORY);
    ck_assert_uint_eq(results.count, 0);
    check_status(mc_set_multi(mc, &entry, count), MC_NO_MEMORY);
    ck_assert_int_eq(entry.status, MC_PARTIAL);
    check_status(mc_delete_multi(mc, &key, count, NULL), MC_NO_MEMORY);
    check_value("k", "k");
}
END_TEST

static void add_tests(TCase *tcase) {
    tcase_add_checked_fixture(tcase, init, clear);
    test_rows(tcase, a_few_keys, rounds);
    test_rows(tcase, many_keys, many_hosts);
    tcase_add_test(tcase, one_connection_a_host_serves_all);
    tcase_add_test(tcase, answers_are_in_the_callers_order);
    tcase_add_test(tcase, a_key_that_stands_twice_is_answered_twice);
    tcase_add_test(tcase, one_key_five_thousand_times);
    test_rows(tcase, one_bad_key, places);
    test_rows(tcase, one_slice_without_data, places);
    test_rows(tcase, one_value_over_the_limit, places);
    test_rows(tcase, one_value_too_large_for_the_server, places);
    tcase_add_test(tcase, results_are_reused);
    tcase_add_test(tcase, large_values);
    tcase_add_test(tcase, every_byte_in_keys_and_values);
    test_rows(tcase, more_keys_than_there_is_memory_for, counts_beyond_memory);
}

Suite *test_suite(void) {
    Suite *suite = suite_create("multi");

    each_kind(suite, "multi", 120, add_tests);
    return suite;
}
