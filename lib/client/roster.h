/*
 * The hosts of a client at one moment: which there are and which holds a key. Never changed once it is made, so that a call
 * sees one list from its start to its end, while mc_client_set_hosts puts another in its place. Counted.
 */
#ifndef MC_CLIENT_ROSTER_H
#define MC_CLIENT_ROSTER_H

#include "cluster/placement.h"
#include "net/host.h"

typedef struct mc__roster {
    atomic_uint    references;
    mc__placement *placement;
    size_t         count;   /* hosts as given */
    size_t        *members; /* for each of them, its place in hosts: a host that is named twice is one */
    mc__host     **hosts;
    size_t         host_count;
} mc__roster;

/*
 * Makes a roster with one reference. Hosts that are in old (NULL: none) are taken over with their connections and health.
 * MC_OK; MC_BAD_ARGUMENT or MC_NO_MEMORY, told in the thread's last failure.
 */
mc_status mc__roster_new(const char *const *hosts, const unsigned *weights, const mc_options *options,
                         const mc__net_settings *settings, const mc__roster *old, mc__roster **result);

/* Gives a reference back; the last one releases the hosts. NULL is allowed. */
void mc__roster_release(mc__roster *roster);

/* The host of the try that the route is at. */
static inline mc__host *mc__roster_host(const mc__roster *roster, const mc__route *route) {
    return roster->hosts[roster->members[mc__route_host(roster->placement, route)]];
}

#endif
