#include "server/listener.h"

#include "server/worker.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define ADDRESS_MAX 300
#define ACCEPTS_A_TURN 64

/* A pause of accepting when descriptors or memory are out: the waiting clients stay in the backlog. */
static const struct timeval pause_time = {.tv_usec = 20000};

typedef struct listening_socket {
    int           fd;
    struct event *event;
} listening_socket;

struct mcs__listener {
    mc_server         *server;
    listening_socket  *sockets;
    size_t             count;
    char              *unix_path; /* to unlink at the end; NULL: none */
    struct event_base *base;
    struct event      *wake_event;
    struct event      *pause_event;
    int                wake_fd;
    pthread_t          thread;
    bool               running;
};

/* ----------------------------------------------------------------------------------------------------------- binding -- */

static bool tell(char *error, size_t size, const char *what, const char *where) {
    snprintf(error, size, "failed to %s %s: %s", what, where, strerror(errno));
    return false;
}

static bool add_socket(mcs__listener *listener, int fd) {
    listening_socket *grown = realloc(listener->sockets, (listener->count + 1) * sizeof *grown);

    if (!grown) {
        close(fd);
        return false;
    }
    listener->sockets = grown;
    listener->sockets[listener->count++] = (listening_socket){.fd = fd};
    return true;
}

static unsigned port_of(int fd) {
    struct sockaddr_storage address;
    socklen_t               len = sizeof address;

    if (getsockname(fd, (struct sockaddr *)&address, &len) < 0)
        return 0;
    if (address.ss_family == AF_INET)
        return ntohs(((struct sockaddr_in *)&address)->sin_port);
    return address.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&address)->sin6_port) : 0;
}

static int listen_on(const struct sockaddr *address, socklen_t len, int backlog) {
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address->sa_family != AF_UNIX)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* inherited by what is accepted */
    if (address->sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, address, len) == 0 && listen(fd, backlog) == 0)
        return fd;
    on = errno;
    close(fd);
    errno = on;
    return -1;
}

/* "host", "host:port", "[v6]", "[v6]:port", or an IPv6 address without brackets. */
static bool split_address(const char *text, char *host, const char **port) {
    const char *colon = strrchr(text, ':');
    size_t      len = strlen(text);

    if (len >= ADDRESS_MAX)
        return false;
    if (text[0] == '[') {
        const char *end = strchr(text, ']');
        if (!end || (end[1] != '\0' && end[1] != ':'))
            return false;
        *port = end[1] ? end + 2 : NULL;
        text++;
        len = (size_t)(end - text);
    } else if (colon && strchr(text, ':') == colon) {
        *port = colon + 1;
        len = (size_t)(colon - text);
    } else {
        *port = NULL;
    }
    memcpy(host, text, len);
    host[len] = '\0';
    return true;
}

static bool bind_found(mcs__listener *listener, struct addrinfo *found, const char *text, char *error, size_t size) {
    mc_server *server = listener->server;
    size_t     before = listener->count;

    for (const struct addrinfo *at = found; at; at = at->ai_next) {
        int fd = listen_on(at->ai_addr, at->ai_addrlen, server->options.backlog);
        if (fd < 0 && (errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT) && (at->ai_next || listener->count > before))
            continue; /* a name of several addresses, not all of which this machine has */
        if (fd < 0 || !add_socket(listener, fd))
            return tell(error, size, "listen on", text);
        if (server->port == 0)
            server->port = port_of(fd);
    }
    return true;
}

static bool bind_address(mcs__listener *listener, const char *text, char *error, size_t size) {
    struct addrinfo  hints = {.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    char             host[ADDRESS_MAX];
    char             default_port[16];
    const char      *port;
    int              failure;
    bool             bound;

    if (!split_address(text, host, &port)) {
        snprintf(error, size, "bad address %s", text);
        return false;
    }
    snprintf(default_port, sizeof default_port, "%u", listener->server->port);
    failure = getaddrinfo(host[0] && strcmp(host, "*") != 0 ? host : NULL, port ? port : default_port, &hints, &found);
    if (failure != 0) {
        snprintf(error, size, "bad address %s: %s", text, gai_strerror(failure));
        return false;
    }
    bound = bind_found(listener, found, text, error, size);
    freeaddrinfo(found);
    return bound;
}

static bool bind_unix(mcs__listener *listener, const char *path, unsigned mode, char *error, size_t size) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat        there;
    int                fd;

    if (strlen(path) >= sizeof address.sun_path) {
        snprintf(error, size, "socket path too long: %.200s", path);
        return false;
    }
    strcpy(address.sun_path, path);
    if (lstat(path, &there) == 0 && S_ISSOCK(there.st_mode))
        unlink(path); /* left behind by one that was killed */
    fd = listen_on((struct sockaddr *)&address, sizeof address, listener->server->options.backlog);
    if (fd < 0 || !add_socket(listener, fd))
        return tell(error, size, "listen on", path);
    listener->unix_path = strdup(path);
    if (!listener->unix_path || chmod(path, mode) < 0)
        return tell(error, size, "set the mode of", path);
    return true;
}

