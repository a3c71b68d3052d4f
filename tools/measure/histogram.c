#include "measure/histogram.h"

#include <math.h>
#include <stddef.h>

#define WHOLE (1u << MEASURE_HISTOGRAM_BITS) /* times below have a bucket each */
#define HALF (WHOLE / 2)

/* By how much a time is shifted so that MEASURE_HISTOGRAM_BITS of it are left. */
static unsigned shift_of(uint64_t ns) {
    unsigned length = 64u - (unsigned)__builtin_clzll(ns | 1);

    return length > MEASURE_HISTOGRAM_BITS ? length - MEASURE_HISTOGRAM_BITS : 0;
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

void measure_histogram_add(measure_histogram *histogram, uint64_t ns) {
    histogram->counts[bucket_of(ns < MEASURE_HISTOGRAM_MAX_NS ? ns : MEASURE_HISTOGRAM_MAX_NS)]++;
    histogram->total++;
    if (ns > histogram->largest_ns)
        histogram->largest_ns = ns;
}

void measure_histogram_merge(measure_histogram *histogram, const measure_histogram *other) {
    histogram->total += other->total;
    if (other->largest_ns > histogram->largest_ns)
        histogram->largest_ns = other->largest_ns;
    for (size_t i = 0; i < MEASURE_HISTOGRAM_BUCKETS; i++)
        histogram->counts[i] += other->counts[i];
}

double measure_histogram_quantile(const measure_histogram *histogram, double share) {
    uint64_t wanted = (uint64_t)(share * (double)histogram->total);
    uint64_t passed = 0;
    size_t   i = 0;

    if (histogram->total == 0)
        return 0;
    if (wanted >= histogram->total)
        wanted = histogram->total - 1;
    while (i + 1 < MEASURE_HISTOGRAM_BUCKETS && (passed += histogram->counts[i]) <= wanted)
        i++;
    return fmin(middle_of(i), (double)histogram->largest_ns);
}
