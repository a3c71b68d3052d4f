#include "base/deadline.h"

#include <limits.h>
#include <time.h>

mc__time mc__time_now(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (mc__time)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t mc__wall_clock_s(void) {
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec;
}

int mc__deadline_left_ms(mc__time deadline, mc__time now) {
    mc__time left;

    if (deadline == MC__NEVER)
        return -1;
    if (deadline <= now)
        return 0;
    left = (deadline - now - 1) / MC__MS + 1; /* rounded up, without passing the widest number */
    return left > INT_MAX ? INT_MAX : (int)left;
}
