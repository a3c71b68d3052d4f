/*
 * The connections of one host, shared by all threads: those that are idle, newest first, how many there may be, and who
 * waits for one, in order. Its lock is held for a few instructions, never while anybody waits for the network.
 *
 * Two kinds of calls take connections. Most take one for themselves. Those with one small request share: while few of them
 * are under way each takes a connection of its own, an idle one first; under load they wait, though connections may be idle,
 * for one that another such call is using, and whoever gets it next takes all who wait along (see net/share.h). A call that
 * uses a connection so leads on it.
 */
#ifndef MC_NET_POOL_H
#define MC_NET_POOL_H

#include "net/connection.h"
#include "net/park.h"
#include "net/wakeup.h"

#include <pthread.h>

typedef enum mc__waiting {
    MC__WAITING_NOT,    /* never did, or was granted something */
    MC__WAITING_QUEUED, /* in the queue */
    MC__WAITING_RIDES   /* was taken along */
} mc__waiting;

/* A call that waits for a connection. */
typedef struct mc__waiter {
    mc__wakeup         wakeup; /* one that takes for itself: readable from when it is granted something */
    mc__park          *park;   /* one that shares: set when it is granted something; else NULL */
    mc__waiting        waiting;
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
    unsigned        lanes;     /* so many calls that share may lead at once */
    unsigned        leading;   /* those that do */
    unsigned        riding;    /* calls that were taken along and whose leader has not given its connection back */
    atomic_uint     crowd;     /* calls in the queue that share */
    pthread_mutex_t ride_lock; /* net/share.h; taken before lock where both are */
} mc__pool;

/* 0, or the errno of the failure. */
int mc__pool_init(mc__pool *pool, unsigned max);

/* Closes what is idle. Nothing may be in use any more. */
void mc__pool_destroy(mc__pool *pool);

typedef enum mc__taken {
    MC__TAKEN_CONNECTION, /* *connection, which may have been closed by the peer meanwhile: look before use */
    MC__TAKEN_RIGHT,      /* the right to open one: ends in mc__pool_add or mc__pool_return_right */
    MC__TAKEN_PLACE,      /* a place in the queue: wait for waiter's wakeup or park, then mc__pool_granted; or leave */
    MC__TAKEN_NOTHING     /* no descriptor to wait with: errno */
} mc__taken;

/* Takes what is to be had. fresh: not one that was used before; an idle one gives up its place for it. */
mc__taken mc__pool_take(mc__pool *pool, bool fresh, mc__waiter *waiter, mc__connection **connection);

/* The same for a call that shares, with its park: with a connection or a right it leads, until mc__pool_stop_leading. Never
 * MC__TAKEN_NOTHING. */
mc__taken mc__pool_lead(mc__pool *pool, mc__waiter *waiter, mc__park *park, mc__connection **connection);

/* Whether the waiter was granted something; if so it is out of the queue, its wakeup closed, and *taken says what. */
bool mc__pool_granted(mc__pool *pool, mc__waiter *waiter, mc__taken *taken, mc__connection **connection);

/* Leaves the queue; what was granted in this moment goes to the next. false: it was taken along, and is not in the queue. */
bool mc__pool_leave(mc__pool *pool, mc__waiter *waiter);

/* For a call that shares and has waited for long: takes what it could have had without sharing, or stays where it is, with
 * MC__TAKEN_PLACE. It leads then. Only before it was granted anything or taken along; else MC__TAKEN_PLACE too. */
mc__taken mc__pool_break_out(mc__pool *pool, mc__waiter *waiter, mc__connection **connection);

/* Takes up to max calls that share out of the queue, for the leader that calls. Returns how many. */
size_t mc__pool_take_along(mc__pool *pool, mc__waiter **waiters, size_t max);

/* Whether there may be any such. */
static inline bool mc__pool_crowded(const mc__pool *pool) {
    return atomic_load_explicit(&pool->crowd, memory_order_relaxed) > 0;
}

/* A leader, and riding calls with it, are no more under way. connection: is given back by this; NULL: what it had has been.
 * Whoever leads next is woken. */
void mc__pool_stop_leading(mc__pool *pool, size_t riding, mc__connection *connection);

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
