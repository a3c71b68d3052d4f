/* Failures in words: what failed, on which host, with which key, and what to do. Values never appear in them. */
#ifndef MC_CLIENT_FAILURE_H
#define MC_CLIENT_FAILURE_H

#include "client/client.h"
#include "protocol/pipeline.h"

/* Says what is wrong with a key that mc__key_legal refuses. Returns MC_BAD_KEY. */
mc_status mc__fail_bad_key(mc_slice prefix, mc_slice key);

/* Says that a value of len bytes is over max. Returns MC_TOO_LARGE. */
mc_status mc__fail_too_large(mc_slice key, size_t len, size_t max);

/* "<host>: <reason> (<verb> "<key>")". key may be empty. Returns status. */
mc_status mc__fail_at(mc_status status, const mc__host *host, mc__verb verb, mc_slice key, const char *reason);

/* Says that every host that the key may go to is dead. Returns MC_NO_SERVER; with MC_FAILOVER_NONE, MC_UNREACHABLE. */
mc_status mc__fail_dead(const mc_client *client, const mc__host *last, mc__verb verb, mc_slice key);

/* What a reply that refuses says, at out, which has room for MC__ESCAPED_MAX; "" where it does not refuse. */
const char *mc__refusal_text(mc_status status, const mc__reply *reply, char *out);

#endif
