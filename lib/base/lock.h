/*
 * A lock for what is done in a few instructions. Taking it and releasing it are a few themselves, without a call, as long as
 * nobody else wants it at that moment: a command does so three times, and with a mutex each is fifty. Whoever has to wait
 * for more than a moment sleeps.
 */
#ifndef MC_BASE_LOCK_H
#define MC_BASE_LOCK_H

#include "base/inline.h"

#include <stdatomic.h>

/* Zeroed memory is a lock that is free. It needs no end. */
typedef struct mc__lock {
    atomic_uint state; /* 0: free; 1: held; 2: held, and somebody may wait */
} mc__lock;

/* What they do when there are others. */
void mc__lock_take_slowly(mc__lock *lock) MC__RARE;
void mc__lock_wake(mc__lock *lock) MC__RARE;

/* Waits until nobody else holds it. Not by who holds it. errno stays as it is, here and below. */
static inline void mc__lock_take(mc__lock *lock) {
    unsigned is_free = 0;

    if (!atomic_compare_exchange_strong_explicit(&lock->state, &is_free, 1, memory_order_acquire, memory_order_relaxed))
        mc__lock_take_slowly(lock);
}

/* By the thread that holds it or, in a child, by the one that has forked with it held. The lock's memory may be gone as soon
 * as another can take it. */
static inline void mc__lock_release(mc__lock *lock) {
    if (atomic_exchange_explicit(&lock->state, 0, memory_order_release) == 2)
        mc__lock_wake(lock);
}

#endif
