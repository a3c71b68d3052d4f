/* Quiet writes: what goes on the wire, and what each stream of replies comes to, however it is cut. */
#include "protocol/quiet.h"

#include "support/check_main.h"
#include "support/play.h"
#include "support/realloc_failure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_VALUE_SIZE 1048576

/* ----------------------------------------------------------------------------------------------------------- writing -- */

typedef struct write_row {
    mc__verb    verb;
    const char *prefix;
    size_t      count, window;
    mc__request requests[3];
    const char *wire;
} write_row;

#define T(literal)                                                                                                          \
    { literal, sizeof(literal) - 1 }

#define LONG "0123456789abcdef0123456789abcdef"

static const write_row write_rows[] = {
    {MC__VERB_SET, "", 1, 9, {{.key = T("k"), .value = T("v")}}, "ms k 1 q\r\nv\r\nmn\r\n"},
    {MC__VERB_SET, "", 1, 1, {{.key = T("k"), .value = T("")}}, "ms k 0 q\r\n\r\nmn\r\n"},
    {MC__VERB_SET,
     "",
     3,
     9,
     {{.key = T("a"), .value = T("1")}, {.key = T("b"), .value = T("22")}, {.key = T("c"), .value = T("33")}},
     "ms a 1 q\r\n1\r\nms b 2 q\r\n22\r\nms c 2 q\r\n33\r\nmn\r\n"},
    {MC__VERB_SET, "p:", 1, 9, {{.key = T("k"), .value = T("value"), .flags = 5}}, "ms p:k 5 q F5\r\nvalue\r\nmn\r\n"},
    {MC__VERB_SET, "", 1, 9, {{.key = T("k"), .value = T("v"), .exptime = 60}}, "ms k 1 q T60\r\nv\r\nmn\r\n"},
    {MC__VERB_SET, "", 1, 9, {{.key = T("k"), .value = T("v"), .exptime = -1}}, "ms k 1 q T-1\r\nv\r\nmn\r\n"},
    {MC__VERB_SET,
     "",
     1,
     9,
     {{.key = T("k"), .value = T("v"), .flags = UINT32_MAX, .exptime = INT64_MIN}},
     "ms k 1 q F4294967295 T-9223372036854775808\r\nv\r\nmn\r\n"},
    {MC__VERB_SET, "", 1, 9, {{.key = T("\x80\xff"), .value = T("\r\n")}}, "ms \x80\xff 2 q\r\n\r\n\r\nmn\r\n"},
    {MC__VERB_SET,
     "",
     3,
     2,
     {{.key = T("fifteen bytes.."), .value = T("fifteen bytes..")},
      {.key = T("sixteen bytes..."), .value = T("sixteen bytes...")},
      {.key = T("seventeen bytes.."), .value = T("seventeen bytes..")}},
     "ms fifteen bytes.. 15 q\r\nfifteen bytes..\r\nms sixteen bytes... 16 q\r\nsixteen bytes...\r\nmn\r\n"
     "ms seventeen bytes.. 17 q\r\nseventeen bytes..\r\nmn\r\n"},
    {MC__VERB_SET,
     "",
     2,
     9,
     {{.key = T(LONG), .value = T(LONG)}, {.key = T(LONG "."), .value = T(LONG ".")}},
     "ms " LONG " 32 q\r\n" LONG "\r\nms " LONG ". 33 q\r\n" LONG ".\r\nmn\r\n"},
    {MC__VERB_DELETE, "", 1, 9, {{.key = T("k")}}, "md k q O0\r\nmn\r\n"},
    {MC__VERB_DELETE,
     "p:",
     2,
     1,
     {{.key = T("k"), .flags = 5, .exptime = 60}, {.key = T("l")}},
     "md p:k q O0\r\nmn\r\nmd p:l q O1\r\nmn\r\n"},
};

