/*
 * What MC_FORMAT_PYTHON does to the bytes of values: zlib on the way out and in. With MC_FORMAT_RAW it does nothing, at the
 * cost of one comparison.
 */
#ifndef MC_CLIENT_FORMAT_H
#define MC_CLIENT_FORMAT_H

#include "base/buffer.h"

/* Whether a value is to be deflated before it is stored. */
static inline bool mc__format_deflates(const mc_options *options, mc_slice value, uint32_t flags) {
    return options->value_format == MC_FORMAT_PYTHON && options->compress_above > 0 && value.len > options->compress_above &&
           (flags & (MC_FLAG_INTEGER | MC_FLAG_LONG | MC_FLAG_ZLIB)) == 0;
}

/* Whether a value that has come with these flags is to be inflated. */
static inline bool mc__format_inflates(const mc_options *options, uint32_t flags) {
    return options->value_format == MC_FORMAT_PYTHON && (flags & MC_FLAG_ZLIB) != 0;
}

/*
 * Deflates *value into out, whose bytes before are lost. Where that makes it smaller, *value becomes those bytes, valid as
 * long as out is untouched, and *flags says so; else both stay. false: no memory; both stay.
 */
bool mc__format_deflate(mc_slice *value, uint32_t *flags, mc__buffer *out);

/*
 * Inflates a value into out, whose bytes before are lost; a NUL is put behind its last. Memory is taken as output comes: a
 * few times the input at first, then at most twice what is there, and not for more than max bytes.
 * MC_OK; MC_BAD_VALUE when it is not one whole zlib stream of at most max bytes, MC_NO_MEMORY. After a failure *reason says
 * in words what is wrong, static, and out holds nothing of use.
 */
mc_status mc__format_inflate(mc_slice value, size_t max, mc__buffer *out, const char **reason);

#endif
