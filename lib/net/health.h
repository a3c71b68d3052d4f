/*
 * Whether a host is worth trying. A host that cannot be connected to, or on which three calls in a row timed out, is dead:
 * it is left alone for a while, and then one caller tries it, not all of them. The clock is passed in.
 */
#ifndef MC_NET_HEALTH_H
#define MC_NET_HEALTH_H

#include "base/deadline.h"

#include <pthread.h>
#include <stdatomic.h>

/* Timeouts in a row from which a host counts as dead. */
#define MC__TIMEOUTS_TO_DEATH 3

typedef struct mc__health {
    atomic_bool     dead;
    atomic_uint     timeouts; /* in a row */
    pthread_mutex_t lock;     /* for the rest */
    mc__time        retry_at;
    bool            probing; /* a caller is trying a dead host */
    bool            flush_due;
} mc__health;

/* Alive. 0, or the errno of the failure. */
int  mc__health_init(mc__health *health);
void mc__health_destroy(mc__health *health);

typedef enum mc__admission {
    MC__ADMISSION_USE,  /* alive */
    MC__ADMISSION_SKIP, /* dead */
    MC__ADMISSION_PROBE /* dead, and the caller is the one that tries: it ends in one of the three reports, or in give_up */
} mc__admission;

mc__admission mc__health_admit_dead(mc__health *health, mc__time now);

static inline mc__admission mc__health_admit(mc__health *health, mc__time now) {
    return atomic_load_explicit(&health->dead, memory_order_relaxed) ? mc__health_admit_dead(health, now)
                                                                     : MC__ADMISSION_USE;
}

/* Whether mc__health_admit would say just MC__ADMISSION_USE, at this moment. */
static inline bool mc__health_is_well(const mc__health *health) {
    return !atomic_load_explicit(&health->dead, memory_order_relaxed);
}

/* Whether it is dead, without a try for the caller. */
bool mc__health_is_dead(const mc__health *health);

/* The host has answered. true: it was dead until now. */
bool mc__health_revived(mc__health *health);

static inline bool mc__health_answered(mc__health *health) {
    return (atomic_load_explicit(&health->timeouts, memory_order_relaxed) != 0 ||
            atomic_load_explicit(&health->dead, memory_order_relaxed)) &&
           mc__health_revived(health);
}

/* The host cannot be reached; it is left alone until retry_ms from now and up to a sixteenth more, so that many clients do
 * not come back at once. true: it was alive until now. */
bool mc__health_unreachable(mc__health *health, mc__time now, int retry_ms);

/* A call on it timed out. true: it is dead by this one. */
bool mc__health_timed_out(mc__health *health, mc__time now, int retry_ms);

/* The probe ended without news of the host. */
void mc__health_give_up(mc__health *health);

/* As if nothing were known; a flush that is due stays so. */
void mc__health_forget(mc__health *health);

/* Whether the host was dead since this was last asked: true once. */
bool mc__health_take_flush(mc__health *health);

/* What was taken could not be done. */
void mc__health_flush_failed(mc__health *health);

#endif
