#include "net/call.h"

#include "base/platform.h"
#include "net/direct.h"
#include "protocol/quiet.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So often a host is received from in a row while others wait: one that never ends must not keep them from being heard. */
#define TURNS_MAX 32

static void take_connection(mc__call *call, const mc__turn *turn);

void mc__call_init(mc__call *call, mc__host *host, mc__exchange *exchange, bool probe) {
    call->host = host;
    call->exchange = exchange;
    call->probe = probe;
    call->failure = MC_OK;
    call->reason[0] = '\0';
    call->state = MC__CALL_NEW;
    call->connection = NULL;
    call->flush.answered = call->flush.count = 0;
    call->asking = false;
    call->fresh = call->retried = call->heard = call->may_move = false;
}

mc_status mc__call_sent_status(const mc__call *call) {
    return call->failure == MC_UNREACHABLE ? MC_CONNECTION_LOST : call->failure;
}

mc_status mc__call_unsent_status(const mc__call *call) {
    return call->failure == MC_NO_MEMORY || call->failure == MC_PROTOCOL_ERROR ? call->failure : MC_UNREACHABLE;
}

static bool answered(const mc__call *call) {
    return call->exchange->answered == call->exchange->count && call->exchange->again == 0;
}

static void explain(mc__call *call, const char *reason) {
    snprintf(call->reason, sizeof call->reason, "%s", reason);
}

/* The end, with no connection held. */
static void end(mc__call *call, mc_status failure) {
    call->state = MC__CALL_DONE;
    call->failure = answered(call) ? MC_OK : failure;
    if (call->probe)
        mc__health_give_up(&call->host->health);
    call->probe = false;
}

/* ---------------------------------------------------------------------------------- the flush_all that may go first -- */

static void flush_request(const mc__exchange *exchange, size_t i, mc__request *request) {
    (void)exchange, (void)i;
    *request = (mc__request){0};
}

static void flush_answer(mc__exchange *exchange, size_t i, mc_status status, const mc__reply *reply) {
    mc__call *call = (mc__call *)((char *)exchange - offsetof(mc__call, flush));

    (void)i, (void)reply;
    if (status != MC_OK)
        mc__health_flush_failed(&call->host->health);
}

static const mc__exchange_ops flush_ops = {.request = flush_request, .answer = flush_answer};

static void push_flush_if_due(mc__call *call) {
    if (!call->host->settings->flush_on_reconnect || !mc__health_take_flush(&call->host->health))
        return;
    call->flush = (mc__exchange){.ops = &flush_ops, .command = {.verb = MC__VERB_FLUSH_ALL}, .count = 1};
    mc__pipeline_push(&call->connection->pipeline, &call->flush);
}

/* --------------------------------------------------------------------------- whether the quiet way is understood -- */

/* A server may take this part of what the call has left to say whether it understands quiet writes: the classic way must
 * still have its time. */
#define ASK_SHARE 10

static void question_request(const mc__exchange *exchange, size_t i, mc__request *request) {
    (void)exchange, (void)i;
    *request = (mc__request){0};
}

static void question_answer(mc__exchange *exchange, size_t i, mc_status status, const mc__reply *reply) {
    (void)exchange, (void)i, (void)status, (void)reply;
}

static const mc__exchange_ops question_ops = {.request = question_request, .answer = question_answer};

static void push_question(mc__call *call, const mc__turn *turn) {
    call->asking = true;
    call->ask_until = turn->now + (turn->deadline - turn->now) / ASK_SHARE;
    call->question = (mc__exchange){.ops = &question_ops, .command = {.verb = MC__VERB_META}, .count = MC__QUIET_QUESTIONS};
    mc__pipeline_push(&call->connection->pipeline, &call->question);
}

static void push_exchange(mc__call *call, const mc__turn *turn) {
    mc__command *command = &call->exchange->command;

    if (command->quiet && !call->connection->quiet) {
        if (mc__host_may_be_quiet(call->host, turn->now)) {
            push_question(call, turn);
            return;
        }
        command->quiet = false;
    }
    mc__pipeline_push(&call->connection->pipeline, call->exchange);
}

