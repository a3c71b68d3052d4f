#include "support/scripted_connection.h"

#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef enum outcome {
    GO_ON,
    OVER /* the script ends here: played out, the peer gone, a mismatch, or the host is stopped */
} outcome;

static void note_received(scripted_connection *connection, const char *data, size_t len) {
    size_t kept;

    pthread_mutex_lock(&connection->host->lock);
    kept = connection->bytes_received < RECEIVED_KEPT ? RECEIVED_KEPT - connection->bytes_received : 0;
    memcpy(connection->received + (RECEIVED_KEPT - kept), data, len < kept ? len : kept);
    connection->bytes_received += len;
    pthread_mutex_unlock(&connection->host->lock);
}

/* Writes bytes at out as text, what cannot be printed as \xNN, cut where out is full. */
static void describe(const char *data, size_t len, char *out, size_t size) {
    size_t at = 0;

    for (size_t i = 0; i < len && at + 5 < size; i++) {
        unsigned char byte = (unsigned char)data[i];

        if (byte >= 0x20 && byte < 0x7f)
            out[at++] = (char)byte;
        else
            at += (size_t)snprintf(out + at, size - at, "\\x%02x", byte);
    }
    out[at] = '\0';
}

static outcome mismatch(scripted_connection *connection, const char *expected, size_t expected_len, const char *got,
                        size_t got_len) {
    scripted_host *host = connection->host;
    char           expected_text[160];
    char           got_text[160];

    describe(expected, expected_len, expected_text, sizeof expected_text);
    describe(got, got_len, got_text, sizeof got_text);
    pthread_mutex_lock(&host->lock);
    if (!host->mismatch[0])
        snprintf(host->mismatch, sizeof host->mismatch, "connection %zu, step %zu: expected \"%s\", got \"%s\"",
                 connection->index, connection->steps_done, expected_text, got_text);
    pthread_mutex_unlock(&host->lock);
    return OVER;
}

/* Waits until fd is ready for events (and then says so) or the host is to stop. ms -1: for ever. */
static bool wait_for(const scripted_connection *connection, int fd, short events, int ms) {
    struct pollfd fds[] = {{.fd = connection->host->stop_fd, .events = POLLIN}, {.fd = fd, .events = events}};

    return poll(fds, 2, ms) > 0 && !fds[0].revents && fds[1].revents;
}

static bool stopped(const scripted_connection *connection) {
    struct pollfd fd = {.fd = connection->host->stop_fd, .events = POLLIN};

    return poll(&fd, 1, 0) > 0;
}

/* Reads at most size bytes; 0 when the peer has gone or the host is to stop. */
static size_t receive(scripted_connection *connection, char *data, size_t size) {
    ssize_t len;

    if (!wait_for(connection, connection->fd, POLLIN, -1))
        return 0;
    len = recv(connection->fd, data, size, 0);
    if (len <= 0)
        return 0;
    note_received(connection, data, (size_t)len);
    return (size_t)len;
}

static outcome expect(scripted_connection *connection, const host_step *step) {
    char   data[16384];
    size_t done = 0;

    while (done < step->len) {
        size_t left = step->len - done;
        size_t len = receive(connection, data, left < sizeof data ? left : sizeof data);

        if (len == 0)
            return done == 0 || stopped(connection) ? OVER : mismatch(connection, step->data + done, left, "", 0);
        if (memcmp(data, step->data + done, len) != 0)
            return mismatch(connection, step->data + done, left, data, len);
        done += len;
    }
    return GO_ON;
}

static outcome read_any(scripted_connection *connection, size_t wanted) {
    char   data[16384];
    size_t done = 0;

    while (done < wanted) {
        size_t left = wanted - done;
        size_t len = receive(connection, data, left < sizeof data ? left : sizeof data);

        if (len == 0)
            return OVER;
        done += len;
    }
    return GO_ON;
}

static outcome read_line(scripted_connection *connection) {
    char byte;

    do {
        if (receive(connection, &byte, 1) == 0)
            return OVER;
    } while (byte != '\n');
    return GO_ON;
}

/* Whether the peer has read everything. The kernel knows of a unix socket's peer; of TCP's only that the bytes are there. */
static bool peer_has_read(const scripted_connection *connection) {
    struct timespec a_little = {.tv_nsec = 500000};
    int             unread = 0;

    if (ioctl(connection->fd, SIOCOUTQ, &unread) != 0)
        return true;
    if (unread == 0 && connection->host->options.kind != LISTENER_UNIX)
        nanosleep(&a_little, NULL);
    return unread == 0;
}

/* Waits until the peer has read what was sent, the peer has gone or stays too long, or the host is to stop. */
static void await_peer(const scripted_connection *connection) {
    struct timespec a_little = {.tv_nsec = 20000};
    struct pollfd   peer = {.fd = connection->fd, .events = POLLRDHUP};

    for (int tries = 0; tries < 500 && !peer_has_read(connection); tries++) {
        if (stopped(connection) || poll(&peer, 1, 0) > 0)
            return;
        nanosleep(&a_little, NULL);
    }
}

