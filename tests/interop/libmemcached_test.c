/*
 * What libmemcached and this library do in the same situation, on the same servers: the rows of the README's table of
 * differences that can be shown. Each case begins with libmemcached, as memcached_create() makes it.
 */

#include "support/crew.h"
#include "support/each_kind.h"
#include "support/scripted_host.h"

/* A function of theirs has the name of a type of ours. */
#define memcached their_memcached
#include <libmemcached-1.0/memcached.h>
#undef memcached
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DAYS_S ((int64_t)24 * 60 * 60)
#define KEYS 20

static memcached_st *other;

/* A client of libmemcached for some hosts. */
static void other_start(const char *const *hosts) {
    other = memcached_create(NULL);
    ck_assert_ptr_nonnull(other);
    for (size_t i = 0; hosts[i]; i++) {
        char     name[64];
        char    *colon;
        unsigned port;

        snprintf(name, sizeof name, "%s", hosts[i]);
        colon = strrchr(name, ':');
        ck_assert_ptr_nonnull(colon);
        *colon = '\0';
        port = (unsigned)strtoul(colon + 1, NULL, 10);
        ck_assert_int_eq(memcached_server_add(other, name, (in_port_t)port), MEMCACHED_SUCCESS);
    }
}

static void other_stop(void) {
    memcached_free(other);
    other = NULL;
}

static memcached_return_t other_set(const char *key, const char *value, int64_t ttl_s) {
    return memcached_set(other, key, strlen(key), value, strlen(value), (time_t)ttl_s, 0);
}

/* Frees nothing of the caller's; text has room for what came, and is empty for none. */
static memcached_return_t other_get(const char *key, char *text, size_t size) {
    memcached_return_t status;
    uint32_t           flags;
    size_t             len;
    char              *value = memcached_get(other, key, strlen(key), &len, &flags, &status);

    snprintf(text, size, "%.*s", value ? (int)len : 0, value ? value : "");
    free(value);
    return status;
}

/* A time to live of more than 30 days is a date to the server; here it is what the caller means. */
START_TEST(sixty_days) {
    char text[8];

    start_servers(1);
    other_start(servers->hosts);
    ck_assert_int_eq(other_set("theirs", "v", 60 * DAYS_S), MEMCACHED_SUCCESS);
    ck_assert_int_eq(other_get("theirs", text, sizeof text), MEMCACHED_NOTFOUND);
    other_stop();

    check_status(mc_set(mc, mc_str("ours"), mc_str("v"), 0, 60 * DAYS_S), MC_OK);
    check_value("ours", "v");
}
END_TEST

/* Two words are two keys to the server: the value of the first is handed out as that of both. */
START_TEST(a_key_of_two_words) {
    mc_value value = MC_VALUE_INIT;
    char     text[32];

    start_servers(1);
    other_start(servers->hosts);
    ck_assert_int_eq(other_set("one", "the value of one", 0), MEMCACHED_SUCCESS);
    ck_assert_int_eq(other_get("one two", text, sizeof text), MEMCACHED_SUCCESS);
    ck_assert_str_eq(text, "the value of one");
    other_stop();

    check_status(mc_get(mc, mc_str("one two"), &value), MC_BAD_KEY);
    mc_value_clear(&value);
}
END_TEST

/* Keys of a host that is gone are left out, as those that are not there; here each says which of the two it is. */
START_TEST(many_keys_and_a_host_that_is_gone) {
    const char          *keys[KEYS];
    mc_slice             slices[KEYS];
    size_t               lengths[KEYS], fetched = 0, hits = 0, misses = 0;
    char                 text[KEYS][8];
    memcached_result_st *result;
    memcached_return_t   status;
    mc_results           results = MC_RESULTS_INIT;
    mc_options           options = MC_OPTIONS_INIT;

    options.failover = MC_FAILOVER_NONE; /* as libmemcached */
    start_servers_with(2, NULL, &options);
    for (size_t i = 0; i < KEYS; i++) {
        snprintf(text[i], sizeof text[i], "k%zu", i);
        keys[i] = text[i];
        lengths[i] = strlen(text[i]);
        slices[i] = mc_str(text[i]);
    }
    for (size_t i = 0; i < KEYS / 2; i++)
        check_status(mc_set(mc, slices[i], mc_str("v"), 0, 0), MC_OK);
    cluster_kill(servers, 1);

    other_start(servers->hosts);
    status = memcached_mget(other, keys, lengths, KEYS);
    if (status == MEMCACHED_SUCCESS || status == MEMCACHED_SOME_ERRORS)
        while ((result = memcached_fetch_result(other, NULL, &status)) != NULL) {
            memcached_result_free(result);
            fetched++;
        }
    ck_assert_uint_lt(fetched, KEYS); /* of the others it says nothing, one by one */
    other_stop();

    check_status(mc_get_multi(mc, slices, KEYS, &results), MC_PARTIAL);
    for (size_t i = 0; i < KEYS; i++) {
        hits += results.items[i].status == MC_OK;
        misses += results.items[i].status == MC_NOT_FOUND;
    }
    ck_assert_uint_gt(hits, 0);
    ck_assert_uint_gt(misses, 0);
    ck_assert_uint_lt(hits + misses, KEYS); /* the rest is unreachable */
    mc_results_clear(&results);
}
END_TEST

