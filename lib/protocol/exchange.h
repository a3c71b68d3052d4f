/*
 * One or many requests with the same command to one server, answered in order. Embedded in what its owner knows of them;
 * ops says how the pipeline reaches that.
 *
 * Requests are asked and answered in units: one request, or, of a retrieval, a line of up to MC__LINE_KEYS keys. Quiet
 * writes (protocol/quiet.h) are asked one by one and answered in windows.
 */
#ifndef MC_PROTOCOL_EXCHANGE_H
#define MC_PROTOCOL_EXCHANGE_H

#include "protocol/reply.h"
#include "protocol/request.h"

typedef struct mc__exchange mc__exchange;

#define MC__LINE_KEYS 1024

/* A value that has come whole, and the request that it answers. */
typedef struct mc__found {
    size_t   request;
    mc_slice data;
    uint64_t cas; /* 0 where it was not asked for */
    uint32_t flags;
} mc__found;

typedef struct mc__exchange_ops {
    /* Fills *request with the i-th request, each time with the same; of a retrieval only exptime is looked at, for its keys
     * are the exchange's. Its slices stay valid until it is answered; a value also until it is sent, for a server may answer
     * a large one with an error before it has read it: that is until the pipeline is idle or abandoned. */
    void (*request)(const mc__exchange *exchange, size_t i, mc__request *request);

    /* These requests are answered by values that have come whole, each with a NUL behind its data. The data are valid until
     * this returns, or, where they lie in memory that lend has given (all of them do, or none), for as long as that is.
     * Called in place of space and answer for most values. NULL in ops of commands that do not retrieve. */
    void (*values)(mc__exchange *exchange, const mc__found *found, size_t count);

    /* Memory for the value of request i, which comes in parts, and of which the first have bytes are there already and stay:
     * at least *room bytes (which may be 0); *room is set to what it really is. NULL: no memory; the value is thrown away
     * and answered with MC_NO_MEMORY. NULL in ops of commands that do not retrieve. */
    char *(*space)(mc__exchange *exchange, size_t i, size_t have, size_t *room);

    /* Memory of the owner's for at least least bytes of input, so that values can stay where they are received. The pipeline
     * uses it until it has taken what has been received next, or until it asks again. false: none; input comes by the
     * pipeline's own memory, and so it does where lend is NULL. */
    bool (*lend)(mc__exchange *exchange, size_t least, mc__area *area);

    /* The first len bytes of the area that was lent last stay in use: called when it has been filled, and again, with fewer,
     * when not all of them are values. NULL where lend is. */
    void (*keep)(mc__exchange *exchange, size_t len);

    /* One statistic. NULL in ops of other commands than stats. false: no memory; the rest is thrown away likewise. */
    bool (*stat)(mc__exchange *exchange, mc_slice name, mc_slice value);

    /* Request i has come to status; called once for each. reply is the line that said so, or NULL where none did (a miss, a
     * failure) or it says no more than that; for a value its head, with length bytes in the memory last given by space. May
     * not touch the pipeline. */
    void (*answer)(mc__exchange *exchange, size_t i, mc_status status, const mc__reply *reply);

    /* A line of keys is over: with MC_NOT_FOUND where its END has come, else with what cut it short, also behind the value
     * of its last key. Called before the keys without a value have their answer, which is the same. NULL: not wanted. */
    void (*line_end)(mc__exchange *exchange, mc_status status, const mc__reply *reply);

    /* Requests first to end, end not included, which are quiet writes, have come to MC_OK: in place of an answer for each.
     * NULL: not wanted. */
    void (*done)(mc__exchange *exchange, size_t first, size_t end);

    /* Request i, a quiet set, may have been refused: instead of its answer. It is to be asked once more, not quietly, when
     * all others of the exchange are answered. Adds one to exchange->again. NULL in ops of other commands. */
    void (*again)(mc__exchange *exchange, size_t i);
} mc__exchange_ops;

struct mc__exchange {
    const mc__exchange_ops *ops;
    mc__command             command;
    size_t                  count;  /* requests */
    const mc_slice         *keys;   /* of a retrieval or quiet deletes: all keys, of this exchange or others of its owner */
    const size_t           *order;  /* request i is of keys[order[i]]; NULL: of keys[i] */
    size_t                  window; /* of quiet writes: requests in a window, 1 to MC__LINE_KEYS */
    size_t                  again;  /* of quiet sets: how many ops->again was called for; the owner's */
    bool                    shared; /* requests have owners who may leave: memory that space has given is written to only
                                       within functions of the pipeline, and until mc__pipeline_forget */

    /* The pipeline's own; these two are zero before the first push. Requests [0, answered) have their answer and the reply
     * is at its end, [answered, sent) may have reached the server, [sent, count) have not. Of a line of keys that is being
     * answered, some of [answered, sent) have their answer too. */
    size_t answered;
    size_t sent; /* brought up to date by mc__pipeline_abandon, over all pipelines that it was pushed to */

    /* In the pipeline that it was last pushed to: */
    size_t        formatted;    /* requests whose bytes have been given to the output */
    size_t        partly_sent;  /* a byte of them has been sent */
    size_t        wholly_sent;  /* all of their bytes have been sent */
    bool          after_silent; /* its first reply could be an error of a request without reply before it */
    mc__exchange *previous, *next;
};

/* An exchange of count requests, classic ones, of which none has been asked yet. keys and order as they are there. Field by
 * field: compilers zero what is as large as this in a way that takes longer. */
static inline void mc__exchange_init(mc__exchange *exchange, const mc__exchange_ops *ops, const mc__command *asked,
                                     size_t count, const mc_slice *keys, const size_t *order) {
    exchange->ops = ops;
    exchange->command = *asked;
    exchange->count = count;
    exchange->keys = keys;
    exchange->order = order;
    exchange->window = exchange->again = 0;
    exchange->shared = false;
    exchange->answered = exchange->sent = 0;
}

/* The key of request i, of a retrieval or quiet deletes. */
static inline mc_slice mc__exchange_key(const mc__exchange *exchange, size_t i) {
    return exchange->keys[exchange->order ? exchange->order[i] : i];
}

/* The end of the unit that request i is asked in. Lines begin at multiples of MC__LINE_KEYS, so it follows from any of its
 * requests. */
static inline size_t mc__exchange_unit_end(const mc__exchange *exchange, size_t i) {
    size_t end = mc__verb_retrieves(exchange->command.verb) ? i - i % MC__LINE_KEYS + MC__LINE_KEYS : i + 1;

    return end < exchange->count ? end : exchange->count;
}

/* Of a retrieval: the keys of the line that begins with request first, and its exptime. */
void mc__exchange_line(const mc__exchange *exchange, size_t first, mc__key_list *list, int64_t *exptime);

/* The end of the unit that request i is answered in: that in which it is asked, or its window, which ends at a multiple of
 * the exchange's window. */
size_t mc__exchange_answer_end(const mc__exchange *exchange, size_t i);

/* The bytes on the wire of the unit that begins with request first. */
size_t mc__exchange_unit_size(const mc__exchange *exchange, size_t first);

/* Answers every request that has no answer: with sent where it may have reached the server, with unsent where it has not.
 * Only when it is in no pipeline. */
void mc__exchange_end(mc__exchange *exchange, mc_status sent, mc_status unsent);

#endif
