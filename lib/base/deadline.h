/*
 * Moments on the monotonic clock, in nanoseconds since an unspecified start. Code that has to know the time is given it,
 * so that tests drive the clock; only the outermost functions read it.
 */
#ifndef MC_BASE_DEADLINE_H
#define MC_BASE_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

typedef int64_t mc__time; /* nanoseconds, monotonic */

#define MC__MS ((mc__time)1000000)
#define MC__US ((mc__time)1000)

/* A moment that never comes. */
#define MC__NEVER INT64_MAX

/* The monotonic clock. */
mc__time mc__time_now(void);

/* Seconds since 1970, for the one use that the protocol has for it: absolute expiration times. */
int64_t mc__wall_clock_s(void);

static inline mc__time mc__deadline_after_ms(mc__time now, int64_t ms) {
    mc__time wait, moment;

    return __builtin_mul_overflow(ms, MC__MS, &wait) || __builtin_add_overflow(now, wait, &moment) ? MC__NEVER : moment;
}

static inline mc__time mc__earlier(mc__time a, mc__time b) {
    return a < b ? a : b;
}

/* What is left until the deadline in whole milliseconds, rounded up, for poll: 0 when it has passed, -1 for MC__NEVER. */
int mc__deadline_left_ms(mc__time deadline, mc__time now);

#endif
