/* Tools of others that count what this program does: it runs anew under them, with --play, on the same servers. */
#ifndef MC_BENCH_TOOLS_H
#define MC_BENCH_TOOLS_H

#include "bench/plan.h"

#define BENCH_MARK_BEGIN "/bench/mark/begin"
#define BENCH_MARK_END "/bench/mark/end"

/* Fills counts, at most max, with what was counted between each pair of marks. Returns how many; 0: the tool is not there,
 * or may not do it. */
typedef size_t bench_tool(const bench_plan *plan, double *counts, size_t max);

bench_tool bench_strace;    /* system calls */
bench_tool bench_callgrind; /* instructions of the user's side */

#endif
