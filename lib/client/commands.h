/* The way of a single command: check, place, ask, tell. */
#ifndef MC_CLIENT_COMMANDS_H
#define MC_CLIENT_COMMANDS_H

#include "client/client.h"
#include "protocol/request.h"

/* What a command asks and where its answer goes. */
typedef struct mc__ask {
    mc__verb    verb;
    bool        noreply;
    bool        as_it_is; /* the value is not to be deflated, or has been */
    mc__request request;
    mc_value   *value;  /* retrievals */
    uint64_t   *number; /* incr and decr; may be NULL */
} mc__ask;

/* Carries a command out before the deadline. now: the time, or a little before. Returns its status, told in the thread's
 * last failure if it is no answer. */
mc_status mc__command_run(const mc_client *client, const mc__ask *ask, mc__time now, mc__time deadline);

/* A time to live as it goes on the wire: seconds up to 30 days, the moment beyond, -1 for one that has passed (protocol.txt,
 * "Expiration times"). now_s: the wall clock. */
int64_t mc__exptime(int64_t ttl_s, int64_t now_s);

#endif
