/*
 * What has been asked on one connection and is not answered yet, in order: the only place that matches replies to requests.
 * No socket, no clock, no threads: the owner sends what mc__pipeline_output shows, puts what it receives where
 * mc__pipeline_space says, and is told through the exchanges' functions what each request came to.
 *
 * A value is handed on only under the key that was asked for. From the first reply that is none to what was asked, the
 * pipeline is broken: it takes no more bytes, and its connection must be closed.
 */
#ifndef MC_PROTOCOL_PIPELINE_H
#define MC_PROTOCOL_PIPELINE_H

#include "base/status.h"
#include "protocol/answer.h"

/*
 * One or many requests with the same command, answered in order. Embedded in what the owner knows of them; ops says how the
 * pipeline reaches that. Retrievals of many keys are asked in lines of up to MC__LINE_KEYS keys.
 */
typedef struct mc__exchange mc__exchange;

#define MC__LINE_KEYS 1024

typedef struct mc__exchange_ops {
    /* Fills *request with the i-th request; its slices stay valid until it is answered. */
    void (*request)(const mc__exchange *exchange, size_t i, mc__request *request);

    /* Memory for the value of request i, of which the first have bytes are there already and stay: at least *room bytes;
     * *room is set to what it really is. NULL: no memory; the value is thrown away and answered with MC_NO_MEMORY. NULL in
     * ops of commands that do not retrieve. */
    char *(*space)(mc__exchange *exchange, size_t i, size_t have, size_t *room);

    /* One statistic. NULL in ops of other commands than stats. false: no memory; the rest is thrown away likewise. */
    bool (*stat)(mc__exchange *exchange, mc_slice name, mc_slice value);

    /* Request i has come to status; called once for each. reply is the line that said so, or NULL where none did (a miss, a
     * failure); for a value its head, with length bytes in the memory last given by space. May not touch the pipeline. */
    void (*answer)(mc__exchange *exchange, size_t i, mc_status status, const mc__reply *reply);
} mc__exchange_ops;

struct mc__exchange {
    const mc__exchange_ops *ops;
    mc__command             command;
    size_t                  count; /* requests */

    /* The pipeline's own; zero before the first push. Requests [0, answered) have their answer, [answered, sent) may have
     * reached the server, [sent, count) have not. */
    size_t        answered;
    size_t        sent;      /* brought up to date by mc__pipeline_abandon, over all pipelines that it was pushed to */
    size_t        formatted; /* their bytes have been given to the output */
    mc__exchange *previous, *next;
};

/* How far the reply to the first unanswered request has come. */
typedef enum mc__reading { MC__READING_LINE, MC__READING_DATA, MC__READING_DATA_END } mc__reading;

typedef struct mc__pipeline {
    mc__exchange *first, *last; /* not answered entirely */
    mc__exchange *formatting;   /* the first with requests that are not formatted */

    mc__buffer out;       /* formatted and not sent */
    mc_slice   borrowed;  /* a large value that follows out, from the caller's memory */
    size_t     line_ends; /* bytes of "\r\n" that follow borrowed and are not sent */
    mc__buffer in;        /* received and not taken apart */
    size_t     max_value_size;

    mc__reading reading;
    mc__reply   head;    /* of the value under way */
    size_t      current; /* the request whose value is under way */
    size_t      have;    /* bytes of the value that are there */
    char       *space;   /* where they are; NULL: they are thrown away */
    size_t      room;    /* at space */
    size_t      direct;  /* bytes of the space last shown that are the value's own memory */
    size_t      in_size; /* how much is read at a time: more where much comes */

    size_t    cursor;                       /* in a line of keys: the next that is expected, from the line's first */
    bool      begun;                        /* a line of the reply to the first unanswered request has come */
    bool      no_memory;                    /* a statistic was thrown away */
    uint64_t  found[MC__LINE_KEYS / 64];    /* keys of the line that have had their value */
    bool      greeted;                      /* a reply has come on this connection */
    mc_status broken;                       /* MC_OK: in step */
    char      reason[MC__ESCAPED_MAX + 80]; /* why it is broken, in words, without host and key */
} mc__pipeline;

/* An empty pipeline. Values over max_value_size break it. Never fails. */
void mc__pipeline_init(mc__pipeline *pipeline, size_t max_value_size);

/* Frees its memory. Exchanges in it are neither answered nor touched. */
void mc__pipeline_free(mc__pipeline *pipeline);

/* Asks what exchange has not had answered yet, behind all that was asked before. The exchange stays where it is until it is
 * answered or abandoned. */
void mc__pipeline_push(mc__pipeline *pipeline, mc__exchange *exchange);

/* Slices of output at once. */
#define MC__OUTPUT_SLICES 3

/*
 * The next bytes to send: fills slices and *count (0: nothing is left), formatting requests as there is need. Valid until
 * the next call. MC_OK, or MC_NO_MEMORY: nothing of the request that failed has been shown.
 */
mc_status mc__pipeline_output(mc__pipeline *pipeline, mc_slice slices[MC__OUTPUT_SLICES], size_t *count);

/* The first len bytes of the output are sent. Requests without reply are answered here, when all of theirs is. */
void mc__pipeline_sent(mc__pipeline *pipeline, size_t len);

/* Whether there is anything to send. */
bool mc__pipeline_wants_output(const mc__pipeline *pipeline);

/* Places for input at once. */
#define MC__INPUT_SPACES 2

/*
 * Where the next bytes from the peer go: fills spaces and *count (1 or 2, to be filled in order): straight into a large
 * value's memory, and the rest into the input buffer. Valid until the next call. MC_OK or MC_NO_MEMORY.
 */
mc_status mc__pipeline_space(mc__pipeline *pipeline, mc__area spaces[MC__INPUT_SPACES], size_t *count);

/*
 * len bytes have been put there. Answers what they answer. Returns MC_OK while the connection may go on; else what it is
 * broken with, now and at each further call, and reason says why: MC_PROTOCOL_ERROR; MC_CLIENT_ERROR (the request was
 * answered, the connection must be closed); MC_UNREACHABLE (a server that turned the connection away before any request).
 */
mc_status mc__pipeline_received(mc__pipeline *pipeline, size_t len);

/* Whether everything that was asked is answered. */
static inline bool mc__pipeline_idle(const mc__pipeline *pipeline) {
    return pipeline->first == NULL;
}

/* Whether the connection may serve another: idle, in step, and not a byte too much has come. */
bool mc__pipeline_reusable(const mc__pipeline *pipeline);

/*
 * The connection is at its end: takes all exchanges out. A request whose reply had begun (for a line of keys: those without
 * a value) is answered with status; of the others, sent says which may have reached the server, so that the owner pushes
 * them to another pipeline or ends them with mc__exchange_end. MC_UNREACHABLE: the server has read nothing.
 */
void mc__pipeline_abandon(mc__pipeline *pipeline, mc_status status);

/* Answers every request that has no answer: with sent where it may have reached the server, with unsent where it has not. */
void mc__exchange_end(mc__exchange *exchange, mc_status sent, mc_status unsent);

/* Gives back memory beyond keep bytes a buffer. Only when idle. */
void mc__pipeline_trim(mc__pipeline *pipeline, size_t keep);

#endif
