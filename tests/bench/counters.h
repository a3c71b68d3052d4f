/* What a thread has cost so far, from the kernel's counters and our own. */
#ifndef MC_BENCH_COUNTERS_H
#define MC_BENCH_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

typedef enum bench_cost {
    BENCH_SYSTEM_CALLS, /* the first: see bench_counters_begin */
    BENCH_INSTRUCTIONS, /* of the user's side */
    BENCH_ALLOCATIONS,  /* malloc, calloc, realloc and the like; always known */
    BENCH_COSTS
} bench_cost;

typedef struct bench_counters {
    int      fds[BENCH_COSTS]; /* -1: the kernel does not count it, or not for us */
    uint64_t before[BENCH_COSTS];
} bench_counters;

/* Counters of the calling thread. Closed with bench_counters_close. */
bench_counters bench_counters_open(void);
void           bench_counters_close(bench_counters *counters);

/* Counts from here on; what has come together since, negative where it is not counted. */
void bench_counters_begin(bench_counters *counters);
void bench_counters_end(bench_counters *counters, double counts[BENCH_COSTS]);

/* This thread's allocations since it began. */
uint64_t bench_allocations(void);

#endif
