/* The server's memory: blocks do not overlap, the limit holds, and what is given back can be taken again in any size. */
#include "server/memory.h"
#include "support/check_main.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MEGABYTE ((size_t)1 << 20)
#define BLOCKS 4000

typedef struct block {
    unsigned char *at;
    size_t         size;
} block;

static mcs__memory *memory;
static block        blocks[BLOCKS];
static uint32_t     state;

static void start(void) {
    memory = mcs__memory_new(4 * MEGABYTE);
    ck_assert_ptr_nonnull(memory);
    memset(blocks, 0, sizeof blocks);
    state = 1;
}

static void stop(void) {
    mcs__memory_free(memory);
}

static uint32_t draw(uint32_t below) {
    state = state * 1664525 + 1013904223;
    return (state >> 8) % below;
}

static void give(block *given) {
    size_t same = 0;

    while (same < given->size && given->at[same] == (unsigned char)given->size)
        same++;
    ck_assert_uint_eq(same, given->size);
    mcs__memory_give(memory, given->at, given->size);
    *given = (block){0};
}

static void give_all(void) {
    for (size_t i = 0; i < BLOCKS; i++)
        if (blocks[i].at)
            give(&blocks[i]);
}

/* Takes a block of the size at the place, after giving back others where the limit asks for it. */
static void take(size_t place, size_t size) {
    block *taken = &blocks[place];

    if (taken->at)
        give(taken);
    while (!(taken->at = mcs__memory_take(memory, size, false))) {
        size_t victim = draw(BLOCKS);
        while (!blocks[victim].at)
            victim = (victim + 1) % BLOCKS;
        give(&blocks[victim]);
    }
    taken->size = size;
    ck_assert_uint_eq((uintptr_t)taken->at % 16, 0);
    memset(taken->at, (unsigned char)size, size);
    ck_assert_uint_le(mcs__memory_used(memory), 4 * MEGABYTE);
}

START_TEST(blocks_of_any_size) {
    static const uint32_t largest[] = {100, 3000, 200, 60000, 500000, 17000, 100};

    for (size_t phase = 0; phase < ROWS(largest); phase++)
        for (int i = 0; i < 5000; i++)
            take(draw(BLOCKS), 1 + draw(largest[phase]));
    give_all();
    take(0, 3 * MEGABYTE); /* all of it can become one block */
    give_all();
}
END_TEST

START_TEST(every_size_has_its_footprint) {
    for (size_t size = 1; size < 40000; size++) {
        size_t footprint = mcs__memory_footprint(memory, size);
        size_t most = size < 64 ? 64 : size <= 16384 ? size + size / 8 + 16 : size + 4095;
        if (footprint < size || footprint > most)
            ck_abort_msg("%zu bytes take %zu", size, footprint);
    }
    for (size_t size = 1; size < 20000; size += 7) {
        take(0, size);
        take(1, size);
        take(2, size);
    }
    give_all();
}
END_TEST

START_TEST(the_limit_and_beyond) {
    void *blocks_beyond[3];

    ck_assert_ptr_null(mcs__memory_take(memory, 5 * MEGABYTE, false));
    ck_assert_uint_eq(mcs__memory_used(memory), 0);
    for (size_t i = 0; i < ROWS(blocks_beyond); i++) {
        blocks_beyond[i] = mcs__memory_take(memory, 2 * MEGABYTE, true);
        ck_assert_ptr_nonnull(blocks_beyond[i]);
    }
    ck_assert(mcs__memory_over(memory));
    ck_assert_ptr_null(mcs__memory_take(memory, 10, false));
    mcs__memory_give(memory, blocks_beyond[1], 2 * MEGABYTE);
    ck_assert(!mcs__memory_over(memory));
    ck_assert_uint_eq(mcs__memory_used(memory), 4 * MEGABYTE);
    mcs__memory_give(memory, blocks_beyond[0], 2 * MEGABYTE);
    mcs__memory_give(memory, blocks_beyond[2], 2 * MEGABYTE);
    mcs__memory_charge(memory, MEGABYTE);
    ck_assert_ptr_null(mcs__memory_take(memory, 3 * MEGABYTE + 1, false));
    mcs__memory_set_limit(memory, MEGABYTE);
    ck_assert(!mcs__memory_over(memory));
    ck_assert_uint_eq(mcs__memory_used(memory), MEGABYTE);
    ck_assert_uint_eq(mcs__memory_limit(memory), MEGABYTE);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("server_memory");
    TCase *tcase = test_case(suite, "memory", 110);

    tcase_add_checked_fixture(tcase, start, stop);
    tcase_add_test(tcase, blocks_of_any_size);
    tcase_add_test(tcase, every_size_has_its_footprint);
    tcase_add_test(tcase, the_limit_and_beyond);
    return suite;
}
