/*
 * Counts of times, in buckets that are within 1 % of what fell into them: below 128 ns one each, above that 64 for each half
 * of a power of two. Plain data: starts as zeros; one thread at a time.
 */
#ifndef MC_MEASURE_HISTOGRAM_H
#define MC_MEASURE_HISTOGRAM_H

#include <stdint.h>

#define MEASURE_HISTOGRAM_BITS 7                           /* of a time are kept */
#define MEASURE_HISTOGRAM_MAX_NS ((UINT64_C(1) << 40) - 1) /* 18 minutes; longer times count as this */
#define MEASURE_HISTOGRAM_BUCKETS (((40 - 7) << 6) + 128)

typedef struct measure_histogram {
    uint64_t total, largest_ns;
    uint64_t counts[MEASURE_HISTOGRAM_BUCKETS];
} measure_histogram;

/* Counts one time. */
void measure_histogram_add(measure_histogram *histogram, uint64_t ns);

/* Adds what another has counted. */
void measure_histogram_merge(measure_histogram *histogram, const measure_histogram *other);

/* The time, in ns and within 1 %, that the share (0 to 1) of all times does not exceed; 0 when nothing was counted. */
double measure_histogram_quantile(const measure_histogram *histogram, double share);

#endif