/* The question has not had the answer of a server that understands; the connection is closed. */
static void ask_classically(mc__call *call, const mc__turn *turn) {
    call->exchange->command.quiet = false;
    call->fresh = true;
    call->heard = false;
    take_connection(call, turn);
}

/* For what follows upon a transfer, which may have waited: another connection, on which the others are not kept waiting. */
static mc__turn turn_anew(const mc__turn *turn) {
    return (mc__turn){.now = mc__time_now(), .deadline = turn->deadline, .alone = turn->alone, .wait_ms = turn->wait_ms};
}

/* What the quiet way has left in doubt; the connection is given back. */
static void ask_doubtful(mc__call *call, const mc__turn *turn) {
    mc__exchange *exchange = call->exchange;
    mc__turn      now = turn_anew(turn);

    exchange->count = exchange->again;
    exchange->again = exchange->answered = exchange->sent = 0;
    exchange->command.quiet = false;
    call->fresh = false;
    take_connection(call, &now);
}

/* -------------------------------------------------------------------------------------------------- the end of a talk -- */

static void finish(mc__call *call, const mc__turn *turn) {
    mc__pipeline *pipeline = &call->connection->pipeline;
    bool          stray = false;

    if (mc__pipeline_reusable(pipeline)) {
        mc__connection_rest(call->connection);
        mc__pool_give_back(&call->host->pool, call->connection);
    } else {
        stray = pipeline->broken == MC_OK;
        mc__pool_drop(&call->host->pool, call->connection);
    }
    call->connection = NULL;
    mc__host_answered(call->host);
    call->probe = false;
    if (stray)
        mc__host_log(call->host, "sent more than was asked for. Connection closed.");
    if (call->exchange->again > 0)
        ask_doubtful(call, turn);
    else
        end(call, MC_OK);
}

/* Closes the connection, with every request in it accounted for. */
static void abandon(mc__call *call, mc_status status) {
    if (!call->connection)
        return; /* others use it, and have taken over what is asked on it */
    mc__pipeline_abandon(&call->connection->pipeline, status);
    mc__exchange_end(&call->flush, status, status);
    call->flush.answered = call->flush.count = 0;
    call->asking = false;
    mc__pool_drop(&call->host->pool, call->connection);
    call->connection = NULL;
}

static bool may_retry(const mc__call *call, mc_status status) {
    const mc__exchange *exchange = call->exchange;

    if (answered(call) || status == MC_NO_MEMORY || status == MC_UNREACHABLE)
        return false;
    if (!mc__verb_repeatable(exchange->command.verb) && exchange->sent > exchange->answered)
        return false;
    /* A refusal has answered its request: what is left comes nearer to its end, however often. */
    return status == MC_CLIENT_ERROR || !call->retried;
}

/* The kernel refused what was being sent, which says little of the peer. */
static void count_as_sent(mc__exchange *exchange) {
    if (exchange->sent == exchange->answered && exchange->answered < exchange->count)
        exchange->sent++;
}

/* What the end of a connection says of the quiet way. true: the question has ended it, and the call goes on without. */
static bool was_not_quiet(mc__call *call, const mc__turn *turn, bool asked, mc_status status) {
    bool refused = status == MC_PROTOCOL_ERROR || status == MC_CLIENT_ERROR;

    if (!asked) {
        if (status == MC_CONNECTION_LOST)
            mc__host_lost_connection(call->host);
        if (refused && call->exchange->command.quiet) {
            mc__host_refused_quiet(call->host);
            call->exchange->command.quiet = false;
        }
        return false;
    }
    if (refused)
        mc__host_refused_quiet(call->host);
    else if (status == MC_CONNECTION_LOST)
        mc__host_ignored_quiet(call->host, turn->now);
    else
        return false;
    ask_classically(call, turn);
    return true;
}

