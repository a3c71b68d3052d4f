/*
 * Debian's memcached, as a process of its own on a free port of 127.0.0.1. It ends with the test, also with one that
 * crashes. $MEMCACHED names another program than the one in $PATH.
 */
#ifndef MC_SUPPORT_MEMCACHED_H
#define MC_SUPPORT_MEMCACHED_H

#include <sys/types.h>

typedef struct memcached {
    pid_t              pid; /* 0 while it is not running */
    unsigned           port;
    char               address[32]; /* "127.0.0.1:40001" */
    const char *const *arguments;   /* as given */
} memcached;

/*
 * Starts one with these arguments besides its own (ending with NULL; NULL: none), and waits until it accepts connections.
 * The arguments must outlive it. Call it from a thread that lives as long. Fails the test when it cannot.
 */
memcached memcached_start(const char *const *arguments);

/* Ends it at once, as a crash would: its kernel closes its connections. Nothing when it is not running. */
void memcached_kill(memcached *server);

/* Starts it again, empty, on the same port. */
void memcached_restart(memcached *server);

/* Stops it where it is: connections stay and are accepted, but nothing is answered; and lets it go on. */
void memcached_pause(const memcached *server);
void memcached_resume(const memcached *server);

#endif
