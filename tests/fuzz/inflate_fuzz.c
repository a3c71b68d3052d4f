/*
 * Deflated values as an adversary would store them, and any bytes deflated and inflated again. An input is the limit (an
 * index) and the bytes.
 */
#include "client/format.h"
#include "fuzz/fuzz_target.h"

#include <zlib.h>

#define LIMIT_MAX 65536

static const size_t limits[] = {1, 2, 100, 256, 1000, 4096, LIMIT_MAX, LIMIT_MAX};

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

/* What zlib's own one-step function makes of the stream: its length, or SIZE_MAX where it is not one whole value. */
static size_t uncompressed(mc_slice stream, size_t limit, Bytef *out) {
    uLongf out_len = (uLongf)limit;
    uLong  used = (uLong)stream.len;

    if (uncompress2(out, &out_len, (const Bytef *)stream.data, &used) != Z_OK || used != stream.len)
        return SIZE_MAX;
    return out_len;
}

/* An inflated value is what zlib says, to the last byte; nothing else is taken for one, and memory stays within the limit.
 */
static void inflate_as_zlib_does(mc_slice stream, size_t limit) {
    static Bytef expected[LIMIT_MAX];
    size_t       expected_len = uncompressed(stream, limit, expected);
    mc__buffer   out = {0};
    const char  *reason = NULL;
    mc_status    status = mc__format_inflate(stream, limit, &out, &reason);

    FUZZ_REQUIRE(out.capacity <= larger(512, 2 * (limit + 2)));
    if (expected_len == SIZE_MAX) {
        FUZZ_REQUIRE(status == MC_BAD_VALUE && reason != NULL && reason[0] != '\0');
    } else {
        FUZZ_REQUIRE(status == MC_OK && reason == NULL);
        FUZZ_REQUIRE(mc__buffer_len(&out) == expected_len);
        FUZZ_REQUIRE(memcmp(out.data, expected, expected_len) == 0);
        FUZZ_REQUIRE(*mc__buffer_tail(&out) == '\0');
    }
    mc__buffer_free(&out);
}

/* Whatever is deflated comes back as it was, and only then has become another. */
static void there_and_back(mc_slice plain) {
    mc__buffer  deflated = {0}, out = {0};
    mc_slice    value = plain;
    uint32_t    flags = MC_FLAG_TEXT;
    const char *reason;

    FUZZ_REQUIRE(mc__format_deflate(&value, &flags, &deflated));
    if (flags == MC_FLAG_TEXT) {
        FUZZ_REQUIRE(value.data == plain.data && value.len == plain.len);
    } else {
        FUZZ_REQUIRE(flags == (MC_FLAG_TEXT | MC_FLAG_ZLIB) && value.len < plain.len);
        FUZZ_REQUIRE(mc__format_inflate(value, plain.len, &out, &reason) == MC_OK);
        FUZZ_REQUIRE(mc__slice_equal(mc__buffer_readable(&out), plain));
        FUZZ_REQUIRE(mc__format_inflate(value, plain.len - 1, &out, &reason) == MC_BAD_VALUE);
    }
    mc__buffer_free(&deflated);
    mc__buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    mc_slice bytes;

    if (size < 1)
        return 0;
    bytes = mc_bytes(data + 1, size - 1);
    inflate_as_zlib_does(bytes, limits[data[0] % (sizeof limits / sizeof *limits)]);
    if (bytes.len >= 2)
        there_and_back(bytes);
    return 0;
}
