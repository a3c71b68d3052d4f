/*
 * The list of which a hash picks one place. python-memcached's: each host as often as its weight says, in the order in which
 * they were given, so that weights 1, 2, 1 give 0, 1, 1, 2. libmemcached's, for its modulo distribution: each host once.
 */
#ifndef MC_CLUSTER_HOST_LIST_H
#define MC_CLUSTER_HOST_LIST_H

#include "base/slice.h"

/* The largest sum of the weights of one client's hosts, and the largest number of hosts: the list is at most 4 MiB. */
#define MC__WEIGHT_SUM_MAX 1048576

/* Zeroed memory is an empty list, which has no places to ask for. */
typedef struct mc__host_list {
    uint32_t *hosts; /* indexes into the hosts as given */
    size_t    length;
} mc__host_list;

/*
 * Adds up the weights of count hosts; NULL: 1 each. Returns MC_OK and a sum of 1 to MC__WEIGHT_SUM_MAX; or MC_BAD_ARGUMENT,
 * told in the thread's last failure: no hosts or too many, all weights 0, or a larger sum.
 */
mc_status mc__weights_sum(const unsigned *weights, size_t count, size_t *sum);

typedef enum mc__host_list_kind {
    MC__HOST_LIST_WEIGHTED, /* a host as often as its weight says */
    MC__HOST_LIST_ONCE      /* a host once, unless its weight is 0 */
} mc__host_list_kind;

/*
 * Fills *list, which is overwritten and is freed with mc__host_list_free. Returns MC_OK, the failures of mc__weights_sum, or
 * MC_NO_MEMORY; after a failure *list is empty.
 */
mc_status mc__host_list_init(mc__host_list *list, mc__host_list_kind kind, const unsigned *weights, size_t count);

void mc__host_list_free(mc__host_list *list);

/* The host at number modulo the length; the remainder of a negative number is not negative either. */
size_t mc__host_list_at(const mc__host_list *list, int64_t number);

#endif
