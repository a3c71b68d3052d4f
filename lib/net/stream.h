/*
 * One connected socket: the only file whose functions send, receive, connect and look. Plain TCP and unix sockets; a secured
 * stream will stand behind the same functions.
 *
 * A stream is used by one thread at a time. Its socket is above descriptor 2, close-on-exec, and never raises SIGPIPE.
 */
#ifndef MC_NET_STREAM_H
#define MC_NET_STREAM_H

#include "base/deadline.h"
#include "base/slice.h"

#include <limits.h>
#include <stddef.h>
#include <sys/socket.h>

/* An address that a socket can be connected to. */
typedef struct mc__endpoint {
    struct sockaddr_storage address;
    socklen_t               len;
} mc__endpoint;

typedef struct mc__stream {
    int  fd;            /* -1: closed */
    int  io_timeout_ms; /* how long a call that may wait does so: SO_RCVTIMEO and SO_SNDTIMEO */
    bool is_unix;
    bool is_prompt;   /* what is sent goes at once, whatever is on the way */
    bool has_sent;    /* something is on the way, or was; kept while it is not prompt */
    bool spoke_first; /* it stood with something to read, or at its end */
} mc__stream;

/* The io_timeout_ms of a stream that is not ready: none of its calls may wait. */
#define MC__STREAM_NO_WAIT INT_MAX

#define MC__STREAM_CLOSED                                                                                                   \
    { -1, MC__STREAM_NO_WAIT, false, false, false, false }

/*
 * Begins to connect. Returns 0 when the connection stands at once (unix sockets, mostly), EINPROGRESS when it is under way
 * (poll for POLLOUT, then mc__stream_connected), or the errno of the failure, and the stream is closed. *stream is
 * overwritten, whatever it was. A unix socket whose listener has no room in its queue is ECONNREFUSED: there is no way to
 * wait for it.
 */
int mc__stream_connect(mc__stream *stream, const mc__endpoint *endpoint);

/* After POLLOUT, for an open stream: 0 when the connection to the endpoint stands, EINPROGRESS when it does not yet, or the
 * errno; then the stream is closed. A connection that met itself (no listener, and the system picked the very port for this
 * end) is ECONNREFUSED. */
int mc__stream_connected(mc__stream *stream, const mc__endpoint *endpoint);

/*
 * A stream that stands can be used at once, by calls that do not wait. This readies it for a long use: blocking, waits
 * bounded by io_timeout_ms (> 0), TCP_NODELAY, keep-alive, TCP_USER_TIMEOUT (so that a peer that is gone without a word does
 * not keep the socket for a quarter of an hour). Returns 0, or the errno of what it cannot be used without; it stays open.
 * An option that only tunes may fail unnoticed.
 */
int mc__stream_ready(mc__stream *stream, int io_timeout_ms);

static inline bool mc__stream_is_ready(const mc__stream *stream) {
    return stream->io_timeout_ms != MC__STREAM_NO_WAIT;
}

/*
 * Before something of len bytes is sent on a stream that is not prompt. The first short message goes at once anyway; what
 * comes behind it, or is longer than a segment, may have to wait until the peer acknowledges what is on the way: then the
 * stream is made prompt.
 */
void mc__stream_prepare(mc__stream *stream, size_t len);

/* Makes the waits of a stream no longer than io_timeout_ms (> 0), once and for all. false: they stay, or it is not ready. */
bool mc__stream_shorten(mc__stream *stream, int io_timeout_ms);

typedef enum mc__look {
    MC__LOOK_QUIET, /* open, and nothing to read: fit for use */
    MC__LOOK_STRAY, /* holds bytes that nobody has asked for */
    MC__LOOK_CLOSED /* closed or broken by the peer */
} mc__look;

/* The look before reuse, which takes nothing: one recv with MSG_PEEK and MSG_DONTWAIT. */
mc__look mc__stream_look(const mc__stream *stream);

/*
 * Sends the slices, which hold at least one byte, as far as one system call takes them. wait: for up to io_timeout_ms in
 * all; else takes what fits now. Returns bytes accepted (> 0, and perhaps fewer than given: of very many slices only the
 * first go), or -1 and errno: EAGAIN (nothing fits, or the time is up), EINTR, or the failure.
 */
ptrdiff_t mc__stream_send(const mc__stream *stream, const mc_slice *slices, size_t count, bool wait);

/* The same for one slice, and for one area (below), in fewer instructions. Who waits sends or receives no great size; the
 * receive waits. */
ptrdiff_t mc__stream_send_one(const mc__stream *stream, mc_slice slice, bool wait);
ptrdiff_t mc__stream_receive_one(const mc__stream *stream, mc__area area);

/* The same by a poll, also on a stream that is not ready; EAGAIN when until has come. */
ptrdiff_t mc__stream_receive_polling(const mc__stream *stream, mc__area area, mc__time until);

/* The same without waiting in the socket: it asks again and again until something is there or the time has come; then
 * EAGAIN. */
ptrdiff_t mc__stream_receive_spinning(const mc__stream *stream, mc__area area, mc__time until);

/*
 * Receives what is there into the areas, which have room for at least one byte, in order. wait: for the first byte, up to
 * io_timeout_ms. Returns bytes (> 0), 0 at the peer's end, or -1 and errno: EAGAIN (nothing there, or the time is up),
 * EINTR, or the failure.
 */
ptrdiff_t mc__stream_receive(const mc__stream *stream, const mc__area *areas, size_t count, bool wait);

/* The same, but waits until the areas are full, for up to io_timeout_ms in all; fewer bytes come at the peer's end, or when
 * a signal or the time ends the wait. */
ptrdiff_t mc__stream_receive_all(const mc__stream *stream, const mc__area *areas, size_t count);

/* Ends the connection for all who use it: whoever waits in it is told that it is closed. The descriptor stays. */
void mc__stream_shut(const mc__stream *stream);

/* Closes the descriptor: no shutdown and no "quit", for after a fork the parent may be using the same connection. */
void mc__stream_close(mc__stream *stream);

/* Whether the failure is this process's own (no descriptors, no memory, no ports), which says nothing of the host. */
bool mc__errno_is_local(int error);

#endif
