#include "protocol/reply.h"

#include "support/check_main.h"
#include "support/guard_page.h"

#include <string.h>

#define KEY_50 "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
#define KEY_250 KEY_50 KEY_50 KEY_50 KEY_50 KEY_50
#define DIGITS_50 "99999999999999999999999999999999999999999999999999"

/* A literal and its length, so that a NUL may stand in it. */
#define BYTES(text) text, sizeof(text) - 1

typedef struct legal_row {
    const char *line; /* with its line end */
    size_t      len;
    mc__reply   reply;
} legal_row;

#define TEXT(literal)                                                                                                       \
    { literal, sizeof(literal) - 1 }

static const legal_row legal_rows[] = {
    {BYTES("STORED\r\n"), {.kind = MC__REPLY_STORED}},
    {BYTES("NOT_STORED\r\n"), {.kind = MC__REPLY_NOT_STORED}},
    {BYTES("EXISTS\r\n"), {.kind = MC__REPLY_EXISTS}},
    {BYTES("NOT_FOUND\r\n"), {.kind = MC__REPLY_NOT_FOUND}},
    {BYTES("DELETED\r\n"), {.kind = MC__REPLY_DELETED}},
    {BYTES("TOUCHED\r\n"), {.kind = MC__REPLY_TOUCHED}},
    {BYTES("OK\r\n"), {.kind = MC__REPLY_OK}},
    {BYTES("END\r\n"), {.kind = MC__REPLY_END}},
    {BYTES("RESET\r\n"), {.kind = MC__REPLY_RESET}},

    {BYTES("MN\r\n"), {.kind = MC__REPLY_META_NOOP}},
    {BYTES("NF O0\r\n"), {.kind = MC__REPLY_META_NOT_FOUND}},
    {BYTES("NF O12\r\n"), {.kind = MC__REPLY_META_NOT_FOUND, .number = 12}},
    {BYTES("NF  O12\r\n"), {.kind = MC__REPLY_META_NOT_FOUND, .number = 12}},
    {BYTES("NF O18446744073709551615\r\n"), {.kind = MC__REPLY_META_NOT_FOUND, .number = UINT64_MAX}},
    {BYTES("NS\r\n"), {.kind = MC__REPLY_META_NOT_STORED}},

    {BYTES("VALUE k 0 0\r\n"), {.kind = MC__REPLY_VALUE, .key = TEXT("k")}},
    {BYTES("VALUE key 12 345\r\n"), {.kind = MC__REPLY_VALUE, .key = TEXT("key"), .flags = 12, .length = 345}},
    {BYTES("VALUE k 4294967295 1\r\n"), {.kind = MC__REPLY_VALUE, .key = TEXT("k"), .flags = UINT32_MAX, .length = 1}},
    {BYTES("VALUE k 0 2147483648\r\n"), {.kind = MC__REPLY_VALUE, .key = TEXT("k"), .length = 2147483648}},
    {BYTES("VALUE k 0 4294967296\r\n"), {.kind = MC__REPLY_VALUE, .key = TEXT("k"), .length = 4294967296}},
    {BYTES("VALUE k 0 9223372036854775808\r\n"),
     {.kind = MC__REPLY_VALUE, .key = TEXT("k"), .length = 9223372036854775808u}},
    {BYTES("VALUE k 0 18446744073709551614\r\n"), {.kind = MC__REPLY_VALUE, .key = TEXT("k"), .length = UINT64_MAX - 1}},
    {BYTES("VALUE k 0 18446744073709551615\r\n"), {.kind = MC__REPLY_VALUE, .key = TEXT("k"), .length = UINT64_MAX}},
    {BYTES("VALUE k 1 2 3\r\n"),
     {.kind = MC__REPLY_VALUE, .key = TEXT("k"), .flags = 1, .length = 2, .has_cas = true, .cas = 3}},
    {BYTES("VALUE k 0 2 0\r\n"), {.kind = MC__REPLY_VALUE, .key = TEXT("k"), .length = 2, .has_cas = true}},
    {BYTES("VALUE k 0 2 18446744073709551615\r\n"),
     {.kind = MC__REPLY_VALUE, .key = TEXT("k"), .length = 2, .has_cas = true, .cas = UINT64_MAX}},
    {BYTES("VALUE " KEY_250 " 0 1\r\n"), {.kind = MC__REPLY_VALUE, .key = TEXT(KEY_250), .length = 1}},
    {BYTES("VALUE \x80\xff 0 1\r\n"), {.kind = MC__REPLY_VALUE, .key = TEXT("\x80\xff"), .length = 1}},
    {BYTES("VALUE VALUE 0 1\r\n"), {.kind = MC__REPLY_VALUE, .key = TEXT("VALUE"), .length = 1}},

    /* well-formed flags that are too wide: the value's own fault, not the connection's */
    {BYTES("VALUE k 4294967296 1\r\n"), {.kind = MC__REPLY_VALUE, .key = TEXT("k"), .flags_too_wide = true, .length = 1}},
    {BYTES("VALUE k 18446744073709551616 1\r\n"),
     {.kind = MC__REPLY_VALUE, .key = TEXT("k"), .flags_too_wide = true, .length = 1}},
    {BYTES("VALUE k " DIGITS_50 " 1 2\r\n"),
     {.kind = MC__REPLY_VALUE, .key = TEXT("k"), .flags_too_wide = true, .length = 1, .has_cas = true, .cas = 2}},

    {BYTES("0\r\n"), {.kind = MC__REPLY_NUMBER}},
    {BYTES("5\r\n"), {.kind = MC__REPLY_NUMBER, .number = 5}},
    {BYTES("18446744073709551615\r\n"), {.kind = MC__REPLY_NUMBER, .number = UINT64_MAX}},

    {BYTES("VERSION 1.6.18\r\n"), {.kind = MC__REPLY_VERSION, .text = TEXT("1.6.18")}},
    {BYTES("VERSION a b  c\r\n"), {.kind = MC__REPLY_VERSION, .text = TEXT("a b  c")}},

    {BYTES("STAT pid 42\r\n"), {.kind = MC__REPLY_STAT, .key = TEXT("pid"), .text = TEXT("42")}},
    {BYTES("STAT a b c \r\n"), {.kind = MC__REPLY_STAT, .key = TEXT("a"), .text = TEXT("b c ")}},
    {BYTES("STAT empty \r\n"), {.kind = MC__REPLY_STAT, .key = TEXT("empty"), .text = TEXT("")}},

    {BYTES("ERROR\r\n"), {.kind = MC__REPLY_ERROR}},
    {BYTES("ERROR \r\n"), {.kind = MC__REPLY_ERROR}},
    {BYTES("ERROR unknown command\r\n"), {.kind = MC__REPLY_ERROR, .text = TEXT("unknown command")}},
    {BYTES("CLIENT_ERROR bad data chunk\r\n"), {.kind = MC__REPLY_CLIENT_ERROR, .text = TEXT("bad data chunk")}},
    {BYTES("CLIENT_ERROR \r\n"), {.kind = MC__REPLY_CLIENT_ERROR}},
    {BYTES("SERVER_ERROR out of memory storing object\r\n"),
     {.kind = MC__REPLY_SERVER_ERROR, .text = TEXT("out of memory storing object")}},
    {BYTES("SERVER_ERROR \xff\0\t\r\n"), {.kind = MC__REPLY_SERVER_ERROR, .text = TEXT("\xff\0\t")}},
};

