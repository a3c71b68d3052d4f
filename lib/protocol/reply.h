/*
 * One line of a server's reply, taken apart (protocol.txt). Nothing here knows what was asked: whether a reply is an answer
 * to a command is said by protocol/answer.h.
 */
#ifndef MC_PROTOCOL_REPLY_H
#define MC_PROTOCOL_REPLY_H

#include "base/slice.h"

typedef enum mc__reply_kind {
    MC__REPLY_STORED,
    MC__REPLY_NOT_STORED,
    MC__REPLY_EXISTS,
    MC__REPLY_NOT_FOUND,
    MC__REPLY_DELETED,
    MC__REPLY_TOUCHED,
    MC__REPLY_OK,
    MC__REPLY_END,
    MC__REPLY_RESET,
    MC__REPLY_VALUE,   /* key, flags, length, cas: a data block of length bytes and a line end follow */
    MC__REPLY_NUMBER,  /* number */
    MC__REPLY_VERSION, /* text */
    MC__REPLY_STAT,    /* key: the name; text: the value */
    MC__REPLY_META_NOOP,
    MC__REPLY_META_NOT_FOUND, /* number: the opaque token, which is all that may stand behind the word */
    MC__REPLY_META_NOT_STORED,
    MC__REPLY_ERROR, /* text, mostly empty */
    MC__REPLY_CLIENT_ERROR,
    MC__REPLY_SERVER_ERROR
} mc__reply_kind;

/* Slices point into the line and are valid as long as it is. */
typedef struct mc__reply {
    mc__reply_kind kind;
    mc_slice       key;
    mc_slice       text;
    uint32_t       flags;
    bool           flags_too_wide; /* well-formed flags that do not fit 32 bits; flags is 0 */
    bool           has_cas;
    uint64_t       length;
    uint64_t       cas;
    uint64_t       number;
} mc__reply;

/* ERROR, CLIENT_ERROR or SERVER_ERROR: what any command may be answered with, at any time. */
static inline bool mc__reply_is_error(const mc__reply *reply) {
    return reply->kind >= MC__REPLY_ERROR;
}

/* A line longer than this, line end included, is none of the protocol's: a key, four numbers, or a sentence of an error. */
#define MC__LINE_MAX 2048

/* memcached at its limit of connections says this before it reads anything, and closes. */
#define MC__TURNED_AWAY MC__LITERAL("ERROR Too many open connections\r\n")

typedef enum mc__parse {
    MC__PARSE_DONE,
    MC__PARSE_MORE,     /* the line is not whole yet; give the same bytes again with more behind them */
    MC__PARSE_MALFORMED /* it is none of the protocol's, or can become none */
} mc__parse;

/* Takes the first line of len bytes at data apart. MC__PARSE_DONE: *reply is filled, *used is the line's size. */
mc__parse mc__reply_parse(const char *data, size_t len, mc__reply *reply, size_t *used);

#endif
