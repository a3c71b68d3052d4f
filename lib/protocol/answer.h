/* Which reply answers which command, and what it means: the protocol's legality in one table, apart from its bytes. */
#ifndef MC_PROTOCOL_ANSWER_H
#define MC_PROTOCOL_ANSWER_H

#include "protocol/reply.h"
#include "protocol/request.h"

typedef enum mc__answer {
    MC__ANSWER_STATUS, /* the command is answered: with *status */
    MC__ANSWER_PART,   /* a VALUE or STAT: the answer goes on */
    MC__ANSWER_ILLEGAL /* no reply to this command: the connection is out of step */
} mc__answer;

/*
 * What reply says to a command. After MC_CLIENT_ERROR the connection must be closed: a server that calls a request wrong may
 * take its data for commands, and answer those too. After MC_SERVER_ERROR and MC_TOO_LARGE it is in step.
 */
mc__answer mc__answer_to(mc__verb verb, const mc__reply *reply, mc_status *status);

#endif
