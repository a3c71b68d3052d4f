/* Small helpers for mc_slice, the public type of bytes that somebody else owns. */
#ifndef MC_BASE_SLICE_H
#define MC_BASE_SLICE_H

#include "mcclient/mcclient.h"

/* Memory that may be filled. */
typedef struct mc__area {
    char  *data;
    size_t len;
} mc__area;

/* A string literal as a slice; its length is known at compile time. */
#define MC__LITERAL(text) mc_bytes("" text, sizeof(text) - 1)

static inline bool mc__slice_equal(mc_slice a, mc_slice b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Whether the slice is one that a caller may hand in: bytes, or nothing. */
static inline bool mc__slice_valid(mc_slice slice) {
    return slice.data != NULL || slice.len == 0;
}

#endif
