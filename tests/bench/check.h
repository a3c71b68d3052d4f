/* The untimed pass before anything is measured. */
#ifndef MC_BENCH_CHECK_H
#define MC_BENCH_CHECK_H

#include "bench/adapter.h"

/*
 * Has the client do every batch of the work once and compares: every value that it read, every value that it stored, what
 * its counters gave, that what it deleted is gone. Ends the program, naming client and work, where something differs. The
 * servers hold the data's values afterwards.
 */
void bench_check(const bench_adapter *adapter, bench_data *data);

#endif
