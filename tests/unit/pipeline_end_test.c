/* When a connection or the memory ends: what was answered, what may have arrived, what can be asked elsewhere. */
#include "protocol/pipeline.h"

#include "support/check_main.h"
#include "support/play.h"
#include "support/realloc_failure.h"

#include <stdlib.h>
#include <string.h>

#define MAX_VALUE_SIZE 1048576

/* A conversation, unit by unit, as it stands on the wire. */

#define ASKED "get a b c; set k; delete x y noreply; incr n m; stats; get d"
#define EXCHANGES 6
#define REQUESTS_MAX 3
#define NOBODY (-1)
#define THE_REST (-2) /* the requests of the unit that have no answer yet are misses */

typedef struct piece {
    const char *text;
    int         request; /* that has its answer at the piece's end */
    mc_status   status;
} piece;

typedef struct unit {
    size_t      exchange, first, end;
    const char *wire;
    piece       pieces[3];
} unit;

static const unit units[] = {
    {0,
     0,
     3,
     "get a b c\r\n",
     {{"VALUE c 0 2\r\n33\r\n", 2, MC_OK}, {"VALUE a 0 1\r\n1\r\n", 0, MC_OK}, {"END\r\n", THE_REST, MC_NOT_FOUND}}},
    {1, 0, 1, "set k 5 0 2\r\nvk\r\n", {{"STORED\r\n", 0, MC_OK}}},
    {2, 0, 1, "delete x noreply\r\n", {{0}}},
    {2, 1, 2, "delete y noreply\r\n", {{0}}},
    {3, 0, 1, "incr n 7\r\n", {{"8\r\n", 0, MC_OK}}},
    {3, 1, 2, "incr m 7\r\n", {{"NOT_FOUND\r\n", 1, MC_NOT_FOUND}}},
    {4, 0, 1, "stats\r\n", {{"STAT a b\r\n", NOBODY, MC_OK}, {"END\r\n", 0, MC_OK}}},
    {5, 0, 1, "get d\r\n", {{"END\r\n", THE_REST, MC_NOT_FOUND}}},
};

static bool is_silent(const unit *of) {
    return of->pieces[0].text == NULL;
}

static size_t reply_len(const unit *of) {
    size_t len = 0;

    for (size_t p = 0; p < ROWS(of->pieces) && of->pieces[p].text; p++)
        len += strlen(of->pieces[p].text);
    return len;
}

/* What must have come of each request. */
typedef struct model {
    bool      answered[EXCHANGES][REQUESTS_MAX];
    mc_status status[EXCHANGES][REQUESTS_MAX];
    size_t    sent[EXCHANGES];
} model;

static void answer_in_model(model *made, size_t exchange, size_t request, mc_status status) {
    made->answered[exchange][request] = true;
    made->status[exchange][request] = status;
}

static void answer_rest(model *made, const unit *of, mc_status status) {
    for (size_t i = of->first; i < of->end; i++) {
        if (!made->answered[of->exchange][i])
            answer_in_model(made, of->exchange, i, status);
    }
}

/* received bytes of this unit's reply have come, and then the end with status. */
static void hear(model *made, const unit *of, size_t received, mc_status status) {
    size_t at = 0;

    if (received == 0)
        return;
    for (size_t p = 0; p < ROWS(of->pieces) && of->pieces[p].text; p++) {
        at += strlen(of->pieces[p].text);
        if (at > received) {
            answer_rest(made, of, status);
            return;
        }
        if (of->pieces[p].request == THE_REST)
            answer_rest(made, of, of->pieces[p].status);
        else if (of->pieces[p].request != NOBODY)
            answer_in_model(made, of->exchange, (size_t)of->pieces[p].request, of->pieces[p].status);
    }
    if (at == reply_len(of))
        answer_rest(made, of, status);
}

/* sent bytes of the output have left and received bytes of the replies have come when the connection ends with status. */
static model model_of(size_t sent, size_t received, mc_status status) {
    model  made = {0};
    size_t start = 0;

    for (size_t u = 0; u < ROWS(units); u++) {
        const unit *of = &units[u];
        size_t      end = start + strlen(of->wire);
        size_t      len = reply_len(of) < received ? reply_len(of) : received;

        if (sent > start)
            made.sent[of->exchange] = of->end;
        if (is_silent(of) && sent >= end)
            answer_rest(&made, of, MC_OK);
        if (!is_silent(of))
            hear(&made, of, len, status);
        received -= len;
        start = end;
    }
    return made;
}