static bool bind_all(mcs__listener *listener, char *error, size_t size) {
    static const char *const local[] = {"127.0.0.1", NULL};
    const mc_server_options *options = &listener->server->options;
    const char *const       *address = options->addresses ? options->addresses : local;

    if (options->unix_path)
        return bind_unix(listener, options->unix_path, options->unix_mode, error, size);
    for (; *address; address++)
        if (!bind_address(listener, *address, error, size))
            return false;
    return true;
}

/* --------------------------------------------------------------------------------------------------------- accepting -- */

static void set_accepting(mcs__listener *listener, bool accepting) {
    for (size_t i = 0; i < listener->count; i++) {
        if (accepting)
            event_add(listener->sockets[i].event, NULL);
        else
            event_del(listener->sockets[i].event);
    }
}

static void on_pause_over(evutil_socket_t fd, short what, void *arg) {
    (void)fd;
    (void)what;
    set_accepting(arg, true);
}

static void take_a_break(mcs__listener *listener) {
    atomic_fetch_add(&listener->server->listen_disabled, 1);
    set_accepting(listener, false);
    event_add(listener->pause_event, &pause_time);
}

static void reject(mc_server *server, int fd) {
    static const char reason[] = "ERROR Too many open connections\r\n";

    atomic_fetch_add(&server->connections_rejected, 1);
    send(fd, reason, sizeof reason - 1, MSG_NOSIGNAL);
    close(fd);
}

static void admit(mc_server *server, int fd) {
    unsigned most = server->options.max_connections;
    unsigned turn = atomic_fetch_add(&server->next_worker, 1);

    atomic_fetch_add(&server->connections_total, 1);
    if (atomic_fetch_add(&server->connections, 1) >= (most > 1 ? most - 1 : 1)) {
        atomic_fetch_sub(&server->connections, 1);
        reject(server, fd);
    } else if (!mcs__worker_give(&server->workers[turn % server->options.threads], fd)) {
        atomic_fetch_sub(&server->connections, 1);
    }
}

static void on_accept(evutil_socket_t listening, short what, void *arg) {
    mcs__listener *listener = arg;

    (void)what;
    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            admit(listener->server, fd);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            take_a_break(listener);
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return;
        }
    }
}

static void on_wake(evutil_socket_t fd, short what, void *arg) {
    mcs__listener *listener = arg;

    (void)fd;
    (void)what;
    event_base_loopbreak(listener->base);
}

static void *run(void *arg) {
    mcs__listener *listener = arg;

    event_base_dispatch(listener->base);
    return NULL;
}

/* --------------------------------------------------------------------------------------------------------- lifetime -- */

static bool make_events(mcs__listener *listener) {
    listener->base = mcs__event_base_new();
    if (!listener->base)
        return false;
    listener->wake_event = event_new(listener->base, listener->wake_fd, EV_READ, on_wake, listener);
    listener->pause_event = event_new(listener->base, -1, 0, on_pause_over, listener);
    if (!listener->wake_event || !listener->pause_event || event_add(listener->wake_event, NULL) < 0)
        return false;
    for (size_t i = 0; i < listener->count; i++) {
        listening_socket *socket = &listener->sockets[i];
        socket->event = event_new(listener->base, socket->fd, EV_READ | EV_PERSIST, on_accept, listener);
        if (!socket->event || event_add(socket->event, NULL) < 0)
            return false;
    }
    return true;
}

mcs__listener *mcs__listener_new(mc_server *server, char *error, size_t size) {
    mcs__listener *listener = calloc(1, sizeof *listener);

    if (!listener)
        return NULL;
    listener->server = server;
    listener->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    server->port = server->options.port;
    if (listener->wake_fd >= 0 && bind_all(listener, error, size) && make_events(listener))
        return listener;
    mcs__listener_free(listener);
    return NULL;
}

bool mcs__listener_start(mcs__listener *listener) {
    listener->running = pthread_create(&listener->thread, NULL, run, listener) == 0;
    return listener->running;
}

void mcs__listener_free(mcs__listener *listener) {
    if (!listener)
        return;
    if (listener->running) {
        eventfd_write(listener->wake_fd, 1);
        pthread_join(listener->thread, NULL);
    }
    for (size_t i = 0; i < listener->count; i++) {
        if (listener->sockets[i].event)
            event_free(listener->sockets[i].event);
        close(listener->sockets[i].fd);
    }
    free(listener->sockets);
    if (listener->unix_path)
        unlink(listener->unix_path);
    free(listener->unix_path);
    if (listener->wake_event)
        event_free(listener->wake_event);
    if (listener->pause_event)
        event_free(listener->pause_event);
    if (listener->base)
        event_base_free(listener->base);
    if (listener->wake_fd >= 0)
        close(listener->wake_fd);
    free(listener);
}

const char *mcs__listener_unix_path(const mcs__listener *listener) {
    return listener->unix_path;
}

void mcs__listener_each(const mcs__listener *listener, mcs__socket_fn *each, void *arg) {
    for (size_t i = 0; i < listener->count; i++)
        each(listener->sockets[i].fd, arg);
}
