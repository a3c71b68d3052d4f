/* Many requests at once: lines of keys, and batches answered in order. */
#include "protocol/pipeline.h"

#include "support/check_main.h"
#include "support/play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_VALUE_SIZE 1048576
#define COUNT_MAX 5000
#define KEY_SIZE 32

/* Requests with the keys "key:0", "key:1", ...; each value is its key. */
typedef struct batch {
    mc__request requests[COUNT_MAX];
    char        keys[COUNT_MAX][KEY_SIZE];
    size_t      count;
} batch;

static batch *batch_new(size_t count) {
    batch *made = calloc(1, sizeof *made);

    ck_assert(made != NULL && count <= COUNT_MAX);
    made->count = count;
    for (size_t i = 0; i < count; i++) {
        snprintf(made->keys[i], KEY_SIZE, "key:%zu", i);
        made->requests[i] = (mc__request){.key = mc_str(made->keys[i]), .value = mc_str(made->keys[i])};
    }
    return made;
}

static void add_text(mc__buffer *buffer, const char *text) {
    ck_assert(mc__buffer_append(buffer, mc_str(text)));
}

static void add_value(mc__buffer *replies, const char *key) {
    char head[128];

    snprintf(head, sizeof head, "VALUE %s 0 %zu\r\n%s\r\n", key, strlen(key), key);
    add_text(replies, head);
}

static void receive(played *play, const mc__buffer *replies, size_t step) {
    mc_slice bytes = mc__buffer_readable(replies);

    play_receive(play, bytes.data, bytes.len, step);
}

/* -------------------------------------------------------------------------------------------------------- lines of keys --
 */

static const struct {
    size_t count, lines;
} counts[] = {{1, 1}, {63, 1}, {64, 1}, {65, 1}, {1023, 1}, {1024, 1}, {1025, 2}, {2048, 2}, {2049, 3}, {3000, 3}};

static bool always(size_t i) {
    return i != SIZE_MAX;
}

static bool never(size_t i) {
    return i == SIZE_MAX;
}

static bool every_third(size_t i) {
    return i % 3 == 0;
}

static bool last_of_line(size_t i) {
    return i % MC__LINE_KEYS == MC__LINE_KEYS - 1;
}

typedef bool hit_fn(size_t i);

static hit_fn *const patterns[] = {always, never, every_third, last_of_line};

/* The values of each line, forwards or backwards, and its END. */
static mc__buffer replies_to_lines(batch *asked, hit_fn *hit, bool backwards) {
    mc__buffer replies = {0};

    for (size_t first = 0; first < asked->count; first += MC__LINE_KEYS) {
        size_t len = asked->count - first < MC__LINE_KEYS ? asked->count - first : MC__LINE_KEYS;
        for (size_t at = 0; at < len; at++) {
            size_t i = backwards ? first + len - 1 - at : first + at;
            if (hit(i))
                add_value(&replies, asked->keys[i]);
        }
        add_text(&replies, "END\r\n");
    }
    return replies;
}

static void assert_hits(const played *play, const batch *asked, hit_fn *hit) {
    for (size_t i = 0; i < asked->count; i++) {
        const play_request *request = &play->exchanges[0].requests[i];
        ck_assert_uint_eq(request->answers, 1);
        ck_assert_int_eq(request->status, hit(i) ? MC_OK : MC_NOT_FOUND);
        if (hit(i))
            ck_assert(memcmp(request->value, asked->keys[i], strlen(asked->keys[i])) == 0);
    }
}

static size_t count_lines(const mc__buffer *wire) {
    size_t lines = 0;

    for (size_t i = wire->start; i < wire->end; i++)
        lines += wire->data[i] == '\n';
    return lines;
}

START_TEST(keys_go_in_lines_and_each_is_answered) {
    batch *asked = batch_new(counts[_i].count);

    for (size_t p = 0; p < ROWS(patterns); p++) {
        for (int way = 0; way < 4; way++) {
            mc__buffer replies = replies_to_lines(asked, patterns[p], way % 2 == 1);
            played     play;

            play_init(&play, MAX_VALUE_SIZE);
            play.quiet = true;
            play_ask_requests(&play, (mc__command){.verb = MC__VERB_GET}, asked->requests, asked->count);
            play_send(&play, SIZE_MAX, way < 2 ? 0 : 1000);
            ck_assert_uint_eq(count_lines(&play.wire), counts[_i].lines);
            receive(&play, &replies, way < 2 ? 0 : 777);
            play_note_state(&play);
            ck_assert_str_eq(play_log(&play), "| reusable");
            assert_hits(&play, asked, patterns[p]);
            play_free(&play);
            mc__buffer_free(&replies);
        }
    }
    free(asked);
}
END_TEST

