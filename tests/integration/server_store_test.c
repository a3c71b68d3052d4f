/* What the server keeps, for how long and within how much memory; the clock is the test's. */
#include "server/session.h"
#include "support/check_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MEGABYTE ((size_t)1 << 20)

static mc_server   *server;
static mcs__worker *worker;
static mcs__session session;

static void start_with(size_t memory_limit, bool no_evictions) {
    mc_server_options options = MC_SERVER_OPTIONS_INIT;

    options.threads = 1;
    options.memory_limit = memory_limit;
    options.no_evictions = no_evictions;
    server = mcs__server_new(&options);
    ck_assert_ptr_nonnull(server);
    worker = &server->workers[0];
    worker->now = 1000000000;
    mcs__session_init(&session, worker);
}

static void start(void) {
    start_with(8 * MEGABYTE, false);
}

static void stop(void) {
    mcs__session_free(&session);
    mc_server_stop(server);
}

/* Gives bytes to the session and returns what it answers, in memory that is reused. */
static mc_slice ask_bytes(const char *bytes, size_t len) {
    static char answer[4 << 20];
    size_t      answer_len = 0;

    while (len > 0) {
        size_t room;
        char  *at = mcs__session_room(&session, &room);
        size_t part = len < room ? len : room;

        ck_assert_ptr_nonnull(at);
        memcpy(at, bytes, part);
        mcs__session_received(&session, part);
        bytes += part;
        len -= part;
        while (mcs__session_run(&session) == MCS__WISH_OUTPUT || session.output.pending > 0) {
            mcs__segment *segment = &session.output.segments[session.output.first];
            const char   *from = segment->item ? segment->at : mc__buffer_readable(&session.output.text).data;

            ck_assert_uint_lt(session.output.pending, MCS__OUTPUT_HIGH + 2 * MEGABYTE);
            ck_assert_uint_lt(answer_len + segment->len, sizeof answer);
            memcpy(answer + answer_len, from, segment->len);
            answer_len += segment->len;
            mcs__output_consume(&session.output, worker->store, segment->len);
        }
    }
    answer[answer_len] = '\0';
    return mc_bytes(answer, answer_len);
}

static void expect(const char *text, const char *answer) {
    mc_slice got = ask_bytes(text, strlen(text));

    ck_assert_msg(strcmp(got.data, answer) == 0, "sent \"%.300s\"\n  expected \"%.500s\"\n  got      \"%.500s\"", text,
                  answer, got.data);
}

static void store(const char *key, size_t len) {
    static char command[2 << 20];
    int         line = snprintf(command, 300, "set %s 0 0 %zu\r\n", key, len);

    memset(command + line, 'v', len);
    memcpy(command + line + len, "\r\n", 3);
    ck_assert_str_eq(ask_bytes(command, (size_t)line + len + 2).data, "STORED\r\n");
}

static bool is_there(const char *key) {
    char command[300];

    snprintf(command, sizeof command, "mg %s\r\n", key);
    return strcmp(ask_bytes(command, strlen(command)).data, "HD\r\n") == 0;
}

static uint64_t stat_of(const char *name) {
    mc_slice answer = ask_bytes("stats\r\n", 7);
    char     line[100];
    char    *at;

    snprintf(line, sizeof line, "STAT %s ", name);
    at = strstr(answer.data, line);
    ck_assert_msg(at != NULL, "no statistic %s", name);
    return strtoull(at + strlen(line), NULL, 10);
}

/* ------------------------------------------------------------------------------------------------------------- time -- */

START_TEST(a_second_is_a_second) {
    expect("set k 0 1 1\r\na\r\n", "STORED\r\n");
    worker->now += 999;
    expect("get k\r\n", "VALUE k 0 1\r\na\r\nEND\r\n");
    worker->now += 1;
    expect("get k\r\n", "END\r\n");
}
END_TEST

