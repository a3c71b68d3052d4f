/* Bad and extreme arguments: what is refused is refused before anything is sent, and what is taken arrives exactly. */
#include "mcclient/mcclient.h"

#include "support/check_main.h"
#include "support/cluster.h"
#include "support/guard_page.h"
#include "support/scripted_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

/* ------------------------------------------------------------------------------------------- every command with a key -- */

static mc_status make_nothing(const mc_value *current, mc_value *next, void *arg) {
    (void)current, (void)next, (void)arg;
    return MC_OK;
}

static mc_status get_many(mc_client *client, mc_slice key, size_t place, bool with_cas) {
    mc_slice   keys[] = {mc_str("a"), mc_str("b"), mc_str("c")};
    mc_results results = MC_RESULTS_INIT;
    mc_status  status;

    keys[place] = key;
    status = with_cas ? mc_gets_multi(client, keys, 3, &results) : mc_get_multi(client, keys, 3, &results);
    if (status == MC_PARTIAL)
        status = results.items[place].status;
    mc_results_clear(&results);
    return status;
}

static mc_status set_many(mc_client *client, mc_slice key, mc_slice value, size_t place) {
    mc_entry  entries[] = {{.key = mc_str("a")}, {.key = mc_str("b")}, {.key = mc_str("c")}};
    mc_status status;

    entries[place].key = key;
    entries[place].value = value;
    status = mc_set_multi(client, entries, 3);
    return status == MC_PARTIAL ? entries[place].status : status;
}

static mc_status delete_many(mc_client *client, mc_slice key, size_t place) {
    mc_slice  keys[] = {mc_str("a"), mc_str("b"), mc_str("c")};
    mc_status statuses[3];
    mc_status status;

    keys[place] = key;
    status = mc_delete_multi(client, keys, 3, statuses);
    return status == MC_PARTIAL ? statuses[place] : status;
}

#define SINGLE 15
#define MULTI 12
#define STORES 6

static mc_status call(int which, mc_client *client, mc_slice key, mc_slice data) {
    mc_value  value = MC_VALUE_INIT;
    mc_status status = MC_OK;
    uint64_t  number;

    switch (which) {
    case 0:
        return mc_set(client, key, data, 0, 0);
    case 1:
        return mc_add(client, key, data, 0, 0);
    case 2:
        return mc_replace(client, key, data, 0, 0);
    case 3:
        return mc_append(client, key, data);
    case 4:
        return mc_prepend(client, key, data);
    case 5:
        return mc_cas(client, key, data, 0, 0, 1);
    case 6:
        status = mc_get(client, key, &value);
        break;
    case 7:
        status = mc_gets(client, key, &value);
        break;
    case 8:
        status = mc_gat(client, key, 0, &value);
        break;
    case 9:
        status = mc_gats(client, key, 0, &value);
        break;
    case 10:
        return mc_delete(client, key);
    case 11:
        return mc_touch(client, key, 0);
    case 12:
        return mc_incr(client, key, 1, &number);
    case 13:
        return mc_decr(client, key, 1, &number);
    case 14:
        return mc_update(client, key, make_nothing, NULL, 0);
    case 15:
    case 16:
    case 17:
        return get_many(client, key, (size_t)which - 15, false);
    case 18:
    case 19:
    case 20:
        return get_many(client, key, (size_t)which - 18, true);
    case 21:
    case 22:
    case 23:
        return set_many(client, key, data, (size_t)which - 21);
    default:
        return delete_many(client, key, (size_t)which - 24);
    }
    mc_value_clear(&value);
    return status;
}

/* A host to which nothing may come, and its client. Of a multi the good keys are answered. */
static const host_step nothing[] = {END};
static const host_step multi[] = {READ_LINE, SEND("SERVER_ERROR no\r\nSERVER_ERROR no\r\n"), DRAIN};

typedef struct deaf {
    scripted_host *host;
    mc_client     *client;
} deaf;

static deaf deaf_new(const mc_options *options) {
    deaf self = {.host = scripted_host_play(nothing)};

    self.client = mc_client_new_with_options((const char *[]){scripted_host_address(self.host), NULL}, NULL, options);
    ck_assert_ptr_nonnull(self.client);
    return self;
}

