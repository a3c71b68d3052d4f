/*
 * Who is on board of a connection that several threads share (net/share.h): the requests of calls that go out together,
 * those with the same command as one exchange, a line; and what comes of it, told to each. All with the lock of the lane
 * held.
 */
#ifndef MC_NET_BOARD_H
#define MC_NET_BOARD_H

#include "net/lane.h"
#include "protocol/pipeline.h"

/* So many batches of one kind of command are under way at once, of so many requests and bytes of keys each. Who finds no
 * room waits. */
#define MC__BOARD_LINES 6
#define MC__LINE_RIDERS 32
#define MC__LINE_KEYS_SIZE 1024

typedef enum mc__riding {
    MC__RIDING_WAITS,    /* for its answer, or in the queue */
    MC__RIDING_READS,    /* the same, and it is the one that receives */
    MC__RIDING_ANSWERED, /* through its exchange */
    MC__RIDING_FAILED,   /* the connection broke: failure and reason say why, its exchange whether it was sent */
    MC__RIDING_ALONE,    /* it is to ask once more, on its own */
    MC__RIDING_REFUSED   /* it waited in the lane's queue, and nobody is there any more to take it on board */
} mc__riding;

/* A call with one request that may share. */
typedef struct mc__rider {
    /* Set by the call. */
    mc__park      park;     /* set when its state has changed for good, or to MC__RIDING_READS */
    mc__exchange *exchange; /* of one request */
    char         *reason;   /* room for why it failed */
    size_t        reason_size;

    /* Under the lane's lock; the call's own from when its park is set. */
    mc__riding        state;
    bool              queued; /* in the lane's queue */
    struct mc__rider *previous, *next;
    struct mc__share *share; /* NULL: it is not on board yet */
    struct mc__line  *line;
    size_t            at;      /* in the line */
    bool              lingers; /* it is answered, and receives until the connection can be left in order */
    mc_status         failure;
    bool              heard;          /* a byte of the host has come */
    bool              first_to_leave; /* of those who have left since a byte has come */
} mc__rider;

/* Requests with the same command that went out together. Free when all of it is answered. */
typedef struct mc__line {
    mc__exchange      exchange; /* first, so that the one is the other */
    struct mc__board *board;
    bool              boarding;                /* not pushed yet */
    mc__rider        *riders[MC__LINE_RIDERS]; /* NULL: answered, or has left */
    mc_slice          keys[MC__LINE_RIDERS];   /* of a retrieval: copies, which stay when a rider leaves */
    uint32_t          tags[MC__LINE_RIDERS];   /* of the keys: equal where they are */
    size_t            keys_len;
    char              key_bytes[MC__LINE_KEYS_SIZE];
} mc__line;

typedef struct mc__board {
    mc__lane      *lane;
    mc__pipeline  *pipeline; /* the connection's */
    mc__rider     *reader;   /* who receives; NULL: nobody */
    mc__rider     *sender;   /* who sends; NULL: nobody. Set by the share, as the reader is */
    size_t         values;   /* bytes of values in what is boarding */
    size_t         aboard;   /* riders whose answer is awaited */
    mc__park_wakes wakes;    /* who has been told something, and sleeps; to be woken without the lock */
    mc__line       lines[MC__BOARD_LINES];
} mc__board;

/* Nobody is on it: it is new, or all that were have been told. Before others know of it. */
void mc__board_clear(mc__board *board, mc__lane *lane, mc__pipeline *pipeline);

/* Takes the rider on board. false: there is no room. */
bool mc__board_add(mc__board *board, mc__rider *rider);

/* Hands what has been taken on board to the pipeline. */
void mc__board_depart(mc__board *board);

/* Tells the rider its state. Unless that is MC__RIDING_READS, its memory may be gone when the lock is. */
void mc__board_tell(mc__board *board, mc__rider *rider, mc__riding state);

/* The rider, which is on board, leaves: its answer is read and thrown away. */
void mc__board_leave(mc__board *board, const mc__rider *rider);

/* Whoever is on board fails; whether his request may have reached the server is known by its line. */
void mc__board_fail(mc__board *board, mc_status status, bool heard, const char *reason);

/* One whose answer is awaited. NULL: there is none. */
mc__rider *mc__board_anybody(const mc__board *board);

#endif
