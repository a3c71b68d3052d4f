/*
 * Many sets and deletes by quiet meta commands, held against the classic way: the same statuses, key by key, and the same in
 * the server afterwards. A few at a time go the classic way, many at once the quiet one.
 */
#include "support/each_kind.h"
#include "support/homes.h"

#include "base/slice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLENTY_MS 60000 /* also for a server to say that it understands */

#define FEW 10 /* go the classic way */
#define MAX_ENTRIES 300

/* memcached's default limit for an item, and what of it keys and values have. */
#define LARGEST 1048000
#define TOO_LARGE 1048560 /* for the server; the library lets it go */
#define FAR_TOO_LARGE 1048577

static char      *big;
static mc_entry   entries[MAX_ENTRIES];
static mc_slice   keys[MAX_ENTRIES];
static mc_status  statuses[MAX_ENTRIES], classic[MAX_ENTRIES];
static mc_results results[2];
static mc_client *views[2]; /* of the classic way, and of the quiet one */
static char       texts[MAX_ENTRIES][32];

static void set_up_views(void) {
    mc_view view = MC_VIEW_INIT;

    big = malloc(FAR_TOO_LARGE);
    ck_assert_ptr_nonnull(big);
    memset(big, 'b', FAR_TOO_LARGE);
    view.key_prefix = "c:";
    views[0] = mc_client_view(mc, &view);
    view.key_prefix = "q:";
    views[1] = mc_client_view(mc, &view);
    ck_assert(views[0] && views[1]);
    results[0] = results[1] = (mc_results)MC_RESULTS_INIT;
}

static void end_views(void) {
    for (size_t i = 0; i < 2; i++) {
        mc_results_clear(&results[i]);
        mc_client_free(views[i]);
    }
    free(big);
}

/* ------------------------------------------------------------------------------------------- all that a set can come to --
 */

static char long_key[249];

/* What is between them is stored. */
static const struct {
    mc_slice  key;
    size_t    len;
    uint32_t  flags;
    int64_t   ttl_s;
    mc_status status;
} rows[] = {
    {{"plain", 5}, 5, 0, 0, MC_OK},
    {{"empty", 5}, 0, 0, 0, MC_OK},
    {{"flags", 5}, 1, UINT32_MAX, 0, MC_OK},
    {{"one flag", 8}, 1, 1, 0, MC_BAD_KEY},
    {{"ttl", 3}, 1, 0, 1000, MC_OK},
    {{"month", 5}, 1, 7, 2592000, MC_OK},
    {{"year", 4}, 1, 0, 31536000, MC_OK},
    {{"ever", 4}, 1, 0, INT64_MAX, MC_OK},
    {{"gone", 4}, 1, 0, -1, MC_OK},
    {{"long gone", 9}, 1, 0, INT64_MIN, MC_BAD_KEY},
    {{"", 0}, 1, 0, 0, MC_BAD_KEY},
    {{"\x80\xff", 2}, 3, 0, 0, MC_OK},
    {{"line\r\nend", 9}, 3, 0, 0, MC_BAD_KEY},
    {{long_key, 248}, 3, 0, 0, MC_OK},
    {{long_key, 249}, 3, 0, 0, MC_BAD_KEY},
    {{"twice", 5}, 10, 1, 0, MC_OK},
    {{"twice", 5}, 20, 2, 0, MC_OK},
    {{"borrowed", 8}, 40000, 0, 0, MC_OK},
    {{"largest", 7}, LARGEST, 0, 0, MC_OK},
    {{"large", 5}, 3, 0, 0, MC_OK}, /* stored, and gone with the one below */
    {{"large", 5}, TOO_LARGE, 0, 0, MC_TOO_LARGE},
    {{"larger", 6}, FAR_TOO_LARGE, 0, 0, MC_TOO_LARGE},
    {{"behind", 6}, 3, 0, 0, MC_OK},
    {{"twice", 5}, 30, 3, 0, MC_OK},
};