static void deaf_free(deaf *self) {
    mc_client_free(self->client);
    ck_assert_uint_eq(scripted_host_connections(self->host), 0);
    scripted_host_stop(self->host);
}

/* ------------------------------------------------------------------------------------------------------------- keys -- */

START_TEST(no_key_and_no_bytes) {
    deaf self = deaf_new(NULL);

    for (int which = 0; which < SINGLE; which++) {
        ck_assert_int_eq(call(which, self.client, mc_str(""), mc_str("v")), MC_BAD_KEY);
        ck_assert_int_eq(call(which, self.client, mc_bytes(NULL, 0), mc_str("v")), MC_BAD_KEY);
        ck_assert_int_eq(call(which, self.client, mc_bytes(NULL, 1), mc_str("v")), MC_BAD_ARGUMENT);
        ck_assert_int_eq(call(which, self.client, mc_bytes(NULL, SIZE_MAX), mc_str("v")), MC_BAD_ARGUMENT);
        ck_assert_int_eq(call(which, NULL, mc_str("k"), mc_str("v")), MC_BAD_ARGUMENT);
        if (which < STORES)
            ck_assert_int_eq(call(which, self.client, mc_str("k"), mc_bytes(NULL, 1)), MC_BAD_ARGUMENT);
    }
    deaf_free(&self);
}
END_TEST

/* What a length cut to 32 bits would make nothing of; where there are no more bits, as near as there is. */
#if SIZE_MAX > UINT32_MAX
#define OVER_32_BITS ((size_t)1 << 32)
#else
#define OVER_32_BITS ((size_t)1 << 31)
#endif

static const size_t too_long[] = {251, 252, 1000, 65536, (size_t)1 << 31, OVER_32_BITS + 1, SIZE_MAX - 1, SIZE_MAX};

/* The bytes behind the pointer are not there to be read. */
START_TEST(a_key_that_is_too_long_is_not_read) {
    guard_page page = guard_page_new(0);
    deaf       self = deaf_new(NULL);

    for (int which = 0; which < SINGLE; which++)
        ck_assert_int_eq(call(which, self.client, mc_bytes(page.data, too_long[_i]), mc_str("v")), MC_BAD_KEY);
    ck_assert_uint_eq(mc_client_route(self.client, mc_bytes(page.data, too_long[_i]), NULL, 0), 0);
    deaf_free(&self);
    guard_page_free(&page);
}
END_TEST

START_TEST(the_prefix_counts) {
    mc_options options = MC_OPTIONS_INIT;
    guard_page page = guard_page_new(246);
    deaf       self;

    options.key_prefix = "pre:";
    memset(page.data, 'k', page.size);
    self = deaf_new(&options);
    for (int which = 0; which < SINGLE; which++) {
        ck_assert_int_eq(call(which, self.client, mc_bytes(page.data - 1, 247), mc_str("v")), MC_BAD_KEY);
        ck_assert_uint_eq(mc_client_route(self.client, mc_bytes(page.data, 246), NULL, 0), 10);
    }
    deaf_free(&self);
    guard_page_free(&page);
}
END_TEST

/* 34 bytes that no key may have, at its beginning, in the middle, at its end. */
START_TEST(no_space_and_no_control_character) {
    deaf self = deaf_new(NULL);

    for (int byte = 0; byte < 0x22; byte++) {
        for (size_t place = 0; place < 3; place++) {
            char key[3] = "abc";
            key[place] = (char)(byte == 0x21 ? 0x7f : byte);
            for (int which = 0; which < SINGLE; which++)
                ck_assert_int_eq(call(which, self.client, mc_bytes(key, 3), mc_str("v")), MC_BAD_KEY);
            ck_assert_int_eq(call(0, self.client, mc_bytes(key + place, 1), mc_str("v")), MC_BAD_KEY);
        }
    }
    deaf_free(&self);
}
END_TEST

