#include "client/format.h"

#include "support/allocation_failure.h"
#include "support/check_main.h"
#include "support/realloc_failure.h"

#include <stdlib.h>
#include <zlib.h>

/* A line of text that deflates well, and one value that does not. */
static const char poem[] =
    "so much depends upon a red wheel barrow, so much depends upon a red wheel barrow; so much depends";
static const char noise[] = "\x8f\x01\xe5\x5a\x93\x20\xd7\x4c\xb8\x6e\x11\xf9";

static mc_options options_of(mc_value_format format, size_t above) {
    mc_options options = MC_OPTIONS_INIT;

    options.value_format = format;
    options.compress_above = above;
    return options;
}

/* What other clients make of data, with zlib's own one-step function. Freed by the caller. */
static mc_slice zlib_of(mc_slice plain) {
    uLong  len = compressBound((uLong)plain.len);
    Bytef *data = malloc(len);

    ck_assert_ptr_nonnull(data);
    ck_assert_int_eq(compress2(data, &len, (const Bytef *)plain.data, (uLong)plain.len, Z_DEFAULT_COMPRESSION), Z_OK);
    return mc_bytes(data, len);
}

static void drop(mc_slice bytes) {
    free((void *)bytes.data);
}

static mc_slice zeros(size_t len) {
    void *data = calloc(len + 1, 1);

    ck_assert_ptr_nonnull(data);
    return mc_bytes(data, len);
}

/* ------------------------------------------------------------------------------------------------------- what is to be */

static const struct {
    mc_value_format format;
    size_t          above, len;
    uint32_t        flags;
    bool            deflates;
} rows_out[] = {
    {MC_FORMAT_RAW, 0, 100, 0, false},
    {MC_FORMAT_RAW, 10, 100, 0, false},
    {MC_FORMAT_RAW, 10, 100, MC_FLAG_TEXT, false},
    {MC_FORMAT_PYTHON, 0, 100, 0, false},
    {MC_FORMAT_PYTHON, 0, SIZE_MAX, 0, false},
    {MC_FORMAT_PYTHON, 10, 0, 0, false},
    {MC_FORMAT_PYTHON, 10, 9, 0, false},
    {MC_FORMAT_PYTHON, 10, 10, 0, false},
    {MC_FORMAT_PYTHON, 10, 11, 0, true},
    {MC_FORMAT_PYTHON, 1, 2, 0, true},
    {MC_FORMAT_PYTHON, 1, 1, 0, false},
    {MC_FORMAT_PYTHON, 10, 11, MC_FLAG_TEXT, true},
    {MC_FORMAT_PYTHON, 10, 11, MC_FLAG_PICKLE, true},
    {MC_FORMAT_PYTHON, 10, 11, 1u << 31, true},
    {MC_FORMAT_PYTHON, 10, 11, MC_FLAG_INTEGER, false},
    {MC_FORMAT_PYTHON, 10, 11, MC_FLAG_LONG, false},
    {MC_FORMAT_PYTHON, 10, 11, MC_FLAG_ZLIB, false},
    {MC_FORMAT_PYTHON, 10, 11, MC_FLAG_ZLIB | MC_FLAG_TEXT, false},
    {MC_FORMAT_PYTHON, SIZE_MAX, SIZE_MAX, 0, false},
};

START_TEST(what_is_deflated) {
    mc_options options = options_of(rows_out[_i].format, rows_out[_i].above);

    ck_assert_int_eq(mc__format_deflates(&options, mc_bytes("", rows_out[_i].len), rows_out[_i].flags),
                     rows_out[_i].deflates);
}
END_TEST

START_TEST(what_is_inflated) {
    for (uint32_t flags = 0; flags < 64; flags++) {
        for (size_t above = 0; above < 2; above++) {
            mc_options raw = options_of(MC_FORMAT_RAW, above), python = options_of(MC_FORMAT_PYTHON, above);
            ck_assert(!mc__format_inflates(&raw, flags));
            ck_assert_int_eq(mc__format_inflates(&python, flags), (flags & 8) != 0);
        }
    }
}
END_TEST

/* -------------------------------------------------------------------------------------------------------------- deflate */

