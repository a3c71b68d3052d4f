#include "support/realloc_failure.h"

static size_t calls;
static size_t failing;

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);

void realloc_failure_at(size_t nth) {
    calls = 0;
    failing = nth;
}

size_t realloc_failure_calls(void) {
    return calls;
}

void *__wrap_realloc(void *memory, size_t size) {
    calls++;
    return calls == failing ? NULL : __real_realloc(memory, size);
}
