#include "support/each_kind.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define K mc_str("k")
#define V mc_str("v")

#define MIB ((size_t)1048576)

static mc_value value;

static void init(void) {
    const mc_value empty = MC_VALUE_INIT;

    value = empty;
}

static void clear(void) {
    mc_value_clear(&value);
}

/* ------------------------------------------------------------------------------------------------------ hits and misses --
 */

START_TEST(absent_keys) {
    uint64_t number = 77;

    start_servers(1);
    check_status(mc_delete(mc, mc_str("no key")), MC_BAD_KEY);
    check_status(mc_get(mc, K, &value), MC_NOT_FOUND);
    check_status(mc_gets(mc, K, &value), MC_NOT_FOUND);
    check_status(mc_gat(mc, K, 60, &value), MC_NOT_FOUND);
    check_status(mc_gats(mc, K, 60, &value), MC_NOT_FOUND);
    check_status(mc_delete(mc, K), MC_NOT_FOUND);
    check_status(mc_touch(mc, K, 60), MC_NOT_FOUND);
    check_status(mc_incr(mc, K, 1, &number), MC_NOT_FOUND);
    check_status(mc_decr(mc, K, 1, &number), MC_NOT_FOUND);
    check_status(mc_replace(mc, K, V, 0, 0), MC_NOT_STORED);
    check_status(mc_append(mc, K, V), MC_NOT_STORED);
    check_status(mc_prepend(mc, K, V), MC_NOT_STORED);
    check_status(mc_cas(mc, K, V, 0, 0, 1), MC_NOT_FOUND);
    ck_assert_uint_eq(number, 77);
    check_detail("no key"); /* the last failure: answers are none */
    check_value("k", NULL);
    check_status(mc_add(mc, K, V, 0, 0), MC_OK);
    check_value("k", "v");
}
END_TEST

START_TEST(present_keys) {
    start_servers(1);
    check_status(mc_set(mc, K, V, 5, 0), MC_OK);
    check_status(mc_add(mc, K, mc_str("added"), 6, 0), MC_NOT_STORED);
    check_value("k", "v");
    check_status(mc_set(mc, K, mc_str("set"), 6, 0), MC_OK);
    check_value("k", "set");
    check_status(mc_replace(mc, K, mc_str("b"), 7, 0), MC_OK);
    check_status(mc_append(mc, K, mc_str("c")), MC_OK);
    check_status(mc_prepend(mc, K, mc_str("a")), MC_OK);
    check_status(mc_append(mc, K, mc_str("")), MC_OK);
    check_status(mc_prepend(mc, K, mc_bytes(NULL, 0)), MC_OK);
    check_status(mc_get(mc, K, &value), MC_OK);
    ck_assert_str_eq(value.data, "abc");
    ck_assert_uint_eq(value.flags, 7);
    check_status(mc_delete(mc, K), MC_OK);
    check_status(mc_delete(mc, K), MC_NOT_FOUND);
    check_value("k", NULL);
}
END_TEST

typedef mc_status retrieval(mc_client *client, mc_slice key, mc_value *into);

static mc_status gat_for_ever(mc_client *client, mc_slice key, mc_value *into) {
    return mc_gat(client, key, 0, into);
}

static mc_status gats_for_ever(mc_client *client, mc_slice key, mc_value *into) {
    return mc_gats(client, key, 0, into);
}

static const struct {
    retrieval *get;
    bool       fills_cas;
} retrievals[] = {{mc_get, false}, {mc_gets, true}, {gat_for_ever, false}, {gats_for_ever, true}};

START_TEST(a_value_is_filled_and_emptied) {
    retrieval *get = retrievals[_i].get;

    start_servers(1);
    check_status(mc_set(mc, K, mc_str("some text"), 9, 0), MC_OK);
    value.cas = 1234567;
    check_status(get(mc, K, &value), MC_OK);
    ck_assert_str_eq(value.data, "some text");
    ck_assert_uint_eq(value.len, 9);
    ck_assert_uint_eq(value.flags, 9);
    ck_assert_int_eq(value.cas > 0, retrievals[_i].fills_cas);
    check_status(get(mc, mc_str("absent"), &value), MC_NOT_FOUND);
    ck_assert_uint_eq(value.len, 0);
    ck_assert_uint_eq(value.flags, 0);
    ck_assert_uint_eq(value.cas, 0);
    ck_assert_str_eq(value.data, "");
}
END_TEST

