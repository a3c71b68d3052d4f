/*
 * One exchange on one host, from the pool's connection to the last answer: taking a connection or opening one, sending,
 * receiving, the one retry, giving the connection back. net/run.h drives any number of calls at once.
 *
 * A quiet exchange stays quiet where the server understands that. A connection that is not known to is asked first, and
 * its answer awaited for a small part of the call's time; where it is not the right one, the exchange goes on in the classic
 * way on a fresh connection. What the quiet way leaves in doubt (ops->again) is asked in the classic way behind the rest;
 * the owner has put those requests in front, so that they are [0, again).
 */
#ifndef MC_NET_CALL_H
#define MC_NET_CALL_H

#include "net/dial.h"

#include <poll.h>

typedef enum mc__call_state {
    MC__CALL_NEW,
    MC__CALL_QUEUED,  /* for a connection of the pool */
    MC__CALL_DIALING, /* by right of the pool */
    MC__CALL_ASKED,   /* as net/direct.h has it */
    MC__CALL_TALKING,
    MC__CALL_DONE
} mc__call_state;

typedef struct mc__call {
    /* Set by mc__call_init. */
    mc__host     *host;
    mc__exchange *exchange;
    bool          probe; /* the host is dead, and this call is the one that tries it */

    /* What came of it: MC_OK when every request has been answered through the exchange. Else why some are not, of which the
     * exchange tells what was sent; mc__call_sent_status and mc__call_unsent_status say what that means for them. */
    mc_status failure;
    bool      may_move;                      /* it is the host's fault: what was not sent may be asked of another */
    char      reason[MC__ESCAPED_MAX + 100]; /* what last went wrong, in words, without the host's name; "": nothing */

    mc__call_state  state;
    mc__connection *connection;
    mc__waiter      waiter;
    mc__dial        dial;
    mc__exchange    flush;     /* the flush_all that goes first on a host that was dead */
    mc__exchange    question;  /* whether quiet writes are understood */
    mc__time        ask_until; /* while asking */
    bool            asking;    /* the question is in the pipeline, and the exchange not yet */
    bool            fresh;     /* asks for a connection that nobody has used */
    bool            retried;
    bool            heard; /* a byte of the host has come */
} mc__call;

/* Readies a call. exchange's requests from its answered on are asked. */
void mc__call_init(mc__call *call, mc__host *host, mc__exchange *exchange, bool probe);

/* What a call knows of the run that it is in. */
typedef struct mc__turn {
    mc__time now, deadline;
    bool     alone;   /* nobody else waits while this call does, so it may wait in the socket itself */
    bool     in_turn; /* it may for a little while, for the others' answers are as far as its own */
    int      wait_ms; /* the longest wait in the socket, where that is worth it; else 0 */
} mc__turn;

/* How long a call goes on in turn, at least, before the others are heard again. */
#define MC__TURN_LENGTH (10 * MC__MS)

/* Whether a call that is not done has sent all and but waits for its answer, on a stream whose waits are so short that it
 * may do so in turn. Makes them so. */
bool mc__call_takes_turns(mc__call *call, const mc__turn *turn);

/* Goes on as far as it can without waiting, or, alone, also by waiting in the socket. ready: poll said that what it waits
 * for has come. */
void mc__call_step(mc__call *call, const mc__turn *turn, bool ready);

/* Whether a time of its own, that a call waits until, has come. */
static inline bool mc__call_is_due(const mc__call *call, mc__time now) {
    return (call->state == MC__CALL_DIALING && now >= call->dial.until) ||
           (call->state == MC__CALL_TALKING && call->asking && now >= call->ask_until);
}

/* For net/single.h, by a right of the pool: opens a connection. It is given back when it stands at once and nothing goes
 * before the exchange; the pool's, in use by the caller, and not ready. NULL: the call is done, or goes on with
 * mc__calls_run. */
mc__connection *mc__call_open(mc__call *call, const mc__turn *turn);

/*
 * For net/single.h, which has begun the call by itself: with a connection that only it uses, on which its exchange is asked,
 * and what the last transfer came to; or without one, for the connection broke with status, its exchange is in no pipeline,
 * and its sent, heard and reason are set. The call is done, or goes on with mc__calls_run.
 */
void mc__call_adopt(mc__call *call, const mc__turn *turn, mc__connection *connection, mc__transfer transfer);
void mc__call_lost(mc__call *call, const mc__turn *turn, mc_status status);

/* What a call that is not done waits for: fills *poll; returns until when. */
mc__time mc__call_wants(const mc__call *call, mc__time deadline, struct pollfd *poll);

/* Ends a call that is not done: MC_TIMEOUT, the deadline has come; MC_NO_MEMORY, the run cannot go on. */
void mc__call_stop(mc__call *call, mc__time now, mc_status status);

/* What a request that is not answered has come to: one that may have reached the server, and one that has not. */
mc_status mc__call_sent_status(const mc__call *call);
mc_status mc__call_unsent_status(const mc__call *call);

#endif
