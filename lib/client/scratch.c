#include "client/scratch.h"

#include <stdint.h>
#include <stdlib.h>

/* So that a call with a few keys more than the last one finds its block large enough. */
#define SIZE_STEP 4096

struct mc__scratch_block {
    size_t      size;
    max_align_t memory[];
};

/* The first block that is there. */
static mc__scratch_block *take_any(mc__scratch *scratch) {
    for (size_t i = 0; i < MC__SCRATCH_BLOCKS; i++) {
        mc__scratch_block *block = atomic_load_explicit(&scratch->blocks[i], memory_order_relaxed);
        if (block && (block = atomic_exchange(&scratch->blocks[i], NULL)) != NULL)
            return block;
    }
    return NULL;
}

void *mc__scratch_take(mc__scratch *scratch, size_t size) {
    mc__scratch_block *block = take_any(scratch);

    if (block && block->size >= size)
        return block->memory;
    free(block);
    if (size > SIZE_MAX - sizeof *block - SIZE_STEP)
        return NULL;
    size = (size + SIZE_STEP - 1) / SIZE_STEP * SIZE_STEP;
    block = malloc(sizeof *block + size);
    if (!block)
        return NULL;
    block->size = size;
    return (char *)block + offsetof(mc__scratch_block, memory);
}

void mc__scratch_give(mc__scratch *scratch, void *memory) {
    mc__scratch_block *block;

    if (!memory)
        return;
    block = (mc__scratch_block *)(void *)((char *)memory - offsetof(mc__scratch_block, memory));
    for (size_t i = 0; i < MC__SCRATCH_BLOCKS && block->size <= MC__SCRATCH_KEEP_MAX; i++) {
        mc__scratch_block *none = NULL;
        if (!atomic_load_explicit(&scratch->blocks[i], memory_order_relaxed) &&
            atomic_compare_exchange_strong(&scratch->blocks[i], &none, block))
            return;
    }
    free(block);
}

void mc__scratch_free(mc__scratch *scratch) {
    mc__scratch_block *block;

    while ((block = take_any(scratch)) != NULL)
        free(block);
}
