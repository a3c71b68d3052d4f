/* Requests, written by hand. */
#ifndef MC_BENCH_PUT_H
#define MC_BENCH_PUT_H

#include <stddef.h>
#include <string.h>

/* Both write at a place where there is room, and return what stands behind. */

static inline char *bench_put(char *at, const char *text, size_t len) {
    memcpy(at, text, len);
    return at + len;
}

static inline char *bench_put_number(char *at, size_t number) {
    char   digits[20];
    size_t len = 0;

    do
        digits[len++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    while (len > 0)
        *at++ = digits[--len];
    return at;
}

#endif