static void never_told(const char *host, mc_status status, mc_slice name, mc_slice value, void *arg) {
    (void)host, (void)status, (void)name, (void)value, (void)arg;
    ck_abort_msg("a host was asked");
}

#define INJECTION "k\r\nset pwned 0 0 3\r\nyes"

static const char *const injected_options[] = {INJECTION, "a b", "a\n", "\x7f"};

START_TEST(nothing_is_injected_anywhere) {
    const char *const script_host = "127.0.0.1\r\nset pwned 0 0 3\r\nyes:11211";
    mc_options        options = MC_OPTIONS_INIT;
    deaf              self = deaf_new(NULL);

    for (int which = 0; which < SINGLE; which++)
        ck_assert_int_eq(call(which, self.client, mc_str(INJECTION), mc_str("v")), MC_BAD_KEY);
    for (size_t i = 0; i < ROWS(injected_options); i++) {
        mc_view view = MC_VIEW_INIT;
        options.key_prefix = view.key_prefix = injected_options[i];
        ck_assert_ptr_null(
            mc_client_new_with_options((const char *[]){scripted_host_address(self.host), NULL}, NULL, &options));
        ck_assert_ptr_null(mc_client_view(self.client, &view));
    }
    ck_assert_int_eq(mc_stats(self.client, mc_str("items\r\nset pwned 0 0 3\r\nyes"), never_told, NULL), MC_BAD_ARGUMENT);
    ck_assert_int_eq(mc_stats(self.client, mc_str("items\nflush_all"), never_told, NULL), MC_BAD_ARGUMENT);
    ck_assert_ptr_null(mc_client_new((const char *[]){script_host, NULL}, NULL));
    deaf_free(&self);
}
END_TEST

/* The same on servers that would do it. */
START_TEST(a_key_is_never_a_second_command) {
    cluster   *servers = cluster_start((server_kind)_i, 1);
    mc_client *client = mc_client_new(servers->hosts, NULL);
    mc_value   value = MC_VALUE_INIT;

    for (int which = 0; which < SINGLE + MULTI; which++)
        ck_assert_int_eq(call(which, client, mc_str(INJECTION), mc_str("v")), MC_BAD_KEY);
    ck_assert_int_eq(mc_get(client, mc_str("pwned"), &value), MC_NOT_FOUND);
    mc_client_free(client);
    cluster_stop(servers);
}
END_TEST

START_TEST(every_other_byte_may_stand_in_a_key) {
    cluster   *servers = cluster_start((server_kind)_i, 1);
    mc_client *client = mc_client_new(servers->hosts, NULL);
    mc_value   value = MC_VALUE_INIT;

    for (int byte = 0x21; byte <= 0xff; byte++) {
        char key[3] = {'a', (char)byte, 'z'};
        if (byte == 0x7f)
            continue;
        ck_assert_int_eq(mc_set(client, mc_bytes(key, 3), mc_bytes(key, 3), (uint32_t)byte, 0), MC_OK);
        ck_assert_int_eq(mc_set(client, mc_bytes(key + 1, 1), mc_bytes(key, 2), 0, 0), MC_OK);
    }
    for (int byte = 0x21; byte <= 0xff; byte++) {
        char key[3] = {'a', (char)byte, 'z'};
        if (byte == 0x7f)
            continue;
        ck_assert_int_eq(mc_get(client, mc_bytes(key, 3), &value), MC_OK);
        ck_assert_uint_eq(value.len, 3);
        ck_assert_mem_eq(value.data, key, 3);
        ck_assert_uint_eq(value.flags, (uint32_t)byte);
        ck_assert_int_eq(mc_get(client, mc_bytes(key + 1, 1), &value), MC_OK);
        ck_assert_mem_eq(value.data, key, 2);
    }
    mc_value_clear(&value);
    mc_client_free(client);
    cluster_stop(servers);
}
END_TEST