START_TEST(deflates_as_other_clients_do) {
    mc_slice   plain = mc_str(poem), value = plain, expected = zlib_of(plain);
    uint32_t   flags = MC_FLAG_TEXT;
    mc__buffer out = {0};

    ck_assert(mc__format_deflate(&value, &flags, &out));
    ck_assert_uint_eq(flags, MC_FLAG_TEXT | MC_FLAG_ZLIB);
    ck_assert(mc__slice_equal(value, expected));
    drop(expected);
    mc__buffer_free(&out);
}
END_TEST

START_TEST(keeps_what_does_not_become_smaller) {
    mc_slice   value = MC__LITERAL("\x8f\x01\xe5\x5a\x93\x20\xd7\x4c\xb8\x6e\x11\xf9");
    uint32_t   flags = MC_FLAG_PICKLE;
    mc__buffer out = {0};

    ck_assert(mc__format_deflate(&value, &flags, &out));
    ck_assert_uint_eq(flags, MC_FLAG_PICKLE);
    ck_assert_uint_eq(value.len, sizeof noise - 1);
    ck_assert_mem_eq(value.data, noise, value.len);
    mc__buffer_free(&out);
}
END_TEST

/* Of equal bytes, so that at some length it begins to pay; exactly from there on it is done. */
START_TEST(deflates_from_the_first_byte_saved) {
    mc__buffer out = {0};
    size_t     first = 0;

    for (size_t len = 2; len <= 64; len++) {
        mc_slice plain = zeros(len), value = plain, expected = zlib_of(plain);
        uint32_t flags = 0;
        ck_assert(mc__format_deflate(&value, &flags, &out));
        ck_assert_int_eq((flags & MC_FLAG_ZLIB) != 0, expected.len < len);
        ck_assert_uint_eq(value.len, expected.len < len ? expected.len : len);
        if (flags && first == 0)
            first = len;
        drop(plain);
        drop(expected);
    }
    ck_assert_uint_gt(first, 2);
    mc__buffer_free(&out);
}
END_TEST

/* -------------------------------------------------------------------------------------------------------------- inflate */

static void expect_refusal(mc_slice stream, size_t max, const char *why) {
    mc__buffer  out = {0};
    const char *reason = NULL;

    ck_assert_int_eq(mc__format_inflate(stream, max, &out, &reason), MC_BAD_VALUE);
    ck_assert_str_eq(reason, why);
    mc__buffer_free(&out);
}

static void expect_bytes(mc_slice stream, size_t max, mc_slice plain, mc__buffer *out) {
    const char *reason = NULL;

    ck_assert_int_eq(mc__format_inflate(stream, max, out, &reason), MC_OK);
    ck_assert_ptr_null(reason);
    ck_assert(mc__slice_equal(mc__buffer_readable(out), plain));
    ck_assert_int_eq(*mc__buffer_tail(out), '\0');
}

static const size_t sizes[] = {0, 1, 2, 255, 256, 257, 511, 512, 513, 1023, 1024, 1025, 65535, 65536, 65537, 1000000};

START_TEST(inflates_up_to_the_limit_and_not_past_it) {
    mc_slice   plain = zeros(sizes[_i]), stream = zlib_of(plain);
    mc__buffer out = {0};

    expect_bytes(stream, plain.len, plain, &out);
    expect_bytes(stream, plain.len + 1, plain, &out);
    expect_bytes(stream, INT32_MAX, plain, &out);
    if (plain.len > 0)
        expect_refusal(stream, plain.len - 1, "it inflates to more than max_value_size");
    if (plain.len > 1)
        expect_refusal(stream, 1, "it inflates to more than max_value_size");
    drop(plain);
    drop(stream);
    mc__buffer_free(&out);
}
END_TEST

START_TEST(every_level_of_compression_inflates) {
    for (int level = 0; level <= 9; level++) {
        Bytef      data[sizeof poem + 64];
        uLong      len = sizeof data;
        mc__buffer out = {0};
        ck_assert_int_eq(compress2(data, &len, (const Bytef *)poem, sizeof poem, level), Z_OK);
        expect_bytes(mc_bytes(data, len), 1000, mc_bytes(poem, sizeof poem), &out);
        mc__buffer_free(&out);
    }
}
END_TEST

START_TEST(a_stream_that_ends_early_at_any_byte) {
    mc_slice stream = zlib_of(mc_str(poem));

    for (size_t len = 0; len < stream.len; len++)
        expect_refusal(mc_bytes(stream.data, len), 1000, "its zlib stream ends early");
    drop(stream);
}
END_TEST

