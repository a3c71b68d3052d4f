/*
 * What a call on many keys asks of one host, the way that most of them take: an idle connection, one look, one send, and one
 * receive once all other hosts have been sent theirs. Where it comes to more than that, it goes on as net/call.h has it.
 */
#ifndef MC_NET_DIRECT_H
#define MC_NET_DIRECT_H

#include "net/call.h"

/* Asks what a call that is new has to ask. false: it is none for this, or there is no idle connection that is fit for use,
 * and nothing is done. Else its state is MC__CALL_ASKED or, where not all could be sent, a later one. */
bool mc__direct_ask(mc__call *call, const mc__turn *turn);

/* Waits for the answer to what has been asked, in the socket. The call is done, or goes on from a later state. */
void mc__direct_receive(mc__call *call, const mc__turn *turn);

/* The same without waiting or looking: it goes on by poll. */
void mc__direct_leave(mc__call *call, const mc__turn *turn);

#endif
