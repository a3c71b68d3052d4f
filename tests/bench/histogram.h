/*
 * Counts of times, in buckets that are within 1 % of what fell into them: below 128 ns one each, above that 64 for each half
 * of a power of two. Plain data: starts as zeros; one thread at a time.
 */
#ifndef MC_BENCH_HISTOGRAM_H
#define MC_BENCH_HISTOGRAM_H

#include <stdint.h>

#define BENCH_HISTOGRAM_BITS 7                           /* of a time are kept */
#define BENCH_HISTOGRAM_MAX_NS ((UINT64_C(1) << 40) - 1) /* 18 minutes; longer times count as this */
#define BENCH_HISTOGRAM_BUCKETS (((40 - 7) << 6) + 128)

typedef struct bench_histogram {
    uint64_t total;
    uint64_t counts[BENCH_HISTOGRAM_BUCKETS];
} bench_histogram;

/* Counts one time. */
void bench_histogram_add(bench_histogram *histogram, uint64_t ns);

/* Adds what another has counted. */
void bench_histogram_merge(bench_histogram *histogram, const bench_histogram *other);

/* The time, in ns and within 1 %, that the share (0 to 1) of all times does not exceed; 0 when nothing was counted. */
double bench_histogram_quantile(const bench_histogram *histogram, double share);

#endif
