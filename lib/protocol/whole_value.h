/*
 * The common case of a retrieval's reply, taken in one go: a VALUE line with its data and line end, whole in the input and
 * with nothing about it that needs a second look. What is not that is left to the careful way through reply and arrival,
 * which says the same of all that this takes, in several times the instructions.
 */
#ifndef MC_PROTOCOL_WHOLE_VALUE_H
#define MC_PROTOCOL_WHOLE_VALUE_H

#include "protocol/reply.h"

/*
 * Whether input begins with a whole value of at most max bytes (which is below 10^9), with a cas token just when with_cas
 * says so. If so, *head is as mc__reply_parse would fill it, *data is the value's bytes, and *used what it takes of input.
 */
bool mc__whole_value_read(mc_slice input, bool with_cas, size_t max, mc__reply *head, mc_slice *data, size_t *used);

#endif
