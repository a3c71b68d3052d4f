#include "cluster/hash.h"

#include <nettle/md5.h>
#include <zlib.h>

/* From this length on zlib's own function, which takes many bytes at once, is the faster one. */
#define ZLIB_FROM 64

static inline uint32_t crc32_step(const z_crc_t *table, uint32_t crc) {
    return (uint32_t)table[crc & 0xff] ^ crc >> 8;
}

/* Four bytes more. */
static inline uint32_t crc32_steps(const z_crc_t *table, uint32_t crc, const unsigned char *at) {
    crc ^= (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
    return crc32_step(table, crc32_step(table, crc32_step(table, crc32_step(table, crc))));
}

/* Keys are short, and each is hashed: by zlib's table, without the way to the code for long texts. */
uint32_t mc__hash_crc32(mc_slice bytes) {
    const unsigned char *at = (const unsigned char *)bytes.data, *end = at + bytes.len;
    const z_crc_t       *table = get_crc_table();
    uint32_t             crc = UINT32_MAX;

    if (bytes.len >= ZLIB_FROM)
        return (uint32_t)crc32_z(0, at, bytes.len);
    for (; end - at >= 8; at += 8)
        crc = crc32_steps(table, crc32_steps(table, crc, at), at + 4);
    if (end - at >= 4) {
        crc = crc32_steps(table, crc, at);
        at += 4;
    }
    while (at < end)
        crc = crc32_step(table, crc ^ *at++);
    return ~crc;
}

void mc__hash_md5(mc_slice bytes, uint32_t words[MC__MD5_WORDS]) {
    struct md5_ctx context;
    uint8_t        digest[MD5_DIGEST_SIZE];

    md5_init(&context);
    md5_update(&context, bytes.len, (const uint8_t *)bytes.data);
    md5_digest(&context, sizeof digest, digest);
    for (size_t i = 0; i < MC__MD5_WORDS; i++) {
        const uint8_t *byte = digest + 4 * i;
        words[i] = (uint32_t)byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 | (uint32_t)byte[3] << 24;
    }
}

uint32_t mc__hash_one_at_a_time(mc_slice bytes) {
    uint32_t value = 0;

    for (size_t i = 0; i < bytes.len; i++) {
        uint32_t byte = (uint32_t)(signed char)bytes.data[i];
        value += byte;
        value += value << 10;
        value ^= value >> 6;
    }
    value += value << 3;
    value ^= value >> 11;
    value += value << 15;
    return value;
}

static uint32_t hash_md5_first(mc_slice bytes) {
    uint32_t words[MC__MD5_WORDS];

    mc__hash_md5(bytes, words);
    return words[0];
}

bool mc__hash_known(mc_hash hash) {
    switch (hash) {
    case MC_HASH_PYTHON:
    case MC_HASH_PYTHON_1_59:
    case MC_HASH_CRC32:
    case MC_HASH_MD5:
    case MC_HASH_ONE_AT_A_TIME:
        return true;
    }
    return false;
}

uint32_t mc__hash_any(mc_hash hash, mc_slice bytes) {
    uint32_t value;

    switch (hash) {
    case MC_HASH_PYTHON:
        break;
    case MC_HASH_PYTHON_1_59:
        value = mc__hash(MC_HASH_PYTHON, bytes);
        return value > 0 ? value : 1;
    case MC_HASH_CRC32:
        return mc__hash_crc32(bytes);
    case MC_HASH_MD5:
        return hash_md5_first(bytes);
    case MC_HASH_ONE_AT_A_TIME:
        return mc__hash_one_at_a_time(bytes);
    }
    return mc__hash(MC_HASH_PYTHON, bytes);
}
