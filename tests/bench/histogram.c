#include "bench/histogram.h"

#include <stddef.h>

#define WHOLE (1u << BENCH_HISTOGRAM_BITS) /* times below have a bucket each */
#define HALF (WHOLE / 2)

/* By how much a time is shifted so that BENCH_HISTOGRAM_BITS of it are left. */
static unsigned shift_of(uint64_t ns) {
    unsigned length = 64u - (unsigned)__builtin_clzll(ns | 1);

    return length > BENCH_HISTOGRAM_BITS ? length - BENCH_HISTOGRAM_BITS : 0;
}

/* With a shift of n, what is left is HALF to WHOLE - 1, and n * HALF buckets belong to the smaller shifts. */
static size_t bucket_of(uint64_t ns) {
    unsigned shift = shift_of(ns);

    return (size_t)shift * HALF + (size_t)(ns >> shift);
}

/* The middle of what falls into a bucket. */
static double middle_of(size_t bucket) {
    size_t   shift = bucket < WHOLE ? 0 : bucket / HALF - 1;
    uint64_t low = (uint64_t)(bucket - shift * HALF) << shift;

    return (double)low + (double)((UINT64_C(1) << shift) - 1) / 2;
}

void bench_histogram_add(bench_histogram *histogram, uint64_t ns) {
    histogram->counts[bucket_of(ns < BENCH_HISTOGRAM_MAX_NS ? ns : BENCH_HISTOGRAM_MAX_NS)]++;
    histogram->total++;
}

void bench_histogram_merge(bench_histogram *histogram, const bench_histogram *other) {
    histogram->total += other->total;
    for (size_t i = 0; i < BENCH_HISTOGRAM_BUCKETS; i++)
        histogram->counts[i] += other->counts[i];
}

double bench_histogram_quantile(const bench_histogram *histogram, double share) {
    uint64_t wanted = (uint64_t)(share * (double)histogram->total);
    uint64_t passed = 0;
    size_t   i = 0;

    if (histogram->total == 0)
        return 0;
    if (wanted >= histogram->total)
        wanted = histogram->total - 1;
    while (i + 1 < BENCH_HISTOGRAM_BUCKETS && (passed += histogram->counts[i]) <= wanted)
        i++;
    return middle_of(i);
}
