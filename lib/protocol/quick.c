#include "protocol/quick.h"

#include "base/number.h"
#include "base/short.h"
#include "protocol/whole_value.h"

/* What is received at a time; more comes by the careful way. */
#define INPUT_SIZE 16384

/* Room for a name, an exptime, a key and the line end. */
#define LINE_MAX (64 + MC_KEY_MAX)

static inline char *put(char *at, const char *bytes, size_t len) {
    mc__short_copy(at, bytes, len);
    return at + len;
}

static bool write_key(mc__pipeline *pipeline, const mc__exchange *exchange) {
    const mc__command *command = &exchange->command;
    mc__buffer        *out = &pipeline->output.bytes;
    mc_slice           key = mc__exchange_key(exchange, 0);
    char              *at;

    if (mc__verb_has_exptime(command->verb)) {
        mc__request request;
        exchange->ops->request(exchange, 0, &request);
        return mc__request_write_keys(command, &(mc__key_list){&key, NULL, 1}, request.exptime, out);
    }
    if (!mc__buffer_reserve(out, LINE_MAX))
        return false;
    at = mc__buffer_tail(out);
    memcpy(at, "gets ", 5);
    at += command->verb == MC__VERB_GETS ? 4 : 3;
    *at++ = ' ';
    if (command->prefix.len > 0)
        at = put(at, command->prefix.data, command->prefix.len);
    at = put(at, key.data, key.len);
    memcpy(at, "\r\n", 2);
    mc__buffer_commit(out, (size_t)(at + 2 - mc__buffer_tail(out)));
    return true;
}

static bool write_request(mc__pipeline *pipeline, const mc__exchange *exchange) {
    mc__request request;

    exchange->ops->request(exchange, 0, &request);
    if (!mc__verb_stores(exchange->command.verb))
        return mc__request_write_line(&exchange->command, &request, &pipeline->output.bytes);
    return request.value.len <= MC__QUICK_VALUE_MAX &&
           mc__request_write(&exchange->command, &request, &pipeline->output.bytes);
}

static void forget_output(mc__pipeline *pipeline) {
    pipeline->output.bytes.start = pipeline->output.bytes.end = 0;
}

bool mc__quick_write(mc__pipeline *pipeline, const mc__exchange *exchange, mc_slice *bytes) {
    const mc__command *command = &exchange->command;

    if (exchange->count != 1 || exchange->answered > 0 || command->noreply || command->verb > MC__VERB_DECR)
        return false;
    if (!(mc__verb_retrieves(command->verb) ? write_key(pipeline, exchange) : write_request(pipeline, exchange))) {
        forget_output(pipeline);
        return false;
    }
    *bytes = mc__buffer_readable(&pipeline->output.bytes);
    return true;
}

bool mc__quick_space(mc__pipeline *pipeline, mc__area *space) {
    if (!mc__buffer_reserve(&pipeline->in, INPUT_SIZE))
        return false;
    *space = (mc__area){mc__buffer_tail(&pipeline->in), pipeline->large ? MC__PIPELINE_HEAD_SIZE : INPUT_SIZE};
    return true;
}

#define END_LEN 5

/* In two parts that need no call. */
static inline bool is_end(const char *at) {
    return memcmp(at, "END\r", 4) == 0 && at[4] == '\n';
}

/* A value that is asked for and its END, or an END alone. */
static bool take_value(const mc__pipeline *pipeline, mc__exchange *exchange, char *at, size_t len) {
    size_t          max = pipeline->max_value_size < MC__WHOLE_VALUE_MAX ? pipeline->max_value_size : MC__WHOLE_VALUE_MAX;
    mc__whole_value value;
    mc__found       found;

    if (len < END_LEN || !is_end(at + len - END_LEN))
        return false;
    if (len == END_LEN) {
        exchange->answered = 1;
        exchange->ops->answer(exchange, 0, MC_NOT_FOUND, NULL);
        return true;
    }
    if (!mc__whole_value_of(at, at + len, exchange, max, &value) || value.end != at + len - END_LEN)
        return false;
    at[value.data.data - at + (ptrdiff_t)value.data.len] = '\0';
    found = (mc__found){.request = 0, .data = value.data, .cas = value.cas, .flags = value.flags};
    exchange->answered = 1;
    exchange->ops->values(exchange, &found, 1);
    return true;
}

static bool answer(mc__exchange *exchange, mc_status status, const mc__reply *reply) {
    exchange->answered = 1;
    exchange->ops->answer(exchange, 0, status, reply);
    return true;
}

/* What most writes are answered with. */
static inline bool is_stored(const char *at, size_t len) {
    return len == 8 && memcmp(at, "STORED\r\n", 8) == 0;
}

/* A number and nothing else; mc__reply_parse says the same of it. */
static bool take_number(mc__exchange *exchange, const char *at, size_t len) {
    mc__reply reply = {.kind = MC__REPLY_NUMBER};

    return len > 2 && memcmp(at + len - 2, "\r\n", 2) == 0 &&
           mc__number_parse(at, len - 2, &reply.number) == MC__NUMBER_OK && answer(exchange, MC_OK, &reply);
}

/* Another line that is no error. */
static bool take_line(mc__exchange *exchange, const char *at, size_t len) {
    mc__reply reply;
    mc_status status;
    size_t    used;

    return mc__reply_parse(at, len, &reply, &used) == MC__PARSE_DONE && used == len && !mc__reply_is_error(&reply) &&
           mc__answer_to(exchange->command.verb, &reply, &status) == MC__ANSWER_STATUS && answer(exchange, status, &reply);
}

static bool take(const mc__pipeline *pipeline, mc__exchange *exchange, char *at, size_t len) {
    mc__verb verb = exchange->command.verb;

    if (mc__verb_retrieves(verb))
        return take_value(pipeline, exchange, at, len);
    if (mc__verb_stores(verb) && is_stored(at, len))
        return answer(exchange, MC_OK, NULL);
    if ((verb == MC__VERB_INCR || verb == MC__VERB_DECR) && take_number(exchange, at, len))
        return true;
    return take_line(exchange, at, len);
}

bool mc__quick_take(mc__pipeline *pipeline, mc__exchange *exchange, size_t len) {
    if (!take(pipeline, exchange, mc__buffer_tail(&pipeline->in), len))
        return false;
    forget_output(pipeline);
    pipeline->greeted = true;
    pipeline->silent = pipeline->large = false;
    return true;
}

void mc__quick_leave(mc__pipeline *pipeline, mc__exchange *exchange, size_t sent) {
    mc_slice slices[MC__OUTPUT_SLICES];
    size_t   count;

    forget_output(pipeline);
    pipeline->lender = NULL;
    mc__pipeline_push(pipeline, exchange);
    /* The same bytes again; there is room for them. */
    if (sent > 0 && mc__pipeline_output(pipeline, slices, &count) == MC_OK)
        mc__pipeline_sent(pipeline, sent);
}
