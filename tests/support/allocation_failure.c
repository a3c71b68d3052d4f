#include "support/allocation_failure.h"

static size_t calls;
static size_t failing;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
char *__real_strndup(const char *text, size_t len);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
char *__wrap_strndup(const char *text, size_t len);

void allocation_failure_at(size_t nth) {
    calls = 0;
    failing = nth;
}

bool allocation_failure_end(void) {
    bool failed = failing > 0 && calls >= failing;

    failing = 0;
    return failed;
}

static bool fails_now(void) {
    return ++calls == failing;
}

void *__wrap_malloc(size_t size) {
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    return fails_now() ? NULL : __real_calloc(count, size);
}

char *__wrap_strndup(const char *text, size_t len) {
    return fails_now() ? NULL : __real_strndup(text, len);
}