START_TEST(requests_are_written) {
    const write_row *row = &write_rows[_i];
    mc__command      command = {.verb = row->verb, .prefix = mc_str(row->prefix), .quiet = true};
    size_t           size = 0;
    played           play;

    play_init(&play, MAX_VALUE_SIZE);
    play_ask_windows(&play, command, row->requests, row->count, row->window);
    for (size_t i = 0; i < row->count; i++)
        size += mc__exchange_unit_size(&play.exchanges[0].exchange, i);
    play_send(&play, SIZE_MAX, 0);
    ck_assert(mc__slice_equal(mc__buffer_readable(&play.wire), mc_str(row->wire)));
    ck_assert_uint_eq(size, strlen(row->wire));
    play_free(&play);
}
END_TEST

/* The numbers count on over every place where a digit is added. */
START_TEST(numbers_count_on) {
    enum { COUNT = 10100 };
    static mc__request requests[COUNT];
    mc__buffer         expected = {0};
    played             play;

    play_init(&play, MAX_VALUE_SIZE);
    for (size_t i = 0; i < COUNT; i++) {
        char line[32];

        requests[i].key = mc_str("k");
        snprintf(line, sizeof line, "md k q O%zu\r\n", i);
        ck_assert(mc__buffer_append(&expected, mc_str(line)));
        ck_assert((i + 1) % 1000 != 0 || mc__buffer_append(&expected, mc_str("mn\r\n")));
    }
    ck_assert(mc__buffer_append(&expected, mc_str("mn\r\n")));
    play_ask_windows(&play, (mc__command){.verb = MC__VERB_DELETE, .quiet = true}, requests, COUNT, 1000);
    play_send(&play, SIZE_MAX, 0);
    ck_assert(mc__slice_equal(mc__buffer_readable(&play.wire), mc__buffer_readable(&expected)));
    mc__buffer_free(&expected);
    play_free(&play);
}
END_TEST

START_TEST(the_longest_line_is_written) {
    static char prefix[249], key[1] = "k";
    mc__command command = {.verb = MC__VERB_SET, .prefix = mc_bytes(prefix, sizeof prefix), .quiet = true};
    mc__request request = {.key = mc_bytes(key, 1), .value = mc_str("v"), .flags = UINT32_MAX, .exptime = INT64_MIN};
    played      play;

    memset(prefix, 'p', sizeof prefix);
    play_init(&play, MAX_VALUE_SIZE);
    play_ask_windows(&play, command, &request, 1, 1);
    play_send(&play, SIZE_MAX, 0);
    ck_assert_uint_eq(mc__buffer_len(&play.wire), mc__exchange_unit_size(&play.exchanges[0].exchange, 0));
    play_free(&play);
}
END_TEST

static void give_one(const mc__exchange *exchange, size_t i, mc__request *request) {
    *request = (mc__request){.key = exchange->keys[i], .value = mc_str("v")};
}