START_TEST(a_value_is_reused_and_grows) {
    char  *text = malloc(20000);
    char  *data;
    size_t capacity;

    ck_assert_ptr_nonnull(text);
    memset(text, 't', 20000);
    start_servers(1);
    check_status(mc_set(mc, mc_str("large"), mc_bytes(text, 20000), 0, 0), MC_OK);
    check_status(mc_set(mc, mc_str("small"), mc_bytes(text, 20), 0, 0), MC_OK);
    check_status(mc_get(mc, mc_str("small"), &value), MC_OK);
    check_status(mc_get(mc, mc_str("large"), &value), MC_OK);
    data = value.data;
    capacity = value.capacity;
    for (int i = 0; i < 100; i++) {
        check_status(mc_get(mc, mc_str("small"), &value), MC_OK);
        ck_assert_uint_eq(value.len, 20);
        ck_assert_int_eq(value.data[20], '\0');
        check_status(mc_get(mc, mc_str("absent"), &value), MC_NOT_FOUND);
        check_status(mc_get(mc, mc_str("large"), &value), MC_OK);
        ck_assert_uint_eq(value.len, 20000);
        ck_assert_mem_eq(value.data, text, 20000);
    }
    ck_assert_ptr_eq(value.data, data);
    ck_assert_uint_eq(value.capacity, capacity);
    free(text);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------ flags and bytes --
 */

static const uint32_t flags_rows[] = {0, 1, 65535, 65536, 0x7fffffff, 0x80000000, 0xffffffff};

START_TEST(flags_come_back) {
    uint32_t flags = flags_rows[_i];

    start_servers(1);
    check_status(mc_set(mc, K, V, flags, 0), MC_OK);
    for (size_t i = 0; i < ROWS(retrievals); i++) {
        check_status(retrievals[i].get(mc, K, &value), MC_OK);
        ck_assert_uint_eq(value.flags, flags);
    }
    check_status(mc_append(mc, K, mc_str("w")), MC_OK);
    check_status(mc_gets(mc, K, &value), MC_OK);
    ck_assert_uint_eq(value.flags, flags);
    check_status(mc_cas(mc, K, V, ~flags, 0, value.cas), MC_OK);
    check_status(mc_get(mc, K, &value), MC_OK);
    ck_assert_uint_eq(value.flags, (uint32_t)~flags);
    check_status(mc_replace(mc, K, V, flags, 0), MC_OK);
    check_status(mc_get(mc, K, &value), MC_OK);
    ck_assert_uint_eq(value.flags, flags);
    check_status(mc_add(mc, mc_str("k2"), V, flags, 0), MC_OK);
    check_status(mc_get(mc, mc_str("k2"), &value), MC_OK);
    ck_assert_uint_eq(value.flags, flags);
}
END_TEST

static void check_comes_back(const char *bytes, size_t len) {
    check_status(mc_set(mc, K, mc_bytes(bytes, len), 0, 0), MC_OK);
    for (size_t i = 0; i < ROWS(retrievals); i++) {
        check_status(retrievals[i].get(mc, K, &value), MC_OK);
        ck_assert_uint_eq(value.len, len);
        ck_assert(len == 0 || memcmp(value.data, bytes, len) == 0);
        ck_assert_int_eq(value.data[len], '\0');
    }
}

static const struct {
    const char *bytes;
    size_t      len;
} texts[] = {
#define TEXT(text)                                                                                                          \
    { text, sizeof(text) - 1 }
    TEXT(""),
    TEXT("\0"),
    TEXT("\0\0\0"),
    TEXT("a\0b"),
    TEXT("\r\n"),
    TEXT("\r"),
    TEXT("\n"),
    TEXT("\r\r\n\n"),
    TEXT("END\r\n"),
    TEXT("\r\nEND\r\n"),
    TEXT("\r\nEND\r\nVALUE k 0 1\r\nx\r\nEND\r\n"),
    TEXT("VALUE k 0 5\r\n"),
    TEXT("STORED\r\nERROR\r\nSERVER_ERROR out of memory\r\n"),
    TEXT("quit\r\n"),
    TEXT("\xff\xfe\x80\x81"),
    {NULL, 0},
};

START_TEST(bytes_come_back) {
    start_servers(1);
    check_comes_back(texts[_i].bytes, texts[_i].len);
}
END_TEST

START_TEST(every_byte_comes_back) {
    char bytes[512];

    start_servers(1);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 3);
    for (size_t i = 0; i < 256; i++) {
        char byte = (char)i;
        check_comes_back(&byte, 1);
    }
    check_comes_back(bytes, sizeof bytes);
}
END_TEST

