#include "net/single.h"

#include "base/platform.h"
#include "net/run.h"
#include "net/share.h"
#include "protocol/quick_large.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

/* So long a call waits for others to lead before it goes on a connection of its own, if there is one to be had: a reply that
 * is slow or large must not hold up those who wait behind it. */
#define PATIENCE (5 * MC__MS)

/* A get that waits on a lane for so many times as long as answers have taken of late, and for this at least, is asked once
 * more on a connection of its own: what is in front of it there is slow. Its first answer is thrown away when it comes. */
#define SLOW_TIMES 8
#define SLOW_MIN (20 * MC__MS)

/* A call on its way. */
struct single {
    mc__call *call;
    mc__turn  turn;
    mc__rider rider;
    mc__time  patience;
    mc__time  began;
    mc__time  slow_at; /* from then on it is asked once more */
    bool      again;   /* it leaves its lane to be that */
    bool      entered; /* it has gone the short way, into its lane's queue */
};

/* A request that has an answer of its own. */
static bool is_common(const mc__call *call) {
    const mc__command *command = &call->exchange->command;

    return !call->probe && !command->noreply && command->verb <= MC__VERB_DECR;
}

/* A value to send that is large, or one to get that is likely to be. */
static bool is_large(const mc__call *call, size_t value_size) {
    if (!mc__verb_retrieves(call->exchange->command.verb))
        return value_size > MC__QUICK_VALUE_MAX;
    return mc__host_has_large_values(call->host) &&
           mc__host_expects_large_value(call->host, mc__exchange_key(call->exchange, 0));
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

/* Asks without the quick way, or from where that has ended. */
static mc__transfer ask_carefully(struct single *self, mc__connection *connection, mc__transfer transfer) {
    bool drained;

    while (transfer == MC__TRANSFER_SOME && !mc__pipeline_idle(&connection->pipeline)) {
        self->turn.now = mc__time_now();
        if (self->call->host->settings->spin_us > 0 ||
            !mc__connection_may_wait(connection, self->turn.now, self->turn.deadline))
            break;
        transfer = mc__connection_receive(connection, true, &drained);
        self->call->heard = self->call->heard || transfer == MC__TRANSFER_SOME;
    }
    return transfer;
}

/* The reply, or the first part of it. Where it has not come while spinning, the run goes on waiting for it. */
static ptrdiff_t receive_quickly(const struct single *self, const mc__connection *connection, mc__area space) {
    int spin_us = self->call->host->settings->spin_us;

    if (spin_us == 0 && !mc__stream_is_ready(&connection->stream))
        return mc__stream_receive_polling(&connection->stream, space, self->turn.deadline);
    if (spin_us == 0)
        return mc__stream_receive_one(&connection->stream, space);
    return mc__stream_receive_spinning(&connection->stream, space,
                                       mc__earlier(mc__time_now() + spin_us * MC__US, self->turn.deadline));
}

/* Sends a large value from where it is, or goes the careful way. A unix socket takes long messages in parts. true: all of
 * the request is sent, and its answer may be waited for. Else the exchange is asked, and *transfer is what came last; here
 * and below. */
static bool send_large(const struct single *self, mc__connection *connection, size_t *len, mc__transfer *transfer) {
    mc__pipeline *pipeline = &connection->pipeline;
    mc__exchange *exchange = self->call->exchange;
    mc_slice      slices[MC__OUTPUT_SLICES];
    ptrdiff_t     sent;
    int           error;

    if (connection->stream.is_unix || !mc__quick_large_write(pipeline, exchange, slices)) {
        mc__pipeline_push(pipeline, exchange);
        *transfer = mc__connection_send(connection, true);
        return false;
    }
    *len = slices[0].len + slices[1].len + slices[2].len;
    if (!connection->stream.is_prompt)
        mc__stream_prepare(&connection->stream, *len);
    sent = mc__stream_send(&connection->stream, slices, MC__OUTPUT_SLICES, true);
    error = errno;
    /* It may have waited for long. */
    if (sent == (ptrdiff_t)*len && mc__connection_may_wait(connection, mc__time_now(), self->turn.deadline))
        return true;
    *transfer = sent < 0 ? mc__transfer_failed(error) : (size_t)sent < *len ? MC__TRANSFER_BLOCKED : MC__TRANSFER_SOME;
    mc__quick_leave(pipeline, exchange, sent < 0 ? 0 : (size_t)sent);
    errno = error;
    return false;
}

/* The rest of a value of which the first part has come, straight to where it belongs. true: answered. */
static bool receive_large(const struct single *self, mc__connection *connection, size_t sent, const mc__quick_large *value,
                          mc__transfer *transfer) {
    mc__pipeline *pipeline = &connection->pipeline;
    ptrdiff_t     received = 0;
    mc_status     status;
    int           error = 0;

    *transfer = MC__TRANSFER_SOME;
    if (mc__stream_is_ready(&connection->stream) && self->call->host->settings->spin_us == 0 &&
        mc__connection_may_wait(connection, mc__time_now(), self->turn.deadline)) {
        received = mc__stream_receive_all(&connection->stream, value->areas, 2);
        error = errno;
        if (received > 0 && mc__quick_large_take(pipeline, self->call->exchange, value, (size_t)received))
            return true;
        if (received <= 0)
            *transfer = received < 0 ? mc__transfer_failed(error) : MC__TRANSFER_CLOSED;
    }
    self->call->heard = true;
    status = mc__quick_large_leave(pipeline, self->call->exchange, sent, value, received > 0 ? (size_t)received : 0);
    if (status != MC_OK)
        *transfer = pipeline->broken != MC_OK ? MC__TRANSFER_BROKEN : MC__TRANSFER_NO_MEMORY;
    errno = error;
    return false;
}

/* One send, one receive. true: answered. */
static bool ask_quickly(struct single *self, mc__connection *connection, mc__transfer *transfer) {
    mc__pipeline   *pipeline = &connection->pipeline;
    mc__exchange   *exchange = self->call->exchange;
    mc__area        space;
    mc_slice        bytes;
    mc__quick_large value;
    ptrdiff_t       sent, received;
    int             error;

    if (mc__quick_write(pipeline, exchange, &bytes)) {
        if (!connection->stream.is_prompt)
            mc__stream_prepare(&connection->stream, bytes.len);
        sent = mc__stream_send_one(&connection->stream, bytes, true);
    } else if (send_large(self, connection, &bytes.len, transfer)) {
        sent = (ptrdiff_t)bytes.len;
    } else {
        return false;
    }
    if (sent != (ptrdiff_t)bytes.len || !mc__quick_space(pipeline, &space)) {
        error = errno;
        *transfer = sent < 0                      ? mc__transfer_failed(error)
                    : sent < (ptrdiff_t)bytes.len ? MC__TRANSFER_BLOCKED
                                                  : MC__TRANSFER_SOME;
        mc__quick_leave(pipeline, exchange, sent < 0 ? 0 : (size_t)sent);
        errno = error;
        return false;
    }
    received = receive_quickly(self, connection, space);
    if (received > 0 && mc__quick_take(pipeline, exchange, (size_t)received))
        return true;
    error = errno;
    if (received > 0 && mc__quick_large_begin(pipeline, exchange, (size_t)received, &value))
        return receive_large(self, connection, (size_t)sent, &value, transfer);
    *transfer = received < 0 ? mc__transfer_failed(error) : received == 0 ? MC__TRANSFER_CLOSED : MC__TRANSFER_SOME;
    mc__quick_leave(pipeline, exchange, (size_t)sent);
    if (received > 0) {
        self->call->heard = true;
        if (mc__pipeline_received(pipeline, (size_t)received) != MC_OK)
            *transfer = MC__TRANSFER_BROKEN;
    }
    errno = error;
    return false;
}

/* On a connection of its own, as one that leads or, with a large value, as nobody whom others would wait for. */
static void ask_alone(struct single *self, mc__connection *connection, bool leads) {
    mc__call    *call = self->call;
    mc__pool    *pool = &call->host->pool;
    mc__transfer transfer;
    bool         answered = false;

    if (mc__connection_may_wait(connection, self->turn.now, self->turn.deadline) ||
        !mc__stream_is_ready(&connection->stream)) {
        answered = ask_quickly(self, connection, &transfer);
        if (!answered)
            transfer = ask_carefully(self, connection, transfer);
    } else {
        mc__pipeline_push(&connection->pipeline, call->exchange);
        transfer = mc__connection_send(connection, false);
    }
    if (answered || (transfer == MC__TRANSFER_SOME && mc__pipeline_reusable(&connection->pipeline))) {
        mc__connection_rest(connection);
        if (leads)
            mc__pool_stop_leading_calmly(pool, connection);
        else
            mc__pool_give_back(pool, connection);
        mc__host_answered(call->host);
        end(self);
        return;
    }
    mc__call_adopt(call, &self->turn, connection, transfer);
    go_on(self);
    if (leads)
        mc__pool_stop_leading(pool, NULL);
}

static void lead_alone(struct single *self, mc__connection *connection) {
    ask_alone(self, connection, true);
}

static bool is_fit(const struct single *self, mc__connection *connection) {
    /* cppcheck-suppress ctuuninitvar ; what is read has been assigned, field by field */
    return mc__connection_look(connection, self->turn.now, self->call->host->settings->io_timeout_ms) == MC__LOOK_QUIET;
}

/* A connection that is not fit: the call goes on as one that has waited for it and been granted it, and leads. */
static void replace(struct single *self, mc__connection *connection) {
    mc__call *call = self->call;

    call->waiter = (mc__waiter){.wakeup = MC__WAKEUP_NONE, .granted = true, .connection = connection};
    call->state = MC__CALL_QUEUED;
    go_on(self);
    mc__pool_stop_leading(&call->host->pool, NULL);
}

/* ---------------------------------------------------------------------------------------------------------- sharing -- */

static mc__lane *lane_of(const struct single *self) {
    return &self->call->host->pool.lanes[self->call->waiter.lane];
}

/* How long answers take on its lane, of late. */
static void note_time(struct single *self) {
    atomic_llong *usual = &lane_of(self)->usual;
    long long     before = atomic_load_explicit(usual, memory_order_relaxed);
    long long     took = self->turn.now - self->began;

    atomic_store_explicit(usual, before + (took - before) / 8, memory_order_relaxed);
}

/* When a call on a lane is asked once more; only a get may be, without harm and without a trace. */
static mc__time slow_from(const struct single *self) {
    mc__verb  verb = self->call->exchange->command.verb;
    long long usual = atomic_load_explicit(&lane_of(self)->usual, memory_order_relaxed);
    mc__time  wait = SLOW_TIMES * usual > SLOW_MIN ? SLOW_TIMES * usual : SLOW_MIN;

    return verb == MC__VERB_GET || verb == MC__VERB_GETS ? mc__earlier(self->began + wait, self->turn.deadline)
                                                         : self->turn.deadline;
}

/* On a lane that is slow to answer; once, and only where that is of use: not where nobody else is on it. */
static bool is_to_be_asked_again(struct single *self) {
    mc__host *host = self->call->host;

    self->again = self->slow_at < self->turn.deadline && mc__share_has_others(host, self->call->waiter.lane, &self->rider) &&
                  mc__pool_has_one_for(&host->pool, &self->call->waiter);
    self->slow_at = self->turn.deadline;
    return self->again;
}

static void take_the_pools_way(struct single *self);

/* Nothing was sent. */
static void stop_unsent(struct single *self) {
    self->call->state = MC__CALL_QUEUED;
    mc__call_stop(self->call, self->turn.now, MC_TIMEOUT);
}

/* Goes on, or ends, with what has come of its request. The lane is others' business by now. */
static void conclude(struct single *self) {
    mc__call *call = self->call;

    switch (self->rider.state) {
    case MC__RIDING_ANSWERED:
        note_time(self);
        mc__host_answered(call->host);
        end(self);
        break;
    case MC__RIDING_FAILED:
        call->heard = self->rider.heard;
        self->turn.now = mc__time_now();
        mc__call_lost(call, &self->turn, self->rider.failure);
        go_on(self);
        break;
    case MC__RIDING_ALONE:
        go_on(self);
        break;
    case MC__RIDING_REFUSED:
        if (self->turn.now < self->turn.deadline)
            take_the_pools_way(self);
        else
            stop_unsent(self);
        break;
    default: /* it has left; all whose deadlines come one after another say the same of the host, once */
        if (self->again) {
            go_on(self);
            break;
        }
        call->exchange->sent = 1;
        call->state = MC__CALL_TALKING;
        if (self->rider.first_to_leave) {
            mc__call_stop(call, self->turn.now, MC_TIMEOUT);
        } else {
            snprintf(call->reason, sizeof call->reason, "no complete answer by the deadline");
            call->state = MC__CALL_DONE;
            call->failure = MC_TIMEOUT;
        }
        break;
    }
}

/* Does what it is to do on a lane. true: it has left the lane, for the deadline has come, or its answer is slow to. */
static bool do_duty(struct single *self, mc__share *share, mc__duty duty) {
    bool left = false;

    while (duty == MC__DUTY_READ || duty == MC__DUTY_SEND) {
        if (duty == MC__DUTY_SEND) {
            duty = mc__share_send(share, &self->rider, self->turn.deadline);
            continue;
        }
        self->turn.now = mc__time_now();
        left = self->turn.now >= self->turn.deadline || (self->turn.now >= self->slow_at && is_to_be_asked_again(self));
        duty = left ? mc__share_leave(self->call->host, self->call->waiter.lane, &self->rider)
                    : mc__share_read(share, &self->rider, self->turn.now, self->slow_at, self->turn.deadline);
    }
    return left;
}

/* With a connection, or with none but the right to open one. shares: it makes a lane of it, for others too. */
static void begin(struct single *self, mc__connection *connection, bool shares);

/* In the queue and late. What of the lane it may have got on meanwhile is left in order. */
static void give_up(struct single *self) {
    mc__call *call = self->call;

    if (mc__lane_leave(lane_of(self), &self->rider) || mc__pool_leave(&call->host->pool, &call->waiter)) {
        stop_unsent(self);
        return;
    }
    mc__share_leave(call->host, call->waiter.lane, &self->rider);
    conclude(self);
}

/* Waits in the queue until it is told something, or is on board, or has waited for too long. It looks now and then for what
 * it could have had for itself: while there are lanes, nobody brings it a connection, and a lane may not move. */
static mc__taken wait_in_turn(struct single *self, mc__connection **connection) {
    mc__call *call = self->call;
    mc__taken taken = MC__TAKEN_PLACE;

    while (taken == MC__TAKEN_PLACE && self->turn.now < self->turn.deadline) {
        if (mc__park_wait(&self->rider.park, mc__earlier(self->turn.now + self->patience, self->turn.deadline)))
            return MC__TAKEN_NOTHING;
        self->turn.now = mc__time_now();
        if (self->turn.now < self->turn.deadline) /* later, there is no time for what it could have had */
            taken = self->entered ? mc__share_break_out(call->host, call->waiter.lane, &self->rider, connection)
                                  : mc__pool_break_out(&call->host->pool, &call->waiter, connection);
        self->patience = PATIENCE;
    }
    return taken;
}

/* Waits for a connection or, on board of a lane, for the answer. true: it has been told something. */
static bool wait_to_be_told(struct single *self, mc__connection **connection, bool *broken_out) {
    mc__taken taken = wait_in_turn(self, connection);

    *broken_out = taken == MC__TAKEN_CONNECTION || taken == MC__TAKEN_RIGHT;
    if (taken != MC__TAKEN_NOTHING)
        return false;
    if (mc__park_wait(&self->rider.park, self->slow_at))
        return true;
    return !is_to_be_asked_again(self) && mc__park_wait(&self->rider.park, self->turn.deadline);
}

/* In the queue, or on board. */
static void ride(struct single *self) {
    mc__call       *call = self->call;
    mc__connection *connection = NULL;
    bool            broken_out;

    for (;;) {
        bool told = wait_to_be_told(self, &connection, &broken_out);
        self->turn.now = mc__time_now();
        if (broken_out) {
            begin(self, connection, true);
            return;
        }
        if (!told) {
            give_up(self);
            return;
        }
        mc__park_reset(&self->rider.park);
        if (call->waiter.granted) {
            call->waiter.granted = false;
            begin(self, call->waiter.connection, true);
            return;
        }
        if (self->rider.state != MC__RIDING_READS || do_duty(self, self->rider.share, MC__DUTY_READ)) {
            conclude(self);
            return;
        }
    }
}

/* Sends on a lane, and receives or waits there. */
static void board(struct single *self, mc__share *share) {
    self->slow_at = slow_from(self);
    if (do_duty(self, share, mc__share_send(share, &self->rider, self->turn.deadline)))
        conclude(self);
    else
        ride(self);
}

/* With the right to open a connection. */
static void begin_anew(struct single *self) {
    mc__connection *connection = mc__call_open(self->call, &self->turn);

    if (connection) {
        lead_alone(self, connection);
    } else {
        go_on(self);
        mc__pool_stop_leading(&self->call->host->pool, NULL);
    }
}

static void begin(struct single *self, mc__connection *connection, bool shares) {
    mc__call  *call = self->call;
    mc__share *share = NULL;

    if (!connection) {
        begin_anew(self);
        return;
    }
    if (is_fit(self, connection)) {
        if (shares)
            share = mc__share_open(call->host, call->waiter.lane, connection, &self->rider);
        if (share) {
            call->waiter.waiting = MC__WAITING_RIDES; /* it has a place to leave, as those from the queue have */
            board(self, share);
        } else {
            lead_alone(self, connection);
        }
        return;
    }
    replace(self, connection);
}

static void wait_in_queue(struct single *self) {
    bool       stuck;
    mc__share *share = mc__share_join(self->call->host, self->call->waiter.lane, &self->rider, self->turn.now, &stuck);

    self->patience = stuck ? 0 : PATIENCE;
    if (share) {
        board(self, share);
    } else {
        self->slow_at = slow_from(self);
        ride(self);
    }
}

/* Leads, or waits in the pool's queue. */
static void take_the_pools_way(struct single *self) {
    mc__call       *call = self->call;
    mc__connection *connection;
    bool            calm;

    self->rider.state = MC__RIDING_WAITS;
    self->entered = false;
    self->patience = PATIENCE;
    self->slow_at = self->turn.deadline;
    if (mc__pool_lead(&call->host->pool, &call->waiter, &self->rider.park, &connection, &calm) == MC__TAKEN_PLACE)
        wait_in_queue(self);
    else
        begin(self, connection, !calm);
}

/* Goes on board with the many that meet on its processor's lane. false: there is none with many. */
static bool take_the_short_way(struct single *self) {
    mc__call  *call = self->call;
    mc__share *share;
    unsigned   lane = mc__pool_own_lane(&call->host->pool);

    if (!mc__share_enter(call->host, lane, &self->rider, self->turn.now, &share))
        return false;
    mc__waiter_init(&call->waiter, &self->rider.park);
    call->waiter.waiting = MC__WAITING_RIDES; /* it has a place to leave, as those from the pool's queue have */
    call->waiter.lane = (unsigned char)lane;
    self->entered = true;
    self->patience = PATIENCE;
    if (share) {
        board(self, share);
    } else {
        self->slow_at = slow_from(self);
        ride(self);
    }
    return true;
}

/* The call shares, or leads as one that may. */
static void run_among_others(struct single *self) {
    mc__call *call = self->call;

    self->rider.exchange = call->exchange;
    self->rider.reason = call->reason;
    self->rider.reason_size = sizeof call->reason;
    self->rider.state = MC__RIDING_WAITS;
    self->rider.queued = false;
    self->rider.share = NULL;
    self->began = self->turn.now;
    self->again = false;
    if (!take_the_short_way(self))
        take_the_pools_way(self);
}

/* Nobody shares what it takes. A connection that is not fit is found to be so again by who takes it next. */
static void run_large(struct single *self) {
    mc__connection *connection = mc__pool_take_idle(&self->call->host->pool);

    if (connection && is_fit(self, connection)) {
        ask_alone(self, connection, false);
        return;
    }
    if (connection)
        mc__pool_give_back(&self->call->host->pool, connection);
    go_on(self);
}

void mc__single_run(mc__call *call, size_t value_size, mc__time now, mc__time deadline) {
    struct single   self;
    mc__connection *connection;

    self.call = call;
    self.turn = (mc__turn){.now = now, .deadline = deadline, .alone = true};
    if (now >= deadline || !is_common(call)) {
        go_on(&self);
        return;
    }
    if (is_large(call, value_size)) {
        run_large(&self);
        return;
    }
    connection = mc__pool_lead_calmly(&call->host->pool);
    if (connection && is_fit(&self, connection)) {
        lead_alone(&self, connection);
    } else if (connection) {
        replace(&self, connection);
    } else if (value_size > MC__SHARE_VALUE_MAX || mc__park_init(&self.rider.park) != 0) {
        go_on(&self);
    } else {
        run_among_others(&self);
        mc__park_destroy(&self.rider.park);
    }
}
