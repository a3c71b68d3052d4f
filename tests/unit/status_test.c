#include "base/status.h"

#include "support/check_main.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* The numbers are part of the library's binary interface; this table is the second place that has them. */
static const struct {
    int         number;
    mc_status   status;
    const char *name;
    bool        answer;
    bool        not_sent;
    bool        outcome_unknown;
} rows[] = {
    {0, MC_OK, "MC_OK", true, false, false},
    {1, MC_NOT_FOUND, "MC_NOT_FOUND", true, false, false},
    {2, MC_NOT_STORED, "MC_NOT_STORED", true, false, false},
    {3, MC_EXISTS, "MC_EXISTS", true, false, false},
    {10, MC_BAD_ARGUMENT, "MC_BAD_ARGUMENT", false, false, false},
    {11, MC_BAD_KEY, "MC_BAD_KEY", false, false, false},
    {12, MC_TOO_LARGE, "MC_TOO_LARGE", false, false, false},
    {20, MC_NO_MEMORY, "MC_NO_MEMORY", false, false, false},
    {21, MC_UNREACHABLE, "MC_UNREACHABLE", false, true, false},
    {22, MC_NO_SERVER, "MC_NO_SERVER", false, true, false},
    {30, MC_TIMEOUT, "MC_TIMEOUT", false, false, true},
    {31, MC_CONNECTION_LOST, "MC_CONNECTION_LOST", false, false, true},
    {32, MC_PROTOCOL_ERROR, "MC_PROTOCOL_ERROR", false, false, true},
    {40, MC_CLIENT_ERROR, "MC_CLIENT_ERROR", false, false, false},
    {41, MC_SERVER_ERROR, "MC_SERVER_ERROR", false, false, false},
    {50, MC_BAD_VALUE, "MC_BAD_VALUE", false, false, false},
    {60, MC_PARTIAL, "MC_PARTIAL", false, false, false},
};

START_TEST(each_status_has_number_name_text_and_group) {
    mc_status status = rows[_i].status;

    ck_assert_int_eq(status, rows[_i].number);
    ck_assert_str_eq(mc_status_name(status), rows[_i].name);
    ck_assert_str_ne(mc_status_text(status), "not a status");
    ck_assert_uint_gt(strlen(mc_status_text(status)), 0);
    ck_assert(mc__status_is_answer(status) == rows[_i].answer);
    ck_assert(mc__status_not_sent(status) == rows[_i].not_sent);
    ck_assert(mc_status_outcome_unknown(status) == rows[_i].outcome_unknown);
}
END_TEST

START_TEST(no_two_statuses_share_a_text) {
    for (size_t i = 0; i < ROWS(rows); i++)
        for (size_t j = 0; j < i; j++)
            ck_assert_str_ne(mc_status_text(rows[i].status), mc_status_text(rows[j].status));
}
END_TEST

START_TEST(a_number_that_is_no_status_has_a_text_too) {
    static const int numbers[] = {-1, 4, 9, 13, 61, 1000000};

    for (size_t i = 0; i < ROWS(numbers); i++) {
        ck_assert_str_eq(mc_status_text((mc_status)numbers[i]), "not a status");
        ck_assert_str_eq(mc_status_name((mc_status)numbers[i]), "not a status");
        ck_assert(!mc_status_outcome_unknown((mc_status)numbers[i]));
    }
}
END_TEST

static void *first_detail(void *arg) {
    const char **detail = arg;

    *detail = mc_error_detail()[0] == '\0' ? "empty" : "not empty";
    mc__tell("in the other thread");
    return NULL;
}

START_TEST(the_detail_is_the_threads_own) {
    pthread_t   thread;
    const char *seen = NULL;

    ck_assert_int_eq(mc__fail(MC_UNREACHABLE, "%s: connect: %s", "127.0.0.1:12000", "refused"), MC_UNREACHABLE);
    ck_assert_int_eq(pthread_create(&thread, NULL, first_detail, &seen), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_str_eq(seen, "empty");
    ck_assert_str_eq(mc_error_detail(), "127.0.0.1:12000: connect: refused");
}
END_TEST

START_TEST(the_old_detail_may_be_part_of_the_new_one) {
    mc__tell("inner");
    mc__tell("outer: %s", mc_error_detail());
    ck_assert_str_eq(mc_error_detail(), "outer: inner");
}
END_TEST

START_TEST(a_long_detail_is_cut) {
    char text[5000];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    mc__tell("%s", text);
    ck_assert_uint_ge(strlen(mc_error_detail()), 512);
    ck_assert_uint_lt(strlen(mc_error_detail()), sizeof text - 1);
    ck_assert_uint_eq(strspn(mc_error_detail(), "x"), strlen(mc_error_detail()));
}
END_TEST

static const struct {
    const char *bytes;
    size_t      len;
    const char *text;
} escape_rows[] = {
    {NULL, 0, ""},
    {"plain text", 10, "plain text"},
    {"a\r\nb", 4, "a\\x0d\\x0ab"},
    {"a\0b", 3, "a\\x00b"},
    {"back\\slash", 10, "back\\x5cslash"},
    {"\x1f\x20\x7e\x7f", 4, "\\x1f ~\\x7f"},
    {"\x80\xff", 2, "\\x80\\xff"},
};

START_TEST(escapes_what_cannot_be_printed) {
    char out[MC__ESCAPED_MAX];

    ck_assert_ptr_eq(mc__escape(mc_bytes(escape_rows[_i].bytes, escape_rows[_i].len), out), out);
    ck_assert_str_eq(out, escape_rows[_i].text);
}
END_TEST

START_TEST(escaping_never_passes_its_room) {
    char bytes[300];
    char out[MC__ESCAPED_MAX + 1];

    for (int byte = 0; byte < 256; byte += 51) {
        memset(bytes, byte, sizeof bytes);
        for (size_t len = 0; len <= sizeof bytes; len++) {
            out[MC__ESCAPED_MAX] = '#';
            mc__escape(mc_bytes(bytes, len), out);
            ck_assert_int_eq(out[MC__ESCAPED_MAX], '#');
            ck_assert_uint_lt(strlen(out), MC__ESCAPED_MAX);
        }
        ck_assert_uint_gt(strlen(out), MC__ESCAPED_MAX - 10);
        ck_assert_str_eq(out + strlen(out) - 3, "...");
    }
}
END_TEST

START_TEST(a_key_of_the_longest_kind_is_not_cut) {
    char key[MC_KEY_MAX];
    char out[MC__ESCAPED_MAX];

    memset(key, 'k', sizeof key);
    mc__escape(mc_bytes(key, sizeof key), out);
    ck_assert_uint_eq(strlen(out), MC_KEY_MAX);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("status");
    TCase *statuses = test_case(suite, "statuses", 10);
    TCase *detail = test_case(suite, "detail", 10);
    TCase *escape = test_case(suite, "escape", 10);

    test_rows(statuses, each_status_has_number_name_text_and_group, rows);
    tcase_add_test(statuses, no_two_statuses_share_a_text);
    tcase_add_test(statuses, a_number_that_is_no_status_has_a_text_too);
    tcase_add_test(detail, the_detail_is_the_threads_own);
    tcase_add_test(detail, the_old_detail_may_be_part_of_the_new_one);
    tcase_add_test(detail, a_long_detail_is_cut);
    test_rows(escape, escapes_what_cannot_be_printed, escape_rows);
    tcase_add_test(escape, escaping_never_passes_its_room);
    tcase_add_test(escape, a_key_of_the_longest_kind_is_not_cut);
    return suite;
}