/* Around the sizes of the buffers and of packets, up to the largest that memcached keeps with its defaults. */
static const size_t sizes[] = {2,     100,    511,    512,    1023,   1024,   1447,   1448,    1449,
                               4095,  4096,   8192,   16383,  16384,  16385,  32768,  65535,   65536,
                               65537, 131071, 131072, 131073, 300000, 524288, 524289, 1000000, 1048500};

START_TEST(values_of_every_size_come_back) {
    char    *bytes = malloc(MIB);
    uint64_t before;

    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < MIB; i++)
        bytes[i] = (char)(i % 251);
    start_servers(1);
    check_comes_back(bytes, 1);
    before = server_stat(0, "total_connections");
    for (size_t i = 0; i < ROWS(sizes); i++)
        check_comes_back(bytes, sizes[i]);
    ck_assert_uint_eq(server_stat(0, "total_connections"), before);
    free(bytes);
}
END_TEST

/* What the server refuses it has swallowed: the old value is gone, the connection stays. */
START_TEST(the_largest_value_is_the_servers_to_refuse) {
    char    *bytes = malloc(MIB);
    uint64_t before;

    ck_assert_ptr_nonnull(bytes);
    memset(bytes, 'b', MIB);
    start_servers(1);
    check_status(mc_set(mc, K, V, 0, 0), MC_OK);
    before = server_stat(0, "total_connections");
    check_status(mc_set(mc, K, mc_bytes(bytes, MIB), 0, 0), MC_TOO_LARGE);
    check_detail(servers->hosts[0]);
    check_detail("\"k\"");
    check_detail("object too large for cache");
    check_value("k", NULL);
    check_status(mc_add(mc, mc_str("k2"), mc_bytes(bytes, MIB), 0, 0), MC_TOO_LARGE);
    check_value("k2", NULL);
    ck_assert_uint_eq(server_stat(0, "total_connections"), before);
    free(bytes);
}
END_TEST

START_TEST(one_byte_more_is_not_sent) {
    char    *bytes = malloc(MIB + 1);
    mc_slice large;
    uint64_t before;

    ck_assert_ptr_nonnull(bytes);
    memset(bytes, 'b', MIB + 1);
    large = mc_bytes(bytes, MIB + 1);
    start_servers(1);
    check_status(mc_set(mc, K, V, 0, 0), MC_OK);
    before = server_stat(0, "bytes_read");
    before = server_stat(0, "bytes_read") - before; /* of the question alone */
    before += server_stat(0, "bytes_read");
    check_status(mc_set(mc, K, large, 0, 0), MC_TOO_LARGE);
    check_detail("\"k\"");
    check_detail("max_value_size");
    check_status(mc_add(mc, K, large, 0, 0), MC_TOO_LARGE);
    check_status(mc_replace(mc, K, large, 0, 0), MC_TOO_LARGE);
    check_status(mc_append(mc, K, large), MC_TOO_LARGE);
    check_status(mc_prepend(mc, K, large), MC_TOO_LARGE);
    check_status(mc_cas(mc, K, large, 0, 0, 1), MC_TOO_LARGE);
    ck_assert_uint_eq(server_stat(0, "bytes_read"), before);
    check_value("k", "v");
    free(bytes);
}
END_TEST

