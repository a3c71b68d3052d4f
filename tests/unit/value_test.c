#include "client/value.h"

#include "support/check_main.h"

#include <stdbool.h>

static mc_value value;

static void init(void) {
    const mc_value empty = MC_VALUE_INIT;

    value = empty;
}

static void clear(void) {
    mc_value_clear(&value);
}

static void check_is_init(void) {
    ck_assert_ptr_null(value.data);
    ck_assert_uint_eq(value.len, 0);
    ck_assert_uint_eq(value.flags, 0);
    ck_assert_uint_eq(value.cas, 0);
    ck_assert_uint_eq(value.capacity, 0);
}

static void check_holds(const char *bytes, size_t len) {
    ck_assert_uint_eq(value.len, len);
    ck_assert_mem_eq(value.data, bytes, len);
    ck_assert_int_eq(value.data[len], '\0');
    ck_assert_uint_gt(value.capacity, len);
}

START_TEST(set_copies_and_ends_with_a_nul) {
    char bytes[] = "a\0b\r\nEND\r\n";

    ck_assert_int_eq(mc_value_set(&value, mc_bytes(bytes, 10)), MC_OK);
    memset(bytes, 'x', sizeof bytes);
    check_holds("a\0b\r\nEND\r\n", 10);
}
END_TEST

START_TEST(set_of_nothing_is_an_empty_text) {
    ck_assert_int_eq(mc_value_set(&value, mc_bytes(NULL, 0)), MC_OK);
    check_holds("", 0);
    ck_assert_int_eq(mc_value_set(&value, mc_str("")), MC_OK);
    check_holds("", 0);
}
END_TEST

START_TEST(set_leaves_flags_and_cas) {
    value.flags = 7;
    value.cas = 8;
    ck_assert_int_eq(mc_value_set(&value, mc_str("v")), MC_OK);
    ck_assert_uint_eq(value.flags, 7);
    ck_assert_uint_eq(value.cas, 8);
}
END_TEST

START_TEST(a_shorter_value_reuses_the_memory) {
    char  *data;
    size_t capacity;

    ck_assert_int_eq(mc_value_set(&value, mc_str("a longer value")), MC_OK);
    data = value.data;
    capacity = value.capacity;
    ck_assert_int_eq(mc_value_set(&value, mc_str("short")), MC_OK);
    check_holds("short", 5);
    ck_assert_ptr_eq(value.data, data);
    ck_assert_uint_eq(value.capacity, capacity);
}
END_TEST

START_TEST(a_part_of_the_value_itself_may_be_set) {
    ck_assert_int_eq(mc_value_set(&value, mc_str("abcdef")), MC_OK);
    ck_assert_int_eq(mc_value_set(&value, mc_bytes(value.data + 2, 4)), MC_OK);
    check_holds("cdef", 4);
    ck_assert_int_eq(mc_value_set(&value, mc_bytes(value.data, 2)), MC_OK);
    check_holds("cd", 2);
}
END_TEST

START_TEST(wrong_arguments_are_refused) {
    ck_assert_int_eq(mc_value_set(NULL, mc_str("v")), MC_BAD_ARGUMENT);
    ck_assert_int_eq(mc_value_set(&value, mc_bytes(NULL, 1)), MC_BAD_ARGUMENT);
    ck_assert_str_ne(mc_error_detail(), "");
    check_is_init();
}
END_TEST

START_TEST(without_memory_the_value_is_as_before) {
    volatile size_t most = SIZE_MAX / 2 - 1; /* volatile, or a compiler knows better than to try */

    ck_assert_int_eq(mc_value_set(&value, mc_str("kept")), MC_OK);
    ck_assert_int_eq(mc_value_set(&value, mc_bytes("x", most)), MC_NO_MEMORY);
    check_holds("kept", 4);
    ck_assert(!mc__value_reserve(&value, SIZE_MAX));
    check_holds("kept", 4);
}
END_TEST

START_TEST(reserve_keeps_what_is_there) {
    ck_assert_int_eq(mc_value_set(&value, mc_str("kept")), MC_OK);
    ck_assert(mc__value_reserve(&value, 100000));
    ck_assert_uint_eq(value.capacity, 100001);
    check_holds("kept", 4);
    ck_assert(mc__value_reserve(&value, 0));
    ck_assert_uint_eq(value.capacity, 100001);
}
END_TEST

START_TEST(reserve_of_nothing_has_room_for_the_nul) {
    ck_assert(mc__value_reserve(&value, 0));
    ck_assert_ptr_nonnull(value.data);
    value.data[0] = '\0';
}
END_TEST

START_TEST(emptied_it_keeps_its_memory) {
    char *data;

    mc__value_empty(&value);
    check_is_init();
    ck_assert_int_eq(mc_value_set(&value, mc_str("v")), MC_OK);
    value.flags = 1;
    value.cas = 2;
    data = value.data;
    mc__value_empty(&value);
    ck_assert_ptr_eq(value.data, data);
    check_holds("", 0);
    ck_assert_uint_eq(value.flags, 0);
    ck_assert_uint_eq(value.cas, 0);
}
END_TEST

START_TEST(clear_may_be_repeated) {
    mc_value_clear(NULL);
    mc_value_clear(&value);
    check_is_init();
    ck_assert_int_eq(mc_value_set(&value, mc_str("v")), MC_OK);
    value.flags = 1;
    value.cas = 2;
    mc_value_clear(&value);
    check_is_init();
    mc_value_clear(&value);
    check_is_init();
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("value");
    TCase *tcase = test_case(suite, "value", 10);

    tcase_add_checked_fixture(tcase, init, clear);
    tcase_add_test(tcase, set_copies_and_ends_with_a_nul);
    tcase_add_test(tcase, set_of_nothing_is_an_empty_text);
    tcase_add_test(tcase, set_leaves_flags_and_cas);
    tcase_add_test(tcase, a_shorter_value_reuses_the_memory);
    tcase_add_test(tcase, a_part_of_the_value_itself_may_be_set);
    tcase_add_test(tcase, wrong_arguments_are_refused);
    tcase_add_test(tcase, without_memory_the_value_is_as_before);
    tcase_add_test(tcase, reserve_keeps_what_is_there);
    tcase_add_test(tcase, reserve_of_nothing_has_room_for_the_nul);
    tcase_add_test(tcase, emptied_it_keeps_its_memory);
    tcase_add_test(tcase, clear_may_be_repeated);
    return suite;
}
