#include "cluster/placement.h"

#include <stdlib.h>

#include "base/number.h"
#include "base/status.h"
#include "cluster/hash.h"
#include "cluster/host_list.h"
#include "cluster/ketama.h"

struct mc__placement {
    mc_hash       hash;
    bool          alone; /* one host has all keys: they need no hash */
    mc__ring      ring;  /* empty unless the distribution is a ring */
    mc__host_list list;  /* empty if it is one */
};

static mc_status place_on_ring(mc__placement *placement, mc__ring_kind kind, const mc__address *hosts,
                               const unsigned *weights, size_t count) {
    placement->hash = mc__ring_hash(kind);
    return mc__ring_init(&placement->ring, kind, hosts, weights, count);
}

static mc_status place(mc__placement *placement, const mc__address *hosts, const unsigned *weights, size_t count,
                       mc_distribution distribution, mc_hash hash) {
    placement->hash = hash;
    switch (distribution) {
    case MC_DISTRIBUTION_HOST_LIST:
        return mc__host_list_init(&placement->list, MC__HOST_LIST_WEIGHTED, weights, count);
    case MC_DISTRIBUTION_MODULO:
        return mc__host_list_init(&placement->list, MC__HOST_LIST_ONCE, weights, count);
    case MC_DISTRIBUTION_KETAMA:
        return place_on_ring(placement, hash == MC_HASH_MD5 ? MC__RING_MD5 : MC__RING_ONE_AT_A_TIME, hosts, weights, count);
    case MC_DISTRIBUTION_KETAMA_WEIGHTED:
        return place_on_ring(placement, MC__RING_WEIGHTED, hosts, weights, count);
    }
    return mc__fail(MC_BAD_ARGUMENT, "distribution: %d is not one", (int)distribution);
}

static bool one_has_weight(const unsigned *weights, size_t count) {
    size_t found = 0;

    for (size_t i = 0; i < count; i++)
        found += !weights || weights[i] > 0;
    return found == 1;
}

mc_status mc__placement_new(const mc__address *hosts, const unsigned *weights, size_t count, mc_distribution distribution,
                            mc_hash hash, mc__placement **placement) {
    mc_status status;

    *placement = NULL;
    if (!mc__hash_known(hash))
        return mc__fail(MC_BAD_ARGUMENT, "hash: %d is not one", (int)hash);
    *placement = malloc(sizeof **placement);
    if (*placement == NULL)
        return mc__fail(MC_NO_MEMORY, "hosts: no memory for their placement");
    **placement = (mc__placement){.alone = one_has_weight(weights, count)};
    status = place(*placement, hosts, weights, count, distribution, hash);
    if (status != MC_OK) {
        mc__placement_free(*placement);
        *placement = NULL;
    }
    return status;
}

void mc__placement_free(mc__placement *placement) {
    if (placement == NULL)
        return;
    mc__ring_free(&placement->ring);
    mc__host_list_free(&placement->list);
    free(placement);
}

mc__route mc__route_of_key(const mc__placement *placement, mc_slice key) {
    return (mc__route){placement->alone ? 0 : mc__hash(placement->hash, key), 0};
}

mc__route mc__route_of_number(int64_t number) {
    return (mc__route){number, 0};
}

size_t mc__route_host(const mc__placement *placement, const mc__route *route) {
    if (placement->ring.count > 0)
        return mc__ring_at(&placement->ring, (uint32_t)route->hash);
    return mc__host_list_at(&placement->list, route->hash);
}

size_t mc__placement_home(const mc__placement *placement, mc_slice key) {
    uint32_t hash = placement->alone ? 0 : mc__hash(placement->hash, key);

    if (placement->ring.count > 0)
        return mc__ring_at(&placement->ring, hash);
    return placement->list.hosts[hash % placement->list.length];
}

static inline mc_slice key_at(const mc_slice *keys, size_t stride, size_t i) {
    return *(const mc_slice *)(const void *)((const char *)keys + stride * i);
}

void mc__placement_homes(const mc__placement *placement, const mc_slice *keys, size_t stride, const size_t *order,
                         size_t count, uint32_t *hosts) {
    const uint32_t *list = placement->list.hosts;
    uint32_t        length = (uint32_t)placement->list.length;

    if (placement->ring.count > 0 || placement->hash != MC_HASH_PYTHON || placement->alone) {
        for (size_t i = 0; i < count; i++)
            hosts[i] = (uint32_t)mc__placement_home(placement, key_at(keys, stride, order[i]));
        return;
    }
    for (size_t i = 0; i < count; i++)
        hosts[i] = list[mc__hash(MC_HASH_PYTHON, key_at(keys, stride, order[i])) % length];
}

bool mc__route_next(const mc__placement *placement, mc__route *route) {
    char   text[2 * MC__NUMBER_MAX];
    size_t len;

    if (route->tries + 1 >= MC__ROUTE_TRIES)
        return false;
    len = mc__number_format_signed(route->hash, text);
    len += mc__number_format(route->tries, text + len);
    route->hash = mc__hash(placement->hash, mc_bytes(text, len));
    route->tries++;
    return true;
}
