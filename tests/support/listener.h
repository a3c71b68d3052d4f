/* Listening sockets of tests: on a port that the kernel chooses, or on a unix socket in a folder of its own. */
#ifndef MC_SUPPORT_LISTENER_H
#define MC_SUPPORT_LISTENER_H

typedef enum listener_kind {
    LISTENER_TCP,  /* 127.0.0.1 */
    LISTENER_TCP6, /* ::1 */
    LISTENER_UNIX
} listener_kind;

typedef struct listener {
    int  fd;           /* -1 once closed */
    char address[128]; /* as a client is given it: "127.0.0.1:40001", "[::1]:40001", "unix:/tmp/.../socket" */
    char folder[64];   /* of the unix socket */
} listener;

/* Opens one. Fails the test when it cannot. */
listener listener_open(listener_kind kind, int backlog);

/* Stops listening: from now on connecting is refused. The address stays readable. Allowed more than once. */
void listener_close(listener *self);

#endif
