#include "net/single.h"

#include "base/platform.h"
#include "net/run.h"
#include "net/share.h"
#include "protocol/quick.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

/* So long a call waits for others to lead before it goes on a connection of its own, if there is one to be had: a reply that
 * is slow or large must not hold up those who wait behind it. */
#define PATIENCE (5 * MC__MS)

/* A call on its way. */
struct single {
    mc__call *call;
    mc__turn  turn;
    mc__rider rider;
};

/* Only small requests of which each has its own answer share. */
static bool may_share(const mc__call *call) {
    const mc__command *command = &call->exchange->command;
    mc__request        request;

    if (call->probe || command->noreply || command->verb > MC__VERB_DECR)
        return false;
    if (!mc__verb_stores(command->verb))
        return true;
    call->exchange->ops->request(call->exchange, 0, &request);
    return request.value.len <= MC__SHARE_VALUE_MAX;
}

static void end(struct single *self) {
    self->call->state = MC__CALL_DONE;
    self->call->failure = MC_OK;
}

/* The thorough way, from wherever the call is. */
static void go_on(struct single *self) {
    mc__calls_run(self->call, 1, self->turn.deadline);
}

/* ----------------------------------------------------------------------------------------------------- leading alone -- */

static mc__transfer failed(void) {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? MC__TRANSFER_BLOCKED : MC__TRANSFER_FAILED;
}

/* Asks without the quick way, or from where that has ended. */
static mc__transfer ask_carefully(struct single *self, mc__connection *connection, mc__transfer transfer) {
    bool drained;

    while (transfer == MC__TRANSFER_SOME && !mc__pipeline_idle(&connection->pipeline)) {
        self->turn.now = mc__time_now();
        if (!mc__connection_may_wait(connection, self->turn.now, self->turn.deadline))
            break;
        transfer = mc__connection_receive(connection, true, &drained);
        self->call->heard = self->call->heard || transfer == MC__TRANSFER_SOME;
    }
    return transfer;
}

/* One send, one receive. true: answered. Else the exchange is asked, and *transfer is what came last. */
static bool ask_quickly(struct single *self, mc__connection *connection, mc__transfer *transfer) {
    mc__pipeline *pipeline = &connection->pipeline;
    mc__exchange *exchange = self->call->exchange;
    mc__area      space;
    mc_slice      bytes;
    ptrdiff_t     sent, received;
    int           error;

    if (!mc__quick_write(pipeline, exchange, &bytes)) {
        mc__pipeline_push(pipeline, exchange);
        *transfer = mc__connection_send(connection, true);
        return false;
    }
    sent = mc__stream_send_one(&connection->stream, bytes);
    if (sent != (ptrdiff_t)bytes.len || !mc__quick_space(pipeline, &space)) {
        *transfer = sent < 0 ? failed() : sent < (ptrdiff_t)bytes.len ? MC__TRANSFER_BLOCKED : MC__TRANSFER_SOME;
        error = errno;
        mc__quick_leave(pipeline, exchange, sent < 0 ? 0 : (size_t)sent);
        errno = error;
        return false;
    }
    received = mc__stream_receive_one(&connection->stream, space);
    if (received > 0 && mc__quick_take(pipeline, exchange, (size_t)received))
        return true;
    *transfer = received < 0 ? failed() : received == 0 ? MC__TRANSFER_CLOSED : MC__TRANSFER_SOME;
    error = errno;
    mc__quick_leave(pipeline, exchange, (size_t)sent);
    if (received > 0) {
        self->call->heard = true;
        if (mc__pipeline_received(pipeline, (size_t)received) != MC_OK)
            *transfer = MC__TRANSFER_BROKEN;
    }
    errno = error;
    return false;
}

static void lead_alone(struct single *self, mc__connection *connection) {
    mc__call    *call = self->call;
    mc__transfer transfer;
    bool         answered = false;

    if (mc__connection_may_wait(connection, self->turn.now, self->turn.deadline)) {
        answered = ask_quickly(self, connection, &transfer);
        if (!answered)
            transfer = ask_carefully(self, connection, transfer);
    } else {
        mc__pipeline_push(&connection->pipeline, call->exchange);
        transfer = mc__connection_send(connection, false);
    }
    if (answered || (transfer == MC__TRANSFER_SOME && mc__pipeline_reusable(&connection->pipeline))) {
        mc__connection_rest(connection);
        mc__pool_stop_leading(&call->host->pool, 0, connection);
        mc__host_answered(call->host);
        end(self);
        return;
    }
    mc__call_adopt(call, &self->turn, connection, transfer);
    go_on(self);
    mc__pool_stop_leading(&call->host->pool, 0, NULL);
}

