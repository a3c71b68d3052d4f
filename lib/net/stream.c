#include "net/stream.h"

#include "base/platform.h"
#include "net/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/time.h>
#include <sys/uio.h>

/* More pieces than this go with the next call. */
#define PIECES_MAX 64

/* A unix socket takes long messages in parts of at least this and begins SO_SNDTIMEO anew at each. */
#define UNIX_SEND_MAX 32768

/* What surely fits into one segment. */
#define FIRST_SEND_MAX 512

/* A peer that is gone without a word is noticed within about a minute: 30 s of quiet, then 3 questions 10 s apart. */
#define KEEPALIVE_IDLE_S 30
#define KEEPALIVE_INTERVAL_S 10
#define KEEPALIVE_COUNT 3
#define USER_TIMEOUT_MIN_MS 60000

static bool same_inet_address(const struct sockaddr_storage *a, const struct sockaddr_storage *b) {
    if (a->ss_family == AF_INET) {
        const struct sockaddr_in *a4 = (const struct sockaddr_in *)a, *b4 = (const struct sockaddr_in *)b;
        return a4->sin_port == b4->sin_port && a4->sin_addr.s_addr == b4->sin_addr.s_addr;
    }
    if (a->ss_family == AF_INET6) {
        const struct sockaddr_in6 *a6 = (const struct sockaddr_in6 *)a, *b6 = (const struct sockaddr_in6 *)b;
        return a6->sin6_port == b6->sin6_port && memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof a6->sin6_addr) == 0;
    }
    return false;
}

/* Why poll did not say of a socket that it is writable and nothing else: 0 when it is connected all the same. */
static int why_not(int fd, short events) {
    struct sockaddr_storage peer;
    socklen_t               peer_len = sizeof peer, len = sizeof(int);
    int                     error = 0;

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
        return errno;
    if (error != 0 || getpeername(fd, (struct sockaddr *)&peer, &peer_len) == 0)
        return error;
    if (errno == ENOTCONN && !(events & POLLHUP))
        return EINPROGRESS; /* with POLLHUP it never will be */
    return errno;
}

/* A connect to a port of this machine where nobody listens meets itself when the system picks that port for its end. */
static int check_not_itself(int fd, const mc__endpoint *endpoint) {
    struct sockaddr_storage own = {0};
    socklen_t               len = sizeof own;

    if (getsockname(fd, (struct sockaddr *)&own, &len) != 0)
        return errno;
    return same_inet_address(&own, &endpoint->address) ? ECONNREFUSED : 0;
}

/* 0 when the socket is connected, and not with itself. */
static int check(mc__stream *stream, const mc__endpoint *endpoint) {
    struct pollfd state = {.fd = stream->fd, .events = POLLIN | POLLOUT};
    int           found = poll(&state, 1, 0);
    int           error = 0;

    if (found < 0 && errno != EINTR && errno != EAGAIN)
        return errno;
    if (found <= 0)
        return EINPROGRESS;
    if (state.revents != POLLOUT)
        error = why_not(stream->fd, state.revents);
    stream->spoke_first = state.revents & POLLIN;
    return error == 0 && !stream->is_unix ? check_not_itself(stream->fd, endpoint) : error;
}

static int close_unless_usable(mc__stream *stream, int error) {
    if (error != 0 && error != EINPROGRESS)
        mc__stream_close(stream);
    return error;
}

int mc__stream_connect(mc__stream *stream, const mc__endpoint *endpoint) {
    int family = endpoint->address.ss_family;
    int error;

    *stream = (mc__stream)MC__STREAM_CLOSED;
    stream->is_unix = family == AF_UNIX;
    stream->fd = mc__descriptor_above_stdio(mc__platform_socket(family));
    if (stream->fd < 0)
        return errno;
    if (connect(stream->fd, (const struct sockaddr *)&endpoint->address, endpoint->len) == 0 || errno == EINPROGRESS)
        error = check(stream, endpoint); /* where the peer is near, it stands already */
    else if (errno == EINTR)
        error = EINPROGRESS; /* it goes on */
    else if (errno == EAGAIN && stream->is_unix)
        error = ECONNREFUSED; /* the listener's queue is full, and there is no waiting for it */
    else
        error = errno;
    return close_unless_usable(stream, error);
}

int mc__stream_connected(mc__stream *stream, const mc__endpoint *endpoint) {
    return close_unless_usable(stream, check(stream, endpoint));
}

/* What only tunes may fail: the connection is as good without. */
static void make_prompt(mc__stream *stream) {
    int on = 1;

    if (!stream->is_unix)
        (void)setsockopt(stream->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    stream->is_prompt = true;
}

static void keep_alive(const mc__stream *stream) {
    const mc__keep_alive wanted = {
        .idle_s = KEEPALIVE_IDLE_S,
        .interval_s = KEEPALIVE_INTERVAL_S,
        .count = KEEPALIVE_COUNT,
        .user_timeout_ms = stream->io_timeout_ms > USER_TIMEOUT_MIN_MS ? stream->io_timeout_ms : USER_TIMEOUT_MIN_MS,
    };

    mc__platform_keep_alive(stream->fd, &wanted);
}

/* Bounds the socket's own waits. */
static bool set_timeouts(const mc__stream *stream, int timeout_ms) {
    struct timeval timeout = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000L};

    return setsockopt(stream->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) == 0 &&
           setsockopt(stream->fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout) == 0;
}

void mc__stream_prepare(mc__stream *stream, size_t len) {
    if (stream->has_sent || len > FIRST_SEND_MAX)
        make_prompt(stream);
    stream->has_sent = true;
}

