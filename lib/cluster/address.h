/*
 * Where a host listens, as its user wrote it: parsed and checked, never looked up.
 *
 *     host  host:port  [v6]  [v6]:port  inet:host[:port]  inet6:[v6][:port]  unix:/path  /path
 *
 * The default port is 11211. These are python-memcached's forms, libmemcached's /path, and brackets without "inet6:".
 */
#ifndef MC_CLUSTER_ADDRESS_H
#define MC_CLUSTER_ADDRESS_H

#include "base/slice.h"

#define MC__DEFAULT_PORT 11211

/* The longest host name, in bytes (RFC 1035, 2.3.4). */
#define MC__HOST_NAME_MAX 255

/* Room for the name of any address, with its NUL. */
#define MC__ADDRESS_NAME_MAX (MC__HOST_NAME_MAX + sizeof "inet:[]:65535")

typedef enum mc__address_kind {
    MC__ADDRESS_ANY,   /* a name that may have addresses of either family */
    MC__ADDRESS_INET,  /* an IPv4 address, or a name behind "inet:" of which only the IPv4 addresses count */
    MC__ADDRESS_INET6, /* an IPv6 address, perhaps with %zone */
    MC__ADDRESS_UNIX   /* the path of a socket */
} mc__address_kind;

/* Zeroed memory is an address that owns nothing. */
typedef struct mc__address {
    mc__address_kind kind;
    char            *host; /* as written: a name, an address without brackets, or a path */
    uint16_t         port; /* 0 for a path */
    char            *name; /* "h:11211", "inet:h:11211", "[::1]:11211", "unix:/path": for messages; where two are equal, it
                              is the same host. In host's block */
} mc__address;

/*
 * Reads text (NULL is allowed and refused) into *address, which is overwritten and owns its strings until
 * mc__address_clear. Returns MC_OK; MC_BAD_ARGUMENT when text is not of the forms above: a port that is not 1 to 65,535, a
 * name over MC__HOST_NAME_MAX bytes or of other bytes than letters, digits, '.', '-' and '_', a path that does not fit a
 * sockaddr_un or has a control character, an IPv6 address without brackets or not legal in them; MC_NO_MEMORY. After a
 * failure the thread's last failure names the text, escaped, and *address is zeroed.
 */
mc_status mc__address_parse(const char *text, mc__address *address);

/* Frees what the address owns and zeroes it. */
void mc__address_clear(mc__address *address);

#endif
