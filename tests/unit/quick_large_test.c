/* A large value on the short way: taken where all comes as it should, and left, wherever that ends, in a state that the
 * careful way goes on from. */
#include "protocol/quick_large.h"

#include "support/check_main.h"

#include <stdlib.h>

#define VALUE_LEN 5000
#define MAX_VALUE 6000

/* What asks: memory for a value, and the answer. */
struct asker {
    mc__exchange exchange; /* first, so that the one is the other */
    char        *memory;
    size_t       room;
    unsigned     spaces_left; /* so often it has memory */
    unsigned     answers;
    mc_status    status;
    mc__reply    reply;
    bool         has_reply;
};

static char   value[MC__QUICK_VALUE_MAX + 1];
static size_t value_len = sizeof value;

static void give_request(const mc__exchange *exchange, size_t i, mc__request *request) {
    (void)i;
    *request = (mc__request){.key = exchange->keys[0], .value = mc_bytes(value, value_len), .flags = 3, .exptime = 60};
}

static char *give_space(mc__exchange *exchange, size_t i, size_t have, size_t *room) {
    struct asker *self = (struct asker *)exchange;

    (void)i, (void)have;
    if (self->spaces_left == 0)
        return NULL;
    self->spaces_left--;
    *room = self->room;
    return self->memory;
}

static void take_values(mc__exchange *exchange, const mc__found *found, size_t count) {
    (void)exchange, (void)found, (void)count;
    ck_abort_msg("a large value is not one that has come whole");
}

static void take_answer(mc__exchange *exchange, size_t i, mc_status status, const mc__reply *reply) {
    struct asker *self = (struct asker *)exchange;

    (void)i;
    self->answers++;
    self->status = status;
    self->has_reply = reply != NULL;
    if (reply)
        self->reply = *reply;
}

/* The END behind a value is no answer of its own. */
static void take_line_end(mc__exchange *exchange, mc_status status, const mc__reply *reply) {
    if (status != MC_NOT_FOUND)
        take_answer(exchange, 0, status, reply);
}

static const mc__exchange_ops ops = {
    .request = give_request, .values = take_values, .space = give_space, .answer = take_answer, .line_end = take_line_end};

static mc_slice     key = {"key", 3};
static struct asker asker;
static mc__pipeline pipeline;
static mc__area     space;
static size_t       sent;
static char         text[2 * VALUE_LEN];
static size_t       text_len, head_len;

/* Asks for the key, by the short way, up to where the reply is received. */
static void ask(mc__verb verb) {
    mc_slice bytes;

    asker = (struct asker){.exchange = {.ops = &ops, .command = {.verb = verb}, .count = 1, .keys = &key},
                           .memory = calloc(1, VALUE_LEN + 1),
                           .room = VALUE_LEN,
                           .spaces_left = 2};
    ck_assert_ptr_nonnull(asker.memory);
    mc__pipeline_init(&pipeline, MAX_VALUE);
    ck_assert(mc__quick_write(&pipeline, &asker.exchange, &bytes));
    sent = bytes.len;
    ck_assert(mc__quick_space(&pipeline, &space));
}

static void stop(void) {
    mc__pipeline_free(&pipeline);
    free(asker.memory);
}

/* A reply with this head, a value of VALUE_LEN bytes and this end. */
static void make_reply(const char *head, const char *end) {
    head_len = strlen(head);
    memcpy(text, head, head_len);
    for (size_t i = 0; i < VALUE_LEN; i++)
        text[head_len + i] = (char)('a' + i % 23);
    memcpy(text + head_len + VALUE_LEN, end, strlen(end));
    text_len = head_len + VALUE_LEN + strlen(end);
}

/* The first len bytes of the reply come: whether the rest is one for the short way. */
static bool begins_with(size_t len, mc__quick_large *large) {
    memcpy(space.data, text, len);
    ck_assert(!mc__quick_take(&pipeline, &asker.exchange, len));
    return mc__quick_large_begin(&pipeline, &asker.exchange, len, large);
}

/* The next len bytes, behind those that came at first, into the areas. */
static void fill(const mc__quick_large *large, size_t len) {
    size_t rest = len < large->areas[0].len ? len : large->areas[0].len;

    memcpy(large->areas[0].data, text + large->len, rest);
    memcpy(large->areas[1].data, text + large->len + rest, len - rest);
}

