#include "support/format_bench.h"

#include "support/check_main.h"

#include <stdlib.h>
#include <zlib.h>

static mc_client *client_of(const cluster *servers, mc_value_format format, size_t max) {
    mc_options options = MC_OPTIONS_INIT;
    mc_client *client;

    options.value_format = format;
    options.compress_above = ABOVE;
    options.max_value_size = max;
    options.timeout_ms = 20000;
    client = mc_client_new_with_options(servers->hosts, NULL, &options);
    ck_assert_msg(client != NULL, "%s", mc_error_detail());
    return client;
}

format_bench format_bench_begin(int kind, size_t hosts) {
    format_bench self = {.servers = cluster_start((server_kind)kind, hosts), .value = MC_VALUE_INIT};

    self.python = client_of(self.servers, MC_FORMAT_PYTHON, LIMIT);
    self.raw = client_of(self.servers, MC_FORMAT_RAW, 1 << 20);
    return self;
}

void format_bench_end(format_bench *self) {
    mc_value_clear(&self->value);
    mc_client_free(self->python);
    mc_client_free(self->raw);
    cluster_stop(self->servers);
}

mc_slice make_text(size_t len, unsigned seed) {
    char *data = calloc(len + 1, 1);

    ck_assert_ptr_nonnull(data);
    for (size_t i = 0; i < len; i++)
        data[i] = (char)('a' + (i + seed) % 23);
    return mc_bytes(data, len);
}

mc_slice make_noise(size_t len, unsigned seed) {
    char    *data = malloc(len + 1);
    uint64_t state = 88172645463325252U + seed;

    ck_assert_ptr_nonnull(data);
    for (size_t i = 0; i < len; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        data[i] = (char)(state >> 32);
    }
    return mc_bytes(data, len);
}

mc_slice zlib_of(mc_slice plain) {
    uLong  len = compressBound((uLong)plain.len);
    Bytef *data = malloc(len);

    ck_assert_ptr_nonnull(data);
    ck_assert_int_eq(compress((Bytef *)data, &len, (const Bytef *)plain.data, (uLong)plain.len), Z_OK);
    return mc_bytes(data, len);
}

void drop_bytes(mc_slice bytes) {
    free((void *)(uintptr_t)bytes.data);
}

void expect_status(mc_status status, mc_status wanted) {
    ck_assert_msg(status == wanted, "%s in place of %s: %s", mc_status_name(status), mc_status_name(wanted),
                  mc_error_detail());
}

void expect_value(const mc_value *value, mc_slice bytes, uint32_t flags) {
    ck_assert_uint_eq(value->flags, flags);
    ck_assert_uint_eq(value->len, bytes.len);
    ck_assert_mem_eq(value->data, bytes.data, bytes.len);
    ck_assert_int_eq(value->data[value->len], '\0');
}

void expect_stored(format_bench *self, mc_slice key, mc_slice plain, uint32_t flags, bool deflated) {
    mc_slice stored = deflated ? zlib_of(plain) : plain;

    expect_status(mc_get(self->raw, key, &self->value), MC_OK);
    expect_value(&self->value, stored, deflated ? flags | MC_FLAG_ZLIB : flags);
    expect_status(mc_get(self->python, key, &self->value), MC_OK);
    expect_value(&self->value, plain, flags);
    if (deflated)
        drop_bytes(stored);
}
