/* Exchanges whose requests have several owners: one leaves at any moment, and the others' values are what they would have
 * been; the memory that the leaver has given is not touched any more. */
#include "support/check_main.h"
#include "support/play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_VALUE_SIZE 1048576
#define UNTOUCHED 0x5a

static const size_t lengths[] = {0, 1, 12, 5000, 40000};

static void add_value(mc__buffer *replies, char key, size_t len) {
    char  head[64];
    char *value = malloc(len + 1);

    ck_assert_ptr_nonnull(value);
    memset(value, key, len);
    snprintf(head, sizeof head, "VALUE %c 7 %zu\r\n", key, len);
    ck_assert(mc__buffer_append(replies, mc_str(head)) && mc__buffer_append(replies, mc_bytes(value, len)) &&
              mc__buffer_append(replies, mc_str("\r\n")));
    free(value);
}

static bool is_all(const play_request *request, char byte, size_t len) {
    for (size_t i = 0; i < len && i < request->value_len; i++) {
        if (request->value[i] != byte)
            return false;
    }
    return request->value_len == len;
}

/* "get a b c", then "incr n"; the owner of b leaves after split bytes of the replies. */
static void leave_after(const mc__buffer *replies, size_t len, size_t split, size_t step) {
    played        play;
    mc_slice      bytes = mc__buffer_readable(replies);
    play_request *leaver;
    char         *given;
    size_t        room;
    bool          under_way;

    play_init(&play, MAX_VALUE_SIZE);
    play.quiet = true;
    play_ask(&play, "get a b c; incr n");
    play.exchanges[0].exchange.shared = true;
    play_send(&play, SIZE_MAX, 0);
    ck_assert_int_eq(play_receive(&play, bytes.data, split, step), MC_OK);
    leaver = &play.exchanges[0].requests[1];
    mc__pipeline_forget(&play.pipeline, &play.exchanges[0].exchange, 1);
    given = leaver->value;
    room = leaver->room;
    under_way = given && leaver->answers == 0;
    if (under_way)
        memset(given, UNTOUCHED, room);
    ck_assert_int_eq(play_receive(&play, bytes.data + split, bytes.len - split, step), MC_OK);
    if (under_way) {
        ck_assert_ptr_eq(leaver->value, given);
        for (size_t i = 0; i < room; i++)
            ck_assert_int_eq(given[i], UNTOUCHED);
        ck_assert(leaver->status == MC_NO_MEMORY || len == 0 || play.pipeline.reading == MC__READING_LINE);
    }
    for (size_t i = 0; i < 3; i += 2) {
        const play_request *other = &play.exchanges[0].requests[i];
        ck_assert_uint_eq(other->answers, 1);
        ck_assert_int_eq(other->status, MC_OK);
        ck_assert_msg(is_all(other, "abc"[i], len), "request %zu after %zu of %zu", i, split, bytes.len);
    }
    ck_assert_uint_eq(leaver->answers, 1);
    ck_assert_int_eq(play.exchanges[1].requests[0].status, MC_OK);
    ck_assert(mc__pipeline_reusable(&play.pipeline));
    ck_assert_uint_eq(play.complaints, 0);
    play_free(&play);
}

static void make_replies(mc__buffer *replies, size_t len) {
    for (const char *key = "abc"; *key; key++)
        add_value(replies, *key, len);
    ck_assert(mc__buffer_append(replies, mc_str("END\r\n15\r\n")));
}

static const size_t steps[] = {0, 1, 1460, 4096};

START_TEST(one_leaves_at_any_byte) {
    size_t     len = lengths[(size_t)_i / ROWS(steps)], step = steps[(size_t)_i % ROWS(steps)];
    mc__buffer replies = {0};
    size_t     total, stride;

    make_replies(&replies, len);
    total = mc__buffer_len(&replies);
    stride = total > 1000 ? total / (step == 1 ? 7 : 150) : 1;
    for (size_t split = 0; split <= total; split += stride)
        leave_after(&replies, len, split, step);
    mc__buffer_free(&replies);
}
END_TEST

/* One who has not a byte of his value yet, and one who has all of it, change nothing by leaving. */
START_TEST(others_are_not_forgotten) {
    played play;

    play_init(&play, MAX_VALUE_SIZE);
    play_ask(&play, "get a b");
    play.exchanges[0].exchange.shared = true;
    play_send(&play, SIZE_MAX, 0);
    play_receive(&play, "VALUE a 0 10\r\n01234", 19, 0);
    mc__pipeline_forget(&play.pipeline, &play.exchanges[0].exchange, 1);
    play_receive(&play, "56789\r\nVALUE b 0 10\r\n01", 23, 0);
    mc__pipeline_forget(&play.pipeline, &play.exchanges[0].exchange, 0);
    play_receive(&play, "23456789\r\nEND\r\n", 15, 0);
    play_note_state(&play);
    ck_assert_str_eq(play_log(&play), "A0:OK=0123456789 A1:OK=0123456789 | reusable");
    play_free(&play);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("pipeline_shared");
    TCase *tcase = test_case(suite, "shared", 60);

    tcase_add_loop_test(tcase, one_leaves_at_any_byte, 0, (int)(ROWS(lengths) * ROWS(steps)));
    tcase_add_test(tcase, others_are_not_forgotten);
    return suite;
}
