/* The command line of client_bench. */
#ifndef MC_BENCH_OPTIONS_H
#define MC_BENCH_OPTIONS_H

#include "bench/plan.h"
#include "bench/rounds.h"

typedef enum bench_mode {
    BENCH_MEASURE,
    BENCH_CHECK_COSTS, /* the library's instructions against what is written down */
    BENCH_PLAY,        /* only calls, for the tools that count them */
    BENCH_RING         /* no calls: how keys find their hosts */
} bench_mode;

typedef enum bench_cores {
    BENCH_CORES_SAME, /* one for client and servers */
    BENCH_CORES_OWN,  /* one for the client, one for the servers */
    BENCH_CORES_ANY
} bench_cores;

typedef struct bench_options {
    bench_mode  mode;
    bench_cores cores;
    bench_pace  pace;
    const char *server; /* the program */
    const char *folder; /* for charts; NULL: none */
    bool        count_costs;
} bench_options;

/* Reads the command line into options and plan: works, clients, and servers that are there already. Ends the program after
 * --help and where it does not understand. */
void bench_options_read(bench_options *options, bench_plan *plan, int argc, char **argv);

#endif
