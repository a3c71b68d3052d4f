/* One connection of a scripted host, and what its steps do. Used by scripted_host.c alone. */
#ifndef MC_SUPPORT_SCRIPTED_CONNECTION_H
#define MC_SUPPORT_SCRIPTED_CONNECTION_H

#include "support/scripted_host.h"

#include <pthread.h>

#define RECEIVED_KEPT 65536

typedef struct scripted_connection {
    struct scripted_connection *next;
    struct scripted_host       *host;
    const host_step            *script;
    pthread_t                   thread;
    size_t                      index;
    int                         fd; /* the thread's own */
    bool                        open;
    size_t                      steps_done;
    size_t                      bytes_received;
    size_t                      bytes_sent;
    char                       *received; /* the first RECEIVED_KEPT bytes that came in */
} scripted_connection;

struct scripted_host {
    scripted_host_options options;
    const host_step     **own_scripts; /* NULL, or freed with the host */
    listener              listener;
    pthread_t             acceptor;
    int                   stop_fd; /* readable once the host is to stop */
    int                   go_fd;   /* a semaphore: what scripted_host_go has allowed and nobody has used */
    pthread_mutex_t       lock;    /* for what stands below, and for what tests read of the connections */
    pthread_cond_t        progress;
    scripted_connection  *connections; /* the newest first */
    size_t                connection_count;
    char                  mismatch[512];
};

/* Plays the connection's script to its end and closes the connection. */
void scripted_connection_play(scripted_connection *connection);

#endif
