/* Every public function while memory runs out: the nth allocation fails, or that and all that follow, for each n. The call
 * succeeds all the same or says so, what it then hands out is right, and the next call works. */
#include "net/host.h"
#include "server/mc_server.h"
#include "support/check_main.h"
#include "support/cluster.h"
#include "support/nth_call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_ALLOCATIONS 200 /* of one call */
#define NOISE_LEN 100000     /* does not deflate */
#define PROSE_LEN 100000     /* deflates to little */

static cluster *servers;
static char     noise[NOISE_LEN], prose[PROSE_LEN];

static mc_client *new_client(void) {
    mc_options options = MC_OPTIONS_INIT;

    options.value_format = MC_FORMAT_PYTHON;
    options.compress_above = 1000;
    options.timeout_ms = 60000;
    return mc_client_new_with_options(servers->hosts, NULL, &options);
}

static void set_up(void) {
    uint32_t state = 1;

    nth_call_disarm();
    servers = cluster_start(SERVER_BUNDLED, 2);
    for (size_t i = 0; i < NOISE_LEN; i++) {
        state = state * 1664525 + 1013904223;
        noise[i] = (char)(state >> 24);
    }
    for (size_t i = 0; i < PROSE_LEN; i++)
        prose[i] = "how many of these "[i % 18];
}

static void tear_down(void) {
    nth_call_disarm();
    cluster_stop(servers);
}

/* ------------------------------------------------------------------------------------------------------ the calls -- */

static const struct {
    const char *key;
    mc_slice    value;
} stored[] = {
    {"noise", {noise, NOISE_LEN}}, {"prose", {prose, PROSE_LEN}}, {"word", {"word", 4}},
    {"more", {"more words", 10}},  {"prose2", {prose, 5000}},     {"empty", {"", 0}},
};

static void store_all(mc_client *client) {
    ck_assert_int_eq(mc_flush_all(client, 0), MC_OK);
    for (size_t i = 0; i < ROWS(stored); i++)
        ck_assert_int_eq(mc_set(client, mc_str(stored[i].key), stored[i].value, 0, 0), MC_OK);
    ck_assert_int_eq(mc_set_int(client, mc_str("number"), 41, 0), MC_OK);
}

static void check_value(mc_slice got, mc_slice expected) {
    ck_assert_uint_eq(got.len, expected.len);
    ck_assert_mem_eq(got.data, expected.data, got.len);
}

static mc_status read_one(mc_client *client, size_t row) {
    mc_value  value = MC_VALUE_INIT;
    mc_status status = mc_gets(client, mc_str(stored[row].key), &value);

    if (status == MC_OK)
        check_value(mc_bytes(value.data, value.len), stored[row].value);
    mc_value_clear(&value);
    return status;
}

static mc_status get_noise(mc_client *client) {
    return read_one(client, 0);
}

static mc_status get_prose(mc_client *client) {
    return read_one(client, 1);
}

static mc_status gat(mc_client *client) {
    mc_value  value = MC_VALUE_INIT;
    mc_status status = mc_gat(client, mc_str("word"), 100, &value);

    if (status == MC_OK)
        check_value(mc_bytes(value.data, value.len), mc_str("word"));
    mc_value_clear(&value);
    return status;
}

static mc_status set_noise(mc_client *client) {
    return mc_set(client, mc_str("noise"), mc_bytes(noise, NOISE_LEN), 0, 0);
}

static mc_status set_prose(mc_client *client) {
    return mc_set(client, mc_str("prose"), mc_bytes(prose, PROSE_LEN), 0, 0);
}

static mc_status set_int(mc_client *client) {
    return mc_set_int(client, mc_str("number"), 41, 0);
}

static mc_status append(mc_client *client) {
    return mc_append(client, mc_str("word"), mc_str("s"));
}

static mc_status delete (mc_client *client) {
    return mc_delete(client, mc_str("word"));
}

static mc_status touch(mc_client *client) {
    return mc_touch(client, mc_str("word"), 100);
}