START_TEST(thirty_days_are_relative_and_more_is_absolute) {
    char command[100];

    expect("set k 0 2592000 1\r\na\r\n", "STORED\r\n");
    worker->now += (mcs__ms)2592000 * 1000 - 1;
    expect("get k\r\n", "VALUE k 0 1\r\na\r\nEND\r\n");
    worker->now += 1;
    expect("get k\r\n", "END\r\n");
    snprintf(command, sizeof command, "set k 0 %lld 1\r\na\r\n", (long long)time(NULL) + 100);
    expect(command, "STORED\r\n");
    worker->now += 98000;
    expect("get k\r\n", "VALUE k 0 1\r\na\r\nEND\r\n");
    worker->now += 2000;
    expect("get k\r\n", "END\r\n");
    snprintf(command, sizeof command, "set k 0 %lld 1\r\na\r\n", (long long)time(NULL) - 1);
    expect(command, "STORED\r\n");
    expect("get k\r\n", "END\r\n");
}
END_TEST

START_TEST(touch_gat_and_t_move_the_end) {
    expect("set k 0 10 1\r\n1\r\ntouch k 20\r\n", "STORED\r\nTOUCHED\r\n");
    worker->now += 19999;
    expect("mg k t\r\ngat 30 k\r\n", "HD t1\r\nVALUE k 0 1\r\n1\r\nEND\r\n");
    worker->now += 29999;
    expect("incr k 1\r\nappend k 0 100 1\r\n0\r\nmg k t T5 v\r\n", "2\r\nSTORED\r\nVA 2 t1\r\n20\r\n");
    worker->now += 5000;
    expect("get k\r\nincr k 1\r\nadd k 0 0 1\r\na\r\n", "END\r\nNOT_FOUND\r\nSTORED\r\n");
}
END_TEST

START_TEST(flush_now_and_later) {
    expect("set a 0 0 1\r\na\r\nflush_all 2\r\nset b 0 0 1\r\nb\r\nget a b\r\n",
           "STORED\r\nOK\r\nSTORED\r\nVALUE a 0 1\r\na\r\nVALUE b 0 1\r\nb\r\nEND\r\n");
    worker->now += 1999;
    expect("get a\r\n", "VALUE a 0 1\r\na\r\nEND\r\n");
    worker->now += 1;
    expect("get a b\r\n", "END\r\n");
    expect("set a 0 0 1\r\na\r\nget a\r\n", "STORED\r\nVALUE a 0 1\r\na\r\nEND\r\n");
    worker->now += 10000;
    expect("get a\r\n", "VALUE a 0 1\r\na\r\nEND\r\n");
    expect("flush_all 100\r\nflush_all\r\nget a\r\nset a 0 0 1\r\na\r\n", "OK\r\nOK\r\nEND\r\nSTORED\r\n");
    worker->now += 100000;
    expect("get a\r\n", "VALUE a 0 1\r\na\r\nEND\r\n"); /* the later flush took the place of the earlier */
    ck_assert_uint_eq(stat_of("curr_items"), 1);
}
END_TEST

START_TEST(age_and_hits_are_those_before) {
    expect("set k 0 0 1\r\na\r\n", "STORED\r\n");
    worker->now += 5000;
    expect("mg k l h u\r\nmg k l h\r\nmg k l h\r\n", "HD l5 h0\r\nHD l5 h0\r\nHD l0 h1\r\n");
}
END_TEST

/* Nobody asks for them, but they go. */
START_TEST(expired_items_are_swept_out) {
    char command[64];

    for (int i = 0; i < 1000; i++) {
        snprintf(command, sizeof command, "set k%d 0 %d 1 noreply\r\na\r\n", i, i < 900 ? 10 : 0);
        expect(command, "");
    }
    ck_assert_uint_eq(stat_of("curr_items"), 1000);
    worker->now += 10000;
    for (int i = 0; i < 4; i++) /* a second's worth for one worker */
        mcs__store_sweep(worker->store, worker->now);
    ck_assert_uint_eq(stat_of("curr_items"), 100);
    ck_assert_uint_eq(stat_of("expired_unfetched"), 900);
    ck_assert_uint_eq(stat_of("evictions"), 0);
}
END_TEST

