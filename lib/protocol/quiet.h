/*
 * Quiet writes: set and delete by the meta commands `ms` and `md` with the flag q (protocol.txt, "Meta Commands"), so that
 * the server answers refusals only. Each request carries its number as opaque token. They go in windows; behind each stands
 * an `mn`, whose MN is the only proof that all of the window have been done but those that were refused.
 *
 * What a window's replies come to:
 *
 *     NF O7, NS O7   request 7 is refused: a delete with MC_NOT_FOUND, a set with MC_NOT_STORED
 *     SERVER_ERROR   some set of the window is refused, and the line does not say which: all of the window, and what comes
 *                    behind it, is to be asked again in the classic way, where each has an answer of its own. A set may be
 *                    repeated; a delete may not, for what the first has removed, the second would not find
 *     CLIENT_ERROR   the server takes these writes wrong, and may take data for commands: the connection is at its end
 *     MN             the rest is done
 *
 * Which servers understand this is asked before (mc__quiet_question): memcached has `mn` since 1.6.0, but the length where
 * it stands here only since 1.6.10, and an older server would take the values for commands.
 */
#ifndef MC_PROTOCOL_QUIET_H
#define MC_PROTOCOL_QUIET_H

#include "protocol/key_line.h"

/* Whether the verb has a quiet form: set and delete. */
bool mc__quiet_can(mc__verb verb);

/*
 * Appends a quiet request, number request->number. with_value: a set's value and its line end too, and where last, the `mn`
 * that ends the window; without it, these are to follow. A delete has no value, and is written with_value. false: no
 * memory, and nothing is appended.
 */
bool mc__quiet_write(const mc__command *command, const mc__request *request, bool with_value, bool last, mc__buffer *out);

/* The bytes that follow a value that is not written with its request. */
mc_slice mc__quiet_value_end(bool last);

/* How many bytes a whole request has on the wire. */
size_t mc__quiet_size(const mc__command *command, const mc__request *request, bool last);

typedef enum mc__quiet_take {
    MC__QUIET_REFUSED, /* one request of the window; it is marked in line */
    MC__QUIET_IN_DOUBT,
    MC__QUIET_UNFIT, /* for quiet sets: the connection is at its end, the window is to be asked in the classic way */
    MC__QUIET_DONE,
    MC__QUIET_ILLEGAL
} mc__quiet_take;

/* What a reply says of the window at exchange->answered, in which line marks those that are refused. */
mc__quiet_take mc__quiet_taken(mc__key_line *line, const mc__exchange *exchange, const mc__reply *reply);

/* What a request of this verb that is refused has come to. */
mc_status mc__quiet_refusal(mc__verb verb);

/*
 * The question whether a server understands quiet writes: an exchange of MC__QUIET_QUESTIONS requests with MC__VERB_META,
 * which change nothing on any server. mc__quiet_question: the bytes of request i. mc__quiet_understood: whether the reply
 * to it is that of a server that does; the first that is not settles it.
 */
#define MC__QUIET_QUESTIONS 3

mc_slice mc__quiet_question(size_t i);
bool     mc__quiet_understood(size_t i, const mc__reply *reply);

#endif
