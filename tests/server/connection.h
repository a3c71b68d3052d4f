/* A session on a socket, in its worker's event loop. */
#ifndef MC_SERVER_CONNECTION_H
#define MC_SERVER_CONNECTION_H

#include "server/session.h"

/* Its commands are being worked on. */
#define MCS__STATE_WORKING 0xff

struct mcs__connection {
    mcs__session     session;
    struct event    *event; /* behind this struct, in the same block */
    int              fd;
    bool             waits_to_write;
    bool             ended; /* the client sends no more */
    _Atomic(mcs__ms) last_command;
    _Atomic uint8_t  state;           /* mcs__phase, or MCS__STATE_WORKING; for `stats conns` */
    mcs__connection *next, *previous; /* in its worker's list */
};

/* Serves the socket in the worker's thread, which calls this. false: no memory, the socket was closed. */
bool mcs__connection_open(mcs__worker *worker, int fd);

/* Closes the socket and frees the connection. */
void mcs__connection_close(mcs__connection *connection);

#endif