/* The last block may end within a byte, whose other bits mean nothing: then the bytes are the right ones. */
START_TEST(any_bit_that_is_wrong) {
    mc_slice stream = zlib_of(mc_str(poem));
    char    *data = malloc(stream.len);
    size_t   unharmed = 0;

    ck_assert_ptr_nonnull(data);
    memcpy(data, stream.data, stream.len);
    for (size_t bit = 0; bit < 8 * stream.len; bit++) {
        mc__buffer  out = {0};
        const char *reason = NULL;
        data[bit / 8] = (char)(data[bit / 8] ^ (1 << bit % 8));
        if (mc__format_inflate(mc_bytes(data, stream.len), 1 << 20, &out, &reason) == MC_OK) {
            ck_assert(mc__slice_equal(mc__buffer_readable(&out), mc_str(poem)));
            unharmed++;
        } else {
            ck_assert_ptr_nonnull(reason);
        }
        data[bit / 8] = stream.data[bit / 8];
        mc__buffer_free(&out);
    }
    ck_assert_uint_lt(unharmed, 8);
    free(data);
    drop(stream);
}
END_TEST

START_TEST(a_wrong_checksum) {
    mc_slice stream = zlib_of(mc_str(poem));

    ((char *)(uintptr_t)stream.data)[stream.len - 1] ^= 1;
    expect_refusal(stream, 1000, "its zlib stream is damaged");
    drop(stream);
}
END_TEST

START_TEST(bytes_behind_the_stream) {
    mc_slice stream = zlib_of(mc_str(poem)), twice;
    char     data[2 * sizeof poem + 64];

    ck_assert_uint_le(2 * stream.len, sizeof data);
    memcpy(data, stream.data, stream.len);
    memcpy(data + stream.len, stream.data, stream.len);
    twice = mc_bytes(data, 2 * stream.len);
    expect_refusal(twice, 1000, "bytes follow its zlib stream");
    expect_refusal(mc_bytes(data, stream.len + 1), 1000, "bytes follow its zlib stream");
    drop(stream);
}
END_TEST

/* Other wrappings of deflate than zlib's, and a zlib stream that asks for a dictionary. */
static mc_slice wrapped(int window_bits, const char *dictionary, char *data, size_t size) {
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)poem, .avail_in = sizeof poem};

    ck_assert_int_eq(deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    if (dictionary)
        deflateSetDictionary(&stream, (const Bytef *)dictionary, (uInt)strlen(dictionary));
    stream.next_out = (Bytef *)data;
    stream.avail_out = (uInt)size;
    ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return mc_bytes(data, stream.total_out);
}

START_TEST(streams_of_another_kind) {
    char data[sizeof poem + 64];

    expect_refusal(wrapped(-15, NULL, data, sizeof data), 1000, "its zlib stream is damaged");     /* bare deflate */
    expect_refusal(wrapped(15 + 16, NULL, data, sizeof data), 1000, "its zlib stream is damaged"); /* gzip */
    expect_refusal(wrapped(15, "so much", data, sizeof data), 1000, "its zlib stream is damaged");
    expect_refusal(mc_str(poem), 1000, "its zlib stream is damaged");
    expect_refusal(mc_str("x"), 1000, "its zlib stream ends early");
    expect_refusal(mc_str(NULL), 1000, "its zlib stream ends early");
}
END_TEST

START_TEST(a_bomb_takes_no_more_than_the_limit) {
    const size_t bang = (size_t)256 << 20, limit = (size_t)1 << 20;
    mc_slice     plain = zeros(bang), stream = zlib_of(plain);
    mc__buffer   out = {0};
    const char  *reason;

    drop(plain);
    ck_assert_uint_lt(stream.len, limit / 2);
    ck_assert_int_eq(mc__format_inflate(stream, limit, &out, &reason), MC_BAD_VALUE);
    ck_assert_uint_le(out.capacity, 2 * limit);
    ck_assert_uint_le(mc__buffer_len(&out), limit + 1);
    mc__buffer_free(&out);
    drop(stream);
}
END_TEST

/* Little comes out of it: little is taken, whatever the limit. */
START_TEST(memory_follows_what_comes) {
    mc_slice    stream = zlib_of(mc_str(poem));
    mc__buffer  out = {0};
    const char *reason;

    ck_assert_int_eq(mc__format_inflate(stream, INT32_MAX, &out, &reason), MC_OK);
    ck_assert_uint_le(out.capacity, 1024);
    mc__buffer_free(&out);
    drop(stream);
}
END_TEST

