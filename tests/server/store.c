#include "server/store.h"

#include "server/memory.h"

#include <stdlib.h>
#include <sys/random.h>

#define SHARDS 64         /* power of two */
#define FIRST_BUCKETS 256 /* power of two */
#define SWEEP_SHARDS 16   /* looked through in one call, */
#define SWEEP_BUCKETS 256 /* so many buckets of each */

struct mcs__store {
    mcs__shard   shards[SHARDS];
    mcs__memory *memory;
    bool         evict;
    uint64_t     cas_step;
    uint64_t     seed;
    _Alignas(64) _Atomic uint64_t cas;
    _Atomic(mcs__ms) flush_at; /* MCS__NEVER: none pending */
    pthread_mutex_t  flush_lock;
    atomic_uint      sweep_shard;
};

/* ----------------------------------------------------------------------------------------------------------- set up -- */

static bool shard_init(mcs__shard *shard, mcs__store *store) {
    shard->buckets = calloc(FIRST_BUCKETS, sizeof(mcs__item *));
    if (!shard->buckets)
        return false;
    pthread_mutex_init(&shard->lock, NULL);
    shard->mask = FIRST_BUCKETS - 1;
    shard->store = store;
    atomic_init(&shard->oldest_used, MCS__NEVER);
    return true;
}

mcs__store *mcs__store_new(size_t memory_limit, bool evict, bool cas) {
    mcs__store *store = aligned_alloc(64, (sizeof *store + 63) / 64 * 64);

    if (!store)
        return NULL;
    memset(store, 0, sizeof *store);
    store->memory = mcs__memory_new(memory_limit);
    for (size_t i = 0; i < SHARDS; i++) {
        if (!store->memory || !shard_init(&store->shards[i], store)) {
            while (i-- > 0)
                free(store->shards[i].buckets);
            mcs__memory_free(store->memory);
            free(store);
            return NULL;
        }
    }
    mcs__memory_charge(store->memory, sizeof(mcs__item *) * SHARDS * FIRST_BUCKETS);
    atomic_init(&store->flush_at, MCS__NEVER);
    pthread_mutex_init(&store->flush_lock, NULL);
    store->evict = evict;
    store->cas_step = cas ? 1 : 0;
    if (getrandom(&store->seed, sizeof store->seed, GRND_NONBLOCK) != (ssize_t)sizeof store->seed)
        store->seed = (uint64_t)(uintptr_t)store; /* weaker against chosen keys, nothing else */
    return store;
}

static void drop_all(mcs__shard *shard) {
    while (shard->oldest)
        mcs__shard_drop(shard, shard->oldest);
}

void mcs__store_free(mcs__store *store) {
    if (!store)
        return;
    for (size_t i = 0; i < SHARDS; i++) {
        drop_all(&store->shards[i]);
        free(store->shards[i].buckets);
        pthread_mutex_destroy(&store->shards[i].lock);
    }
    pthread_mutex_destroy(&store->flush_lock);
    mcs__memory_free(store->memory);
    free(store);
}

size_t mcs__store_limit(const mcs__store *store) {
    return mcs__memory_limit(store->memory);
}

void mcs__store_set_limit(mcs__store *store, size_t memory_limit) {
    mcs__memory_set_limit(store->memory, memory_limit);
}

size_t mcs__store_used(const mcs__store *store) {
    return mcs__memory_used(store->memory);
}

/* ------------------------------------------------------------------------------------------------------------- hash -- */

static uint64_t mix(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * 0x9fb21c651e98df25U;
    return hash ^ (hash >> 32);
}

uint32_t mcs__store_hash(const mcs__store *store, mc_slice key) {
    uint64_t hash = store->seed ^ key.len;
    uint64_t word;

    while (key.len >= sizeof word) {
        memcpy(&word, key.data, sizeof word);
        hash = mix(hash, word);
        key.data += sizeof word;
        key.len -= sizeof word;
    }
    word = 0;
    memcpy(&word, key.data, key.len);
    return (uint32_t)mix(mix(hash, word), 0);
}

/* The low bits choose the shard, the others the bucket. */
static mcs__shard *shard_of(mcs__store *store, uint32_t hash) {
    return &store->shards[hash % SHARDS];
}

static mcs__item **bucket_of(const mcs__shard *shard, uint32_t hash) {
    return &shard->buckets[(hash / SHARDS) & shard->mask];
}

/* ------------------------------------------------------------------------------------------------------ the use list -- */

static void note_oldest(mcs__shard *shard) {
    mcs__ms used = shard->oldest ? shard->oldest->used : MCS__NEVER;

    atomic_store_explicit(&shard->oldest_used, used, memory_order_relaxed);
}

static void list_remove(mcs__shard *shard, mcs__item *item) {
    if (item->newer)
        item->newer->older = item->older;
    else
        shard->newest = item->older;
    if (item->older) {
        item->older->newer = item->newer;
    } else {
        shard->oldest = item->newer;
        note_oldest(shard);
    }
}

static void list_add(mcs__shard *shard, mcs__item *item) {
    item->newer = NULL;
    item->older = shard->newest;
    shard->newest = item;
    if (item->older) {
        item->older->newer = item;
    } else {
        shard->oldest = item;
        note_oldest(shard);
    }
}

