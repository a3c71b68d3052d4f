/*
 * One server: its address, its connections, its health, and what its name was looked up to. Shared by all threads and by the
 * host lists that it is in; counted.
 */
#ifndef MC_NET_HOST_H
#define MC_NET_HOST_H

#include "base/fork.h"
#include "net/health.h"
#include "net/pool.h"
#include "net/resolve.h"
#include "net/settings.h"

/* Values from this size on are large; so many of their keys are remembered, a power of 2. */
#define MC__LARGE_VALUE 16384
#define MC__LARGE_KEYS 64

typedef struct mc__host {
    mc__address             address;
    const mc__net_settings *settings; /* outlives the host */
    mc__health              health;
    mc__pool                pool;
    bool                    has_number;
    mc__endpoint            number; /* what its address is, if that is no name; else its name is looked up: */
    pthread_mutex_t         lookup_lock;
    mc__lookup             *lookup;                /* under way, or the last that gave an endpoint that worked; NULL: none */
    atomic_size_t           preferred;             /* the endpoint of it that worked last */
    atomic_llong            quiet_from;            /* mc__host_may_be_quiet is false before */
    atomic_bool             has_large;             /* some value was large */
    atomic_uint             large[MC__LARGE_KEYS]; /* the hashes of their keys, by their last bits; 0: none */
    atomic_uint             references;
    mc__fork_guard          guard;
} mc__host;

/* A host with one reference. Takes over address on success. MC_OK, MC_NO_MEMORY. */
mc_status mc__host_new(mc__address *address, const mc__net_settings *settings, mc__host **result);

mc__host *mc__host_retain(mc__host *host);

/* Gives a reference back; the last one closes the connections and frees the host. NULL is allowed. */
void mc__host_release(mc__host *host);

/* A look-up of the host's name, shared by all who connect to it meanwhile: the caller's reference. As mc__lookup_start. */
mc_status mc__host_look_up(mc__host *host, mc__lookup **lookup, int *error);

/* The look-up's endpoints are of no use: the next connection looks up again. */
void mc__host_forget_lookup(mc__host *host, mc__lookup *lookup);

/* Tells the log, if there is one: "<host>: <text>". */
void mc__host_log(const mc__host *host, const char *text);

/* What a call has learnt of the host; changes in its health are logged. reason: in words, for the log. */
static inline void mc__host_answered(mc__host *host) {
    if (mc__health_answered(&host->health))
        mc__host_log(host, "back again");
}

void mc__host_unreachable(mc__host *host, mc__time now, const char *reason);
void mc__host_timed_out(mc__host *host, mc__time now);

/*
 * Whether a connection is worth asking whether its server understands quiet writes (protocol/quiet.h). Not where one before
 * did not: if it said so, until a connection to the host is lost, for the next may be to a newer server; if it closed the
 * connection or said nothing, for a minute, or until the host is found dead. Any thread.
 */
bool mc__host_may_be_quiet(const mc__host *host, mc__time now);
void mc__host_refused_quiet(mc__host *host);
void mc__host_ignored_quiet(mc__host *host, mc__time now);
void mc__host_lost_connection(mc__host *host);

/*
 * Which keys have large values: what is asked for them takes a connection of its own, so as not to hold up small requests.
 * Learnt from the values that come; of very many such keys some are forgotten. Any thread.
 */
void mc__host_note_value(mc__host *host, mc_slice key, size_t len);
bool mc__host_expects_large_value(const mc__host *host, mc_slice key);

/* Whether there is anything to know of them. */
static inline bool mc__host_has_large_values(const mc__host *host) {
    return atomic_load_explicit(&host->has_large, memory_order_relaxed);
}

#endif
