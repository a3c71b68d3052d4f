#include "client/scratch.h"

#include "support/check_main.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

START_TEST(memory_is_used_again) {
    mc__scratch scratch = {{NULL}};
    char       *first = mc__scratch_take(&scratch, 5000);

    ck_assert_ptr_nonnull(first);
    ck_assert_uint_eq((uintptr_t)first % _Alignof(max_align_t), 0);
    memset(first, 1, 5000);
    mc__scratch_give(&scratch, first);
    for (size_t size = 0; size <= 5000; size += 1000) {
        ck_assert_ptr_eq(mc__scratch_take(&scratch, size), first);
        mc__scratch_give(&scratch, first);
    }
    mc__scratch_give(&scratch, NULL);
    mc__scratch_free(&scratch);
    mc__scratch_free(&scratch);
}
END_TEST

START_TEST(a_block_is_as_large_as_asked_for) {
    mc__scratch scratch = {{NULL}};

    for (size_t size = 1; size < 300000; size *= 3) {
        char *memory = mc__scratch_take(&scratch, size);
        ck_assert_ptr_nonnull(memory);
        memset(memory, 2, size);
        mc__scratch_give(&scratch, memory);
    }
    ck_assert_ptr_null(mc__scratch_take(&scratch, SIZE_MAX));
    ck_assert_ptr_null(mc__scratch_take(&scratch, SIZE_MAX / 2));
    mc__scratch_free(&scratch);
}
END_TEST

/* More at once than are kept, each with bytes of its own. */
START_TEST(what_is_taken_is_nobody_elses) {
    char       *taken[3 * MC__SCRATCH_BLOCKS];
    mc__scratch scratch = {{NULL}};

    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < ROWS(taken); i++) {
            taken[i] = mc__scratch_take(&scratch, 100);
            ck_assert_ptr_nonnull(taken[i]);
            memset(taken[i], (int)i, 100);
        }
        for (size_t i = 0; i < ROWS(taken); i++) {
            for (size_t at = 0; at < 100; at++)
                ck_assert_int_eq(taken[i][at], (int)i);
            mc__scratch_give(&scratch, taken[i]);
        }
    }
    mc__scratch_free(&scratch);
}
END_TEST

START_TEST(a_very_large_block_is_not_kept) {
    mc__scratch scratch = {{NULL}};
    char       *memory = mc__scratch_take(&scratch, MC__SCRATCH_KEEP_MAX + 1);

    ck_assert_ptr_nonnull(memory);
    memory[MC__SCRATCH_KEEP_MAX] = 1;
    mc__scratch_give(&scratch, memory);
    for (size_t i = 0; i < MC__SCRATCH_BLOCKS; i++)
        ck_assert_ptr_null(atomic_load(&scratch.blocks[i]));
    mc__scratch_give(&scratch, mc__scratch_take(&scratch, MC__SCRATCH_KEEP_MAX));
    ck_assert_ptr_nonnull(atomic_load(&scratch.blocks[0]));
    mc__scratch_free(&scratch);
    ck_assert_ptr_null(atomic_load(&scratch.blocks[0]));
}
END_TEST

static void *take_and_give(void *arg) {
    bool good = true;

    for (int i = 0; i < 3000; i++) {
        char *memory = mc__scratch_take(arg, (size_t)(64 + i % 5 * 5000));
        memset(memory, i, 64);
        good = good && memory[0] == (char)i && memcmp(memory, memory + 1, 63) == 0;
        mc__scratch_give(arg, memory);
    }
    return good ? arg : NULL;
}

START_TEST(threads_do_not_meet) {
    pthread_t   threads[2 * MC__SCRATCH_BLOCKS];
    mc__scratch scratch = {{NULL}};

    for (size_t i = 0; i < ROWS(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, take_and_give, &scratch), 0);
    for (size_t i = 0; i < ROWS(threads); i++) {
        void *good;
        pthread_join(threads[i], &good);
        ck_assert_ptr_nonnull(good);
    }
    mc__scratch_free(&scratch);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("scratch");
    TCase *tcase = test_case(suite, "scratch", 30);

    tcase_add_test(tcase, memory_is_used_again);
    tcase_add_test(tcase, a_block_is_as_large_as_asked_for);
    tcase_add_test(tcase, what_is_taken_is_nobody_elses);
    tcase_add_test(tcase, a_very_large_block_is_not_kept);
    tcase_add_test(tcase, threads_do_not_meet);
    return suite;
}
