/*
 * One command on a host that plays a reply, and all that must be true afterwards, as a row of a table:
 *
 *     {"a value of another key", "get", REPLY("VALUE x 7 5\r\nhello\r\nEND\r\n"), STAYS, MC_PROTOCOL_ERROR, CLOSED},
 *
 * A trial checks: the status; that nothing is handed out without MC_OK, and what is handed out with it; that the detail
 * names the host where the status is no answer; that the connection is kept, or is never used again, as the row says; how
 * often the host was asked; and that the next call on the same client is answered as if nothing had been.
 */
#ifndef MC_SUPPORT_REPLY_TRIAL_H
#define MC_SUPPORT_REPLY_TRIAL_H

#include "support/command_set.h"
#include "support/scripted_host.h"
#include "support/trials.h"

/* What the host does when it has sent the reply. */
typedef enum host_then {
    STAYS,    /* answers what comes next */
    QUIET,    /* nothing more; the call is given little time */
    FINISHES, /* closes */
    RESETS    /* closes with an RST */
} host_then;

typedef enum fate { STAYS_IN_USE, IS_CLOSED } fate;
#define KEPT .connection = STAYS_IN_USE
#define CLOSED .connection = IS_CLOSED

/* The reply: bytes, which may have a NUL among them. */
#define REPLY(text) text, sizeof(text) - 1

typedef struct reply_row {
    const char *name;
    const char *command; /* of the command set */
    const char *reply;
    size_t      len;
    host_then   then;
    mc_status   status;
    fate        connection;
    const char *text;  /* what is handed out; NULL: what the command set says where status is MC_OK, else nothing */
    unsigned    asked; /* how often the host sees the request; 0: once, or twice where it ends without a byte of a reply */
    mc_status   also;  /* another status that is as right; 0: none */
    const char *rest;  /* what is asked once more, on another connection, and the answer to it; NULL: nothing */
    const char *rest_reply;
} reply_row;

/* How the host sends the reply. */
typedef struct reply_way {
    listener_kind kind;
    size_t        piece;    /* in pieces of so many bytes; 0: whole */
    size_t        split_at; /* in two; 0: whole */
    bool          warm;     /* on a connection that has been used before */
} reply_way;

/* Tries a row in a way. */
void reply_trial(const reply_row *row, const reply_way *way, complaint *wrong);

/* A trial_fn for tables of reply_row: each whole, on a new connection and on one that was used before; byte by byte;
 * and split in two at each byte. */
void reply_trial_all_ways(size_t row, const void *table, complaint *wrong);

/* A trial_fn for tables of reply_row: each whole on TCP, on a new connection and on one that was used before. */
void reply_trial_whole(size_t row, const void *table, complaint *wrong);

#endif