/* Entry i is row i of the table; then come small ones, up to count. without: rows that the server refuses are left out. */
static size_t fill(size_t count, bool without) {
    size_t used = 0;

    memset(long_key, 'k', sizeof long_key);
    for (size_t i = 0; i < ROWS(rows); i++) {
        if (without && rows[i].len == TOO_LARGE)
            continue;
        entries[used] = (mc_entry){.key = rows[i].key,
                                   .value = mc_bytes(big, rows[i].len),
                                   .flags = rows[i].flags,
                                   .ttl_s = rows[i].ttl_s,
                                   .status = MC_PARTIAL};
        classic[used] = rows[i].status;
        used++;
    }
    for (; used < count; used++) {
        snprintf(texts[used], sizeof texts[used], "key-%zu", used);
        entries[used] = (mc_entry){.key = mc_str(texts[used]), .value = mc_str(texts[used]), .status = MC_PARTIAL};
        classic[used] = MC_OK;
    }
    for (size_t i = 0; i < used; i++)
        keys[i] = entries[i].key;
    return used;
}

static void set_few_at_a_time(mc_client *client, size_t count) {
    for (size_t at = 0; at < count; at += FEW)
        mc_set_multi(client, entries + at, count - at < FEW ? count - at : FEW);
}

static void check_same_content(size_t count) {
    mc_get_multi(views[0], keys, count, &results[0]);
    mc_get_multi(views[1], keys, count, &results[1]);
    for (size_t i = 0; i < count; i++) {
        const mc_result *a = &results[0].items[i], *b = &results[1].items[i];
        long long        ttl_s[2] = {0};

        ck_assert_int_eq(a->status, b->status);
        ck_assert(mc__slice_equal(a->value, b->value) && a->flags == b->flags);
        for (size_t v = 0; a->status == MC_OK && v < 2 && servers->count == 1; v++) {
            char key[MC_KEY_MAX + 1];
            snprintf(key, sizeof key, "%s%.*s", v == 0 ? "c:" : "q:", (int)keys[i].len, keys[i].data);
            ttl_s[v] = server_ttl(0, key);
        }
        ck_assert_int_le(llabs(ttl_s[0] - ttl_s[1]), 2);
    }
}

/* The bytes that the first server has answered with since the last time, but for statistics. */
static uint64_t bytes_answered(void) {
    static uint64_t last;
    uint64_t        before = server_stat(0, "bytes_written");
    uint64_t        now = server_stat(0, "bytes_written");
    uint64_t        since = before - last;

    last = now;
    return since > now - before ? since - (now - before) : 0;
}

static void check_sets(size_t count, bool without) {
    uint64_t bytes;

    count = fill(count, without);
    bytes_answered();
    set_few_at_a_time(views[0], count);
    bytes = bytes_answered();
    for (size_t i = 0; i < count; i++) {
        ck_assert_msg(entries[i].status == classic[i], "%zu: %s", i, mc_status_name(entries[i].status));
        entries[i].status = MC_PARTIAL;
    }
    check_status(mc_set_multi(views[1], entries, count), MC_PARTIAL);
    ck_assert_uint_lt(bytes_answered(), without ? bytes / 2 : bytes + bytes / 2);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(entries[i].status == classic[i], "%zu: %s", i, mc_status_name(entries[i].status));
    check_same_content(count);
}

static void start(size_t count) {
    start_servers(count);
    set_up_views();
}

START_TEST(sets_that_the_server_takes) {
    start(1);
    check_sets(100, true);
    end_views();
}
END_TEST

START_TEST(sets_of_which_the_server_refuses_one) {
    uint64_t connections;

    start(1);
    check_sets(100, false);
    connections = server_stat(0, "total_connections");
    check_sets(MAX_ENTRIES, false); /* the connection is in step, and was not given up */
    ck_assert_uint_eq(server_stat(0, "total_connections"), connections);
    end_views();
}
END_TEST