void mcs__shard_touch(mcs__shard *shard, mcs__item *item, mcs__ms now) {
    item->used = now;
    if (shard->newest == item)
        return;
    list_remove(shard, item);
    list_add(shard, item);
}

/* ------------------------------------------------------------------------------------------------------------ memory -- */

static size_t item_size(size_t key_len, size_t value_len) {
    return sizeof(mcs__item) + key_len + value_len + 2;
}

static size_t footprint(const mcs__store *store, const mcs__item *item) {
    return mcs__memory_footprint(store->memory, item_size(item->key_len, item->value_len));
}

static bool expired(const mcs__item *item, mcs__ms now) {
    return item->expires <= now;
}

/* An item leaves that nobody asked to leave. */
static void count_gone(mcs__shard *shard, const mcs__item *item, mcs__ms now, bool for_room) {
    if (expired(item, now)) {
        if (for_room)
            shard->reclaimed++;
        if (!(item->marks & MCS__FETCHED))
            shard->expired_unfetched++;
    } else {
        shard->evictions++;
        if (!(item->marks & MCS__FETCHED))
            shard->evicted_unfetched++;
    }
}

static bool evict_one(mcs__store *store, mcs__ms now) {
    mcs__shard *victim = NULL;
    mcs__ms     longest_ago = MCS__NEVER;

    for (size_t i = 0; i < SHARDS; i++) {
        mcs__ms used = atomic_load_explicit(&store->shards[i].oldest_used, memory_order_relaxed);
        if (used < longest_ago) {
            longest_ago = used;
            victim = &store->shards[i];
        }
    }
    if (!victim)
        return false;
    pthread_mutex_lock(&victim->lock);
    if (victim->oldest) {
        count_gone(victim, victim->oldest, now, true);
        mcs__shard_drop(victim, victim->oldest);
    }
    pthread_mutex_unlock(&victim->lock);
    return true;
}

void mcs__store_make_room(mcs__store *store, mcs__ms now) {
    while (store->evict && mcs__memory_over(store->memory))
        if (!evict_one(store, now))
            return;
}

/* A block becomes an item. */
static mcs__item *make(void *block, mc_slice key, uint32_t hash, size_t value_len) {
    mcs__item *item = block;

    if (!item)
        return NULL;
    *item = (mcs__item){
        .expires = MCS__NEVER,
        .hash = hash,
        .value_len = (uint32_t)value_len,
        .key_len = (uint8_t)key.len,
    };
    atomic_init(&item->refs, 1);
    memcpy(item->bytes, key.data, key.len);
    memcpy(mcs__item_value(item) + value_len, "\r\n", 2);
    return item;
}

mcs__item *mcs__item_new(mcs__store *store, mc_slice key, uint32_t hash, size_t value_len, mcs__ms now) {
    size_t size = item_size(key.len, value_len);
    void  *block = mcs__memory_take(store->memory, size, false);

    while (!block && store->evict && evict_one(store, now))
        block = mcs__memory_take(store->memory, size, false);
    return make(block, key, hash, value_len);
}

mcs__item *mcs__item_new_under_lock(mcs__store *store, mc_slice key, uint32_t hash, size_t value_len) {
    return make(mcs__memory_take(store->memory, item_size(key.len, value_len), store->evict), key, hash, value_len);
}

void mcs__item_release(mcs__store *store, mcs__item *item) {
    if (atomic_fetch_sub_explicit(&item->refs, 1, memory_order_acq_rel) == 1)
        mcs__memory_give(store->memory, item, item_size(item->key_len, item->value_len));
}

/* ------------------------------------------------------------------------------------------------------------- table -- */

/* Twice as many buckets, if there is memory for them; chains only get longer if not. */
static void grow(mcs__shard *shard) {
    size_t      old_count = shard->mask + 1;
    size_t      count = old_count * 2;
    mcs__item **old = shard->buckets;
    mcs__item **buckets = calloc(count, sizeof(mcs__item *));

    if (!buckets)
        return;
    shard->buckets = buckets;
    shard->mask = count - 1;
    for (size_t i = 0; i < old_count; i++) {
        for (mcs__item *item = old[i], *next; item; item = next) {
            mcs__item **bucket = bucket_of(shard, item->hash);
            next = item->next;
            item->next = *bucket;
            *bucket = item;
        }
    }
    free(old);
    mcs__memory_charge(shard->store->memory, (count - old_count) * sizeof(mcs__item *));
}

mcs__item *mcs__shard_find(mcs__shard *shard, mc_slice key, uint32_t hash, mcs__ms now) {
    mcs__item *item = *bucket_of(shard, hash);

    while (item && !(item->hash == hash && mc__slice_equal(mcs__item_key(item), key)))
        item = item->next;
    if (item && expired(item, now)) {
        count_gone(shard, item, now, false);
        shard->found_expired++;
        mcs__shard_drop(shard, item);
        return NULL;
    }
    return item;
}

