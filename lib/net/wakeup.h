/* A descriptor by which one thread wakes another that waits in poll. */
#ifndef MC_NET_WAKEUP_H
#define MC_NET_WAKEUP_H

#include <stdbool.h>

/* read_fd is readable (POLLIN or POLLHUP) for every poller from the moment it is raised on. Both are above 2, close-on-exec. */
typedef struct mc__wakeup {
    int read_fd;
    int write_fd; /* -1 once it is raised */
} mc__wakeup;

#define MC__WAKEUP_NONE                                                                                                     \
    { -1, -1 }

/* 0, or the errno of the failure. */
int mc__wakeup_open(mc__wakeup *wakeup);

/* Wakes all who wait, now or later, once and for good. Never fails; safe while others poll read_fd. */
void mc__wakeup_raise(mc__wakeup *wakeup);

/* Closes what is open; it is MC__WAKEUP_NONE again. Nobody may poll it any more. */
void mc__wakeup_close(mc__wakeup *wakeup);

#endif
