#include "support/nth_call.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

/* In place of an errno: move one byte. */
#define ONE_BYTE INT_MAX

static struct {
    atomic_size_t count, hits;
    atomic_size_t nth; /* 0: not armed */
    atomic_int    error;
    atomic_bool   from_then_on;
} states[NTH_FUNCTIONS];

#define ERRORS(...)                                                                                                         \
    (const int[]) {                                                                                                         \
        __VA_ARGS__, 0                                                                                                      \
    }

static const struct {
    const char *name;
    const int  *errors;
} functions[NTH_FUNCTIONS] = {
    [NTH_ALLOCATE] = {"malloc", ERRORS(ENOMEM)},
    [NTH_SOCKET] = {"socket", ERRORS(EMFILE, ENFILE, ENOBUFS, ENOMEM, EACCES, EAFNOSUPPORT)},
    [NTH_CONNECT] = {"connect", ERRORS(EINTR, EAGAIN, ECONNREFUSED, ENETUNREACH, EHOSTUNREACH, ENETDOWN, ETIMEDOUT,
                                       EADDRNOTAVAIL, EACCES, EPERM, ENOBUFS)},
    [NTH_GETSOCKOPT] = {"getsockopt", ERRORS(ENOBUFS, ENOMEM, EINVAL)},
    [NTH_SETSOCKOPT] = {"setsockopt", ERRORS(ENOBUFS, ENOMEM, EINVAL, ENOPROTOOPT)},
    [NTH_GETSOCKNAME] = {"getsockname", ERRORS(ENOBUFS)},
    [NTH_GETPEERNAME] = {"getpeername", ERRORS(ENOBUFS, ENOTCONN)},
    [NTH_FCNTL] = {"fcntl", ERRORS(EMFILE, EINVAL)},
    [NTH_PIPE] = {"pipe2", ERRORS(EMFILE, ENFILE)},
    [NTH_POLL] = {"poll", ERRORS(EINTR, ENOMEM)},
    [NTH_SEND] = {"send", ERRORS(EINTR, EAGAIN, ENOBUFS, ENOMEM, ECONNRESET, EPIPE, ETIMEDOUT, EHOSTUNREACH, ENETDOWN)},
    [NTH_SENDMSG] = {"sendmsg",
                     ERRORS(EINTR, EAGAIN, ENOBUFS, ENOMEM, ECONNRESET, EPIPE, ETIMEDOUT, EHOSTUNREACH, ENETDOWN)},
    [NTH_RECV] = {"recv", ERRORS(EINTR, EAGAIN, ENOBUFS, ENOMEM, ECONNRESET, ETIMEDOUT, EHOSTUNREACH, ECONNREFUSED)},
    [NTH_RECVMSG] = {"recvmsg", ERRORS(EINTR, EAGAIN, ENOBUFS, ENOMEM, ECONNRESET, ETIMEDOUT, EHOSTUNREACH, ECONNREFUSED)},
    [NTH_CLOSE] = {"close", ERRORS(EINTR, EIO)},
    [NTH_GETADDRINFO] = {"getaddrinfo", ERRORS(EAI_AGAIN, EAI_FAIL, EAI_MEMORY, EAI_NONAME, EMFILE, ENOMEM, EIO)},
    [NTH_THREAD] = {"pthread_create", ERRORS(EAGAIN, EINVAL)},
    [NTH_ATFORK] = {"pthread_atfork", ERRORS(ENOMEM)},
    [NTH_LOCK] = {"pthread_mutex_init", ERRORS(ENOMEM, EAGAIN)},
    [NTH_DEFLATE] = {"deflateInit", ERRORS(ENOMEM)},
    [NTH_INFLATE] = {"inflateInit", ERRORS(ENOMEM)},
};

/* nth last: a call that sees it sees the rest. */
static void arm(nth_function function, size_t nth, int error, nth_times times) {
    atomic_store(&states[function].nth, 0);
    atomic_store(&states[function].count, 0);
    atomic_store(&states[function].hits, 0);
    atomic_store(&states[function].error, error);
    atomic_store(&states[function].from_then_on, times == NTH_FROM_THEN_ON);
    atomic_store(&states[function].nth, nth);
}

void nth_call_fail(nth_function function, size_t nth, int error, nth_times times) {
    arm(function, nth, error, times);
}

void nth_call_move_one_byte(nth_function function, size_t nth, nth_times times) {
    arm(function, nth, ONE_BYTE, times);
}

void nth_call_disarm(void) {
    for (int function = 0; function < NTH_FUNCTIONS; function++)
        arm((nth_function)function, 0, 0, NTH_ONCE);
}

