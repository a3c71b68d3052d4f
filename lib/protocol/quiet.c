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
#define PUT_TEXT(at, text) (memcpy(at, text, sizeof(text) - 1), (at) + sizeof(text) - 1)

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

static char *put_line(char *at, const mc__command *command, const mc__request *request, const decimal *number,
                      decimal *value_len) {
    at = command->verb == MC__VERB_SET ? PUT_TEXT(at, "ms ") : PUT_TEXT(at, "md ");
    if (command->prefix.len > 0)
        at = put(at, command->prefix);
    at = put(at, request->key);
    if (command->verb == MC__VERB_SET) {
        if (value_len->number != request->value.len)
            decimal_set(value_len, request->value.len);
        at = PUT_TEXT(at, " ");
        at = put_decimal(at, value_len);
    }
    at = PUT_TEXT(at, " q O");
    at = put_decimal(at, number);
    if (command->verb == MC__VERB_SET && request->flags != 0) {
        at = PUT_TEXT(at, " F");
        at += mc__number_format(request->flags, at);
    }
    if (command->verb == MC__VERB_SET && request->exptime != 0) {
        at = PUT_TEXT(at, " T");
        at += mc__number_format_signed(request->exptime, at);
    }
    return PUT_TEXT(at, "\r\n");
}

size_t mc__quiet_write(const mc__exchange *exchange, size_t first, size_t size, size_t borrow_from, mc__buffer *out,
                       mc__quiet_borrowed *borrowed) {
    const mc__command *command = &exchange->command;
    size_t             last = mc__exchange_answer_end(exchange, first) - 1; /* of the window */
    decimal            number = {0}, value_len = {0};
    mc__request        request;
    size_t             i = first;

    decimal_set(&number, first);
    decimal_set(&value_len, 0);
    for (bool borrows = false; i < exchange->count && !borrows && mc__buffer_len(out) < size; i++) {
        size_t room;
        char  *at;

        exchange->ops->request(exchange, i, &request);
        borrows = request.value.len >= borrow_from;
        room = LINE_WITHOUT_KEY + command->prefix.len + request.key.len + (borrows ? 0 : request.value.len);
        if (mc__buffer_room(out) < room && !mc__buffer_reserve(out, room))
            return i;
        at = put_line(mc__buffer_tail(out), command, &request, &number, &value_len);
        if (borrows) {
            borrowed->value = request.value;
            borrowed->ending = i == last ? MC__LITERAL("\r\nmn\r\n") : MC__LITERAL("\r\n");
        } else if (command->verb == MC__VERB_SET) {
            at = put(at, request.value);
            at = PUT_TEXT(at, "\r\n");
        }
        if (i == last) {
            at = borrows ? at : PUT_TEXT(at, "mn\r\n");
            last = mc__exchange_answer_end(exchange, i + 1) - 1;
        }
        mc__buffer_commit(out, (size_t)(at - mc__buffer_tail(out)));
        decimal_count(&number);
    }
    return i;
}

/* Apart from the writing, which it would slow down to share code with. */
size_t mc__quiet_size(const mc__exchange *exchange, size_t i) {
    const mc__command *command = &exchange->command;
    mc__request        request;
    char               digits[MC__NUMBER_MAX];
    size_t             size;

    exchange->ops->request(exchange, i, &request);
    size = MC__LITERAL("md  q O\r\n").len + command->prefix.len + request.key.len + mc__number_format(i, digits);
    if (command->verb == MC__VERB_SET) {
        size += 1 + mc__number_format(request.value.len, digits) + request.value.len + MC__LITERAL("\r\n").len;
        size += request.flags != 0 ? 2 + mc__number_format(request.flags, digits) : 0;
        size += request.exptime != 0 ? 2 + mc__number_format_signed(request.exptime, digits) : 0;
    }
    return size + (mc__exchange_answer_end(exchange, i) == i + 1 ? MC__LITERAL("mn\r\n").len : 0);
}

/* ----------------------------------------------------------------------------------------------------------- reading -- */

mc_status mc__quiet_refusal(mc__verb verb) {
    return verb == MC__VERB_DELETE ? MC_NOT_FOUND : MC_NOT_STORED;
}

/* A refusal is of a request that the server can have read whole, and comes once. */
static mc__quiet_take take_refusal(mc__key_line *line, const mc__exchange *exchange, uint64_t number) {
    size_t end = mc__exchange_answer_end(exchange, exchange->answered);
    size_t at;

    if (end > exchange->wholly_sent)
        end = exchange->wholly_sent;
    if (number < exchange->answered || number >= end)
        return MC__QUIET_ILLEGAL;
    at = (size_t)number - exchange->answered;
    if (mc__key_line_is_found(line, at))
        return MC__QUIET_ILLEGAL;
    line->found[at / 64] |= (uint64_t)1 << (at % 64);
    return MC__QUIET_REFUSED;
}

mc__quiet_take mc__quiet_taken(mc__key_line *line, const mc__exchange *exchange, const mc__reply *reply) {
    bool deletes = exchange->command.verb == MC__VERB_DELETE;

    switch (reply->kind) {
    case MC__REPLY_META_NOT_FOUND:
        return deletes ? take_refusal(line, exchange, reply->number) : MC__QUIET_ILLEGAL;
    case MC__REPLY_META_NOT_STORED:
        return deletes ? MC__QUIET_ILLEGAL : take_refusal(line, exchange, reply->number);
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

bool mc__quiet_take_refusal(mc__key_line *line, const mc__exchange *exchange, mc_slice bytes, size_t *used) {
    mc_slice begin = exchange->command.verb == MC__VERB_DELETE ? MC__LITERAL("NF O") : MC__LITERAL("NS O");
    uint64_t number = 0;
    size_t   at = begin.len, digits;

    if (bytes.len < begin.len || memcmp(bytes.data, begin.data, 4) != 0)
        return false;
    for (; at < bytes.len && (unsigned)(bytes.data[at] - '0') <= 9; at++)
        number = number * 10 + (unsigned)(bytes.data[at] - '0');
    digits = at - begin.len;
    if (digits == 0 || digits > 9 || (digits > 1 && bytes.data[begin.len] == '0') || bytes.len - at < 2 ||
        bytes.data[at] != '\r' || bytes.data[at + 1] != '\n')
        return false;
    *used = at + 2;
    return take_refusal(line, exchange, number) == MC__QUIET_REFUSED;
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
