/* The listening sockets, and the thread that accepts on them and hands each client to a worker, in turns. */
#ifndef MC_SERVER_LISTENER_H
#define MC_SERVER_LISTENER_H

#include "server/output.h"
#include "server/server.h"

/* Binds the addresses of the options, listens, and sets server->port. NULL: error has the reason. */
mcs__listener *mcs__listener_new(mc_server *server, char *error, size_t size);

/* Starts to accept. false: no threads. */
bool mcs__listener_start(mcs__listener *listener);

/* Ends the thread and closes the sockets. NULL is allowed. */
void mcs__listener_free(mcs__listener *listener);

/* The path of the unix socket; NULL: there is none. Valid as long as the listener. */
const char *mcs__listener_unix_path(const mcs__listener *listener);

/* Calls each for every listening socket. */
typedef void mcs__socket_fn(int fd, void *arg);
void         mcs__listener_each(const mcs__listener *listener, mcs__socket_fn *each, void *arg);

#endif
