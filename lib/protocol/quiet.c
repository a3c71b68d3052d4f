#include "protocol/quiet.h"

#include "base/number.h"

/* All of a line but prefix and key: "ms ", four numbers with their letters, " q", line ends, and "mn\r\n" behind it. */
#define LINE_WITHOUT_KEY 128

bool mc__quiet_can(mc__verb verb) {
    return verb == MC__VERB_SET || verb == MC__VERB_DELETE;
}

/* ----------------------------------------------------------------------------------------------------------- writing -- */

/* Requests are many and small, so that what is done for each counts: numbers are not formatted anew where they follow from
 * the last, and the texts between them are copied without calls. */

/* A number as text. Copied whole, whatever its length: the line has room for that. */
typedef struct decimal {
    uint64_t number;
    size_t   len;
    char     text[MC__NUMBER_MAX];
} decimal;

static void decimal_set(decimal *self, uint64_t number) {
    self->number = number;
    self->len = mc__number_format(number, self->text);
}

/* From one number to the next. */
static void decimal_count(decimal *self) {
    char *last = &self->text[self->len - 1];

    if (*last == '9') {
        decimal_set(self, self->number + 1);
        return;
    }
    self->number++;
    ++*last;
}

static char *put_decimal(char *at, const decimal *self) {
    memcpy(at, self->text, sizeof self->text);
    return at + self->len;
}

/* The text's length is known to the compiler. */
#define PUT_TEXT(at, text) put_text(at, text, sizeof(text) - 1)

static inline char *put_text(char *at, const char *text, size_t len) {
    memcpy(at, text, len);
    return at + len;
}

/* Most keys have a length that two copies of 16 bytes cover. */
static char *put(char *at, mc_slice bytes) {
    if (bytes.len >= 16 && bytes.len <= 32) {
        memcpy(at, bytes.data, 16);
        memcpy(at + bytes.len - 16, bytes.data + bytes.len - 16, 16);
    } else if (bytes.len > 0) {
        memcpy(at, bytes.data, bytes.len);
    }
    return at + bytes.len;
}

static char *put_key(char *at, const mc__command *command, const mc__request *request) {
    if (command->prefix.len > 0)
        at = put(at, command->prefix);
    return put(at, request->key);
}

static char *put_set(char *at, const mc__command *command, const mc__request *request, decimal *value_len) {
    if (value_len->number != request->value.len)
        decimal_set(value_len, request->value.len);
    at = put_key(PUT_TEXT(at, "ms "), command, request);
    at = put_decimal(PUT_TEXT(at, " "), value_len);
    at = PUT_TEXT(at, " q");
    if (request->flags != 0) {
        at = PUT_TEXT(at, " F");
        at += mc__number_format(request->flags, at);
    }
    if (request->exptime != 0) {
        at = PUT_TEXT(at, " T");
        at += mc__number_format_signed(request->exptime, at);
    }
    return PUT_TEXT(at, "\r\n");
}

static bool reserve(mc__buffer *out, size_t room) {
    return mc__buffer_room(out) >= room || mc__buffer_reserve(out, room);
}

static size_t write_sets(const mc__exchange *exchange, size_t i, size_t size, size_t borrow_from, mc__buffer *out,
                         mc__quiet_borrowed *borrowed) {
    const mc__command *command = &exchange->command;
    size_t             last = mc__exchange_answer_end(exchange, i) - 1; /* of the window */
    decimal            value_len = {.len = 1, .text = "0"};
    mc__request        request;

    for (bool borrows = false; i < exchange->count && !borrows && mc__buffer_len(out) < size; i++) {
        char *at;

        exchange->ops->request(exchange, i, &request);
        borrows = request.value.len >= borrow_from;
        if (!reserve(out, LINE_WITHOUT_KEY + command->prefix.len + request.key.len + (borrows ? 0 : request.value.len)))
            return i;
        at = put_set(mc__buffer_tail(out), command, &request, &value_len);
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

static size_t write_deletes(const mc__exchange *exchange, size_t i, size_t size, mc__buffer *out) {
    const mc__command *command = &exchange->command;
    size_t             last = mc__exchange_answer_end(exchange, i) - 1; /* of the window */
    decimal            number = {0};
    mc__request        request;

    decimal_set(&number, i);
    for (; i < exchange->count && mc__buffer_len(out) < size; i++) {
        char *at;

        exchange->ops->request(exchange, i, &request);
        if (!reserve(out, LINE_WITHOUT_KEY + command->prefix.len + request.key.len))
            return i;
        at = put_key(PUT_TEXT(mc__buffer_tail(out), "md "), command, &request);
        at = put_decimal(PUT_TEXT(at, " q O"), &number);
        at = PUT_TEXT(at, "\r\n");
        if (i == last) {
            at = PUT_TEXT(at, "mn\r\n");
            last = mc__exchange_answer_end(exchange, i + 1) - 1;
        }
        mc__buffer_commit(out, (size_t)(at - mc__buffer_tail(out)));
        decimal_count(&number);
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