/* The rest of the reply from at on, the careful way, as many bytes at once as it has room for. */
static mc_status go_on(size_t at) {
    mc_status status = MC_OK;

    while (at < text_len && status == MC_OK) {
        mc__area spaces[MC__INPUT_SPACES];
        size_t   count, filled = 0;
        ck_assert_int_eq(mc__pipeline_space(&pipeline, spaces, &count), MC_OK);
        for (size_t i = 0; i < count; i++) {
            size_t part = text_len - at - filled < spaces[i].len ? text_len - at - filled : spaces[i].len;
            memcpy(spaces[i].data, text + at + filled, part);
            filled += part;
        }
        status = mc__pipeline_received(&pipeline, filled);
        at += filled;
    }
    return status;
}

static void assert_value(uint32_t flags, uint64_t cas) {
    ck_assert_uint_eq(asker.answers, 1);
    ck_assert_int_eq(asker.status, MC_OK);
    ck_assert(asker.has_reply);
    ck_assert_uint_eq(asker.reply.length, VALUE_LEN);
    ck_assert_uint_eq(asker.reply.flags, flags);
    ck_assert_uint_eq(asker.reply.cas, cas);
    ck_assert_mem_eq(asker.memory, text + head_len, VALUE_LEN);
    ck_assert_uint_eq(asker.exchange.answered, 1);
    ck_assert(mc__pipeline_reusable(&pipeline));
}

static const struct {
    mc__verb    verb;
    const char *head;
    uint32_t    flags;
    uint64_t    cas;
} values[] = {
    {MC__VERB_GET, "VALUE key 0 5000\r\n", 0, 0},
    {MC__VERB_GET, "VALUE key 999999999 5000\r\n", 999999999, 0},
    {MC__VERB_GETS, "VALUE key 7 5000 9999999999999999999\r\n", 7, 9999999999999999999U},
    {MC__VERB_GATS, "VALUE key 0 5000 1\r\n", 0, 1},
};

/* However much of it comes first. */
START_TEST(the_rest_goes_where_it_belongs) {
    mc__quick_large large;

    make_reply(values[_i].head, "\r\nEND\r\n");
    for (size_t len = head_len; len < head_len + 900; len++) {
        ask(values[_i].verb);
        ck_assert(begins_with(len, &large));
        ck_assert_uint_eq(large.areas[0].len + large.areas[1].len, text_len - len);
        fill(&large, text_len - len);
        ck_assert(mc__quick_large_take(&pipeline, &asker.exchange, &large, text_len - len));
        assert_value(values[_i].flags, values[_i].cas);
        stop();
    }
}
END_TEST

/* Wherever the second receive ends. */
START_TEST(the_careful_way_goes_on_from_anywhere) {
    mc__quick_large large;

    make_reply(values[_i].head, "\r\nEND\r\n");
    for (size_t received = 0; received < text_len - head_len - 10; received++) {
        ask(values[_i].verb);
        ck_assert(begins_with(head_len + 10, &large));
        fill(&large, received);
        ck_assert(received == 0 || !mc__quick_large_take(&pipeline, &asker.exchange, &large, received));
        ck_assert_int_eq(mc__quick_large_leave(&pipeline, &asker.exchange, sent, &large, received), MC_OK);
        ck_assert_int_eq(go_on(head_len + 10 + received), MC_OK);
        assert_value(values[_i].flags, values[_i].cas);
        stop();
    }
}
END_TEST

static const struct {
    const char *end;
    mc_status   status; /* of the connection */
} ends[] = {
    {"xxEND\r\n", MC_PROTOCOL_ERROR},    {"\rxEND\r\n", MC_PROTOCOL_ERROR}, {"\r\nxND\r\n", MC_PROTOCOL_ERROR},
    {"\r\nEN\r\n\r", MC_PROTOCOL_ERROR}, {"\r\nEND\rx", MC_PROTOCOL_ERROR}, {"\r\nVALUE", MC_OK},
};

/* What is not the value's end is judged by the careful way. */
START_TEST(another_end_is_left_to_the_careful_way) {
    mc__quick_large large;

    make_reply("VALUE key 0 5000\r\n", ends[_i].end);
    ask(MC__VERB_GET);
    ck_assert(begins_with(head_len, &large));
    fill(&large, text_len - head_len);
    ck_assert(!mc__quick_large_take(&pipeline, &asker.exchange, &large, text_len - head_len));
    ck_assert_uint_eq(asker.exchange.answered, 0);
    ck_assert_int_eq(mc__quick_large_leave(&pipeline, &asker.exchange, sent, &large, text_len - head_len), ends[_i].status);
    ck_assert_int_eq(pipeline.broken, ends[_i].status);
    ck_assert_uint_eq(asker.exchange.answered, 0);
    stop();
}
END_TEST

