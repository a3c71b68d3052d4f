/*
 * Memory that calls on many keys work in, kept from one to the next: a few blocks that any thread takes, or finds taken and
 * then has one of its own, without a lock. A block that is very large is not kept, so that one such call pins no memory.
 */
#ifndef MC_CLIENT_SCRATCH_H
#define MC_CLIENT_SCRATCH_H

#include <stdatomic.h>
#include <stddef.h>

/* Blocks that are kept, and the largest size of one: with more than that, the call itself costs far more than its memory. */
#define MC__SCRATCH_BLOCKS 8
#define MC__SCRATCH_KEEP_MAX ((size_t)1 << 20)

typedef struct mc__scratch_block mc__scratch_block;

/* Zeroed memory is one without blocks. */
typedef struct mc__scratch {
    _Atomic(mc__scratch_block *) blocks[MC__SCRATCH_BLOCKS];
} mc__scratch;

/* Memory of at least size bytes, aligned for anything, for mc__scratch_give. NULL: there is none. Any thread. */
void *mc__scratch_take(mc__scratch *scratch, size_t size);

/* Gives back what mc__scratch_take gave. NULL is allowed. Any thread. */
void mc__scratch_give(mc__scratch *scratch, void *memory);

/* Frees what is kept. When no other thread uses it any more. */
void mc__scratch_free(mc__scratch *scratch);

#endif
