/*
 * The bundled memcached server, inside the calling process: any number of servers at once, each with threads of its own.
 *
 *     mc_server_options options = MC_SERVER_OPTIONS_INIT;
 *     mc_server *server = mc_server_start(&options);
 *     unsigned port = mc_server_port(server);
 *     ...
 *     mc_server_stop(server);
 *
 * Names that the server's files share begin with mcs__, so that it links beside the client library.
 */
#ifndef MC_SERVER_MC_SERVER_H
#define MC_SERVER_MC_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Clients tell from the first numbers what they may ask for: meta commands came with 1.6. */
#define MC_SERVER_VERSION "2.0.0"

typedef struct mc_server mc_server;

typedef struct mc_server_options {
    const char *const *addresses; /* ends with NULL: "host", "host:port", "[v6]:port"; NULL: 127.0.0.1 */
    unsigned           port;      /* of addresses that name none; 0: the kernel chooses */
    const char        *unix_path; /* a unix socket instead of addresses; NULL: none */
    unsigned           unix_mode; /* its permissions */
    unsigned           threads;
    unsigned           max_connections; /* the listening socket counts as one, as in memcached */
    int                backlog;
    size_t             memory_limit;  /* bytes for keys, values and all that finding them takes */
    size_t             max_item_size; /* bytes for one key, value and the 59 bytes that memcached counts for an item */
    bool               no_evictions;  /* refuse to store instead */
    bool               no_flush_all;
    bool               shutdown_enabled; /* a client's `shutdown` raises SIGINT or SIGUSR1 in this process */
    bool               binary_only; /* every connection is closed at its first byte: the binary protocol is not spoken */
    bool               no_cas;      /* all cas ids are 0 */
    bool               no_meta;     /* meta commands are unknown, as before memcached 1.6 */
    bool               ascii_only;  /* what `stats settings` says about the protocol; no other is spoken anyway */
    int                verbosity;   /* 1: what went wrong; 2: every command, on stderr */
} mc_server_options;

#define MC_SERVER_OPTIONS_INIT                                                                                              \
    {                                                                                                                       \
        .unix_mode = 0700, .threads = 4, .max_connections = 1024, .backlog = 1024, .memory_limit = (size_t)64 << 20,        \
        .max_item_size = (size_t)1 << 20,                                                                                   \
    }

/*
 * Starts a server that accepts connections from now on. The options are copied. Returns NULL when an address cannot be
 * bound, or memory, threads or descriptors are out; then error, if not NULL, has the reason in a line of at most size - 1
 * bytes.
 */
mc_server *mc_server_start_or_tell(const mc_server_options *options, char *error, size_t size);

/* The same without the reason. */
mc_server *mc_server_start(const mc_server_options *options);

/* The port of the first address; 0 for a unix socket. */
unsigned mc_server_port(const mc_server *server);

/* Closes every connection, ends the threads and frees everything. NULL is allowed. Only one thread may call it, once. */
void mc_server_stop(mc_server *server);

#endif
