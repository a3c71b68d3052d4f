/*
 * What a call costs beside time, counted over a fixed number of calls in the steady state: by the kernel's counters where we
 * may use them; else by strace (system calls) and valgrind's callgrind (instructions), under which this program runs anew.
 * Works of many threads are left out.
 */
#ifndef MC_BENCH_COSTS_H
#define MC_BENCH_COSTS_H

#include "bench/counters.h"
#include "bench/plan.h"

/* A call's costs for every work and every client of a plan; negative: unknown. */
typedef struct bench_costs {
    double a_call[BENCH_COSTS][BENCH_WORKS_MAX][BENCH_ADAPTERS_MAX];
} bench_costs;

/* Says of each that it is unknown. */
void bench_costs_skip(bench_costs *costs);

/* Counts what it can. */
void bench_costs_count(const bench_plan *plan, bench_costs *costs);

/* Counts instructions by callgrind alone, which gives the same on every machine. False where there is no valgrind. */
bool bench_costs_count_exactly(const bench_plan *plan, bench_costs *costs);

/* What runs under the tools: the calls of every work and client, between marks. */
void bench_costs_play(const bench_plan *plan);

/* The marks, by which callgrind (their names) and strace (their system calls) know what to count. */
void bench_mark_begin(void);
void bench_mark_end(void);

#endif