size_t nth_call_count(nth_function function) {
    return atomic_load(&states[function].count);
}

size_t nth_call_hits(nth_function function) {
    return atomic_load(&states[function].hits);
}

const char *nth_call_name(nth_function function) {
    return functions[function].name;
}

const int *nth_call_errors(nth_function function) {
    return functions[function].errors;
}

/* Counts a call. Returns 0 when it goes its way, ONE_BYTE, or what it fails with. */
static int fate(nth_function function) {
    size_t count = atomic_fetch_add(&states[function].count, 1) + 1;
    size_t nth = atomic_load(&states[function].nth);

    if (nth == 0 || count < nth || (count > nth && !atomic_load(&states[function].from_then_on)))
        return 0;
    atomic_fetch_add(&states[function].hits, 1);
    return atomic_load(&states[function].error);
}

/* The same for a function that sets errno; whether it fails. */
static bool fails(nth_function function) {
    int error = fate(function);

    if (error != 0)
        errno = error;
    return error != 0;
}

/* The names in nth_call.syms. */
void   *nth_call_malloc(size_t size);
void   *nth_call_calloc(size_t count, size_t size);
void   *nth_call_realloc(void *memory, size_t size);
char   *nth_call_strdup(const char *text);
char   *nth_call_strndup(const char *text, size_t max);
int     nth_call_socket(int family, int type, int protocol);
int     nth_call_connect(int fd, const struct sockaddr *address, socklen_t len);
int     nth_call_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int     nth_call_setsockopt(int fd, int level, int name, const void *value, socklen_t len);
int     nth_call_getsockname(int fd, struct sockaddr *address, socklen_t *len);
int     nth_call_getpeername(int fd, struct sockaddr *address, socklen_t *len);
int     nth_call_fcntl(int fd, int command, ...);
int     nth_call_pipe2(int fds[2], int flags);
int     nth_call_poll(struct pollfd *waited, nfds_t count, int timeout_ms);
int     nth_call_poll_chk(struct pollfd *waited, nfds_t count, int timeout_ms, size_t size);
ssize_t nth_call_send(int fd, const void *data, size_t len, int flags);
ssize_t nth_call_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t nth_call_recv(int fd, void *data, size_t len, int flags);
ssize_t nth_call_recv_chk(int fd, void *data, size_t len, size_t size, int flags);
ssize_t nth_call_recvmsg(int fd, struct msghdr *message, int flags);
int     nth_call_close(int fd);
int     nth_call_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **found);
int     nth_call_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument);
int     nth_call_pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void));
int     nth_call_pthread_mutex_init(pthread_mutex_t *lock, const pthread_mutexattr_t *attributes);
int     nth_call_deflate_init(z_stream *stream, int level, const char *version, int size);
int     nth_call_inflate_init(z_stream *stream, const char *version, int size);

void *nth_call_malloc(size_t size) {
    return fails(NTH_ALLOCATE) ? NULL : malloc(size);
}

void *nth_call_calloc(size_t count, size_t size) {
    return fails(NTH_ALLOCATE) ? NULL : calloc(count, size);
}

void *nth_call_realloc(void *memory, size_t size) {
    return fails(NTH_ALLOCATE) ? NULL : realloc(memory, size);
}

char *nth_call_strdup(const char *text) {
    return fails(NTH_ALLOCATE) ? NULL : strdup(text);
}

char *nth_call_strndup(const char *text, size_t max) {
    return fails(NTH_ALLOCATE) ? NULL : strndup(text, max);
}

int nth_call_socket(int family, int type, int protocol) {
    return fails(NTH_SOCKET) ? -1 : socket(family, type, protocol);
}

int nth_call_connect(int fd, const struct sockaddr *address, socklen_t len) {
    if (!fails(NTH_CONNECT))
        return connect(fd, address, len);
    if (errno == EINTR) {
        connect(fd, address, len);
        errno = EINTR;
    }
    return -1;
}

int nth_call_getsockopt(int fd, int level, int name, void *value, socklen_t *len) {
    return fails(NTH_GETSOCKOPT) ? -1 : getsockopt(fd, level, name, value, len);
}

int nth_call_setsockopt(int fd, int level, int name, const void *value, socklen_t len) {
    return fails(NTH_SETSOCKOPT) ? -1 : setsockopt(fd, level, name, value, len);
}

int nth_call_getsockname(int fd, struct sockaddr *address, socklen_t *len) {
    return fails(NTH_GETSOCKNAME) ? -1 : getsockname(fd, address, len);
}

