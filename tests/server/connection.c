#include "server/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Rounds of reading and answering in one turn, before the worker's other connections have theirs. */
#define ROUNDS 4

/* What an unfinished command may keep of a worker's large buffer; more bytes than this keep the buffer itself. */
#define SMALL_INPUT 2048

static void on_event(evutil_socket_t fd, short what, void *arg);

/* ---------------------------------------------------------------------------------------------- opening and closing -- */

static void link_in(mcs__connection *connection) {
    mcs__worker *worker = connection->session.worker;

    pthread_mutex_lock(&worker->lock);
    connection->next = worker->connections;
    if (connection->next)
        connection->next->previous = connection;
    worker->connections = connection;
    pthread_mutex_unlock(&worker->lock);
}

static void link_out(mcs__connection *connection) {
    mcs__worker *worker = connection->session.worker;

    pthread_mutex_lock(&worker->lock);
    if (connection->next)
        connection->next->previous = connection->previous;
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        worker->connections = connection->next;
    pthread_mutex_unlock(&worker->lock);
}

static bool watch(mcs__connection *connection, short what, const struct timeval *timeout) {
    return event_assign(connection->event, connection->session.worker->base, connection->fd, what, on_event, connection) ==
               0 &&
           event_add(connection->event, timeout) == 0;
}

bool mcs__connection_open(mcs__worker *worker, int fd) {
    mcs__connection *connection = malloc(sizeof *connection + event_get_struct_event_size());

    if (!connection) {
        close(fd);
        atomic_fetch_sub(&worker->server->connections, 1);
        return false;
    }
    memset(connection, 0, sizeof *connection);
    mcs__session_init(&connection->session, worker);
    connection->event = (struct event *)(connection + 1);
    connection->fd = fd;
    atomic_init(&connection->last_command, worker->now);
    link_in(connection);
    if (watch(connection, EV_READ | EV_PERSIST, NULL))
        return true;
    mcs__connection_close(connection);
    return false;
}

void mcs__connection_close(mcs__connection *connection) {
    mcs__worker *worker = connection->session.worker;

    event_del(connection->event);
    link_out(connection);
    mcs__session_free(&connection->session);
    close(connection->fd);
    free(connection);
    atomic_fetch_sub(&worker->server->connections, 1);
}

/* -------------------------------------------------------------------------------------------------- borrowed buffers -- */

static void borrow(mcs__connection *connection) {
    mcs__session *session = &connection->session;
    mcs__worker  *worker = session->worker;

    if (!session->input.data) {
        session->input = worker->spare_input;
        worker->spare_input = (mc__buffer){0};
    }
    if (!session->output.text.data && !session->output.segments) {
        session->output = worker->spare_output;
        worker->spare_output = (mcs__output){0};
    }
}

/* Keeps the larger of the two buffers for the next turn, within reason. */
static void give_back_input(mcs__worker *worker, mc__buffer *input) {
    mc__buffer_trim(input, (size_t)128 << 10);
    if (input->capacity > worker->spare_input.capacity) {
        mc__buffer_free(&worker->spare_input);
        worker->spare_input = *input;
        *input = (mc__buffer){0};
    } else {
        mc__buffer_free(input);
    }
}

/* A short rest moves to a buffer of its own size, so that a thousand slow senders cost little. */
static void return_input(mcs__connection *connection) {
    mc__buffer *input = &connection->session.input;
    mc__buffer  rest = {0};

    if (mc__buffer_len(input) > SMALL_INPUT || (mc__buffer_len(input) > 0 && input->capacity <= SMALL_INPUT))
        return;
    if (mc__buffer_len(input) > 0 && !mc__buffer_append(&rest, mc__buffer_readable(input)))
        return;
    mc__buffer_consume(input, mc__buffer_len(input));
    give_back_input(connection->session.worker, input);
    *input = rest;
}

static void return_output(mcs__connection *connection) {
    mcs__session *session = &connection->session;
    mcs__worker  *worker = session->worker;

    if (session->output.pending > 0)
        return;
    mc__buffer_trim(&session->output.text, 2 * MCS__OUTPUT_HIGH);
    if (!worker->spare_output.text.data && !worker->spare_output.segments) {
        worker->spare_output = session->output;
        session->output = (mcs__output){0};
    } else {
        mcs__output_free(&session->output, worker->store);
    }
}

/* ------------------------------------------------------------------------------------------------------------- turns -- */

typedef enum turn { TURN_READ, TURN_WRITE, TURN_YIELD, TURN_CLOSE } turn;

