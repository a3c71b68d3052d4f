/* How long the library takes to build a ring of many hosts, and to find a key's host on it. No server is needed. */
#ifndef MC_BENCH_RING_H
#define MC_BENCH_RING_H

/* Measures and prints a table. */
void bench_ring_run(void);

#endif
