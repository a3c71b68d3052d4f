#include "net/health.h"

int mc__health_init(mc__health *health) {
    *health = (mc__health){0};
    return pthread_mutex_init(&health->lock, NULL);
}

void mc__health_destroy(mc__health *health) {
    pthread_mutex_destroy(&health->lock);
}

mc__admission mc__health_admit_dead(mc__health *health, mc__time now) {
    mc__admission admission = MC__ADMISSION_SKIP;

    if (!atomic_load(&health->dead))
        return MC__ADMISSION_USE;
    pthread_mutex_lock(&health->lock);
    if (!atomic_load(&health->dead)) {
        admission = MC__ADMISSION_USE;
    } else if (now >= health->retry_at && !health->probing) {
        health->probing = true;
        admission = MC__ADMISSION_PROBE;
    }
    pthread_mutex_unlock(&health->lock);
    return admission;
}

bool mc__health_is_dead(const mc__health *health) {
    return atomic_load(&health->dead);
}

bool mc__health_revived(mc__health *health) {
    bool was_dead;

    if (atomic_load_explicit(&health->timeouts, memory_order_relaxed) != 0)
        atomic_store(&health->timeouts, 0);
    if (!atomic_load(&health->dead))
        return false;
    pthread_mutex_lock(&health->lock);
    was_dead = atomic_exchange(&health->dead, false);
    health->probing = false;
    pthread_mutex_unlock(&health->lock);
    return was_dead;
}

/* Some of the bits of the time and the place in memory, for a spread that needs no generator. */
static mc__time jitter(const mc__health *health, mc__time now, mc__time range) {
    uint64_t bits = ((uint64_t)now ^ (uint64_t)(uintptr_t)health) * 0x9e3779b97f4a7c15U;

    return range > 0 ? (mc__time)((bits >> 20) % (uint64_t)range) : 0;
}

bool mc__health_unreachable(mc__health *health, mc__time now, int retry_ms) {
    mc__time rest = retry_ms * MC__MS;
    bool     was_dead;

    pthread_mutex_lock(&health->lock);
    was_dead = atomic_exchange(&health->dead, true);
    health->retry_at = now + rest + jitter(health, now, rest / 16);
    health->probing = false;
    health->flush_due = true;
    pthread_mutex_unlock(&health->lock);
    return !was_dead;
}

bool mc__health_timed_out(mc__health *health, mc__time now, int retry_ms) {
    unsigned timeouts = atomic_fetch_add(&health->timeouts, 1) + 1;

    if (timeouts >= MC__TIMEOUTS_TO_DEATH || atomic_load(&health->dead))
        return mc__health_unreachable(health, now, retry_ms);
    return false;
}

void mc__health_give_up(mc__health *health) {
    pthread_mutex_lock(&health->lock);
    health->probing = false;
    pthread_mutex_unlock(&health->lock);
}

void mc__health_forget(mc__health *health) {
    pthread_mutex_lock(&health->lock);
    atomic_store(&health->dead, false);
    atomic_store(&health->timeouts, 0);
    health->probing = false;
    pthread_mutex_unlock(&health->lock);
}

static bool set_flush(mc__health *health, bool due) {
    bool was_due;

    pthread_mutex_lock(&health->lock);
    was_due = health->flush_due;
    health->flush_due = due;
    pthread_mutex_unlock(&health->lock);
    return was_due;
}

bool mc__health_take_flush(mc__health *health) {
    return set_flush(health, false);
}

void mc__health_flush_failed(mc__health *health) {
    set_flush(health, true);
}
