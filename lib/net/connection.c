#include "net/connection.h"

#include <errno.h>
#include <stdlib.h>

mc__connection *mc__connection_new(const mc__stream *stream, size_t max_value_size) {
    mc__connection *connection = malloc(sizeof *connection);

    if (!connection)
        return NULL;
    connection->stream = *stream;
    connection->quiet = false;
    connection->next_idle = connection->previous = connection->next = NULL;
    mc__pipeline_init(&connection->pipeline, max_value_size);
    return connection;
}

void mc__connection_free(mc__connection *connection) {
    mc__stream_close(&connection->stream);
    mc__pipeline_free(&connection->pipeline);
    free(connection);
}

static mc__transfer failure(void) {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? MC__TRANSFER_BLOCKED : MC__TRANSFER_FAILED;
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
        sent = mc__stream_send(&connection->stream, slices, count, wait);
        if (sent < 0)
            return failure();
        mc__pipeline_sent(&connection->pipeline, (size_t)sent);
        if ((size_t)sent < len)
            return MC__TRANSFER_BLOCKED; /* the socket is full, or the wait is over */
    }
    return MC__TRANSFER_SOME;
}

mc__transfer mc__connection_receive(mc__connection *connection, bool wait, bool *drained) {
    mc__area  spaces[MC__INPUT_SPACES];
    size_t    count, room = 0;
    ptrdiff_t received;

    *drained = true;
    if (mc__pipeline_space(&connection->pipeline, spaces, &count) != MC_OK)
        return MC__TRANSFER_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        room += spaces[i].len;
    received = mc__stream_receive(&connection->stream, spaces, count, wait);
    if (received == 0)
        return MC__TRANSFER_CLOSED;
    if (received < 0)
        return failure();
    *drained = (size_t)received < room;
    if (mc__pipeline_received(&connection->pipeline, (size_t)received) != MC_OK)
        return MC__TRANSFER_BROKEN;
    return MC__TRANSFER_SOME;
}