/* The connection is gone: the rest is asked once more on a fresh one, or the call ends. */
static void go_on_after(mc__call *call, const mc__turn *turn, bool asked, mc_status status) {
    if (call->heard && status != MC_UNREACHABLE) {
        mc__host_answered(call->host);
        call->probe = false;
    }
    if (was_not_quiet(call, turn, asked, status))
        return;
    if (may_retry(call, status)) {
        call->fresh = status != MC_CLIENT_ERROR;
        call->retried = call->retried || status != MC_CLIENT_ERROR;
        take_connection(call, turn);
        return;
    }
    call->may_move = status == MC_UNREACHABLE;
    if (status == MC_CLIENT_ERROR || (status == MC_PROTOCOL_ERROR && call->exchange->sent > call->exchange->answered))
        status = MC_CONNECTION_LOST; /* what it means for the requests that are left */
    if (status == MC_CONNECTION_LOST)
        count_as_sent(call->exchange);
    end(call, status);
}

/* The connection is of no more use. */
static void broke(mc__call *call, const mc__turn *turn, mc_status status, const char *reason) {
    bool asked = call->asking;

    explain(call, reason);
    abandon(call, status);
    if ((status == MC_PROTOCOL_ERROR || status == MC_CLIENT_ERROR) && !asked)
        mc__host_log(call->host, call->reason);
    go_on_after(call, turn, asked, status);
}

void mc__call_lost(mc__call *call, const mc__turn *turn, mc_status status) {
    go_on_after(call, turn, false, status);
}

static void broke_with_errno(mc__call *call, const mc__turn *turn) {
    char text[80];

    broke(call, turn, MC_CONNECTION_LOST, mc__errno_text(errno, text, sizeof text));
}

/* ------------------------------------------------------------------------------------------------------------ talking -- */

static bool may_wait(const mc__call *call, const mc__turn *turn) {
    return (turn->alone || turn->in_turn) && !call->asking && call->host->settings->spin_us == 0 &&
           mc__connection_may_wait(call->connection, turn->now, turn->deadline);
}

/* Whether all is said. Where it was the question, the exchange follows. */
static bool has_ended(mc__call *call) {
    mc__pipeline *pipeline = &call->connection->pipeline;

    if (!mc__pipeline_idle(pipeline))
        return false;
    if (!call->asking)
        return true;
    call->asking = false;
    call->connection->quiet = true;
    mc__pipeline_push(pipeline, call->exchange);
    return mc__pipeline_idle(pipeline);
}

/* Whether the call goes on after a transfer; if not, it has been told. */
static bool went_on(mc__call *call, const mc__turn *before, mc__transfer transfer) {
    mc__turn turn;
    int      error;

    if (transfer == MC__TRANSFER_SOME || transfer == MC__TRANSFER_BLOCKED)
        return true;
    error = errno;
    turn = turn_anew(before);
    errno = error;
    if (transfer == MC__TRANSFER_FAILED) {
        broke_with_errno(call, &turn);
    } else if (transfer == MC__TRANSFER_CLOSED) {
        broke(call, &turn, MC_CONNECTION_LOST, "closed by the server");
    } else if (transfer == MC__TRANSFER_BROKEN) {
        call->heard = true;
        broke(call, &turn, call->connection->pipeline.broken, call->connection->pipeline.reason);
    } else {
        broke(call, &turn, MC_NO_MEMORY, "out of memory");
    }
    return false;
}

/* A peer that closed may have said why: what it sent before is still there to be read. */
static void read_last_words(mc__call *call) {
    int  error = errno;
    bool drained;

    while (call->connection->pipeline.first &&
           mc__connection_receive(call->connection, false, &drained) == MC__TRANSFER_SOME)
        call->heard = true;
    errno = error;
}

/* Whether the call goes on after it has sent. */
static bool went_out(mc__call *call, const mc__turn *turn, mc__transfer transfer) {
    if (transfer == MC__TRANSFER_FAILED) {
        read_last_words(call);
        if (call->connection->pipeline.broken != MC_OK)
            transfer = MC__TRANSFER_BROKEN;
    }
    return went_on(call, turn, transfer);
}

/* A single request is sent by waiting in the socket; of many, replies may have to be read first for the server to go on. */
static bool send_part(mc__call *call, const mc__turn *turn) {
    bool wait = call->exchange->count == 1 && may_wait(call, turn);

    return went_out(call, turn, mc__connection_send(call->connection, wait));
}

