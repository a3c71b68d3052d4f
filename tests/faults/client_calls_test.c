/* A whole client while the calls that the library makes of the system fail: each call with each error, once and for good. */
#include "mcclient/mcclient.h"
#include "support/check_main.h"
#include "support/cluster.h"
#include "support/nth_call.h"

#include <dirent.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Where calls may fail for want of an answer, and where each is to be answered, however slow the machine is. */
#define TIMEOUT_MS 200
#define PLENTY_MS 60000

#define MOST_CALLS 1000 /* that one round makes of one function */

static cluster    *servers;
static char        hosts_text[2][64];
static const char *hosts[] = {hosts_text[0], hosts_text[1], NULL};

/* By name, so that there is something to look up. */
static void start_servers(void) {
    nth_call_disarm();
    servers = cluster_start(SERVER_BUNDLED, 2);
    for (size_t i = 0; i < 2; i++)
        snprintf(hosts_text[i], sizeof hosts_text[i], "inet:localhost%s", strrchr(servers->hosts[i], ':'));
}

static void stop_servers(void) {
    nth_call_disarm();
    cluster_stop(servers);
}

static int count_descriptors(void) {
    DIR *folder = opendir("/proc/self/fd");
    int  count = 0;

    ck_assert_ptr_nonnull(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static mc_client *new_client(int timeout_ms, mc_failover failover, int dead_retry_ms) {
    mc_options options = MC_OPTIONS_INIT;

    options.timeout_ms = timeout_ms;
    options.connect_timeout_ms = timeout_ms;
    options.failover = failover;
    options.dead_retry_ms = dead_retry_ms;
    return mc_client_new_with_options(hosts, NULL, &options);
}

#define KEYS 8

static const char *const keys[KEYS] = {"a", "b", "c", "d", "e", "f", "g", "h"};

/* Nothing that a fault of this machine may turn into: another outcome than these would be a wrong answer. */
static bool fits(mc_status status) {
    return status == MC_OK || status == MC_NO_MEMORY || status == MC_UNREACHABLE || status == MC_NO_SERVER ||
           status == MC_TIMEOUT || status == MC_CONNECTION_LOST;
}

/* A value is what was stored or it is not there; after a failure nothing of it is shown. */
static void check_one(mc_client *client, const char *key) {
    mc_value  value = MC_VALUE_INIT;
    mc_status status = mc_set(client, mc_str(key), mc_str(key), 7, 0);

    ck_assert_msg(fits(status), "set: %s", mc_status_name(status));
    if (status != MC_OK)
        ck_assert_uint_gt(strlen(mc_error_detail()), 0);
    status = mc_get(client, mc_str(key), &value);
    ck_assert_msg(fits(status) || status == MC_NOT_FOUND, "get: %s", mc_status_name(status));
    if (status == MC_OK) {
        ck_assert_uint_eq(value.len, strlen(key));
        ck_assert_mem_eq(value.data, key, value.len);
        ck_assert_uint_eq(value.flags, 7);
    }
    mc_value_clear(&value);
}

static void check_many(mc_client *client) {
    mc_entry   entries[KEYS];
    mc_slice   slices[KEYS];
    mc_results results = MC_RESULTS_INIT;
    mc_status  status;

    for (size_t i = 0; i < KEYS; i++) {
        slices[i] = mc_str(keys[i]);
        entries[i] = (mc_entry){.key = slices[i], .value = slices[i], .flags = 7, .status = MC_BAD_VALUE};
    }
    status = mc_set_multi(client, entries, KEYS);
    ck_assert_msg(fits(status) || status == MC_PARTIAL, "set_multi: %s", mc_status_name(status));
    status = mc_get_multi(client, slices, KEYS, &results);
    ck_assert_msg(fits(status) || status == MC_PARTIAL, "get_multi: %s", mc_status_name(status));
    for (size_t i = 0; i < results.count; i++) {
        const mc_result *result = &results.items[i];
        ck_assert_msg(fits(result->status) || result->status == MC_NOT_FOUND, "get_multi: %s",
                      mc_status_name(result->status));
        if (result->status == MC_OK) {
            ck_assert_uint_eq(result->value.len, slices[i].len);
            ck_assert_mem_eq(result->value.data, slices[i].data, slices[i].len);
        }
    }
    mc_results_clear(&results);
}

/* When nothing fails any more: at once, or as soon as a host that was taken for dead is tried again. */
static void expect_recovery(mc_client *client) {
    mc_view    settings = MC_VIEW_INIT;
    mc_client *patient;
    mc_status  status;

    settings.timeout_ms = PLENTY_MS;
    patient = mc_client_view(client, &settings);
    ck_assert_ptr_nonnull(patient);
    do
        status = mc_set(patient, mc_str("key"), mc_str("value"), 0, 0);
    while ((status == MC_UNREACHABLE || status == MC_NO_SERVER) && usleep(1000) == 0);
    ck_assert_msg(status == MC_OK, "afterwards: %s: %s", mc_status_name(status), mc_error_detail());
    mc_client_free(patient);
}

/* A client's life while a function fails as it is armed; returns how often it did. */
static size_t live(nth_function function) {
    mc_client *client = new_client(TIMEOUT_MS, MC_FAILOVER_REHASH, 1);
    size_t     hits;

    if (client) {
        check_one(client, keys[0]);
        check_one(client, keys[0]);
        check_many(client);
        check_many(client);
    } else {
        ck_assert_uint_gt(strlen(mc_error_detail()), 0);
    }
    hits = nth_call_hits(function);
    nth_call_disarm();
    if (client)
        expect_recovery(client);
    mc_client_free(client);
    return hits;
}

static void await_descriptors(int count) {
    while (count_descriptors() > count)
        usleep(1000);
}

static const nth_function every_function[] = {
    NTH_ALLOCATE,    NTH_SOCKET,  NTH_CONNECT, NTH_GETSOCKOPT, NTH_SETSOCKOPT,  NTH_GETSOCKNAME,
    NTH_GETPEERNAME, NTH_FCNTL,   NTH_PIPE,    NTH_POLL,       NTH_SEND,        NTH_SENDMSG,
    NTH_RECV,        NTH_RECVMSG, NTH_CLOSE,   NTH_THREAD,     NTH_GETADDRINFO,
};

START_TEST(one_failing_call_is_survived) {
    nth_function function = every_function[_i];
    int          before = count_descriptors();

    for (const int *error = nth_call_errors(function); *error != 0; error++) {
        size_t hits = 1;
        for (size_t nth = 1; hits > 0; nth++) {
            nth_call_fail(function, nth, *error, NTH_ONCE);
            hits = live(function);
            ck_assert_uint_lt(nth, MOST_CALLS);
        }
    }
    await_descriptors(before);
}
END_TEST

/* The first few calls only: each round may last as long as its deadlines. */
START_TEST(calls_that_fail_for_good_are_survived) {
    nth_function function = every_function[_i];
    int          before = count_descriptors();

    for (const int *error = nth_call_errors(function); *error != 0; error++) {
        for (size_t nth = 1; nth <= 3; nth++) {
            nth_call_fail(function, nth, *error, NTH_FROM_THEN_ON);
            live(function);
        }
    }
    await_descriptors(before);
}
END_TEST

START_TEST(bytes_that_go_one_by_one_make_no_difference) {
    mc_client         *client = new_client(PLENTY_MS, MC_FAILOVER_NONE, 100000);
    mc_value           value = MC_VALUE_INIT;
    const nth_function moving[] = {NTH_SEND, NTH_SENDMSG, NTH_RECV, NTH_RECVMSG};

    ck_assert_ptr_nonnull(client);
    for (size_t i = 0; i < ROWS(moving); i++)
        nth_call_move_one_byte(moving[i], 1, NTH_FROM_THEN_ON);
    for (size_t i = 0; i < KEYS; i++) {
        ck_assert_int_eq(mc_set(client, mc_str(keys[i]), mc_str("value\r\nEND\r\n"), 0, 0), MC_OK);
        ck_assert_int_eq(mc_get(client, mc_str(keys[i]), &value), MC_OK);
        ck_assert_uint_eq(value.len, 12);
        ck_assert_str_eq(value.data, "value\r\nEND\r\n");
    }
    mc_value_clear(&value);
    mc_client_free(client);
}
END_TEST

/* What this process lacks for a moment says nothing of the host: the next call goes there at once. */
static const struct {
    nth_function function;
    int          error;
} local[] = {
    {NTH_SOCKET, EMFILE},       {NTH_SOCKET, ENFILE},          {NTH_SOCKET, ENOBUFS},  {NTH_SOCKET, ENOMEM},
    {NTH_CONNECT, EAGAIN},      {NTH_CONNECT, EADDRNOTAVAIL},  {NTH_CONNECT, ENOBUFS}, {NTH_PIPE, EMFILE},
    {NTH_GETSOCKNAME, ENOBUFS}, {NTH_THREAD, EAGAIN},          {NTH_POLL, ENOMEM},     {NTH_GETADDRINFO, EMFILE},
    {NTH_GETADDRINFO, ENOMEM},  {NTH_GETADDRINFO, EAI_MEMORY},
};

START_TEST(a_local_lack_makes_no_host_dead) {
    mc_client *client = new_client(PLENTY_MS, MC_FAILOVER_NONE, 100000);
    mc_status  status;

    ck_assert_ptr_nonnull(client);
    /* With EADDRNOTAVAIL the host's next address is tried, and localhost may have the same one twice. */
    nth_call_fail(local[_i].function, 1, local[_i].error, local[_i].error == EADDRNOTAVAIL ? NTH_FROM_THEN_ON : NTH_ONCE);
    status = mc_set(client, mc_str("key"), mc_str("value"), 0, 0);
    ck_assert_msg(status == MC_UNREACHABLE || status == MC_NO_MEMORY, "%s", mc_status_name(status));
    ck_assert_uint_gt(nth_call_hits(local[_i].function), 0);
    nth_call_disarm();
    ck_assert_int_eq(mc_set(client, mc_str("key"), mc_str("value"), 0, 0), MC_OK);
    mc_client_free(client);
}
END_TEST

/* The second use of a connection readies it for long use. Where that fails, a fresh one serves the call. */
static const struct {
    nth_function function;
    int          error;
} readying[] = {{NTH_FCNTL, EMFILE}, {NTH_SETSOCKOPT, ENOMEM}};

START_TEST(a_connection_that_cannot_be_readied_is_replaced) {
    mc_client *client = new_client(PLENTY_MS, MC_FAILOVER_NONE, 100000);

    ck_assert_ptr_nonnull(client);
    ck_assert_int_eq(mc_set(client, mc_str("key"), mc_str("value"), 0, 0), MC_OK);
    nth_call_fail(readying[_i].function, 1, readying[_i].error, NTH_ONCE);
    ck_assert_int_eq(mc_set(client, mc_str("key"), mc_str("value"), 0, 0), MC_OK);
    ck_assert_uint_eq(nth_call_hits(readying[_i].function), 1);
    nth_call_disarm();
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(mc_set(client, mc_str("key"), mc_str("value"), 0, 0), MC_OK);
    ck_assert_uint_eq(nth_call_count(NTH_SOCKET), 0);
    mc_client_free(client);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("client_calls");
    TCase *tcase = test_case(suite, "client calls", 200);

    tcase_add_checked_fixture(tcase, start_servers, stop_servers);
    test_rows(tcase, one_failing_call_is_survived, every_function);
    test_rows(tcase, calls_that_fail_for_good_are_survived, every_function);
    tcase_add_test(tcase, bytes_that_go_one_by_one_make_no_difference);
    test_rows(tcase, a_local_lack_makes_no_host_dead, local);
    test_rows(tcase, a_connection_that_cannot_be_readied_is_replaced, readying);
    return suite;
}
