#include "server/base64.h"
#include "support/check_main.h"

#include <string.h>

static const struct {
    const char *plain;
    const char *text;
} rows[] = {{"f", "Zg=="},        {"fo", "Zm8="},           {"foo", "Zm9v"},
            {"foob", "Zm9vYg=="}, {"\xff\xfe\xfd", "//79"}, {">>>?", "Pj4+Pw=="}};

START_TEST(encodes_and_decodes) {
    char   out[16];
    size_t len;

    len = mcs__base64_encode(mc_str(rows[_i].plain), out);
    ck_assert_uint_eq(len, MCS__BASE64_LEN(strlen(rows[_i].plain)));
    ck_assert_uint_eq(len, strlen(rows[_i].text));
    ck_assert_int_eq(memcmp(out, rows[_i].text, len), 0);
    ck_assert(mcs__base64_decode(mc_str(rows[_i].text), out, &len));
    ck_assert_uint_eq(len, strlen(rows[_i].plain));
    ck_assert_int_eq(memcmp(out, rows[_i].plain, len), 0);
}
END_TEST

static const char *const wrong[] = {
    "", "Z", "Zg", "Zg=", "Zg===", "Z===", "====", "Zg==Zg==", "Zh==", "Zm9=", "Zm 8", "Zm8\n", "Zm-_", "=g=="};

START_TEST(refuses) {
    char   out[16];
    size_t len;

    ck_assert(!mcs__base64_decode(mc_str(wrong[_i]), out, &len));
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("server_base64");
    TCase *tcase = test_case(suite, "base64", 10);

    test_rows(tcase, encodes_and_decodes, rows);
    test_rows(tcase, refuses, wrong);
    return suite;
}
