/* What a command line says; protocol.txt's lines, taken apart into words and strict numbers. */
#ifndef MC_SERVER_COMMAND_H
#define MC_SERVER_COMMAND_H

#include "base/slice.h"

typedef enum mcs__verb {
    MCS__VERB_NONE, /* no word at all */
    MCS__VERB_UNKNOWN,
    MCS__VERB_HTTP, /* a browser that was sent here */
    MCS__VERB_GET,
    MCS__VERB_GETS,
    MCS__VERB_GAT,
    MCS__VERB_GATS,
    MCS__VERB_SET,
    MCS__VERB_ADD,
    MCS__VERB_REPLACE,
    MCS__VERB_APPEND,
    MCS__VERB_PREPEND,
    MCS__VERB_CAS,
    MCS__VERB_DELETE,
    MCS__VERB_INCR,
    MCS__VERB_DECR,
    MCS__VERB_TOUCH,
    MCS__VERB_FLUSH_ALL,
    MCS__VERB_VERBOSITY,
    MCS__VERB_VERSION,
    MCS__VERB_STATS,
    MCS__VERB_CACHE_MEMLIMIT,
    MCS__VERB_SHUTDOWN,
    MCS__VERB_QUIT,
    MCS__VERB_META_GET,
    MCS__VERB_META_SET,
    MCS__VERB_META_DELETE,
    MCS__VERB_META_ARITHMETIC,
    MCS__VERB_META_NOOP,
    MCS__VERB_META_DEBUG
} mcs__verb;

/* More words than any classic command but get has. */
#define MCS__WORDS_MAX 7

/* The words behind the verb. */
typedef struct mcs__words {
    mc_slice word[MCS__WORDS_MAX];
    size_t   count;   /* MCS__WORDS_MAX + 1: there are more */
    bool     noreply; /* the last one is "noreply" */
} mcs__words;

/* A storage command: <key> <flags> <exptime> <bytes> [<cas unique>] [noreply]. */
typedef struct mcs__storage_line {
    mc_slice key;
    uint32_t flags;
    int64_t  exptime_s;
    uint64_t value_len;
    uint64_t cas;
    bool     noreply;
} mcs__storage_line;

typedef enum mcs__line_result {
    MCS__LINE_OK,
    MCS__LINE_WRONG,           /* CLIENT_ERROR; value_len is known, the data block is to be swallowed */
    MCS__LINE_WRONG_NO_LENGTH, /* CLIENT_ERROR; the next line is a command */
    MCS__LINE_TOO_MANY         /* ERROR */
} mcs__line_result;

/* Takes the verb off the front of the line, which has no end of line. */
mcs__verb mcs__verb_take(mc_slice *line);

/* Takes the next word, words being set apart by spaces; an empty one: there is none. */
mc_slice mcs__word_take(mc_slice *line);

void mcs__words_read(mc_slice line, mcs__words *words);

/* cas: a token stands before noreply. */
mcs__line_result mcs__storage_line_read(mc_slice line, bool cas, mcs__storage_line *storage);

/* The whole word is a number within the type. */
bool mcs__read_u64(mc_slice word, uint64_t *number);
bool mcs__read_u32(mc_slice word, uint32_t *number);
bool mcs__read_exptime(mc_slice word, int64_t *seconds); /* may be negative */

/* A data block's length: at most 2^31-3, as memcached has it. */
bool mcs__read_length(mc_slice word, uint64_t *len);

/* The server checks keys by length alone, as memcached does; the client is stricter. */
static inline bool mcs__key_fits(mc_slice key) {
    return key.len > 0 && key.len <= MC_KEY_MAX;
}

#endif
