/* What every part of the benchmarks uses. */
#ifndef MC_BENCH_BASICS_H
#define MC_BENCH_BASICS_H

#include <stddef.h>
#include <stdint.h>

/* Says what went wrong on standard error, with errno's text where errno is not 0, and ends the program. */
_Noreturn void bench_fail(const char *what);

/* Memory that is zero; ends the program where there is none. The caller frees it. */
void *bench_allocate(size_t count, size_t size);

/* The monotonic clock. */
uint64_t bench_now_ns(void);

/* The median of numbers, which are sorted by this. 0 of none. */
double bench_median(double *numbers, size_t count);

/* The share (0 to 1) of sorted numbers. 0 of none. */
double bench_quantile(const double *sorted, size_t count, double share);

#endif