static size_t wire_len(void) {
    size_t len = 0;

    for (size_t u = 0; u < ROWS(units); u++)
        len += strlen(units[u].wire);
    return len;
}

/* How many bytes of replies there can be when sent bytes of the output have left. */
static size_t replies_len(size_t sent) {
    size_t len = 0, end = 0;

    for (size_t u = 0; u < ROWS(units); u++) {
        end += strlen(units[u].wire);
        if (end <= sent)
            len += reply_len(&units[u]);
    }
    return len;
}

static void add_replies(mc__buffer *replies, const unit *of) {
    for (size_t p = 0; p < ROWS(of->pieces) && of->pieces[p].text; p++)
        ck_assert(mc__buffer_append(replies, mc_str(of->pieces[p].text)));
}

/* Plays the conversation up to there and abandons it. */
static void play_up_to(played *play, size_t sent, size_t received, mc_status status) {
    mc__buffer replies = {0};

    for (size_t u = 0; u < ROWS(units); u++)
        add_replies(&replies, &units[u]);
    play_init(play, MAX_VALUE_SIZE);
    play_ask(play, ASKED);
    ck_assert_uint_eq(play_send(play, sent, sent % 3), sent);
    ck_assert_int_eq(play_receive(play, replies.data, received, 0), MC_OK);
    mc__pipeline_abandon(&play->pipeline, status);
    mc__buffer_free(&replies);
}

/* Requests that may have arrived; of an exchange that is answered, sent says nothing. */
static size_t may_have_arrived(const mc__exchange *exchange) {
    return exchange->sent > exchange->answered ? exchange->sent : exchange->answered;
}

static void assert_as_in(const played *play, const model *expected, size_t sent, size_t received) {
    for (size_t e = 0; e < EXCHANGES; e++) {
        const play_exchange *exchange = &play->exchanges[e];
        ck_assert_msg(may_have_arrived(&exchange->exchange) == expected->sent[e],
                      "%c: %zu sent, not %zu, after %zu and %zu bytes", exchange->letter, exchange->exchange.sent,
                      expected->sent[e], sent, received);
        for (size_t i = 0; i < exchange->exchange.count; i++) {
            const play_request *request = &exchange->requests[i];
            ck_assert_msg(request->answers == expected->answered[e][i], "%c%zu: %u answers after %zu and %zu bytes",
                          exchange->letter, i, request->answers, sent, received);
            if (request->answers > 0)
                ck_assert_int_eq(request->status, expected->status[e][i]);
        }
    }
}

typedef void end_fn(played *play, const model *expected);

static void at_each_point(mc_status status, end_fn *then) {
    for (size_t sent = 0; sent <= wire_len(); sent++) {
        for (size_t received = 0; received <= replies_len(sent); received++) {
            model  expected = model_of(sent, received, status);
            played play;

            play_up_to(&play, sent, received, status);
            assert_as_in(&play, &expected, sent, received);
            ck_assert(mc__pipeline_idle(&play.pipeline) && !mc__pipeline_reusable(&play.pipeline));
            ck_assert(!mc__pipeline_wants_output(&play.pipeline));
            then(&play, &expected);
            ck_assert_uint_eq(play.complaints, 0);
            play_free(&play);
        }
    }
}

/* Every request without an answer is told whether it may have arrived. */
static void end_all(played *play, const model *expected) {
    for (size_t e = 0; e < EXCHANGES; e++) {
        play_exchange *exchange = &play->exchanges[e];
        mc__exchange_end(&exchange->exchange, MC_TIMEOUT, MC_UNREACHABLE);
        ck_assert_uint_eq(exchange->exchange.answered, exchange->exchange.count);
        for (size_t i = 0; i < exchange->exchange.count; i++) {
            mc_status status = i < expected->sent[e] ? MC_TIMEOUT : MC_UNREACHABLE;
            ck_assert_uint_eq(exchange->requests[i].answers, 1);
            ck_assert_int_eq(exchange->requests[i].status, expected->answered[e][i] ? expected->status[e][i] : status);
        }
    }
}

START_TEST(abandoned_and_ended) {
    at_each_point(MC_CONNECTION_LOST, end_all);
}
END_TEST