START_TEST(without_memory_nothing_is_written) {
    static const mc__exchange_ops ops = {.request = give_one};
    static const mc__verb         verbs[] = {MC__VERB_SET, MC__VERB_DELETE};
    mc_slice                      key = mc_str("k");
    mc__exchange                  exchange = {
                         .ops = &ops, .command = {.verb = verbs[_i], .quiet = true}, .count = 1, .window = 1, .keys = &key};
    mc__quiet_borrowed borrowed;
    mc__buffer         out = {0};

    realloc_failure_at(1);
    ck_assert_uint_eq(mc__quiet_write(&exchange, 0, 1024, 1024, &out, &borrowed), 0);
    realloc_failure_at(0);
    ck_assert_uint_eq(mc__buffer_len(&out), 0);
    ck_assert_uint_eq(mc__quiet_write(&exchange, 0, 1024, 1024, &out, &borrowed), 1);
    mc__buffer_free(&out);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------- conversations --
 */

typedef struct talk_row {
    const char *asked;
    const char *wire; /* NULL: not looked at */
    const char *replies;
    const char *log;
} talk_row;

#define SETS "ms a 2 q F5\r\nva\r\nms b 2 q F5\r\nvb\r\n"

static const talk_row talks[] = {
    {"window=1024 set a b", SETS "mn\r\n", "MN\r\n", "A0:OK~ A1:OK~ | reusable"},
    {"window=2 set a b", SETS "mn\r\n", "MN\r\n", "A0:OK~ A1:OK~ | reusable"},
    {"window=2 set a b c", SETS "mn\r\nms c 2 q F5\r\nvc\r\nmn\r\n", "MN\r\nMN\r\n", "A0:OK~ A1:OK~ A2:OK~ | reusable"},
    {"window=1 delete a b", "md a q O0\r\nmn\r\nmd b q O1\r\nmn\r\n", "NF O0\r\nMN\r\nMN\r\n",
     "A0:NOT_FOUND~ A1:OK~ | reusable"},
    {"prefix=p: window=9 delete a", "md p:a q O0\r\nmn\r\n", "MN\r\n", "A0:OK~ | reusable"},
    {"window=9 delete a b c", NULL, "MN\r\n", "A0:OK~ A1:OK~ A2:OK~ | reusable"},
    {"window=9 delete a b c", NULL, "NF O0\r\nNF O1\r\nNF O2\r\nMN\r\n",
     "A0:NOT_FOUND~ A1:NOT_FOUND~ A2:NOT_FOUND~ | reusable"},
    {"window=9 delete a b c", NULL, "NF  O2\r\nNF O1\r\nMN\r\n", "A0:OK~ A1:NOT_FOUND~ A2:NOT_FOUND~ | reusable"},
    {"window=2 delete a b c d", NULL, "NF O1\r\nMN\r\nNF O2\r\nMN\r\n",
     "A0:OK~ A1:NOT_FOUND~ A2:NOT_FOUND~ A3:OK~ | reusable"},

    /* before its MN nothing of a window is known */
    {"window=9 set a b c", NULL, "", "| waiting"},
    {"window=9 delete a b c", NULL, "NF O1\r\n", "| waiting"},
    {"window=2 set a b c", NULL, "MN\r\n", "A0:OK~ A1:OK~ | waiting"},

    /* an error that names no key: all from its window on is asked again */
    {"window=9 set a b c", NULL, "SERVER_ERROR object too large for cache\r\nMN\r\n",
     "A0:again A1:again A2:again | reusable"},
    {"window=9 set a b c", NULL, "SERVER_ERROR x\r\nNS\r\nSERVER_ERROR y\r\nMN\r\n",
     "A0:again A1:again A2:again | reusable"},
    {"window=1 set a b c", NULL, "MN\r\nSERVER_ERROR out of memory storing object\r\nMN\r\nMN\r\n",
     "A0:OK~ A1:again A2:again | reusable"},
    {"window=9 set a b c", NULL, "SERVER_ERROR x\r\n", "| waiting"},

    /* a delete must not be asked again: what the first removed, the second would miss */
    {"window=9 delete a b", NULL, "SERVER_ERROR x\r\nMN\r\n", "| broken PROTOCOL_ERROR"},
    {"window=9 delete a b", NULL, "CLIENT_ERROR x\r\n", "| broken PROTOCOL_ERROR"},
    {"window=9 delete a b", NULL, "ERROR\r\n", "| broken PROTOCOL_ERROR"},

    /* a server that takes quiet sets wrong */
    {"window=9 set a b", NULL, "ERROR\r\n", "| broken CLIENT_ERROR"},
    {"window=9 set a b", NULL, "CLIENT_ERROR invalid flag\r\nERROR\r\nMN\r\n", "| broken CLIENT_ERROR"},
    {"window=9 set a b", NULL, "NS\r\nERROR\r\n", "| broken CLIENT_ERROR"},
    {"window=9 set a b", NULL, "NS\r\nMN\r\n", "A0:again A1:again | reusable"},
    {"window=1 set a b", NULL, "MN\r\nERROR\r\n", "A0:OK~ | broken CLIENT_ERROR"},

    /* out of step */
    {"window=9 delete a b", NULL, "NF O0\r\nNF O0\r\n", "| broken PROTOCOL_ERROR"},
    {"window=9 delete a b", NULL, "NF O2\r\n", "| broken PROTOCOL_ERROR"},
    {"window=9 delete a b", NULL, "NF O18446744073709551615\r\n", "| broken PROTOCOL_ERROR"},
    {"window=1 delete a b", NULL, "NF O1\r\n", "| broken PROTOCOL_ERROR"},
    {"window=1 delete a b", NULL, "MN\r\nNF O0\r\n", "A0:OK~ | broken PROTOCOL_ERROR"},
    {"window=9 delete a b", NULL, "NF\r\n", "| broken PROTOCOL_ERROR"},
    {"window=9 delete a b", NULL, "NF O\r\n", "| broken PROTOCOL_ERROR"},
    {"window=9 delete a b", NULL, "NF O01\r\n", "| broken PROTOCOL_ERROR"},
    {"window=9 delete a b", NULL, "NF O1 ka\r\n", "| broken PROTOCOL_ERROR"},
    {"window=9 delete a b", NULL, "NF ka\r\n", "| broken PROTOCOL_ERROR"},
    {"window=9 delete a b", NULL, "NS\r\n", "| broken PROTOCOL_ERROR"},
    {"window=9 set a b", NULL, "NS O0\r\n", "| broken PROTOCOL_ERROR"},
    {"window=9 delete a b", NULL, "EX O0\r\n", "| broken PROTOCOL_ERROR"},
    {"window=9 delete a b", NULL, "HD O0\r\n", "| broken PROTOCOL_ERROR"},
    {"window=9 delete a b", NULL, "HD\r\n", "| broken PROTOCOL_ERROR"},
    {"window=9 delete a b", NULL, "DELETED\r\n", "| broken PROTOCOL_ERROR"},
    {"window=9 delete a b", NULL, "NOT_FOUND\r\n", "| broken PROTOCOL_ERROR"},
    {"window=9 set a b", NULL, "NF O0\r\n", "| broken PROTOCOL_ERROR"},
    {"window=9 set a b", NULL, "EX O0\r\n", "| broken PROTOCOL_ERROR"},
    {"window=9 set a b", NULL, "HD O0\r\n", "| broken PROTOCOL_ERROR"},
    {"window=9 set a b", NULL, "STORED\r\n", "| broken PROTOCOL_ERROR"},
    {"window=9 set a b", NULL, "END\r\n", "| broken PROTOCOL_ERROR"},
    {"window=9 set a b", NULL, "VALUE a 0 2\r\nva\r\n", "| broken PROTOCOL_ERROR"},
    {"window=9 set a b", NULL, "MNX\r\n", "| broken PROTOCOL_ERROR"},
    {"window=9 set a b", NULL, "MN\n", "| broken PROTOCOL_ERROR"},
    {"window=9 set a b", NULL, "MN\r\nMN\r\n", "A0:OK~ A1:OK~ | idle"},
    {"window=9 delete a b", NULL, "MN\r\nNF O0\r\n", "A0:OK~ A1:OK~ | idle"},
    {"get a", NULL, "MN\r\n", "| broken PROTOCOL_ERROR"},
    {"delete a", NULL, "NF O0\r\n", "| broken PROTOCOL_ERROR"},
    {"set a", NULL, "NS\r\n", "| broken PROTOCOL_ERROR"},

    /* beside others */
    {"window=9 set a b; get k", NULL, "MN\r\nEND\r\n", "A0:OK~ A1:OK~ B0:NOT_FOUND~ | reusable"},
    {"get k; window=9 delete a b", NULL, "END\r\nNF O1\r\nMN\r\n", "A0:NOT_FOUND~ B0:OK~ B1:NOT_FOUND~ | reusable"},
    {"window=9 set a; window=9 delete a", NULL, "MN\r\nMN\r\n", "A0:OK~ B0:OK~ | reusable"},
    {"set x noreply; window=9 set a b", NULL, "MN\r\n", "A0:OK~ B0:OK~ B1:OK~ | reusable"},
    {"set x noreply; window=9 set a b", NULL, "SERVER_ERROR of whom?\r\n", "A0:OK~ | broken PROTOCOL_ERROR"},
    {"set x noreply; window=9 set a b", NULL, "NS\r\nSERVER_ERROR x\r\nMN\r\n", "A0:OK~ B0:again B1:again | reusable"},

    /* the question */
    {"mn 0 1 2", "mn\r\nms mcclient 2 MX\r\nxx\r\nmn\r\n", "MN\r\nCLIENT_ERROR invalid mode for ms M token\r\nMN\r\n",
     "A0:OK A1:OK=invalid mode for ms M token A2:OK | reusable"},
    {"mn 0 1 2", NULL, "ERROR\r\n", "| broken PROTOCOL_ERROR"},
    {"mn 0 1 2", NULL, "CLIENT_ERROR x\r\n", "| broken PROTOCOL_ERROR"},
    {"mn 0 1 2", NULL, "EN\r\n", "| broken PROTOCOL_ERROR"},
    {"mn 0 1 2", NULL, "MN\r\nERROR\r\n", "A0:OK | broken PROTOCOL_ERROR"},
    {"mn 0 1 2", NULL, "MN\r\nCLIENT_ERROR invalid flag\r\nERROR\r\nMN\r\n",
     "A0:OK A1:OK=invalid flag | broken PROTOCOL_ERROR"},
    {"mn 0 1 2", NULL, "MN\r\nCLIENT_ERROR invalid flag\r\nCLIENT_ERROR x\r\n",
     "A0:OK A1:OK=invalid flag | broken PROTOCOL_ERROR"},
    {"mn 0 1 2", NULL, "MN\r\nNS\r\n", "A0:OK | broken PROTOCOL_ERROR"},
    {"mn 0 1 2", NULL, "ERROR Too many open connections\r\n", "| broken UNREACHABLE"},
    {"set x noreply; mn 0 1 2", NULL, "ERROR\r\n", "A0:OK~ | broken PROTOCOL_ERROR"},
    {"set x noreply; mn 0 1 2", NULL, "MN\r\nCLIENT_ERROR x\r\nMN\r\n", "A0:OK~ B0:OK B1:OK=x B2:OK | reusable"},
};

static void play_row(const talk_row *row, size_t first, size_t step) {
    played play;

    play_init(&play, MAX_VALUE_SIZE);
    play_ask(&play, row->asked);
    play_send(&play, SIZE_MAX, step);
    if (row->wire)
        ck_assert(mc__slice_equal(mc__buffer_readable(&play.wire), mc_str(row->wire)));
    play_receive(&play, row->replies, first, step);
    play_receive(&play, row->replies + first, strlen(row->replies) - first, step);
    play_note_state(&play);
    ck_assert_msg(strcmp(play_log(&play), row->log) == 0, "\"%s\", cut at %zu in pieces of %zu: \"%s\"", row->replies, first,
                  step, play_log(&play));
    ck_assert_uint_eq(play.complaints, 0);
    play_free(&play);
}

START_TEST(a_conversation_comes_to_what_it_says) {
    const talk_row *row = &talks[_i];

    play_row(row, 0, 0);
    play_row(row, 0, 1);
    for (size_t cut = 0; cut <= strlen(row->replies); cut++)
        play_row(row, cut, 0);
}
END_TEST

/* ----------------------------------------------------------------------------------------------- sent in part, cut off --
 */

/* Where the bytes of a request end. */
static const size_t sent_ends[] = {17, 38, 55,
                                   76}; /* of window=2 set a b c d: "ms a 2 q F5\r\nva\r\n", "mn\r\n" with b, d */

START_TEST(what_was_sent_is_known) {
    size_t sent = (size_t)_i;
    size_t begun = 0;
    played play;

    play_init(&play, MAX_VALUE_SIZE);
    play_ask(&play, "window=2 set a b c d");
    ck_assert_uint_eq(play_send(&play, sent, 0), sent);
    for (size_t i = 0; i < 4; i++)
        begun += sent > (i == 0 ? 0 : sent_ends[i - 1]);
    mc__pipeline_abandon(&play.pipeline, MC_TIMEOUT);
    ck_assert_uint_eq(play.exchanges[0].exchange.answered, 0);
    ck_assert_uint_eq(play.exchanges[0].exchange.sent, begun);
    play_free(&play);
}
END_TEST

static const struct {
    const char *asked, *replies, *log;
    size_t      sent;
    size_t      answered, may_have_arrived;
} cut_rows[] = {
    {"window=4 delete a b c d", "NF O0\r\nNF O2\r\n", "A0:NOT_FOUND~ A1:TIMEOUT~ A2:NOT_FOUND~ A3:TIMEOUT~", 999, 4, 4},
    {"window=4 delete a b c d", "NF O0\r\n", "A0:NOT_FOUND~ A1:TIMEOUT~", 22, 2, 2},
    {"window=4 delete a b c d", "NF O0\r\n", "A0:NOT_FOUND~ A1:TIMEOUT~ A2:TIMEOUT~", 23, 3, 3},
    {"window=4 delete a b c d", "N", "A0:TIMEOUT~ A1:TIMEOUT~ A2:TIMEOUT~", 23, 3, 3},
    {"window=4 delete a b c d", "", "", 23, 0, 3},
    {"window=2 delete a b c d", "NF O0\r\n", "A0:NOT_FOUND~ A1:TIMEOUT~", 999, 2, 4},
    {"window=2 delete a b c d", "NF O0\r\nMN\r\n", "A0:NOT_FOUND~ A1:OK~", 999, 2, 4},
    {"window=2 delete a b c d", "NF O0\r\nMN\r\nNF O2\r\nM", "A0:NOT_FOUND~ A1:OK~ A2:NOT_FOUND~ A3:TIMEOUT~", 999, 4, 4},
    {"window=2 set a b c d", "SERVER_ERROR x\r\n", "A0:TIMEOUT~ A1:TIMEOUT~", 999, 2, 4},
    {"window=2 set a b c d", "SERVER_ERROR x\r\nMN\r\nN", "A0:again A1:again A2:TIMEOUT~ A3:TIMEOUT~", 999, 4, 4},
    {"window=2 set a b c d", "ERROR\r\n", "", 999, 0, 4},
    {"window=2 set a b c d", "NS\r\nERROR\r\n", "", 999, 0, 4},
    {"window=2 set a b c d", "NF O0\r\n", "A0:TIMEOUT~ A1:TIMEOUT~", 999, 2, 4},
};

/* Of an answer that has begun: what was refused, and what may have been sent, is known; what was not sent, is not answered.
 */
START_TEST(an_answer_that_is_cut_off) {
    played play;

    play_init(&play, MAX_VALUE_SIZE);
    play_ask(&play, cut_rows[_i].asked);
    play_send(&play, cut_rows[_i].sent, 0);
    play_receive(&play, cut_rows[_i].replies, strlen(cut_rows[_i].replies), 0);
    mc__pipeline_abandon(&play.pipeline, MC_TIMEOUT);
    ck_assert_str_eq(play_log(&play), cut_rows[_i].log);
    ck_assert_uint_eq(play.exchanges[0].exchange.answered, cut_rows[_i].answered);
    ck_assert_uint_eq(play.exchanges[0].exchange.sent, cut_rows[_i].may_have_arrived);
    ck_assert_uint_eq(play.complaints, 0);
    play_free(&play);
}
END_TEST

/* A refusal of a request, or an MN, before all of it is sent, is none. */
START_TEST(nothing_is_answered_before_it_is_sent) {
    static const struct {
        const char *replies;
        size_t      sent; /* the first from which on the reply is legal */
    } rows[] = {{"NF O0\r\n", 11}, {"NF O1\r\n", 26}, {"MN\r\n", 26}};

    for (size_t sent = 0; sent <= 26; sent++) {
        bool   legal = sent >= rows[_i].sent;
        played play;

        play_init(&play, MAX_VALUE_SIZE);
        play_ask(&play, "window=2 delete a b");
        play_send(&play, sent, 0);
        ck_assert_int_eq(play_receive(&play, rows[_i].replies, strlen(rows[_i].replies), 0),
                         legal ? MC_OK : MC_PROTOCOL_ERROR);
        play_free(&play);
    }
}
END_TEST

/* What is left is asked on another connection, from the first without an answer on, with the windows where they were. */
START_TEST(the_rest_is_asked_elsewhere) {
    played first, second;

    play_init(&first, MAX_VALUE_SIZE);
    play_init(&second, MAX_VALUE_SIZE);
    play_ask(&first, "window=2 delete a b c d e");
    play_send(&first, 37, 0); /* up to the first byte of d */
    play_receive(&first, "MN\r\nNF O2\r\n", 11, 0);
    mc__pipeline_abandon(&first.pipeline, MC_CONNECTION_LOST);
    play_ask_again(&second, &first.exchanges[0]);
    play_send(&second, SIZE_MAX, 0);
    ck_assert(mc__slice_equal(mc__buffer_readable(&second.wire), mc_str("md d q O3\r\nmn\r\nmd e q O4\r\nmn\r\n")));
    play_free(&second);
    play_free(&first);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------------- many -- */

#define MANY 3000

/* Values of all sizes, some sent from where they are, in windows of all sizes; sent and received in pieces. */
START_TEST(many_in_windows) {
    static const size_t windows[] = {1, 2, 7, 64, 1000, 1024};
    static const size_t steps[] = {0, 1000, 70001};
    static char         value[40000];
    mc__request        *requests = calloc(MANY, sizeof *requests);
    char(*keys)[16] = calloc(MANY, sizeof *keys);
    size_t     window = windows[_i % 6], step = steps[_i / 6 % 3], size = 0;
    bool       sets = _i / 18 == 0;
    mc__buffer replies = {0};
    played     play;

    ck_assert(requests && keys);
    play_init(&play, MAX_VALUE_SIZE);
    play.quiet = true;
    for (size_t i = 0; i < MANY; i++) {
        snprintf(keys[i], sizeof keys[i], "key:%zu", i);
        requests[i] = (mc__request){.key = mc_str(keys[i]), .value = mc_bytes(value, i % 100 == 99 ? sizeof value : i % 50)};
    }
    play_ask_windows(&play, (mc__command){.verb = sets ? MC__VERB_SET : MC__VERB_DELETE, .quiet = true}, requests, MANY,
                     window);
    for (size_t i = 0; i < MANY; i++)
        size += mc__exchange_unit_size(&play.exchanges[0].exchange, i);
    ck_assert_uint_eq(play_send(&play, SIZE_MAX, step), size);
    for (size_t i = 0; i < MANY; i++) {
        char line[32];
        snprintf(line, sizeof line, "NF O%zu\r\n", i);
        ck_assert(sets || i % 3 != 0 || mc__buffer_append(&replies, mc_str(line)));
        ck_assert((i + 1) % window != 0 || mc__buffer_append(&replies, mc_str("MN\r\n")));
    }
    ck_assert(MANY % window == 0 || mc__buffer_append(&replies, mc_str("MN\r\n")));
    play_receive(&play, mc__buffer_readable(&replies).data, mc__buffer_len(&replies), step);
    ck_assert(mc__pipeline_reusable(&play.pipeline) && play.complaints == 0);
    for (size_t i = 0; i < MANY; i++) {
        const play_request *request = &play.exchanges[0].requests[i];
        ck_assert(request->answers == 1 && request->status == (!sets && i % 3 == 0 ? MC_NOT_FOUND : MC_OK));
    }
    play_free(&play);
    mc__buffer_free(&replies);
    free(keys);
    free(requests);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("quiet");
    TCase *tcase;

    tcase = test_case(suite, "writing", 10);
    test_rows(tcase, requests_are_written, write_rows);
    tcase_add_test(tcase, numbers_count_on);
    tcase_add_test(tcase, the_longest_line_is_written);
    tcase_add_loop_test(tcase, without_memory_nothing_is_written, 0, 2);

    tcase = test_case(suite, "talking", 30);
    test_rows(tcase, a_conversation_comes_to_what_it_says, talks);
    tcase_add_loop_test(tcase, many_in_windows, 0, 36);

    tcase = test_case(suite, "cut off", 30);
    tcase_add_loop_test(tcase, what_was_sent_is_known, 0, 77);
    test_rows(tcase, an_answer_that_is_cut_off, cut_rows);
    tcase_add_loop_test(tcase, nothing_is_answered_before_it_is_sent, 0, 3);
    tcase_add_test(tcase, the_rest_is_asked_elsewhere);
    return suite;
}
