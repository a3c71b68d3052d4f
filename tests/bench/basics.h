/* What every part of the benchmarks uses. */
#ifndef MC_BENCH_BASICS_H
#define MC_BENCH_BASICS_H

#include <stddef.h>

/* Says what went wrong on standard error, with errno's text where errno is not 0, and ends the program. */
_Noreturn void bench_fail(const char *what);

/* Memory that is zero; ends the program where there is none. The caller frees it. */
void *bench_allocate(size_t count, size_t size);

#endif
