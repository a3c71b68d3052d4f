/*
 * The common case of a retrieval's reply, taken in one go: VALUE lines with their data and line ends, whole in the input and
 * with nothing about them that needs a second look. What is not that is left to the careful way through reply and arrival,
 * which says the same of all that this takes, in several times the instructions.
 */
#ifndef MC_PROTOCOL_WHOLE_VALUE_H
#define MC_PROTOCOL_WHOLE_VALUE_H

#include "protocol/key_line.h"

/* The largest limit that the functions here know how to keep. */
#define MC__WHOLE_VALUE_MAX 999999999

/* Slices point into the input. */
typedef struct mc__whole_value {
    mc_slice    key;
    mc_slice    data;
    uint32_t    flags;
    uint64_t    cas; /* 0 without one */
    const char *end; /* behind the data's line end */
} mc__whole_value;

/*
 * Whether the bytes from at to end begin with a whole value of at most max bytes (up to MC__WHOLE_VALUE_MAX), with a cas
 * token just when with_cas says so. If so, *value is filled, with what mc__reply_parse says of it too.
 */
bool mc__whole_value_read(const char *at, const char *end, bool with_cas, size_t max, mc__whole_value *value);

/* The same for a value of the one key that the exchange asks for; its key is not filled in. */
bool mc__whole_value_of(const char *at, const char *end, const mc__exchange *exchange, size_t max, mc__whole_value *value);

/* The same for one of which the line is there, and perhaps not all of its data: they begin at data.data and are data.len,
 * and end is not filled in either. */
bool mc__whole_value_begins(const char *at, const char *end, const mc__exchange *exchange, size_t max,
                            mc__whole_value *value);

/*
 * Takes as many whole values as the input begins with and the line at exchange->answered asks for, each of at most max
 * bytes: marks their keys as found, puts a NUL behind each, and hands them to ops->values. Whether there was one.
 */
bool mc__whole_values_take(mc__key_line *line, mc__exchange *exchange, size_t max, mc__buffer *input);

/*
 * The same without a change of anything, for a reply that is there as a whole: fills found with the values that the bytes
 * begin with, in the order in which the exchange's one line asks for them, with or without all of its keys. found has room
 * for each. Returns how many there are; *at moves behind them.
 */
size_t mc__whole_values_read(const mc__exchange *exchange, size_t max, const char **at, const char *end, mc__found *found);

#endif
