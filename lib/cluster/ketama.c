#include "cluster/ketama.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/status.h"
#include "cluster/hash.h"
#include "cluster/host_list.h"

/* Of a host on a ring without weights; on a weighted one, of a host of average weight. */
#define POINTS_PER_HOST 100
#define POINTS_PER_HOST_WEIGHTED 160

/* A host (a name is the longest, and paths are shorter), ":port-" and the number of a point. */
#define POINT_NAME_MAX (MC__HOST_NAME_MAX + sizeof ":65535-4294967295")

/* What the points of every host depend on. */
typedef struct ring_plan {
    bool    weighted;
    size_t  hosts; /* that have a weight */
    size_t  weight_sum;
    mc_hash hash; /* of the points, when not weighted */
} ring_plan;

mc_hash mc__ring_hash(mc__ring_kind kind) {
    return kind == MC__RING_ONE_AT_A_TIME ? MC_HASH_ONE_AT_A_TIME : MC_HASH_MD5;
}

static mc_status make_plan(ring_plan *plan, mc__ring_kind kind, const unsigned *weights, size_t count) {
    mc_status status = mc__weights_sum(weights, count, &plan->weight_sum);

    plan->weighted = kind == MC__RING_WEIGHTED;
    plan->hosts = 0;
    plan->hash = mc__ring_hash(kind);
    if (status != MC_OK)
        return status;
    for (size_t i = 0; i < count; i++) {
        unsigned weight = weights ? weights[i] : 1;
        plan->hosts += weight > 0;
        plan->weighted |= weight > 1; /* libmemcached turns to the weighted ring as soon as it is given such a host */
    }
    return MC_OK;
}

/* How many names a host puts on the ring. Each volatile step is rounded to single precision as libmemcached's is, also where
 * the machine would rather compute with more bits. */
static size_t name_count(const ring_plan *plan, unsigned weight) {
    volatile float share, points;

    if (weight == 0)
        return 0;
    if (!plan->weighted)
        return POINTS_PER_HOST;
    share = (float)weight / (float)plan->weight_sum;
    points = share * (float)POINTS_PER_HOST_WEIGHTED;
    points = points / (float)MC__MD5_WORDS;
    points = points * (float)plan->hosts;
    points = points + 0.0000000001F;
    return (size_t)points;
}

static void add_point(mc__ring *ring, uint32_t value, size_t host) {
    ring->points[ring->count++] = (mc__ring_point){value, (uint32_t)host};
}

/* The name, number and all, that point i of a host is the hash of. */
static mc_slice point_name(const mc__address *host, size_t i, char *out) {
    int len;

    if (host->port == MC__DEFAULT_PORT)
        len = snprintf(out, POINT_NAME_MAX, "%s-%zu", host->host, i);
    else
        len = snprintf(out, POINT_NAME_MAX, "%s:%" PRIu16 "-%zu", host->host, host->port, i);
    return mc_bytes(out, len > 0 ? (size_t)len : 0);
}

static void add_host(mc__ring *ring, const ring_plan *plan, const mc__address *host, size_t index, size_t names) {
    char     text[POINT_NAME_MAX];
    uint32_t words[MC__MD5_WORDS];

    for (size_t i = 0; i < names; i++) {
        mc_slice name = point_name(host, i, text);
        if (plan->weighted) {
            mc__hash_md5(name, words);
            for (size_t word = 0; word < MC__MD5_WORDS; word++)
                add_point(ring, words[word], index);
        } else {
            add_point(ring, mc__hash(plan->hash, name), index);
        }
    }
}

static int compare_points(const void *left, const void *right) {
    const mc__ring_point *a = left, *b = right;

    if (a->value != b->value)
        return a->value < b->value ? -1 : 1;
    return (a->host > b->host) - (a->host < b->host);
}

/* Memory for points, and for an index of them with one place for one or two. */
static bool allocate(mc__ring *ring, size_t points) {
    size_t places = 2;

    ring->shift = 31;
    while (2 * places <= points) {
        places *= 2;
        ring->shift--;
    }
    ring->points = malloc(points * sizeof *ring->points + places * sizeof *ring->first);
    if (ring->points)
        ring->first = (uint32_t *)(void *)(ring->points + points);
    return ring->points != NULL;
}

static void fill_index(mc__ring *ring) {
    size_t places = (size_t)1 << (32 - ring->shift);
    size_t at = 0;

    for (size_t place = 0; place < places; place++) {
        while (at < ring->count && ring->points[at].value >> ring->shift < place)
            at++;
        ring->first[place] = (uint32_t)at;
    }
}

mc_status mc__ring_init(mc__ring *ring, mc__ring_kind kind, const mc__address *hosts, const unsigned *weights,
                        size_t count) {
    ring_plan plan;
    mc_status status = make_plan(&plan, kind, weights, count);
    size_t    names = 0;

    *ring = (mc__ring){0};
    if (status != MC_OK)
        return status;
    for (size_t i = 0; i < count; i++)
        names += name_count(&plan, weights ? weights[i] : 1);
    if (!allocate(ring, names * (plan.weighted ? MC__MD5_WORDS : 1))) {
        *ring = (mc__ring){0};
        return mc__fail(MC_NO_MEMORY, "hosts: no memory for a ring of %zu", count);
    }
    for (size_t i = 0; i < count; i++)
        add_host(ring, &plan, &hosts[i], i, name_count(&plan, weights ? weights[i] : 1));
    qsort(ring->points, ring->count, sizeof *ring->points, compare_points);
    fill_index(ring);
    return MC_OK;
}

void mc__ring_free(mc__ring *ring) {
    free(ring->points);
    *ring = (mc__ring){0};
}

/* Hashes are spread evenly, so that only a few points have the same first bits. */
size_t mc__ring_at(const mc__ring *ring, uint32_t value) {
    const mc__ring_point *point = ring->points + ring->first[value >> ring->shift];
    const mc__ring_point *end = ring->points + ring->count;

    while (point < end && point->value < value)
        point++;
    return point < end ? point->host : ring->points->host;
}
