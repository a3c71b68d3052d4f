/* What was measured, for people and for programs. */
#ifndef MC_BENCH_REPORT_H
#define MC_BENCH_REPORT_H

#include "bench/costs.h"
#include "bench/rounds.h"

#include <stdio.h>

typedef struct bench_report {
    const bench_plan *plan;
    const char       *cores; /* how client and servers share them, in words */
    bench_figures     figures[BENCH_WORKS_MAX][BENCH_ADAPTERS_MAX];
    bench_costs       costs;
} bench_report;

/* The head of the table, and the rows of one work, one a client. */
void bench_report_head(const bench_report *report, FILE *file);
void bench_report_rows(const bench_report *report, size_t work, FILE *file);

/* Everything, tab-separated, under a line of names. */
void bench_report_table(const bench_report *report, FILE *file);

#endif
