#include "server/server.h"

#include "base/deadline.h"
#include "server/listener.h"
#include "server/worker.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

mcs__ms mcs__now(void) {
    return mc__time_now() / MC__MS;
}

mc_server *mcs__server_new(const mc_server_options *options) {
    mc_server *server = calloc(1, sizeof *server);

    if (!server)
        return NULL;
    server->options = *options;
    server->started = mcs__now();
    server->store = mcs__store_new(options->memory_limit, !options->no_evictions, !options->no_cas);
    server->workers = calloc(options->threads, sizeof *server->workers);
    if (!server->store || !server->workers) {
        mcs__store_free(server->store);
        free(server->workers);
        free(server);
        return NULL;
    }
    atomic_init(&server->verbosity, options->verbosity);
    pthread_mutex_init(&server->baseline_lock, NULL);
    pthread_mutex_init(&server->prefixes.lock, NULL);
    for (unsigned i = 0; i < options->threads; i++)
        mcs__worker_init(&server->workers[i], server);
    return server;
}

/* The server's threads leave all signals to the program's own. */
static bool start_threads(mc_server *server) {
    sigset_t all, before;
    bool     started = true;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    for (unsigned i = 0; i < server->options.threads && started; i++)
        started = mcs__worker_start(&server->workers[i]);
    started = started && mcs__listener_start(server->listener);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

mc_server *mc_server_start_or_tell(const mc_server_options *options, char *error, size_t size) {
    char       reason[512] = "out of memory, threads or descriptors";
    mc_server *server;

    if (options->threads == 0 || options->max_connections == 0) {
        snprintf(error, error ? size : 0, "threads and connections must be more than 0");
        return NULL;
    }
    server = mcs__server_new(options);
    if (server) {
        server->listener = mcs__listener_new(server, reason, sizeof reason);
        server->options.addresses = NULL;
        server->options.unix_path = NULL;
        if (server->listener && start_threads(server))
            return server;
        mc_server_stop(server);
    }
    if (error)
        snprintf(error, size, "%s", reason);
    return NULL;
}

mc_server *mc_server_start(const mc_server_options *options) {
    return mc_server_start_or_tell(options, NULL, 0);
}

unsigned mc_server_port(const mc_server *server) {
    return server->port;
}

void mc_server_stop(mc_server *server) {
    if (!server)
        return;
    mcs__listener_free(server->listener);
    for (unsigned i = 0; i < server->options.threads; i++)
        mcs__worker_free(&server->workers[i]);
    mcs__store_free(server->store);
    pthread_mutex_destroy(&server->baseline_lock);
    mcs__prefixes_clear(&server->prefixes);
    pthread_mutex_destroy(&server->prefixes.lock);
    free(server->workers);
    free(server);
}
