/* Kinds and numbers of values that were read, and entries that are made of them (lib/client/kind.c). */
#include "mcclient/mcclient.h"

#include "support/check_main.h"

static const struct {
    uint32_t flags;
    mc_kind  kind;
} kinds[] = {
    {0, MC_KIND_BYTES},
    {MC_FLAG_PICKLE, MC_KIND_PICKLE},
    {MC_FLAG_INTEGER, MC_KIND_INTEGER},
    {MC_FLAG_LONG, MC_KIND_INTEGER},
    {MC_FLAG_TEXT, MC_KIND_TEXT},
    {MC_FLAG_ZLIB, MC_KIND_UNKNOWN},
    {MC_FLAG_ZLIB | MC_FLAG_TEXT, MC_KIND_UNKNOWN},
    {MC_FLAG_PICKLE | MC_FLAG_INTEGER, MC_KIND_UNKNOWN},
    {MC_FLAG_INTEGER | MC_FLAG_LONG, MC_KIND_UNKNOWN},
    {32, MC_KIND_UNKNOWN},
    {MC_FLAG_TEXT | 1u << 16, MC_KIND_UNKNOWN},
    {UINT32_MAX, MC_KIND_UNKNOWN},
};

START_TEST(flags_tell_the_kind) {
    mc_value  value = {.flags = kinds[_i].flags};
    mc_result result = {.status = MC_OK, .flags = kinds[_i].flags};

    ck_assert_int_eq(mc_value_kind(&value), kinds[_i].kind);
    ck_assert_int_eq(mc_result_kind(&result), kinds[_i].kind);
    result.status = MC_NOT_FOUND;
    ck_assert_int_eq(mc_result_kind(&result), MC_KIND_UNKNOWN);
}
END_TEST

START_TEST(no_value_is_of_no_kind) {
    ck_assert_int_eq(mc_value_kind(NULL), MC_KIND_UNKNOWN);
    ck_assert_int_eq(mc_result_kind(NULL), MC_KIND_UNKNOWN);
}
END_TEST

static const struct {
    const char *text;
    mc_status   status;
    int64_t     number;
} numbers[] = {
    {"0", MC_OK, 0},
    {"7", MC_OK, 7},
    {"-7", MC_OK, -7},
    {"-0", MC_OK, 0},
    {"42  ", MC_OK, 42},
    {"-42 ", MC_OK, -42},
    {"007", MC_OK, 7},
    {"9223372036854775807", MC_OK, INT64_MAX},
    {"9223372036854775807          ", MC_OK, INT64_MAX},
    {"-9223372036854775807", MC_OK, -INT64_MAX},
    {"-9223372036854775808", MC_OK, INT64_MIN},
    {"9223372036854775808", MC_BAD_VALUE, 0},
    {"-9223372036854775809", MC_BAD_VALUE, 0},
    {"18446744073709551615", MC_BAD_VALUE, 0},
    {"-18446744073709551616", MC_BAD_VALUE, 0},
    {"100000000000000000000000000000000", MC_BAD_VALUE, 0},
    {"", MC_BAD_VALUE, 0},
    {" ", MC_BAD_VALUE, 0},
    {"-", MC_BAD_VALUE, 0},
    {"- ", MC_BAD_VALUE, 0},
    {"--1", MC_BAD_VALUE, 0},
    {"-+1", MC_BAD_VALUE, 0},
    {"+1", MC_BAD_VALUE, 0},
    {" 1", MC_BAD_VALUE, 0},
    {"- 1", MC_BAD_VALUE, 0},
    {"1 2", MC_BAD_VALUE, 0},
    {"1\n", MC_BAD_VALUE, 0},
    {"1\t", MC_BAD_VALUE, 0},
    {"1.0", MC_BAD_VALUE, 0},
    {"1e3", MC_BAD_VALUE, 0},
    {"0x1", MC_BAD_VALUE, 0},
    {"1_000", MC_BAD_VALUE, 0},
    {"1L", MC_BAD_VALUE, 0},
    {"True", MC_BAD_VALUE, 0},
};

