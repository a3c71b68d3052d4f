/*
 * A proxy in front of a real server that delays, cuts, splits, stalls or drops what goes through it.
 *
 *     fault_proxy *proxy = fault_proxy_start(LISTENER_TCP, server_address);
 *     fault_proxy_set(proxy, &(proxy_fault){.action = FAULT_RESET, .direction = FAULT_TO_CLIENT, .at_byte = 20});
 *     ... fault_proxy_address(proxy) ...
 *     fault_proxy_stop(proxy);
 *
 * Without a fault it hands everything on as it comes. Each connection has a thread, which blocks all signals.
 */
#ifndef MC_SUPPORT_FAULT_PROXY_H
#define MC_SUPPORT_FAULT_PROXY_H

#include "support/listener.h"

#include <stddef.h>

typedef enum fault_direction { FAULT_TO_CLIENT, FAULT_TO_SERVER } fault_direction;

typedef enum fault_action {
    FAULT_NONE,
    FAULT_DELAY,  /* at the byte, and before each piece after it, a pause of ms */
    FAULT_CLOSE,  /* at the byte, both sides are closed */
    FAULT_RESET,  /* at the byte, both sides are reset */
    FAULT_STALL,  /* at the byte, this direction stops for good, and nothing more is read from its sender */
    FAULT_DROP,   /* the count bytes from the byte on are lost */
    FAULT_CHANGE, /* the count bytes from the byte on are changed: each bit is turned over */
    FAULT_SPLIT   /* from the byte on, pieces of count bytes, with a pause of ms (0: a moment) between them */
} fault_action;

/* What happens to each connection, counted from its first byte in that direction. */
typedef struct proxy_fault {
    fault_action    action;
    fault_direction direction;
    size_t          at_byte;
    size_t          count;
    int             ms;
} proxy_fault;

typedef struct fault_proxy fault_proxy;

/* Starts a proxy, on a socket of that kind, in front of the server at that address. Fails the test when it cannot. */
fault_proxy *fault_proxy_start(listener_kind kind, const char *server);

/* Its address as a client is given it. Valid until the proxy is stopped. */
const char *fault_proxy_address(const fault_proxy *proxy);

/* The fault of connections that come from now on; NULL: none. Those that exist keep theirs. */
void fault_proxy_set(fault_proxy *proxy, const proxy_fault *fault);

/* How many connections it has accepted. */
size_t fault_proxy_connections(fault_proxy *proxy);

/* Closes everything and frees the proxy. */
void fault_proxy_stop(fault_proxy *proxy);

#endif
