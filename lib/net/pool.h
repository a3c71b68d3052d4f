/*
 * The connections of one host, shared by all threads: those that are idle, newest first, how many there may be, and who
 * waits for one, in order. Its lock is held for a few instructions, never while anybody waits for the network.
 */
#ifndef MC_NET_POOL_H
#define MC_NET_POOL_H

#include "net/connection.h"
#include "net/wakeup.h"

#include <pthread.h>

/* A call that waits for a connection. wakeup.read_fd is readable from when it is granted one. */
typedef struct mc__waiter {
    mc__wakeup         wakeup;
    bool               granted;
    mc__connection    *connection; /* what was granted; NULL: the right to open one */
    struct mc__waiter *previous, *next;
} mc__waiter;

typedef struct mc__pool {
    pthread_mutex_t lock;
    mc__connection *idle; /* newest first */
    mc__connection *all;  /* idle and in use */
    unsigned        open; /* in all, and rights to open one */
    unsigned        max;
    mc__waiter     *first, *last;
} mc__pool;

/* 0, or the errno of the failure. */
int mc__pool_init(mc__pool *pool, unsigned max);

/* Closes what is idle. Nothing may be in use any more. */
void mc__pool_destroy(mc__pool *pool);

typedef enum mc__taken {
    MC__TAKEN_CONNECTION, /* *connection, which may have been closed by the peer meanwhile: look before use */
    MC__TAKEN_RIGHT,      /* the right to open one: ends in mc__pool_add or mc__pool_return_right */
    MC__TAKEN_PLACE,      /* a place in the queue: poll waiter->wakeup.read_fd, then mc__pool_granted; or mc__pool_leave */
    MC__TAKEN_NOTHING     /* no descriptor to wait with: errno */
} mc__taken;

/* Takes what is to be had. fresh: not one that was used before; an idle one gives up its place for it. */
mc__taken mc__pool_take(mc__pool *pool, bool fresh, mc__waiter *waiter, mc__connection **connection);

/* Whether the waiter was granted something; if so it is out of the queue, its wakeup closed, and *taken says what. */
bool mc__pool_granted(mc__pool *pool, mc__waiter *waiter, mc__taken *taken, mc__connection **connection);

/* Leaves the queue; what was granted in this moment goes to the next. */
void mc__pool_leave(mc__pool *pool, mc__waiter *waiter);

/* A connection that was opened by right, in use by the caller. */
void mc__pool_add(mc__pool *pool, mc__connection *connection);

/* The right was not used. */
void mc__pool_return_right(mc__pool *pool);

/* A connection in use goes to the first who waits, or is idle. */
void mc__pool_give_back(mc__pool *pool, mc__connection *connection);

/* A connection in use is closed and freed. */
void mc__pool_drop(mc__pool *pool, mc__connection *connection);

/* Closes all that are idle. */
void mc__pool_close_idle(mc__pool *pool);

/* For fork: the lock is held by the caller (see base/fork.h). The child's pool is empty; idle connections are freed, those
 * that the parent's threads were using are only closed, for their memory may be in the middle of a change. */
void mc__pool_after_fork(mc__pool *pool);

#endif
