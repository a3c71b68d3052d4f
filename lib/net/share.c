#include "net/share.h"

#include "base/platform.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* So often in a row one sends for all who wait. */
#define BATCHES 2

/* Why a connection is of no more use, in words. */
#define REASON_MAX (MC__ESCAPED_MAX + 100)

struct mc__share {
    mc__host       *host;
    mc__connection *connection;
    unsigned        lane;                     /* which of the pool's it is on */
    mc__share      *next;                     /* on that lane */
    mc__rider      *first;                    /* who has opened it, before it is on board */
    bool            heard;                    /* a byte of the host has come */
    bool            full;                     /* somebody could not get on board when it was boarded last */
    bool            stalled;                  /* one has left in vain, and no byte has come since */
    bool            over;                     /* nobody is on board, and nobody comes: it is on its lane no more */
    bool            stray;                    /* a byte has come that nobody asked for */
    mc_status       broken;                   /* MC_OK: it is not */
    mc__time        moved;                    /* when something came last, or was asked while nothing was awaited */
    mc__board       board;                    /* who shares it, who sends and who receives */
    char            reason[REASON_MAX];       /* why it is broken */
    mc__area        spaces[MC__INPUT_SPACES]; /* where who reads receives */
    size_t          space_count;              /* 0: there is no memory */
};

static mc__pool *pool_of(const mc__share *share) {
    return &share->host->pool;
}

static mc__lane *lane_of(const mc__share *share) {
    return share->board.lane;
}

static void lock(const mc__share *share) {
    mc__lock_take(&lane_of(share)->lock);
}

/* Whether somebody may send for those who wait, as others see it who do not have the lock. */
static void set_sender(mc__share *share, mc__rider *sender) {
    share->board.sender = sender;
    mc__lane_count_joinable(lane_of(share), sender ? -1 : 1);
}

/* The end of one that nobody uses: its connection goes back to the pool or, out of step, is dropped. reason: gets what the
 * log is to be told of it; else it is left as it is. */
static void close_share(mc__share *share, char reason[REASON_MAX]) {
    mc__connection *connection = share->connection;
    mc__pool       *pool = pool_of(share);
    unsigned        lane = share->lane;

    if (!share->stray && mc__pipeline_reusable(&connection->pipeline)) {
        mc__connection_rest(connection);
        mc__pool_end_lane(pool, lane, connection);
        return;
    }
    if (share->broken == MC_PROTOCOL_ERROR || share->broken == MC_CLIENT_ERROR)
        memcpy(reason, share->reason, REASON_MAX);
    else if (share->stray && share->broken == MC_OK)
        snprintf(reason, REASON_MAX, "sent what nobody had asked for. Connection closed.");
    mc__pipeline_abandon(&connection->pipeline, MC_TIMEOUT); /* what nobody waits for any more */
    mc__pool_drop(pool, connection);
    mc__pool_end_lane(pool, lane, NULL);
}

/* The same, and the log is told when all others have been woken: it may take its time, or wait for one of them. */
static void close_and_wake(mc__share *share, const mc__park_wakes *wakes) {
    mc__host *host = share->host;
    mc__lane *lane = lane_of(share);
    char      reason[REASON_MAX];

    reason[0] = '\0';
    close_share(share, reason);
    mc__park_wake(&lane->words, wakes);
    if (reason[0])
        mc__host_log(host, reason);
}

/* Releases the lock, and ends what is over: somebody else may use it at once. Then wakes whom has been told something: last,
 * for who is woken comes back with the next call, and is to find all in order. */
static void unlock_and_wake(mc__share *share) {
    mc__lane      *lane = lane_of(share);
    mc__park_wakes wakes = share->board.wakes;
    bool           over = share->over;

    share->board.wakes = (mc__park_wakes){{0}};
    mc__lock_release(&lane->lock);
    if (over)
        close_and_wake(share, &wakes);
    else
        mc__park_wake(&lane->words, &wakes);
}

/* ---------------------------------------------------------------------------------------------- with the lock held -- */

