/* What mc reads and writes as text: numbers, escapes, UTF-8. */
#include "cli/escape.h"
#include "cli/number.h"
#include "cli/utf8.h"

#include "support/check_main.h"

#include <stdlib.h>
#include <string.h>

START_TEST(numbers) {
    uint64_t number = 77;

    ck_assert(cli_number_of(mc_str("0"), 0, &number) && number == 0);
    ck_assert(cli_number_of(mc_str("007"), 7, &number) && number == 7);
    ck_assert(cli_number_of(mc_str("18446744073709551615"), UINT64_MAX, &number) && number == UINT64_MAX);
    ck_assert(!cli_number_of(mc_str("18446744073709551616"), UINT64_MAX, &number));
    for (uint64_t max = 0; max < 200; max++)
        for (uint64_t n = 0; n < 300; n++) {
            char text[24];
            snprintf(text, sizeof text, "%llu", (unsigned long long)n);
            ck_assert_int_eq(cli_number_of(mc_str(text), max, &number), n <= max);
        }
    for (const char *const *wrong = (const char *const[]){"", " 1", "1 ", "+1", "-1", "1.", "0x1", "a", NULL}; *wrong;
         wrong++)
        ck_assert(!cli_number_of(mc_str(*wrong), UINT64_MAX, &number));
}
END_TEST

START_TEST(sizes) {
    uint64_t number;

    ck_assert(cli_size_of(mc_str("5"), 10, &number) && number == 5);
    ck_assert(cli_size_of(mc_str("2k"), 2048, &number) && number == 2048);
    ck_assert(!cli_size_of(mc_str("2k"), 2047, &number));
    ck_assert(cli_size_of(mc_str("3M"), UINT64_MAX, &number) && number == 3 << 20);
    ck_assert(cli_size_of(mc_str("1g"), UINT64_MAX, &number) && number == 1 << 30);
    ck_assert(!cli_size_of(mc_str("17179869184g"), UINT64_MAX, &number));
    ck_assert(!cli_size_of(mc_str("k"), UINT64_MAX, &number));
    ck_assert(!cli_size_of(mc_str("1kk"), UINT64_MAX, &number));
}
END_TEST

START_TEST(signed_numbers) {
    int64_t number;

    ck_assert(cli_signed_of(mc_str("-1"), &number) && number == -1);
    ck_assert(cli_signed_of(mc_str("9223372036854775807"), &number) && number == INT64_MAX);
    ck_assert(!cli_signed_of(mc_str("-"), &number));
    ck_assert(!cli_signed_of(mc_str("--1"), &number));
    ck_assert(!cli_signed_of(mc_str("9223372036854775808"), &number));
}
END_TEST

START_TEST(seconds) {
    uint64_t ms;

    ck_assert(cli_seconds_of(mc_str("2"), 5000, &ms) && ms == 2000);
    ck_assert(cli_seconds_of(mc_str("0.5"), 5000, &ms) && ms == 500);
    ck_assert(cli_seconds_of(mc_str("4.05"), 5000, &ms) && ms == 4050);
    ck_assert(cli_seconds_of(mc_str("0.001"), 5000, &ms) && ms == 1);
    ck_assert(!cli_seconds_of(mc_str("5.001"), 5000, &ms));
    for (const char *const *wrong = (const char *const[]){"", "0", "0.000", ".", "1.", ".5", "1.2345", "1,5", "-1", NULL};
         *wrong; wrong++)
        ck_assert_msg(!cli_seconds_of(mc_str(*wrong), 5000, &ms), "%s", *wrong);
}
END_TEST

START_TEST(any_bytes_come_back_from_escapes) {
    unsigned state = 1;

    for (int round = 0; round < 2000; round++) {
        char   bytes[40], *text = NULL;
        size_t len = (size_t)round % sizeof bytes, size = 0;
        FILE  *file = open_memstream(&text, &size);
        for (size_t i = 0; i < len; i++)
            bytes[i] = (char)((state = state * 1103515245u + 12345u) >> 16);
        cli_escape_write(mc_bytes(bytes, len), file);
        fclose(file);
        ck_assert(memchr(text, '\t', size) == NULL && memchr(text, '\n', size) == NULL);
        ck_assert(cli_utf8_valid(mc_bytes(text, size)));
        ck_assert(cli_unescape(text, &size));
        ck_assert_uint_eq(size, len);
        ck_assert_mem_eq(text, bytes, len);
        free(text);
    }
}
END_TEST

START_TEST(wrong_escapes) {
    static const char *const wrong[] = {"\\", "a\\", "\\q", "\\x", "\\x1", "\\xg1", "\\x1g", "\\\\\\"};

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char   text[8];
        size_t len = strlen(wrong[i]);
        memcpy(text, wrong[i], len);
        ck_assert_msg(!cli_unescape(text, &len), "%s", wrong[i]);
    }
}
END_TEST

/* Of all that four bytes can be: as many characters of each length as there are code points for it. */
START_TEST(utf8_has_as_many_characters_as_unicode) {
    unsigned long counts[5] = {0};

    for (uint32_t first = 0; first < 256; first++)
        for (uint32_t rest = 0; rest < 1 << 16; rest++) {
            /* The last byte of four decides nothing but whether it is one that follows; 0x80 stands for all 64. */
            char   bytes[4] = {(char)first, (char)(rest >> 8), (char)rest, (char)0x80};
            size_t length = cli_utf8_length(mc_bytes(bytes, sizeof bytes));
            counts[length]++;
        }
    ck_assert_uint_eq(counts[1] >> 16, 128);
    ck_assert_uint_eq(counts[2] >> 8, 2048 - 128);
    ck_assert_uint_eq(counts[3], 65536 - 2048 - 2048); /* surrogates are none */
    ck_assert_uint_eq(counts[4] * 64, 1048576);
    ck_assert_uint_eq(cli_utf8_length(mc_bytes("\xe2\x82", 2)), 0);
    ck_assert_uint_eq(cli_utf8_length(mc_bytes("\xf0\x9f\x98\x2e", 4)), 0);
    ck_assert_uint_eq(cli_utf8_length(mc_bytes("", 0)), 0);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("cli_text");
    TCase *tcase = test_case(suite, "cli_text", 30);

    tcase_add_test(tcase, numbers);
    tcase_add_test(tcase, sizes);
    tcase_add_test(tcase, signed_numbers);
    tcase_add_test(tcase, seconds);
    tcase_add_test(tcase, any_bytes_come_back_from_escapes);
    tcase_add_test(tcase, wrong_escapes);
    tcase_add_test(tcase, utf8_has_as_many_characters_as_unicode);
    return suite;
}
