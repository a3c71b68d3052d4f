#include "client/packing.h"

#include "support/allocation_failure.h"
#include "support/check_main.h"

#define TEXT "so much depends upon so much depends upon so much depends upon so much depends upon"

static const char noise[] = "\x8f\x01\xe5\x5a\x93\x20\xd7\x4c\xb8\x6e\x11\xf9";

typedef struct three {
    mc_entry entries[3];
} three;

static three some_entries(void) {
    three all = {{{.key = mc_str("a"), .value = mc_str(TEXT), .flags = MC_FLAG_TEXT, .ttl_s = 5},
                  {.key = mc_str("b"), .value = mc_bytes(noise, sizeof noise - 1), .flags = 7},
                  {.key = mc_str("c"), .value = mc_str(TEXT), .flags = 9, .status = MC_TIMEOUT}}};

    return all;
}

static void expect_same(const mc_entry *sent, const mc_entry *given) {
    ck_assert_ptr_eq(sent->key.data, given->key.data);
    ck_assert_ptr_eq(sent->value.data, given->value.data);
    ck_assert_uint_eq(sent->value.len, given->value.len);
    ck_assert_uint_eq(sent->flags, given->flags);
    ck_assert_int_eq(sent->ttl_s, given->ttl_s);
}

START_TEST(without_deflating_the_callers_own_are_sent) {
    three       all = some_entries();
    mc__packing packing;

    mc__packing_init(&packing, all.entries, 3);
    ck_assert_ptr_eq(packing.sent, all.entries);
    mc__packing_free(&packing);
    mc__packing_init(&packing, NULL, 0);
    mc__packing_free(&packing);
}
END_TEST

START_TEST(a_deflated_value_is_in_the_copy_alone) {
    three       all = some_entries(), before = all;
    mc__packing packing;

    mc__packing_init(&packing, all.entries, 3);
    ck_assert(mc__packing_deflate(&packing, 0));
    ck_assert_uint_lt(packing.sent[0].value.len, all.entries[0].value.len);
    ck_assert_uint_eq(packing.sent[0].flags, MC_FLAG_TEXT | MC_FLAG_ZLIB);
    ck_assert_int_eq(packing.sent[0].ttl_s, 5);
    ck_assert_ptr_eq(packing.sent[0].key.data, all.entries[0].key.data);
    expect_same(&packing.sent[1], &all.entries[1]);
    expect_same(&packing.sent[2], &all.entries[2]);
    for (size_t i = 0; i < 3; i++)
        expect_same(&all.entries[i], &before.entries[i]);
    mc__packing_free(&packing);
}
END_TEST

START_TEST(a_value_that_does_not_become_smaller_is_sent_as_given) {
    three       all = some_entries();
    mc__packing packing;

    mc__packing_init(&packing, all.entries, 3);
    ck_assert(mc__packing_deflate(&packing, 1));
    expect_same(&packing.sent[1], &all.entries[1]);
    mc__packing_free(&packing);
}
END_TEST

/* What was deflated first is not disturbed by what is deflated next. */
START_TEST(deflated_values_stand_side_by_side) {
    three       all = some_entries();
    mc__packing packing;

    mc__packing_init(&packing, all.entries, 3);
    for (size_t i = 0; i < 3; i++)
        ck_assert(mc__packing_deflate(&packing, i));
    ck_assert_ptr_ne(packing.sent[0].value.data, packing.sent[2].value.data);
    ck_assert_uint_eq(packing.sent[0].value.len, packing.sent[2].value.len);
    ck_assert_mem_eq(packing.sent[0].value.data, packing.sent[2].value.data, packing.sent[0].value.len);
    mc__packing_free(&packing);
}
END_TEST

START_TEST(without_memory_the_entry_is_as_given) {
    bool failed = true;

    for (size_t nth = 1; failed; nth++) {
        three       all = some_entries();
        mc__packing packing;
        bool        done;
        mc__packing_init(&packing, all.entries, 3);
        allocation_failure_at(nth);
        done = mc__packing_deflate(&packing, 0);
        failed = allocation_failure_end();
        ck_assert_int_eq(done, !failed);
        if (failed)
            expect_same(&packing.sent[0], &all.entries[0]);
        mc__packing_free(&packing);
    }
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("packing");
    TCase *tcase = test_case(suite, "packing", 10);

    tcase_add_test(tcase, without_deflating_the_callers_own_are_sent);
    tcase_add_test(tcase, a_deflated_value_is_in_the_copy_alone);
    tcase_add_test(tcase, a_value_that_does_not_become_smaller_is_sent_as_given);
    tcase_add_test(tcase, deflated_values_stand_side_by_side);
    tcase_add_test(tcase, without_memory_the_entry_is_as_given);
    return suite;
}