/* The units that have no answer, and what a second server says to them. */
static void remainder_of(const model *expected, mc__buffer *wire, mc__buffer *replies) {
    for (size_t u = 0; u < ROWS(units); u++) {
        const unit *of = &units[u];
        bool        answered = expected->answered[of->exchange][of->end - 1];

        for (size_t i = of->first; i < of->end; i++)
            answered = answered && expected->answered[of->exchange][i];
        if (answered)
            continue;
        ck_assert(mc__buffer_append(wire, mc_str(of->wire)));
        add_replies(replies, of);
    }
}

/* Another pipeline asks what has no answer, and nothing else. */
static void ask_another(played *play, const model *expected) {
    model      all = model_of(wire_len(), SIZE_MAX, MC_OK);
    mc__buffer wire = {0}, replies = {0};
    mc_slice   bytes;
    played     second;

    remainder_of(expected, &wire, &replies);
    play_init(&second, MAX_VALUE_SIZE);
    for (size_t e = 0; e < EXCHANGES; e++)
        play_ask_again(&second, &play->exchanges[e]);
    play_send(&second, SIZE_MAX, mc__buffer_len(&wire) % 4);
    ck_assert(mc__slice_equal(mc__buffer_readable(&second.wire), mc__buffer_readable(&wire)));
    bytes = mc__buffer_readable(&replies);
    ck_assert_int_eq(play_receive(&second, bytes.data, bytes.len, 0), MC_OK);
    ck_assert(mc__pipeline_reusable(&second.pipeline));
    for (size_t e = 0; e < EXCHANGES; e++) {
        for (size_t i = 0; i < play->exchanges[e].exchange.count; i++) {
            const play_request *request = &play->exchanges[e].requests[i];
            ck_assert_uint_eq(request->answers, 1);
            ck_assert_int_eq(request->status, expected->answered[e][i] ? expected->status[e][i] : all.status[e][i]);
        }
    }
    ck_assert_uint_eq(second.complaints, 0);
    play_free(&second);
    mc__buffer_free(&wire);
    mc__buffer_free(&replies);
}

START_TEST(abandoned_and_asked_again) {
    at_each_point(MC_CONNECTION_LOST, ask_another);
}
END_TEST

/* What was sent to a first server stays sent, whatever a second one has not heard. */
static void fail_twice(played *play, const model *expected) {
    played second;

    play_init(&second, MAX_VALUE_SIZE);
    for (size_t e = 0; e < EXCHANGES; e++)
        play_ask_again(&second, &play->exchanges[e]);
    mc__pipeline_abandon(&second.pipeline, MC_UNREACHABLE);
    end_all(play, expected);
    ck_assert_uint_eq(second.complaints, 0);
    play_free(&second);
}

START_TEST(abandoned_and_asked_in_vain) {
    at_each_point(MC_TIMEOUT, fail_twice);
}
END_TEST

START_TEST(a_server_that_has_read_nothing_was_sent_nothing) {
    for (size_t sent = 0; sent <= wire_len(); sent++) {
        model  expected = {0};
        played play;

        for (size_t i = 0; i < 2; i++) { /* requests without reply had their answer when they left */
            if (sent >= wire_len() - strlen("incr n 7\r\nincr m 7\r\nstats\r\nget d\r\n") - (1 - i) * 18)
                answer_in_model(&expected, 2, i, MC_OK);
            expected.sent[2] += expected.answered[2][i];
        }
        play_up_to(&play, sent, 0, MC_UNREACHABLE);
        assert_as_in(&play, &expected, sent, 0);
        end_all(&play, &expected);
        play_free(&play);
    }
}
END_TEST

/* ---------------------------------------------------------------------------------------------------- after refusals -- */

static const struct {
    const char *replies;
    const char *log;
    size_t      sent[2];
} refusal_rows[] = {
    {"ERROR\r\n", "A0:CLIENT_ERROR=", {2, 1}},
    {"ERROR\r\nERROR\r\n", "A0:CLIENT_ERROR=", {2, 1}}, /* the second line is no beginning of another reply */
    {"ERROR\r\nERR", "A0:CLIENT_ERROR=", {2, 1}},
    {"STORED\r\nERROR\r\n\r\n", "A0:OK A1:CLIENT_ERROR=", {2, 1}},
    {"END\r\n", "A0:PROTOCOL_ERROR~", {2, 1}},
    {"STORED\r\nSTORED\r\nSTORED\r\n", "A0:OK A1:OK B0:PROTOCOL_ERROR~", {2, 1}},
    {"STORED\r\nSTORED\r\nVALUE k 0 1\r\nxX", "A0:OK A1:OK B0:PROTOCOL_ERROR~", {2, 1}},
    {"STORED\r\nSTORED\r\nVALUE x 0 1\r\nx", "A0:OK A1:OK B0:PROTOCOL_ERROR~", {2, 1}},
};

