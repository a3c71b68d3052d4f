#include "net/direct.h"

#include "protocol/quick_many.h"

#include <errno.h>

/* Looks at the connection, and whether its waits are such as the turn allows. One that is not fit for use is found to be so
 * again by who takes it next. */
static bool is_fit(const mc__call *call, const mc__turn *turn, mc__connection *connection) {
    if (mc__connection_look(connection, turn->now, call->host->settings->io_timeout_ms) != MC__LOOK_QUIET)
        return false;
    return turn->alone ? mc__connection_may_wait(connection, turn->now, turn->deadline)
                       : mc__stream_shorten(&connection->stream, turn->wait_ms);
}

/* The careful way from here on, with the first sent bytes of the requests sent. */
static void go_on_after_sending(mc__call *call, const mc__turn *turn, ptrdiff_t sent, size_t len) {
    mc__transfer transfer = sent < 0             ? mc__transfer_failed(errno)
                            : (size_t)sent < len ? MC__TRANSFER_BLOCKED
                                                 : MC__TRANSFER_SOME;
    int          error = errno;

    mc__quick_leave(&call->connection->pipeline, call->exchange, sent < 0 ? 0 : (size_t)sent);
    errno = error;
    mc__call_adopt(call, turn, call->connection, transfer);
}

bool mc__direct_ask(mc__call *call, const mc__turn *turn) {
    mc__connection *connection;
    mc_slice        bytes;
    ptrdiff_t       sent;

    if (turn->wait_ms == 0 || call->probe || !mc__quick_many_suits(call->exchange))
        return false;
    connection = mc__pool_take_idle(&call->host->pool);
    if (!connection)
        return false;
    if (!is_fit(call, turn, connection) || (call->exchange->command.quiet && !connection->quiet) ||
        !mc__quick_many_write(&connection->pipeline, call->exchange, &bytes)) {
        mc__pool_give_back(&call->host->pool, connection);
        return false;
    }
    call->connection = connection;
    call->state = MC__CALL_ASKED;
    sent = mc__stream_send_one(&connection->stream, bytes, false);
    if (sent != (ptrdiff_t)bytes.len)
        go_on_after_sending(call, turn, sent, bytes.len);
    return true;
}

static void finish(mc__call *call) {
    mc__connection_rest(call->connection);
    mc__pool_give_back(&call->host->pool, call->connection);
    call->connection = NULL;
    call->state = MC__CALL_DONE;
    mc__host_answered(call->host);
}

void mc__direct_leave(mc__call *call, const mc__turn *turn) {
    size_t len = mc__buffer_len(&call->connection->pipeline.output.bytes);

    go_on_after_sending(call, turn, (ptrdiff_t)len, len);
}

void mc__direct_receive(mc__call *call, const mc__turn *turn) {
    mc__connection *connection = call->connection;
    mc__pipeline   *pipeline = &connection->pipeline;
    mc__transfer    transfer = MC__TRANSFER_SOME;
    mc__area        area;
    ptrdiff_t       received;
    int             error;

    if (!mc__quick_many_space(pipeline, call->exchange, &area)) {
        mc__direct_leave(call, turn);
        return;
    }
    received = mc__stream_receive_one(&connection->stream, area);
    if (received > 0 && mc__quick_many_take(pipeline, call->exchange, area, (size_t)received)) {
        finish(call);
        return;
    }
    if (received <= 0)
        transfer = received < 0 ? mc__transfer_failed(errno) : MC__TRANSFER_CLOSED;
    error = errno;
    mc__quick_leave(pipeline, call->exchange, mc__buffer_len(&pipeline->output.bytes));
    call->heard = received > 0;
    if (received > 0 && mc__quick_many_received(pipeline, call->exchange, area, (size_t)received) != MC_OK)
        transfer = MC__TRANSFER_BROKEN;
    errno = error;
    mc__call_adopt(call, turn, connection, transfer);
}
