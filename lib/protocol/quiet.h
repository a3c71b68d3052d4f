/*
 * Quiet writes: set and delete by the meta commands `ms` and `md` with the flag q (protocol.txt, "Meta Commands"), so that
 * the server answers refusals only. They go in windows; behind each stands an `mn`, whose MN is the only proof that all of
 * the window have been done but those that were refused. A delete carries its number as opaque token. A set does not: the
 * server has nothing to say to it that would give the token back.
 *
 * What a window's replies come to:
 *
 *     NF O7          delete 7 has found nothing
 *     SERVER_ERROR   some set of the window is refused, and the line does not say which: all of the window, and what comes
 *     NS             behind it, is to be asked again in the classic way, where each has an answer of its own. A set may be
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

/* A value that is sent from where it is, and what follows it. */
typedef struct mc__quiet_borrowed {
    mc_slice value;
    mc_slice ending;
} mc__quiet_borrowed;

/*
 * Appends a quiet exchange's requests from first on, each with its value and its line end, and behind the last of a window
 * the `mn`: until out has size bytes or more, all are written, or memory is out. A value of borrow_from bytes or more is not
 * copied: it is put into *borrowed, to follow out's bytes, and its request is the last. Returns the end of those that are
 * written: first, where there is no memory.
 */
size_t mc__quiet_write(const mc__exchange *exchange, size_t first, size_t size, size_t borrow_from, mc__buffer *out,
                       mc__quiet_borrowed *borrowed);

/* How many bytes request i has on the wire, with the `mn` where it is the last of its window. */
size_t mc__quiet_size(const mc__exchange *exchange, size_t i);

typedef enum mc__quiet_take {
    MC__QUIET_REFUSED, /* one request of the window; it is marked in line */
    MC__QUIET_IN_DOUBT,
    MC__QUIET_UNFIT, /* for quiet sets: the connection is at its end, the window is to be asked in the classic way */
    MC__QUIET_DONE,
    MC__QUIET_ILLEGAL
} mc__quiet_take;

/* What a reply says of the window at exchange->answered, in which line marks those that are refused. */
mc__quiet_take mc__quiet_taken(mc__key_line *line, const mc__exchange *exchange, const mc__reply *reply);

/* Takes the refusals that stand whole at the beginning of bytes, in the plainest way, up to the first that is illegal: marks
 * them in line. Returns how many bytes they are. */
size_t mc__quiet_take_refusals(mc__key_line *line, const mc__exchange *exchange, mc_slice bytes);

/*
 * The question whether a server understands quiet writes: an exchange of MC__QUIET_QUESTIONS requests with MC__VERB_META,
 * which change nothing on any server. mc__quiet_question: the bytes of request i. mc__quiet_understood: whether the reply
 * to it is that of a server that does; the first that is not settles it.
 */
#define MC__QUIET_QUESTIONS 3

mc_slice mc__quiet_question(size_t i);
bool     mc__quiet_understood(size_t i, const mc__reply *reply);

#endif