START_TEST(what_broke_it_is_answered_and_nothing_more) {
    played play;

    play_init(&play, MAX_VALUE_SIZE);
    play_ask(&play, "set a b; get k");
    play_send(&play, SIZE_MAX, 0);
    play_receive(&play, refusal_rows[_i].replies, strlen(refusal_rows[_i].replies), 0);
    ck_assert_int_ne(play.pipeline.broken, MC_OK);
    mc__pipeline_abandon(&play.pipeline, play.pipeline.broken);
    ck_assert_str_eq(play_log(&play), refusal_rows[_i].log);
    for (size_t e = 0; e < 2; e++)
        ck_assert_uint_eq(may_have_arrived(&play.exchanges[e].exchange), refusal_rows[_i].sent[e]);
    play_free(&play);
}
END_TEST

/* The rest of a large value that was refused belongs to no request; the next begins behind it. */
START_TEST(bytes_behind_a_refusal_are_counted_to_the_right_request) {
    static const char *rest = "set l 0 0 0\r\n\r\nset m 0 0 0\r\n\r\n";
    bool               apart = _i % 2 == 1; /* the refused request is an exchange of its own */
    bool               large = _i / 2 % 2 == 1;
    char              *value = calloc(1, 40000);
    mc__request        requests[3] = {
               {.key = mc_str("k"), .value = {value, large ? 40000 : 4}}, {.key = mc_str("l")}, {.key = mc_str("m")}};
    mc__command  command = {.verb = MC__VERB_SET};
    const size_t left = large ? strlen("set k 0 0 40000\r\n") + 40002 - 10 : strlen("set k 0 0 4\r\n") + 6 - 10;

    for (size_t more = 0; more <= strlen(rest); more++) {
        size_t expected = more == 0 ? 0 : more <= 15 ? 1 : 2;
        played play;

        play_init(&play, MAX_VALUE_SIZE);
        play.quiet = true;
        play_ask_requests(&play, command, requests, apart ? 1 : 3);
        if (apart)
            play_ask_requests(&play, command, requests + 1, 2);
        play_send(&play, 10, 0);
        play_receive(&play, "SERVER_ERROR object too large for cache\r\n", 41, 0);
        ck_assert_uint_eq(play_send(&play, left + more, _i < 4 ? 0 : 3), left + more);
        mc__pipeline_abandon(&play.pipeline, MC_TIMEOUT);
        ck_assert_uint_eq(play.exchanges[apart].exchange.sent, apart ? expected : 1 + expected);
        play_free(&play);
    }
    free(value);
}
END_TEST

static const size_t offsets[] = {0,     1,     18,    19,    20,    36,    37,    38,    20000, 40037, 40038,
                                 40039, 40040, 40057, 40058, 40059, 40076, 40077, 90074, 90075, 90076};

START_TEST(requests_with_large_values_are_counted) {
    char         *value = calloc(1, 50000);
    mc__request   requests[4] = {{.key = mc_str("k"), .value = {value, 4}},
                                 {.key = mc_str("l"), .value = {value, 40000}},
                                 {.key = mc_str("m"), .value = {value, 4}},
                                 {.key = mc_str("n"), .value = {value, 50000}}};
    const size_t  starts[] = {0, 19, 19 + 40019, 19 + 40019 + 19, SIZE_MAX};
    mc__exchange *exchange;
    size_t        expected = 0;
    played        play;

    while (starts[expected] < offsets[_i])
        expected++;
    play_init(&play, MAX_VALUE_SIZE);
    play_ask_requests(&play, (mc__command){.verb = MC__VERB_SET}, requests, 4);
    ck_assert_uint_eq(play_send(&play, offsets[_i], (size_t)_i * 100), offsets[_i]);
    exchange = &play.exchanges[0].exchange;
    mc__pipeline_abandon(&play.pipeline, MC_TIMEOUT);
    ck_assert_uint_eq(exchange->sent, expected);
    ck_assert_uint_eq(exchange->answered, 0);
    play_free(&play);
    free(value);
}
END_TEST