START_TEST(a_value_of_the_next_line_is_not_one_of_this) {
    batch     *asked = batch_new(1025);
    mc__buffer replies = {0};
    played     play;

    play_init(&play, MAX_VALUE_SIZE);
    play_ask_requests(&play, (mc__command){.verb = MC__VERB_GET}, asked->requests, asked->count);
    play_send(&play, SIZE_MAX, 0);
    add_value(&replies, asked->keys[1024]);
    receive(&play, &replies, 0);
    play_note_state(&play);
    ck_assert_str_eq(play_log(&play), "| broken PROTOCOL_ERROR");
    play_free(&play);
    mc__buffer_free(&replies);
    free(asked);
}
END_TEST

START_TEST(the_wire_holds_every_key_once_in_order) {
    batch     *asked = batch_new(3000);
    mc__buffer expected = {0};
    played     play;

    for (size_t i = 0; i < asked->count; i++) {
        add_text(&expected, i % MC__LINE_KEYS == 0 ? "gat 0 " : " ");
        add_text(&expected, asked->keys[i]);
        if (i % MC__LINE_KEYS == MC__LINE_KEYS - 1 || i == asked->count - 1)
            add_text(&expected, "\r\n");
    }
    play_init(&play, MAX_VALUE_SIZE);
    play_ask_requests(&play, (mc__command){.verb = MC__VERB_GAT}, asked->requests, asked->count);
    play_send(&play, SIZE_MAX, (size_t)_i);
    ck_assert(mc__slice_equal(mc__buffer_readable(&play.wire), mc__buffer_readable(&expected)));
    play_free(&play);
    mc__buffer_free(&expected);
    free(asked);
}
END_TEST

START_TEST(an_error_to_one_line_costs_the_others_nothing) {
    batch     *asked = batch_new(3000);
    mc__buffer replies = {0};
    size_t     values = (size_t)_i * 512; /* of the second line, before the error */
    played     play;

    add_text(&replies, "END\r\n");
    for (size_t i = 0; i < values; i++)
        add_value(&replies, asked->keys[MC__LINE_KEYS + i]);
    add_text(&replies, "SERVER_ERROR busy\r\n");
    add_value(&replies, asked->keys[2999]);
    add_text(&replies, "END\r\n");
    play_init(&play, MAX_VALUE_SIZE);
    play.quiet = true;
    play_ask_requests(&play, (mc__command){.verb = MC__VERB_GET}, asked->requests, asked->count);
    play_send(&play, SIZE_MAX, 0);
    receive(&play, &replies, 0);
    for (size_t i = 0; i < asked->count; i++) {
        bool      second = i / MC__LINE_KEYS == 1;
        mc_status expected = second ? MC_SERVER_ERROR : MC_NOT_FOUND;

        if ((second && i - MC__LINE_KEYS < values) || i == 2999)
            expected = MC_OK;
        ck_assert_uint_eq(play.exchanges[0].requests[i].answers, 1);
        ck_assert_int_eq(play.exchanges[0].requests[i].status, expected);
    }
    ck_assert(mc__pipeline_reusable(&play.pipeline));
    play_free(&play);
    mc__buffer_free(&replies);
    free(asked);
}
END_TEST

/* -------------------------------------------------------------------------------------------------------------- batches --
 */

static const struct {
    const char *reply;
    mc_status   status;
    mc_status   broken;
} kinds[] = {
    {"STORED\r\n", MC_OK, MC_OK},
    {"NOT_STORED\r\n", MC_NOT_STORED, MC_OK},
    {"SERVER_ERROR full\r\n", MC_SERVER_ERROR, MC_OK},
    {"SERVER_ERROR object too large for cache\r\n", MC_TOO_LARGE, MC_OK},
    {"CLIENT_ERROR bad\r\n", MC_CLIENT_ERROR, MC_CLIENT_ERROR},
    {"ERROR\r\n", MC_CLIENT_ERROR, MC_CLIENT_ERROR},
    {"EXISTS\r\n", MC_BAD_ARGUMENT, MC_PROTOCOL_ERROR}, /* no answer at all */
    {"stored\r\n", MC_BAD_ARGUMENT, MC_PROTOCOL_ERROR},
};