typedef enum received { RECEIVED_SOME, RECEIVED_ALL, RECEIVED_NOTHING, RECEIVED_BROKEN } received;

static received receive(mcs__connection *connection) {
    mcs__session  *session = &connection->session;
    mcs__counters *counters = &session->worker->counters;
    size_t         room;
    char          *at = mcs__session_room(session, &room);
    ssize_t        len;

    if (!at)
        return RECEIVED_BROKEN;
    do {
        mcs__count(counters, MCS__read_calls);
        len = recv(connection->fd, at, room, 0);
    } while (len < 0 && errno == EINTR);
    if (len < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? RECEIVED_NOTHING : RECEIVED_BROKEN;
    if (len == 0) {
        connection->ended = true;
        return RECEIVED_NOTHING;
    }
    mcs__count_many(counters, MCS__bytes_read, (uint64_t)len);
    mcs__session_received(session, (size_t)len);
    return (size_t)len == room ? RECEIVED_ALL : RECEIVED_SOME;
}

static mcs__sent flush(mcs__connection *connection) {
    mcs__session  *session = &connection->session;
    mcs__counters *counters = &session->worker->counters;
    size_t         before = session->output.pending;
    uint64_t       calls = 0;
    mcs__sent      sent = mcs__output_send(&session->output, session->worker->store, connection->fd, &calls);

    mcs__count_many(counters, MCS__write_calls, calls);
    mcs__count_many(counters, MCS__bytes_written, before - session->output.pending);
    return sent;
}

/*
 * Works on what has come and sends the replies, until the session wants more input. Replies are sent before more is read,
 * and nothing is read while they do not fit into the socket, so a client that does not read costs a bounded amount.
 */
static turn answer(mcs__connection *connection) {
    for (int round = 0; round < ROUNDS; round++) {
        mcs__wish wish = mcs__session_run(&connection->session);

        switch (flush(connection)) {
        case MCS__SENT_BROKEN:
            return TURN_CLOSE;
        case MCS__SENT_PART:
            return TURN_WRITE;
        case MCS__SENT_ALL:
            break;
        }
        if (wish == MCS__WISH_CLOSE)
            return TURN_CLOSE;
        if (wish == MCS__WISH_INPUT)
            return connection->ended ? TURN_CLOSE : TURN_READ;
    }
    mcs__count(&connection->session.worker->counters, MCS__conn_yields);
    return TURN_YIELD;
}

static turn read_and_answer(mcs__connection *connection) {
    for (int round = 0; round < ROUNDS; round++) {
        received came = receive(connection);
        turn     next;

        if (came == RECEIVED_BROKEN)
            return TURN_CLOSE;
        if (came == RECEIVED_NOTHING && !connection->ended)
            return TURN_READ;
        next = answer(connection);
        if (next != TURN_READ || came != RECEIVED_ALL)
            return next;
    }
    return TURN_READ; /* the event comes again, the bytes being still there */
}

static turn write_and_answer(mcs__connection *connection) {
    switch (flush(connection)) {
    case MCS__SENT_BROKEN:
        return TURN_CLOSE;
    case MCS__SENT_PART:
        return TURN_WRITE;
    case MCS__SENT_ALL:
        break;
    }
    return connection->session.phase == MCS__PHASE_CLOSE ? TURN_CLOSE : answer(connection);
}

static bool wait_for(mcs__connection *connection, turn next) {
    static const struct timeval at_once = {0};

    if (next == TURN_READ && !connection->waits_to_write)
        return true; /* as it was */
    event_del(connection->event);
    connection->waits_to_write = next != TURN_READ;
    if (next == TURN_READ)
        return watch(connection, EV_READ | EV_PERSIST, NULL);
    if (next == TURN_WRITE)
        return watch(connection, EV_WRITE, NULL);
    return watch(connection, 0, &at_once);
}

static void on_event(evutil_socket_t fd, short what, void *arg) {
    mcs__connection *connection = arg;
    mcs__worker     *worker = connection->session.worker;
    turn             next;

    (void)fd;
    (void)what;
    worker->now = mcs__now();
    borrow(connection);
    atomic_store_explicit(&connection->state, MCS__STATE_WORKING, memory_order_relaxed);
    atomic_store_explicit(&connection->last_command, worker->now, memory_order_relaxed);
    next = connection->waits_to_write ? write_and_answer(connection) : read_and_answer(connection);
    atomic_store_explicit(&connection->state, (uint8_t)connection->session.phase, memory_order_relaxed);
    if (next == TURN_CLOSE || !wait_for(connection, next)) {
        mcs__connection_close(connection);
        return;
    }
    return_input(connection);
    return_output(connection);
}