/* --------------------------------------------------------------------------------------------------------- no memory -- */

/* Plays requests whose output and input both grow, with the nth allocation failing. Returns how many there were. */
static size_t play_without_memory(const mc__request *requests, size_t count, mc__verb verb, size_t nth) {
    mc_slice line = MC__LITERAL("SERVER_ERROR x\r\n");
    bool     stopped = false;
    played   play;
    size_t   calls;

    play_init(&play, MAX_VALUE_SIZE);
    play.quiet = true;
    ck_assert(mc__buffer_reserve(&play.wire, 4194304) && mc__buffer_reserve(&play.log, 1024));
    play_ask_requests(&play, (mc__command){.verb = verb}, requests, count);
    realloc_failure_at(nth);
    while (!stopped && !mc__pipeline_idle(&play.pipeline)) {
        mc_status status = MC_NO_MEMORY;
        play_send(&play, SIZE_MAX, 0);
        ck_assert_uint_eq(play.exchanges[0].exchange.wholly_sent, play.exchanges[0].exchange.formatted);
        if (!mc__pipeline_wants_output(&play.pipeline))
            status = play_receive(&play, line.data, line.len, 0);
        ck_assert(status == MC_OK || status == MC_NO_MEMORY);
        stopped = status == MC_NO_MEMORY;
    }
    calls = realloc_failure_calls();
    realloc_failure_at(0);
    ck_assert_uint_eq(play.complaints, 0);
    ck_assert(mc__pipeline_reusable(&play.pipeline) == !stopped && (!stopped || calls >= nth));
    mc__pipeline_abandon(&play.pipeline, MC_NO_MEMORY);
    mc__exchange_end(&play.exchanges[0].exchange, MC_CONNECTION_LOST, MC_NO_MEMORY);
    for (size_t i = 0; i < count; i++)
        ck_assert_uint_eq(play.exchanges[0].requests[i].answers, 1);
    /* only whole requests were shown */
    ck_assert(mc__buffer_len(&play.wire) == 0 || play.wire.data[play.wire.end - 1] == '\n');
    play_free(&play);
    return calls;
}

static const struct {
    mc__verb verb;
    size_t   count;
    size_t   value_len;
} growing_rows[] = {
    {MC__VERB_GET, 1, 0},     {MC__VERB_GET, 3000, 0},    {MC__VERB_SET, 1, 10},     {MC__VERB_SET, 50, 20000},
    {MC__VERB_SET, 3, 40000}, {MC__VERB_DELETE, 2000, 0}, {MC__VERB_ADD, 300, 1000},
};

START_TEST(each_allocation_fails_once) {
    size_t       count = growing_rows[_i].count;
    char        *value = calloc(1, 40000);
    mc__request *requests = calloc(count, sizeof *requests);
    size_t       calls;

    for (size_t i = 0; i < count; i++)
        requests[i] = (mc__request){.key = mc_str("a key of no great length"), .value = {value, growing_rows[_i].value_len}};
    calls = play_without_memory(requests, count, growing_rows[_i].verb, 0);
    ck_assert_uint_ge(calls, 2);
    for (size_t nth = 1; nth <= calls; nth++)
        play_without_memory(requests, count, growing_rows[_i].verb, nth);
    free(requests);
    free(value);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("pipeline_end");
    TCase *tcase = test_case(suite, "abandoned", 120);

    tcase_add_test(tcase, abandoned_and_ended);
    tcase_add_test(tcase, abandoned_and_asked_again);
    tcase_add_test(tcase, abandoned_and_asked_in_vain);
    tcase_add_test(tcase, a_server_that_has_read_nothing_was_sent_nothing);

    tcase = test_case(suite, "refused", 30);
    test_rows(tcase, what_broke_it_is_answered_and_nothing_more, refusal_rows);
    tcase_add_loop_test(tcase, bytes_behind_a_refusal_are_counted_to_the_right_request, 0, 8);
    test_rows(tcase, requests_with_large_values_are_counted, offsets);

    tcase = test_case(suite, "no memory", 60);
    test_rows(tcase, each_allocation_fails_once, growing_rows);
    return suite;
}
