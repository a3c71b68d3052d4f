/* Values on their way in: of every size, however they are cut, and with memory that follows what has come. */
#include "protocol/arrival.h"

#include "support/check_main.h"
#include "support/play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_VALUE_SIZE 1048576

/* Bytes in which each of the 256 stands, and line ends with words of the protocol. */
static char *make_value(size_t len) {
    char *value = malloc(len + 1);

    ck_assert_ptr_nonnull(value);
    for (size_t i = 0; i < len; i++)
        value[i] = (char)(i + i / 256);
    for (size_t i = 300; i + 10 < len; i += 1000)
        memcpy(value + i, "\r\nEND\r\n", 7);
    return value;
}

static void add_value(mc__buffer *replies, const char *key, const char *value, size_t len) {
    char head[64];

    snprintf(head, sizeof head, "VALUE %s 0 %zu\r\n", key, len);
    ck_assert(mc__buffer_append(replies, mc_str(head)) && mc__buffer_append(replies, mc_bytes(value, len)) &&
              mc__buffer_append(replies, mc_str("\r\n")));
}

static void start_lending(played *play, const char *ask, bool lends) {
    play_init(play, MAX_VALUE_SIZE);
    play->lends = lends;
    play_ask(play, ask);
    play_send(play, SIZE_MAX, 0);
}

static void start(played *play, const char *ask) {
    start_lending(play, ask, false);
}

static void receive(played *play, const mc__buffer *replies, size_t step) {
    mc_slice bytes = mc__buffer_readable(replies);

    play_receive(play, bytes.data, bytes.len, step);
}

static const size_t sizes[] = {0,     1,     255,   256,   4095,  4096,   4097,   8192,    16383,   16384,
                               16385, 20000, 32768, 32769, 65536, 100000, 131072, 1000000, 1048575, 1048576};

static const size_t steps[] = {0, 1000, 1460, 4096, 16384, 65536, 7};

START_TEST(a_value_of_any_size_comes_whole) {
    size_t     len = sizes[_i];
    char      *value = make_value(len);
    mc__buffer replies = {0};

    add_value(&replies, "a", value, len);
    ck_assert(mc__buffer_append(&replies, mc_str("VALUE c 0 1\r\nx\r\nEND\r\n")));
    for (size_t s = 0; s < ROWS(steps); s++) {
        for (size_t way = 0; way < 4; way++) {
            const play_request *requests;
            played              play;

            if (way >= 2 && len / steps[s == 0 ? 1 : s] > 20000)
                continue; /* new memory for each part, under a sanitizer, takes its time */
            start_lending(&play, "get a b c", way >= 2);
            play.quiet = true;
            play.space_extra = way == 1 ? 5000 : 0;
            play.lend_room = way == 3 ? 20000 : 0;
            receive(&play, &replies, steps[s]);
            requests = play.exchanges[0].requests;
            ck_assert(requests[0].status == MC_OK && requests[1].status == MC_NOT_FOUND && requests[2].status == MC_OK);
            ck_assert(requests[0].answers == 1 && memcmp(requests[0].value, value, len) == 0);
            ck_assert(requests[2].value[0] == 'x');
            play_note_state(&play);
            ck_assert_str_eq(play_log(&play), "| reusable");
            play_free(&play);
        }
    }
    mc__buffer_free(&replies);
    free(value);
}
END_TEST

START_TEST(a_value_cut_at_each_byte_comes_whole) {
    char      *value = make_value(5000);
    mc__buffer replies = {0};
    mc_slice   bytes;

    add_value(&replies, "k", value, 5000);
    ck_assert(mc__buffer_append(&replies, mc_str("END\r\n")));
    bytes = mc__buffer_readable(&replies);
    for (size_t i = 0; i < 2 * (bytes.len + 1); i++) {
        size_t cut = i / 2;
        played play;

        start_lending(&play, "get k", i % 2 == 1);
        play.quiet = true;
        play_receive(&play, bytes.data, cut, 0);
        play_receive(&play, bytes.data + cut, bytes.len - cut, 0);
        ck_assert(play.exchanges[0].requests[0].status == MC_OK && mc__pipeline_reusable(&play.pipeline));
        ck_assert(memcmp(play.exchanges[0].requests[0].value, value, 5000) == 0);
        play_free(&play);
    }
    mc__buffer_free(&replies);
    free(value);
}
END_TEST

