#include "protocol/whole_value.h"

#include "support/check_main.h"
#include "support/guard_page.h"

#include <string.h>

#define MAX 16

/* What it takes, and with it what the careful way says of the same bytes. */
static const struct {
    const char *input;
    bool        with_cas;
    const char *key, *data;
    uint32_t    flags;
    uint64_t    cas;
} whole_rows[] = {
    {"VALUE k 0 1\r\nv\r\n", false, "k", "v", 0, 0},
    {"VALUE k 0 0\r\n\r\n", false, "k", "", 0, 0},
    {"VALUE k 999999999 3\r\nabc\r\nEND\r\n", false, "k", "abc", 999999999, 0},
    {"VALUE a\x80\xffz 7 16\r\n0123456789abcdef\r\nVALUE", false, "a\x80\xffz", "0123456789abcdef", 7, 0},
    {"VALUE k 1 2\r\n\r\n\r\n", false, "k", "\r\n", 1, 0},
    {"VALUE k 1 5 1\r\nEND\r\n\r\n", true, "k", "END\r\n", 1, 1},
    {"VALUE k 1 1 9999999999999999999\r\nx\r\n", true, "k", "x", 1, 9999999999999999999U},
    {"VALUE k 0 1 0\r\nx\r\nSTORED\r\n", true, "k", "x", 0, 0},
};

START_TEST(takes_a_whole_value_as_the_careful_way_does) {
    mc_slice  input = mc_str(whole_rows[_i].input), data = {0};
    mc__reply head, careful;
    size_t    used, line;

    ck_assert(mc__whole_value_read(input, whole_rows[_i].with_cas, MAX, &head, &data, &used));
    ck_assert_int_eq(mc__reply_parse(input.data, input.len, &careful, &line), MC__PARSE_DONE);
    ck_assert_int_eq(careful.kind, head.kind);
    ck_assert_uint_eq(careful.flags, head.flags);
    ck_assert_uint_eq(careful.length, head.length);
    ck_assert_uint_eq(careful.cas, head.cas);
    ck_assert(careful.has_cas == head.has_cas && !careful.flags_too_wide && !head.flags_too_wide);
    ck_assert(careful.key.data == head.key.data && careful.key.len == head.key.len);
    ck_assert(data.data == input.data + line && data.len == head.length);
    ck_assert_uint_eq(used, line + data.len + 2);

    ck_assert_uint_eq(head.key.len, strlen(whole_rows[_i].key));
    ck_assert_mem_eq(head.key.data, whole_rows[_i].key, head.key.len);
    ck_assert_uint_eq(data.len, strlen(whole_rows[_i].data));
    ck_assert_mem_eq(data.data, whole_rows[_i].data, data.len);
    ck_assert_uint_eq(head.flags, whole_rows[_i].flags);
    ck_assert_uint_eq(head.cas, whole_rows[_i].cas);
}
END_TEST

/* Cut short anywhere it is not whole, and no byte behind the cut is read. */
START_TEST(takes_nothing_less_than_a_whole_value) {
    mc_slice  input = mc_str(whole_rows[_i].input), data;
    mc__reply head;
    size_t    used, whole;

    ck_assert(mc__whole_value_read(input, whole_rows[_i].with_cas, MAX, &head, &data, &whole));
    for (size_t len = 0; len < whole; len++) {
        guard_page page = guard_page_new(len);

        memcpy(page.data, input.data, len);
        ck_assert_msg(!mc__whole_value_read(mc_bytes(page.data, len), whole_rows[_i].with_cas, MAX, &head, &data, &used),
                      "cut at %zu", len);
        guard_page_free(&page);
    }
}
END_TEST

/* What it leaves to the careful way, be it wrong or only rare. */
static const struct {
    const char *input;
    bool        with_cas;
} other_rows[] = {
    {"END\r\n", false},
    {"VALUE  0 1\r\nv\r\n", false},
    {"VALUE k 0 17\r\n0123456789abcdefg\r\n", false},
    {"VALUE k 0 1 5\r\nv\r\n", false},
    {"VALUE k 0 1\r\nv\r\n", true},
    {"VALUE k 00 1\r\nv\r\n", false},
    {"VALUE k 0 01\r\nv\r\n", false},
    {"VALUE k 0 1 01\r\nv\r\n", true},
    {"VALUE k 1000000000 1\r\nv\r\n", false},
    {"VALUE k 0 1000000000\r\nv\r\n", false},
    {"VALUE k 0 1 18446744073709551615\r\nv\r\n", true},
    {"VALUE k 0 1 18446744073709551616\r\nv\r\n", true},
    {"VALUE k -1 1\r\nv\r\n", false},
    {"VALUE k 0 +1\r\nv\r\n", false},
    {"VALUE k  0 1\r\nv\r\n", false},
    {"VALUE k 0 1 \r\nv\r\n", false},
    {"VALUE k 0 1\nv\r\n", false},
    {"VALUE k 0 1\r\nvv\r\n", false},
    {"VALUE k 0 1\r\nv\n\r", false},
    {"VALUE k 0 1\r\nv\rX", false},
    {"value k 0 1\r\nv\r\n", false},
    {"VALUEk 0 1\r\nv\r\n", false},
};

START_TEST(leaves_the_rest_to_the_careful_way) {
    mc__reply head;
    mc_slice  data;
    size_t    used;

    ck_assert(!mc__whole_value_read(mc_str(other_rows[_i].input), other_rows[_i].with_cas, MAX, &head, &data, &used));
}
END_TEST

START_TEST(a_key_has_up_to_250_bytes) {
    char      input[300];
    mc__reply head;
    mc_slice  data;
    size_t    used;

    for (size_t len = 249; len <= 252; len++) {
        size_t at = 6;
        memcpy(input, "VALUE ", 6);
        memset(input + at, 'k', len);
        at += len;
        memcpy(input + at, " 0 1\r\nv\r\n", 9);
        ck_assert(mc__whole_value_read(mc_bytes(input, at + 9), false, MAX, &head, &data, &used) == (len <= MC_KEY_MAX));
    }
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("whole_value");
    TCase *tcase = test_case(suite, "whole_value", 10);

    test_rows(tcase, takes_a_whole_value_as_the_careful_way_does, whole_rows);
    test_rows(tcase, takes_nothing_less_than_a_whole_value, whole_rows);
    test_rows(tcase, leaves_the_rest_to_the_careful_way, other_rows);
    tcase_add_test(tcase, a_key_has_up_to_250_bytes);
    return suite;
}
