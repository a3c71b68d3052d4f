/*
 * The connections of one host, shared by all threads: those that are idle, how many there may be, and who waits for one, in
 * order. An idle one goes to a thread of the processor that had it last, or else the newest. The lock is held for a few
 * instructions, never while anybody waits for the network.
 *
 * Two kinds of calls take connections. Most take one for themselves. Those with one small request share: while few of them
 * are under way each takes a connection of its own, an idle one first; under load they wait, though connections may be idle,
 * to be taken on board of what is shared on their processor's lane (net/lane.h, net/share.h): in the queue here, or in that
 * of the lane once many have met there. A call that has a connection to share leads on it, be it alone.
 */
#ifndef MC_NET_POOL_H
#define MC_NET_POOL_H

#include "base/lock.h"
#include "base/platform.h"
#include "net/connection.h"
#include "net/lane.h"
#include "net/wakeup.h"

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
    unsigned char      lane;       /* one that shares: which lane it waits for */
    mc__connection    *connection; /* what was granted; NULL: the right to open one */
    struct mc__waiter *previous, *next;
} mc__waiter;

/* Threads on one processor share a lane, and threads on another have another: to wake, or to be woken by, a thread of
 * another processor costs as much as a lane saves. With more processors than this, some share one. */
#define MC__LANES 8

typedef struct mc__pool {
    mc__lock        lock;
    mc__connection *idle; /* newest first */
    mc__connection *all;  /* idle and in use */
    unsigned        open; /* in all, and rights to open one */
    unsigned        max;
    mc__waiter     *first, *last;
    unsigned        leading;    /* calls that share and lead alone, and connections that are shared */
    unsigned        crowd;      /* calls in the queue that share */
    atomic_uint     strangers;  /* calls in the queue that do not */
    unsigned        added;      /* connections so far */
    atomic_uint     calm;       /* so many in a row have met few others */
    unsigned        lanes_used; /* so many of the lanes, a power of 2: as connections allow */
    mc__lane        lanes[MC__LANES];
} mc__pool;

/* Of zeroed memory. */
void mc__pool_init(mc__pool *pool, unsigned max);

/* Closes what is idle. Nothing may be in use any more. */
void mc__pool_destroy(mc__pool *pool);

typedef enum mc__taken {
    MC__TAKEN_CONNECTION, /* *connection, which may have been closed by the peer meanwhile: look before use */
    MC__TAKEN_RIGHT,      /* the right to open one: ends in mc__pool_add or mc__pool_return_right */
    MC__TAKEN_PLACE,      /* a place in the queue: wait for waiter's wakeup or park, then mc__pool_granted; or leave */
    MC__TAKEN_NOTHING     /* mc__pool_take: no descriptor to wait with: errno; mc__pool_break_out: see there */
} mc__taken;

/* The lane of the caller's processor. */
static inline unsigned mc__pool_own_lane(const mc__pool *pool) {
    return pool->lanes_used > 1 ? mc__processor() & (pool->lanes_used - 1) : 0;
}

/* A call that shares and is in no queue; what it waits on is its park. */
void mc__waiter_init(mc__waiter *waiter, mc__park *park);

/* Takes an idle connection where there is one; else NULL. */
mc__connection *mc__pool_take_idle(mc__pool *pool);

/* Takes what is to be had. fresh: not one that was used before; an idle one gives up its place for it. */
mc__taken mc__pool_take(mc__pool *pool, bool fresh, mc__waiter *waiter, mc__connection **connection);

/* The same for a call that shares, with its park: with a connection or a right it leads, until mc__pool_stop_leading. Never
 * MC__TAKEN_NOTHING. *calm: there have been few calls at once for a while, so it is to lead alone. */
mc__taken mc__pool_lead(mc__pool *pool, mc__waiter *waiter, mc__park *park, mc__connection **connection, bool *calm);

/* The short way, for when calls have been few for a while, nobody waits and a connection is idle: the caller leads alone
 * with it, and ends that with the other. NULL: it is another time, and nothing has changed. */
mc__connection *mc__pool_lead_calmly(mc__pool *pool);
void            mc__pool_stop_leading_calmly(mc__pool *pool, mc__connection *connection);

/* Whether the waiter was granted something; if so it is out of the queue, its wakeup closed, and *taken says what. */
bool mc__pool_granted(mc__pool *pool, mc__waiter *waiter, mc__taken *taken, mc__connection **connection);

/* Leaves the queue; what was granted in this moment goes to the next. false: it was taken along, and is not in the queue. */
bool mc__pool_leave(mc__pool *pool, mc__waiter *waiter);

/* Whether a call that was taken along, and has not been in the queue since, would find a connection of its own now. */
bool mc__pool_has_one_for(mc__pool *pool, const mc__waiter *waiter);

/* For a call that shares and has waited for long: takes what it could have had without sharing, and leads then, or stays
 * where it is, with MC__TAKEN_PLACE. MC__TAKEN_NOTHING: it is in the queue no more, for it was granted something or taken
 * along. */
mc__taken mc__pool_break_out(mc__pool *pool, mc__waiter *waiter, mc__connection **connection);

/* The same for one in the queue of a lane, whose lock is held: with anything but MC__TAKEN_PLACE it is to leave that. */
mc__taken mc__pool_break_in(mc__pool *pool, mc__connection **connection);

/* Takes calls that wait for this lane out of the queue, as long as board takes them, and not past one that waits for a
 * connection of its own, which would wait for ever behind those who share. With the lane's lock held. false: some are left.
 */
bool mc__pool_take_along(mc__pool *pool, unsigned lane, bool (*board)(void *arg, mc__waiter *waiter), void *arg);

/* Whether anybody waits for a connection of his own. */
static inline bool mc__pool_has_strangers(const mc__pool *pool) {
    return atomic_load_explicit(&pool->strangers, memory_order_relaxed) > 0;
}

/* Calls on board of what is shared. */
unsigned mc__pool_riding(const mc__pool *pool);

/* Many have met: it is not calm any more. */
static inline void mc__pool_met_many(mc__pool *pool) {
    if (atomic_load_explicit(&pool->calm, memory_order_relaxed) != 0)
        atomic_store_explicit(&pool->calm, 0, memory_order_relaxed);
}

/* A call that leads shares its connection with others. */
static inline void mc__pool_count_lane(mc__pool *pool, unsigned lane) {
    atomic_fetch_add(&pool->lanes[lane].open, 1);
}

/* One that led does so no more. connection: is given back by this; NULL: what it had has been. Whoever leads next is woken:
 * of those who share, one who waits for a lane that there is not. */
void mc__pool_stop_leading(mc__pool *pool, mc__connection *connection);

/* The same, of one that was shared. */
void mc__pool_end_lane(mc__pool *pool, unsigned lane, mc__connection *connection);

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