/* ------------------------------------------------------------------------------------------------ leading for others -- */

/* Goes on, or ends, with what has come of its request. Its connection is others' business by now. */
static void conclude(struct single *self) {
    switch (self->rider.state) {
    case MC__RIDING_ANSWERED:
        mc__host_answered(self->call->host);
        end(self);
        break;
    case MC__RIDING_FAILED:
        self->call->heard = self->rider.heard;
        self->turn.now = mc__time_now();
        mc__call_lost(self->call, &self->turn, self->rider.failure);
        go_on(self);
        break;
    case MC__RIDING_LEFT:
        go_on(self);
        break;
    default: /* it has left its place, for the deadline has come */
        self->call->exchange->sent = 1;
        self->call->state = MC__CALL_TALKING;
        mc__call_stop(self->call, self->turn.now, MC_TIMEOUT);
        break;
    }
}

/* The connection is of no more use to anybody. */
static void drop(struct single *self, mc__share *share, mc_status status, const char *reason) {
    mc__pool       *pool = &self->call->host->pool;
    mc__connection *connection = mc__share_connection(share);
    mc__sleepers    asleep;
    size_t          riding;

    mc__share_break(share, status, reason);
    riding = mc__share_end(share, &asleep);
    mc__pool_drop(pool, connection);
    mc__pool_stop_leading(pool, riding, NULL);
}

static void drop_broken(struct single *self, mc__share *share, mc__transfer transfer) {
    const mc__pipeline *pipeline = &mc__share_connection(share)->pipeline;
    mc_status           status = MC_CONNECTION_LOST;
    char                reason[sizeof self->call->reason] = "closed by the server";

    if (transfer == MC__TRANSFER_BROKEN) {
        status = pipeline->broken;
        snprintf(reason, sizeof reason, "%s", pipeline->reason);
    } else if (transfer == MC__TRANSFER_NO_MEMORY) {
        status = MC_NO_MEMORY;
        snprintf(reason, sizeof reason, "out of memory");
    } else if (transfer == MC__TRANSFER_FAILED) {
        char text[80];
        snprintf(reason, sizeof reason, "%s", mc__errno_text(errno, text, sizeof text));
    }
    drop(self, share, status, reason);
    if (status == MC_PROTOCOL_ERROR || status == MC_CLIENT_ERROR)
        mc__host_log(self->call->host, reason);
}

static void finish(struct single *self, mc__share *share) {
    mc__connection *connection = mc__share_connection(share);
    mc__host       *host = self->call->host;
    mc__sleepers    answered;

    if (mc__pipeline_reusable(&connection->pipeline)) {
        size_t riding = mc__share_end(share, &answered);
        mc__connection_rest(connection);
        mc__pool_stop_leading(&host->pool, riding, connection); /* first: the next requests go out meanwhile */
        mc__sleepers_wake(&answered);
        return;
    }
    drop(self, share, MC_CONNECTION_LOST, "");
    mc__host_log(host, "sent more than was asked for. Connection closed.");
}

/* The leader has its answer, or has left, before all others have theirs. */
static void step_down(struct single *self, mc__share *share) {
    if (!mc__share_hand_over(share))
        drop(self, share, MC_TIMEOUT, "");
}

/* Waits until something can be sent or received, or the deadline. */
static void wait_for(const mc__connection *connection, mc__time now, mc__time deadline) {
    struct pollfd waited = {.fd = connection->stream.fd, .events = POLLIN};

    if (mc__pipeline_wants_output(&connection->pipeline))
        waited.events |= POLLOUT;
    (void)poll(&waited, 1, mc__deadline_left_ms(deadline, now));
}

/* Sends what there is to send and receives once. */
static mc__transfer exchange_once(struct single *self, mc__share *share) {
    mc__connection *connection = mc__share_connection(share);
    bool            wait = mc__connection_may_wait(connection, self->turn.now, self->turn.deadline);
    bool            drained;
    mc__transfer    transfer = mc__connection_send(connection, false);

    if (transfer != MC__TRANSFER_SOME && transfer != MC__TRANSFER_BLOCKED)
        return transfer;
    if (transfer == MC__TRANSFER_BLOCKED || !wait) {
        wait = false;
        wait_for(connection, self->turn.now, self->turn.deadline);
    }
    transfer = mc__connection_receive(connection, wait, &drained);
    if (transfer == MC__TRANSFER_SOME || transfer == MC__TRANSFER_BROKEN)
        mc__share_heard(share);
    return transfer;
}