typedef struct bad_row {
    const char *line;
    size_t      len;
} bad_row;

static const bad_row bad_rows[] = {
    /* length */
    {BYTES("VALUE k 0 \r\n")},
    {BYTES("VALUE k 0\r\n")},
    {BYTES("VALUE k 0 -1\r\n")},
    {BYTES("VALUE k 0 +3\r\n")},
    {BYTES("VALUE k 0 3x\r\n")},
    {BYTES("VALUE k 0 x3\r\n")},
    {BYTES("VALUE k 0 03\r\n")},
    {BYTES("VALUE k 0 00\r\n")},
    {BYTES("VALUE k 0 0x3\r\n")},
    {BYTES("VALUE k 0 3.0\r\n")},
    {BYTES("VALUE k 0 3\0\r\n")},
    {BYTES("VALUE k 0 18446744073709551616\r\n")},
    {BYTES("VALUE k 0 18446744073709551619\r\n")},
    {BYTES("VALUE k 0 " DIGITS_50 DIGITS_50 DIGITS_50 DIGITS_50 "\r\n")},
    {BYTES("VALUE k 0 " DIGITS_50 "x\r\n")},

    /* flags */
    {BYTES("VALUE k -1 1\r\n")},
    {BYTES("VALUE k +1 1\r\n")},
    {BYTES("VALUE k 1.5 1\r\n")},
    {BYTES("VALUE k 01 1\r\n")},
    {BYTES("VALUE k 0x1 1\r\n")},
    {BYTES("VALUE k x 1\r\n")},
    {BYTES("VALUE k  1\r\n")},
    {BYTES("VALUE k " DIGITS_50 "x 1\r\n")},

    /* cas */
    {BYTES("VALUE k 0 1 \r\n")},
    {BYTES("VALUE k 0 1 -1\r\n")},
    {BYTES("VALUE k 0 1 +1\r\n")},
    {BYTES("VALUE k 0 1 01\r\n")},
    {BYTES("VALUE k 0 1 18446744073709551616\r\n")},
    {BYTES("VALUE k 0 1 2 \r\n")},
    {BYTES("VALUE k 0 1 2 3\r\n")},
    {BYTES("VALUE k 0 1 2 3 4 5\r\n")},
    {BYTES("VALUE k 0 1  2\r\n")},

    /* key and fields */
    {BYTES("VALUE\r\n")},
    {BYTES("VALUE \r\n")},
    {BYTES("VALUE k\r\n")},
    {BYTES("VALUE k \r\n")},
    {BYTES("VALUE  0 1\r\n")},
    {BYTES("VALUE  k 0 1\r\n")},
    {BYTES("VALUE k 0  1\r\n")},
    {BYTES("VALUE\tk 0 1\r\n")},
    {BYTES("VALUE " KEY_250 "k 0 1\r\n")},
    {BYTES("VALUE " KEY_250 KEY_50 KEY_50 " 0 1\r\n")},
    {BYTES("VALUES k 0 1\r\n")},
    {BYTES("value k 0 1\r\n")},

    /* line ends */
    {BYTES("\n")},
    {BYTES("\r\n")},
    {BYTES("STORED\n")},
    {BYTES("STORED\r\r\n")},
    {BYTES("\r\nSTORED\r\n")},
    {BYTES("STORED\rX\r\n")},
    {BYTES("ERROR a\rb\r\n")},
    {BYTES("VERSION 1\n")},
    {BYTES("STAT a b\r\r\n")},
    {BYTES("VALUE k 0 1\n")},

    /* spaces and other bytes about a word */
    {BYTES(" STORED\r\n")},
    {BYTES("STORED \r\n")},
    {BYTES("STORED  \r\n")},
    {BYTES("STORED x\r\n")},
    {BYTES("STOREDX\r\n")},
    {BYTES("STORE\r\n")},
    {BYTES("STORED\t\r\n")},
    {BYTES("\tSTORED\r\n")},
    {BYTES("STORED\0\r\n")},
    {BYTES("\0STORED\r\n")},
    {BYTES("STO\0RED\r\n")},
    {BYTES("\xffSTORED\r\n")},
    {BYTES("STORED\xff\r\n")},
    {BYTES("stored\r\n")},
    {BYTES("NOT STORED\r\n")},
    {BYTES("NOT_\r\n")},
    {BYTES("ENDX\r\n")},
    {BYTES("END \r\n")},
    {BYTES("EN\r\n")},
    {BYTES("END END\r\n")},
    {BYTES("OK 1\r\n")},
    {BYTES("RESET x\r\n")},

    /* words that want more behind them */
    {BYTES("VERSION\r\n")},
    {BYTES("VERSION1\r\n")},
    {BYTES("STAT\r\n")},
    {BYTES("STAT \r\n")},
    {BYTES("STAT name\r\n")},
    {BYTES("STAT  value\r\n")},
    {BYTES("STATS a b\r\n")},
    {BYTES("CLIENT_ERROR\r\n")},
    {BYTES("SERVER_ERROR\r\n")},
    {BYTES("ERRORS\r\n")},
    {BYTES("ERROR\t\r\n")},
    {BYTES("SERVER_ERRORx\r\n")},

    /* numbers */
    {BYTES("-1\r\n")},
    {BYTES("+1\r\n")},
    {BYTES("5 \r\n")},
    {BYTES(" 5\r\n")},
    {BYTES("5x\r\n")},
    {BYTES("05\r\n")},
    {BYTES("00\r\n")},
    {BYTES("1 2\r\n")},
    {BYTES("1.0\r\n")},
    {BYTES("18446744073709551616\r\n")},
    {BYTES("100000000000000000000\r\n")},
    {BYTES("184467440737095516150\r\n")},

    /* other protocols */
    {BYTES("HTTP/1.1 400 Bad Request\r\n")},
    {BYTES("-ERR unknown command\r\n")},
    {BYTES("+OK\r\n")},
    {BYTES("SSH-2.0-OpenSSH_9.2\r\n")},
    {BYTES("220 mail.example ESMTP\r\n")},
    {BYTES("\x15\x03\x01\0\x02\x02\n")},
    {BYTES("HD\r\n")},
    {BYTES("MN \r\n")},
    {BYTES("MNO\r\n")},
    {BYTES("NF\r\n")},
    {BYTES("NF \r\n")},
    {BYTES("NF O\r\n")},
    {BYTES("NF O01\r\n")},
    {BYTES("NF O-1\r\n")},
    {BYTES("NF O1 \r\n")},
    {BYTES("NF O1 kx\r\n")},
    {BYTES("NF   O1\r\n")},
    {BYTES("NF kx\r\n")},
    {BYTES("NF O18446744073709551616\r\n")},
    {BYTES("NFO1\r\n")},
    {BYTES("NS O1\r\n")},
    {BYTES("NS \r\n")},
    {BYTES("EX O1\r\n")},
    {BYTES("HD O1\r\n")},
    {BYTES("VA 1 f0\r\n")},
};

