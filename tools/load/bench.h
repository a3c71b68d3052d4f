/* mc bench. */
#ifndef MC_LOAD_BENCH_H
#define MC_LOAD_BENCH_H

#include "cli/call.h"

/* Measures; returns an exit status. */
int load_run_bench(cli_call *call);

#endif