static mc_status incr(mc_client *client) {
    uint64_t  result = 0;
    mc_status status = mc_incr(client, mc_str("number"), 1, &result);

    ck_assert_uint_eq(result, status == MC_OK ? 42 : 0);
    return status;
}

static mc_status get_multi(mc_client *client) {
    mc_slice   keys[ROWS(stored)];
    mc_results results = MC_RESULTS_INIT;
    mc_status  status;

    for (size_t i = 0; i < ROWS(stored); i++)
        keys[i] = mc_str(stored[i].key);
    status = mc_get_multi(client, keys, ROWS(stored), &results);
    if (status == MC_NO_MEMORY)
        ck_assert_uint_eq(results.count, 0);
    for (size_t i = 0; i < results.count; i++) {
        if (results.items[i].status == MC_OK)
            check_value(results.items[i].value, stored[i].value);
        else
            ck_assert_msg(status == MC_PARTIAL && !(results.items[i].status == MC_NOT_FOUND), "%s",
                          mc_status_name(results.items[i].status));
    }
    mc_results_clear(&results);
    return status;
}

static mc_status set_multi(mc_client *client) {
    mc_entry  entries[ROWS(stored)];
    mc_status status;

    for (size_t i = 0; i < ROWS(stored); i++)
        entries[i] = (mc_entry){.key = mc_str(stored[i].key), .value = stored[i].value};
    status = mc_set_multi(client, entries, ROWS(stored));
    for (size_t i = 0; i < ROWS(stored) && status == MC_OK; i++)
        ck_assert_int_eq(entries[i].status, MC_OK);
    return status;
}

static mc_status delete_multi(mc_client *client) {
    mc_slice  keys[ROWS(stored)];
    mc_status statuses[ROWS(stored)], status;

    for (size_t i = 0; i < ROWS(stored); i++)
        keys[i] = mc_str(stored[i].key);
    status = mc_delete_multi(client, keys, ROWS(stored), statuses);
    for (size_t i = 0; i < ROWS(stored) && status != MC_NO_MEMORY; i++)
        ck_assert(statuses[i] == MC_OK || (status == MC_PARTIAL && statuses[i] != MC_NOT_FOUND));
    return status;
}

/* So many go the quiet way, which asks the server first. */
static mc_status set_quietly(mc_client *client) {
    static char keys[40][8];
    mc_entry    entries[ROWS(keys)];
    mc_status   status;

    for (size_t i = 0; i < ROWS(keys); i++) {
        snprintf(keys[i], sizeof keys[i], "q%zu", i);
        entries[i] = (mc_entry){.key = mc_str(keys[i]), .value = i % 20 == 0 ? mc_bytes(noise, NOISE_LEN) : mc_str("v")};
    }
    status = mc_set_multi(client, entries, ROWS(keys));
    for (size_t i = 0; i < ROWS(keys) && status == MC_OK; i++)
        ck_assert_int_eq(entries[i].status, MC_OK);
    return status;
}

static mc_status write_next(const mc_value *current, mc_value *next, void *arg) {
    (void)arg;
    ck_assert_ptr_nonnull(current);
    check_value(mc_bytes(current->data, current->len), mc_bytes(prose, PROSE_LEN));
    return mc_value_set(next, mc_bytes(noise, NOISE_LEN));
}

static mc_status update(mc_client *client) {
    return mc_update(client, mc_str("prose"), write_next, NULL, 0);
}

static void check_version(mc_slice name, mc_status status, mc_slice text, void *arg) {
    (void)arg;
    ck_assert_uint_gt(name.len, 0);
    ck_assert_int_eq(text.len > 0, status == MC_OK);
}

static void take_version(const char *server, mc_status status, mc_slice version, void *arg) {
    check_version(mc_str(server), status, version, arg);
}

static void take_stat(const char *server, mc_status status, mc_slice name, mc_slice value, void *arg) {
    (void)value;
    (void)arg;
    check_version(mc_str(server), status, name, arg);
}

