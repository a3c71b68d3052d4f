/*
 * The same tests on each kind of server: a suite gives its tests to each_kind, which adds them once for each; a test starts
 * the servers that it needs. The client and the servers end with the test.
 *
 *     START_TEST(stores) {
 *         start_servers(3);
 *         check_status(mc_set(mc, mc_str("k"), mc_str("v"), 0, 0), MC_OK);
 *     }
 */
#ifndef MC_SUPPORT_EACH_KIND_H
#define MC_SUPPORT_EACH_KIND_H

#include "mcclient/mcclient.h"
#include "support/check_main.h"
#include "support/cluster.h"

/* Of the test that runs; NULL before start_servers. */
extern cluster   *servers;
extern mc_client *mc;

/* Adds a test case for each kind of server, with the tests that add_tests puts into it. */
void each_kind(Suite *suite, const char *name, double timeout_s, void (*add_tests)(TCase *));

/* Starts servers and makes mc of them; weights and options may be NULL. Where the options leave the deadline as it is by
 * default, mc has plenty of time. */
void start_servers(size_t count);
void start_servers_with(size_t count, const unsigned *weights, const mc_options *options);

/* A statistic of a server, asked for beside the client, on one connection that stays. */
uint64_t server_stat(size_t index, const char *name);

/* The seconds that a key has left to live on a server, as memcached's meta command tells: -1 for ever, -2 not there. */
long long server_ttl(size_t index, const char *key);

/* Compares a status, and tells both names and the detail where it is another. */
#define check_status(call, expected)                                                                                        \
    do {                                                                                                                    \
        mc_status is = (call), should_be = (expected);                                                                      \
        ck_assert_msg(is == should_be, "%s: %s instead of %s; last failure: %s", #call, mc_status_name(is),                 \
                      mc_status_name(should_be), mc_error_detail());                                                        \
    } while (0)

/* Checks that the thread's last failure has these words in it. */
void check_detail(const char *part);

/* Checks what mc gets for a key: bytes, or with NULL a miss. */
void check_value(const char *key, const char *text);

#endif
