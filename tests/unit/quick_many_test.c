/* Many requests and the short way: a whole reply to just what was asked, and nothing else. */
#include "protocol/quick_many.h"

#include "support/check_main.h"

#include <stdio.h>

static char   memory[8192];
static size_t kept;
static char   told[256]; /* key=value, in the order in which it was told; key= for a miss */

/* The asks: an exchange of the keys "a", "b", "c", in the order given by their places. */
static const mc_slice names[] = {{"a", 1}, {"b", 1}, {"c", 1}};

static void tell(const mc__exchange *exchange, size_t request, const char *text) {
    size_t len = strlen(told);

    snprintf(told + len, sizeof told - len, "%s%.1s=%s", len > 0 ? " " : "", mc__exchange_key(exchange, request).data, text);
}

static void take_values(mc__exchange *exchange, const mc__found *found, size_t count) {
    char text[64];

    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_eq(strlen(found[i].data.data), found[i].data.len);
        snprintf(text, sizeof text, "%s/%u/%llu", found[i].data.data, found[i].flags, (unsigned long long)found[i].cas);
        tell(exchange, found[i].request, text);
    }
}

static bool any_status; /* an answer may be another than a miss */

static void take_answer(mc__exchange *exchange, size_t i, mc_status status, const mc__reply *reply) {
    ck_assert(status == MC_NOT_FOUND || (any_status && status == MC_OK));
    ck_assert_ptr_null(reply);
    tell(exchange, i, status == MC_OK ? "done" : "");
}

static bool lend(mc__exchange *exchange, size_t least, mc__area *area) {
    (void)exchange, (void)least;
    *area = (mc__area){memory, sizeof memory};
    return true;
}

static void keep(mc__exchange *exchange, size_t len) {
    (void)exchange;
    kept = len;
}

static const mc__exchange_ops ops = {.values = take_values, .answer = take_answer, .lend = lend, .keep = keep};

#define A "VALUE a 0 1\r\nx\r\n"
#define B "VALUE b 7 2\r\nyy\r\n"
#define C "VALUE c 0 0\r\n\r\n"
#define END "END\r\n"

static const struct {
    const char *reply;
    const char *told; /* NULL: left to the careful way, with nothing told */
} rows[] = {
    {A B C END, "a=x/0/0 b=yy/7/0 c=/0/0"},
    {END, "a= b= c="},
    {A END, "a=x/0/0 b= c="},
    {C END, "c=/0/0 a= b="},
    {A C END, "a=x/0/0 c=/0/0 b="},
    {A B C, NULL},
    {"", NULL},
    {"EN", NULL},
    {A B C END END, NULL},
    {A END B END, NULL},
    {A "STORED\r\n" END, NULL},
    {B A END, NULL},
    {A A END, NULL},
    {A B "VALUE d 0 1\r\nx\r\n" END, NULL},
    {"VALUE a 0 9\r\nx\r\n" END, NULL},
    {"VALUE a 0 1 5\r\nx\r\n" END, NULL},
    {"VALUE a 0 6\r\n" END, NULL},
    {"VALUE a 0 01\r\nx\r\n" END, NULL},
    {"SERVER_ERROR END\r\n", NULL},
    {A "ERROR\r\n", NULL},
};

