#include "base/number.h"

#include "support/check_main.h"

#include <string.h>

static const struct {
    const char       *text;
    mc__number_result canonical;
    mc__number_result padded;
    uint64_t          number;
} parse_rows[] = {
    {"0", MC__NUMBER_OK, MC__NUMBER_OK, 0},
    {"1", MC__NUMBER_OK, MC__NUMBER_OK, 1},
    {"9", MC__NUMBER_OK, MC__NUMBER_OK, 9},
    {"10", MC__NUMBER_OK, MC__NUMBER_OK, 10},
    {"4294967295", MC__NUMBER_OK, MC__NUMBER_OK, UINT32_MAX},
    {"4294967296", MC__NUMBER_OK, MC__NUMBER_OK, (uint64_t)UINT32_MAX + 1},
    {"9223372036854775807", MC__NUMBER_OK, MC__NUMBER_OK, INT64_MAX},
    {"18446744073709551609", MC__NUMBER_OK, MC__NUMBER_OK, UINT64_MAX - 6},
    {"18446744073709551610", MC__NUMBER_OK, MC__NUMBER_OK, UINT64_MAX - 5},
    {"18446744073709551615", MC__NUMBER_OK, MC__NUMBER_OK, UINT64_MAX},
    {"18446744073709551616", MC__NUMBER_TOO_WIDE, MC__NUMBER_TOO_WIDE, 0},
    {"18446744073709551620", MC__NUMBER_TOO_WIDE, MC__NUMBER_TOO_WIDE, 0},
    {"99999999999999999999", MC__NUMBER_TOO_WIDE, MC__NUMBER_TOO_WIDE, 0},
    {"100000000000000000000000000000000000000000", MC__NUMBER_TOO_WIDE, MC__NUMBER_TOO_WIDE, 0},
    {"18446744073709551616x", MC__NUMBER_MALFORMED, MC__NUMBER_MALFORMED, 0},
    {"", MC__NUMBER_MALFORMED, MC__NUMBER_MALFORMED, 0},
    {"-", MC__NUMBER_MALFORMED, MC__NUMBER_MALFORMED, 0},
    {"-1", MC__NUMBER_MALFORMED, MC__NUMBER_MALFORMED, 0},
    {"+1", MC__NUMBER_MALFORMED, MC__NUMBER_MALFORMED, 0},
    {" 1", MC__NUMBER_MALFORMED, MC__NUMBER_MALFORMED, 0},
    {"1 ", MC__NUMBER_MALFORMED, MC__NUMBER_MALFORMED, 0},
    {"1\r", MC__NUMBER_MALFORMED, MC__NUMBER_MALFORMED, 0},
    {"1_0", MC__NUMBER_MALFORMED, MC__NUMBER_MALFORMED, 0},
    {"0x1", MC__NUMBER_MALFORMED, MC__NUMBER_MALFORMED, 0},
    {"1e3", MC__NUMBER_MALFORMED, MC__NUMBER_MALFORMED, 0},
    {"1.0", MC__NUMBER_MALFORMED, MC__NUMBER_MALFORMED, 0},
    {"/", MC__NUMBER_MALFORMED, MC__NUMBER_MALFORMED, 0},
    {":", MC__NUMBER_MALFORMED, MC__NUMBER_MALFORMED, 0},
    {"\xb1", MC__NUMBER_MALFORMED, MC__NUMBER_MALFORMED, 0},
    {"00", MC__NUMBER_MALFORMED, MC__NUMBER_OK, 0},
    {"01", MC__NUMBER_MALFORMED, MC__NUMBER_OK, 1},
    {"000000000000000000000000000007", MC__NUMBER_MALFORMED, MC__NUMBER_OK, 7},
};

START_TEST(parses_digits_and_nothing_else) {
    const char *text = parse_rows[_i].text;
    uint64_t    number = 12345;

    ck_assert_int_eq(mc__number_parse(text, strlen(text), &number), parse_rows[_i].canonical);
    ck_assert_uint_eq(number, parse_rows[_i].canonical == MC__NUMBER_OK ? parse_rows[_i].number : 12345);
}
END_TEST

START_TEST(padded_allows_leading_zeros_only) {
    const char *text = parse_rows[_i].text;
    uint64_t    number = 12345;

    ck_assert_int_eq(mc__number_parse_padded(text, strlen(text), &number), parse_rows[_i].padded);
    ck_assert_uint_eq(number, parse_rows[_i].padded == MC__NUMBER_OK ? parse_rows[_i].number : 12345);
}
END_TEST

START_TEST(reads_no_further_than_its_length) {
    uint64_t number = 0;

    ck_assert_int_eq(mc__number_parse("123456", 3, &number), MC__NUMBER_OK);
    ck_assert_uint_eq(number, 123);
    ck_assert_int_eq(mc__number_parse("1\0"
                                      "2",
                                      3, &number),
                     MC__NUMBER_MALFORMED);
    ck_assert_int_eq(mc__number_parse(NULL, 0, &number), MC__NUMBER_MALFORMED);
}
END_TEST

static const struct {
    uint64_t    number;
    const char *text;
} format_rows[] = {
    {0, "0"},
    {1, "1"},
    {9, "9"},
    {10, "10"},
    {99, "99"},
    {100, "100"},
    {1048576, "1048576"},
    {UINT32_MAX, "4294967295"},
    {INT64_MAX, "9223372036854775807"},
    {UINT64_MAX, "18446744073709551615"},
};

START_TEST(formats_what_it_parses) {
    const char *text = format_rows[_i].text;
    char        out[MC__NUMBER_MAX + 1];
    uint64_t    number = 0;

    memset(out, '#', sizeof out);
    ck_assert_uint_eq(mc__number_format(format_rows[_i].number, out), strlen(text));
    ck_assert_mem_eq(out, text, strlen(text));
    ck_assert_int_eq(out[strlen(text)], '#');
    ck_assert_int_eq(mc__number_parse(out, strlen(text), &number), MC__NUMBER_OK);
    ck_assert_uint_eq(number, format_rows[_i].number);
}
END_TEST

static const struct {
    int64_t     number;
    const char *text;
} signed_rows[] = {
    {0, "0"},
    {1, "1"},
    {-1, "-1"},
    {-10, "-10"},
    {2592000, "2592000"},
    {INT64_MAX, "9223372036854775807"},
    {INT64_MIN + 1, "-9223372036854775807"},
    {INT64_MIN, "-9223372036854775808"},
};

START_TEST(formats_with_a_sign) {
    const char *text = signed_rows[_i].text;
    char        out[MC__NUMBER_MAX + 1];

    memset(out, '#', sizeof out);
    ck_assert_uint_eq(mc__number_format_signed(signed_rows[_i].number, out), strlen(text));
    ck_assert_mem_eq(out, text, strlen(text));
    ck_assert_int_eq(out[strlen(text)], '#');
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("number");
    TCase *tcase = test_case(suite, "number", 10);

    test_rows(tcase, parses_digits_and_nothing_else, parse_rows);
    test_rows(tcase, padded_allows_leading_zeros_only, parse_rows);
    tcase_add_test(tcase, reads_no_further_than_its_length);
    test_rows(tcase, formats_what_it_parses, format_rows);
    test_rows(tcase, formats_with_a_sign, signed_rows);
    return suite;
}
