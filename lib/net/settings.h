/* What the room is told by the client's options. */
#ifndef MC_NET_SETTINGS_H
#define MC_NET_SETTINGS_H

#include "mcclient/mcclient.h"

typedef struct mc__net_settings {
    int        io_timeout_ms; /* the longest wait of a socket by itself: part of the client's timeout */
    int        connect_timeout_ms;
    int        dead_retry_ms;
    int        spin_us; /* how long a wait asks again and again before it sleeps; 0: not at all */
    unsigned   max_connections;
    size_t     max_value_size;
    bool       flush_on_reconnect;
    mc_log_fn *log; /* NULL: silent. Called with no lock held and no connection in use by the caller's call. */
    void      *log_arg;
} mc__net_settings;

#endif
