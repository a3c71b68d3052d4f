/*
 * The table: which item a key has, in shards with one lock each, and the memory that all items share. When memory is out,
 * the item that was used the longest ago goes, wherever it is.
 */
#ifndef MC_SERVER_STORE_H
#define MC_SERVER_STORE_H

#include "server/item.h"

#include <pthread.h>

typedef struct mcs__store mcs__store;

typedef struct mcs__shard {
    _Alignas(64) pthread_mutex_t lock;
    mcs__item      **buckets;
    size_t           mask; /* buckets - 1 */
    size_t           count;
    mcs__item       *newest, *oldest;
    mcs__store      *store;
    _Atomic(mcs__ms) oldest_used; /* of oldest; MCS__NEVER: empty. Read without the lock, as a hint */
    size_t           sweep;       /* the next bucket to look for expired items in */
    /* Counters since the start. */
    uint64_t stored, bytes, evictions, evicted_unfetched, reclaimed, expired_unfetched, found_expired;
} mcs__shard;

typedef struct mcs__store_totals {
    uint64_t items, stored, bytes, evictions, evicted_unfetched, reclaimed, expired_unfetched, found_expired, buckets;
} mcs__store_totals;

/* NULL: no memory. evict false: allocation fails where the limit is reached. cas false: all cas ids are 0. */
mcs__store *mcs__store_new(size_t memory_limit, bool evict, bool cas);

/* No item may be referenced any more. NULL is allowed. */
void mcs__store_free(mcs__store *store);

size_t mcs__store_limit(const mcs__store *store);
void   mcs__store_set_limit(mcs__store *store, size_t memory_limit);

/* Bytes that count towards the limit now: pages with items, those being received or sent included, and buckets. */
size_t mcs__store_used(const mcs__store *store);

uint32_t mcs__store_hash(const mcs__store *store, mc_slice key);

/*
 * A new item that is in no shard yet, with one reference, which is the caller's; its value is to be written. Evicts others
 * to make room, so no lock of a shard may be held. NULL: memory is out, and nothing can be evicted.
 */
mcs__item *mcs__item_new(mcs__store *store, mc_slice key, uint32_t hash, size_t value_len, mcs__ms now);

/*
 * The same for a caller that holds the lock of a shard: nothing is evicted, so the limit may be passed until the caller
 * calls mcs__store_make_room without the lock. The value is left as it is.
 */
mcs__item *mcs__item_new_under_lock(mcs__store *store, mc_slice key, uint32_t hash, size_t value_len);

/* Evicts until the limit holds again, or nothing is left. No lock of a shard may be held. */
void mcs__store_make_room(mcs__store *store, mcs__ms now);

static inline void mcs__item_keep(mcs__item *item) {
    atomic_fetch_add_explicit(&item->refs, 1, memory_order_relaxed);
}

/* Gives one reference back; the last one frees the item. */
void mcs__item_release(mcs__store *store, mcs__item *item);

/* The shard of hash, locked. A flush_all that is due is done before. */
mcs__shard *mcs__store_lock(mcs__store *store, uint32_t hash, mcs__ms now);
void        mcs__store_unlock(mcs__shard *shard);

/* The live item of key, or NULL; an expired one is dropped on the way. Under the shard's lock, as all that follow. */
mcs__item *mcs__shard_find(mcs__shard *shard, mc_slice key, uint32_t hash, mcs__ms now);

/* Puts item in place of old (NULL: the key is not there), with a new cas id. The shard takes a reference of its own. */
void mcs__shard_put(mcs__shard *shard, mcs__item *item, mcs__item *old, mcs__ms now);

/* Takes item out and gives the shard's reference back. */
void mcs__shard_drop(mcs__shard *shard, mcs__item *item);

/* item was used just now. */
void mcs__shard_touch(mcs__shard *shard, mcs__item *item, mcs__ms now);

/* The next cas id; they grow over the whole server. */
uint64_t mcs__store_next_cas(mcs__store *store);

/* Drops all items that are there at the moment at, if it is over, or else once it comes. A later call replaces an earlier.
 */
void mcs__store_flush(mcs__store *store, mcs__ms at, mcs__ms now);

/* Drops expired items in a part of the table; called every now and then, it comes around. Returns soon. */
void mcs__store_sweep(mcs__store *store, mcs__ms now);

void mcs__store_totals_get(mcs__store *store, mcs__ms now, mcs__store_totals *totals);

/* Calls each for every live item, a shard at a time under its lock; each must not use the store. */
typedef void mcs__item_fn(const mcs__item *item, void *arg);
void         mcs__store_each(mcs__store *store, mcs__ms now, mcs__item_fn *each, void *arg);

#endif
