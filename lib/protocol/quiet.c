#include "protocol/quiet.h"

#include "base/number.h"
#include "base/short.h"

/* All of a line but prefix and key: "ms ", four numbers with their letters, " q", line ends, and "mn\r\n" behind it. */
#define LINE_WITHOUT_KEY 128

bool mc__quiet_can(mc__verb verb) {
    return verb == MC__VERB_SET || verb == MC__VERB_DELETE;
}

/* ----------------------------------------------------------------------------------------------------------- writing -- */

/* Requests are many and small, so that what is done for each counts: what stands behind a key is not formatted anew where it
 * follows from the last, and short texts are copied without calls. */

/* What stands behind a key, up to the line end. Copied whole, whatever its length: the line has room for that. */
typedef struct tail {
    size_t len;
    char   text[64];
} tail;

static inline char *put_tail(char *at, const tail *self) {
    memcpy(at, self->text, sizeof self->text);
    return at + self->len;
}

/* The text's length is known to the compiler. */
#define PUT_TEXT(at, text) put_text(at, text, sizeof(text) - 1)

static inline char *put_text(char *at, const char *text, size_t len) {
    memcpy(at, text, len);
    return at + len;
}

static inline char *put(char *at, mc_slice bytes) {
    mc__short_copy(at, bytes.data, bytes.len);
    return at + bytes.len;
}

static inline char *put_key(char *at, const mc__command *command, mc_slice key) {
    if (command->prefix.len > 0)
        at = put(at, command->prefix);
    return put(at, key);
}

static void make_set_tail(tail *self, const mc__request *request) {
    char *at = PUT_TEXT(self->text, " ");

    at += mc__number_format(request->value.len, at);
    at = PUT_TEXT(at, " q");
    if (request->flags != 0) {
        at = PUT_TEXT(at, " F");
        at += mc__number_format(request->flags, at);
    }
    if (request->exptime != 0) {
        at = PUT_TEXT(at, " T");
        at += mc__number_format_signed(request->exptime, at);
    }
    self->len = (size_t)(PUT_TEXT(at, "\r\n") - self->text);
}

static size_t write_sets(const mc__exchange *exchange, size_t i, size_t size, size_t borrow_from, mc__buffer *out,
                         mc__quiet_borrowed *borrowed) {
    const mc__command *command = &exchange->command;
    size_t             last = mc__exchange_answer_end(exchange, i) - 1; /* of the window */
    mc__request        same = {0}, request;
    tail               end;

    make_set_tail(&end, &same);
    for (bool borrows = false; i < exchange->count && !borrows && mc__buffer_len(out) < size; i++) {
        char *at;

        exchange->ops->request(exchange, i, &request);
        borrows = request.value.len >= borrow_from;
        if (!mc__buffer_reserve(out, LINE_WITHOUT_KEY + command->prefix.len + request.key.len +
                                         (borrows ? 0 : request.value.len)))
            return i;
        if (request.value.len != same.value.len || request.flags != same.flags || request.exptime != same.exptime) {
            same = request;
            make_set_tail(&end, &same);
        }
        at = put_tail(put_key(PUT_TEXT(mc__buffer_tail(out), "ms "), command, request.key), &end);
        if (borrows)
            *borrowed = (mc__quiet_borrowed){request.value, i == last ? MC__LITERAL("\r\nmn\r\n") : MC__LITERAL("\r\n")};
        else
            at = PUT_TEXT(put(at, request.value), "\r\n");
        if (i == last) {
            at = borrows ? at : PUT_TEXT(at, "mn\r\n");
            last = mc__exchange_answer_end(exchange, i + 1) - 1;
        }
        mc__buffer_commit(out, (size_t)(at - mc__buffer_tail(out)));
    }
    return i;
}

static void make_delete_tail(tail *self, size_t i) {
    char *at = PUT_TEXT(self->text, " q O");

    at += mc__number_format(i, at);
    self->len = (size_t)(PUT_TEXT(at, "\r\n") - self->text);
}

/* From request i - 1 to request i. */
static inline void count_delete_tail(tail *self, size_t i) {
    char *digit = &self->text[self->len - MC__LITERAL("0\r\n").len];

    if (*digit == '9')
        make_delete_tail(self, i);
    else
        ++*digit;
}

static size_t write_deletes(const mc__exchange *exchange, size_t i, size_t size, mc__buffer *out) {
    const mc__command command = exchange->command;
    size_t            last = mc__exchange_answer_end(exchange, i) - 1; /* of the window */
    size_t            count = exchange->count;
    const mc_slice   *keys = exchange->keys;
    const size_t     *order = exchange->order;
    tail              end;

    make_delete_tail(&end, i);
    while (i < count && mc__buffer_len(out) < size) {
        mc_slice key = keys[order ? order[i] : i];
        char    *at;

        if (!mc__buffer_reserve(out, LINE_WITHOUT_KEY + command.prefix.len + key.len))
            return i;
        at = put_tail(put_key(PUT_TEXT(mc__buffer_tail(out), "md "), &command, key), &end);
        if (i == last) {
            at = PUT_TEXT(at, "mn\r\n");
            last = mc__exchange_answer_end(exchange, i + 1) - 1;
        }
        mc__buffer_commit(out, (size_t)(at - mc__buffer_tail(out)));
        count_delete_tail(&end, ++i);
    }
    return i;
}

