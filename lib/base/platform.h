/*
 * What Linux, the BSDs and macOS do in different ways, each behind one function; the only place that asks which system this
 * is. With MC_PORTABLE defined, the ways of systems that have only what POSIX 2008 has are taken on Linux too, so that they
 * are tested.
 */
#ifndef MC_BASE_PLATFORM_H
#define MC_BASE_PLATFORM_H

#include <stddef.h>
#include <sys/socket.h>

/* How long a connection may be quiet, and its peer silent, before the system asks and gives up. */
typedef struct mc__keep_alive {
    int idle_s;          /* quiet for so long: ask */
    int interval_s;      /* and again after this */
    int count;           /* so many times */
    int user_timeout_ms; /* what was sent is not acknowledged for so long: give up */
} mc__keep_alive;

/* A stream socket that is close-on-exec and does not wait. Returns it, or -1 and errno. */
int mc__platform_socket(int family);

/* A pipe, read end first, that is close-on-exec and does not wait. Returns 0, or -1 and errno. */
int mc__platform_pipe(int fds[2]);

/* What send and sendmsg are to be given, so that a peer that has gone raises no SIGPIPE. macOS has no such flag: there,
 * mc__platform_socket tells the socket itself. */
#ifdef MSG_NOSIGNAL
#define MC__SEND_FLAGS MSG_NOSIGNAL
#else
#define MC__SEND_FLAGS 0
#endif

/* Sets as much of it as the system can: the connection is as good without. */
void mc__platform_keep_alive(int fd, const mc__keep_alive *wanted);

/* Whether a thread can sleep on a word of memory. */
#if defined(__linux__) && !defined(MC_PORTABLE)
#define MC__HAVE_FUTEX 1
#else
#define MC__HAVE_FUTEX 0
#endif

/* For the processor, while a thread looks at one word again and again. */
static inline void mc__relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* The number of the processor that this thread runs on, at this moment; 0 where that cannot be told at little cost. */
unsigned mc__processor(void);

/* The system's words for an errno, in out or static. Any thread. */
const char *mc__errno_text(int error, char *out, size_t size);

#endif
