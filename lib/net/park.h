/*
 * Where a thread waits for another: on a word that it shares with some more, of whom each has a bit, so that many are woken
 * by one system call; without a descriptor, and without a lock that the other would need at the same time.
 */
#ifndef MC_NET_PARK_H
#define MC_NET_PARK_H

#include "base/deadline.h"
#include "base/platform.h"

#include <stdatomic.h>
#include <stdint.h>

#if !MC__HAVE_FUTEX
#include <pthread.h>
#endif

/* With 32 bits each: when more threads than that wait, some share a bit, and are woken for nothing now and then. */
#define MC__PARK_WORDS 4

/* The words on which parks wait. Outlives all who wait there or wake. All zero at first. */
typedef struct mc__park_words {
    atomic_uint turns[MC__PARK_WORDS]; /* each changes when somebody who waits on it is woken */
    atomic_uint next;                  /* the place of the next one */
} mc__park_words;

/* Whom to wake: bits of each word. All zero: nobody. */
typedef struct mc__park_wakes {
    uint32_t bits[MC__PARK_WORDS];
} mc__park_wakes;

typedef struct mc__park {
    atomic_uint     set;
    unsigned        place;
    mc__park_words *words;
#if !MC__HAVE_FUTEX
    pthread_mutex_t lock;
    pthread_cond_t  changed;
#endif
} mc__park;

/* Not set, and without a place. 0, or the errno of the failure. */
int  mc__park_init(mc__park *park);
void mc__park_destroy(mc__park *park);

/* Takes a place to wait at; by its owner, before anybody else knows of it. */
void mc__park_take_place(mc__park *park, mc__park_words *words);

/* Waits until it is set, or until that moment. Returns whether it is set. A signal does not end the wait. */
bool mc__park_wait(mc__park *park, mc__time until);

/* Not set any more; by its owner, when nobody else knows of it. */
void mc__park_reset(mc__park *park);

/* Sets it. Its owner may go on from then on, and its memory may be gone. wakes: its owner is added to them, to be woken
 * later, when a lock that was held for the setting has been released; NULL: he does not wait, and looks before he does. */
void mc__park_set(mc__park *park, mc__park_wakes *wakes);

/* Wakes them all. errno stays as it is. */
void mc__park_wake(mc__park_words *words, const mc__park_wakes *wakes);

#endif