START_TEST(one_buffer_serves_many_values) {
    mc_slice   small = mc_str("a small one"), large = zeros(100000), small_stream = zlib_of(small);
    mc_slice   large_stream = zlib_of(large);
    mc__buffer out = {0};

    for (int i = 0; i < 3; i++) {
        expect_bytes(large_stream, large.len, large, &out);
        expect_bytes(small_stream, small.len, small, &out);
    }
    mc__buffer_free(&out);
    drop(large);
    drop(small_stream);
    drop(large_stream);
}
END_TEST

/* --------------------------------------------------------------------------------------------------------------- memory */

START_TEST(deflating_without_memory) {
    bool failed = true;

    for (size_t nth = 1; failed; nth++) {
        mc_slice   value = mc_str(poem);
        uint32_t   flags = 0;
        mc__buffer out = {0};
        bool       done;
        allocation_failure_at(nth);
        done = mc__format_deflate(&value, &flags, &out);
        failed = allocation_failure_end();
        ck_assert_int_eq(done, !failed);
        ck_assert_int_eq(value.data == poem, failed);
        ck_assert_int_eq(flags == 0, failed);
        mc__buffer_free(&out);
    }
}
END_TEST

START_TEST(inflating_without_memory) {
    mc_slice plain = zeros(5000), stream = zlib_of(plain);
    bool     failed = true;

    for (size_t nth = 1; failed; nth++) {
        mc__buffer  out = {0};
        const char *reason = NULL;
        allocation_failure_at(nth);
        ck_assert_int_eq(mc__format_inflate(stream, 10000, &out, &reason),
                         (failed = allocation_failure_end()) ? MC_NO_MEMORY : MC_OK);
        ck_assert_int_eq(reason != NULL, failed);
        mc__buffer_free(&out);
    }
    drop(plain);
    drop(stream);
}
END_TEST

START_TEST(a_buffer_that_cannot_grow) {
    mc_slice    plain = zeros(5000), stream = zlib_of(plain), value = plain;
    mc__buffer  out = {0};
    const char *reason;
    size_t      growths;
    uint32_t    flags = 0;

    realloc_failure_at(0);
    ck_assert_int_eq(mc__format_inflate(stream, 10000, &out, &reason), MC_OK);
    growths = realloc_failure_calls();
    mc__buffer_free(&out);
    ck_assert_uint_gt(growths, 2);
    for (size_t nth = 1; nth <= growths; nth++) {
        realloc_failure_at(nth);
        ck_assert_int_eq(mc__format_inflate(stream, 10000, &out, &reason), MC_NO_MEMORY);
        mc__buffer_free(&out);
    }
    realloc_failure_at(1);
    ck_assert(!mc__format_deflate(&value, &flags, &out));
    realloc_failure_at(0);
    mc__buffer_free(&out);
    drop(plain);
    drop(stream);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("format");
    TCase *out = test_case(suite, "deflate", 10), *in = test_case(suite, "inflate", 30);
    TCase *memory = test_case(suite, "memory", 10);

    test_rows(out, what_is_deflated, rows_out);
    tcase_add_test(out, deflates_as_other_clients_do);
    tcase_add_test(out, keeps_what_does_not_become_smaller);
    tcase_add_test(out, deflates_from_the_first_byte_saved);
    tcase_add_test(in, what_is_inflated);
    test_rows(in, inflates_up_to_the_limit_and_not_past_it, sizes);
    tcase_add_test(in, every_level_of_compression_inflates);
    tcase_add_test(in, a_stream_that_ends_early_at_any_byte);
    tcase_add_test(in, any_bit_that_is_wrong);
    tcase_add_test(in, a_wrong_checksum);
    tcase_add_test(in, bytes_behind_the_stream);
    tcase_add_test(in, streams_of_another_kind);
    tcase_add_test(in, a_bomb_takes_no_more_than_the_limit);
    tcase_add_test(in, memory_follows_what_comes);
    tcase_add_test(in, one_buffer_serves_many_values);
    tcase_add_test(memory, deflating_without_memory);
    tcase_add_test(memory, inflating_without_memory);
    tcase_add_test(memory, a_buffer_that_cannot_grow);
    return suite;
}
