/*
 * Name look-ups that cannot hold their caller: an address that is a number or a path is answered at once, a name by
 * getaddrinfo in a thread of its own, which is left behind when nobody waits for it any more.
 */
#ifndef MC_NET_RESOLVE_H
#define MC_NET_RESOLVE_H

#include "cluster/address.h"
#include "net/stream.h"

/* The endpoint of an address that is a number or a path. false: it is a name, or one that only a look-up can tell what is
 * wrong with; *endpoint is of no use then. */
bool mc__endpoint_of(const mc__address *address, mc__endpoint *endpoint);

/* A look-up under way or done, shared by counting. Any thread. */
typedef struct mc__lookup mc__lookup;

/*
 * Starts a look-up. MC_OK: *lookup is the caller's reference, to be given back with mc__lookup_release. Else MC_NO_MEMORY,
 * or MC_UNREACHABLE with *error set to the errno (no thread, no descriptor); *lookup is NULL then.
 */
mc_status mc__lookup_start(const mc__address *address, mc__lookup **lookup, int *error);

/* One more reference, for another who waits for the same look-up. */
mc__lookup *mc__lookup_retain(mc__lookup *lookup);

/* Gives a reference back; NULL is allowed. Never waits: a thread that still looks up frees the rest when it comes back. In a
 * forked child, where a look-up that was under way never ends, the last reference frees it. */
void mc__lookup_release(mc__lookup *lookup);

/* Whether the result is there. */
bool mc__lookup_done(mc__lookup *lookup);

/* Readable (POLLIN) once the result is there, for any number of threads; valid as long as the reference. -1 when the result
 * was there from the start. */
int mc__lookup_fd(const mc__lookup *lookup);

/* The result of a look-up that is done: the endpoints in the resolver's order, or a count of 0 and *error is the words for
 * why ("Name or service not known"). Both are valid as long as the reference. */
const mc__endpoint *mc__lookup_result(const mc__lookup *lookup, size_t *count, const char **error);

/* Whether one that is done failed for a lack of this process's own (descriptors, memory), which says nothing of the host. */
bool mc__lookup_failed_locally(const mc__lookup *lookup);

#endif
