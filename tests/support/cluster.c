#include "support/cluster.h"

#include "server/mc_server.h"
#include "support/check_main.h"

#include <stdio.h>
#include <stdlib.h>

/* Starts a bundled server on port, or on any where that is 0. */
static struct mc_server *start_bundled(server_kind kind, unsigned port) {
    mc_server_options options = MC_SERVER_OPTIONS_INIT;
    char              error[256] = "";
    mc_server        *server;

    options.port = port;
    options.threads = 2;
    options.no_meta = kind == SERVER_CLASSIC;
    server = mc_server_start_or_tell(&options, error, sizeof error);
    ck_assert_msg(server != NULL, "the bundled server did not start: %s", error);
    return server;
}

cluster *cluster_start(server_kind kind, size_t count) {
    cluster *servers = calloc(1, sizeof *servers);

    ck_assert_ptr_nonnull(servers);
    ck_assert_uint_le(count, CLUSTER_MAX);
    servers->kind = kind;
    servers->count = count;
    for (size_t i = 0; i < count; i++) {
        unsigned port;

        if (kind != SERVER_MEMCACHED) {
            servers->bundled[i] = start_bundled(kind, 0);
            port = mc_server_port(servers->bundled[i]);
        } else {
            servers->processes[i] = memcached_start(NULL);
            port = servers->processes[i].port;
        }
        snprintf(servers->addresses[i], sizeof servers->addresses[i], "127.0.0.1:%u", port);
        servers->hosts[i] = servers->addresses[i];
    }
    return servers;
}

void cluster_kill(cluster *servers, size_t index) {
    if (servers->kind != SERVER_MEMCACHED) {
        mc_server_stop(servers->bundled[index]);
        servers->bundled[index] = NULL;
    } else {
        memcached_kill(&servers->processes[index]);
    }
}

static unsigned port_of(const char *address) {
    unsigned port = 0;

    ck_assert_int_eq(sscanf(address, "127.0.0.1:%u", &port), 1);
    return port;
}

void cluster_restart(cluster *servers, size_t index) {
    cluster_kill(servers, index);
    if (servers->kind != SERVER_MEMCACHED)
        servers->bundled[index] = start_bundled(servers->kind, port_of(servers->addresses[index]));
    else
        memcached_restart(&servers->processes[index]);
}

void cluster_stop(cluster *servers) {
    for (size_t i = 0; i < servers->count; i++)
        cluster_kill(servers, i);
    free(servers);
}
