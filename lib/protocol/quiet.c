#include "protocol/quiet.h"

#include "base/number.h"

/* All of a line but prefix and key: "ms ", four numbers with their letters, " q", "\r\n", and "mn\r\n" behind it. */
#define LINE_WITHOUT_KEY 128

bool mc__quiet_can(mc__verb verb) {
    return verb == MC__VERB_SET || verb == MC__VERB_DELETE;
}

/* ----------------------------------------------------------------------------------------------------------- writing -- */

static char *put(char *at, mc_slice bytes) {
    if (bytes.len > 0)
        memcpy(at, bytes.data, bytes.len);
    return at + bytes.len;
}

static char *put_number(char *at, mc_slice before, uint64_t number) {
    at = put(at, before);
    return at + mc__number_format(number, at);
}

static char *put_line(char *at, const mc__command *command, const mc__request *request) {
    bool sets = command->verb == MC__VERB_SET;

    at = put(at, sets ? MC__LITERAL("ms ") : MC__LITERAL("md "));
    at = put(at, command->prefix);
    at = put(at, request->key);
    if (sets)
        at = put_number(at, MC__LITERAL(" "), request->value.len);
    at = put_number(at, MC__LITERAL(" q O"), request->number);
    if (sets && request->flags != 0)
        at = put_number(at, MC__LITERAL(" F"), request->flags);
    if (sets && request->exptime != 0) {
        at = put(at, MC__LITERAL(" T"));
        at += mc__number_format_signed(request->exptime, at);
    }
    return put(at, MC__LITERAL("\r\n"));
}

mc_slice mc__quiet_value_end(bool last) {
    return last ? MC__LITERAL("\r\nmn\r\n") : MC__LITERAL("\r\n");
}

bool mc__quiet_write(const mc__command *command, const mc__request *request, bool with_value, bool last, mc__buffer *out) {
    size_t room = LINE_WITHOUT_KEY + command->prefix.len + request->key.len + (with_value ? request->value.len : 0);
    char  *at;

    if (!mc__buffer_reserve(out, room))
        return false;
    at = put_line(mc__buffer_tail(out), command, request);
    if (command->verb == MC__VERB_SET && with_value) {
        at = put(at, request->value);
        at = put(at, mc__quiet_value_end(last));
    } else if (with_value && last) {
        at = put(at, MC__LITERAL("mn\r\n"));
    }
    mc__buffer_commit(out, (size_t)(at - mc__buffer_tail(out)));
    return true;
}

size_t mc__quiet_size(const mc__command *command, const mc__request *request, bool last) {
    char   scratch[LINE_WITHOUT_KEY + 2 * MC_KEY_MAX];
    size_t line = (size_t)(put_line(scratch, command, request) - scratch);

    if (command->verb == MC__VERB_SET)
        return line + request->value.len + mc__quiet_value_end(last).len;
    return line + (last ? MC__LITERAL("mn\r\n").len : 0);
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

/* ---------------------------------------------------------------------------------------------------- the question -- */

/* A set in a mode that there is not: refused by each server that knows `ms`, which then passes over the data block; only one
 * that reads the length where it stands now passes over all of it. To others the block is a command of no meaning. */
mc_slice mc__quiet_question(size_t i) {
    return i == 1 ? MC__LITERAL("ms mcclient 2 MX\r\nxx\r\n") : MC__LITERAL("mn\r\n");
}

bool mc__quiet_understood(size_t i, const mc__reply *reply) {
    return reply->kind == (i == 1 ? MC__REPLY_CLIENT_ERROR : MC__REPLY_META_NOOP);
}