START_TEST(a_whole_reply_and_nothing_else) {
    mc_slice     reply = mc_str(rows[_i].reply), bytes;
    mc__exchange exchange = {.ops = &ops, .command = {.verb = MC__VERB_GET}, .count = 3, .keys = names};
    mc__area     area = {memory, sizeof memory};
    mc__pipeline pipeline;

    mc__pipeline_init(&pipeline, 1024);
    told[0] = '\0';
    kept = 0;
    ck_assert(mc__quick_many_write(&pipeline, &exchange, &bytes));
    ck_assert_uint_eq(bytes.len, strlen("get a b c\r\n"));
    ck_assert_mem_eq(bytes.data, "get a b c\r\n", bytes.len);
    memcpy(memory, reply.data, reply.len);
    ck_assert_int_eq(mc__quick_many_take(&pipeline, &exchange, area, reply.len), rows[_i].told != NULL);
    ck_assert_str_eq(told, rows[_i].told ? rows[_i].told : "");
    ck_assert_uint_eq(exchange.answered, rows[_i].told ? 3 : 0);
    ck_assert_uint_eq(kept, rows[_i].told ? reply.len : 0);
    if (rows[_i].told)
        ck_assert(mc__pipeline_reusable(&pipeline));
    else
        ck_assert_mem_eq(memory, reply.data, reply.len);
    mc__pipeline_free(&pipeline);
}
END_TEST

/* What is left to the careful way is told by that, from the first byte on. */
START_TEST(the_careful_way_goes_on) {
    static const char first[] = A B, rest[] = C END;
    mc_slice     bytes;
    mc__exchange exchange = {.ops = &ops, .command = {.verb = MC__VERB_GET}, .count = 3, .keys = names};
    mc__area     area = {memory, sizeof memory}, spaces[MC__INPUT_SPACES];
    mc__pipeline pipeline;
    size_t       count;

    mc__pipeline_init(&pipeline, 1024);
    told[0] = '\0';
    ck_assert(mc__quick_many_write(&pipeline, &exchange, &bytes));
    memcpy(memory, first, sizeof first - 1);
    ck_assert(!mc__quick_many_take(&pipeline, &exchange, area, sizeof first - 1));
    mc__quick_leave(&pipeline, &exchange, bytes.len);
    ck_assert_int_eq(mc__quick_many_received(&pipeline, &exchange, area, sizeof first - 1), MC_OK);
    ck_assert_str_eq(told, "a=x/0/0 b=yy/7/0");
    ck_assert_int_eq(mc__pipeline_space(&pipeline, spaces, &count), MC_OK);
    memcpy(spaces[0].data, rest, sizeof rest - 1);
    ck_assert_int_eq(mc__pipeline_received(&pipeline, sizeof rest - 1), MC_OK);
    ck_assert_str_eq(told, "a=x/0/0 b=yy/7/0 c=/0/0");
    ck_assert(mc__pipeline_reusable(&pipeline));
    mc__pipeline_free(&pipeline);
}
END_TEST

static size_t done_count;

static void take_done(mc__exchange *exchange, size_t first, size_t end) {
    (void)exchange;
    ck_assert_uint_eq(first, 0);
    done_count += end;
}

static void give_request(const mc__exchange *exchange, size_t i, mc__request *request) {
    *request = (mc__request){.key = exchange->keys[i], .value = mc_str("v")};
}

static const mc__exchange_ops writing_ops = {.request = give_request, .answer = take_answer, .done = take_done};

#define WINDOW(name, size)                                                                                                  \
    { .ops = &writing_ops, .command = {.verb = name, .quiet = true}, .count = 3, .keys = names, .window = size }

static const struct {
    mc__verb    verb;
    const char *reply;
    bool        taken;
} window_rows[] = {
    {MC__VERB_SET, "MN\r\n", true},
    {MC__VERB_SET, "MN\r\nMN\r\n", false},
    {MC__VERB_SET, "MN\r", false},
    {MC__VERB_SET, "HD\r\n", false},
    {MC__VERB_SET, "NS\r\nMN\r\n", false},
    {MC__VERB_DELETE, "MN\r\n", true},
    {MC__VERB_DELETE, "NF O1\r\nMN\r\n", false},
    {MC__VERB_DELETE, "MN \r\n", false},
};

