/*
 * Memory for items, within a limit that counts whole pages of the kernel's, so that it holds for the process whatever sizes
 * come and go. Small blocks share runs of pages with others of about their size; large ones have runs of their own. Runs
 * that are free are handed back to the kernel where the limit needs it, and address space is plentiful, so there is always
 * a place for a run once enough has been given back.
 *
 * Any thread may call; a lock inside is held for a short time.
 */
#ifndef MC_SERVER_MEMORY_H
#define MC_SERVER_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

typedef struct mcs__memory mcs__memory;

/* NULL: no memory. */
mcs__memory *mcs__memory_new(size_t limit);

/* Frees all blocks at once. NULL is allowed. */
void mcs__memory_free(mcs__memory *memory);

/*
 * A block of size bytes, aligned to 16. NULL: the limit does not allow it, something has to be given back first. beyond: the
 * limit does not matter; NULL then means that the kernel has no memory.
 */
void *mcs__memory_take(mcs__memory *memory, size_t size, bool beyond);

/* Gives back a block that was taken with this size. */
void mcs__memory_give(mcs__memory *memory, void *block, size_t size);

/* What a block of size bytes takes, its share of unused room not counted. */
size_t mcs__memory_footprint(const mcs__memory *memory, size_t size);

/* Counts bytes that are allocated elsewhere against the limit. */
void mcs__memory_charge(mcs__memory *memory, size_t size);

/* Whether more than the limit is in use, after what is free has been handed back. */
bool mcs__memory_over(mcs__memory *memory);

size_t mcs__memory_used(mcs__memory *memory);
size_t mcs__memory_limit(mcs__memory *memory);
void   mcs__memory_set_limit(mcs__memory *memory, size_t limit);

#endif
