/*
 * Statuses by group, and the text of a thread's last failure. Code, name and sentence of each status stand in one table in
 * status.c.
 */
#ifndef MC_BASE_STATUS_H
#define MC_BASE_STATUS_H

#include "base/inline.h"
#include "base/slice.h"

/* The server answered the question: MC_OK, MC_NOT_FOUND, MC_NOT_STORED, MC_EXISTS. */
static inline bool mc__status_is_answer(mc_status status) {
    return status <= MC_EXISTS;
}

/* Nothing was sent, and another host may be asked. */
static inline bool mc__status_not_sent(mc_status status) {
    return status == MC_UNREACHABLE || status == MC_NO_SERVER;
}

/* Sets this thread's last failure to the formatted text, cut to what fits. Bytes of others (keys, replies, host names) go
 * through mc__escape first. */
void mc__tell(const char *format, ...) __attribute__((format(printf, 1, 2))) MC__RARE;

/* mc_status mc__fail(mc_status status, const char *format, ...): tells, and returns status, so that a failing function ends
 * in `return mc__fail(MC_..., "...")`. A macro, so that whoever sees that line alone (a compiler) knows what is returned. */
#define mc__fail(status, ...) (mc__tell(__VA_ARGS__), (status))

#define MC__ESCAPED_MAX 260

/*
 * Writes bytes at out, which has room for MC__ESCAPED_MAX, as printable ASCII ended by a NUL: other bytes as \xNN, the end
 * as "..." where it is cut. Returns out, so that it can stand in an argument list.
 */
const char *mc__escape(mc_slice bytes, char *out);

#endif
