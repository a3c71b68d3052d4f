/* The timed part: every client in turn on the same servers, round by round. */
#ifndef MC_BENCH_ROUNDS_H
#define MC_BENCH_ROUNDS_H

#include "bench/plan.h"

#define BENCH_ROUNDS_MAX 501

typedef struct bench_figures {
    double us;                      /* a call, as one thread sees it: the median of the rounds */
    double ratio;                   /* the speed beside raw's in the same round: the median */
    double ratio_low, ratio_high;   /* its quartiles */
    double p50_us, p99_us, p999_us; /* of all calls of all rounds */
    double cpu_us, server_us;       /* processor time a call, of this program and of the servers (0: unknown) */
} bench_figures;

typedef struct bench_pace {
    unsigned rounds;  /* 1 to BENCH_ROUNDS_MAX */
    uint64_t turn_ns; /* how long a client works in a round */
} bench_pace;

/*
 * Measures a work by every client of the plan and fills figures for each of them; for one that has no notion of the work,
 * with negative ones. Data is the work's and has been checked. Ends the program where a call fails.
 */
void bench_rounds_run(const bench_plan *plan, size_t work, bench_data *data, const bench_pace *pace, bench_figures *figures);

#endif
