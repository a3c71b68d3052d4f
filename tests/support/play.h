/*
 * A pipeline with exchanges in it, played from a test: what it sends is accepted as the test says, replies are fed as the
 * test cuts them, and everything that the exchanges are told is written down as text, in the order in which they are told:
 *
 *     A0:OK=value/flags#cas  A1:NOT_FOUND~  B0:SERVER_ERROR=text  C:stat(name=value)  D0:again
 *
 * The letter is the exchange, the number its request; "~" says that no reply came with the answer; values of more than 40
 * bytes are written as <length,checksum>. What must never happen is written with a "!": a request answered twice, a value's
 * memory asked for beyond what has come.
 */
#ifndef MC_SUPPORT_PLAY_H
#define MC_SUPPORT_PLAY_H

#include "protocol/pipeline.h"

#define PLAY_EXCHANGES_MAX 16

typedef struct play_request {
    mc__request asked;
    unsigned    answers; /* how many it has had */
    mc_status   status;
    char       *value; /* memory given for it */
    size_t      room;
    size_t      value_len; /* of the value it was answered with */
} play_request;

typedef struct play_exchange {
    mc__exchange   exchange;
    struct played *owner;
    char           letter;
    mc_slice      *keys;
    size_t        *order;
    play_request  *requests;
    char          *text; /* what the requests' slices point into */
} play_exchange;

typedef struct played {
    mc__pipeline  pipeline;
    play_exchange exchanges[PLAY_EXCHANGES_MAX];
    size_t        count;
    mc__buffer    wire; /* all that was sent */
    mc__buffer    log;
    bool          lends; /* exchanges lend memory for input, and have their keys in another order; before asking */
    mc__area      lent;
    size_t        lend_room;  /* bytes given beyond what is asked for */
    size_t        lend_fails; /* each so many-th time there is none; 0: never */
    size_t        lend_calls;
    size_t        kept, kept_before; /* bytes of the area lent last that stay; and of all before */
    size_t        values_lent;       /* values that were handed on where they came */
    bool          line_ends;         /* write them down: A:end(status) */
    bool          quiet;             /* write no log; look at the requests instead */
    size_t        space_calls;       /* calls for a value's memory */
    size_t        space_fails;       /* the one, from 1, that fails; 0: none */
    size_t        space_extra;       /* bytes given beyond what is asked for */
    size_t        space_most;        /* the most that was asked for at once */
    size_t        stats_fail;        /* the statistic, from 1, for which there is no memory; 0: none */
    size_t        stats;
    size_t        complaints; /* how often "!" was written */
} played;

void play_init(played *play, size_t max_value_size);
void play_free(played *play);

/* Frees the exchanges, all of which have their answers. */
void play_free_exchanges(played *play);

/*
 * Asks, exchange by exchange, what text says: "get a b; prefix=p: set k; delete x noreply; stats items; version; window=2
 * set a b c; mn 0 1 2". Each key is a request. A stored value is "v" and its key; flags are 5, exptime is 0, cas and deltas
 * are 7. With a window it is quiet.
 */
void play_ask(played *play, const char *text);

/* Asks count requests, whose slices stay the caller's. */
void play_ask_requests(played *play, mc__command command, const mc__request *requests, size_t count);

/* The same with a window. */
void play_ask_windows(played *play, mc__command command, const mc__request *requests, size_t count, size_t window);

/* Asks once more, of this pipeline, what an exchange of another play has no answer for. */
void play_ask_again(played *play, play_exchange *exchange);

/* Accepts up to most bytes of output, step at a time (0: as much as is shown). Returns how many there were. */
size_t play_send(played *play, size_t most, size_t step);

/* Receives bytes, step at a time (0: as much as there is space for), until the pipeline is broken or all are received. */
mc_status play_receive(played *play, const char *bytes, size_t len, size_t step);

/* Adds how things stand to the log: "| reusable", "| idle" (and not reusable), "| waiting", "| broken <status>". */
void play_note_state(played *play);

/* The log as a string, without the space at its end. */
const char *play_log(played *play);

#endif
