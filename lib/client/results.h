/* The memory behind mc_results: items, and the bytes of their values in a block that is kept for the next call. Where it was
 * too small there are several, until the next call makes them one. */
#ifndef MC_CLIENT_RESULTS_H
#define MC_CLIENT_RESULTS_H

#include "base/slice.h"

typedef struct mc__block mc__block;

/* What results->storage points to. */
typedef struct mc__storage {
    mc__area   lent;     /* the area that was lent last, of lender */
    size_t     kept;     /* how much of lender is used, with what is kept of lent; more: other memory has been given */
    size_t     capacity; /* of items */
    size_t     total;    /* of all blocks */
    size_t     wanted;   /* in the next block, at least */
    mc__block *first, *current, *lender;
} mc__storage;

/* Readies results for count items, each MC_NOT_FOUND without value; what they held is gone, the memory stays. false: no
 * memory; results hold nothing then. */
bool mc__results_begin(mc_results *results, size_t count);

/* room bytes and one more for a NUL, valid until the results are reused or cleared. NULL: no memory. */
char *mc__results_space(mc_results *results, size_t room);

/*
 * Memory that is received into, at least least bytes, so that values can stay where they came: the rest of a block. It is
 * the caller's until the next call of a function here, but for what mc__results_keep keeps. false: no memory.
 */
bool mc__results_lend(mc_results *results, size_t least, mc__area *area);

/* The first len bytes of the area that was lent last stay, as long as memory of mc__results_space. May be called again with
 * fewer: bytes behind them are free again, unless other memory has been given meanwhile. */
void mc__results_keep(mc_results *results, size_t len);

/* Whether these bytes lie in the area that was lent last. */
static inline bool mc__results_holds(const mc_results *results, const char *bytes) {
    const mc__storage *storage = results->storage;

    return (uintptr_t)bytes - (uintptr_t)storage->lent.data < storage->lent.len;
}

#endif