START_TEST(a_window_is_done_by_its_end_alone) {
    mc_slice     reply = mc_str(window_rows[_i].reply), bytes, wire;
    mc__exchange exchange = WINDOW(window_rows[_i].verb, 3);
    mc__area     area;
    mc__pipeline pipeline;

    mc__pipeline_init(&pipeline, 1024);
    done_count = 0;
    wire = mc_str(exchange.command.verb == MC__VERB_SET ? "ms a 1 q\r\nv\r\nms b 1 q\r\nv\r\nms c 1 q\r\nv\r\nmn\r\n"
                                                        : "md a q O0\r\nmd b q O1\r\nmd c q O2\r\nmn\r\n");
    ck_assert(mc__quick_many_write(&pipeline, &exchange, &bytes));
    ck_assert_uint_eq(bytes.len, wire.len);
    ck_assert_mem_eq(bytes.data, wire.data, wire.len);
    ck_assert(mc__quick_many_space(&pipeline, &exchange, &area));
    memcpy(area.data, reply.data, reply.len);
    ck_assert_int_eq(mc__quick_many_take(&pipeline, &exchange, area, reply.len), window_rows[_i].taken);
    ck_assert_uint_eq(done_count, window_rows[_i].taken ? 3 : 0);
    ck_assert_uint_eq(exchange.answered, done_count);
    mc__pipeline_free(&pipeline);
}
END_TEST

/* One that is refused goes on where the short way has left it. */
START_TEST(a_refusal_is_told_by_the_careful_way) {
    static const char reply[] = "NF O1\r\nMN\r\n";
    mc_slice          bytes;
    mc__exchange      exchange = WINDOW(MC__VERB_DELETE, 3);
    mc__area          area;
    mc__pipeline      pipeline;

    mc__pipeline_init(&pipeline, 1024);
    told[0] = '\0';
    ck_assert(mc__quick_many_write(&pipeline, &exchange, &bytes));
    ck_assert(mc__quick_many_space(&pipeline, &exchange, &area));
    memcpy(area.data, reply, sizeof reply - 1);
    ck_assert(!mc__quick_many_take(&pipeline, &exchange, area, sizeof reply - 1));
    mc__quick_leave(&pipeline, &exchange, bytes.len);
    any_status = true;
    ck_assert_int_eq(mc__quick_many_received(&pipeline, &exchange, area, sizeof reply - 1), MC_OK);
    any_status = false;
    ck_assert_str_eq(told, "a=done b= c=done");
    ck_assert(mc__pipeline_reusable(&pipeline));
    mc__pipeline_free(&pipeline);
}
END_TEST

START_TEST(what_it_is_not_for) {
    static const mc__exchange_ops no_lender = {.values = take_values, .answer = take_answer};
    mc__exchange                  all[] = {
                         {.ops = &ops, .command = {.verb = MC__VERB_GATS}, .count = 3, .keys = names},
                         {.ops = &ops, .command = {.verb = MC__VERB_DELETE}, .count = 3, .keys = names},
                         {.ops = &ops, .command = {.verb = MC__VERB_GET}, .count = MC__QUICK_MANY_KEYS + 1, .keys = names},
                         {.ops = &ops, .command = {.verb = MC__VERB_GET}, .count = 3, .answered = 1, .keys = names},
                         {.ops = &no_lender, .command = {.verb = MC__VERB_GET}, .count = 3, .keys = names},
                         WINDOW(MC__VERB_SET, 2),
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        ck_assert(!mc__quick_many_suits(&all[i]));
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("quick_many");
    TCase *tcase = test_case(suite, "replies", 60);

    tcase_add_loop_test(tcase, a_whole_reply_and_nothing_else, 0, sizeof rows / sizeof *rows);
    tcase_add_test(tcase, the_careful_way_goes_on);
    tcase_add_loop_test(tcase, a_window_is_done_by_its_end_alone, 0, sizeof window_rows / sizeof *window_rows);
    tcase_add_test(tcase, a_refusal_is_told_by_the_careful_way);
    tcase_add_test(tcase, what_it_is_not_for);
    return suite;
}
