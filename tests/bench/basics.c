#include "bench/basics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void bench_fail(const char *what) {
    if (errno != 0)
        fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
    else
        fprintf(stderr, "bench: %s\n", what);
    exit(EXIT_FAILURE);
}

void *bench_allocate(size_t count, size_t size) {
    void *memory = calloc(count > 0 ? count : 1, size > 0 ? size : 1);

    if (!memory)
        bench_fail("memory");
    return memory;
}

uint64_t bench_now_ns(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double bench_median(double *numbers, size_t count) {
    qsort(numbers, count, sizeof *numbers, compare);
    return bench_quantile(numbers, count, 0.5);
}

double bench_quantile(const double *sorted, size_t count, double share) {
    size_t at = (size_t)(share * (double)count);

    if (count == 0)
        return 0;
    return sorted[at < count ? at : count - 1];
}