static void assert_same_slice(mc_slice a, mc_slice b) {
    ck_assert_msg(mc__slice_equal(a, b), "\"%.*s\" is not \"%.*s\"", (int)a.len, a.data, (int)b.len, b.data);
}

static void assert_same_reply(const mc__reply *a, const mc__reply *b) {
    ck_assert_int_eq(a->kind, b->kind);
    assert_same_slice(a->key, b->key);
    assert_same_slice(a->text, b->text);
    ck_assert_uint_eq(a->flags, b->flags);
    ck_assert(a->flags_too_wide == b->flags_too_wide);
    ck_assert(a->has_cas == b->has_cas);
    ck_assert_uint_eq(a->length, b->length);
    ck_assert_uint_eq(a->cas, b->cas);
    ck_assert_uint_eq(a->number, b->number);
}

static mc__reply garbage(void) {
    mc__reply reply;

    memset(&reply, 0x5a, sizeof reply);
    return reply;
}

START_TEST(a_legal_line_is_taken_apart) {
    const legal_row *row = &legal_rows[_i];
    guard_page       page = guard_page_new(row->len);
    mc__reply        reply = garbage();
    size_t           used = 0;

    memcpy(page.data, row->line, row->len);
    ck_assert_int_eq(mc__reply_parse(page.data, row->len, &reply, &used), MC__PARSE_DONE);
    ck_assert_uint_eq(used, row->len);
    assert_same_reply(&reply, &row->reply);
    guard_page_free(&page);
}
END_TEST