int nth_call_getpeername(int fd, struct sockaddr *address, socklen_t *len) {
    return fails(NTH_GETPEERNAME) ? -1 : getpeername(fd, address, len);
}

/* Every command that takes an argument here takes an int. */
int nth_call_fcntl(int fd, int command, ...) {
    va_list arguments;
    int     argument;

    if (fails(NTH_FCNTL))
        return -1;
    if (command == F_GETFL || command == F_GETFD)
        return fcntl(fd, command);
    va_start(arguments, command);
    argument = va_arg(arguments, int);
    va_end(arguments);
    return fcntl(fd, command, argument);
}

int nth_call_pipe2(int fds[2], int flags) {
    return fails(NTH_PIPE) ? -1 : pipe2(fds, flags);
}

int nth_call_poll(struct pollfd *waited, nfds_t count, int timeout_ms) {
    return fails(NTH_POLL) ? -1 : poll(waited, count, timeout_ms);
}

int nth_call_poll_chk(struct pollfd *waited, nfds_t count, int timeout_ms, size_t size) {
    (void)size;
    return nth_call_poll(waited, count, timeout_ms);
}

/* One byte of the first area that has one, which stands at *area. */
static struct msghdr one_byte_of(const struct msghdr *message, struct iovec *area) {
    struct msghdr cut = *message;
    size_t        at = 0;

    while (at + 1 < (size_t)message->msg_iovlen && message->msg_iov[at].iov_len == 0)
        at++;
    *area = message->msg_iov[at];
    if (area->iov_len > 1)
        area->iov_len = 1;
    cut.msg_iov = area;
    cut.msg_iovlen = 1;
    return cut;
}

static size_t at_most_one(size_t len) {
    return len > 1 ? 1 : len;
}

ssize_t nth_call_send(int fd, const void *data, size_t len, int flags) {
    if (!fails(NTH_SEND))
        return send(fd, data, len, flags);
    return errno == ONE_BYTE ? send(fd, data, at_most_one(len), flags) : -1;
}

ssize_t nth_call_sendmsg(int fd, const struct msghdr *message, int flags) {
    struct iovec  area;
    struct msghdr cut;

    if (!fails(NTH_SENDMSG))
        return sendmsg(fd, message, flags);
    if (errno != ONE_BYTE)
        return -1;
    cut = one_byte_of(message, &area);
    return sendmsg(fd, &cut, flags);
}

ssize_t nth_call_recv(int fd, void *data, size_t len, int flags) {
    if (!fails(NTH_RECV))
        return recv(fd, data, len, flags);
    return errno == ONE_BYTE ? recv(fd, data, at_most_one(len), flags) : -1;
}

ssize_t nth_call_recv_chk(int fd, void *data, size_t len, size_t size, int flags) {
    (void)size;
    return nth_call_recv(fd, data, len, flags);
}

ssize_t nth_call_recvmsg(int fd, struct msghdr *message, int flags) {
    struct iovec  area;
    struct msghdr cut;

    if (!fails(NTH_RECVMSG))
        return recvmsg(fd, message, flags);
    if (errno != ONE_BYTE)
        return -1;
    cut = one_byte_of(message, &area);
    return recvmsg(fd, &cut, flags);
}

int nth_call_close(int fd) {
    int error = fate(NTH_CLOSE);

    if (close(fd) != 0)
        return -1;
    if (error == 0)
        return 0;
    errno = error;
    return -1;
}

int nth_call_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    int error = fate(NTH_GETADDRINFO);

    if (error == 0)
        return getaddrinfo(host, service, hints, found);
    if (error < 0)
        return error;
    errno = error;
    return EAI_SYSTEM;
}

int nth_call_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument) {
    int error = fate(NTH_THREAD);

    return error != 0 ? error : pthread_create(thread, attributes, run, argument);
}

int nth_call_pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void)) {
    int error = fate(NTH_ATFORK);

    return error != 0 ? error : pthread_atfork(prepare, parent, child);
}

int nth_call_pthread_mutex_init(pthread_mutex_t *lock, const pthread_mutexattr_t *attributes) {
    int error = fate(NTH_LOCK);

    return error != 0 ? error : pthread_mutex_init(lock, attributes);
}

int nth_call_deflate_init(z_stream *stream, int level, const char *version, int size) {
    return fate(NTH_DEFLATE) != 0 ? Z_MEM_ERROR : deflateInit_(stream, level, version, size);
}

int nth_call_inflate_init(z_stream *stream, const char *version, int size) {
    return fate(NTH_INFLATE) != 0 ? Z_MEM_ERROR : inflateInit_(stream, version, size);
}
