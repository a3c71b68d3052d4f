#include "bench/basics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
