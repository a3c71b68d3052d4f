#include "client/results.h"

#include <stdlib.h>

/* The first block, and the least that a further one has. Each is at least as large as all before it. */
#define BLOCK_SIZE 65536

struct mc__block {
    mc__block *next;
    size_t     size, used;
    char       bytes[];
};

static mc__storage *storage_of(const mc_results *results) {
    return results->storage;
}

static bool reserve_items(mc_results *results, size_t count) {
    mc__storage *storage = storage_of(results);
    mc_result   *items;

    if (count <= storage->capacity)
        return true;
    if (count > SIZE_MAX / sizeof *items)
        return false;
    items = realloc(results->items, count * sizeof *items);
    if (!items)
        return false;
    results->items = items;
    storage->capacity = count;
    return true;
}

static mc__block *add_block(mc__storage *storage, size_t least) {
    size_t     size = storage->total > BLOCK_SIZE ? storage->total : BLOCK_SIZE;
    mc__block *added;

    if (size < storage->wanted)
        size = storage->wanted;
    if (size < least)
        size = least;
    if (size > SIZE_MAX - sizeof *added)
        return NULL;
    added = malloc(sizeof *added + size);
    if (!added && size > least) {
        size = least;
        added = malloc(sizeof *added + size);
    }
    if (!added)
        return NULL;
    added->next = NULL;
    added->size = size;
    added->used = 0;
    storage->total += size;
    storage->wanted = 0;
    if (storage->current)
        storage->current->next = added;
    else
        storage->first = added;
    return added;
}

/* A block with that much room: the last one, or a new one. What is left in the last one then stays unused this time. */
static mc__block *block_with(mc__storage *storage, size_t least) {
    mc__block *last = storage->current;

    return last && last->size - last->used >= least ? last : add_block(storage, least);
}

char *mc__results_space(mc_results *results, size_t room) {
    mc__storage *storage = storage_of(results);
    mc__block   *block;

    if (room == SIZE_MAX)
        return NULL;
    block = block_with(storage, room + 1);
    if (!block)
        return NULL;
    storage->current = block;
    block->used += room + 1;
    return block->bytes + block->used - room - 1;
}

bool mc__results_lend(mc_results *results, size_t least, mc__area *area) {
    mc__storage *storage = storage_of(results);
    mc__block   *block = block_with(storage, least);

    if (!block)
        return false;
    storage->current = storage->lender = block;
    storage->kept = block->used;
    storage->lent = *area = (mc__area){block->bytes + block->used, block->size - block->used};
    return true;
}

void mc__results_keep(mc_results *results, size_t len) {
    mc__storage *storage = storage_of(results);
    mc__block   *block = storage->current;

    if (block != storage->lender || block->used != storage->kept)
        return; /* other memory has been given meanwhile */
    block->used = storage->kept = (size_t)(storage->lent.data - block->bytes) + len;
}

static void free_blocks(mc__storage *storage) {
    mc__block *next;

    for (mc__block *each = storage->first; each; each = next) {
        next = each->next;
        free(each);
    }
    storage->first = storage->current = storage->lender = NULL;
    storage->lent = (mc__area){NULL, 0};
    storage->total = 0;
}

/* What took several blocks last time has one from now on. */
static void make_one_block(mc__storage *storage) {
    size_t total = storage->total;

    if (!storage->first || !storage->first->next)
        return;
    free_blocks(storage);
    storage->wanted = total;
}

bool mc__results_begin(mc_results *results, size_t count) {
    mc__storage *storage;

    if (!results->storage)
        results->storage = calloc(1, sizeof(mc__storage));
    results->count = 0;
    if (!results->storage || !reserve_items(results, count))
        return false;
    storage = storage_of(results);
    make_one_block(storage);
    storage->current = storage->first;
    if (storage->first)
        storage->first->used = 0;
    for (size_t i = 0; i < count; i++)
        results->items[i] = (mc_result){.status = MC_NOT_FOUND};
    results->count = count;
    return true;
}

void mc_results_clear(mc_results *results) {
    const mc_results empty = MC_RESULTS_INIT;

    if (!results)
        return;
    if (results->storage)
        free_blocks(storage_of(results));
    free(results->items);
    free(results->storage);
    *results = empty;
}