/* A connection on which nothing is awaited is looked at before it is used again. */
static bool is_fit(mc__share *share) {
    if (share->connection->pipeline.first)
        return true;
    share->stray = !mc__pipeline_reusable(&share->connection->pipeline) ||
                   mc__stream_look(&share->connection->stream) != MC__LOOK_QUIET;
    return !share->stray;
}

/* Who gets on board where no answer has come for so long would wait behind one that is slow. */
#define STUCK_AFTER (5 * MC__MS)

static bool is_stuck(const mc__share *share, mc__time now) {
    return share->board.aboard > 0 && now - share->moved > STUCK_AFTER;
}

/* Whose board they go on who wait: one for all, so that what is sent and received at once is much. Others end when who is on
 * board is answered. NULL: there is none, or none that moves. */
static mc__share *main_share(const mc__lane *lane, mc__time now) {
    mc__share *share = lane->shares;

    while (share && (share->broken != MC_OK || is_stuck(share, now)))
        share = share->next;
    return share;
}

/* Whether anybody waits to be taken on board. */
static bool is_awaited(const mc__lane *lane) {
    return lane->first || mc__lane_is_awaited(lane);
}

static bool add(mc__share *share, mc__rider *rider) {
    if (!mc__board_add(&share->board, rider))
        return false;
    rider->share = share;
    return true;
}

static bool add_waiter(void *arg, mc__waiter *waiter) {
    mc__share *share = arg;

    return add(share, (mc__rider *)((char *)waiter->park - offsetof(mc__rider, park)));
}

/* Those in the pool's queue have been there before there were many. */
static void take_along(mc__share *share) {
    mc__lane  *lane = lane_of(share);
    mc__rider *rider;

    share->full = mc__lane_is_awaited(lane) && !mc__pool_take_along(pool_of(share), share->lane, add_waiter, share);
    while (!share->full && (rider = lane->first) != NULL) {
        share->full = !add(share, rider);
        if (!share->full)
            mc__lane_remove(lane, rider);
    }
}

/* Takes on board who waits. Whether anything is to be sent. */
static bool board(mc__share *share) {
    mc__pipeline *pipeline = &share->connection->pipeline;

    if (share->broken != MC_OK)
        return false;
    share->full = false;
    if (share->first)
        add(share, share->first); /* has been looked at, and finds room */
    else if (!is_awaited(lane_of(share)))
        return false;
    else if (!is_fit(share) || is_stuck(share, mc__time_now())) {
        share->full = true;
        return false;
    }
    if (!pipeline->first)
        share->moved = mc__time_now();
    share->first = NULL;
    take_along(share);
    mc__lane_note_crowd(lane_of(share), share->board.aboard);
    if (share->board.aboard >= MC__FEW)
        mc__pool_met_many(pool_of(share));
    mc__board_depart(&share->board);
    return mc__pipeline_wants_output(pipeline);
}

static void break_with(mc__share *share, mc_status status, const char *reason) {
    if (share->broken != MC_OK)
        return;
    share->broken = status;
    snprintf(share->reason, sizeof share->reason, "%s", reason);
}

/* What is to be sent, all of it, and counted as sent before it is: its answers may come before the sender is back. If it
 * cannot be sent, the lane is at its end, and what is on it may have arrived. */
static bool take_output(mc__share *share, mc_slice *bytes) {
    mc__pipeline *pipeline = &share->connection->pipeline;
    mc_slice      slices[MC__OUTPUT_SLICES];
    size_t        count;

    /* All of it is in one piece, and nothing else is formatted until it is sent: it is little, with values of few bytes. */
    if (mc__pipeline_output(pipeline, slices, &count) != MC_OK || count != 1 || pipeline->output.formatting) {
        break_with(share, MC_NO_MEMORY, "out of memory");
        return false;
    }
    *bytes = slices[0];
    mc__pipeline_sent(pipeline, bytes->len);
    return true;
}

/* ---------------------------------------------------------------------------------------------- who does what next -- */

/* Nobody is on board any more, and nobody comes. Who waits in the lane's queue when nothing is shared there goes another
 * way.
 */
