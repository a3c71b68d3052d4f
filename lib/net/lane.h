/*
 * Where threads of one processor meet at a host: those who are to be taken on board of the connection that is shared there
 * (net/share.h), and what is known of late. Each lane has a lock and memory of its own, so that threads of different
 * processors do not wait for each other here.
 */
#ifndef MC_NET_LANE_H
#define MC_NET_LANE_H

#include "base/lock.h"
#include "net/park.h"

struct mc__share;
struct mc__rider;

/* Fewer calls at once than this are few: each leads on a connection of its own. */
#define MC__FEW 3

typedef struct mc__lane {
    mc__lock          lock;   /* never held while anybody waits for the network; taken before the pool's */
    atomic_uint       queued; /* how many wait to be taken on board: */
    struct mc__rider *first, *last;
    struct mc__share *shares; /* the connections that are shared here, oldest first: more than one where the first does
                                 not move */
    atomic_uint    riding;    /* calls on board */
    atomic_uint    joinable;  /* connections that are shared here on which nobody sends */
    mc__park_words words;     /* where those wait who share here */
    atomic_llong   usual;     /* how long calls have taken of late */
    /* What changes seldom is between what the next processor's threads change often, and what these do. */
    atomic_uint  open;       /* how many are shared here */
    atomic_uint  crowd;      /* so many have been on board at once, of late */
    atomic_uint  awaited;    /* calls in the pool's queue that wait for this lane */
    atomic_llong yield_from; /* before, who sends does not give way to others */
    char         apart[32];
} mc__lane;

/* In a forked child, with the lock held: those who were here are threads of the parent. */
static inline void mc__lane_clear(mc__lane *lane) {
    lane->shares = NULL;
    lane->first = lane->last = NULL;
    atomic_store(&lane->queued, 0);
    atomic_store(&lane->crowd, 0);
    atomic_store(&lane->open, 0);
    atomic_store(&lane->joinable, 0);
    atomic_store(&lane->riding, 0);
    atomic_store(&lane->awaited, 0);
}

/* With the lock held, by which alone it changes; others may look. */
static inline void mc__lane_count(atomic_uint *number, int more) {
    unsigned before = atomic_load_explicit(number, memory_order_relaxed);

    atomic_store_explicit(number, before + (unsigned)more, memory_order_relaxed);
}

/* Whether there is a connection that is shared here. */
static inline bool mc__lane_is_open(const mc__lane *lane) {
    return atomic_load_explicit(&lane->open, memory_order_relaxed) > 0;
}

/* Whether more than a few have met here of late. */
static inline bool mc__lane_has_crowd(const mc__lane *lane) {
    return atomic_load_explicit(&lane->crowd, memory_order_relaxed) >= MC__FEW;
}

/* Whether anybody waits for this lane in the pool's queue. */
static inline bool mc__lane_is_awaited(const mc__lane *lane) {
    return atomic_load(&lane->awaited) > 0;
}

/* Whether there is a connection here on which nobody sends. */
static inline bool mc__lane_is_joinable(const mc__lane *lane) {
    return atomic_load(&lane->joinable) > 0;
}

static inline void mc__lane_count_joinable(mc__lane *lane, int more) {
    atomic_fetch_add(&lane->joinable, (unsigned)more);
}

/* The lane's queue. With the lock held. */
void mc__lane_add(mc__lane *lane, struct mc__rider *rider);
void mc__lane_remove(mc__lane *lane, struct mc__rider *rider);

/* By the rider's owner, without the lock: leaves the queue, if it is there. */
bool mc__lane_leave(mc__lane *lane, struct mc__rider *rider);

/* So many are on board now. With the lock held. */
void mc__lane_note_crowd(mc__lane *lane, size_t aboard);

/* Gives way to those who have just been woken, before one sends: each of them that gets on board saves a send. more: those
 * who come along, and are neither in the queue nor on board. Without the lock. */
void mc__lane_let_others_come(mc__lane *lane, unsigned more, mc__time deadline);

#endif