/* Sends and receives as far as it goes. readable: poll said so. */
static void talk(mc__call *call, const mc__turn *first, bool readable) {
    mc__turn     turn = *first;
    bool         drained = false, wait;
    mc__transfer transfer;

    for (int turns = 1;; turns++) {
        if (!send_part(call, &turn))
            return;
        if (has_ended(call)) {
            finish(call, &turn);
            return;
        }
        wait = may_wait(call, &turn) && !mc__pipeline_wants_output(&call->connection->pipeline);
        if ((!wait && !readable) || !call->connection->pipeline.first)
            return; /* all is answered and the rest of the output waits, or the answer does */
        transfer = mc__connection_receive(call->connection, wait, &drained);
        if (transfer == MC__TRANSFER_BLOCKED || !went_on(call, &turn, transfer))
            return;
        call->heard = true;
        if (has_ended(call)) {
            finish(call, &turn);
            return;
        }
        readable = !drained;
        turn.now = mc__time_now();
        if (turn.now >= turn.deadline || (turns >= TURNS_MAX && !turn.alone) ||
            (turn.in_turn && turn.now - first->now >= MC__TURN_LENGTH))
            return;
    }
}

bool mc__call_takes_turns(mc__call *call, const mc__turn *turn) {
    if (call->state == MC__CALL_ASKED)
        return true;
    if (call->state != MC__CALL_TALKING || call->asking || turn->wait_ms == 0 ||
        mc__pipeline_wants_output(&call->connection->pipeline))
        return false;
    return mc__stream_shorten(&call->connection->stream, turn->wait_ms);
}

void mc__call_adopt(mc__call *call, const mc__turn *turn, mc__connection *connection, mc__transfer transfer) {
    call->connection = connection;
    call->state = MC__CALL_TALKING;
    if (went_out(call, turn, transfer) && has_ended(call))
        finish(call, turn);
}

static void begin_talk(mc__call *call, const mc__turn *turn) {
    call->state = MC__CALL_TALKING;
    push_exchange(call, turn);
    talk(call, turn, false);
}

/* The server has not said in time whether it understands. */
static void stayed_silent(mc__call *call, const mc__turn *turn) {
    abandon(call, MC_CONNECTION_LOST);
    mc__host_ignored_quiet(call->host, turn->now);
    ask_classically(call, turn);
}

/* --------------------------------------------------------------------------------------------- getting a connection -- */

/* The host is there; it may be the kernel alone that had accepted. What this comes to is not left to whether the RST came
 * before or after the first bytes were sent. */
static void broken_at_once(mc__call *call, const mc__turn *turn) {
    mc__pool_return_right(&call->host->pool);
    explain(call, call->dial.reason);
    if (may_retry(call, MC_CONNECTION_LOST)) {
        call->fresh = call->retried = true;
        take_connection(call, turn);
        return;
    }
    count_as_sent(call->exchange);
    end(call, MC_CONNECTION_LOST);
}

static void dial_failed(mc__call *call, const mc__turn *turn) {
    mc__host *host = call->host;
    bool      hurried = call->dial.deadline == turn->deadline && turn->now >= turn->deadline;

    explain(call, call->dial.reason);
    if (!call->dial.local && hurried)
        mc__host_timed_out(host, turn->now); /* a short deadline is no proof of death */
    else if (!call->dial.local)
        mc__host_unreachable(host, turn->now, call->reason);
    mc__pool_return_right(&host->pool); /* whoever it wakes finds the host dead */
    call->may_move = !call->dial.local;
    call->probe = call->probe && call->dial.local;
    end(call, call->dial.no_memory ? MC_NO_MEMORY : MC_UNREACHABLE);
}

static bool is_turned_away(mc_slice words) {
    size_t len = words.len < MC__TURNED_AWAY.len ? words.len : MC__TURNED_AWAY.len;

    return len > 0 && memcmp(words.data, MC__TURNED_AWAY.data, len) == 0;
}