static void withdraw(mc__share *share) {
    mc__lane   *lane = lane_of(share);
    mc__share **at = &lane->shares;
    mc__rider  *rider;

    while (*at != share)
        at = &(*at)->next;
    *at = share->next;
    share->over = true;
    mc__lane_count_joinable(lane, -1);
    while (!lane->shares && (rider = lane->first) != NULL) {
        mc__lane_remove(lane, rider);
        rider->lingers = false; /* nobody has set it: it has never been on board */
        mc__board_tell(&share->board, rider, MC__RIDING_REFUSED);
    }
}

/* Whether all that is missing is the END behind values that have all come. */
static bool awaits_end(const mc__share *share) {
    const mc__pipeline *pipeline = &share->connection->pipeline;
    const mc__exchange *line = pipeline->first;

    return line && !line->next && pipeline->reading == MC__READING_LINE && mc__verb_retrieves(line->command.verb) &&
           pipeline->keys.found_count == line->count - line->answered;
}

/* It receives next, and needs no lock until it has. */
static void appoint(mc__share *share, mc__rider *reader) {
    share->board.reader = reader;
    if (mc__pipeline_space(&share->connection->pipeline, share->spaces, &share->space_count) != MC_OK)
        share->space_count = 0;
}

/* Somebody has ended what he did: while an answer is awaited, somebody must receive. */
static mc__duty settle(mc__share *share, mc__rider *self) {
    mc__rider *reader;

    if (share->broken != MC_OK && !share->board.sender && !share->board.reader)
        mc__board_fail(&share->board, share->broken, share->heard, share->reason);
    else if (share->broken != MC_OK)
        mc__stream_shut(&share->connection->stream); /* whoever still uses it comes back soon */
    if (share->board.reader) {
        if (share->board.reader != self)
            return MC__DUTY_NONE;
        appoint(share, self);
        return MC__DUTY_READ;
    }
    if (share->board.sender || (share->broken != MC_OK && share->board.aboard > 0))
        return MC__DUTY_NONE; /* the sender will see to it */
    reader = self && self->share == share && self->state == MC__RIDING_WAITS ? self : mc__board_anybody(&share->board);
    if (!reader && self && self->share == share && self->state == MC__RIDING_ANSWERED && share->broken == MC_OK &&
        awaits_end(share)) {
        self->lingers = true; /* it costs nobody a connection that the END has not come in one piece with its value */
        appoint(share, self);
        return MC__DUTY_READ;
    }
    if (!reader) {
        withdraw(share);
        return MC__DUTY_NONE;
    }
    appoint(share, reader);
    if (reader == self) {
        self->state = MC__RIDING_READS;
        return MC__DUTY_READ;
    }
    mc__board_tell(&share->board, reader, MC__RIDING_READS);
    return MC__DUTY_NONE;
}

/* ------------------------------------------------------------------------------------------------ opening, joining -- */

/* The memory of a share is its connection's. */
static mc__share *share_of(mc__connection *connection) {
    if (!connection->share)
        connection->share = calloc(1, sizeof(mc__share));
    return connection->share;
}

mc__share *mc__share_open(mc__host *host, unsigned number, mc__connection *connection, mc__rider *rider) {
    mc__lane   *lane = &host->pool.lanes[number];
    mc__share  *share = share_of(connection);
    mc__share **at = &lane->shares;

    if (!share)
        return NULL;
    share->host = host;
    share->connection = connection;
    share->lane = number;
    share->next = NULL;
    share->first = rider;
    share->heard = share->stray = share->over = share->full = share->stalled = false;
    share->broken = MC_OK;
    mc__board_clear(&share->board, lane, &connection->pipeline);
    share->board.sender = rider; /* from before others see it */
    mc__park_take_place(&rider->park, &lane->words);
    mc__pool_count_lane(&host->pool, number);
    lock(share);
    while (*at)
        at = &(*at)->next;
    *at = share;
    unlock_and_wake(share);
    return share;
}

