/* A descriptor by which one thread wakes another that waits in poll. */
#ifndef MC_NET_WAKEUP_H
#define MC_NET_WAKEUP_H

/* read_fd is readable (POLLIN) for every poller from the moment it is raised on; nobody reads from it. Both are above 2,
 * close-on-exec and non-blocking. */
typedef struct mc__wakeup {
    int read_fd;
    int write_fd;
} mc__wakeup;

#define MC__WAKEUP_NONE                                                                                                     \
    { -1, -1 }

/* 0, or the errno of the failure, and it is MC__WAKEUP_NONE. */
int mc__wakeup_open(mc__wakeup *wakeup);

/* Wakes all who wait, now or later, once and for good; again is harmless. Never fails, leaves errno alone; safe while others
 * poll or raise it, not while it is closed. */
void mc__wakeup_raise(const mc__wakeup *wakeup);

/* Closes what is open; it is MC__WAKEUP_NONE again. Nobody may poll or raise it any more. */
void mc__wakeup_close(mc__wakeup *wakeup);

#endif
