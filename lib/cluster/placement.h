/*
 * Which host holds a key, and where the key goes when that host is dead: the one rule of a client, made of its hosts, their
 * weights, a distribution and a hash.
 *
 *     distribution     rule                                         hash
 *     HOST_LIST        hash modulo the weighted list (host_list.h)  any; python-memcached's are the three CRC ones
 *     KETAMA           libmemcached's ring (ketama.h)               MC_HASH_MD5; any other asks for one-at-a-time
 *     KETAMA_WEIGHTED  the same, points and keys by MD5             always MD5, whatever is asked for
 *     MODULO           hash modulo the number of hosts              any; libmemcached's are one-at-a-time (its default),
 *                                                                   MD5, and MC_HASH_PYTHON, which is its "crc"
 *
 * A weight of 0 leaves a host out in every distribution, as if it had not been named; otherwise MODULO takes no notice of
 * weights. One host left: it holds every key.
 */
#ifndef MC_CLUSTER_PLACEMENT_H
#define MC_CLUSTER_PLACEMENT_H

#include "cluster/address.h"

/* Immutable once it is made: any number of threads may read it at once. */
typedef struct mc__placement mc__placement;

/*
 * Makes the placement of count hosts; weights may be NULL: 1 each. Nothing that is given is kept. Returns MC_OK and the
 * placement, to be freed with mc__placement_free; MC_BAD_ARGUMENT, told in the thread's last failure, when there is no host,
 * all weights are 0, their sum is over MC__WEIGHT_SUM_MAX (host_list.h), or the distribution or the hash is not one;
 * MC_NO_MEMORY. After a failure *placement is NULL.
 */
mc_status mc__placement_new(const mc__address *hosts, const unsigned *weights, size_t count, mc_distribution distribution,
                            mc_hash hash, mc__placement **placement);

/* NULL is allowed. */
void mc__placement_free(mc__placement *placement);

/* The host of a key, its prefix already in front of it: where its route starts. */
size_t mc__placement_home(const mc__placement *placement, mc_slice key);

/* The same for count keys, into hosts[i] that of key order[i]: the keys are stride bytes apart. */
void mc__placement_homes(const mc__placement *placement, const mc_slice *keys, size_t stride, const size_t *order,
                         size_t count, uint32_t *hosts);

/* How many hosts a key tries at most, the same one counted again (python-memcached's _SERVER_RETRIES). */
#define MC__ROUTE_TRIES 10

/* A key's way through the hosts: plain data, copied at will. */
typedef struct mc__route {
    int64_t  hash;
    unsigned tries; /* how many hosts were tried before this one: 0 to MC__ROUTE_TRIES - 1 */
} mc__route;

/* The start of the way of a key, its prefix already in front of it. */
mc__route mc__route_of_key(const mc__placement *placement, mc_slice key);

/* The start of the way of a number given in place of the key's hash: python-memcached's (hash, key). It is any number; the
 * remainder is never negative (floor modulo), and a ring takes the number modulo 2^32. */
mc__route mc__route_of_number(int64_t number);

/* The host of the try that the route is at, as an index into the hosts as given. */
size_t mc__route_host(const mc__placement *placement, const mc__route *route);

/* On to the next try, whose hash is that of the decimal text of this one followed by that of its number. False after the
 * tenth; the route stays there. */
bool mc__route_next(const mc__placement *placement, mc__route *route);

#endif
