#include "base/slice.h"

#include "support/check_main.h"

START_TEST(a_string_is_its_bytes_without_the_nul) {
    mc_slice slice = mc_str("k1");

    ck_assert_uint_eq(slice.len, 2);
    ck_assert_mem_eq(slice.data, "k1", 2);
    ck_assert_uint_eq(mc_str("").len, 0);
    ck_assert_uint_eq(mc_str(NULL).len, 0);
    ck_assert(mc__slice_valid(mc_str(NULL)));
}
END_TEST

START_TEST(bytes_are_not_cut_at_a_nul) {
    static const char data[] = {'a', '\0', 'b'};
    mc_slice          slice = mc_bytes(data, sizeof data);

    ck_assert_uint_eq(slice.len, 3);
    ck_assert_ptr_eq(slice.data, data);
    ck_assert_uint_eq(MC__LITERAL("a\0b").len, 3);
    ck_assert(mc__slice_equal(slice, MC__LITERAL("a\0b")));
    ck_assert(!mc__slice_equal(slice, MC__LITERAL("a\0c")));
}
END_TEST

START_TEST(equality_is_of_length_and_bytes) {
    ck_assert(mc__slice_equal(mc_str("abc"), mc_str("abc")));
    ck_assert(!mc__slice_equal(mc_str("abc"), mc_str("abd")));
    ck_assert(!mc__slice_equal(mc_str("abc"), mc_str("ab")));
    ck_assert(!mc__slice_equal(mc_str("ab"), mc_str("abc")));
    ck_assert(!mc__slice_equal(mc_str("abc"), mc_str("ABC")));
    ck_assert(mc__slice_equal(mc_str(""), mc_bytes(NULL, 0)));
    ck_assert(!mc__slice_equal(mc_str("a"), mc_bytes(NULL, 0)));
}
END_TEST

START_TEST(only_length_without_bytes_is_invalid) {
    ck_assert(mc__slice_valid(mc_bytes("a", 1)));
    ck_assert(mc__slice_valid(mc_bytes("a", 0)));
    ck_assert(mc__slice_valid(mc_bytes(NULL, 0)));
    ck_assert(!mc__slice_valid(mc_bytes(NULL, 1)));
    ck_assert(!mc__slice_valid(mc_bytes(NULL, SIZE_MAX)));
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("slice");
    TCase *tcase = test_case(suite, "slice", 10);

    tcase_add_test(tcase, a_string_is_its_bytes_without_the_nul);
    tcase_add_test(tcase, bytes_are_not_cut_at_a_nul);
    tcase_add_test(tcase, equality_is_of_length_and_bytes);
    tcase_add_test(tcase, only_length_without_bytes_is_invalid);
    return suite;
}
