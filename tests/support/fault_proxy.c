#include "support/fault_proxy.h"

#include "support/check_main.h"
#include "support/plain_client.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct proxied {
    struct proxied *next;
    fault_proxy    *proxy;
    proxy_fault     fault;
    pthread_t       thread;
    int             client;
    int             server;
} proxied;

struct fault_proxy {
    listener        listener;
    char            server[128];
    pthread_t       acceptor;
    int             stop_fd; /* readable once the proxy is to stop */
    pthread_mutex_t lock;    /* for what stands below */
    proxy_fault     fault;
    proxied        *connections;
    size_t          connection_count;
};

/* One direction of a connection. */
struct flow {
    const proxied     *connection;
    const proxy_fault *fault; /* NULL: none in this direction */
    int                from;
    int                to;
    size_t             passed; /* bytes taken from the sender */
    bool               over;   /* the sender has ended, or the flow is stalled: nothing more is read */
};

typedef enum outcome {
    GO_ON,
    OVER /* the whole connection ends */
} outcome;

static outcome pause_ms(const struct flow *flow, int ms) {
    struct pollfd stop = {.fd = flow->connection->proxy->stop_fd, .events = POLLIN};

    return poll(&stop, 1, ms) > 0 ? OVER : GO_ON;
}

/* Sends all of it; a receiver that does not read holds up this connection alone. */
static outcome send_all(const struct flow *flow, const char *data, size_t len) {
    while (len > 0) {
        struct pollfd fds[] = {{.fd = flow->connection->proxy->stop_fd, .events = POLLIN},
                               {.fd = flow->to, .events = POLLOUT}};
        ssize_t       sent;

        if (poll(fds, 2, -1) <= 0 || fds[0].revents)
            return OVER;
        sent = send(flow->to, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN)
            return OVER;
        if (sent > 0) {
            data += sent;
            len -= (size_t)sent;
        }
    }
    return GO_ON;
}

static outcome send_in_pieces(const struct flow *flow, const char *data, size_t len) {
    while (len > 0) {
        size_t piece = flow->fault->count < len ? flow->fault->count : len;

        if (send_all(flow, data, piece) == OVER || pause_ms(flow, flow->fault->ms ? flow->fault->ms : 1) == OVER)
            return OVER;
        data += piece;
        len -= piece;
    }
    return GO_ON;
}

/* The bytes of the fault's range that lie in the first len of data: changed or taken out. Returns the new length. */
static size_t damage(const struct flow *flow, char *data, size_t len, size_t first) {
    size_t kept = 0;

    for (size_t i = 0; i < len; i++) {
        bool hit = first + i - flow->fault->at_byte < flow->fault->count; /* first + i is at_byte or more */

        if (hit && flow->fault->action == FAULT_DROP)
            continue;
        data[kept++] = hit ? (char)~data[i] : data[i];
    }
    return kept;
}

