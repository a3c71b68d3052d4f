/* A stream and the pipeline of what is asked on it: one connection of a pool. Used by one thread at a time. */
#ifndef MC_NET_CONNECTION_H
#define MC_NET_CONNECTION_H

#include "net/stream.h"
#include "protocol/pipeline.h"

#include <errno.h>

typedef struct mc__connection {
    mc__stream             stream;
    mc__pipeline           pipeline;
    mc__time               since;           /* it stands */
    bool                   quiet;           /* its server has said that it understands quiet writes */
    int                    lane;            /* the pool's: which lane it is for */
    void                  *share;           /* memory of net/share.h, freed with the connection; NULL: none */
    struct mc__connection *next_idle;       /* the pool's */
    struct mc__connection *previous, *next; /* the pool's: all of its connections */
} mc__connection;

/* A connection over a stream that stands, which it takes over, not ready. NULL: no memory; the stream is still the caller's.
 */
mc__connection *mc__connection_new(const mc__stream *stream, mc__time now, size_t max_value_size);

/* mc__connection_look of one that is not ready: whether it is now. */
bool mc__connection_get_ready(mc__connection *connection, mc__time now, int io_timeout_ms);

/*
 * The look before a connection is used again. One that is used the second time is readied for long use by that, with waits
 * of up to io_timeout_ms: many a connection never is, and does without all the system calls of it. But a connection that is
 * not ready has no keep-alive, so that one which was long unused may be lost without a word: it counts as closed.
 */
static inline mc__look mc__connection_look(mc__connection *connection, mc__time now, int io_timeout_ms) {
    mc__look look = mc__stream_look(&connection->stream);

    if (look != MC__LOOK_QUIET || mc__stream_is_ready(&connection->stream))
        return look;
    return mc__connection_get_ready(connection, now, io_timeout_ms) ? look : MC__LOOK_CLOSED;
}

/* Closes and frees it. Exchanges in its pipeline are not told; abandon them first. */
void mc__connection_free(mc__connection *connection);

/* What an idle connection keeps of its buffers for good. */
#define MC__KEEP_IDLE 16384

/* Before it is idle: gives back memory that only large transfers need. */
static inline void mc__connection_rest(mc__connection *connection) {
    mc__pipeline *pipeline = &connection->pipeline;

    if (pipeline->in.capacity > MC__KEEP_IDLE || pipeline->output.bytes.capacity > MC__KEEP_IDLE)
        mc__pipeline_trim(pipeline, MC__KEEP_IDLE);
}

/* Whether a transfer may wait in the socket, which saves the poll before it, but ends by the socket's own fixed time, and by
 * that in ticks of the system's, which is later: not shortly before the deadline. */
static inline bool mc__connection_may_wait(const mc__connection *connection, mc__time now, mc__time deadline) {
    return deadline - now >= 2 * MC__MS * connection->stream.io_timeout_ms;
}

/* How a transfer ended. */
typedef enum mc__transfer {
    MC__TRANSFER_SOME,    /* went well; there may be more to do at once */
    MC__TRANSFER_BLOCKED, /* nothing can be done now */
    MC__TRANSFER_FAILED,  /* errno says why */
    MC__TRANSFER_CLOSED,  /* the peer's end */
    MC__TRANSFER_BROKEN,  /* the pipeline is out of step: its broken and reason say why */
    MC__TRANSFER_NO_MEMORY
} mc__transfer;

/* What a transfer came to that ended with this errno. */
static inline mc__transfer mc__transfer_failed(int error) {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR ? MC__TRANSFER_BLOCKED : MC__TRANSFER_FAILED;
}

/* Sends what the pipeline has to send, as much as goes: with wait until the stream's time is up, else what fits now. */
mc__transfer mc__connection_send(mc__connection *connection, bool wait);

/* Receives once and lets the pipeline take it. *drained: it was less than there was room for, so more is not there yet. */
mc__transfer mc__connection_receive(mc__connection *connection, bool wait, bool *drained);

#endif