START_TEST(slices_of_a_reply_point_into_the_line) {
    const legal_row *row = &legal_rows[_i];
    mc__reply        reply = garbage();
    size_t           used = 0;
    const char      *end = row->line + row->len;

    ck_assert_int_eq(mc__reply_parse(row->line, row->len, &reply, &used), MC__PARSE_DONE);
    if (reply.key.len > 0)
        ck_assert(reply.key.data >= row->line && reply.key.data + reply.key.len <= end);
    if (reply.text.len > 0)
        ck_assert(reply.text.data >= row->line && reply.text.data + reply.text.len <= end);
}
END_TEST

static const char *const surplus[] = {"\r\n", "\n", "X", "END\r\n", " ", "STORED\r\n"};

START_TEST(what_follows_a_line_is_left) {
    const legal_row *row = &legal_rows[_i];

    for (size_t i = 0; i < ROWS(surplus); i++) {
        char      bytes[1024];
        mc__reply reply = garbage();
        size_t    used = 0;

        memcpy(bytes, row->line, row->len);
        strcpy(bytes + row->len, surplus[i]);
        ck_assert_int_eq(mc__reply_parse(bytes, row->len + strlen(surplus[i]), &reply, &used), MC__PARSE_DONE);
        ck_assert_uint_eq(used, row->len);
        assert_same_reply(&reply, &row->reply);
    }
}
END_TEST