bool mc__stream_shorten(mc__stream *stream, int io_timeout_ms) {
    if (io_timeout_ms >= stream->io_timeout_ms)
        return true;
    if (!mc__stream_is_ready(stream) || !set_timeouts(stream, io_timeout_ms))
        return false; /* one of them may be shorter than io_timeout_ms says, which is its upper bound */
    stream->io_timeout_ms = io_timeout_ms;
    return true;
}

int mc__stream_ready(mc__stream *stream, int io_timeout_ms) {
    int timeout_ms = io_timeout_ms > 0 ? io_timeout_ms : 1; /* 0 would be for ever */

    if (fcntl(stream->fd, F_SETFL, 0) != 0 || !set_timeouts(stream, timeout_ms))
        return errno;
    stream->io_timeout_ms = timeout_ms;
    if (!stream->is_prompt)
        make_prompt(stream);
    if (!stream->is_unix)
        keep_alive(stream);
    return 0;
}

mc__look mc__stream_look(const mc__stream *stream) {
    char    byte;
    ssize_t len = recv(stream->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

    if (len > 0)
        return MC__LOOK_STRAY;
    return len < 0 && errno == EAGAIN ? MC__LOOK_QUIET : MC__LOOK_CLOSED;
}

/* Fills pieces with the parts of slices that are not empty, up to max bytes in all; returns their number, in a type that
 * fits msg_iovlen: a size_t in glibc, an int elsewhere. */
static unsigned short gather(const mc_slice *slices, size_t count, size_t max, struct iovec *pieces) {
    unsigned short used = 0;

    for (size_t i = 0; i < count && used < PIECES_MAX && max > 0; i++) {
        size_t len = slices[i].len < max ? slices[i].len : max;
        if (len == 0)
            continue;
        pieces[used].iov_base = (void *)slices[i].data;
        pieces[used].iov_len = len;
        max -= len;
        used++;
    }
    return used;
}

ptrdiff_t mc__stream_send(const mc__stream *stream, const mc_slice *slices, size_t count, bool wait) {
    struct iovec  pieces[PIECES_MAX];
    struct msghdr message = {.msg_iov = pieces};
    int           flags = MC__SEND_FLAGS | (wait ? 0 : MSG_DONTWAIT);

    message.msg_iovlen = gather(slices, count, wait && stream->is_unix ? UNIX_SEND_MAX : SIZE_MAX, pieces);
    if (message.msg_iovlen == 1)
        return send(stream->fd, pieces[0].iov_base, pieces[0].iov_len, flags);
    return sendmsg(stream->fd, &message, flags);
}

ptrdiff_t mc__stream_send_one(const mc__stream *stream, mc_slice slice, bool wait) {
    return send(stream->fd, slice.data, slice.len, MC__SEND_FLAGS | (wait ? 0 : MSG_DONTWAIT));
}

ptrdiff_t mc__stream_receive_one(const mc__stream *stream, mc__area area) {
    return recv(stream->fd, area.data, area.len, 0);
}

ptrdiff_t mc__stream_receive_polling(const mc__stream *stream, mc__area area, mc__time until) {
    struct pollfd state = {.fd = stream->fd, .events = POLLIN};

    if (poll(&state, 1, mc__deadline_left_ms(until, mc__time_now())) < 0)
        return -1;
    return recv(stream->fd, area.data, area.len, MSG_DONTWAIT);
}

ptrdiff_t mc__stream_receive_spinning(const mc__stream *stream, mc__area area, mc__time until) {
    ptrdiff_t received;

    do
        received = recv(stream->fd, area.data, area.len, MSG_DONTWAIT);
    while (received < 0 && (errno == EAGAIN || errno == EINTR) && mc__time_now() < until);
    return received;
}

/* The same for areas. */
static unsigned short scatter(const mc__area *areas, size_t count, struct iovec *pieces) {
    unsigned short used = 0;

    for (size_t i = 0; i < count && used < PIECES_MAX; i++) {
        if (areas[i].len == 0)
            continue;
        pieces[used].iov_base = areas[i].data;
        pieces[used].iov_len = areas[i].len;
        used++;
    }
    return used;
}

static ptrdiff_t receive(const mc__stream *stream, const mc__area *areas, size_t count, int flags) {
    struct iovec  pieces[PIECES_MAX];
    struct msghdr message = {.msg_iov = pieces};

    message.msg_iovlen = scatter(areas, count, pieces);
    if (message.msg_iovlen == 1)
        return recv(stream->fd, pieces[0].iov_base, pieces[0].iov_len, flags);
    return recvmsg(stream->fd, &message, flags);
}

ptrdiff_t mc__stream_receive(const mc__stream *stream, const mc__area *areas, size_t count, bool wait) {
    return receive(stream, areas, count, wait ? 0 : MSG_DONTWAIT);
}

ptrdiff_t mc__stream_receive_all(const mc__stream *stream, const mc__area *areas, size_t count) {
    return receive(stream, areas, count, MSG_WAITALL);
}

void mc__stream_shut(const mc__stream *stream) {
    (void)shutdown(stream->fd, SHUT_RDWR);
}

void mc__stream_close(mc__stream *stream) {
    mc__descriptor_close(stream->fd);
    stream->fd = -1;
}

bool mc__errno_is_local(int error) {
    switch (error) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case EAGAIN:        /* no thread, no port */
    case EADDRNOTAVAIL: /* no port */
        return true;
    default:
        return false;
    }
}