START_TEST(sets_on_many_servers) {
    start(3);
    check_sets(MAX_ENTRIES, false);
    end_views();
}
END_TEST

static void fill_small(size_t count, const char *value) {
    for (size_t i = 0; i < count; i++) {
        snprintf(texts[i], sizeof texts[i], "small-%zu", i);
        entries[i] = (mc_entry){.key = mc_str(texts[i]), .value = mc_str(value), .status = MC_PARTIAL};
        keys[i] = entries[i].key;
    }
}

/* ------------------------------------------------------------------------------------------------------------- deletes --
 */

static void check_deletes(mc_client *client, size_t at_once, size_t count) {
    for (size_t i = 0; i < count; i++)
        statuses[i] = MC_PARTIAL;
    for (size_t at = 0; at < count; at += at_once)
        mc_delete_multi(client, keys + at, count - at < at_once ? count - at : at_once, statuses + at);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(statuses[i] == classic[i], "%zu: %s", i, mc_status_name(statuses[i]));
}

/* Hits, misses, keys that may not be, and keys that are there twice. */
START_TEST(deletes) {
    size_t count = 0;

    start(_i == 0 ? 1 : 3);
    fill_small(200, "v");
    for (size_t i = 0; i < 200; i++) {
        bool stored = i % 3 != 0;

        for (size_t v = 0; v < 2 && stored; v++)
            check_status(mc_set(views[v], entries[i].key, mc_str("v"), 0, 0), MC_OK);
        for (size_t t = 0; t < (i % 10 == 9 ? 2 : 1); t++) {
            keys[count] = entries[i].key;
            classic[count++] = stored && t == 0 ? MC_OK : MC_NOT_FOUND;
        }
        if (i % 50 == 0) {
            keys[count] = mc_str("no key");
            classic[count++] = MC_BAD_KEY;
        }
    }
    check_deletes(views[0], FEW, count);
    check_deletes(views[1], count, count);
    check_same_content(count);
    for (size_t i = 0; i < count; i++)
        classic[i] = classic[i] == MC_OK ? MC_NOT_FOUND : classic[i];
    check_deletes(views[1], count, count);
    check_status(mc_delete_multi(views[1], keys, count, NULL), MC_PARTIAL);
    end_views();
}
END_TEST

/* ------------------------------------------------------------------------------------------- what the server is asked -- */

static void check_stored(mc_client *client, size_t count) {
    mc_results got = MC_RESULTS_INIT;

    check_status(mc_get_multi(client, keys, count, &got), MC_OK);
    for (size_t i = 0; i < count; i++)
        ck_assert(got.items[i].status == MC_OK && mc__slice_equal(got.items[i].value, entries[i].value));
    mc_results_clear(&got);
}

/* Once a connection, in front of its first writes; single commands never ask. */
START_TEST(a_connection_is_asked_once) {
    bool counts_meta; /* memcached counts only some of its meta commands */

    start_servers(1);
    counts_meta = servers->kind == SERVER_BUNDLED;
    check_status(mc_set(mc, mc_str("k"), mc_str("v"), 0, 0), MC_OK);
    ck_assert_uint_eq(server_stat(0, "cmd_meta"), 0);
    fill_small(100, "v");
    check_status(mc_set_multi(mc, entries, 100), MC_OK);
    ck_assert_uint_eq(server_stat(0, "cmd_meta"), counts_meta ? 3 + 100 + 1 : 0);
    check_status(mc_delete_multi(mc, keys, 100, statuses), MC_OK);
    ck_assert_uint_eq(server_stat(0, "cmd_meta"), counts_meta ? 3 + 100 + 1 + 100 + 1 : 0);
    ck_assert_uint_eq(server_stat(0, "cmd_set"), 1 + 100); /* the question has set nothing */
    ck_assert_uint_eq(server_stat(0, "delete_misses"), 0);
}
END_TEST