START_TEST(a_value_comes_byte_by_byte) {
    char      *value = make_value(70000);
    mc__buffer replies = {0};
    played     play;

    add_value(&replies, "k", value, 70000);
    ck_assert(mc__buffer_append(&replies, mc_str("END\r\n")));
    start(&play, "get k");
    play.quiet = true;
    receive(&play, &replies, 1);
    ck_assert(play.exchanges[0].requests[0].status == MC_OK && mc__pipeline_reusable(&play.pipeline));
    ck_assert(memcmp(play.exchanges[0].requests[0].value, value, 70000) == 0);
    ck_assert_uint_le(play.space_calls, 4);
    play_free(&play);
    mc__buffer_free(&replies);
    free(value);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------------ limits -- */

static const struct {
    size_t      max, len;
    const char *log;
} limit_rows[] = {
    {0, 0, "A0:OK= | reusable"},           {0, 1, "| broken PROTOCOL_ERROR"},
    {10, 9, "A0:OK=xxxxxxxxx | reusable"}, {10, 10, "A0:OK=xxxxxxxxxx | reusable"},
    {10, 11, "| broken PROTOCOL_ERROR"},
};

START_TEST(a_value_over_the_limit_is_not_taken) {
    mc__buffer replies = {0};
    played     play;

    add_value(&replies, "k", "xxxxxxxxxxxxxxxx", limit_rows[_i].len);
    ck_assert(mc__buffer_append(&replies, mc_str("END\r\n")));
    play_init(&play, limit_rows[_i].max);
    play_ask(&play, "get k");
    play_send(&play, SIZE_MAX, 0);
    receive(&play, &replies, 0);
    play_note_state(&play);
    ck_assert_str_eq(play_log(&play), limit_rows[_i].log);
    if (play.pipeline.broken != MC_OK)
        ck_assert_uint_eq(play.space_calls, 0);
    play_free(&play);
    mc__buffer_free(&replies);
}
END_TEST

START_TEST(a_claim_alone_gets_little_memory) {
    played play;

    start(&play, "get k");
    play_receive(&play, "VALUE k 0 1048576\r\n0123456789", 29, 0);
    for (int i = 0; i < 10; i++) {
        mc__area areas[MC__INPUT_SPACES];
        size_t   count;
        ck_assert_int_eq(mc__pipeline_space(&play.pipeline, areas, &count), MC_OK);
        ck_assert_int_eq(mc__pipeline_received(&play.pipeline, 0), MC_OK);
    }
    ck_assert_uint_eq(play.space_calls, 1);
    ck_assert_uint_le(play.space_most, 16384);
    ck_assert_uint_le(play.pipeline.in.capacity, 65536);
    play_free(&play);
}
END_TEST

START_TEST(memory_doubles_with_what_comes) {
    char  *value = make_value(MAX_VALUE_SIZE);
    size_t have = 0;
    played play;

    start(&play, "get k");
    play_receive(&play, "VALUE k 0 1048576\r\n", 19, 0);
    while (have < MAX_VALUE_SIZE) {
        play_receive(&play, value + have, 1024, 0);
        have += 1024;
        ck_assert_uint_le(play.space_most, have <= 16384 ? 16384 : 2 * have);
    }
    ck_assert_uint_eq(play.space_calls, 7); /* 16 KiB, and 6 times twice as much */
    play_free(&play);
    free(value);
}
END_TEST

static size_t show(played *play, mc__area areas[MC__INPUT_SPACES]) {
    size_t count;

    ck_assert_int_eq(mc__pipeline_space(&play->pipeline, areas, &count), MC_OK);
    return count;
}

START_TEST(a_large_value_is_received_where_it_belongs) {
    char    *value = make_value(100000);
    mc__area areas[MC__INPUT_SPACES];
    played   play;

    start(&play, "get a b");
    play_receive(&play, "VALUE a 0 100000\r\n", 18, 0);
    ck_assert_uint_eq(show(&play, areas), 2);
    ck_assert_ptr_eq(areas[0].data, play.exchanges[0].requests[0].value);
    ck_assert_uint_eq(areas[0].len, 16384);
    ck_assert(!mc__pipeline_awaits_all(&play.pipeline));
    ck_assert_int_eq(mc__pipeline_received(&play.pipeline, 1000), MC_OK);
    ck_assert_uint_eq(show(&play, areas), 2);
    ck_assert_ptr_eq(areas[0].data, play.exchanges[0].requests[0].value + 1000);

    /* near its end it is small, and comes through the input buffer with what follows */
    play_receive(&play, value, 96000, 0);
    ck_assert_uint_eq(show(&play, areas), 1);
    ck_assert(!mc__pipeline_awaits_all(&play.pipeline));
    play_free(&play);
    free(value);
}
END_TEST

/* Of a value of the only key it is known what comes to its end, so it can be waited for: not a byte more is asked for. */
START_TEST(what_must_come_is_known) {
    char    *value = make_value(100000);
    size_t   asked = 0;
    mc__area areas[MC__INPUT_SPACES];
    played   play;

    start(&play, "get k");
    play.space_extra = 10000;
    ck_assert(show(&play, areas) == 1 && !mc__pipeline_awaits_all(&play.pipeline));
    play_receive(&play, "VALUE k 0 100000\r\n", 18, 0);
    while (asked < 100000) {
        size_t count = show(&play, areas), len = areas[0].len;
        ck_assert(mc__pipeline_awaits_all(&play.pipeline));
        ck_assert(count == (asked + len == 100000 ? 2 : 1) && asked + len <= 100000);
        if (count == 2)
            ck_assert_uint_eq(areas[1].len, 7); /* two line ends, and the word between them */
        play_receive(&play, value + asked, len, 0);
        asked += len;
    }
    ck_assert(play.space_calls > 1);
    play_receive(&play, "\r\nEND\r\n", 7, 0);
    ck_assert(play.exchanges[0].requests[0].status == MC_OK && mc__pipeline_reusable(&play.pipeline));
    ck_assert(memcmp(play.exchanges[0].requests[0].value, value, 100000) == 0);

    /* The next one's head alone is read first; when it is small, as much as ever behind it. */
    play_ask(&play, "get l");
    play_send(&play, SIZE_MAX, 0);
    ck_assert(show(&play, areas) == 1 && areas[0].len <= 2048 && !mc__pipeline_awaits_all(&play.pipeline));
    play_receive(&play, "VALUE l 0 1\r\nx\r\nEND\r\n", 22, 0);
    play_ask(&play, "get m");
    play_send(&play, SIZE_MAX, 0);
    ck_assert(show(&play, areas) == 1 && areas[0].len > 8192);
    play_free(&play);
    free(value);
}
END_TEST

/* However small the parts are in which it comes, no more lent memory stays in use than has come. */
START_TEST(lent_memory_follows_what_comes) {
    static const size_t parts[] = {1, 2, 3, 7, 100, 1000};
    char               *value = make_value(3000);
    mc__buffer          replies = {0};

    for (const char *key = "abc"; *key; key++)
        add_value(&replies, (char[]){*key, '\0'}, value, *key == 'b' ? 3000 : 10);
    ck_assert(mc__buffer_append(&replies, mc_str("SERVER_ERROR out of memory writing get response\r\n")));
    for (size_t i = 0; i < ROWS(parts); i++) {
        played play;
        start_lending(&play, "get a b c d", true);
        play.quiet = true;
        receive(&play, &replies, parts[i]);
        ck_assert_uint_le(play.kept_before + play.kept, mc__buffer_len(&replies));
        ck_assert(play.values_lent > 0 || parts[i] < 20);
        ck_assert(play.complaints == 0 && mc__pipeline_reusable(&play.pipeline));
        play_free(&play);
    }
    mc__buffer_free(&replies);
    free(value);
}
END_TEST

/* --------------------------------------------------------------------------------------------------------- no memory -- */

static const struct {
    size_t      fails; /* this call for space */
    size_t      len;   /* of the first value */
    const char *log;
} failing_rows[] = {
    {1, 0, "A0:NO_MEMORY A1:OK=x A2:NOT_FOUND~ | reusable"},
    {1, 1, "A0:NO_MEMORY A1:OK=x A2:NOT_FOUND~ | reusable"},
    {1, 100000, "A0:NO_MEMORY A1:OK=x A2:NOT_FOUND~ | reusable"},
    {2, 100000, "A0:NO_MEMORY A1:OK=x A2:NOT_FOUND~ | reusable"},
    {3, 100000, "A0:NO_MEMORY A1:OK=x A2:NOT_FOUND~ | reusable"},
    {4, 100000, "A0:NO_MEMORY A1:OK=x A2:NOT_FOUND~ | reusable"},
    {1, 1048576, "A0:NO_MEMORY A1:OK=x A2:NOT_FOUND~ | reusable"},
    {7, 1048576, "A0:NO_MEMORY A1:OK=x A2:NOT_FOUND~ | reusable"},
    {2, 1, "A0:OK=\\x00 A1:NO_MEMORY A2:NOT_FOUND~ | reusable"},
};

START_TEST(without_memory_a_value_is_thrown_away_in_step) {
    char      *value = make_value(failing_rows[_i].len);
    mc__buffer replies = {0};

    add_value(&replies, "a", value, failing_rows[_i].len);
    ck_assert(mc__buffer_append(&replies, mc_str("VALUE b 0 1\r\nx\r\nEND\r\n")));
    for (size_t way = 0; way < 2 * ROWS(steps); way++) {
        size_t s = way / 2;
        played play;

        start_lending(&play, "get a b c", way % 2 == 1);
        play.space_fails = failing_rows[_i].fails;
        receive(&play, &replies, steps[s]);
        play_note_state(&play);
        ck_assert_str_eq(play_log(&play), failing_rows[_i].log);
        play_free(&play);
    }
    mc__buffer_free(&replies);
    free(value);
}
END_TEST

START_TEST(a_value_thrown_away_must_end_like_any_other) {
    played play;

    start(&play, "get k");
    play.space_fails = 1;
    play_receive(&play, "VALUE k 0 3\r\nabcX", 17, 0);
    play_note_state(&play);
    ck_assert_str_eq(play_log(&play), "| broken PROTOCOL_ERROR");
    play_free(&play);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("arrival");
    TCase *tcase = test_case(suite, "values", 60);

    test_rows(tcase, a_value_of_any_size_comes_whole, sizes);
    tcase_add_test(tcase, a_value_cut_at_each_byte_comes_whole);
    tcase_add_test(tcase, a_value_comes_byte_by_byte);

    tcase = test_case(suite, "limits", 30);
    test_rows(tcase, a_value_over_the_limit_is_not_taken, limit_rows);
    tcase_add_test(tcase, a_claim_alone_gets_little_memory);
    tcase_add_test(tcase, memory_doubles_with_what_comes);
    tcase_add_test(tcase, a_large_value_is_received_where_it_belongs);
    tcase_add_test(tcase, what_must_come_is_known);
    tcase_add_test(tcase, lent_memory_follows_what_comes);

    tcase = test_case(suite, "no memory", 30);
    test_rows(tcase, without_memory_a_value_is_thrown_away_in_step, failing_rows);
    tcase_add_test(tcase, a_value_thrown_away_must_end_like_any_other);
    return suite;
}