void mcs__shard_put(mcs__shard *shard, mcs__item *item, mcs__item *old, mcs__ms now) {
    mcs__item **bucket;

    if (old)
        mcs__shard_drop(shard, old);
    if (shard->count > shard->mask + shard->mask / 2)
        grow(shard);
    bucket = bucket_of(shard, item->hash);
    item->next = *bucket;
    *bucket = item;
    item->used = now;
    item->cas = mcs__store_next_cas(shard->store);
    item->marks |= MCS__LINKED;
    list_add(shard, item);
    mcs__item_keep(item);
    shard->count++;
    shard->stored++;
    shard->bytes += footprint(shard->store, item);
}

void mcs__shard_drop(mcs__shard *shard, mcs__item *item) {
    mcs__item **link = bucket_of(shard, item->hash);

    while (*link != item)
        link = &(*link)->next;
    *link = item->next;
    list_remove(shard, item);
    item->marks &= (uint8_t)~MCS__LINKED;
    shard->count--;
    shard->bytes -= footprint(shard->store, item);
    mcs__item_release(shard->store, item);
}

uint64_t mcs__store_next_cas(mcs__store *store) {
    return atomic_fetch_add_explicit(&store->cas, store->cas_step, memory_order_relaxed) + store->cas_step;
}

/* --------------------------------------------------------------------------------------------------- whole table -- */

static void flush_now(mcs__store *store) {
    for (size_t i = 0; i < SHARDS; i++) {
        pthread_mutex_lock(&store->shards[i].lock);
        drop_all(&store->shards[i]);
        pthread_mutex_unlock(&store->shards[i].lock);
    }
}

/* Whoever comes first after the moment does it, and the others wait for him: nobody sees an old item afterwards. */
static void flush_if_due(mcs__store *store, mcs__ms now) {
    if (atomic_load_explicit(&store->flush_at, memory_order_relaxed) > now)
        return;
    pthread_mutex_lock(&store->flush_lock);
    if (atomic_load_explicit(&store->flush_at, memory_order_relaxed) <= now) {
        flush_now(store);
        atomic_store_explicit(&store->flush_at, MCS__NEVER, memory_order_relaxed);
    }
    pthread_mutex_unlock(&store->flush_lock);
}

mcs__shard *mcs__store_lock(mcs__store *store, uint32_t hash, mcs__ms now) {
    mcs__shard *shard = shard_of(store, hash);

    flush_if_due(store, now);
    pthread_mutex_lock(&shard->lock);
    return shard;
}

void mcs__store_unlock(mcs__shard *shard) {
    pthread_mutex_unlock(&shard->lock);
}

void mcs__store_flush(mcs__store *store, mcs__ms at, mcs__ms now) {
    pthread_mutex_lock(&store->flush_lock);
    atomic_store_explicit(&store->flush_at, at, memory_order_relaxed);
    pthread_mutex_unlock(&store->flush_lock);
    flush_if_due(store, now);
}

static void sweep_shard(mcs__shard *shard, mcs__ms now) {
    pthread_mutex_lock(&shard->lock);
    for (size_t i = 0; i < SWEEP_BUCKETS && i <= shard->mask; i++) {
        mcs__item *item = shard->buckets[shard->sweep++ & shard->mask];
        while (item) {
            mcs__item *next = item->next;
            if (expired(item, now)) {
                count_gone(shard, item, now, false);
                mcs__shard_drop(shard, item);
            }
            item = next;
        }
    }
    pthread_mutex_unlock(&shard->lock);
}

void mcs__store_sweep(mcs__store *store, mcs__ms now) {
    unsigned first = atomic_fetch_add_explicit(&store->sweep_shard, SWEEP_SHARDS, memory_order_relaxed);

    flush_if_due(store, now);
    for (unsigned i = 0; i < SWEEP_SHARDS; i++)
        sweep_shard(&store->shards[(first + i) % SHARDS], now);
}

void mcs__store_totals_get(mcs__store *store, mcs__ms now, mcs__store_totals *totals) {
    flush_if_due(store, now);
    *totals = (mcs__store_totals){0};
    for (size_t i = 0; i < SHARDS; i++) {
        mcs__shard *shard = &store->shards[i];
        pthread_mutex_lock(&shard->lock);
        totals->items += shard->count;
        totals->stored += shard->stored;
        totals->bytes += shard->bytes;
        totals->evictions += shard->evictions;
        totals->evicted_unfetched += shard->evicted_unfetched;
        totals->reclaimed += shard->reclaimed;
        totals->expired_unfetched += shard->expired_unfetched;
        totals->found_expired += shard->found_expired;
        totals->buckets += shard->mask + 1;
        pthread_mutex_unlock(&shard->lock);
    }
}

void mcs__store_each(mcs__store *store, mcs__ms now, mcs__item_fn *each, void *arg) {
    flush_if_due(store, now);
    for (size_t i = 0; i < SHARDS; i++) {
        mcs__shard *shard = &store->shards[i];
        pthread_mutex_lock(&shard->lock);
        for (const mcs__item *item = shard->newest; item; item = item->older)
            if (!expired(item, now))
                each(item, arg);
        pthread_mutex_unlock(&shard->lock);
    }
}
