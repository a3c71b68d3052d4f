#include "net/park.h"

#include <errno.h>
#include <time.h>

#if MC__HAVE_FUTEX
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

static bool is_set(mc__park *park) {
    return atomic_load_explicit(&park->set, memory_order_acquire) != 0;
}

static struct timespec moment(mc__time time) {
    return (struct timespec){.tv_sec = (time_t)(time / 1000000000), .tv_nsec = (long)(time % 1000000000)};
}

void mc__park_reset(mc__park *park) {
    atomic_store_explicit(&park->set, 0, memory_order_relaxed);
}

#if MC__HAVE_FUTEX

/* On a system of 32 bits whose time has 64. */
#ifdef SYS_futex_time64
#define FUTEX (sizeof(time_t) > sizeof(long) ? SYS_futex_time64 : SYS_futex)
#else
#define FUTEX SYS_futex
#endif

#define BITS 32
#define PLACES (MC__PARK_WORDS * BITS)

int mc__park_init(mc__park *park) {
    atomic_init(&park->set, 0);
    park->words = NULL;
    return 0;
}

void mc__park_destroy(mc__park *park) {
    (void)park;
}

void mc__park_take_place(mc__park *park, mc__park_words *words) {
    park->words = words;
    park->place = atomic_fetch_add_explicit(&words->next, 1, memory_order_relaxed) % PLACES;
}

static uint32_t bit_of(unsigned place) {
    return (uint32_t)1 << place % BITS;
}

bool mc__park_wait(mc__park *park, mc__time until) {
    struct timespec at = moment(until);
    atomic_uint    *word = &park->words->turns[park->place / BITS];

    /* The moment is one of the monotonic clock, so a wait that was cut short goes on to the same end. */
    for (;;) {
        /* Read before the look: who sets it changes the word afterwards, and then there is no sleep. */
        unsigned turn = atomic_load_explicit(word, memory_order_acquire);
        if (is_set(park))
            return true;
        if (syscall(FUTEX, word, FUTEX_WAIT_BITSET_PRIVATE, turn, &at, NULL, bit_of(park->place)) != 0 && errno != EAGAIN &&
            errno != EINTR)
            return is_set(park);
    }
}

void mc__park_set(mc__park *park, mc__park_wakes *wakes) {
    if (wakes)
        wakes->bits[park->place / BITS] |= bit_of(park->place);
    atomic_store_explicit(&park->set, 1, memory_order_release);
}

void mc__park_wake(mc__park_words *words, const mc__park_wakes *wakes) {
    int error = errno;

    for (size_t i = 0; i < MC__PARK_WORDS; i++) {
        if (wakes->bits[i] == 0)
            continue;
        atomic_fetch_add_explicit(&words->turns[i], 1, memory_order_release);
        syscall(FUTEX, &words->turns[i], FUTEX_WAKE_BITSET_PRIVATE, INT_MAX, NULL, NULL, wakes->bits[i]);
    }
    errno = error;
}

#else

#if defined(__APPLE__)
#define WAIT_CLOCK CLOCK_REALTIME /* macOS cannot choose the clock of a condition */
#else
#define WAIT_CLOCK CLOCK_MONOTONIC
#endif

static int init_condition(pthread_cond_t *condition) {
    pthread_condattr_t attributes;
    int                error = pthread_condattr_init(&attributes);

    if (error != 0)
        return error;
#if !defined(__APPLE__)
    error = pthread_condattr_setclock(&attributes, WAIT_CLOCK);
#endif
    if (error == 0)
        error = pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
    return error;
}

int mc__park_init(mc__park *park) {
    int error;

    atomic_init(&park->set, 0);
    error = pthread_mutex_init(&park->lock, NULL);
    if (error != 0)
        return error;
    error = init_condition(&park->changed);
    if (error != 0)
        pthread_mutex_destroy(&park->lock);
    return error;
}

void mc__park_destroy(mc__park *park) {
    /* Whoever set it may be about to release the lock. */
    pthread_mutex_lock(&park->lock);
    pthread_mutex_unlock(&park->lock);
    pthread_cond_destroy(&park->changed);
    pthread_mutex_destroy(&park->lock);
}

bool mc__park_wait(mc__park *park, mc__time until) {
    bool set;

    pthread_mutex_lock(&park->lock);
    while (!is_set(park)) {
        mc__time        left = until - mc__time_now();
        struct timespec now, at;
        if (left <= 0)
            break;
        clock_gettime(WAIT_CLOCK, &now);
        at = moment((mc__time)now.tv_sec * 1000000000 + now.tv_nsec + left);
        pthread_cond_timedwait(&park->changed, &park->lock, &at);
    }
    set = is_set(park);
    pthread_mutex_unlock(&park->lock);
    return set;
}

void mc__park_take_place(mc__park *park, mc__park_words *words) {
    park->words = words;
}

void mc__park_set(mc__park *park, mc__park_wakes *wakes) {
    (void)wakes;
    pthread_mutex_lock(&park->lock);
    atomic_store_explicit(&park->set, 1, memory_order_release);
    pthread_cond_signal(&park->changed);
    pthread_mutex_unlock(&park->lock);
}

void mc__park_wake(mc__park_words *words, const mc__park_wakes *wakes) {
    (void)words, (void)wakes;
}

#endif
