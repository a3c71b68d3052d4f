/*
 * Where a thread waits for another: on a word in its own memory, without a descriptor, and without a lock that the other
 * would need at the same time.
 */
#ifndef MC_NET_PARK_H
#define MC_NET_PARK_H

#include "base/deadline.h"
#include "base/platform.h"

#include <stdatomic.h>

#if !MC__HAVE_FUTEX
#include <pthread.h>
#endif

typedef struct mc__park {
    atomic_uint set;
#if !MC__HAVE_FUTEX
    pthread_mutex_t lock;
    pthread_cond_t  changed;
#endif
} mc__park;

/* Not set. 0, or the errno of the failure. */
int  mc__park_init(mc__park *park);
void mc__park_destroy(mc__park *park);

/* Waits until it is set, or until that moment. Returns whether it is set. A signal does not end the wait. */
bool mc__park_wait(mc__park *park, mc__time until);

/* Not set any more; by its owner, when nobody else knows of it. */
void mc__park_reset(mc__park *park);

/* Sets it. Its owner may go on from then on, and its memory may be gone. */
void mc__park_set(mc__park *park);

/* Wakes its owner after it was set. Uses the address alone, so that a lock that was held for the setting can be released
 * before this system call. */
void mc__park_wake(const mc__park *park);

#endif
