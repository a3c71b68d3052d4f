/*
 * Copying and comparing what is as short as keys are, without a call: one costs more than the work. The results are those of
 * memcpy and memcmp; both ends are done at once, and what is between them twice.
 */
#ifndef MC_BASE_SHORT_H
#define MC_BASE_SHORT_H

#include "base/inline.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

MC__INLINE void mc__short_copy(char *to, const char *from, size_t len) {
    if (len >= 16 && len <= 32) {
        char head[16], tail[16];
        memcpy(head, from, 16);
        memcpy(tail, from + len - 16, 16);
        memcpy(to, head, 16);
        memcpy(to + len - 16, tail, 16);
    } else if (len >= 8 && len < 16) {
        uint64_t head, tail;
        memcpy(&head, from, 8);
        memcpy(&tail, from + len - 8, 8);
        memcpy(to, &head, 8);
        memcpy(to + len - 8, &tail, 8);
    } else if (len > 0) {
        memcpy(to, from, len);
    }
}

/* The eight bytes at each place: 0 when they are the same. */
MC__INLINE uint64_t mc__short_difference(const char *a, const char *b) {
    uint64_t left, right;

    memcpy(&left, a, 8);
    memcpy(&right, b, 8);
    return left ^ right;
}

MC__INLINE bool mc__short_equal(const char *a, const char *b, size_t len) {
    uint64_t differ;

    if (len < 8 || len > 32)
        return len == 0 || memcmp(a, b, len) == 0;
    differ = mc__short_difference(a, b) | mc__short_difference(a + len - 8, b + len - 8);
    if (len > 16)
        differ |= mc__short_difference(a + 8, b + 8) | mc__short_difference(a + len - 16, b + len - 16);
    return differ == 0;
}

#endif