/* A server that speaks first turns the connection away, or is none of ours. */
static void spoke_first(mc__call *call) {
    char     escaped[MC__ESCAPED_MAX];
    bool     drained;
    mc_slice words;

    mc__connection_receive(call->connection, false, &drained);
    words = mc__buffer_readable(&call->connection->pipeline.in);
    snprintf(call->reason, sizeof call->reason, "the server spoke first: \"%s\"", mc__escape(words, escaped));
    call->may_move = is_turned_away(words);
    mc__pool_drop(&call->host->pool, call->connection);
    call->connection = NULL;
    mc__host_log(call->host, call->reason);
    end(call, call->may_move ? MC_UNREACHABLE : MC_PROTOCOL_ERROR);
}

/* Whether the call has a connection; if not, it is done. */
static bool dialled(mc__call *call, const mc__turn *turn) {
    mc__host *host = call->host;

    call->connection = mc__connection_new(&call->dial.stream, turn->now, host->settings->max_value_size);
    if (!call->connection) {
        mc__stream_close(&call->dial.stream);
        mc__pool_return_right(&host->pool);
        explain(call, "out of memory");
        end(call, MC_NO_MEMORY);
        return false;
    }
    mc__pool_add(&host->pool, call->connection);
    if (call->connection->stream.spoke_first && mc__stream_look(&call->connection->stream) == MC__LOOK_STRAY) {
        spoke_first(call);
        return false;
    }
    push_flush_if_due(call);
    return true;
}

static void dial_on(mc__call *call, const mc__turn *turn, mc__dial_state state) {
    call->state = MC__CALL_DIALING;
    if (state == MC__DIAL_CONNECTED && dialled(call, turn))
        begin_talk(call, turn);
    else if (state == MC__DIAL_FAILED && call->dial.broken)
        broken_at_once(call, turn);
    else if (state == MC__DIAL_FAILED)
        dial_failed(call, turn);
}

/* false: the peer has closed it, or it is out of step; it is dropped. */
static bool fit_for_use(mc__call *call, const mc__turn *turn) {
    mc__look look = mc__connection_look(call->connection, turn->now, call->host->settings->io_timeout_ms);

    if (look == MC__LOOK_QUIET)
        return true;
    mc__pool_drop(&call->host->pool, call->connection);
    call->connection = NULL;
    mc__host_lost_connection(call->host);
    if (look == MC__LOOK_STRAY)
        mc__host_log(call->host, "sent what nobody had asked for. Connection closed.");
    return false;
}

static void take_connection(mc__call *call, const mc__turn *turn) {
    char text[80];

    for (;;) {
        switch (mc__pool_take(&call->host->pool, call->fresh, &call->waiter, &call->connection)) {
        case MC__TAKEN_CONNECTION:
            if (!fit_for_use(call, turn))
                continue;
            begin_talk(call, turn);
            return;
        case MC__TAKEN_RIGHT:
            dial_on(call, turn, mc__dial_begin(&call->dial, call->host, turn->now, turn->deadline));
            return;
        case MC__TAKEN_PLACE:
            call->state = MC__CALL_QUEUED;
            return;
        default:
            explain(call, mc__errno_text(errno, text, sizeof text));
            end(call, MC_UNREACHABLE);
            return;
        }
    }
}

/* Those who wait for a connection learn from the first who could not open one, instead of trying in turn. */
static void died_meanwhile(mc__call *call) {
    mc__pool_return_right(&call->host->pool);
    explain(call, "marked dead while this call waited for a connection");
    call->may_move = true;
    end(call, MC_UNREACHABLE);
}

mc__connection *mc__call_open(mc__call *call, const mc__turn *turn) {
    mc__connection *connection;
    mc__dial_state  state;

    if (mc__health_is_dead(&call->host->health)) {
        died_meanwhile(call);
        return NULL;
    }
    state = mc__dial_begin(&call->dial, call->host, turn->now, turn->deadline);
    if (state != MC__DIAL_CONNECTED) {
        dial_on(call, turn, state);
        return NULL;
    }
    if (!dialled(call, turn))
        return NULL;
    if (call->connection->pipeline.first) {
        begin_talk(call, turn); /* behind the flush_all */
        return NULL;
    }
    connection = call->connection;
    call->connection = NULL;
    return connection;
}