size_t mc__quiet_write(const mc__exchange *exchange, size_t first, size_t size, size_t borrow_from, mc__buffer *out,
                       mc__quiet_borrowed *borrowed) {
    if (exchange->command.verb == MC__VERB_SET)
        return write_sets(exchange, first, size, borrow_from, out, borrowed);
    return write_deletes(exchange, first, size, out);
}

/* Apart from the writing, which it would slow down to share code with. */
size_t mc__quiet_size(const mc__exchange *exchange, size_t i) {
    const mc__command *command = &exchange->command;
    mc__request        request;
    char               digits[MC__NUMBER_MAX];
    size_t             size = mc__exchange_answer_end(exchange, i) == i + 1 ? MC__LITERAL("mn\r\n").len : 0;

    exchange->ops->request(exchange, i, &request);
    size += command->prefix.len + request.key.len;
    if (command->verb == MC__VERB_DELETE)
        return size + MC__LITERAL("md  q O\r\n").len + mc__number_format(i, digits);
    size += MC__LITERAL("ms   q\r\n\r\n").len + mc__number_format(request.value.len, digits) + request.value.len;
    size += request.flags != 0 ? 2 + mc__number_format(request.flags, digits) : 0;
    return size + (request.exptime != 0 ? 2 + mc__number_format_signed(request.exptime, digits) : 0);
}

/* ----------------------------------------------------------------------------------------------------------- reading -- */

/* Where the window's requests end that the server can have read whole. */
static size_t refusable_end(const mc__exchange *exchange) {
    size_t end = mc__exchange_answer_end(exchange, exchange->answered);

    return end < exchange->wholly_sent ? end : exchange->wholly_sent;
}

/* A refusal comes once. */
static bool mark(mc__key_line *line, const mc__exchange *exchange, size_t end, uint64_t number) {
    uint64_t at = number - exchange->answered;

    if (number < exchange->answered || number >= end || mc__key_line_is_found(line, (size_t)at))
        return false;
    line->found[at / 64] |= (uint64_t)1 << (at % 64);
    return true;
}

mc__quiet_take mc__quiet_taken(mc__key_line *line, const mc__exchange *exchange, const mc__reply *reply) {
    bool deletes = exchange->command.verb == MC__VERB_DELETE;

    switch (reply->kind) {
    case MC__REPLY_META_NOT_FOUND:
        if (!deletes || !mark(line, exchange, refusable_end(exchange), reply->number))
            return MC__QUIET_ILLEGAL;
        return MC__QUIET_REFUSED;
    case MC__REPLY_META_NOT_STORED:
        return deletes ? MC__QUIET_ILLEGAL : MC__QUIET_IN_DOUBT;
    case MC__REPLY_META_NOOP:
        return exchange->wholly_sent >= mc__exchange_answer_end(exchange, exchange->answered) ? MC__QUIET_DONE
                                                                                              : MC__QUIET_ILLEGAL;
    case MC__REPLY_SERVER_ERROR:
        return deletes ? MC__QUIET_ILLEGAL : MC__QUIET_IN_DOUBT;
    case MC__REPLY_ERROR:
    case MC__REPLY_CLIENT_ERROR:
        return deletes ? MC__QUIET_ILLEGAL : MC__QUIET_UNFIT;
    default:
        return MC__QUIET_ILLEGAL;
    }
}

/* NF O<number>, written plainly, which has fewer than ten digits. Returns its end; NULL: it is none such. */
static const char *read_refusal(const char *at, const char *end, uint64_t *number) {
    const char *digits = at + 4;

    if (end - at < 7 || memcmp(at, "NF O", 4) != 0)
        return NULL;
    *number = 0;
    for (at = digits; at < end && (unsigned char)(*at - '0') <= 9; at++)
        *number = *number * 10 + (unsigned char)(*at - '0');
    if (at == digits || at - digits > 9 || (*digits == '0' && at - digits > 1))
        return NULL;
    return end - at >= 2 && at[0] == '\r' && at[1] == '\n' ? at + 2 : NULL;
}

size_t mc__quiet_take_refusals(mc__key_line *line, const mc__exchange *exchange, mc_slice bytes) {
    const char *end = bytes.data + bytes.len, *at = bytes.data, *next;
    size_t      last = refusable_end(exchange);
    uint64_t    number;

    if (exchange->command.verb != MC__VERB_DELETE)
        return 0;
    while ((next = read_refusal(at, end, &number)) != NULL && mark(line, exchange, last, number))
        at = next;
    return (size_t)(at - bytes.data);
}

/* ---------------------------------------------------------------------------------------------------- the question -- */

/* A set in a mode that there is not: refused by each server that knows `ms`, which then passes over the data block; only one
 * that reads the length where it stands now passes over all of it. To others the block is a command of no meaning. */
mc_slice mc__quiet_question(size_t i) {
    return i == 1 ? MC__LITERAL("ms mcclient 2 MX\r\nxx\r\n") : MC__LITERAL("mn\r\n");
}

bool mc__quiet_understood(size_t i, const mc__reply *reply) {
    return reply->kind == (i == 1 ? MC__REPLY_CLIENT_ERROR : MC__REPLY_META_NOOP);
}