START_TEST(a_legal_line_cut_at_each_byte_wants_more) {
    const legal_row *row = &legal_rows[_i];

    for (size_t len = 0; len < row->len; len++) {
        guard_page page = guard_page_new(len);
        mc__reply  reply;
        size_t     used;

        memcpy(page.data, row->line, len);
        ck_assert_int_eq(mc__reply_parse(page.data, len, &reply, &used), MC__PARSE_MORE);
        guard_page_free(&page);
    }
}
END_TEST

START_TEST(a_bad_line_is_refused) {
    const bad_row *row = &bad_rows[_i];
    guard_page     page = guard_page_new(row->len);
    mc__reply      reply;
    size_t         used;

    memcpy(page.data, row->line, row->len);
    ck_assert_int_eq(mc__reply_parse(page.data, row->len, &reply, &used), MC__PARSE_MALFORMED);
    guard_page_free(&page);
}
END_TEST

START_TEST(a_bad_line_cut_at_each_byte_is_never_taken) {
    const bad_row *row = &bad_rows[_i];

    for (size_t len = 0; len < row->len; len++) {
        guard_page page = guard_page_new(len);
        mc__reply  reply;
        size_t     used;

        memcpy(page.data, row->line, len);
        ck_assert_int_ne(mc__reply_parse(page.data, len, &reply, &used), MC__PARSE_DONE);
        guard_page_free(&page);
    }
}
END_TEST

/* What cannot become a line of the protocol any more is refused at once: its sender may never send a line end. */
static const bad_row bad_beginnings[] = {
    {BYTES("HTTP/1.1")},     {BYTES("H")},        {BYTES("-ERR")},    {BYTES("+")},       {BYTES("SSH-2.0")},
    {BYTES("SSH")},          {BYTES("\x15\x03")}, {BYTES(" STORED")}, {BYTES("STORED ")}, {BYTES("STOREDX")},
    {BYTES("STORED\rX")},    {BYTES("\rS")},      {BYTES("\0")},      {BYTES("\xff")},    {BYTES("s")},
    {BYTES("ENDX")},         {BYTES("VALUES")},   {BYTES("VALUE\t")}, {BYTES("\r")},      {BYTES("ERR\r")},
    {BYTES("CLIENT_ERR\r")}, {BYTES("EN\r")},     {BYTES("E\r")},     {BYTES("NOT_F_")},  {BYTES("SERVER_ERROR:")},
};

START_TEST(a_bad_beginning_is_refused_at_once) {
    const bad_row *row = &bad_beginnings[_i];
    guard_page     page = guard_page_new(row->len);
    mc__reply      reply;
    size_t         used;

    memcpy(page.data, row->line, row->len);
    ck_assert_int_eq(mc__reply_parse(page.data, row->len, &reply, &used), MC__PARSE_MALFORMED);
    guard_page_free(&page);
}
END_TEST

/* Each byte of a status line must be the right one. */
START_TEST(a_wrong_byte_at_each_place) {
    static const char right[] = "NOT_STORED\r\n";

    for (size_t at = 0; at < sizeof right - 1; at++) {
        char      line[] = "NOT_STORED\r\n";
        mc__reply reply;
        size_t    used;

        if (line[at] == (char)_i)
            continue;
        line[at] = (char)_i;
        ck_assert_int_ne(mc__reply_parse(line, sizeof right - 1, &reply, &used), MC__PARSE_DONE);
    }
}
END_TEST

/* ERROR and a text, so that the whole line has len bytes. */
static void long_line(char *line, size_t len) {
    memset(line, 'e', len);
    memcpy(line, "ERROR ", 6);
    memcpy(line + len - 2, "\r\n", 2);
}

START_TEST(the_longest_line_is_taken) {
    guard_page page = guard_page_new(MC__LINE_MAX);
    mc__reply  reply;
    size_t     used = 0;

    long_line(page.data, MC__LINE_MAX);
    ck_assert_int_eq(mc__reply_parse(page.data, MC__LINE_MAX, &reply, &used), MC__PARSE_DONE);
    ck_assert_uint_eq(used, MC__LINE_MAX);
    ck_assert_uint_eq(reply.text.len, MC__LINE_MAX - 8);
    ck_assert_int_eq(mc__reply_parse(page.data, MC__LINE_MAX - 1, &reply, &used), MC__PARSE_MORE);
    guard_page_free(&page);
}
END_TEST