static void reset_both(const proxied *connection) {
    struct linger at_once = {.l_onoff = 1};

    setsockopt(connection->client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    setsockopt(connection->server, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

/* Bytes at or behind the fault's place, the first of which is byte number first of the flow. */
static outcome pass_faulty(struct flow *flow, char *data, size_t len, size_t first) {
    switch (flow->fault->action) {
    case FAULT_NONE:
        return send_all(flow, data, len);
    case FAULT_DELAY:
        return pause_ms(flow, flow->fault->ms) == OVER ? OVER : send_all(flow, data, len);
    case FAULT_CLOSE:
        return OVER;
    case FAULT_RESET:
        reset_both(flow->connection);
        return OVER;
    case FAULT_STALL:
        flow->over = true;
        return GO_ON;
    case FAULT_DROP:
    case FAULT_CHANGE:
        return send_all(flow, data, damage(flow, data, len, first));
    case FAULT_SPLIT:
        return send_in_pieces(flow, data, len);
    }
    return OVER;
}

/* Takes what the sender has sent and hands it on. */
static outcome pass(struct flow *flow) {
    char    data[16384];
    ssize_t len = recv(flow->from, data, sizeof data, MSG_DONTWAIT);
    size_t  healthy;
    size_t  first = flow->passed;

    if (len < 0)
        return errno == EAGAIN ? GO_ON : OVER;
    if (len == 0) {
        flow->over = true;
        shutdown(flow->to, SHUT_WR);
        return GO_ON;
    }
    flow->passed += (size_t)len;
    healthy = (size_t)len;
    if (flow->fault && flow->passed > flow->fault->at_byte)
        healthy = first < flow->fault->at_byte ? flow->fault->at_byte - first : 0;
    if (send_all(flow, data, healthy) == OVER)
        return OVER;
    return healthy == (size_t)len ? GO_ON : pass_faulty(flow, data + healthy, (size_t)len - healthy, first + healthy);
}

/* A stalled flow keeps the connection until the proxy stops or a peer resets it; two ended ones end it. */
static void pump(proxied *connection) {
    const proxy_fault *fault = &connection->fault;
    struct flow        to_server = {.connection = connection, .from = connection->client, .to = connection->server};
    struct flow        to_client = {.connection = connection, .from = connection->server, .to = connection->client};

    if (fault->action != FAULT_NONE)
        *(fault->direction == FAULT_TO_SERVER ? &to_server.fault : &to_client.fault) = fault;
    while (!to_server.over || !to_client.over) {
        struct pollfd fds[] = {
            {.fd = connection->proxy->stop_fd, .events = POLLIN},
            {.fd = to_server.over ? -1 : to_server.from, .events = POLLIN},
            {.fd = to_client.over ? -1 : to_client.from, .events = POLLIN},
        };

        if (poll(fds, 3, -1) <= 0 || fds[0].revents)
            return;
        if ((fds[1].revents && pass(&to_server) == OVER) || (fds[2].revents && pass(&to_client) == OVER))
            return;
    }
}

static void *connection_main(void *arg) {
    proxied *connection = arg;
    int      on = 1;

    connection->server = plain_connect(connection->proxy->server);
    if (connection->server >= 0) {
        setsockopt(connection->server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        setsockopt(connection->client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        pump(connection);
        close(connection->server);
    }
    close(connection->client);
    return NULL;
}

/* Takes over fd. */
static void add_connection(fault_proxy *proxy, int fd) {
    proxied *connection = calloc(1, sizeof *connection);

    if (!connection) {
        close(fd);
        return;
    }
    connection->proxy = proxy;
    connection->client = fd;
    pthread_mutex_lock(&proxy->lock);
    connection->fault = proxy->fault;
    if (pthread_create(&connection->thread, NULL, connection_main, connection) == 0) {
        connection->next = proxy->connections;
        proxy->connections = connection;
        proxy->connection_count++;
        connection = NULL;
    }
    pthread_mutex_unlock(&proxy->lock);
    if (connection) {
        free(connection);
        close(fd);
    }
}

static void *acceptor_main(void *arg) {
    fault_proxy  *proxy = arg;
    struct pollfd fds[] = {{.fd = proxy->stop_fd, .events = POLLIN}, {.fd = proxy->listener.fd, .events = POLLIN}};

    while (poll(fds, 2, -1) > 0 && !fds[0].revents) {
        int fd = accept4(proxy->listener.fd, NULL, NULL, SOCK_CLOEXEC);

        if (fd >= 0)
            add_connection(proxy, fd);
    }
    return NULL;
}

fault_proxy *fault_proxy_start(listener_kind kind, const char *server) {
    fault_proxy *proxy = calloc(1, sizeof *proxy);
    sigset_t     all;
    sigset_t     before;

    ck_assert_ptr_nonnull(proxy);
    snprintf(proxy->server, sizeof proxy->server, "%s", server);
    proxy->listener = listener_open(kind, 1024);
    proxy->stop_fd = eventfd(0, EFD_CLOEXEC);
    ck_assert_int_ge(proxy->stop_fd, 0);
    pthread_mutex_init(&proxy->lock, NULL);

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    ck_assert_int_eq(pthread_create(&proxy->acceptor, NULL, acceptor_main, proxy), 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return proxy;
}

const char *fault_proxy_address(const fault_proxy *proxy) {
    return proxy->listener.address;
}

void fault_proxy_set(fault_proxy *proxy, const proxy_fault *chosen) {
    pthread_mutex_lock(&proxy->lock);
    proxy->fault = chosen ? *chosen : (proxy_fault){.action = FAULT_NONE};
    pthread_mutex_unlock(&proxy->lock);
}

size_t fault_proxy_connections(fault_proxy *proxy) {
    size_t count;

    pthread_mutex_lock(&proxy->lock);
    count = proxy->connection_count;
    pthread_mutex_unlock(&proxy->lock);
    return count;
}

void fault_proxy_stop(fault_proxy *proxy) {
    uint64_t one = 1;

    ck_assert_int_eq(write(proxy->stop_fd, &one, sizeof one), sizeof one);
    pthread_join(proxy->acceptor, NULL);
    while (proxy->connections) {
        proxied *connection = proxy->connections;

        proxy->connections = connection->next;
        pthread_join(connection->thread, NULL);
        free(connection);
    }
    listener_close(&proxy->listener);
    close(proxy->stop_fd);
    pthread_mutex_destroy(&proxy->lock);
    free(proxy);
}
