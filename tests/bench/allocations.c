/* Counts what any part of the program allocates, by standing before glibc's own functions. */
#include "bench/counters.h"

#include <errno.h>
#include <stdlib.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

/* Shared libraries call these too. */
#define FOR_ALL __attribute__((visibility("default")))

static _Thread_local uint64_t allocations;

uint64_t bench_allocations(void) {
    return allocations;
}

FOR_ALL void *malloc(size_t size) {
    allocations++;
    return __libc_malloc(size);
}

FOR_ALL void *calloc(size_t count, size_t size) {
    allocations++;
    return __libc_calloc(count, size);
}

FOR_ALL void *realloc(void *memory, size_t size) {
    allocations++;
    return __libc_realloc(memory, size);
}

FOR_ALL void *aligned_alloc(size_t alignment, size_t size) {
    allocations++;
    return __libc_memalign(alignment, size);
}

FOR_ALL int posix_memalign(void **memory, size_t alignment, size_t size) {
    allocations++;
    *memory = __libc_memalign(alignment, size);
    return *memory ? 0 : ENOMEM;
}