/* Of 250 bytes, and 250 with a prefix. */
START_TEST(the_longest_key) {
    cluster   *servers = cluster_start((server_kind)_i, 1);
    mc_client *client = mc_client_new(servers->hosts, NULL);
    mc_view    settings = MC_VIEW_INIT;
    mc_client *view;
    mc_value   value = MC_VALUE_INIT;
    char       key[251];

    memset(key, 'k', sizeof key);
    memcpy(key, "pre:", 4);
    settings.key_prefix = "pre:";
    view = mc_client_view(client, &settings);
    ck_assert_int_eq(mc_set(client, mc_bytes(key, 250), mc_str("whole"), 0, 0), MC_OK);
    ck_assert_int_eq(mc_get(view, mc_bytes(key + 4, 246), &value), MC_OK);
    ck_assert_str_eq(value.data, "whole");
    ck_assert_int_eq(mc_set(client, mc_bytes(key, 251), mc_str("v"), 0, 0), MC_BAD_KEY);
    ck_assert_int_eq(mc_set(view, mc_bytes(key + 4, 247), mc_str("v"), 0, 0), MC_BAD_KEY);
    mc_value_clear(&value);
    mc_client_free(view);
    mc_client_free(client);
    cluster_stop(servers);
}
END_TEST

START_TEST(one_bad_key_among_a_thousand) {
    enum { KEYS = 1000 };
    cluster   *servers = cluster_start((server_kind)_i, 3);
    mc_client *client = mc_client_new(servers->hosts, NULL);
    char       names[KEYS][16];
    mc_slice   keys[KEYS];
    mc_entry   entries[KEYS];
    mc_status  statuses[KEYS];
    mc_results results = MC_RESULTS_INIT;

    for (size_t i = 0; i < KEYS; i++) {
        snprintf(names[i], sizeof names[i], i == 500 ? "key %zu" : "key-%zu", i);
        keys[i] = mc_str(names[i]);
        entries[i] = (mc_entry){.key = keys[i], .value = keys[i]};
    }
    ck_assert_int_eq(mc_set_multi(client, entries, KEYS), MC_PARTIAL);
    ck_assert_int_eq(mc_get_multi(client, keys, KEYS, &results), MC_PARTIAL);
    ck_assert_int_eq(mc_delete_multi(client, keys, KEYS, statuses), MC_PARTIAL);
    for (size_t i = 0; i < KEYS; i++) {
        ck_assert_int_eq(entries[i].status, i == 500 ? MC_BAD_KEY : MC_OK);
        ck_assert_int_eq(results.items[i].status, i == 500 ? MC_BAD_KEY : MC_OK);
        ck_assert_int_eq(statuses[i], i == 500 ? MC_BAD_KEY : MC_OK);
        if (i != 500)
            ck_assert_str_eq(results.items[i].value.data, names[i]);
    }
    mc_results_clear(&results);
    mc_client_free(client);
    cluster_stop(servers);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------------ values -- */

static const size_t too_large[] = {1025, (size_t)1 << 31, OVER_32_BITS, OVER_32_BITS + 1, SIZE_MAX - 1, SIZE_MAX};

START_TEST(a_value_that_is_too_large_is_not_read) {
    mc_options options = MC_OPTIONS_INIT;
    guard_page page = guard_page_new(0);
    deaf       self;

    options.max_value_size = 1024;
    self = deaf_new(&options);
    for (int which = 0; which < STORES; which++)
        ck_assert_int_eq(call(which, self.client, mc_str("k"), mc_bytes(page.data, too_large[_i])), MC_TOO_LARGE);
    ck_assert(strstr(mc_error_detail(), "\"k\""));
    deaf_free(&self);
    guard_page_free(&page);
}
END_TEST

/* The others of the multi proceed. */
START_TEST(a_value_too_large_costs_no_other_its_answer) {
    guard_page     page = guard_page_new(0);
    scripted_host *host = scripted_host_play(multi);
    mc_client     *client = mc_client_new((const char *[]){scripted_host_address(host), NULL}, NULL);
    mc_entry       entries[] = {
              {.key = mc_str("a"), .value = mc_str("1")},
              {.key = mc_str("b"), .value = mc_bytes(page.data, too_large[_i] < 1048577 ? 1048577 : too_large[_i])},
              {.key = mc_str("c"), .value = mc_str("1")}};

    ck_assert_int_eq(mc_set_multi(client, entries, 3), MC_PARTIAL);
    ck_assert_int_eq(entries[0].status, MC_SERVER_ERROR);
    ck_assert_int_eq(entries[1].status, MC_TOO_LARGE);
    ck_assert_int_eq(entries[2].status, MC_SERVER_ERROR);
    ck_assert_uint_eq(scripted_host_count(host, "set b"), 0);
    mc_client_free(client);
    scripted_host_stop(host);
    guard_page_free(&page);
}
END_TEST

START_TEST(values_come_back_to_the_byte) {
    cluster   *servers = cluster_start((server_kind)_i, 1);
    mc_client *client = mc_client_new(servers->hosts, NULL);
    mc_value   value = MC_VALUE_INIT;
    char       bytes[256], *large = malloc(1000000);
    mc_slice   values[] = {mc_str(""),
                           mc_bytes(bytes, sizeof bytes),
                           mc_str("\r\nEND\r\n"),
                           mc_str("VALUE x 0 1\r\ny\r\nEND\r\n"),
                           mc_str("\r"),
                           mc_str("\n"),
                           mc_bytes("\0", 1),
                           mc_bytes(large, 1000000)};
    uint32_t   flags[] = {0, 1, 2147483647u, 2147483648u, 4294967295u};

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    for (size_t i = 0; i < 1000000; i++)
        large[i] = (char)(i * 31);
    for (size_t i = 0; i < ROWS(values); i++) {
        for (size_t at = 0; at < ROWS(flags); at++) {
            ck_assert_int_eq(mc_set(client, mc_str("k"), values[i], flags[at], 0), MC_OK);
            ck_assert_int_eq(mc_get(client, mc_str("k"), &value), MC_OK);
            ck_assert_uint_eq(value.len, values[i].len);
            ck_assert(value.len == 0 || memcmp(value.data, values[i].data, value.len) == 0);
            ck_assert_uint_eq(value.flags, flags[at]);
            ck_assert_int_eq(value.data[value.len], '\0');
        }
    }
    free(large);
    mc_value_clear(&value);
    mc_client_free(client);
    cluster_stop(servers);
}
END_TEST

/* It passes the client's limit and not the server's: the server swallows it, drops the old value and stays in step. */
START_TEST(a_value_over_the_servers_limit) {
    cluster   *servers = cluster_start((server_kind)_i, 1);
    mc_client *client = mc_client_new(servers->hosts, NULL);
    mc_value   value = MC_VALUE_INIT;
    char      *large = calloc(1, 1048576);
    size_t     most = 1048517 - 1;

    ck_assert_int_eq(mc_set(client, mc_str("k"), mc_bytes(large, most), 0, 0), MC_OK);
    ck_assert_int_eq(mc_set(client, mc_str("other"), mc_str("v"), 0, 0), MC_OK);
    ck_assert_int_eq(mc_set(client, mc_str("k"), mc_bytes(large, 1048576), 0, 0), MC_TOO_LARGE);
    ck_assert_int_eq(mc_get(client, mc_str("k"), &value), MC_NOT_FOUND);
    ck_assert_int_eq(mc_get(client, mc_str("other"), &value), MC_OK);
    ck_assert_int_eq(mc_set(client, mc_str("k"), mc_bytes(large, 1048577), 0, 0), MC_TOO_LARGE);
    free(large);
    mc_value_clear(&value);
    mc_client_free(client);
    cluster_stop(servers);
}
END_TEST

/* ------------------------------------------------------------------------------------------------- times and numbers -- */

#define DAY_S 86400

static const struct {
    int64_t ttl_s;
    int64_t sent; /* relative to now where it is past 30 days and not the last moment */
    bool    absolute;
} times[] = {
    {0, 0, false},
    {1, 1, false},
    {2592000, 2592000, false},
    {2592001, 2592001, true},
    {60 * DAY_S, 60 * DAY_S, true},
    {-1, -1, false},
    {INT64_MIN, -1, false},
    {2147483647, 2147483647, false},
    {4294967296, 2147483647, false},
    {INT64_MAX, 2147483647, false},
};

/* As the library has it: time() may be some milliseconds behind that, and so in another second. */
static int64_t wall_clock_s(void) {
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec;
}

/* Reads the time that a touch carries. */
START_TEST(times_to_live_on_the_wire) {
    static const host_step script[] = {READ_LINE, SEND("TOUCHED\r\n"), END};
    scripted_host         *host = scripted_host_play(script);
    mc_client             *client = mc_client_new((const char *[]){scripted_host_address(host), NULL}, NULL);
    int64_t                before = wall_clock_s(), after;
    char                   line[64];
    bool                   seen = false;

    ck_assert_int_eq(mc_touch(client, mc_str("k"), times[_i].ttl_s), MC_OK);
    after = wall_clock_s();
    for (int64_t now = times[_i].absolute ? before : 0; now <= (times[_i].absolute ? after : 0); now++) {
        snprintf(line, sizeof line, "touch k %lld\r\n", (long long)(now + times[_i].sent));
        seen = seen || scripted_host_count(host, line) == 1;
    }
    ck_assert(seen);
    mc_client_free(client);
    scripted_host_stop(host);
}
END_TEST

START_TEST(a_long_time_to_live_is_one) {
    cluster   *servers = cluster_start((server_kind)_i, 1);
    mc_client *client = mc_client_new(servers->hosts, NULL);
    mc_value   value = MC_VALUE_INIT;

    for (size_t i = 0; i < ROWS(times); i++) {
        ck_assert_int_eq(mc_set(client, mc_str("k"), mc_str("v"), 0, times[i].ttl_s), MC_OK);
        if (times[i].ttl_s != 1)
            ck_assert_int_eq(mc_get(client, mc_str("k"), &value), times[i].ttl_s < 0 ? MC_NOT_FOUND : MC_OK);
    }
    mc_value_clear(&value);
    mc_client_free(client);
    cluster_stop(servers);
}
END_TEST

START_TEST(the_last_tokens_and_deltas) {
    cluster   *servers = cluster_start((server_kind)_i, 1);
    mc_client *client = mc_client_new(servers->hosts, NULL);
    mc_value   value = MC_VALUE_INIT;
    uint64_t   number = 0;

    ck_assert_int_eq(mc_cas(client, mc_str("k"), mc_str("v"), 0, 0, UINT64_MAX), MC_NOT_FOUND);
    ck_assert_int_eq(mc_set(client, mc_str("k"), mc_str("10"), 0, 0), MC_OK);
    ck_assert_int_eq(mc_cas(client, mc_str("k"), mc_str("v"), 0, 0, UINT64_MAX), MC_EXISTS);
    ck_assert_int_eq(mc_cas(client, mc_str("absent"), mc_str("v"), 0, 0, 0), MC_NOT_FOUND);
    ck_assert_int_eq(mc_incr(client, mc_str("k"), 0, &number), MC_OK);
    ck_assert_uint_eq(number, 10);
    ck_assert_int_eq(mc_decr(client, mc_str("k"), 1, &number), MC_OK);
    ck_assert_uint_eq(number, 9);
    ck_assert_int_eq(mc_get(client, mc_str("k"), &value), MC_OK);
    ck_assert_str_eq(value.data, "9 "); /* as stored: memcached keeps the length */
    ck_assert_int_eq(mc_incr(client, mc_str("k"), UINT64_MAX, &number), MC_OK);
    ck_assert_uint_eq(number, 8); /* modulo 2^64 */
    ck_assert_int_eq(mc_decr(client, mc_str("k"), UINT64_MAX, &number), MC_OK);
    ck_assert_uint_eq(number, 0);
    ck_assert_int_eq(mc_incr(client, mc_str("k"), UINT64_MAX, &number), MC_OK);
    ck_assert_uint_eq(number, UINT64_MAX);
    mc_value_clear(&value);
    mc_client_free(client);
    cluster_stop(servers);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------------ counts -- */

START_TEST(none_or_too_many) {
    mc_slice   keys[1] = {mc_str("k")};
    mc_entry   entries[1] = {{.key = mc_str("k")}};
    mc_results results = MC_RESULTS_INIT;
    deaf       self = deaf_new(NULL);
    size_t huge[] = {SIZE_MAX, SIZE_MAX / sizeof(mc_slice), SIZE_MAX / sizeof(mc_result) + 1, SIZE_MAX / 8, SIZE_MAX / 32};

    ck_assert_int_eq(mc_get_multi(self.client, NULL, 0, &results), MC_OK);
    ck_assert_uint_eq(results.count, 0);
    ck_assert_int_eq(mc_set_multi(self.client, NULL, 0), MC_OK);
    ck_assert_int_eq(mc_delete_multi(self.client, NULL, 0, NULL), MC_OK);
    ck_assert_int_eq(mc_get_multi(self.client, NULL, 1, &results), MC_BAD_ARGUMENT);
    ck_assert_int_eq(mc_set_multi(self.client, NULL, 1), MC_BAD_ARGUMENT);
    ck_assert_int_eq(mc_delete_multi(self.client, NULL, 1, NULL), MC_BAD_ARGUMENT);
    ck_assert_int_eq(mc_get_multi(self.client, keys, 1, NULL), MC_BAD_ARGUMENT);
    for (size_t i = 0; i < ROWS(huge); i++) {
        ck_assert_int_eq(mc_get_multi(self.client, keys, huge[i], &results), MC_NO_MEMORY);
        ck_assert_uint_eq(results.count, 0);
        ck_assert_int_eq(mc_set_multi(self.client, entries, huge[i]), MC_NO_MEMORY);
        ck_assert_int_eq(mc_delete_multi(self.client, keys, huge[i], NULL), MC_NO_MEMORY);
    }
    mc_results_clear(&results);
    deaf_free(&self);
}
END_TEST

START_TEST(a_key_that_stands_twice_is_answered_twice) {
    cluster   *servers = cluster_start((server_kind)_i, 1);
    mc_client *client = mc_client_new(servers->hosts, NULL);
    mc_slice   keys[] = {mc_str("k"), mc_str("absent"), mc_str("k"), mc_str("absent"), mc_str("k")};
    mc_entry   entries[] = {{.key = mc_str("k"), .value = mc_str("first")}, {.key = mc_str("k"), .value = mc_str("last")}};
    mc_status  statuses[5];
    mc_results results = MC_RESULTS_INIT;

    ck_assert_int_eq(mc_set_multi(client, entries, 2), MC_OK);
    ck_assert_int_eq(mc_get_multi(client, keys, 5, &results), MC_OK);
    for (size_t i = 0; i < 5; i++) {
        ck_assert_int_eq(results.items[i].status, i % 2 == 0 ? MC_OK : MC_NOT_FOUND);
        if (i % 2 == 0)
            ck_assert_str_eq(results.items[i].value.data, "last");
    }
    ck_assert_int_eq(mc_delete_multi(client, keys, 5, statuses), MC_OK);
    ck_assert_int_eq(statuses[0], MC_OK);
    for (size_t i = 1; i < 5; i++)
        ck_assert_int_eq(statuses[i], MC_NOT_FOUND);
    mc_results_clear(&results);
    mc_client_free(client);
    cluster_stop(servers);
}
END_TEST

/* ------------------------------------------------------------------------------------------------- hosts and weights -- */

#define X10 "xxxxxxxxxx"
#define X110 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10

static const char *const bad_hosts[] = {"",      ":11211",     "h:0",    "h:65536", "h:1x",       "h:-1",     "h:+1",
                                        "h:",    "[::1",       "::1]",   "[]",      "[::1]x",     "[::1]:0",  "h:1:2",
                                        "unix:", "unix:" X110, "a b:1",  "h\n:1",   "h:99999999", "inet:h:0", "h:1 ",
                                        " h:1",  "h:0x10",     "inet6:", "inet:"};

START_TEST(bad_addresses_are_refused_by_name) {
    ck_assert_ptr_null(mc_client_new((const char *[]){"127.0.0.1:1", bad_hosts[_i], NULL}, NULL));
    if (bad_hosts[_i][0] && !strchr(bad_hosts[_i], '\n'))
        ck_assert_msg(strstr(mc_error_detail(), bad_hosts[_i]), "%s", mc_error_detail());
    ck_assert_str_ne(mc_error_detail(), "");
}
END_TEST

START_TEST(no_host_and_endless_hosts) {
    char *endless = malloc(65537);

    ck_assert_ptr_null(mc_client_new(NULL, NULL));
    ck_assert_ptr_null(mc_client_new((const char *[]){NULL}, NULL));
    memset(endless, 'h', 65536);
    endless[65536] = '\0';
    ck_assert_ptr_null(mc_client_new((const char *[]){endless, NULL}, NULL));
    ck_assert_uint_lt(strlen(mc_error_detail()), 1024);
    free(endless);
}
END_TEST

static const struct {
    unsigned weights[3];
} bad_weights[] = {{{0, 0, 0}},
                   {{1000000000, 1, 1}},
                   {{2000000000, 2000000000, 2000000000}},
                   {{4294967295u, 4294967295u, 2}},
                   {{0, 0, 1048577}}};

/* No giant list is made of them: there is no memory for one. */
START_TEST(bad_weights_are_refused) {
    struct rlimit before, little;

    ck_assert_int_eq(getrlimit(RLIMIT_DATA, &before), 0);
    little = before;
    little.rlim_cur = 512u << 20;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    ck_assert_int_eq(setrlimit(RLIMIT_DATA, &little), 0);
#else
    (void)little; /* the sanitizers need far more */
#endif
    ck_assert_ptr_null(mc_client_new((const char *[]){"a", "b", "c", NULL}, bad_weights[_i].weights));
    ck_assert_msg(strstr(mc_error_detail(), "weight"), "%s", mc_error_detail());
    ck_assert_int_eq(setrlimit(RLIMIT_DATA, &before), 0);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("arguments");
    TCase *tcase = test_case(suite, "keys", 60);

    tcase_add_test(tcase, no_key_and_no_bytes);
    test_rows(tcase, a_key_that_is_too_long_is_not_read, too_long);
    tcase_add_test(tcase, the_prefix_counts);
    tcase_add_test(tcase, no_space_and_no_control_character);
    tcase_add_test(tcase, nothing_is_injected_anywhere);
    tcase_add_loop_test(tcase, a_key_is_never_a_second_command, 0, SERVER_KINDS);
    tcase_add_loop_test(tcase, every_other_byte_may_stand_in_a_key, 0, SERVER_KINDS);
    tcase_add_loop_test(tcase, the_longest_key, 0, SERVER_KINDS);
    tcase_add_loop_test(tcase, one_bad_key_among_a_thousand, 0, SERVER_KINDS);

    tcase = test_case(suite, "values", 60);
    test_rows(tcase, a_value_that_is_too_large_is_not_read, too_large);
    test_rows(tcase, a_value_too_large_costs_no_other_its_answer, too_large);
    tcase_add_loop_test(tcase, values_come_back_to_the_byte, 0, SERVER_KINDS);
    tcase_add_loop_test(tcase, a_value_over_the_servers_limit, 0, SERVER_KINDS);

    tcase = test_case(suite, "times and numbers", 60);
    test_rows(tcase, times_to_live_on_the_wire, times);
    tcase_add_loop_test(tcase, a_long_time_to_live_is_one, 0, SERVER_KINDS);
    tcase_add_loop_test(tcase, the_last_tokens_and_deltas, 0, SERVER_KINDS);

    tcase = test_case(suite, "counts and hosts", 60);
    tcase_add_test(tcase, none_or_too_many);
    tcase_add_loop_test(tcase, a_key_that_stands_twice_is_answered_twice, 0, SERVER_KINDS);
    test_rows(tcase, bad_addresses_are_refused_by_name, bad_hosts);
    tcase_add_test(tcase, no_host_and_endless_hosts);
    test_rows(tcase, bad_weights_are_refused, bad_weights);
    return suite;
}
