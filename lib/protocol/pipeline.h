/*
 * What has been asked on one connection and is not answered yet, in order: the only place that matches replies to requests.
 * No socket, no clock, no threads: the owner sends what mc__pipeline_output shows, puts what it receives where
 * mc__pipeline_space says, and is told through the exchanges' functions what each request came to.
 *
 * A value is handed on only under the key that was asked for. From the first reply that is none to what was asked, the
 * pipeline is broken: it takes no more bytes, and its connection must be closed.
 *
 * Its parts: output (the requests' bytes), key_line (which keys have had their value), arrival (the value under way),
 * whole_value (values that are there as a whole).
 */
#ifndef MC_PROTOCOL_PIPELINE_H
#define MC_PROTOCOL_PIPELINE_H

#include "base/status.h"
#include "protocol/answer.h"
#include "protocol/arrival.h"
#include "protocol/key_line.h"
#include "protocol/output.h"

/* How far the reply to the first unanswered request has come. */
typedef enum mc__reading { MC__READING_LINE, MC__READING_DATA, MC__READING_DATA_END } mc__reading;

typedef struct mc__pipeline {
    mc__exchange *first, *last; /* not answered entirely */
    mc__output    output;

    mc__buffer     in; /* received and not taken apart */
    mc__buffer_use in_use;
    size_t         in_size; /* how much is read at a time: more where much comes */
    mc__exchange  *lender;  /* whose memory the next input goes to; NULL: it goes to in */
    mc__area       lent;    /* that memory; it begins with room for what is in in */
    mc__buffer     own;     /* while in is the lender's memory: what it was before */

    size_t       max_value_size;
    mc__reading  reading;
    mc__arrival  arrival;
    mc__key_line keys;

    bool begun;     /* a line of the reply to the first unanswered request has come */
    bool in_doubt;  /* some set of the window is refused, but which? */
    bool no_memory; /* a statistic was thrown away */
    bool greeted;   /* a reply has come on this connection */
    bool early;     /* bytes have come before anything was asked */
    bool silent;    /* the last that was asked awaits no reply */
    bool exact;     /* the spaces last shown are what must come, and no more */
    bool large;     /* the last value was a large one, and the next may be another */

    mc_status broken;                       /* MC_OK: in step */
    char      reason[MC__ESCAPED_MAX + 80]; /* why it is broken, in words, without host and key */
} mc__pipeline;

/* An empty pipeline. Values over max_value_size break it. Never fails. */
void mc__pipeline_init(mc__pipeline *pipeline, size_t max_value_size);

/* Frees its memory. Exchanges in it are neither answered nor touched. */
void mc__pipeline_free(mc__pipeline *pipeline);

/* Asks what exchange has not had answered yet, behind all that was asked before. The exchange stays where it is until the
 * pipeline is idle or abandoned, or until its answered is its count. */
void mc__pipeline_push(mc__pipeline *pipeline, mc__exchange *exchange);

/*
 * The next bytes to send: fills slices and *count (0: nothing is left), formatting requests as there is need. Valid until
 * the next call. MC_OK, or MC_NO_MEMORY: nothing of the request that failed has been shown.
 */
mc_status mc__pipeline_output(mc__pipeline *pipeline, mc_slice slices[MC__OUTPUT_SLICES], size_t *count);

/* The first len bytes of the output are sent. Requests without reply are answered here, when all of their bytes are. */
void mc__pipeline_sent(mc__pipeline *pipeline, size_t len);

/* Whether there is anything to send. */
static inline bool mc__pipeline_wants_output(const mc__pipeline *pipeline) {
    return pipeline->output.formatting || mc__output_len(&pipeline->output) > 0;
}

/* Where the last value was a large one, no more is read than the next one's head needs, so that most of it is received
 * straight into its memory. */
#define MC__PIPELINE_HEAD_SIZE 1024

/* Places for input at once. */
#define MC__INPUT_SPACES 2

/*
 * Where the next bytes from the peer go: fills spaces and *count (1 or 2, to be filled in order): straight into a large
 * value's memory, and the rest into what the owner of the values lends, or into the input buffer. Valid until the next call.
 * MC_OK or MC_NO_MEMORY.
 */
mc_status mc__pipeline_space(mc__pipeline *pipeline, mc__area spaces[MC__INPUT_SPACES], size_t *count);

/* Whether all of the spaces last shown will be filled by a peer that keeps to the protocol, so that it can be waited for. */
static inline bool mc__pipeline_awaits_all(const mc__pipeline *pipeline) {
    return pipeline->exact;
}

/*
 * len bytes have been put there. Answers what they answer. Returns MC_OK while the connection may go on; else what it is
 * broken with, now and at each further call, and reason says why: MC_PROTOCOL_ERROR; MC_CLIENT_ERROR (the request was
 * answered, the connection must be closed); MC_UNREACHABLE (a server that turned the connection away before any request).
 */
mc_status mc__pipeline_received(mc__pipeline *pipeline, size_t len);

/* Of a shared exchange: memory that space has given for request i is used no more; a value that is on its way is thrown
 * away, and answered with MC_NO_MEMORY. */
void mc__pipeline_forget(mc__pipeline *pipeline, const mc__exchange *exchange, size_t i);

/* Whether everything that was asked is answered and sent: a server may answer a large value with an error before all of it
 * is sent, and stays in step when the rest follows. */
static inline bool mc__pipeline_idle(const mc__pipeline *pipeline) {
    return pipeline->first == NULL && mc__output_len(&pipeline->output) == 0;
}

/* Whether the connection may serve another: idle, in step, and not a byte too much has come. */
bool mc__pipeline_reusable(const mc__pipeline *pipeline);

/*
 * The connection is at its end: takes all exchanges out, forgets what is not sent, and is broken with status if it was not
 * broken before. A request whose reply had begun (for a line of keys: those without a value) is answered with status; of
 * the others, sent says which may have reached the server, so that the owner pushes them to another pipeline or ends them
 * with mc__exchange_end. MC_UNREACHABLE: the server has read nothing.
 */
void mc__pipeline_abandon(mc__pipeline *pipeline, mc_status status);

/* The end of a use: gives back memory beyond keep bytes a buffer that was not needed for a while. Only when idle. */
void mc__pipeline_trim(mc__pipeline *pipeline, size_t keep);

#endif
