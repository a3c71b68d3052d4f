/* A thread that serves the connections it was given, with an event base of its own. */
#ifndef MC_SERVER_WORKER_H
#define MC_SERVER_WORKER_H

#include "base/buffer.h"
#include "server/output.h"
#include "server/server.h"

#include <event2/event.h>

typedef struct mcs__connection mcs__connection;

struct mcs__worker {
    mc_server         *server;
    mcs__store        *store;
    mcs__counters      counters;
    mcs__ms            now; /* when the event that is being served came */
    struct event_base *base;
    struct event      *wake_event;
    struct event      *tick_event;
    int                wake_fd; /* an eventfd: new sockets, or the end */
    pthread_t          thread;
    bool               running;
    /* Lent to the connection whose turn it is, so that idle ones need none. */
    mc__buffer  spare_input;
    mcs__output spare_output;
    /* The lock guards all below; only this thread changes the list of connections. */
    pthread_mutex_t  lock;
    int             *incoming; /* accepted sockets that wait for this worker */
    size_t           incoming_count, incoming_capacity;
    bool             stopping;
    mcs__connection *connections;
};

/* An event base for the use of one thread alone; others reach it through a descriptor that it watches. NULL: no memory. */
struct event_base *mcs__event_base_new(void);

/* A worker without a thread yet; cannot fail. mcs__worker_free is to be called. */
void mcs__worker_init(mcs__worker *worker, mc_server *server);

/* Starts the thread. false: no memory, descriptors or threads. */
bool mcs__worker_start(mcs__worker *worker);

/* Has the worker serve the socket, which is its own from now on. Any thread. false: no memory, the socket was closed. */
bool mcs__worker_give(mcs__worker *worker, int fd);

/* Ends the thread, if it runs, closes the connections and frees all but the worker itself. */
void mcs__worker_free(mcs__worker *worker);

#endif
