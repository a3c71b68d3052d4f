#include "support/scripted_host.h"

#include "support/check_main.h"
#include "support/scripted_connection.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void *connection_main(void *arg) {
    scripted_connection_play(arg);
    return NULL;
}

static const host_step *script_of(const scripted_host *host, size_t index) {
    size_t last = 0;

    while (last < index && host->options.scripts[last + 1])
        last++;
    return host->options.scripts[last];
}

/* Takes over fd. Where memory or threads are out, the peer sees a connection that closes at once. */
static void add_connection(scripted_host *host, int fd) {
    scripted_connection *connection = calloc(1, sizeof *connection);
    char                *received = malloc(RECEIVED_KEPT);
    int                  on = 1;

    if (!connection || !received) {
        free(connection);
        free(received);
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    *connection = (scripted_connection){.host = host, .fd = fd, .open = true, .received = received};

    pthread_mutex_lock(&host->lock);
    connection->index = host->connection_count;
    connection->script = script_of(host, connection->index);
    if (pthread_create(&connection->thread, NULL, connection_main, connection) == 0) {
        connection->next = host->connections;
        host->connections = connection;
        host->connection_count++;
        connection = NULL;
    }
    pthread_cond_broadcast(&host->progress);
    pthread_mutex_unlock(&host->lock);
    if (connection) {
        free(connection);
        free(received);
        close(fd);
    }
}

static void *acceptor_main(void *arg) {
    scripted_host *host = arg;
    struct pollfd  fds[] = {{.fd = host->stop_fd, .events = POLLIN}, {.fd = host->listener.fd, .events = POLLIN}};

    while (poll(fds, 2, -1) > 0 && !fds[0].revents) {
        int fd = accept4(host->listener.fd, NULL, NULL, SOCK_CLOEXEC);

        if (fd >= 0)
            add_connection(host, fd);
        else if (errno == EINVAL) /* the host has stopped listening */
            break;
    }
    return NULL;
}

scripted_host *scripted_host_start(const scripted_host_options *options) {
    scripted_host *host = calloc(1, sizeof *host);
    sigset_t       all;
    sigset_t       before;

    ck_assert_ptr_nonnull(host);
    host->options = *options;
    host->listener = listener_open(options->kind, 1024);
    if (options->receive_buffer) /* on the listening socket, so that the window is small from the handshake on */
        ck_assert_int_eq(setsockopt(host->listener.fd, SOL_SOCKET, SO_RCVBUF, &options->receive_buffer, sizeof(int)), 0);
    host->stop_fd = eventfd(0, EFD_CLOEXEC);
    host->go_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
    ck_assert_int_ge(host->stop_fd, 0);
    ck_assert_int_ge(host->go_fd, 0);
    pthread_mutex_init(&host->lock, NULL);
    pthread_cond_init(&host->progress, NULL);

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    ck_assert_int_eq(pthread_create(&host->acceptor, NULL, acceptor_main, host), 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return host;
}

scripted_host *scripted_host_play(const host_step *script) {
    const host_step **scripts = calloc(2, sizeof *scripts);
    scripted_host    *host;

    ck_assert_ptr_nonnull(scripts);
    scripts[0] = script;
    host = scripted_host_start(&(scripted_host_options){.scripts = scripts});
    host->own_scripts = scripts;
    return host;
}

const char *scripted_host_address(const scripted_host *host) {
    return host->listener.address;
}

void scripted_host_go(scripted_host *host) {
    uint64_t one = 1;

    ck_assert_int_eq(write(host->go_fd, &one, sizeof one), sizeof one);
}

/* The connection of that number, or NULL. The lock is held. */
static scripted_connection *find(const scripted_host *host, size_t index) {
    scripted_connection *connection = host->connections;

    while (connection && connection->index != index)
        connection = connection->next;
    return connection;
}

void scripted_host_await(scripted_host *host, size_t index, size_t steps) {
    struct timespec until;
    size_t          done = 0;
    int             error = 0;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    pthread_mutex_lock(&host->lock);
    while (error == 0) {
        const scripted_connection *connection = find(host, index);

        done = connection ? connection->steps_done : 0;
        if (done >= steps)
            break;
        error = pthread_cond_timedwait(&host->progress, &host->lock, &until);
    }
    pthread_mutex_unlock(&host->lock);
    ck_assert_msg(done >= steps, "connection %zu has done %zu of %zu steps", index, done, steps);
}

size_t scripted_host_steps_done(scripted_host *host, size_t index) {
    const scripted_connection *connection;
    size_t                     done;

    pthread_mutex_lock(&host->lock);
    connection = find(host, index);
    done = connection ? connection->steps_done : 0;
    pthread_mutex_unlock(&host->lock);
    return done;
}

bool scripted_host_is_playing(scripted_host *host, size_t index) {
    const scripted_connection *connection;
    bool                       playing;

    pthread_mutex_lock(&host->lock);
    connection = find(host, index);
    playing = connection && connection->open;
    pthread_mutex_unlock(&host->lock);
    return playing;
}

typedef struct totals {
    size_t connections;
    size_t open;
    size_t received;
    size_t sent;
} totals;

static totals add_up(scripted_host *host) {
    totals sum = {0};

    pthread_mutex_lock(&host->lock);
    for (const scripted_connection *connection = host->connections; connection; connection = connection->next) {
        sum.connections++;
        sum.open += connection->open;
        sum.received += connection->bytes_received;
        sum.sent += connection->bytes_sent;
    }
    pthread_mutex_unlock(&host->lock);
    return sum;
}

size_t scripted_host_connections(scripted_host *host) {
    return add_up(host).connections;
}

size_t scripted_host_open_connections(scripted_host *host) {
    return add_up(host).open;
}

size_t scripted_host_bytes_received(scripted_host *host) {
    return add_up(host).received;
}

size_t scripted_host_bytes_sent(scripted_host *host) {
    return add_up(host).sent;
}

size_t scripted_host_count(scripted_host *host, const char *text) {
    size_t len = strlen(text);
    size_t count = 0;

    pthread_mutex_lock(&host->lock);
    for (const scripted_connection *connection = host->connections; connection; connection = connection->next) {
        size_t      kept = connection->bytes_received < RECEIVED_KEPT ? connection->bytes_received : RECEIVED_KEPT;
        const char *at = connection->received;
        const char *end = at + kept;

        while ((at = memmem(at, (size_t)(end - at), text, len)) != NULL) {
            count++;
            at += len;
        }
    }
    pthread_mutex_unlock(&host->lock);
    return count;
}

const char *scripted_host_mismatch(scripted_host *host) {
    bool any;

    pthread_mutex_lock(&host->lock);
    any = host->mismatch[0] != '\0';
    pthread_mutex_unlock(&host->lock);
    return any ? host->mismatch : NULL;
}

/* Ends the threads; after it nobody but the caller touches the host. */
static void join(scripted_host *host) {
    uint64_t one = 1;

    ck_assert_int_eq(write(host->stop_fd, &one, sizeof one), sizeof one);
    pthread_join(host->acceptor, NULL);
    pthread_mutex_lock(&host->lock); /* a script may stop listening at this moment */
    listener_close(&host->listener);
    pthread_mutex_unlock(&host->lock);
    for (scripted_connection *connection = host->connections; connection; connection = connection->next)
        pthread_join(connection->thread, NULL);
}

static void release(scripted_host *host) {
    while (host->connections) {
        scripted_connection *connection = host->connections;

        host->connections = connection->next;
        free(connection->received);
        free(connection);
    }
    close(host->stop_fd);
    close(host->go_fd);
    pthread_mutex_destroy(&host->lock);
    pthread_cond_destroy(&host->progress);
    free(host->own_scripts);
    free(host);
}

void scripted_host_stop(scripted_host *host) {
    char mismatch[sizeof host->mismatch];

    join(host);
    memcpy(mismatch, host->mismatch, sizeof mismatch);
    release(host);
    ck_assert_msg(!mismatch[0], "%s", mismatch);
}

void scripted_host_discard(scripted_host *host) {
    join(host);
    release(host);
}
