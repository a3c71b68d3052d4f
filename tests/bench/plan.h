/* What is to be measured, and where. */
#ifndef MC_BENCH_PLAN_H
#define MC_BENCH_PLAN_H

#include "bench/adapter.h"
#include "bench/process.h"

#define BENCH_ADAPTERS_MAX 8
#define BENCH_WORKS_MAX 64

typedef struct bench_plan {
    const bench_work    *works[BENCH_WORKS_MAX];
    size_t               work_count;
    const bench_adapter *adapters[BENCH_ADAPTERS_MAX]; /* the first is raw, which the others are compared with */
    size_t               adapter_count;
    const char          *hosts[BENCH_HOSTS_MAX]; /* addresses for BENCH_HOSTS, */
    const char          *threads_host;           /* BENCH_THREADS */
    const char          *unix_host;              /* and BENCH_UNIX */
    bench_process       *servers;                /* those of them that were started here */
    size_t               server_count;
    int                  client_core;
} bench_plan;

/* Whether a client of the plan has a notion of a work of it. */
bool bench_plan_has(const bench_plan *plan, size_t work, size_t adapter);

/* The addresses that a work's data is on. */
const char *const *bench_plan_addresses(const bench_plan *plan, const bench_work *work);

/* Has the calling thread run where the work's client should. */
void bench_plan_take_place(const bench_plan *plan, const bench_work *work);

#endif