/* ----------------------------------------------------------------------------------------------------------- memory -- */

/* The server's own count, and no more than a twentieth beyond the limit. */
static void expect_within_limit(size_t limit) {
    ck_assert_uint_le(mcs__store_used(worker->store), limit + limit / 20);
}

START_TEST(the_least_recently_used_go_first) {
    char key[32];

    for (int i = 0; i < 3000; i++) {
        snprintf(key, sizeof key, "k%d", i);
        worker->now++;
        store(key, 10000);
        if (i >= 10)
            ck_assert(is_there("k5"));
    }
    expect_within_limit(8 * MEGABYTE);
    ck_assert(is_there("k2999"));
    ck_assert(is_there("k2400"));
    ck_assert(!is_there("k4"));
    ck_assert(!is_there("k2100"));
    ck_assert_uint_eq(stat_of("evictions"), 3000 - stat_of("curr_items"));
    ck_assert_uint_eq(stat_of("total_items"), 3000);
}
END_TEST

START_TEST(any_sizes_in_any_order) {
    size_t   limit = 8 * MEGABYTE;
    unsigned random = 1;
    char     key[32];

    for (int i = 0; i < 40000; i++) {
        unsigned phase = (unsigned)i / 8000;
        size_t   len;

        random = random * 1103515245 + 12345;
        len = random >> 8;
        len = phase == 0 ? 10 : phase == 1 ? len % 30000 : phase == 2 ? len % 300 : phase == 3 ? len % 500000 : len % 5000;
        snprintf(key, sizeof key, "k%u", (random >> 4) % 3000);
        if (phase == 3 && i % 20 != 0)
            continue;
        worker->now++;
        store(key, len);
        ck_assert(is_there(key));
        expect_within_limit(limit);
    }
    ck_assert_uint_gt(stat_of("bytes"), limit / 2);
    expect("flush_all\r\n", "OK\r\n");
    ck_assert_uint_eq(stat_of("bytes"), 0);
    ck_assert_uint_eq(stat_of("curr_items"), 0);
}
END_TEST

START_TEST(a_megabyte_each) {
    char key[32];

    stop();
    start_with(64 * MEGABYTE, false);
    for (int i = 0; i < 60; i++) {
        snprintf(key, sizeof key, "k%d", i);
        store(key, 1048000);
    }
    for (int i = 0; i < 60; i++) {
        snprintf(key, sizeof key, "k%d", i);
        ck_assert_msg(is_there(key), "%s is gone", key);
    }
    ck_assert_uint_eq(stat_of("evictions"), 0);
    for (int i = 60; i < 200; i++) {
        snprintf(key, sizeof key, "k%d", i);
        store(key, 1048000);
        expect_within_limit(64 * MEGABYTE);
    }
}
END_TEST

/* What was given back may be one long run of which only the far end has memory in it. */
START_TEST(large_values_of_all_lengths) {
    unsigned random = 1;
    char     key[32];

    for (int i = 0; i < 500; i++) {
        random = random * 1103515245 + 12345;
        snprintf(key, sizeof key, "k%d", i);
        worker->now += random >> 20 & 1;
        store(key, 200000 + (random >> 8) % 800000);
        expect_within_limit(8 * MEGABYTE);
        ck_assert_uint_gt(stat_of("bytes"), i < 50 ? 0 : 6 * MEGABYTE);
    }
}
END_TEST

START_TEST(without_evictions_storing_fails) {
    static char command[20100];
    char        line[64];
    int         stored = 0;
    size_t      len;

    stop();
    start_with(2 * MEGABYTE, true);
    for (;; stored++) {
        len = (size_t)snprintf(command, sizeof command, "set k%d 0 0 20000\r\n", stored);
        memset(command + len, 'v', 20000);
        memcpy(command + len + 20000, "\r\n", 2);
        if (strcmp(ask_bytes(command, len + 20002).data, "STORED\r\n") != 0)
            break;
    }
    ck_assert_int_gt(stored, 60);
    expect("mn\r\n", "MN\r\n");
    snprintf(line, sizeof line, "mg k%d\r\n", stored);
    expect(line, "EN\r\n");
    ck_assert(is_there("k0"));
    ck_assert_uint_eq(stat_of("evictions"), 0);
    ck_assert_uint_eq(stat_of("store_no_memory"), 1);
    expect("flush_all\r\nset a 0 0 1\r\na\r\n", "OK\r\nSTORED\r\n");
}
END_TEST