/* ------------------------------------------------------------------------------------------ servers that know no meta -- */

static void take_stat(const char *host, mc_status status, mc_slice name, mc_slice value, void *arg) {
    (void)host, (void)status;
    if (mc__slice_equal(name, mc_str("cmd_meta")))
        *(long *)arg = strtol(value.data, NULL, 10);
}

static long meta_commands(mc_client *client) {
    long count = -1;

    check_status(mc_stats(client, mc_str(""), take_stat, &count), MC_OK);
    return count;
}

/* A server that came back as another is asked again, whichever it was before. */
START_TEST(a_server_is_replaced) {
    cluster   *one = cluster_start(SERVER_BUNDLED, 1);
    mc_client *client = client_of(one->hosts, MC_FAILOVER_REHASH, PLENTY_MS);

    for (int round = 0; round < 4; round++) {
        for (int again = 0; again < 3; again++) {
            fill_small(50, again == 1 ? "1" : "2");
            check_status(mc_set_multi(client, entries, 50), MC_OK);
            check_stored(client, 50);
            check_status(mc_delete_multi(client, keys, 50, NULL), MC_OK);
        }
        ck_assert_int_eq(meta_commands(client), round % 2 == 1 ? 0 : 3 + 3 * (50 + 1 + 50 + 1));
        one->kind = round % 2 == 1 ? SERVER_BUNDLED : SERVER_CLASSIC;
        cluster_restart(one, 0);
    }
    mc_client_free(client);
    cluster_stop(one);
}
END_TEST

static size_t told;

static void count_told(void *arg, const char *message) {
    (void)arg;
    told += strstr(message, "does not understand quiet meta commands") != NULL;
}

START_TEST(a_cluster_of_both) {
    cluster    *quiet = cluster_start(SERVER_BUNDLED, 2), *plain = cluster_start(SERVER_CLASSIC, 2);
    const char *hosts[] = {quiet->hosts[0], plain->hosts[0], quiet->hosts[1], plain->hosts[1], NULL};
    mc_options  options = MC_OPTIONS_INIT;
    mc_client  *client;

    told = 0;
    options.log = count_told;
    options.timeout_ms = options.connect_timeout_ms = PLENTY_MS;
    client = mc_client_new_with_options(hosts, NULL, &options);
    for (int round = 0; round < 5; round++) {
        fill_small(MAX_ENTRIES, round % 2 == 0 ? "even" : "odd");
        check_status(mc_set_multi(client, entries, MAX_ENTRIES), MC_OK);
        check_stored(client, MAX_ENTRIES);
        mc_delete(client, keys[5]);
        check_status(mc_delete_multi(client, keys, MAX_ENTRIES, statuses), MC_OK);
        for (size_t i = 0; i < MAX_ENTRIES; i++)
            check_status(statuses[i], i == 5 ? MC_NOT_FOUND : MC_OK);
    }
    ck_assert_uint_eq(told, 2);
    mc_client_free(client);
    cluster_stop(quiet);
    cluster_stop(plain);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------------ the suite --
 */

static void add_tests(TCase *tcase) {
    tcase_add_test(tcase, sets_that_the_server_takes);
    tcase_add_test(tcase, sets_of_which_the_server_refuses_one);
    tcase_add_test(tcase, sets_on_many_servers);
    tcase_add_loop_test(tcase, deletes, 0, 2);
    tcase_add_test(tcase, a_connection_is_asked_once);
}

Suite *test_suite(void) {
    Suite *suite = suite_create("quiet writes");
    TCase *tcase;

    each_kind(suite, "both ways", 60, add_tests);
    tcase = test_case(suite, "servers that know no meta", 30);
    tcase_add_test(tcase, a_server_is_replaced);
    tcase_add_test(tcase, a_cluster_of_both);
    return suite;
}
