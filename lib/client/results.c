#include "client/results.h"

#include <stdlib.h>

/* The first block, and the least that a further one has. Each is at least as large as all before it. */
#define BLOCK_SIZE 65536

struct block {
    struct block *next;
    size_t        size, used;
    char          bytes[];
};

struct storage {
    size_t        capacity; /* of items */
    size_t        total;    /* of all blocks */
    struct block *first, *current;
};

static struct storage *storage_of(const mc_results *results) {
    return results->storage;
}

static bool reserve_items(mc_results *results, size_t count) {
    struct storage *storage = storage_of(results);
    mc_result      *items;

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

bool mc__results_begin(mc_results *results, size_t count) {
    if (!results->storage)
        results->storage = calloc(1, sizeof(struct storage));
    results->count = 0;
    if (!results->storage || !reserve_items(results, count))
        return false;
    for (struct block *each = storage_of(results)->first; each; each = each->next)
        each->used = 0;
    storage_of(results)->current = storage_of(results)->first;
    for (size_t i = 0; i < count; i++)
        results->items[i] = (mc_result){.status = MC_NOT_FOUND};
    results->count = count;
    return true;
}

static struct block *add_block(struct storage *storage, size_t least) {
    size_t        size = storage->total > BLOCK_SIZE ? storage->total : BLOCK_SIZE;
    struct block *added;

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
    if (storage->current)
        storage->current->next = added;
    else
        storage->first = added;
    return added;
}

/* The next block with that much room, from the current one on; what is left in those passed over stays unused this time. */
static struct block *block_with(struct storage *storage, size_t least) {
    struct block *each = storage->current;

    while (each && each->size - each->used < least) {
        if (!each->next)
            return add_block(storage, least);
        each = storage->current = each->next;
    }
    return each ? each : add_block(storage, least);
}

char *mc__results_space(mc_results *results, size_t room) {
    struct storage *storage = storage_of(results);
    struct block   *block;

    if (room == SIZE_MAX)
        return NULL;
    block = block_with(storage, room + 1);
    if (!block)
        return NULL;
    storage->current = block;
    block->used += room + 1;
    return block->bytes + block->used - room - 1;
}

void mc_results_clear(mc_results *results) {
    const mc_results empty = MC_RESULTS_INIT;

    if (!results)
        return;
    if (results->storage) {
        struct block *each = storage_of(results)->first;
        while (each) {
            struct block *next = each->next;
            free(each);
            each = next;
        }
    }
    free(results->items);
    free(results->storage);
    *results = empty;
}
