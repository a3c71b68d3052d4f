/* How late this machine is: one that is busy, or whose processors are taken away for a while, makes everything late. */
#ifndef MC_SUPPORT_LATENESS_H
#define MC_SUPPORT_LATENESS_H

#include <stdbool.h>
#include <stddef.h>

/* The monotonic clock in milliseconds. The first call begins the watch. */
double now_ms(void);

/*
 * From now on, until lateness_rest, a thread on each processor sleeps a moment and notes how late it wakes. The
 * threads block all signals. A child has none of them, and allows for what its parent had seen.
 */
void lateness_watch(void);

/* Ends the watch: for a test behind which the process forks children that have threads, which a sanitizer lets none have
 * whose parent has some. What was seen is known still. */
void lateness_rest(void);

/* How many threads watch. */
size_t lateness_watchers(void);

/* By how much all of them together have woken too late so far, in milliseconds; a wake that is overdue counts. */
double held_up_ms(void);

/*
 * Whether a call that began at began_ms, with a deadline after timeout_ms, has ended in time. A machine that is busy or
 * watched by a sanitizer makes everything late, so what counts as late follows from how late this machine's own sleeps are.
 */
bool in_time(double began_ms, double timeout_ms);

/* The latest that any of them has woken so far, or will, in milliseconds. */
double latest_wake_ms(void);

/* How much later than its deadline a call may end now, in milliseconds. */
double lateness_allowed_ms(void);

#endif
