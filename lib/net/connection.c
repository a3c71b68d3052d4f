#include "net/connection.h"

#include <errno.h>
#include <stdlib.h>

/* A connection that may have been idle for so long without keep-alive is not trusted: what stands between it and its peer
 * may have forgotten it. */
#define TRUST (30000 * MC__MS)

mc__connection *mc__connection_new(const mc__stream *stream, mc__time now, size_t max_value_size) {
    mc__connection *connection = malloc(sizeof *connection);

    if (!connection)
        return NULL;
    connection->stream = *stream;
    connection->since = now;
    connection->quiet = false;
    connection->lane = -1;
    connection->share = NULL;
    connection->next_idle = connection->previous = connection->next = NULL;
    mc__pipeline_init(&connection->pipeline, max_value_size);
    return connection;
}

void mc__connection_free(mc__connection *connection) {
    mc__stream_close(&connection->stream);
    mc__pipeline_free(&connection->pipeline);
    free(connection->share);
    free(connection);
}

bool mc__connection_get_ready(mc__connection *connection, mc__time now, int io_timeout_ms) {
    return now - connection->since < TRUST && mc__stream_ready(&connection->stream, io_timeout_ms) == 0;
}

mc__transfer mc__connection_send(mc__connection *connection, bool wait) {
    mc_slice slices[MC__OUTPUT_SLICES];
    size_t   count;

    while (mc__pipeline_wants_output(&connection->pipeline)) {
        size_t    len = 0;
        ptrdiff_t sent;
        if (mc__pipeline_output(&connection->pipeline, slices, &count) != MC_OK)
            return MC__TRANSFER_NO_MEMORY;
        for (size_t i = 0; i < count; i++)
            len += slices[i].len;
        if (!connection->stream.is_prompt)
            mc__stream_prepare(&connection->stream, len);
        sent = mc__stream_send(&connection->stream, slices, count, wait);
        if (sent < 0)
            return mc__transfer_failed(errno);
        mc__pipeline_sent(&connection->pipeline, (size_t)sent);
        if ((size_t)sent < len)
            return MC__TRANSFER_BLOCKED; /* the socket is full, or the wait is over */
    }
    return MC__TRANSFER_SOME;
}

/* Where to receive, and how much fits there. */
static mc_status find_space(mc__connection *connection, mc__area spaces[MC__INPUT_SPACES], size_t *count, size_t *room) {
    mc_status status = mc__pipeline_space(&connection->pipeline, spaces, count);

    *room = 0;
    for (size_t i = 0; i < *count; i++)
        *room += spaces[i].len;
    return status;
}

mc__transfer mc__connection_receive(mc__connection *connection, bool wait, bool *drained) {
    mc__area  spaces[MC__INPUT_SPACES];
    size_t    count, room;
    ptrdiff_t received;

    *drained = true;
    if (find_space(connection, spaces, &count, &room) != MC_OK)
        return MC__TRANSFER_NO_MEMORY;
    received = wait && mc__pipeline_awaits_all(&connection->pipeline)
                   ? mc__stream_receive_all(&connection->stream, spaces, count)
                   : mc__stream_receive(&connection->stream, spaces, count, wait);
    if (received == 0)
        return MC__TRANSFER_CLOSED;
    if (received < 0)
        return mc__transfer_failed(errno);
    *drained = (size_t)received < room;
    return mc__pipeline_received(&connection->pipeline, (size_t)received) == MC_OK ? MC__TRANSFER_SOME : MC__TRANSFER_BROKEN;
}