START_TEST(decimal_text_and_nothing_else) {
    const char *text = numbers[_i].text;
    mc_value    value = MC_VALUE_INIT;
    mc_result   result = {.status = MC_OK, .value = mc_str(text)};
    int64_t     number = 12345;

    ck_assert_int_eq(mc_value_set(&value, mc_str(text)), MC_OK);
    ck_assert_int_eq(mc_value_int(&value, &number), numbers[_i].status);
    ck_assert_int_eq(number, numbers[_i].status == MC_OK ? numbers[_i].number : 12345);
    number = 12345;
    ck_assert_int_eq(mc_result_int(&result, &number), numbers[_i].status);
    ck_assert_int_eq(number, numbers[_i].status == MC_OK ? numbers[_i].number : 12345);
    mc_value_clear(&value);
}
END_TEST

START_TEST(a_byte_that_text_cannot_hold) {
    mc_result result = {.status = MC_OK, .value = mc_bytes("12\0", 3)};
    int64_t   number = 12345;

    ck_assert_int_eq(mc_result_int(&result, &number), MC_BAD_VALUE);
    ck_assert_int_eq(number, 12345);
}
END_TEST

START_TEST(no_value_is_no_number) {
    mc_value  value = MC_VALUE_INIT;
    mc_result missed = {.status = MC_NOT_FOUND, .value = mc_str("1")};
    int64_t   number = 12345;

    ck_assert_int_eq(mc_value_int(&value, &number), MC_BAD_VALUE);
    ck_assert_int_eq(mc_result_int(&missed, &number), MC_BAD_VALUE);
    ck_assert_int_eq(mc_value_int(NULL, &number), MC_BAD_ARGUMENT);
    ck_assert_int_eq(mc_value_int(&value, NULL), MC_BAD_ARGUMENT);
    ck_assert_int_eq(mc_result_int(NULL, &number), MC_BAD_ARGUMENT);
    ck_assert_int_eq(mc_result_int(&missed, NULL), MC_BAD_ARGUMENT);
    ck_assert_int_eq(number, 12345);
}
END_TEST

static const struct {
    int64_t     number;
    const char *text;
} texts[] = {
    {0, "0"},
    {-1, "-1"},
    {1234567890, "1234567890"},
    {INT64_MAX, "9223372036854775807"},
    {INT64_MIN, "-9223372036854775808"},
};

START_TEST(an_entry_of_a_number) {
    char     room[MC_INT_SIZE];
    mc_entry entry = mc_entry_int(mc_str("k"), texts[_i].number, 60, room);

    ck_assert_ptr_eq(entry.value.data, room);
    ck_assert_uint_eq(entry.value.len, strlen(texts[_i].text));
    ck_assert_mem_eq(entry.value.data, texts[_i].text, entry.value.len);
    ck_assert_uint_eq(entry.flags, MC_FLAG_INTEGER);
    ck_assert_int_eq(entry.ttl_s, 60);
    ck_assert_str_eq(entry.key.data, "k");
}
END_TEST

START_TEST(an_entry_of_text) {
    mc_entry entry = mc_entry_text(mc_str("k"), mc_str("\xc3\xbc"), -1);

    ck_assert_uint_eq(entry.value.len, 2);
    ck_assert_uint_eq(entry.flags, MC_FLAG_TEXT);
    ck_assert_int_eq(entry.ttl_s, -1);
}
END_TEST

START_TEST(an_entry_without_room_is_refused_later) {
    mc_entry entry = mc_entry_int(mc_str("k"), 1, 0, NULL);

    ck_assert(entry.value.data == NULL && entry.value.len > 0);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("kind");
    TCase *tcase = test_case(suite, "kind", 10);

    test_rows(tcase, flags_tell_the_kind, kinds);
    tcase_add_test(tcase, no_value_is_of_no_kind);
    test_rows(tcase, decimal_text_and_nothing_else, numbers);
    tcase_add_test(tcase, a_byte_that_text_cannot_hold);
    tcase_add_test(tcase, no_value_is_no_number);
    test_rows(tcase, an_entry_of_a_number, texts);
    tcase_add_test(tcase, an_entry_of_text);
    tcase_add_test(tcase, an_entry_without_room_is_refused_later);
    return suite;
}
