/*
 * A host that plays a script, in threads of the calling process. A script is a table of steps:
 *
 *     static const host_step half_a_value[] = {
 *         EXPECT("get k\r\n"),
 *         SEND("VALUE k 0 5\r\nhel"),
 *         RESET,
 *         END,
 *     };
 *     scripted_host *host = scripted_host_play(half_a_value);
 *     ... scripted_host_address(host) ...
 *     scripted_host_stop(host);
 *
 * Each connection plays a script from its first step, in a thread of its own. At END the host waits for the peer to close;
 * a byte that arrives there is as wrong as one that EXPECT did not want. A peer that closes where a request could begin
 * ends the script without complaint; scripted_host_steps_done says how far it came.
 *
 * The host's threads block all signals, so a test's signals meet the client.
 */
#ifndef MC_SUPPORT_SCRIPTED_HOST_H
#define MC_SUPPORT_SCRIPTED_HOST_H

#include "support/listener.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum host_action {
    HOST_END,
    HOST_EXPECT,
    HOST_READ,
    HOST_READ_LINE,
    HOST_SEND,
    HOST_TRICKLE,
    HOST_FLOOD,
    HOST_WAIT,
    HOST_AWAIT_GO,
    HOST_SILENCE,
    HOST_DRAIN,
    HOST_SHUT,
    HOST_CLOSE,
    HOST_RESET,
    HOST_STOP_LISTENING,
    HOST_REPEAT
} host_action;

typedef struct host_step {
    host_action action;
    const char *data;
    size_t      len;
    int         ms;
} host_step;

/* clang-format off */

/* Reads exactly these bytes. Others are a mismatch: it is noted, and the connection reset. */
#define EXPECT(text)                {HOST_EXPECT, text, sizeof(text) - 1, 0}
#define EXPECT_BYTES(bytes, length) {HOST_EXPECT, bytes, length, 0}

/* Reads this many bytes, or up to a line feed, whatever they are. */
#define READ(length)                {HOST_READ, NULL, length, 0}
#define READ_LINE                   {HOST_READ_LINE, NULL, 0, 0}

/* Sends these bytes: at once, or in the pieces that the options ask for. */
#define SEND(text)                  {HOST_SEND, text, sizeof(text) - 1, 0}
#define SEND_BYTES(bytes, length)   {HOST_SEND, bytes, length, 0}

/* Sends these bytes one by one, with a pause after each. */
#define TRICKLE(text, pause_ms)     {HOST_TRICKLE, text, sizeof(text) - 1, pause_ms}

/* Sends these bytes over and over, until the peer has gone or the host is stopped. The last step. */
#define FLOOD(text)                 {HOST_FLOOD, text, sizeof(text) - 1, 0}
#define FLOOD_BYTES(bytes, length)  {HOST_FLOOD, bytes, length, 0}

/* Does nothing for a while. */
#define WAIT(pause_ms)              {HOST_WAIT, NULL, 0, pause_ms}

/* Does nothing until the test calls scripted_host_go; each call lets one connection pass. */
#define AWAIT_GO                    {HOST_AWAIT_GO, NULL, 0, 0}

/* Neither reads nor sends, until the peer has gone or the host is stopped. The last step. */
#define SILENCE                     {HOST_SILENCE, NULL, 0, 0}

/* Reads and throws away, until the peer has gone or the host is stopped. The last step. */
#define DRAIN                       {HOST_DRAIN, NULL, 0, 0}

/* Sends a FIN and stays there to read on. */
#define SHUT                        {HOST_SHUT, NULL, 0, 0}

/* Closes: with a FIN where everything was read (TCP makes it an RST where not). RESET: always with an RST (on a unix socket
   the same as CLOSE). The last step. */
#define CLOSE                       {HOST_CLOSE, NULL, 0, 0}
#define RESET                       {HOST_RESET, NULL, 0, 0}

/* From now on new connections are refused; those that exist go on. */
#define STOP_LISTENING              {HOST_STOP_LISTENING, NULL, 0, 0}

/* Goes back to the first step. */
#define REPEAT                      {HOST_REPEAT, NULL, 0, 0}

#define END                         {HOST_END, NULL, 0, 0}

/* clang-format on */

typedef struct scripted_host scripted_host;

typedef struct scripted_host_options {
    listener_kind           kind;
    const host_step *const *scripts;        /* ends with NULL: the nth connection plays the nth, those after them the last */
    int                     receive_buffer; /* SO_RCVBUF of each connection; 0: the system's */
    size_t                  piece;          /* n: a SEND goes out in pieces of n bytes; 0: whole */
    size_t                  split_at;       /* n: a SEND goes out as its first n bytes and its rest; 0: whole */
} scripted_host_options;

/* Pieces are sent one after another, each when the peer has read the one before: exactly so on a unix socket, and as far as
 * the kernel tells on TCP. */

/* Starts a host. The scripts must outlive it, the options not. Fails the test when it cannot. */
scripted_host *scripted_host_start(const scripted_host_options *options);

/* Starts a host on TCP every connection of which plays the one script. */
scripted_host *scripted_host_play(const host_step *script);

/* Its address as a client is given it. Valid until the host is stopped. */
const char *scripted_host_address(const scripted_host *host);

/* Lets one connection past its AWAIT_GO, now or when it comes there. */
void scripted_host_go(scripted_host *host);

/* Waits until connection (from 0) has done that many steps, those of repetitions included. Fails the test after 10 s. */
void scripted_host_await(scripted_host *host, size_t connection, size_t steps);

/* How many steps connection has done so far; 0 for one that has not come. */
size_t scripted_host_steps_done(scripted_host *host, size_t connection);

/* Whether connection has come and is still played. */
bool scripted_host_is_playing(scripted_host *host, size_t connection);

/* How many connections were accepted so far, and how many of them the host still has open. */
size_t scripted_host_connections(scripted_host *host);
size_t scripted_host_open_connections(scripted_host *host);

/* How many bytes came in and went out so far, on all connections. */
size_t scripted_host_bytes_received(scripted_host *host);
size_t scripted_host_bytes_sent(scripted_host *host);

/* How often text, which has no NUL, came in so far, on all connections (of each, in its first 64 KiB). */
size_t scripted_host_count(scripted_host *host, const char *text);

/* The first mismatch in words, in static storage of the host; NULL when there was none. */
const char *scripted_host_mismatch(scripted_host *host);

/* Closes everything and frees the host. Fails the test when there was a mismatch. */
void scripted_host_stop(scripted_host *host);

/* The same, but a mismatch is no failure. */
void scripted_host_discard(scripted_host *host);

#endif
