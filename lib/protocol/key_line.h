/* Which keys of the line that is being answered have had their value: the place where a value's key is compared. */
#ifndef MC_PROTOCOL_KEY_LINE_H
#define MC_PROTOCOL_KEY_LINE_H

#include "protocol/exchange.h"

/* Zeroed memory is a line of whose keys none has its value. The line is the unit at exchange->answered. */
typedef struct mc__key_line {
    size_t   cursor; /* the key that is expected next, from the line's first */
    uint64_t found[MC__LINE_KEYS / 64];
} mc__key_line;

/* Finds the request that a value with this key answers, and marks it as found; each is found once. false: none. */
bool mc__key_line_find(mc__key_line *line, const mc__exchange *exchange, mc_slice key, size_t *request);

/* Whether the key at this place of the line is found. */
static inline bool mc__key_line_is_found(const mc__key_line *line, size_t at) {
    return line->found[at / 64] >> (at % 64) & 1;
}

#endif
