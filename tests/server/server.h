/* One server: what its threads share. */
#ifndef MC_SERVER_SERVER_H
#define MC_SERVER_SERVER_H

#include "server/mc_server.h"
#include "server/stats.h"
#include "server/stats_prefix.h"
#include "server/store.h"

typedef struct mcs__worker   mcs__worker;
typedef struct mcs__listener mcs__listener;

struct mc_server {
    mc_server_options options; /* addresses and unix_path are NULL after the start */
    mcs__store       *store;
    mcs__worker      *workers; /* options.threads of them */
    mcs__listener    *listener;
    unsigned          port;
    mcs__ms           started; /* milliseconds, monotonic */
    atomic_int        verbosity;
    atomic_bool       sizes_enabled; /* `stats sizes` has something to tell */
    atomic_uint       next_worker;
    /* Connections. */
    atomic_uint      connections; /* open now */
    _Atomic uint64_t connections_total;
    _Atomic uint64_t connections_rejected;
    _Atomic uint64_t listen_disabled; /* times that accepting had to pause */
    pthread_mutex_t  baseline_lock;
    mcs__baseline    baseline; /* of `stats reset` */
    mcs__prefixes    prefixes; /* of `stats detail` */
};

/* Now, in milliseconds on the monotonic clock. */
mcs__ms mcs__now(void);

/* The server without threads and sockets, for what only feeds bytes to sessions; freed with mc_server_stop. NULL: no memory.
 */
mc_server *mcs__server_new(const mc_server_options *options);

#endif