/* Blocks that are being received count, and are given back when the client goes. */
START_TEST(an_unfinished_block_is_given_back) {
    size_t before = mcs__store_used(worker->store);

    expect("set k 0 0 900000\r\nxyz", "");
    ck_assert_uint_gt(mcs__store_used(worker->store), before + 900000);
    mcs__session_free(&session);
    mcs__session_init(&session, worker);
    expect("set k 0 0 7000000\r\n", "SERVER_ERROR object too large for cache\r\n");
    mcs__session_free(&session);
    mcs__session_init(&session, worker);
    mcs__store_set_limit(worker->store, before);
    mcs__store_make_room(worker->store, worker->now);
    ck_assert_uint_eq(mcs__store_used(worker->store), before);
}
END_TEST

START_TEST(the_limit_can_be_lowered) {
    char key[32];

    stop();
    start_with(16 * MEGABYTE, false);
    for (int i = 0; i < 200; i++) {
        snprintf(key, sizeof key, "k%d", i);
        worker->now++;
        store(key, 70000);
    }
    expect("cache_memlimit 8\r\n", "OK\r\n");
    expect_within_limit(8 * MEGABYTE);
    ck_assert(is_there("k199"));
    ck_assert(!is_there("k10"));
    ck_assert_uint_eq(stat_of("limit_maxbytes"), 8 * MEGABYTE);
}
END_TEST

/* What waits to be sent is bounded, in one command and over a pipeline: the session stops until it is sent. */
START_TEST(answers_wait_within_bounds) {
    static const char command[] = "get k k k k k k k k k k k k k k k k\r\nget k\r\nget k\r\nget k\r\nget k\r\nget k\r\n";
    size_t            room, sent = 0;

    store("k", 1000000);
    memcpy(mcs__session_room(&session, &room), command, sizeof command - 1);
    mcs__session_received(&session, sizeof command - 1);
    while (mcs__session_run(&session) == MCS__WISH_OUTPUT) {
        ck_assert_uint_lt(session.output.pending, MCS__OUTPUT_HIGH + 2 * MEGABYTE);
        sent += session.output.pending;
        mcs__output_consume(&session.output, worker->store, session.output.pending);
    }
    ck_assert_uint_gt(sent + session.output.pending, 21 * 1000000);
    ck_assert_uint_lt(session.output.pending, MCS__OUTPUT_HIGH + 2 * MEGABYTE);
}
END_TEST

/* A value that waits to be sent stays as it was asked for. */
START_TEST(a_number_is_not_counted_up_under_a_reader) {
    static char value[5001], command[5100], answer[5200];

    memset(value, ' ', sizeof value - 1);
    value[0] = '5';
    snprintf(command, sizeof command, "set n 0 0 5000\r\n%s\r\nget n\r\nincr n 1\r\n", value);
    snprintf(answer, sizeof answer, "STORED\r\nVALUE n 0 5000\r\n%s\r\nEND\r\n6\r\n", value);
    expect(command, answer);
    value[0] = '6';
    snprintf(answer, sizeof answer, "VALUE n 0 5000\r\n%s\r\nEND\r\n", value);
    expect("get n\r\n", answer);
}
END_TEST

/* -------------------------------------------------------------------------------------------------------- statistics -- */

