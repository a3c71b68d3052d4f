/*
 * Values in MC_FORMAT_PYTHON on real servers: two clients of one cluster, "python", which deflates and inflates, and "raw",
 * which sees what is stored.
 */
#ifndef MC_SUPPORT_FORMAT_BENCH_H
#define MC_SUPPORT_FORMAT_BENCH_H

#include "mcclient/mcclient.h"
#include "support/cluster.h"

#define ABOVE 100    /* compress_above */
#define LIMIT 100000 /* max_value_size of python */
#define KEY mc_str("key")

typedef struct format_bench {
    cluster   *servers;
    mc_client *python, *raw;
    mc_value   value; /* what was last read */
} format_bench;

/* kind is a server_kind, as the loop over them counts. */
format_bench format_bench_begin(int kind, size_t hosts);
void         format_bench_end(format_bench *self);

/* A value of text that deflates well, with a NUL behind it, and one of noise that does not. The seed makes it unlike others.
 * Freed by the caller with drop_bytes. */
mc_slice make_text(size_t len, unsigned seed);
mc_slice make_noise(size_t len, unsigned seed);

/* What zlib's own one-step function makes of it, for drop_bytes. */
mc_slice zlib_of(mc_slice plain);

void drop_bytes(mc_slice bytes);

void expect_status(mc_status status, mc_status wanted);
void expect_value(const mc_value *value, mc_slice bytes, uint32_t flags);

/* What is stored is plain, deflated if so; and what is read is plain with these flags. */
void expect_stored(format_bench *self, mc_slice key, mc_slice plain, uint32_t flags, bool deflated);

#endif