static int other_child(void *arg) {
    char text[8];

    (void)arg;
    return other_get("k", text, sizeof text) == MEMCACHED_SUCCESS ? 0 : 1;
}

static int our_child(void *arg) {
    mc_value  value = MC_VALUE_INIT;
    mc_status status = mc_get(mc, mc_str("k"), &value);

    (void)arg;
    mc_value_clear(&value);
    return status == MC_OK ? 0 : 1;
}

/* A child speaks on its parent's connection, so that each can read what was meant for the other; here it opens its own. */
START_TEST(a_child_of_the_process) {
    uint64_t before;

    start_servers(1);
    other_start(servers->hosts);
    ck_assert_int_eq(other_set("k", "v", 0), MEMCACHED_SUCCESS);
    before = server_stat(0, "total_connections");
    ck_assert_int_eq(child_wait(child_start(other_child, NULL)), 0);
    ck_assert_uint_eq(server_stat(0, "total_connections"), before);
    other_stop();

    check_status(mc_set(mc, mc_str("k"), mc_str("v"), 0, 0), MC_OK);
    before = server_stat(0, "total_connections");
    ck_assert_int_eq(child_wait(child_start(our_child, NULL)), 0);
    ck_assert_uint_eq(server_stat(0, "total_connections"), before + 1);
}
END_TEST

/* A timeout of each wait begins anew with each byte; a deadline does not. */
START_TEST(a_host_that_drips) {
    static const host_step script[] = {
        EXPECT("get k\r\n"),
        TRICKLE("VALUE k 0 20\r\naaaaabbbbbcccccddddd\r\nEND\r\n", 100),
        END,
    };
    enum { TIMEOUT_MS = 2000 };
    scripted_host *host = scripted_host_play(script);
    const char    *hosts[] = {scripted_host_address(host), NULL};
    mc_options     options = MC_OPTIONS_INIT;
    mc_value       value = MC_VALUE_INIT;
    mc_client     *client;
    char           text[32];
    double         began;

    other_start(hosts);
    memcached_behavior_set(other, MEMCACHED_BEHAVIOR_POLL_TIMEOUT, TIMEOUT_MS);
    began = clock_ms();
    ck_assert_int_eq(other_get("k", text, sizeof text), MEMCACHED_SUCCESS);
    ck_assert_double_gt(clock_ms() - began, 1.5 * TIMEOUT_MS);
    other_stop();

    options.timeout_ms = TIMEOUT_MS;
    client = mc_client_new_with_options(hosts, NULL, &options);
    ck_assert_ptr_nonnull(client);
    check_status(mc_get(client, mc_str("k"), &value), MC_TIMEOUT);
    mc_value_clear(&value);
    mc_client_free(client);
    scripted_host_stop(host);
}
END_TEST

static void add_tests(TCase *tcase) {
    tcase_add_test(tcase, sixty_days);
    tcase_add_test(tcase, a_key_of_two_words);
    tcase_add_test(tcase, many_keys_and_a_host_that_is_gone);
    tcase_add_test(tcase, a_child_of_the_process);
}

Suite *test_suite(void) {
    Suite *suite = suite_create("libmemcached");
    TCase *drips = tcase_create("drips");

    each_kind(suite, "libmemcached", 60, add_tests);
    tcase_set_timeout(drips, 60);
    tcase_add_test(drips, a_host_that_drips);
    suite_add_tcase(suite, drips);
    return suite;
}