START_TEST(counts_are_true) {
    static const struct {
        const char *name;
        uint64_t    count;
    } counts[] = {
        {"cmd_get", 5},
        {"get_hits", 3},
        {"get_misses", 2},
        {"cmd_set", 5},
        {"cmd_touch", 4},
        {"touch_hits", 2},
        {"touch_misses", 2},
        {"delete_hits", 1},
        {"delete_misses", 1},
        {"incr_hits", 1},
        {"incr_misses", 1},
        {"decr_hits", 1},
        {"decr_misses", 1},
        {"cas_hits", 1},
        {"cas_badval", 1},
        {"cas_misses", 1},
        {"cmd_flush", 0},
        {"curr_items", 1},
        {"total_items", 3},
        {"store_too_large", 1},
        {"evictions", 0},
        {"threads", 1},
        {"bytes", sizeof(void *) == 8 ? 80 : 64},
    };

    expect("set k 0 0 1\r\n1\r\nset j 0 0 1\r\n1\r\nget k j x\r\nmg k\r\nmg x\r\n",
           "STORED\r\nSTORED\r\nVALUE k 0 1\r\n1\r\nVALUE j 0 1\r\n1\r\nEND\r\nHD\r\nEN\r\n");
    expect(
        "touch k 0\r\ntouch x 0\r\ngat 0 k x\r\ndelete j\r\ndelete j\r\nincr k 1\r\nincr x 1\r\ndecr k 1\r\ndecr x 1\r\n",
        "TOUCHED\r\nNOT_FOUND\r\nVALUE k 0 1\r\n1\r\nEND\r\nDELETED\r\nNOT_FOUND\r\n2\r\nNOT_FOUND\r\n1\r\nNOT_FOUND\r\n");
    expect("cas k 0 0 1 4\r\n1\r\ncas k 0 0 1 4\r\n1\r\ncas x 0 0 1 4\r\n1\r\nset x 0 0 2000000\r\n",
           "STORED\r\nEXISTS\r\nNOT_FOUND\r\nSERVER_ERROR object too large for cache\r\n");
    mcs__session_free(&session);
    mcs__session_init(&session, worker);
    for (size_t i = 0; i < ROWS(counts); i++)
        ck_assert_msg(stat_of(counts[i].name) == counts[i].count, "%s is %llu, not %llu", counts[i].name,
                      (unsigned long long)stat_of(counts[i].name), (unsigned long long)counts[i].count);
    ck_assert_uint_eq(stat_of("get_expired"), 0);
    expect("set e 0 -1 1\r\n1\r\nget e\r\nget e\r\n", "STORED\r\nEND\r\nEND\r\n");
    ck_assert_uint_eq(stat_of("get_expired"), 1);
    ck_assert_uint_eq(stat_of("slabs_moved"), 0); /* it is there */
    expect("stats reset\r\n", "RESET\r\n");
    ck_assert_uint_eq(stat_of("get_expired"), 0);
    ck_assert_uint_eq(stat_of("cmd_get"), 0);
    ck_assert_uint_eq(stat_of("total_items"), 0);
    ck_assert_uint_eq(stat_of("curr_items"), 1);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("server_store");
    TCase *tcase = test_case(suite, "store", 60);

    tcase_add_checked_fixture(tcase, start, stop);
    tcase_add_test(tcase, a_second_is_a_second);
    tcase_add_test(tcase, thirty_days_are_relative_and_more_is_absolute);
    tcase_add_test(tcase, touch_gat_and_t_move_the_end);
    tcase_add_test(tcase, flush_now_and_later);
    tcase_add_test(tcase, age_and_hits_are_those_before);
    tcase_add_test(tcase, expired_items_are_swept_out);
    tcase_add_test(tcase, the_least_recently_used_go_first);
    tcase_add_test(tcase, any_sizes_in_any_order);
    tcase_add_test(tcase, a_megabyte_each);
    tcase_add_test(tcase, large_values_of_all_lengths);
    tcase_add_test(tcase, without_evictions_storing_fails);
    tcase_add_test(tcase, an_unfinished_block_is_given_back);
    tcase_add_test(tcase, the_limit_can_be_lowered);
    tcase_add_test(tcase, answers_wait_within_bounds);
    tcase_add_test(tcase, a_number_is_not_counted_up_under_a_reader);
    tcase_add_test(tcase, counts_are_true);
    return suite;
}