bool mc__share_enter(mc__host *host, unsigned number, mc__rider *rider, mc__time now, mc__share **share) {
    mc__pool *pool = &host->pool;
    mc__lane *lane = &pool->lanes[number];

    *share = NULL;
    if (!mc__lane_is_open(lane) || mc__pool_has_strangers(pool)) /* who would wait behind those who share for ever */
        return false;
    mc__park_take_place(&rider->park, &lane->words);
    mc__lock_take(&lane->lock);
    if (mc__lane_has_crowd(lane))
        *share = main_share(lane, now);
    if (!*share) {
        mc__lock_release(&lane->lock);
        return false;
    }
    mc__lane_add(lane, rider);
    if ((*share)->board.sender)
        *share = NULL;
    else
        set_sender(*share, rider);
    mc__lock_release(&lane->lock);
    return true;
}

mc__taken mc__share_break_out(mc__host *host, unsigned number, mc__rider *rider, mc__connection **connection) {
    mc__lane *lane = &host->pool.lanes[number];
    mc__taken taken = MC__TAKEN_NOTHING;

    mc__lock_take(&lane->lock);
    if (rider->queued) {
        taken = mc__pool_break_in(&host->pool, connection);
        if (taken != MC__TAKEN_PLACE)
            mc__lane_remove(lane, rider);
    }
    mc__lock_release(&lane->lock);
    return taken;
}

mc__share *mc__share_join(mc__host *host, unsigned number, mc__rider *rider, mc__time now, bool *stuck) {
    mc__lane  *lane = &host->pool.lanes[number];
    mc__share *share = NULL;

    *stuck = false;
    /* A sender that ends looks at the queue once more after it has said so. */
    if (!mc__lane_is_joinable(lane))
        return NULL;
    mc__lock_take(&lane->lock);
    if (!rider->share) {
        share = main_share(lane, now);
        *stuck = !share && mc__lane_is_open(lane);
    }
    if (share && share->board.sender)
        share = NULL;
    if (share)
        set_sender(share, rider);
    mc__lock_release(&lane->lock);
    return share;
}

/* ---------------------------------------------------------------------------------------------- sending, receiving -- */

