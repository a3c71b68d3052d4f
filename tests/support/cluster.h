/*
 * A few servers of one kind, and the list of their addresses as mc_client_new takes it:
 *
 *     cluster *servers = cluster_start(SERVER_BUNDLED, 3);
 *     mc_client *mc = mc_client_new(servers->hosts, NULL);
 *     ...
 *     cluster_stop(servers);
 *
 * A test that holds for every kind is a loop over the kinds: tcase_add_loop_test(tcase, test, 0, SERVER_KINDS).
 */
#ifndef MC_SUPPORT_CLUSTER_H
#define MC_SUPPORT_CLUSTER_H

#include "support/memcached.h"

#include <stddef.h>

#define CLUSTER_MAX 16

typedef enum server_kind {
    SERVER_BUNDLED,   /* the project's own, in threads of this process */
    SERVER_MEMCACHED, /* Debian's, in processes of their own */
    SERVER_KINDS,
    SERVER_CLASSIC /* the project's own without the meta commands */
} server_kind;

struct mc_server;

typedef struct cluster {
    const char       *hosts[CLUSTER_MAX + 1]; /* ends with NULL */
    size_t            count;
    server_kind       kind;
    char              addresses[CLUSTER_MAX][32];
    struct mc_server *bundled[CLUSTER_MAX]; /* NULL: not running */
    memcached         processes[CLUSTER_MAX];
} cluster;

/* Starts count servers on free ports. Fails the test when it cannot. */
cluster *cluster_start(server_kind kind, size_t count);

/* Ends one server: its connections close, and connecting to it is refused. */
void cluster_kill(cluster *servers, size_t index);

/* Starts it again, empty, on the same port. */
void cluster_restart(cluster *servers, size_t index);

/* Ends all of them and frees the cluster. */
void cluster_stop(cluster *servers);

#endif
