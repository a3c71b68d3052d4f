/*
 * One attempt to connect to a host: the look-up of its name, then each of its addresses, within connect_timeout_ms. Never
 * waits itself: it says what it waits for, and is stepped when that has come.
 */
#ifndef MC_NET_DIAL_H
#define MC_NET_DIAL_H

#include "net/host.h"

typedef enum mc__dial_state { MC__DIAL_PENDING, MC__DIAL_CONNECTED, MC__DIAL_FAILED } mc__dial_state;

typedef struct mc__dial {
    mc__host           *host;
    mc__lookup         *lookup;     /* NULL: the host has a number */
    mc__stream          stream;     /* when connected, the caller's */
    mc__time            deadline;   /* of the whole */
    mc__time            until;      /* of what is waited for now */
    bool                looking_up; /* else connecting */
    bool                no_memory;  /* failed: for want of memory */
    bool                local;      /* failed: for a reason of this process, not of the host */
    bool                broken;     /* failed: the host accepted the connection and broke it at once */
    const mc__endpoint *endpoints;
    size_t              count;
    size_t              first; /* the endpoint that was tried first */
    size_t              tried;
    char                reason[120]; /* failed: "connect: Connection refused" */
} mc__dial;

/* Begins, and goes as far as it can: as mc__dial_step. deadline: of the call. */
mc__dial_state mc__dial_begin(mc__dial *dial, mc__host *host, mc__time now, mc__time deadline);

/* Goes on after what was waited for has come, or its time is up. When it has ended it holds nothing but a connected stream.
 */
mc__dial_state mc__dial_step(mc__dial *dial, mc__time now);

/* What a pending dial waits for: poll events on a descriptor, until dial->until. */
int mc__dial_wants(const mc__dial *dial, short *events);

/* Gives up a pending dial. */
void mc__dial_cancel(mc__dial *dial);

#endif