/* Sends all of it, before the deadline. */
static bool send_all(const mc__stream *stream, mc_slice bytes, mc__time deadline) {
    while (bytes.len > 0) {
        ptrdiff_t sent = mc__stream_send(stream, &bytes, 1, false);
        if (sent > 0) {
            bytes = mc_bytes(bytes.data + sent, bytes.len - (size_t)sent);
            continue;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            struct pollfd full = {.fd = stream->fd, .events = POLLOUT};
            mc__time      now = mc__time_now();
            if (now >= deadline)
                return false;
            (void)poll(&full, 1, mc__deadline_left_ms(deadline, now));
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

/* Whether there are some to be taken along by this lane. */
static bool has_passengers(const mc__share *share) {
    const mc__lane *lane = lane_of(share);

    return is_awaited(lane) && share->broken == MC_OK && !share->full && main_share(lane, mc__time_now()) == share;
}

/* With the lock held: whether it is over with sending. Who has come to the queue since it was looked at has found nobody to
 * send for him but this one, or whoever receives next: nobody sends for others for ever. */
static bool stop_sending(mc__share *share, mc__rider *self, int batches) {
    set_sender(share, NULL);
    if (batches >= BATCHES || !has_passengers(share))
        return true;
    set_sender(share, self);
    return false;
}

mc__duty mc__share_send(mc__share *share, mc__rider *self, mc__time deadline) {
    mc_slice bytes;
    mc__duty duty;

    for (int batches = 0;; batches++) {
        bool sends;
        if (batches == 0 && (!share->first || mc__lane_has_crowd(lane_of(share))))
            mc__lane_let_others_come(lane_of(share), share->first ? 1 : 0, deadline);
        lock(share);
        sends = batches < BATCHES && board(share) && take_output(share, &bytes);
        if (!sends && stop_sending(share, self, batches))
            break;
        unlock_and_wake(share);
        if (sends && !send_all(&share->connection->stream, bytes, deadline))
            mc__stream_shut(&share->connection->stream); /* who receives sees the end */
    }
    duty = settle(share, self);
    unlock_and_wake(share);
    return duty;
}

/* With the lock held: takes what has come, or notes why nothing came. error: its errno. */
static void take_input(mc__share *share, ptrdiff_t received, int error) {
    const mc__pipeline *pipeline = &share->connection->pipeline;
    char                text[80];

    if (share->space_count == 0) {
        break_with(share, MC_NO_MEMORY, "out of memory");
    } else if (received > 0) {
        share->heard = true;
        share->full = share->stalled = false;
        share->moved = mc__time_now();
        if (mc__pipeline_received(&share->connection->pipeline, (size_t)received) != MC_OK)
            break_with(share, pipeline->broken, pipeline->reason);
    } else if (received == 0) {
        break_with(share, MC_CONNECTION_LOST, "closed by the server");
    } else if (error != EAGAIN && error != EWOULDBLOCK && error != EINTR) {
        break_with(share, MC_CONNECTION_LOST, mc__errno_text(error, text, sizeof text));
    }
}

/* Who still receives sends for those who have come meanwhile, before it goes on; and so does who is answered together with
 * all others on board, for else the lane would end, and have to begin anew. */
static bool may_send_next(const mc__share *share, const mc__rider *self) {
    return !share->board.sender && (share->board.reader == self || (share->board.aboard == 0 && !awaits_end(share))) &&
           has_passengers(share);
}

mc__duty mc__share_read(mc__share *share, mc__rider *self, mc__time now, mc__time until, mc__time deadline) {
    mc__connection *connection = share->connection;
    bool            wait = mc__connection_may_wait(connection, now, deadline);
    struct pollfd   waited = {.fd = connection->stream.fd, .events = POLLIN};
    bool            polled = true;
    ptrdiff_t       received = -1;
    mc__duty        duty;
    int             error;

    if (!wait)
        polled = poll(&waited, 1, mc__deadline_left_ms(until, now)) >= 0 || errno == EINTR || errno == EAGAIN;
    if (share->space_count > 0 && polled)
        received = mc__stream_receive(&connection->stream, share->spaces, share->space_count, wait);
    error = errno;
    lock(share);
    take_input(share, received, error);
    if (share->broken != MC_OK && self->state == MC__RIDING_READS)
        self->state = MC__RIDING_WAITS;
    if (self->state != MC__RIDING_READS)
        share->board.reader = NULL;
    self->lingers = false;
    if (may_send_next(share, self)) {
        set_sender(share, self);
        duty = MC__DUTY_SEND;
    } else {
        duty = settle(share, self);
    }
    unlock_and_wake(share);
    return duty;
}

/* --------------------------------------------------------------------------------------------------------- leaving -- */

bool mc__share_has_others(mc__host *host, unsigned number, const mc__rider *self) {
    mc__lane *lane = &host->pool.lanes[number];
    bool      others;

    mc__lock_take(&lane->lock);
    others = (self->state == MC__RIDING_WAITS || self->state == MC__RIDING_READS) && self->share &&
             (self->share->board.aboard > 1 || self->share->stalled);
    mc__lock_release(&lane->lock);
    return others;
}

mc__duty mc__share_leave(mc__host *host, unsigned number, mc__rider *self) {
    mc__lane  *lane = &host->pool.lanes[number];
    mc__share *share;
    mc__duty   duty;

    mc__lock_take(&lane->lock);
    if (self->state != MC__RIDING_WAITS && self->state != MC__RIDING_READS && !self->lingers) {
        mc__lock_release(&lane->lock);
        return MC__DUTY_NONE;
    }
    share = self->share; /* is there as long as the rider is on board, or reads */
    self->first_to_leave = !share->stalled;
    share->stalled = true;
    if (!self->lingers)
        mc__board_leave(&share->board, self);
    self->lingers = false;
    if (share->board.reader == self)
        share->board.reader = NULL;
    duty = settle(share, NULL);
    unlock_and_wake(share);
    return duty;
}
