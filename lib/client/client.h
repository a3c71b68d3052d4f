/* The client that users hold, and what its views share. */
#ifndef MC_CLIENT_CLIENT_H
#define MC_CLIENT_CLIENT_H

#include "base/deadline.h"
#include "base/lock.h"
#include "client/roster.h"
#include "client/scratch.h"

/* What a client and all of its views have in common. */
typedef struct mc__core {
    mc__lock         lock; /* for roster; held for a few instructions */
    mc__roster      *roster;
    mc_options       options; /* without the prefix, which is each view's own */
    mc__net_settings settings;
    mc__fork_guard   guard;
    mc__scratch      scratch; /* of calls on many keys */
} mc__core;

struct mc_client {
    mc__core *core;
    bool      is_view;
    int       timeout_ms;
    bool      has_route;
    int64_t   route;
    bool      noreply;
    size_t    prefix_len;
    char      prefix[MC_KEY_MAX];
};

static inline mc_slice mc__client_prefix(const mc_client *client) {
    return mc_bytes(client->prefix, client->prefix_len);
}

/* The hosts as they are now: the caller's reference, for mc__roster_release. NULL only before a client is made wholly. */
mc__roster *mc__client_roster(const mc_client *client);

/* mc__client_route_of where there is a prefix. */
mc__route mc__client_prefixed_route_of(const mc_client *client, const mc__roster *roster, mc_slice key);

/* The start of a legal key's way through the hosts. */
static inline mc__route mc__client_route_of(const mc_client *client, const mc__roster *roster, mc_slice key) {
    if (client->has_route)
        return mc__route_of_number(client->route);
    return client->prefix_len == 0 ? mc__route_of_key(roster->placement, key)
                                   : mc__client_prefixed_route_of(client, roster, key);
}

/* The host of the first try of a legal key, as an index into the hosts as given. */
static inline size_t mc__client_home(const mc_client *client, const mc__roster *roster, mc_slice key) {
    mc__route route;

    if (!client->has_route && client->prefix_len == 0)
        return mc__placement_home(roster->placement, key);
    route = mc__client_route_of(client, roster, key);
    return mc__route_host(roster->placement, &route);
}

/* Whether there is a try after this one. */
static inline bool mc__client_route_next(const mc_client *client, const mc__roster *roster, mc__route *route) {
    return client->core->options.failover == MC_FAILOVER_REHASH && mc__route_next(roster->placement, route);
}

/* When a call that begins now must be over. */
mc__time mc__client_deadline(const mc_client *client);

#endif