/* Leads until its own answer is there, the deadline comes, or the connection breaks. */
static void lead_share(struct single *self) {
    mc__share *share = self->rider.share;

    for (;;) {
        mc__transfer transfer = exchange_once(self, share);
        if (transfer != MC__TRANSFER_SOME && transfer != MC__TRANSFER_BLOCKED) {
            drop_broken(self, share, transfer);
            break;
        }
        if (mc__pipeline_idle(&mc__share_connection(share)->pipeline)) {
            finish(self, share);
            break;
        }
        mc__share_wake(share);
        if (self->rider.state == MC__RIDING_LEADS) {
            self->turn.now = mc__time_now();
            if (self->turn.now < self->turn.deadline)
                continue;
            mc__share_leave(self->call->host, &self->rider);
        }
        step_down(self, share);
        break;
    }
    conclude(self);
}

static void lead(struct single *self, mc__connection *connection) {
    mc__call *call = self->call;

    if (mc__pool_crowded(&call->host->pool) && mc__share_begin(call->host, connection, &self->rider))
        lead_share(self);
    else
        lead_alone(self, connection);
}

/* With a connection, or with none but the right to open one. */
static void begin(struct single *self, mc__connection *connection) {
    mc__call *call = self->call;

    if (connection &&
        mc__connection_look(connection, self->turn.now, call->host->settings->io_timeout_ms) == MC__LOOK_QUIET) {
        lead(self, connection);
        return;
    }
    /* As one that has waited for it and been granted it; that it leads is this function's business. */
    call->waiter.park = NULL;
    call->waiter.granted = true;
    call->waiter.connection = connection;
    call->state = MC__CALL_QUEUED;
    go_on(self);
    mc__pool_stop_leading(&call->host->pool, 0, NULL);
}

/* ------------------------------------------------------------------------------------------------ waiting and riding -- */

/* The deadline has come, or a fault of the wait, for one who waits in the queue or rides. */
static void give_up(struct single *self) {
    mc__call *call = self->call;

    self->turn.now = mc__time_now();
    if (mc__pool_leave(&call->host->pool, &call->waiter)) {
        call->state = MC__CALL_QUEUED;
        mc__call_stop(call, self->turn.now, MC_TIMEOUT);
        return;
    }
    if (mc__share_leave(call->host, &self->rider) == MC__RIDING_LEADS)
        step_down(self, self->rider.share);
    conclude(self);
}

/* What it waited for has come. */
static void arrive(struct single *self) {
    self->turn.now = mc__time_now();
    if (self->call->waiter.granted)
        begin(self, self->call->waiter.connection);
    else if (self->rider.state == MC__RIDING_LEADS)
        lead_share(self);
    else
        conclude(self);
}

static void wait_in_queue(struct single *self) {
    mc__call       *call = self->call;
    mc__connection *connection = NULL;
    mc__time        patience = mc__earlier(self->turn.now + PATIENCE, self->turn.deadline);

    if (mc__park_wait(&self->rider.park, patience)) {
        arrive(self);
        return;
    }
    self->turn.now = mc__time_now();
    if (mc__pool_break_out(&call->host->pool, &call->waiter, &connection) != MC__TAKEN_PLACE)
        begin(self, connection);
    else if (mc__park_wait(&self->rider.park, self->turn.deadline))
        arrive(self);
    else
        give_up(self);
}

void mc__single_run(mc__call *call, mc__time now, mc__time deadline) {
    struct single   self;
    mc__connection *connection;

    self.call = call;
    self.turn = (mc__turn){.now = now, .deadline = deadline, .alone = true};
    if (now >= deadline || !may_share(call) || mc__park_init(&self.rider.park) != 0) {
        go_on(&self);
        return;
    }
    self.rider.exchange = call->exchange;
    self.rider.reason = call->reason;
    self.rider.reason_size = sizeof call->reason;
    if (mc__pool_lead(&call->host->pool, &call->waiter, &self.rider.park, &connection) == MC__TAKEN_PLACE)
        wait_in_queue(&self);
    else
        begin(&self, connection);
    mc__park_destroy(&self.rider.park);
}