static const struct {
    mc__verb    verb;
    const char *head;
    size_t      room;
    unsigned    spaces;
    size_t      more; /* of the value comes at once */
} others[] = {
    {MC__VERB_GET, "VALUE kez 0 5000\r\n", VALUE_LEN, 2, 0},          /* of another key */
    {MC__VERB_GET, "VALUE key 0 6001\r\n", VALUE_LEN, 2, 0},          /* over the limit */
    {MC__VERB_GET, "VALUE key 0 5001\r\n", VALUE_LEN, 2, 0},          /* more than there is memory for */
    {MC__VERB_GET, "VALUE key 0 5000\r\n", VALUE_LEN - 1, 2, 0},      /* the same */
    {MC__VERB_GET, "VALUE key 0 5000\r\n", VALUE_LEN, 0, 0},          /* none at all */
    {MC__VERB_GET, "VALUE key 0 5000\r\n", VALUE_LEN, 2, 905},        /* too little is missing */
    {MC__VERB_GET, "VALUE key 0 5000 1\r\n", VALUE_LEN, 2, 0},        /* a cas token that was not asked for */
    {MC__VERB_GETS, "VALUE key 0 5000\r\n", VALUE_LEN, 2, 0},         /* none that was */
    {MC__VERB_GET, "VALUE key 4294967295 5000\r\n", VALUE_LEN, 2, 0}, /* flags that the careful way looks at */
    {MC__VERB_GET, "VALUE key 0 5000\r", VALUE_LEN, 2, 0},            /* not all of the line */
    {MC__VERB_GET, "VALUE key 0 5000", VALUE_LEN, 2, 0},
    {MC__VERB_GET, "VALUE key 0 5000\nx", VALUE_LEN, 2, 0},
    {MC__VERB_GET, "SERVER_ERROR out of memory\r\n", VALUE_LEN, 2, 0},
    {MC__VERB_DELETE, "VALUE key 0 5000\r\n", VALUE_LEN, 2, 0},
};

START_TEST(what_is_not_such_a_value_is_left_alone) {
    mc__quick_large large;

    make_reply(others[_i].head, "\r\nEND\r\n");
    ask(others[_i].verb);
    asker.room = others[_i].room;
    asker.spaces_left = others[_i].spaces;
    ck_assert(!begins_with(head_len + others[_i].more, &large));
    ck_assert_uint_eq(asker.answers, 0);
    ck_assert_uint_eq(asker.exchange.answered, 0);
    stop();
}
END_TEST

#define INPUT_SIZE 16384 /* of mc__quick_space on a new connection */

/* Where as much has come as there is room for, what ends the value has no place behind it. */
START_TEST(there_is_room_for_the_end) {
    static char     memory[2 * INPUT_SIZE];
    const char      head[] = "VALUE key 0 30000\r\n";
    mc__quick_large large;

    for (size_t room = 0; room <= MC__VALUE_ENDING.len; room++) {
        ask(MC__VERB_GET);
        free(asker.memory);
        asker.memory = memory;
        asker.room = sizeof memory;
        pipeline.max_value_size = sizeof memory;
        ck_assert_uint_eq(space.len, INPUT_SIZE);
        memset(space.data, 'x', space.len);
        memcpy(space.data, head, sizeof head - 1);
        ck_assert_int_eq(mc__quick_large_begin(&pipeline, &asker.exchange, INPUT_SIZE - room, &large),
                         room == MC__VALUE_ENDING.len);
        mc__pipeline_free(&pipeline);
    }
}
END_TEST

/* An owner that has no memory when it is asked again: the value's bytes are not where they would go on. */
START_TEST(memory_that_is_gone_ends_the_connection) {
    mc__quick_large large;

    make_reply("VALUE key 0 5000\r\n", "\r\nEND\r\n");
    ask(MC__VERB_GET);
    asker.spaces_left = 1;
    ck_assert(begins_with(head_len, &large));
    fill(&large, 100);
    ck_assert_int_eq(mc__quick_large_leave(&pipeline, &asker.exchange, sent, &large, 100), MC_NO_MEMORY);
    ck_assert_int_eq(pipeline.broken, MC_OK);
    mc__pipeline_abandon(&pipeline, MC_NO_MEMORY);
    ck_assert_int_eq(asker.status, MC_NO_MEMORY);
    stop();
}
END_TEST