static void step_queued(mc__call *call, const mc__turn *turn) {
    mc__taken taken;

    if (!mc__pool_granted(&call->host->pool, &call->waiter, &taken, &call->connection))
        return;
    if (taken == MC__TAKEN_RIGHT && !call->probe && mc__health_is_dead(&call->host->health))
        died_meanwhile(call);
    else if (taken == MC__TAKEN_RIGHT)
        dial_on(call, turn, mc__dial_begin(&call->dial, call->host, turn->now, turn->deadline));
    else if (fit_for_use(call, turn))
        begin_talk(call, turn);
    else
        take_connection(call, turn);
}

/* ------------------------------------------------------------------------------------------------------------ the run -- */

static void talk_on(mc__call *call, const mc__turn *turn) {
    mc__turn now = *turn;

    now.now = mc__time_now();
    talk(call, &now, false);
}

/* The answer that has been asked for, or its first part. */
static void step_asked(mc__call *call, const mc__turn *turn) {
    if (call->state == MC__CALL_ASKED && (turn->alone || turn->in_turn))
        mc__direct_receive(call, turn);
    else if (call->state == MC__CALL_ASKED)
        mc__direct_leave(call, turn);
    if (call->state == MC__CALL_TALKING)
        talk_on(call, turn);
}

void mc__call_step(mc__call *call, const mc__turn *turn, bool ready) {
    switch (call->state) {
    case MC__CALL_NEW:
        if (!mc__direct_ask(call, turn))
            take_connection(call, turn);
        else if (turn->alone)
            step_asked(call, turn);
        break;
    case MC__CALL_ASKED:
        step_asked(call, turn);
        break;
    case MC__CALL_QUEUED:
        step_queued(call, turn);
        break;
    case MC__CALL_DIALING:
        dial_on(call, turn, mc__dial_step(&call->dial, turn->now));
        break;
    case MC__CALL_TALKING:
        if (call->asking && !ready && turn->now >= call->ask_until)
            stayed_silent(call, turn);
        else
            talk(call, turn, ready);
        break;
    default:
        break;
    }
}

void mc__call_stop(mc__call *call, mc__time now, mc_status status) {
    mc__host *host = call->host;
    bool      late = status == MC_TIMEOUT;

    switch (call->state) {
    case MC__CALL_QUEUED:
        mc__pool_leave(&host->pool, &call->waiter);
        explain(call, "no connection came free by the deadline");
        break;
    case MC__CALL_DIALING:
        mc__dial_cancel(&call->dial);
        mc__pool_return_right(&host->pool);
        explain(call, "connect: timed out");
        break;
    case MC__CALL_TALKING:
        explain(call, "no complete answer by the deadline");
        abandon(call, status);
        break;
    default:
        explain(call, "the deadline came first");
        break;
    }
    if (late && (call->state == MC__CALL_DIALING || (call->state == MC__CALL_TALKING && !answered(call)))) {
        mc__host_timed_out(host, now);
        call->probe = false;
    }
    if (!late)
        explain(call, "out of memory");
    else if (call->state != MC__CALL_TALKING)
        status = MC_UNREACHABLE;
    end(call, status);
}

mc__time mc__call_wants(const mc__call *call, mc__time deadline, struct pollfd *poll) {
    const mc__pipeline *pipeline;

    switch (call->state) {
    case MC__CALL_QUEUED:
        *poll = (struct pollfd){.fd = call->waiter.wakeup.read_fd, .events = POLLIN};
        return deadline;
    case MC__CALL_DIALING:
        poll->fd = mc__dial_wants(&call->dial, &poll->events);
        return mc__earlier(call->dial.until, deadline);
    default:
        pipeline = &call->connection->pipeline;
        poll->fd = call->connection->stream.fd;
        poll->events = pipeline->first ? POLLIN : 0;
        if (mc__pipeline_wants_output(pipeline))
            poll->events |= POLLOUT;
        return call->asking ? mc__earlier(call->ask_until, deadline) : deadline;
    }
}
