/*
 * libmemcached 1.1.4's ketama: hosts stand as points on a ring of 32-bit numbers, and a key belongs to the first point at
 * or after its hash. pylibmc and php-memcached place keys so.
 *
 * A point is the hash of "name-i", where the name is the host as written (an IPv6 address without brackets), followed by
 * ":port" unless that is 11211; a unix socket is "path:0".
 *
 * Plain, all weights 1: 100 points a host, by the hash of the keys. Plain with some weight above 1, and weighted: about 160
 * points for each host, more or fewer by weight, four from each MD5; the arithmetic is IEEE single precision throughout.
 */
#ifndef MC_CLUSTER_KETAMA_H
#define MC_CLUSTER_KETAMA_H

#include "cluster/address.h"

typedef struct mc__ring_point {
    uint32_t value;
    uint32_t host; /* index into the hosts as given */
} mc__ring_point;

/* Zeroed memory is an empty ring, which has no places to ask for. */
typedef struct mc__ring {
    mc__ring_point *points; /* by value, then by host */
    size_t          count;
    uint32_t       *first; /* by the first bits of a value: the first point with these or larger ones. In points' block */
    unsigned        shift; /* the rest of its bits */
} mc__ring;

/* Which ring. */
typedef enum mc__ring_kind {
    MC__RING_ONE_AT_A_TIME, /* plain; keys by one-at-a-time */
    MC__RING_MD5,           /* plain; keys by MD5 */
    MC__RING_WEIGHTED       /* weighted; keys by MD5 */
} mc__ring_kind;

/*
 * Fills *ring, which is overwritten and is freed with mc__ring_free. Hosts of weight 0 are left out; weights may be NULL: 1
 * each. Returns MC_OK; the failures of mc__weights_sum (host_list.h); or MC_NO_MEMORY. After a failure *ring is empty.
 */
mc_status mc__ring_init(mc__ring *ring, mc__ring_kind kind, const mc__address *hosts, const unsigned *weights, size_t count);

void mc__ring_free(mc__ring *ring);

/* The hash of the keys on a ring of this kind. */
mc_hash mc__ring_hash(mc__ring_kind kind);

/* The host at the first point at or after value, or at the first point of all when there is none. Two or three
 * steps, however many points. */
size_t mc__ring_at(const mc__ring *ring, uint32_t value);

#endif