static const size_t too_long[] = {MC__LINE_MAX + 1, MC__LINE_MAX + 2, 2 * MC__LINE_MAX, 4 * 1024 * 1024};

START_TEST(a_longer_line_is_refused) {
    guard_page page = guard_page_new(too_long[_i]);
    mc__reply  reply;
    size_t     used;

    long_line(page.data, too_long[_i]);
    ck_assert_int_eq(mc__reply_parse(page.data, too_long[_i], &reply, &used), MC__PARSE_MALFORMED);
    ck_assert_int_eq(mc__reply_parse(page.data, MC__LINE_MAX, &reply, &used), MC__PARSE_MALFORMED);
    guard_page_free(&page);
}
END_TEST

START_TEST(a_line_without_end_is_refused_at_the_cap) {
    guard_page page = guard_page_new(MC__LINE_MAX);
    mc__reply  reply;
    size_t     used;

    memset(page.data, 'x', page.size);
    memcpy(page.data, "ERROR ", 6);
    ck_assert_int_eq(mc__reply_parse(page.data, MC__LINE_MAX - 1, &reply, &used), MC__PARSE_MORE);
    ck_assert_int_eq(mc__reply_parse(page.data, MC__LINE_MAX, &reply, &used), MC__PARSE_MALFORMED);
    guard_page_free(&page);
}
END_TEST

START_TEST(a_key_of_any_length_is_compared_with_the_limit) {
    char      line[MC__LINE_MAX];
    size_t    key_len = (size_t)_i;
    mc__reply reply;
    size_t    used;

    memcpy(line, "VALUE ", 6);
    memset(line + 6, 'k', key_len);
    memcpy(line + 6 + key_len, " 0 1\r\n", 6);
    ck_assert_int_eq(mc__reply_parse(line, 12 + key_len, &reply, &used),
                     key_len >= 1 && key_len <= 250 ? MC__PARSE_DONE : MC__PARSE_MALFORMED);
}
END_TEST

START_TEST(nothing_wants_more) {
    mc__reply reply;
    size_t    used;

    ck_assert_int_eq(mc__reply_parse(NULL, 0, &reply, &used), MC__PARSE_MORE);
}
END_TEST

START_TEST(errors_are_told_from_answers) {
    for (mc__reply_kind kind = MC__REPLY_STORED; kind <= MC__REPLY_SERVER_ERROR; kind++) {
        mc__reply reply = {.kind = kind};
        bool      error = kind == MC__REPLY_ERROR || kind == MC__REPLY_CLIENT_ERROR || kind == MC__REPLY_SERVER_ERROR;

        ck_assert(mc__reply_is_error(&reply) == error);
    }
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("reply");
    TCase *tcase = test_case(suite, "legal", 30);

    test_rows(tcase, a_legal_line_is_taken_apart, legal_rows);
    test_rows(tcase, slices_of_a_reply_point_into_the_line, legal_rows);
    test_rows(tcase, what_follows_a_line_is_left, legal_rows);
    test_rows(tcase, a_legal_line_cut_at_each_byte_wants_more, legal_rows);
    tcase_add_test(tcase, nothing_wants_more);
    tcase_add_test(tcase, errors_are_told_from_answers);

    tcase = test_case(suite, "malformed", 30);
    test_rows(tcase, a_bad_line_is_refused, bad_rows);
    test_rows(tcase, a_bad_line_cut_at_each_byte_is_never_taken, bad_rows);
    test_rows(tcase, a_bad_beginning_is_refused_at_once, bad_beginnings);
    tcase_add_loop_test(tcase, a_wrong_byte_at_each_place, 0, 256);

    tcase = test_case(suite, "limits", 30);
    tcase_add_test(tcase, the_longest_line_is_taken);
    test_rows(tcase, a_longer_line_is_refused, too_long);
    tcase_add_test(tcase, a_line_without_end_is_refused_at_the_cap);
    tcase_add_loop_test(tcase, a_key_of_any_length_is_compared_with_the_limit, 0, 600);
    return suite;
}
