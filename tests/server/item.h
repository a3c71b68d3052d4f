/* What the server stores: one block of memory with key, value and CR LF behind the header. */
#ifndef MC_SERVER_ITEM_H
#define MC_SERVER_ITEM_H

#include "base/slice.h"

#include <stdatomic.h>

/* memcached counts this much for an item beside key and value, and compares the sum with -I. */
#define MCS__ITEM_OVERHEAD 59

typedef int64_t mcs__ms; /* milliseconds on the monotonic clock */

#define MCS__NEVER INT64_MAX

/* Bits of mcs__item.marks; the last two belong to the meta commands (protocol.txt, "Meta Get"). */
enum {
    MCS__FETCHED = 1, /* read since it was stored */
    MCS__STALE = 2,   /* invalidated, but still served with the X flag */
    MCS__WON = 4,     /* some client was told that it is the one to fetch the value anew */
    MCS__BINARY = 8,  /* the key came in base64 and is shown so */
    MCS__LINKED = 16  /* in the table */
};

/*
 * Everything but refs, bytes and the lengths is guarded by the lock of the item's shard while it is linked. The bytes of a
 * linked item with more than one reference are never written to, so a slow reader gets the value as it was.
 */
typedef struct mcs__item {
    struct mcs__item *next;          /* in its bucket */
    struct mcs__item *newer, *older; /* in its shard, by last use */
    uint64_t          cas;
    mcs__ms           expires;
    mcs__ms           used; /* last access */
    uint32_t          hash;
    uint32_t          flags;
    uint32_t          value_len;
    atomic_uint       refs;
    uint8_t           key_len;
    uint8_t           marks;
    char              bytes[]; /* key, value, CR LF */
} mcs__item;

static inline mc_slice mcs__item_key(const mcs__item *item) {
    return mc_bytes(item->bytes, item->key_len);
}

static inline char *mcs__item_value(mcs__item *item) {
    return item->bytes + item->key_len;
}

#endif
