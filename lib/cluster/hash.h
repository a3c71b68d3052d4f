/* How bytes become a number. The functions have no state; all are of the raw bytes, without a NUL. */
#ifndef MC_CLUSTER_HASH_H
#define MC_CLUSTER_HASH_H

#include "base/slice.h"

/* zlib's CRC-32. */
uint32_t mc__hash_crc32(mc_slice bytes);

#define MC__MD5_WORDS 4

/* MD5 as four 32-bit words, each read with its lowest byte first. */
void mc__hash_md5(mc_slice bytes, uint32_t words[MC__MD5_WORDS]);

/* Bob Jenkins' one-at-a-time hash as libmemcached computes it on x86: bytes are signed, so 0x80 to 0xff are added as
 * negative numbers. */
uint32_t mc__hash_one_at_a_time(mc_slice bytes);

/* Whether hash is one of enum mc_hash. */
bool mc__hash_known(mc_hash hash);

/* The number that the hash, which is known, makes of bytes; see enum mc_hash. mc__hash_any does the same, by another call.
 */
uint32_t mc__hash_any(mc_hash hash, mc_slice bytes);

static inline uint32_t mc__hash(mc_hash hash, mc_slice bytes) {
    return hash == MC_HASH_PYTHON ? (mc__hash_crc32(bytes) >> 16) & 0x7fff : mc__hash_any(hash, bytes);
}

#endif
