/* Which keys of the line that is being answered have had their value: the place where a value's key is compared. */
#ifndef MC_PROTOCOL_KEY_LINE_H
#define MC_PROTOCOL_KEY_LINE_H

#include "protocol/exchange.h"

/* Zeroed memory is a line of whose keys none has its value. The line is the unit at exchange->answered. */
typedef struct mc__key_line {
    size_t   cursor; /* the key that is expected next, from the line's first */
    size_t   beyond; /* from this one on none is found */
    size_t   found_count;
    uint64_t found[MC__LINE_KEYS / 64];
} mc__key_line;

/* Finds the request that a value with this key answers, and marks it as found; each is found once. false: none. */
bool mc__key_line_find(mc__key_line *line, const mc__exchange *exchange, mc_slice key, size_t *request);

/* Marks count keys at the cursor, 1 to 64, none of which is found yet, as found, and moves the cursor behind them. */
static inline void mc__key_line_mark(mc__key_line *line, size_t count) {
    uint64_t bits = UINT64_MAX >> (64 - count);
    size_t   word = line->cursor / 64, from = line->cursor % 64;

    line->found[word] |= bits << from;
    if (from + count > 64)
        line->found[word + 1] |= bits >> (64 - from);
    line->found_count += count;
    line->cursor += count;
    if (line->beyond < line->cursor)
        line->beyond = line->cursor;
}

/* Whether the key at this place of the line is found. */
static inline bool mc__key_line_is_found(const mc__key_line *line, size_t at) {
    return line->found[at / 64] >> (at % 64) & 1;
}

/* Makes a line of len keys zeroed memory again. */
static inline void mc__key_line_clear(mc__key_line *line, size_t len) {
    line->cursor = line->beyond = line->found_count = 0;
    for (size_t at = 0; at < len; at += 64)
        line->found[at / 64] = 0;
}

#endif