static outcome send_all(scripted_connection *connection, const char *data, size_t len) {
    size_t done = 0;

    while (done < len) {
        ssize_t sent;

        if (!wait_for(connection, connection->fd, POLLOUT, -1))
            return OVER;
        sent = send(connection->fd, data + done, len - done, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN)
            return OVER;
        if (sent > 0) {
            done += (size_t)sent;
            pthread_mutex_lock(&connection->host->lock);
            connection->bytes_sent += (size_t)sent;
            pthread_mutex_unlock(&connection->host->lock);
        }
    }
    return GO_ON;
}

static outcome send_in_pieces(scripted_connection *connection, const host_step *step) {
    const scripted_host_options *options = &connection->host->options;
    size_t                       done = 0;

    while (done < step->len) {
        size_t len = step->len - done;

        if (options->piece && options->piece < len)
            len = options->piece;
        else if (options->split_at && done == 0 && options->split_at < len)
            len = options->split_at;
        if (send_all(connection, step->data + done, len) == OVER)
            return OVER;
        done += len;
        if (done < step->len)
            await_peer(connection);
    }
    return GO_ON;
}

static outcome wait_ms(const scripted_connection *connection, int ms) {
    wait_for(connection, -1, 0, ms);
    return stopped(connection) ? OVER : GO_ON;
}

static outcome trickle(scripted_connection *connection, const host_step *step) {
    for (size_t i = 0; i < step->len; i++)
        if (send_all(connection, step->data + i, 1) == OVER || wait_ms(connection, step->ms) == OVER)
            return OVER;
    return GO_ON;
}

static outcome flood(scripted_connection *connection, const host_step *step) {
    while (!stopped(connection) && send_all(connection, step->data, step->len) == GO_ON)
        continue;
    return OVER;
}

static outcome await_go(const scripted_connection *connection) {
    int      fd = connection->host->go_fd;
    uint64_t one;

    /* Another connection may be quicker to take the permission. */
    while (wait_for(connection, fd, POLLIN, -1))
        if (read(fd, &one, sizeof one) == (ssize_t)sizeof one)
            return GO_ON;
    return OVER;
}

static outcome drain(scripted_connection *connection) {
    char data[16384];

    while (receive(connection, data, sizeof data) > 0)
        continue;
    return OVER;
}

/* The end of a script: nothing more may come. */
static outcome expect_nothing(scripted_connection *connection) {
    char   data[256];
    size_t len = receive(connection, data, sizeof data);

    return len > 0 ? mismatch(connection, "", 0, data, len) : OVER;
}

static outcome reset(const scripted_connection *connection) {
    struct linger at_once = {.l_onoff = 1};

    setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    return OVER;
}

static outcome stop_listening(scripted_connection *connection) {
    pthread_mutex_lock(&connection->host->lock);
    shutdown(connection->host->listener.fd, SHUT_RDWR);
    pthread_mutex_unlock(&connection->host->lock);
    return GO_ON;
}

static outcome do_step(scripted_connection *connection, const host_step *step) {
    switch (step->action) {
    case HOST_EXPECT:
        return expect(connection, step);
    case HOST_READ:
        return read_any(connection, step->len);
    case HOST_READ_LINE:
        return read_line(connection);
    case HOST_SEND:
        return send_in_pieces(connection, step);
    case HOST_TRICKLE:
        return trickle(connection, step);
    case HOST_FLOOD:
        return flood(connection, step);
    case HOST_WAIT:
        return wait_ms(connection, step->ms);
    case HOST_AWAIT_GO:
        return await_go(connection);
    case HOST_SILENCE:
        wait_for(connection, connection->fd, POLLRDHUP, -1);
        return OVER;
    case HOST_DRAIN:
        return drain(connection);
    case HOST_SHUT:
        shutdown(connection->fd, SHUT_WR);
        return GO_ON;
    case HOST_CLOSE:
        return OVER;
    case HOST_RESET:
        return reset(connection);
    case HOST_STOP_LISTENING:
        return stop_listening(connection);
    case HOST_REPEAT:
        return GO_ON;
    case HOST_END:
        return expect_nothing(connection);
    }
    return OVER;
}

void scripted_connection_play(scripted_connection *connection) {
    scripted_host   *host = connection->host;
    const host_step *step = connection->script;

    while (do_step(connection, step) == GO_ON) {
        step = step->action == HOST_REPEAT ? connection->script : step + 1;
        pthread_mutex_lock(&host->lock);
        connection->steps_done++;
        pthread_cond_broadcast(&host->progress);
        pthread_mutex_unlock(&host->lock);
    }
    close(connection->fd);
    pthread_mutex_lock(&host->lock);
    connection->open = false;
    pthread_cond_broadcast(&host->progress);
    pthread_mutex_unlock(&host->lock);
}
