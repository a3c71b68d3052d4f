/*
 * Makes chosen calls that the library makes of libc and zlib fail, by number, so that a test can go through them all: the
 * nth allocation, the nth recv, and so on.
 *
 *     mc_test(some_test LIBRARIES mc_test_nth_call)
 *
 * links a program with a copy of the library whose calls come here; calls of the test itself, of its helpers, of libc and of
 * zlib inside are neither counted nor touched. It works with every sanitizer. One state for the process; any thread, but
 * what is armed while another thread is inside the library may or may not be seen by that thread's call under way.
 *
 * A sweep over all calls of a function:
 *
 *     for (size_t nth = 1; failed; nth++) {
 *         nth_call_fail(NTH_ALLOCATE, nth, ENOMEM, NTH_ONCE);
 *         ... the operation: it must succeed, or fail as its contract says ...
 *         failed = nth_call_hits(NTH_ALLOCATE) > 0;
 *         nth_call_disarm();
 *         ... the next operation succeeds; nothing has leaked ...
 *     }
 */
#ifndef MC_SUPPORT_NTH_CALL_H
#define MC_SUPPORT_NTH_CALL_H

#include <stddef.h>

typedef enum nth_function {
    NTH_ALLOCATE, /* malloc, calloc, realloc, strdup, strndup, counted as one */
    NTH_SOCKET,
    NTH_CONNECT, /* with EINTR the connection is begun all the same, as the kernel does it */
    NTH_GETSOCKOPT,
    NTH_SETSOCKOPT,
    NTH_GETSOCKNAME,
    NTH_GETPEERNAME,
    NTH_FCNTL,
    NTH_PIPE, /* pipe2 */
    NTH_POLL,
    NTH_SEND,
    NTH_SENDMSG,
    NTH_RECV,
    NTH_RECVMSG,
    NTH_CLOSE,       /* the descriptor is closed all the same, as the kernel does it */
    NTH_GETADDRINFO, /* an errno becomes EAI_SYSTEM with it; an EAI_ code, which is negative, is returned as it is */
    NTH_THREAD,      /* pthread_create */
    NTH_ATFORK,      /* pthread_atfork */
    NTH_LOCK,        /* pthread_mutex_init */
    NTH_DEFLATE,     /* deflateInit: Z_MEM_ERROR, whatever the errno */
    NTH_INFLATE,     /* inflateInit: the same */
    NTH_FUNCTIONS
} nth_function;

typedef enum nth_times {
    NTH_ONCE,        /* only the nth call */
    NTH_FROM_THEN_ON /* the nth call and all that follow, until it is disarmed */
} nth_times;

/* Counts calls of the function anew, and has the nth (from 1) fail with error. In place of what was armed for it before. */
void nth_call_fail(nth_function function, size_t nth, int error, nth_times times);

/* The same for NTH_SEND, NTH_SENDMSG, NTH_RECV and NTH_RECVMSG, whose call then moves one byte at most. */
void nth_call_move_one_byte(nth_function function, size_t nth, nth_times times);

/* From here on no call is touched, and all are counted anew. */
void nth_call_disarm(void);

/* How many calls of the function there were since it was armed, or since nth_call_disarm. */
size_t nth_call_count(nth_function function);

/* How many of them failed or were cut for it. */
size_t nth_call_hits(nth_function function);

/* The name of the function, for messages. */
const char *nth_call_name(nth_function function);

/* What the function's manual says that it may fail with here; ends with 0. */
const int *nth_call_errors(nth_function function);

#endif
