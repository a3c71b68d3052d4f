/*
 * One request on one host, the way that most calls take: an idle connection, one look, one send, one receive, and a second
 * one where a large value comes. Threads that meet at a host share connections (net/share.h). Where it comes to more than
 * that (a connection to open, one that broke, a host that was dead), the call goes on as net/call.h has it.
 */
#ifndef MC_NET_SINGLE_H
#define MC_NET_SINGLE_H

#include "net/call.h"

/* Runs a call of one request, as mc__calls_run does. value_size: of the value that it sends, 0 without one. now: the time,
 * or a little before. */
void mc__single_run(mc__call *call, size_t value_size, mc__time now, mc__time deadline);

#endif