/* A batch that is stored but for one request, which is told something of its own. */
static void play_batch(batch *asked, size_t position, size_t kind) {
    mc__buffer replies = {0};
    played     play;

    for (size_t i = 0; i < asked->count; i++)
        add_text(&replies, i == position ? kinds[kind].reply : "STORED\r\n");
    play_init(&play, MAX_VALUE_SIZE);
    play.quiet = true;
    play_ask_requests(&play, (mc__command){.verb = MC__VERB_ADD}, asked->requests, asked->count);
    play_send(&play, SIZE_MAX, 0);
    receive(&play, &replies, 0);
    ck_assert_int_eq(play.pipeline.broken, kinds[kind].broken);
    ck_assert(mc__pipeline_reusable(&play.pipeline) == (kinds[kind].broken == MC_OK));
    for (size_t i = 0; i < asked->count; i++) {
        const play_request *request = &play.exchanges[0].requests[i];
        bool                answered =
            kinds[kind].broken == MC_OK || i < position || (i == position && kinds[kind].broken == MC_CLIENT_ERROR);

        ck_assert_uint_eq(request->answers, answered);
        if (answered)
            ck_assert_int_eq(request->status, i == position ? kinds[kind].status : MC_OK);
    }
    ck_assert_str_eq(play_log(&play), "");
    play_free(&play);
    mc__buffer_free(&replies);
}

START_TEST(each_reply_at_each_position) {
    for (size_t count = 1; count <= 24; count++) {
        batch *asked = batch_new(count);

        for (size_t position = 0; position < count; position++)
            play_batch(asked, position, (size_t)_i);
        free(asked);
    }
}
END_TEST

START_TEST(each_reply_in_a_large_batch) {
    static const size_t positions[] = {0, 1, 499, 998, 999};
    batch              *asked = batch_new(1000);

    for (size_t i = 0; i < ROWS(positions); i++)
        play_batch(asked, positions[i], (size_t)_i);
    free(asked);
}
END_TEST