START_TEST(max_value_size_is_the_clients_own) {
    mc_options options = MC_OPTIONS_INIT;
    mc_client *wide;

    options.max_value_size = 10;
    start_servers_with(1, NULL, &options);
    wide = mc_client_new(servers->hosts, NULL);
    ck_assert_ptr_nonnull(wide);
    check_status(mc_set(mc, K, mc_str("0123456789"), 0, 0), MC_OK);
    check_value("k", "0123456789");
    check_status(mc_set(mc, K, mc_str("0123456789x"), 0, 0), MC_TOO_LARGE);
    check_value("k", "0123456789");
    check_status(mc_set(wide, K, mc_str("0123456789x"), 0, 0), MC_OK);
    check_status(mc_get(mc, K, &value), MC_PROTOCOL_ERROR);
    check_detail("max_value_size");
    ck_assert_uint_eq(value.len, 0);
    check_status(mc_set(mc, K, V, 0, 0), MC_OK);
    check_value("k", "v");
    mc_client_free(wide);
}
END_TEST

/* ---------------------------------------------------------------------------------------------------------------- keys --
 */

static void check_key_works(mc_slice key) {
    mc_slice text = mc_bytes(key.data, key.len);
    uint64_t number;

    check_status(mc_set(mc, key, text, 0, 0), MC_OK);
    for (size_t i = 0; i < ROWS(retrievals); i++) {
        check_status(retrievals[i].get(mc, key, &value), MC_OK);
        ck_assert_uint_eq(value.len, key.len);
        ck_assert_mem_eq(value.data, key.data, key.len);
    }
    check_status(mc_touch(mc, key, 0), MC_OK);
    check_status(mc_set(mc, key, mc_str("1"), 0, 0), MC_OK);
    check_status(mc_incr(mc, key, 1, &number), MC_OK);
    ck_assert_uint_eq(number, 2);
    check_status(mc_delete(mc, key), MC_OK);
}

START_TEST(every_legal_byte_makes_a_key) {
    start_servers(1);
    for (int byte = 0x21; byte <= 0xff; byte++) {
        char key = (char)byte;
        if (byte != 0x7f)
            check_key_works(mc_bytes(&key, 1));
    }
}
END_TEST

START_TEST(keys_of_every_length) {
    char key[MC_KEY_MAX];

    start_servers(1);
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (char)(0x80 + i % 128);
    for (size_t len = 1; len <= sizeof key; len += 83)
        check_key_works(mc_bytes(key, len));
    check_key_works(mc_bytes(key, 250));
}
END_TEST

