/* Any number of calls at once, under one deadline: the only place that waits. A single command is a run of one. */
#ifndef MC_NET_RUN_H
#define MC_NET_RUN_H

#include "net/call.h"

/*
 * Runs count calls until each is done or the deadline has come; ready to be looked at when it returns. Never later than the
 * deadline but for what the machine itself takes.
 */
void mc__calls_run(mc__call *calls, size_t count, mc__time deadline);

#endif
