/* What the short way takes: a whole reply and nothing else. */
#include "protocol/quick.h"

#include "support/check_main.h"

static size_t   answers;
static mc_slice value;

static void give_request(const mc__exchange *exchange, size_t i, mc__request *request) {
    (void)i;
    *request = (mc__request){.key = exchange->keys[0], .value = mc_str("v")};
}

static void take_values(mc__exchange *exchange, const mc__found *found, size_t count) {
    (void)exchange;
    answers += count;
    value = found->data;
}

static void take_answer(mc__exchange *exchange, size_t i, mc_status status, const mc__reply *reply) {
    (void)exchange, (void)i, (void)status, (void)reply;
    answers++;
}

static const mc__exchange_ops ops = {.request = give_request, .values = take_values, .answer = take_answer};

static const struct {
    mc__verb    verb;
    const char *reply;
    bool        taken;
} rows[] = {
    {MC__VERB_GET, "VALUE key 0 1\r\nx\r\nEND\r\n", true},
    {MC__VERB_GET, "END\r\n", true},
    {MC__VERB_GET, "VALUE key 0 1\r\nx\r\n", false},
    {MC__VERB_GET, "VALUE key 0 1\r\nx\r\nSTORED\r\nEND\r\n", false},
    {MC__VERB_GET, "VALUE key 0 1\r\nx\r\nEND\r\nEND\r\n", false},
    {MC__VERB_GET, "VALUE kez 0 1\r\nx\r\nEND\r\n", false},
    {MC__VERB_GET, "VALUE key 0 2\r\nx\r\nEND\r\n", false},
    {MC__VERB_GET, "STORED\r\nEND\r\n", false},
    {MC__VERB_GET, "END\r\nEND\r\n", false},
    {MC__VERB_GET, "SERVER_ERROR no\r\n", false},
    {MC__VERB_GETS, "VALUE key 0 1\r\nx\r\nEND\r\n", false},
    {MC__VERB_GETS, "VALUE key 0 1 7\r\nx\r\nEND\r\n", true},
    {MC__VERB_GETS, "VALUE key 0 1 9999999999999999999\r\nx\r\nEND\r\n", true},
    {MC__VERB_GETS, "VALUE key 0 1 18446744073709551616\r\nx\r\nEND\r\n", false},
    {MC__VERB_GETS, "VALUE key 0 1 07\r\nx\r\nEND\r\n", false},
    {MC__VERB_GET, "VALUE key 999999999 1\r\nx\r\nEND\r\n", true},
    {MC__VERB_GET, "VALUE key 4294967296 1\r\nx\r\nEND\r\n", false},
    {MC__VERB_GET, "VALUE key 00 1\r\nx\r\nEND\r\n", false},
    {MC__VERB_GET, "VALUE key 0 01\r\nx\r\nEND\r\n", false},
    {MC__VERB_GET, "VALUE key -0 1\r\nx\r\nEND\r\n", false},
    {MC__VERB_GET, "VALUE key 0 -1\r\nx\r\nEND\r\n", false},
    {MC__VERB_GET, "VALUE key 0 18446744073709551611\r\nEND\r\n", false},
    {MC__VERB_GET, "VALUE key 0 1\nx\r\nEND\r\n", false},
    {MC__VERB_GET, "VALUE key 0 0\r\n\r\nEND\r\n", true},
    {MC__VERB_GET, "VALUE key 0 5\r\nEND\r\n\r\nEND\r\n", true},
    {MC__VERB_GET, "VALUE key 0 5\r\nEND\r\n\r\n", false},
    {MC__VERB_GET, "VALUE key 0 1\r\nx\r\nVALUE key 0 1\r\nx\r\nEND\r\n", false},
    {MC__VERB_SET, "STORED\r\n", true},
    {MC__VERB_SET, "STORED\r\nSTORED\r\n", false},
    {MC__VERB_SET, "STORED", false},
    {MC__VERB_SET, "DELETED\r\n", false},
    {MC__VERB_SET, "ERROR\r\n", false},
    {MC__VERB_INCR, "7\r\n", true},
    {MC__VERB_INCR, "7\r\n8\r\n", false},
    {MC__VERB_INCR, "18446744073709551615\r\n", true},
    {MC__VERB_INCR, "18446744073709551616\r\n", false},
    {MC__VERB_INCR, "07\r\n", false},
    {MC__VERB_INCR, "7 \r\n", false},
};

START_TEST(a_whole_reply_and_nothing_else) {
    mc_slice     key = mc_str("key"), bytes, reply = mc_str(rows[_i].reply);
    mc__exchange exchange = {.ops = &ops, .command = {.verb = rows[_i].verb}, .count = 1, .keys = &key};
    mc__pipeline pipeline;
    mc__area     space;

    mc__pipeline_init(&pipeline, 1024);
    answers = 0;
    ck_assert(mc__quick_write(&pipeline, &exchange, &bytes));
    ck_assert(mc__quick_space(&pipeline, &space));
    memcpy(space.data, reply.data, reply.len);
    ck_assert_int_eq(mc__quick_take(&pipeline, &exchange, reply.len), rows[_i].taken);
    ck_assert_uint_eq(answers, rows[_i].taken);
    ck_assert_uint_eq(exchange.answered, rows[_i].taken);
    mc__pipeline_free(&pipeline);
}
END_TEST

static char   large[MC__QUICK_VALUE_MAX + 1];
static size_t value_len;

static const struct {
    mc__verb verb;
    size_t   count, answered;
    bool     noreply;
    size_t   value_len;
} others[] = {
    {MC__VERB_GET, 2, 0, false, 0},
    {MC__VERB_GET, 1, 1, false, 0},
    {MC__VERB_SET, 1, 0, true, 1},
    {MC__VERB_FLUSH_ALL, 1, 0, false, 0},
    {MC__VERB_SET, 1, 0, false, sizeof large},
};

static void give_value(const mc__exchange *exchange, size_t i, mc__request *request) {
    *request = (mc__request){.key = exchange->keys[i], .value = mc_bytes(large, value_len)};
}

START_TEST(what_is_more_than_one_small_request_is_not_for_it) {
    static const mc__exchange_ops giving = {.request = give_value};
    mc_slice                      keys[] = {mc_str("a"), mc_str("b")}, bytes;
    mc__pipeline                  pipeline;
    mc__exchange                  exchange = {.ops = &giving,
                                              .command = {.verb = others[_i].verb, .noreply = others[_i].noreply},
                                              .count = others[_i].count,
                                              .answered = others[_i].answered,
                                              .keys = keys};

    mc__pipeline_init(&pipeline, 1024);
    value_len = others[_i].value_len;
    ck_assert(!mc__quick_write(&pipeline, &exchange, &bytes));
    ck_assert(mc__pipeline_reusable(&pipeline));
    mc__pipeline_free(&pipeline);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("quick");
    TCase *tcase = test_case(suite, "replies", 60);

    tcase_add_loop_test(tcase, a_whole_reply_and_nothing_else, 0, sizeof rows / sizeof *rows);
    tcase_add_loop_test(tcase, what_is_more_than_one_small_request_is_not_for_it, 0, sizeof others / sizeof *others);
    return suite;
}