START_TEST(answers_to_a_batch_may_come_while_it_is_sent) {
    batch *asked = batch_new(COUNT_MAX);
    played play;
    size_t step = _i == 0 ? 100 : _i == 1 ? 4097 : 200000;
    size_t answered = 0;

    play_init(&play, MAX_VALUE_SIZE);
    play.quiet = true;
    play_ask_requests(&play, (mc__command){.verb = MC__VERB_SET}, asked->requests, asked->count);
    while (!mc__pipeline_idle(&play.pipeline)) {
        play_send(&play, step, 0);
        while (answered < play.exchanges[0].exchange.wholly_sent) {
            ck_assert_int_eq(play_receive(&play, "STORED\r\n", 8, 0), MC_OK);
            answered++;
        }
    }
    ck_assert_uint_eq(answered, COUNT_MAX);
    for (size_t i = 0; i < COUNT_MAX; i++)
        ck_assert(play.exchanges[0].requests[i].answers == 1 && play.exchanges[0].requests[i].status == MC_OK);
    ck_assert(mc__pipeline_reusable(&play.pipeline));
    play_free(&play);
    free(asked);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------- large values -- */

/* From 32,768 bytes on a value is sent from the owner's memory. */
static const size_t value_sizes[] = {0, 1, 32766, 32767, 32768, 32769, 100000, 131072, 1048576};

static mc__buffer wire_of_sets(const mc__request *requests, size_t count) {
    mc__command command = {.verb = MC__VERB_SET};
    mc__buffer  wire = {0};

    for (size_t i = 0; i < count; i++) {
        ck_assert(mc__request_write_line(&command, &requests[i], &wire));
        ck_assert(mc__buffer_append(&wire, requests[i].value));
        add_text(&wire, "\r\n");
    }
    return wire;
}

START_TEST(values_of_all_sizes_go_out_in_order) {
    static const size_t steps[] = {0, 1000, 16384, 32767, 65537};
    mc__request         requests[ROWS(value_sizes)];
    char               *value = malloc(1048576);
    mc__buffer          expected;
    played              play;

    ck_assert_ptr_nonnull(value);
    for (size_t i = 0; i < 1048576; i++)
        value[i] = (char)(i * 7 + i / 251);
    for (size_t i = 0; i < ROWS(requests); i++) {
        size_t size = value_sizes[(i + (size_t)_i) % ROWS(value_sizes)];
        requests[i] = (mc__request){.key = mc_str("k"), .value = mc_bytes(value, size)};
    }
    expected = wire_of_sets(requests, ROWS(requests));
    play_init(&play, MAX_VALUE_SIZE);
    play_ask_requests(&play, (mc__command){.verb = MC__VERB_SET}, requests, ROWS(requests));
    play_send(&play, SIZE_MAX, steps[(size_t)_i % ROWS(steps)]);
    ck_assert(mc__slice_equal(mc__buffer_readable(&play.wire), mc__buffer_readable(&expected)));
    ck_assert_uint_eq(play.exchanges[0].exchange.wholly_sent, ROWS(requests));
    play_free(&play);
    mc__buffer_free(&expected);
    free(value);
}
END_TEST

START_TEST(a_value_is_copied_below_32_kib) {
    char       *value = calloc(1, 32768);
    mc__request request = {.key = mc_str("k"), .value = {value, (size_t)_i}};
    mc_slice    slices[MC__OUTPUT_SLICES];
    size_t      count;
    played      play;

    play_init(&play, MAX_VALUE_SIZE);
    play_ask_requests(&play, (mc__command){.verb = MC__VERB_SET}, &request, 1);
    ck_assert_int_eq(mc__pipeline_output(&play.pipeline, slices, &count), MC_OK);
    ck_assert_uint_eq(count, _i < 32768 ? 1 : 3);
    play_free(&play);
    free(value);
}
END_TEST

START_TEST(a_large_value_is_shown_where_it_is) {
    char       *value = calloc(1, 40000);
    mc__request request = {.key = mc_str("k"), .value = {value, 40000}};
    mc_slice    slices[MC__OUTPUT_SLICES];
    size_t      count;
    played      play;

    play_init(&play, MAX_VALUE_SIZE);
    play_ask_requests(&play, (mc__command){.verb = MC__VERB_SET}, &request, 1);
    ck_assert_int_eq(mc__pipeline_output(&play.pipeline, slices, &count), MC_OK);
    ck_assert_uint_eq(count, 3);
    ck_assert_ptr_eq(slices[1].data, value);
    ck_assert_uint_eq(slices[1].len, 40000);
    mc__pipeline_sent(&play.pipeline, slices[0].len + 39999);
    ck_assert_int_eq(mc__pipeline_output(&play.pipeline, slices, &count), MC_OK);
    ck_assert_uint_eq(count, 2);
    ck_assert_ptr_eq(slices[0].data, value + 39999);
    mc__pipeline_sent(&play.pipeline, 2);
    ck_assert_int_eq(mc__pipeline_output(&play.pipeline, slices, &count), MC_OK);
    ck_assert(count == 1 && mc__slice_equal(slices[0], mc_str("\n")));
    play_free(&play);
    free(value);
}
END_TEST

/* memcached refuses a large value at its head and swallows the rest: the connection is idle when that is sent. */
START_TEST(a_large_value_may_be_refused_while_it_is_sent) {
    static const size_t sent[] = {1, 10, 17, 100, 39999, 40018};
    char               *value = calloc(1, 40000);
    mc__request         requests[2] = {{.key = mc_str("k"), .value = {value, 40000}}, {.key = mc_str("l")}};
    size_t              count = _i % 2 == 0 ? 1 : 2;
    played              play;

    play_init(&play, MAX_VALUE_SIZE);
    play_ask_requests(&play, (mc__command){.verb = MC__VERB_SET}, requests, count);
    play_send(&play, sent[_i / 2], 0);
    ck_assert_int_eq(play_receive(&play, "SERVER_ERROR object too large for cache\r\n", 41, 0), MC_OK);
    ck_assert_str_eq(play_log(&play), "A0:TOO_LARGE=object too large for cache");
    ck_assert(!mc__pipeline_idle(&play.pipeline) && !mc__pipeline_reusable(&play.pipeline));
    ck_assert(mc__pipeline_wants_output(&play.pipeline));
    play_send(&play, SIZE_MAX, 0);
    ck_assert_uint_eq(mc__buffer_len(&play.wire), (count - 1) * 15 + strlen("set k 0 0 40000\r\n") + 40002);
    if (count == 2)
        play_receive(&play, "STORED\r\n", 8, 0);
    ck_assert(mc__pipeline_reusable(&play.pipeline));
    play_free(&play);
    free(value);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("pipeline_batch");
    TCase *tcase = test_case(suite, "lines of keys", 60);

    test_rows(tcase, keys_go_in_lines_and_each_is_answered, counts);
    tcase_add_test(tcase, a_value_of_the_next_line_is_not_one_of_this);
    tcase_add_loop_test(tcase, the_wire_holds_every_key_once_in_order, 0, 3);
    tcase_add_loop_test(tcase, an_error_to_one_line_costs_the_others_nothing, 0, 3);

    tcase = test_case(suite, "batches", 60);
    test_rows(tcase, each_reply_at_each_position, kinds);
    test_rows(tcase, each_reply_in_a_large_batch, kinds);
    tcase_add_loop_test(tcase, answers_to_a_batch_may_come_while_it_is_sent, 0, 3);

    tcase = test_case(suite, "large values", 60);
    test_rows(tcase, values_of_all_sizes_go_out_in_order, value_sizes);
    tcase_add_loop_test(tcase, a_value_is_copied_below_32_kib, 32766, 32769);
    tcase_add_test(tcase, a_large_value_is_shown_where_it_is);
    tcase_add_loop_test(tcase, a_large_value_may_be_refused_while_it_is_sent, 0, 12);
    return suite;
}