START_TEST(a_value_is_sent_from_where_it_is) {
    struct asker self = {.exchange = {.ops = &ops, .command = {.verb = MC__VERB_SET}, .count = 1, .keys = &key}};
    mc_slice     slices[MC__OUTPUT_SLICES];

    mc__pipeline_init(&pipeline, MAX_VALUE);
    ck_assert(mc__quick_large_write(&pipeline, &self.exchange, slices));
    ck_assert(mc__slice_equal(slices[0], mc_str("set key 3 60 16385\r\n")));
    ck_assert_ptr_eq(slices[1].data, value);
    ck_assert_uint_eq(slices[1].len, sizeof value);
    ck_assert(mc__slice_equal(slices[2], mc_str("\r\n")));
    ck_assert(mc__quick_space(&pipeline, &space));
    memcpy(space.data, "STORED\r\n", 8);
    ck_assert(mc__quick_take(&pipeline, &self.exchange, 8));
    ck_assert_int_eq(self.status, MC_OK);
    ck_assert(mc__pipeline_reusable(&pipeline));
    mc__pipeline_free(&pipeline);
}
END_TEST

/* The same bytes follow, however many of them are sent when it is left. */
START_TEST(a_value_that_is_sent_in_part_is_sent_to_its_end) {
    static char  wanted[2 * sizeof value], got[2 * sizeof value];
    const size_t steps[] = {0, 1, 19, 20, 21, 5000, 16384 + 20, 16385 + 20, 16385 + 21};
    size_t       len = 0;
    mc_slice     slices[MC__OUTPUT_SLICES];

    for (size_t step = 0; step < sizeof steps / sizeof *steps; step++) {
        struct asker self = {.exchange = {.ops = &ops, .command = {.verb = MC__VERB_SET}, .count = 1, .keys = &key}};
        size_t       at = steps[step], count;
        mc__pipeline_init(&pipeline, MAX_VALUE);
        ck_assert(mc__quick_large_write(&pipeline, &self.exchange, slices));
        len = 0;
        for (size_t i = 0; i < MC__OUTPUT_SLICES; i++) {
            memcpy(wanted + len, slices[i].data, slices[i].len);
            len += slices[i].len;
        }
        mc__quick_leave(&pipeline, &self.exchange, at);
        while (mc__pipeline_wants_output(&pipeline)) {
            size_t shown = 0;
            ck_assert_int_eq(mc__pipeline_output(&pipeline, slices, &count), MC_OK);
            for (size_t i = 0; i < count; i++) {
                memcpy(got + at + shown, slices[i].data, slices[i].len);
                shown += slices[i].len;
            }
            mc__pipeline_sent(&pipeline, shown);
            at += shown;
        }
        ck_assert_uint_eq(at, len);
        ck_assert_mem_eq(got + steps[step], wanted + steps[step], len - steps[step]);
        mc__pipeline_abandon(&pipeline, MC_CONNECTION_LOST);
        mc__pipeline_free(&pipeline);
    }
}
END_TEST

static const struct {
    mc__verb verb;
    size_t   count, answered;
    bool     noreply;
    size_t   value_len;
} requests[] = {
    {MC__VERB_SET, 2, 0, false, sizeof value},        {MC__VERB_SET, 1, 1, false, sizeof value},
    {MC__VERB_SET, 1, 0, true, sizeof value},         {MC__VERB_GET, 1, 0, false, sizeof value},
    {MC__VERB_SET, 1, 0, false, MC__QUICK_VALUE_MAX},
};

START_TEST(other_requests_are_not_for_it) {
    struct asker self = {.exchange = {.ops = &ops,
                                      .command = {.verb = requests[_i].verb, .noreply = requests[_i].noreply},
                                      .count = requests[_i].count,
                                      .answered = requests[_i].answered,
                                      .keys = &key}};
    mc_slice     slices[MC__OUTPUT_SLICES];

    value_len = requests[_i].value_len;
    mc__pipeline_init(&pipeline, MAX_VALUE);
    ck_assert(!mc__quick_large_write(&pipeline, &self.exchange, slices));
    ck_assert(mc__pipeline_reusable(&pipeline));
    mc__pipeline_free(&pipeline);
    value_len = sizeof value;
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("quick large");
    TCase *tcase = test_case(suite, "values", 60);

    tcase_add_loop_test(tcase, the_rest_goes_where_it_belongs, 0, ROWS(values));
    tcase_add_loop_test(tcase, the_careful_way_goes_on_from_anywhere, 0, ROWS(values));
    tcase_add_loop_test(tcase, another_end_is_left_to_the_careful_way, 0, ROWS(ends));
    tcase_add_loop_test(tcase, what_is_not_such_a_value_is_left_alone, 0, ROWS(others));
    tcase_add_test(tcase, there_is_room_for_the_end);
    tcase_add_test(tcase, memory_that_is_gone_ends_the_connection);
    tcase_add_test(tcase, a_value_is_sent_from_where_it_is);
    tcase_add_test(tcase, a_value_that_is_sent_in_part_is_sent_to_its_end);
    tcase_add_loop_test(tcase, other_requests_are_not_for_it, 0, ROWS(requests));
    return suite;
}