static mc_status version(mc_client *client) {
    return mc_version(client, take_version, NULL);
}

static mc_status stats(mc_client *client) {
    return mc_stats(client, mc_str(""), take_stat, NULL);
}

static mc_status flush_all(mc_client *client) {
    return mc_flush_all(client, 100);
}

static mc_status set_hosts(mc_client *client) {
    const char *others[] = {servers->hosts[0], "localhost:1", NULL};

    return mc_client_set_hosts(client, others, NULL);
}

static mc_status view(mc_client *client) {
    mc_view    settings = MC_VIEW_INIT;
    mc_client *made;
    mc_status  status;

    settings.key_prefix = "more";
    made = mc_client_view(client, &settings);
    if (!made)
        return MC_NO_MEMORY;
    status = mc_set(made, mc_str("over"), mc_str("v"), 0, 0);
    mc_client_free(made);
    return status;
}

#define CALL(function)                                                                                                      \
    { #function, function }

static const struct {
    const char *name;
    mc_status (*run)(mc_client *client);
} calls[] = {
    CALL(get_noise), CALL(get_prose), CALL(gat),       CALL(set_noise), CALL(set_prose),    CALL(set_int),     CALL(append),
    CALL(delete),    CALL(touch),     CALL(incr),      CALL(get_multi), CALL(set_multi),    CALL(update),      CALL(version),
    CALL(stats),     CALL(flush_all), CALL(set_hosts), CALL(view),      CALL(delete_multi), CALL(set_quietly),
};

/* ------------------------------------------------------------------------------------------------------- the tests -- */

/* What a lack of memory here may become: nothing of it is the hosts' fault, and no key is missing for it. */
static bool fits(mc_status status) {
    return status == MC_NO_MEMORY || status == MC_UNREACHABLE || status == MC_PARTIAL;
}

/* On a client that has no connection yet, or on one that has. Returns how many allocations failed. */
static size_t run_call(size_t call, bool connected, size_t nth, nth_times times) {
    mc_client *client = new_client();
    mc_status  status;
    size_t     hits;

    ck_assert_ptr_nonnull(client);
    if (connected) {
        store_all(client);
    } else {
        mc_client *other = new_client();
        store_all(other);
        mc_client_free(other);
    }
    nth_call_fail(NTH_ALLOCATE, nth, ENOMEM, times);
    status = calls[call].run(client);
    hits = nth_call_hits(NTH_ALLOCATE);
    nth_call_disarm();
    ck_assert_msg(status == MC_OK || (hits > 0 && fits(status)), "%s, allocation %zu: %s: %s", calls[call].name, nth,
                  mc_status_name(status), mc_error_detail());
    if (status != MC_OK)
        ck_assert_uint_gt(strlen(mc_error_detail()), 0);
    ck_assert_int_eq(mc_client_set_hosts(client, servers->hosts, NULL), MC_OK);
    store_all(client);
    ck_assert_int_eq(read_one(client, (size_t)(nth % ROWS(stored))), MC_OK);
    mc_client_free(client);
    return hits;
}

START_TEST(a_call_without_memory_says_so) {
    for (int round = 0; round < 4; round++) {
        size_t hits = 1;
        for (size_t nth = 1; hits > 0; nth++) {
            hits = run_call((size_t)_i, round & 1, nth, round & 2 ? NTH_FROM_THEN_ON : NTH_ONCE);
            ck_assert_uint_lt(nth, MOST_ALLOCATIONS);
        }
    }
}
END_TEST

/* What else a client is made of. */
static const struct {
    nth_function function;
    nth_times    times;
} parts[] = {
    {NTH_ALLOCATE, NTH_ONCE}, {NTH_LOCK, NTH_ONCE}, {NTH_ATFORK, NTH_FROM_THEN_ON}, /* it is tried again */
};

START_TEST(a_client_without_memory_is_not_made) {
    const char *const hosts[] = {"localhost:1", "inet6:[::1]:2", "/socket", "localhost:1", "10.0.0.1", NULL};
    mc_options        options = MC_OPTIONS_INIT;
    size_t            hits = 1;

    options.key_prefix = "prefix";
    for (int distribution = 0; distribution < 2; distribution++) {
        options.distribution = distribution ? MC_DISTRIBUTION_KETAMA_WEIGHTED : MC_DISTRIBUTION_HOST_LIST;
        hits = 1;
        for (size_t nth = 1; hits > 0; nth++) {
            mc_client *client;
            nth_call_fail(parts[_i].function, nth, ENOMEM, parts[_i].times);
            client = mc_client_new_with_options(hosts, NULL, &options);
            hits = nth_call_hits(parts[_i].function);
            nth_call_disarm();
            ck_assert_int_eq(client == NULL, hits > 0);
            if (!client)
                ck_assert_ptr_nonnull(strstr(mc_error_detail(), "memory"));
            mc_client_free(client);
            ck_assert_uint_lt(nth, MOST_ALLOCATIONS);
        }
    }
}
END_TEST

START_TEST(a_host_without_memory_is_not_made) {
    const mc__net_settings settings = {.io_timeout_ms = 1000, .max_connections = 1};
    size_t                 hits = 1;

    for (size_t nth = 1; hits > 0; nth++) {
        mc__address address;
        mc__host   *host;
        mc_status   status;
        ck_assert_int_eq(mc__address_parse("localhost", &address), MC_OK);
        nth_call_fail(parts[_i].function, nth, ENOMEM, parts[_i].times);
        status = mc__host_new(&address, &settings, &host);
        hits = nth_call_hits(parts[_i].function);
        nth_call_disarm();
        ck_assert_int_eq(status, hits > 0 ? MC_NO_MEMORY : MC_OK);
        ck_assert_int_eq(host == NULL, hits > 0);
        mc__host_release(host);
        mc__address_clear(&address);
    }
}
END_TEST

/* More hosts than one wait has room for without memory of its own. Each is the same server under another address. */
#define MANY_HOSTS 70

static void count_answers(const char *server, mc_status status, mc_slice version, void *arg) {
    size_t *answered = arg;

    check_version(mc_str(server), status, version, NULL);
    ck_assert(status == MC_OK || fits(status));
    *answered += status == MC_OK;
}

START_TEST(many_hosts_without_memory_say_so) {
    mc_server_options settings = MC_SERVER_OPTIONS_INIT;
    char              names[MANY_HOSTS][32];
    const char       *hosts[MANY_HOSTS + 1] = {NULL};
    size_t            hits = 1;
    mc_server        *server;

    settings.addresses = (const char *const[]){"0.0.0.0", NULL};
    server = mc_server_start(&settings);
    ck_assert_ptr_nonnull(server);
    for (unsigned i = 0; i < MANY_HOSTS; i++) {
        snprintf(names[i], sizeof names[i], "127.0.1.%u:%u", i + 1, mc_server_port(server));
        hosts[i] = names[i];
    }
    for (size_t nth = 1; hits > 0; nth++) {
        mc_client *client = mc_client_new(hosts, NULL);
        size_t     answered = 0;
        mc_status  status;
        ck_assert_ptr_nonnull(client);
        nth_call_fail(NTH_ALLOCATE, nth, ENOMEM, NTH_ONCE);
        status = mc_version(client, count_answers, &answered);
        hits = nth_call_hits(NTH_ALLOCATE);
        nth_call_disarm();
        ck_assert(status == MC_OK || (hits > 0 && fits(status)));
        ck_assert_int_eq(answered == MANY_HOSTS, status == MC_OK);
        mc_client_free(client);
    }
    mc_server_stop(server);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("allocations");
    TCase *tcase = test_case(suite, "allocations", 100);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    test_rows(tcase, a_call_without_memory_says_so, calls);
    test_rows(tcase, a_client_without_memory_is_not_made, parts);
    test_rows(tcase, a_host_without_memory_is_not_made, parts);
    tcase_add_test(tcase, many_hosts_without_memory_say_so);
    return suite;
}
