/*
 * One client's conversation: bytes in, replies out. It knows no socket and can stop at any byte and go on later.
 */
#ifndef MC_SERVER_SESSION_H
#define MC_SERVER_SESSION_H

#include "server/command.h"
#include "server/meta_flags.h"
#include "server/operation.h"
#include "server/worker.h"

/* Bytes of replies that may wait before the session stops to work on commands. */
#define MCS__OUTPUT_HIGH ((size_t)256 << 10)

/* The longest line; and the longest one that is no get or gets and whose end has not come yet. */
#define MCS__LINE_MAX ((size_t)4 << 20)
#define MCS__SHORT_LINE_MAX 2048

typedef enum mcs__phase {
    MCS__PHASE_LINE,    /* in a command line */
    MCS__PHASE_KEYS,    /* in the keys of a get, whose line is in the input, whole */
    MCS__PHASE_VALUE,   /* in the data block of item */
    MCS__PHASE_SWALLOW, /* in a data block that nobody wants */
    MCS__PHASE_CLOSE    /* nothing that follows is read */
} mcs__phase;

/* The retrieval command whose keys are being answered. */
typedef struct mcs__retrieval {
    mcs__verb verb;
    int64_t   exptime_s; /* gat, gats */
    size_t    line_len;  /* without its end */
    size_t    line_end;  /* with its end */
    size_t    at;        /* where the next key begins, in the line */
} mcs__retrieval;

/* The storage command whose data block is being read. */
typedef struct mcs__upload {
    mcs__item   *item;
    size_t       got; /* bytes of value and CR LF */
    mcs__storing storing;
    bool         noreply;
    bool         meta;
    bool         quiet;    /* meta: say nothing where it is stored */
    uint8_t      echo_len; /* meta: the flags that the answer has, each with a space behind */
    char         echo[MCS__OPAQUE_MAX + 8];
} mcs__upload;

typedef struct mcs__session {
    mcs__worker *worker;
    mc__buffer   input;
    mcs__output  output;
    size_t       scanned; /* bytes of the input known to hold no LF */
    mcs__phase   phase;
    bool         spoken; /* a first byte was seen */
    union {
        mcs__retrieval retrieval; /* MCS__PHASE_KEYS */
        mcs__upload    upload;    /* MCS__PHASE_VALUE */
        uint64_t       swallow;   /* MCS__PHASE_SWALLOW: bytes left */
    };
} mcs__session;

typedef enum mcs__wish {
    MCS__WISH_INPUT,  /* nothing more to do until more bytes come */
    MCS__WISH_OUTPUT, /* enough replies wait: send, and call again */
    MCS__WISH_CLOSE   /* send what waits, then close */
} mcs__wish;

void mcs__session_init(mcs__session *session, mcs__worker *worker);

/* Frees what it holds, the item of an unfinished storage command included. */
void mcs__session_free(mcs__session *session);

/* Works on what has come. */
mcs__wish mcs__session_run(mcs__session *session);

/* Where to put the next bytes, and how many fit; NULL: no memory. Then mcs__session_received says how many came. */
char *mcs__session_room(mcs__session *session, size_t *room);
void  mcs__session_received(mcs__session *session, size_t len);

/* The line's data block of value_len bytes and its CR LF will be thrown away. */
void mcs__session_swallow(mcs__session *session, uint64_t value_len);

#endif
