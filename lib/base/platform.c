#include "base/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* macOS has no flags for socket() and no pipe2(), which the BSDs took over from Linux. */
#if defined(MC_PORTABLE) || defined(__APPLE__) || !defined(SOCK_CLOEXEC) || !defined(SOCK_NONBLOCK)
#define HAS_FLAGS_AT_BIRTH 0
#else
#define HAS_FLAGS_AT_BIRTH 1
#endif

#if !HAS_FLAGS_AT_BIRTH || !defined(MSG_NOSIGNAL)
static void close_all(const int *fds, size_t count) {
    int error = errno;

    for (size_t i = 0; i < count; i++)
        close(fds[i]);
    errno = error;
}
#endif

#if !HAS_FLAGS_AT_BIRTH
/* A program that another thread starts at this very moment inherits the descriptor: there is no way round it on a system
 * where it is not born close-on-exec. Returns whether it could; errno says why not. */
static bool set_flags(int fd) {
    return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}
#endif

static int without_signals(int fd) {
#ifndef MSG_NOSIGNAL
    int on = 1;

    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on) != 0) {
        close_all(&fd, 1);
        return -1;
    }
#endif
    return fd;
}

int mc__platform_socket(int family) {
#if HAS_FLAGS_AT_BIRTH
    return without_signals(socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
#else
    int fd = socket(family, SOCK_STREAM, 0);

    if (fd >= 0 && !set_flags(fd)) {
        close_all(&fd, 1);
        return -1;
    }
    return without_signals(fd);
#endif
}

int mc__platform_pipe(int fds[2]) {
#if HAS_FLAGS_AT_BIRTH
    return pipe2(fds, O_CLOEXEC | O_NONBLOCK);
#else
    if (pipe(fds) != 0)
        return -1;
    if (!set_flags(fds[0]) || !set_flags(fds[1])) {
        close_all(fds, 2);
        return -1;
    }
    return 0;
#endif
}

static void tune(int fd, int level, int name, int value) {
    (void)setsockopt(fd, level, name, &value, sizeof value);
}

void mc__platform_keep_alive(int fd, const mc__keep_alive *wanted) {
    tune(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
#if defined(TCP_KEEPIDLE)
    tune(fd, IPPROTO_TCP, TCP_KEEPIDLE, wanted->idle_s);
#elif defined(TCP_KEEPALIVE) /* macOS's name for it */
    tune(fd, IPPROTO_TCP, TCP_KEEPALIVE, wanted->idle_s);
#endif
#ifdef TCP_KEEPINTVL /* OpenBSD has these two for the whole system only */
    tune(fd, IPPROTO_TCP, TCP_KEEPINTVL, wanted->interval_s);
#endif
#ifdef TCP_KEEPCNT
    tune(fd, IPPROTO_TCP, TCP_KEEPCNT, wanted->count);
#endif
#if defined(TCP_USER_TIMEOUT)
    tune(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, wanted->user_timeout_ms);
#elif defined(TCP_RXT_CONNDROPTIME) /* macOS's, in seconds */
    tune(fd, IPPROTO_TCP, TCP_RXT_CONNDROPTIME, wanted->user_timeout_ms / 1000);
#endif
}

unsigned mc__processor(void) {
#if defined(__linux__) && !defined(MC_PORTABLE)
    int processor = sched_getcpu();

    return processor > 0 ? (unsigned)processor : 0;
#else
    return 0;
#endif
}

const char *mc__errno_text(int error, char *out, size_t size) {
#ifdef __GLIBC__
    return strerror_r(error, out, size); /* the text, which may be static; POSIX's returns a number */
#else
    if (strerror_r(error, out, size) != 0)
        snprintf(out, size, "error %d", error);
    return out;
#endif
}