START_TEST(the_prefix_is_before_every_key) {
    mc_options options = MC_OPTIONS_INIT;
    mc_client *plain;
    char       key[MC_KEY_MAX];

    options.key_prefix = "app:";
    start_servers_with(1, NULL, &options);
    plain = mc_client_new(servers->hosts, NULL);
    check_status(mc_set(mc, K, V, 0, 0), MC_OK);
    check_status(mc_get(plain, mc_str("app:k"), &value), MC_OK);
    check_status(mc_get(plain, K, &value), MC_NOT_FOUND);
    check_status(mc_append(mc, K, mc_str("w")), MC_OK);
    check_value("k", "vw");
    check_status(mc_delete(plain, mc_str("app:k")), MC_OK);
    check_value("k", NULL);
    memset(key, 'k', sizeof key);
    check_key_works(mc_bytes(key, 246));
    check_status(mc_get(mc, mc_bytes(key, 247), &value), MC_BAD_KEY);
    check_detail("prefix");
    check_status(mc_get(mc, mc_str(""), &value), MC_BAD_KEY);
    mc_client_free(plain);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------------------ cas --
 */

START_TEST(cas_stores_if_nothing_has_changed) {
    uint64_t token;

    start_servers(1);
    check_status(mc_set(mc, K, mc_str("a"), 0, 0), MC_OK);
    check_status(mc_gets(mc, K, &value), MC_OK);
    token = value.cas;
    check_status(mc_cas(mc, K, mc_str("b"), 3, 0, token), MC_OK);
    check_value("k", "b");
    check_status(mc_cas(mc, K, mc_str("c"), 0, 0, token), MC_EXISTS);
    check_value("k", "b");
    check_status(mc_gats(mc, K, 60, &value), MC_OK);
    ck_assert_uint_ne(value.cas, token);
    token = value.cas;
    check_status(mc_touch(mc, K, 0), MC_OK);
    check_status(mc_cas(mc, K, mc_str("d"), 0, 0, token), MC_OK);
    check_status(mc_delete(mc, K), MC_OK);
    check_status(mc_cas(mc, K, mc_str("e"), 0, 0, token), MC_NOT_FOUND);
    check_value("k", NULL);
}
END_TEST

static const uint64_t tokens[] = {UINT64_MAX, UINT64_MAX - 1, (uint64_t)1 << 63, (uint64_t)1 << 32};

START_TEST(tokens_of_no_item) {
    start_servers(1);
    check_status(mc_cas(mc, K, V, 0, 0, tokens[_i]), MC_NOT_FOUND);
    check_status(mc_set(mc, K, V, 0, 0), MC_OK);
    check_status(mc_cas(mc, K, mc_str("w"), 0, 0, tokens[_i]), MC_EXISTS);
    check_value("k", "v");
}
END_TEST

/* ------------------------------------------------------------------------------------------------------------- counters --
 */

static const struct {
    const char *start;
    bool        up;
    uint64_t    delta, result;
    const char *text; /* as get gives it then */
} counts[] = {
    {"0", true, 0, 0, "0"},
    {"0", true, 1, 1, "1"},
    {"9", true, 1, 10, "10"},
    {"0", true, UINT64_MAX, UINT64_MAX, "18446744073709551615"},
    {"18446744073709551614", true, 1, UINT64_MAX, "18446744073709551615"},
    {"18446744073709551615", true, 2, 1, NULL},
    {"18446744073709551615", true, UINT64_MAX, UINT64_MAX - 1, "18446744073709551614"},
    {"10", false, 1, 9, "9 "},
    {"100", false, 1, 99, "99 "},
    {"100", false, 100, 0, "0  "},
    {"5", false, 6, 0, "0"},
    {"0", false, 1, 0, "0"},
    {"18446744073709551615", false, UINT64_MAX, 0, NULL},
    {"18446744073709551615", false, 0, UINT64_MAX, "18446744073709551615"},
    {"9 ", true, 1, 10, "10"},
    {"007", true, 1, 8, NULL},
};

START_TEST(counters_count) {
    uint64_t result = 77;

    start_servers(1);
    check_status(mc_set(mc, K, mc_str(counts[_i].start), 4, 0), MC_OK);
    check_status(counts[_i].up ? mc_incr(mc, K, counts[_i].delta, &result) : mc_decr(mc, K, counts[_i].delta, &result),
                 MC_OK);
    ck_assert_uint_eq(result, counts[_i].result);
    if (counts[_i].text)
        check_value("k", counts[_i].text);
    check_status(mc_get(mc, K, &value), MC_OK);
    ck_assert_uint_eq(value.flags, 4);
    check_status(mc_incr(mc, K, 0, NULL), MC_OK);
    check_status(mc_decr(mc, K, 0, NULL), MC_OK);
    check_status(mc_incr(mc, K, 0, &result), MC_OK);
    ck_assert_uint_eq(result, counts[_i].result);
}
END_TEST

static const char *const no_numbers[] = {"abc", "-5", "", "1a", "99999999999999999999999", "1.5"};

START_TEST(what_is_no_number_is_not_counted) {
    uint64_t result = 77;

    start_servers(1);
    check_status(mc_set(mc, K, mc_str(no_numbers[_i]), 0, 0), MC_OK);
    check_status(mc_incr(mc, K, 1, &result), MC_CLIENT_ERROR);
    check_detail(servers->hosts[0]);
    check_detail("incr \"k\"");
    check_detail("CLIENT_ERROR cannot increment or decrement non-numeric value");
    check_status(mc_decr(mc, K, 1, &result), MC_CLIENT_ERROR);
    check_detail("decr \"k\"");
    ck_assert_uint_eq(result, 77);
    check_value("k", no_numbers[_i]);
}
END_TEST

/* -------------------------------------------------------------------------------------------------------- times to live --
 */

static mc_status set_for(int64_t ttl_s) {
    return mc_set(mc, K, V, 0, ttl_s);
}

static mc_status replace_for(int64_t ttl_s) {
    return mc_replace(mc, K, V, 0, ttl_s);
}

static mc_status add_for(int64_t ttl_s) {
    check_status(mc_delete(mc, K), MC_OK);
    return mc_add(mc, K, V, 0, ttl_s);
}

static mc_status cas_for(int64_t ttl_s) {
    check_status(mc_gets(mc, K, &value), MC_OK);
    return mc_cas(mc, K, V, 0, ttl_s, value.cas);
}

static mc_status touch_for(int64_t ttl_s) {
    return mc_touch(mc, K, ttl_s);
}

static mc_status gat_for(int64_t ttl_s) {
    return mc_gat(mc, K, ttl_s, &value);
}

static mc_status gats_for(int64_t ttl_s) {
    return mc_gats(mc, K, ttl_s, &value);
}

static mc_status set_multi_for(int64_t ttl_s) {
    mc_entry entry = {.key = K, .value = V, .ttl_s = ttl_s};

    return mc_set_multi(mc, &entry, 1);
}

static mc_status keep(const mc_value *current, mc_value *next, void *arg) {
    (void)arg;
    return mc_value_set(next, mc_bytes(current->data, current->len));
}

static mc_status update_for(int64_t ttl_s) {
    return mc_update(mc, K, keep, NULL, ttl_s);
}

typedef mc_status lease(int64_t ttl_s);

static lease *const leases[] = {set_for, replace_for, add_for,       cas_for,   touch_for,
                                gat_for, gats_for,    set_multi_for, update_for};

static const int64_t ttls[] = {1000, 2592000, 2592001, 5184000, 100000000};

START_TEST(the_server_keeps_what_was_asked) {
    lease *lend = leases[_i];

    start_servers(1);
    for (size_t i = 0; i < ROWS(ttls); i++) {
        long long ttl_s;
        check_status(set_for(7), MC_OK);
        check_status(lend(ttls[i]), MC_OK);
        ttl_s = server_ttl(0, "k");
        ck_assert_msg(ttl_s <= ttls[i] + 2 && ttl_s > ttls[i] - 60, "%" PRId64 " seconds became %lld", ttls[i], ttl_s);
    }
    check_status(lend(0), MC_OK);
    ck_assert_int_eq(server_ttl(0, "k"), -1);
    check_status(lend(INT64_MAX), MC_OK);
    ck_assert_int_gt(server_ttl(0, "k"), 100000000);
    check_status(lend(-1), MC_OK);
    check_value("k", NULL);
    check_status(set_for(0), MC_OK);
    check_status(lend(INT64_MIN), MC_OK);
    check_value("k", NULL);
}
END_TEST

START_TEST(append_keeps_the_time_to_live) {
    start_servers(1);
    check_status(set_for(1000), MC_OK);
    check_status(mc_append(mc, K, V), MC_OK);
    check_status(mc_prepend(mc, K, V), MC_OK);
    ck_assert_int_gt(server_ttl(0, "k"), 900);
    ck_assert_int_le(server_ttl(0, "k"), 1002);
}
END_TEST

static void add_tests(TCase *tcase) {
    tcase_add_checked_fixture(tcase, init, clear);
    tcase_add_test(tcase, absent_keys);
    tcase_add_test(tcase, present_keys);
    test_rows(tcase, a_value_is_filled_and_emptied, retrievals);
    tcase_add_test(tcase, a_value_is_reused_and_grows);
    test_rows(tcase, flags_come_back, flags_rows);
    test_rows(tcase, bytes_come_back, texts);
    tcase_add_test(tcase, every_byte_comes_back);
    tcase_add_test(tcase, values_of_every_size_come_back);
    tcase_add_test(tcase, the_largest_value_is_the_servers_to_refuse);
    tcase_add_test(tcase, one_byte_more_is_not_sent);
    tcase_add_test(tcase, max_value_size_is_the_clients_own);
    tcase_add_test(tcase, every_legal_byte_makes_a_key);
    tcase_add_test(tcase, keys_of_every_length);
    tcase_add_test(tcase, the_prefix_is_before_every_key);
    tcase_add_test(tcase, cas_stores_if_nothing_has_changed);
    test_rows(tcase, tokens_of_no_item, tokens);
    test_rows(tcase, counters_count, counts);
    test_rows(tcase, what_is_no_number_is_not_counted, no_numbers);
    test_rows(tcase, the_server_keeps_what_was_asked, leases);
    tcase_add_test(tcase, append_keeps_the_time_to_live);
}

Suite *test_suite(void) {
    Suite *suite = suite_create("commands");

    each_kind(suite, "commands", 60, add_tests);
    return suite;
}
