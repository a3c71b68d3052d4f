/* A thousand signals a second for one thread, with a handler that does not have system calls restarted. */
#ifndef MC_SUPPORT_DISTURBANCE_H
#define MC_SUPPORT_DISTURBANCE_H

#include <time.h>

typedef struct disturbance {
    timer_t timer;
} disturbance;

/* From now on the calling thread gets the signals. Fails the test when there is no timer. */
disturbance disturbance_begin(void);

/* Until here. The same thread. */
void disturbance_end(disturbance *self);

/* How many signals have come, in all threads. */
unsigned long disturbances(void);

#endif
