#include "protocol/pipeline.h"

#include <stdio.h>

/* As much is formatted at a time: several small writes would cost system calls, one huge one memory. */
#define WINDOW 131072

/* Values from this size on are sent from the caller's memory; copying smaller ones costs less than another slice. */
#define BORROW_FROM 32768

/* The input buffer's first size, and the first memory that a value is given on the peer's word; both double as bytes come.
 */
#define INPUT_SIZE 16384
#define INPUT_SIZE_MAX 131072

/* A value with this many bytes to come is received straight into its memory. */
#define DIRECT_FROM 4096

void mc__pipeline_init(mc__pipeline *pipeline, size_t max_value_size) {
    *pipeline = (mc__pipeline){.max_value_size = max_value_size, .in_size = INPUT_SIZE};
}

void mc__pipeline_free(mc__pipeline *pipeline) {
    mc__buffer_free(&pipeline->out);
    mc__buffer_free(&pipeline->in);
}

void mc__pipeline_trim(mc__pipeline *pipeline, size_t keep) {
    mc__buffer_trim(&pipeline->out, keep);
    mc__buffer_trim(&pipeline->in, keep);
}

/* ------------------------------------------------------------------------------------------------- the exchanges -- */

static void link_last(mc__pipeline *pipeline, mc__exchange *exchange) {
    exchange->previous = pipeline->last;
    exchange->next = NULL;
    if (pipeline->last)
        pipeline->last->next = exchange;
    else
        pipeline->first = exchange;
    pipeline->last = exchange;
}

static void take_out(mc__pipeline *pipeline, mc__exchange *exchange) {
    if (exchange->previous)
        exchange->previous->next = exchange->next;
    else
        pipeline->first = exchange->next;
    if (exchange->next)
        exchange->next->previous = exchange->previous;
    else
        pipeline->last = exchange->previous;
    exchange->previous = exchange->next = NULL;
}

void mc__pipeline_push(mc__pipeline *pipeline, mc__exchange *exchange) {
    exchange->formatted = exchange->answered;
    if (exchange->answered == exchange->count)
        return;
    link_last(pipeline, exchange);
    if (!pipeline->formatting)
        pipeline->formatting = exchange;
}

/* Requests are asked and answered in units: a line of keys, or one request. Lines begin at multiples of MC__LINE_KEYS, so
 * that where a line ends follows from any request in it. */
static size_t unit_end(const mc__exchange *exchange, size_t i) {
    size_t end = i + 1;

    if (mc__verb_retrieves(exchange->command.verb))
        end = i - i % MC__LINE_KEYS + MC__LINE_KEYS;
    return end < exchange->count ? end : exchange->count;
}

/* Answers request i in its turn; the exchange leaves the pipeline with its last. */
static void answer_next(mc__pipeline *pipeline, mc__exchange *exchange, mc_status status, const mc__reply *reply) {
    size_t i = exchange->answered++;

    pipeline->begun = false;
    if (exchange->answered == exchange->count)
        take_out(pipeline, exchange); /* first: the owner may reuse the exchange from within answer */
    exchange->ops->answer(exchange, i, status, reply);
}

void mc__exchange_end(mc__exchange *exchange, mc_status sent, mc_status unsent) {
    while (exchange->answered < exchange->count) {
        size_t i = exchange->answered++;
        exchange->ops->answer(exchange, i, i < exchange->sent ? sent : unsent, NULL);
    }
}

/* ------------------------------------------------------------------------------------------------------- the output -- */

static bool format_line_of_keys(mc__pipeline *pipeline, mc__exchange *exchange, size_t end) {
    mc__request request;

    exchange->ops->request(exchange, exchange->formatted, &request);
    if (!mc__request_open_line(&exchange->command, &request, &pipeline->out))
        return false;
    for (size_t i = exchange->formatted + 1; i < end; i++) {
        exchange->ops->request(exchange, i, &request);
        if (!mc__request_add_key(&exchange->command, request.key, &pipeline->out))
            return false;
    }
    return mc__request_close_line(&pipeline->out);
}

static bool format_request(mc__pipeline *pipeline, mc__exchange *exchange) {
    mc__request request;

    exchange->ops->request(exchange, exchange->formatted, &request);
    if (!mc__request_write_line(&exchange->command, &request, &pipeline->out))
        return false;
    if (!mc__verb_stores(exchange->command.verb))
        return true;
    if (request.value.len >= BORROW_FROM) {
        pipeline->borrowed = request.value;
        pipeline->line_ends = 2;
        return true;
    }
    return mc__buffer_append(&pipeline->out, request.value) && mc__buffer_append(&pipeline->out, MC__LITERAL("\r\n"));
}

static bool format_unit(mc__pipeline *pipeline, mc__exchange *exchange) {
    size_t end = unit_end(exchange, exchange->formatted);
    size_t before = pipeline->out.end - pipeline->out.start;
    bool   done = mc__verb_retrieves(exchange->command.verb) ? format_line_of_keys(pipeline, exchange, end)
                                                             : format_request(pipeline, exchange);

    if (!done) {
        pipeline->out.end = pipeline->out.start + before;
        return false;
    }
    exchange->formatted = end;
    return true;
}

static bool output_left(const mc__pipeline *pipeline) {
    return mc__buffer_len(&pipeline->out) + pipeline->borrowed.len + pipeline->line_ends > 0;
}

bool mc__pipeline_wants_output(const mc__pipeline *pipeline) {
    return pipeline->formatting || output_left(pipeline);
}

/* Formats until the window is full, a borrowed value ends it, or nothing is left to format. */
static mc_status fill_window(mc__pipeline *pipeline) {
    while (pipeline->formatting && pipeline->line_ends == 0 && mc__buffer_len(&pipeline->out) < WINDOW) {
        mc__exchange *exchange = pipeline->formatting;
        if (!format_unit(pipeline, exchange))
            return output_left(pipeline) ? MC_OK : MC_NO_MEMORY;
        if (exchange->formatted == exchange->count)
            pipeline->formatting = exchange->next;
    }
    return MC_OK;
}

mc_status mc__pipeline_output(mc__pipeline *pipeline, mc_slice slices[MC__OUTPUT_SLICES], size_t *count) {
    *count = 0;
    if (!output_left(pipeline)) {
        mc_status status = fill_window(pipeline);
        if (status != MC_OK)
            return status;
    }
    if (mc__buffer_len(&pipeline->out) > 0)
        slices[(*count)++] = mc__buffer_readable(&pipeline->out);
    if (pipeline->borrowed.len > 0)
        slices[(*count)++] = pipeline->borrowed;
    if (pipeline->line_ends > 0)
        slices[(*count)++] = mc_bytes("\r\n" + (2 - pipeline->line_ends), pipeline->line_ends);
    return MC_OK;
}

static size_t at_most(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Requests that await no reply are done when the last of their bytes is sent. */
static void answer_noreply(mc__pipeline *pipeline) {
    mc__exchange *next;

    for (mc__exchange *exchange = pipeline->first; exchange; exchange = next) {
        next = exchange->next;
        if (!exchange->command.noreply)
            continue;
        for (size_t left = exchange->formatted - exchange->answered; left > 0; left--)
            answer_next(pipeline, exchange, MC_OK, NULL);
    }
}

void mc__pipeline_sent(mc__pipeline *pipeline, size_t len) {
    size_t part = at_most(len, mc__buffer_len(&pipeline->out));

    mc__buffer_consume(&pipeline->out, part);
    len -= part;
    part = at_most(len, pipeline->borrowed.len);
    if (part > 0) {
        pipeline->borrowed.data += part;
        pipeline->borrowed.len -= part;
        len -= part;
    }
    pipeline->line_ends -= at_most(len, pipeline->line_ends);
    if (!output_left(pipeline))
        answer_noreply(pipeline);
}

/* -------------------------------------------------------------------------------------------------------- the input -- */

static mc_status break_with(mc__pipeline *pipeline, mc_status status, const char *what, mc_slice bytes) {
    char escaped[MC__ESCAPED_MAX];

    pipeline->broken = status;
    pipeline->begun = true;
    snprintf(pipeline->reason, sizeof pipeline->reason, "%s: \"%s\"", what, mc__escape(bytes, escaped));
    return status;
}

/* What the peer sent, as far as the input buffer holds it; for messages. */
static mc_slice first_line(const mc__pipeline *pipeline) {
    mc_slice    bytes = mc__buffer_readable(&pipeline->in);
    const char *end = bytes.len > 0 ? memchr(bytes.data, '\n', bytes.len) : NULL;

    if (end)
        bytes.len = (size_t)(end - bytes.data);
    if (bytes.len > 0 && bytes.data[bytes.len - 1] == '\r')
        bytes.len--;
    return bytes;
}

static mc_status break_with_line(mc__pipeline *pipeline, const char *what) {
    return break_with(pipeline, MC_PROTOCOL_ERROR, what, first_line(pipeline));
}

static bool is_found(const mc__pipeline *pipeline, size_t at) {
    return pipeline->found[at / 64] >> (at % 64) & 1;
}

static bool key_is(const mc__exchange *exchange, size_t i, mc_slice key) {
    mc_slice    prefix = exchange->command.prefix;
    mc__request request;

    exchange->ops->request(exchange, i, &request);
    return key.len == prefix.len + request.key.len && (prefix.len == 0 || memcmp(key.data, prefix.data, prefix.len) == 0) &&
           memcmp(key.data + prefix.len, request.key.data, request.key.len) == 0;
}

/*
 * Finds which request of the line a value's key answers, and marks it. Servers answer in the order asked, so the search
 * begins behind the last one found; proxies may not, so it goes once around. Each place is answered at most once.
 */
static bool match_key(mc__pipeline *pipeline, const mc__exchange *exchange, mc_slice key) {
    size_t first = exchange->answered;
    size_t len = unit_end(exchange, first) - first;

    for (size_t step = 0; step < len; step++) {
        size_t at = pipeline->cursor + step < len ? pipeline->cursor + step : pipeline->cursor + step - len;
        if (is_found(pipeline, at) || !key_is(exchange, first + at, key))
            continue;
        pipeline->found[at / 64] |= (uint64_t)1 << (at % 64);
        pipeline->cursor = at + 1 < len ? at + 1 : 0;
        pipeline->current = first + at;
        return true;
    }
    return false;
}

static mc_status begin_value(mc__pipeline *pipeline, mc__exchange *exchange, const mc__reply *head) {
    if (head->length > pipeline->max_value_size)
        return break_with_line(pipeline, "a value over max_value_size");
    if (!match_key(pipeline, exchange, head->key))
        return break_with_line(pipeline, "a value of a key that was not asked for");
    pipeline->head = *head;
    pipeline->head.key = (mc_slice){0}; /* its bytes leave the input buffer */
    pipeline->have = 0;
    pipeline->room = at_most((size_t)head->length, INPUT_SIZE);
    pipeline->space = exchange->ops->space(exchange, pipeline->current, 0, &pipeline->room);
    pipeline->reading = MC__READING_DATA;
    return MC_OK;
}

/* The line of keys is answered: keys without a value with status. */
static void end_line_of_keys(mc__pipeline *pipeline, mc__exchange *exchange, mc_status status, const mc__reply *reply) {
    size_t first = exchange->answered;
    size_t len = unit_end(exchange, first) - first;

    if (first + len == exchange->count)
        take_out(pipeline, exchange);
    exchange->answered = first + len;
    pipeline->begun = false;
    pipeline->cursor = 0;
    for (size_t at = 0; at < len; at++) {
        if (!is_found(pipeline, at))
            exchange->ops->answer(exchange, first + at, status, reply);
    }
    memset(pipeline->found, 0, sizeof pipeline->found);
}

static void take_stat(mc__pipeline *pipeline, mc__exchange *exchange, const mc__reply *reply) {
    if (!pipeline->no_memory && !exchange->ops->stat(exchange, reply->key, reply->text))
        pipeline->no_memory = true;
}

static void end_request(mc__pipeline *pipeline, mc__exchange *exchange, mc_status status, const mc__reply *reply) {
    if (mc__verb_retrieves(exchange->command.verb)) {
        end_line_of_keys(pipeline, exchange, status, reply);
        return;
    }
    if (pipeline->no_memory && status == MC_OK)
        status = MC_NO_MEMORY;
    pipeline->no_memory = false;
    answer_next(pipeline, exchange, status, reply);
}

/* memcached at its limit of connections says so before it reads anything, and closes. */
static bool turned_away(const mc__pipeline *pipeline, const mc__reply *reply) {
    return !pipeline->greeted && reply->kind == MC__REPLY_ERROR &&
           mc__slice_equal(reply->text, MC__LITERAL("Too many open connections"));
}

static mc_status take_reply(mc__pipeline *pipeline, mc__exchange *exchange, const mc__reply *reply) {
    mc_status status = MC_OK;

    if (turned_away(pipeline, reply))
        return break_with(pipeline, MC_UNREACHABLE, "the server turned the connection away", first_line(pipeline));
    pipeline->greeted = true;
    switch (mc__answer_to(exchange->command.verb, reply, &status)) {
    case MC__ANSWER_PART:
        pipeline->begun = true;
        if (reply->kind == MC__REPLY_VALUE)
            return begin_value(pipeline, exchange, reply);
        take_stat(pipeline, exchange, reply);
        return MC_OK;
    case MC__ANSWER_STATUS:
        if (status == MC_CLIENT_ERROR)
            break_with(pipeline, status, "refused", first_line(pipeline));
        end_request(pipeline, exchange, status, reply);
        return pipeline->broken;
    default:
        return break_with_line(pipeline, "not an answer to what was asked");
    }
}

/* Takes one line. *more: it is not whole yet. */
static mc_status read_line(mc__pipeline *pipeline, mc__exchange *exchange, bool *more) {
    mc_slice  bytes = mc__buffer_readable(&pipeline->in);
    mc__reply reply;
    size_t    used = 0;
    mc_status status;

    *more = false;
    switch (mc__reply_parse(bytes.data, bytes.len, &reply, &used)) {
    case MC__PARSE_MORE:
        *more = true;
        return MC_OK;
    case MC__PARSE_MALFORMED:
        return break_with_line(pipeline, "not a reply of memcached");
    default:
        break;
    }
    status = take_reply(pipeline, exchange, &reply);
    mc__buffer_consume(&pipeline->in, used);
    return status;
}

/* Makes room for more of the value, twice what has come, so that memory follows arrival and not the peer's word. */
static void grow_space(mc__pipeline *pipeline, mc__exchange *exchange) {
    size_t length = (size_t)pipeline->head.length;

    if (!pipeline->space || pipeline->have < pipeline->room)
        return;
    pipeline->room = at_most(length, pipeline->have > INPUT_SIZE ? 2 * pipeline->have : 2 * (size_t)INPUT_SIZE);
    pipeline->space = exchange->ops->space(exchange, pipeline->current, pipeline->have, &pipeline->room);
}

static void read_data(mc__pipeline *pipeline, mc__exchange *exchange, bool *more) {
    size_t length = (size_t)pipeline->head.length;

    while (pipeline->have < length && mc__buffer_len(&pipeline->in) > 0) {
        mc_slice bytes = mc__buffer_readable(&pipeline->in);
        size_t   part = at_most(bytes.len, length - pipeline->have);
        grow_space(pipeline, exchange);
        if (pipeline->space) {
            part = at_most(part, pipeline->room - pipeline->have);
            memcpy(pipeline->space + pipeline->have, bytes.data, part);
        }
        pipeline->have += part;
        mc__buffer_consume(&pipeline->in, part);
    }
    *more = pipeline->have < length;
    if (!*more)
        pipeline->reading = MC__READING_DATA_END;
}

/* The line end behind a value's data, and then the value's answer. */
static mc_status read_data_end(mc__pipeline *pipeline, mc__exchange *exchange, bool *more) {
    mc_slice  bytes = mc__buffer_readable(&pipeline->in);
    mc_status status = MC_OK;

    if (bytes.len > 0 && (bytes.data[0] != '\r' || (bytes.len > 1 && bytes.data[1] != '\n')))
        return break_with(pipeline, MC_PROTOCOL_ERROR, "a value without its line end",
                          mc_bytes(bytes.data, at_most(bytes.len, 16)));
    *more = bytes.len < 2;
    if (*more)
        return MC_OK;
    mc__buffer_consume(&pipeline->in, 2);
    pipeline->reading = MC__READING_LINE;
    if (!pipeline->space)
        status = MC_NO_MEMORY;
    else if (pipeline->head.flags_too_wide)
        status = MC_BAD_VALUE;
    exchange->ops->answer(exchange, pipeline->current, status, &pipeline->head);
    return MC_OK;
}

static mc_status read_on(mc__pipeline *pipeline, mc__exchange *exchange, bool *more) {
    switch (pipeline->reading) {
    case MC__READING_DATA:
        read_data(pipeline, exchange, more);
        return MC_OK;
    case MC__READING_DATA_END:
        return read_data_end(pipeline, exchange, more);
    default:
        return read_line(pipeline, exchange, more);
    }
}

/* The exchange that the next reply belongs to; NULL when nothing that was sent awaits one. */
static mc__exchange *awaiting(const mc__pipeline *pipeline) {
    mc__exchange *exchange = pipeline->first;

    while (exchange && exchange->command.noreply)
        exchange = exchange->next;
    return exchange && exchange->answered < exchange->formatted ? exchange : NULL;
}

mc_status mc__pipeline_received(mc__pipeline *pipeline, size_t len) {
    mc__exchange *exchange;
    size_t        direct;
    bool          more = false;

    direct = at_most(len, pipeline->direct);
    pipeline->have += direct;
    pipeline->direct = 0;
    mc__buffer_commit(&pipeline->in, len - direct);
    if (mc__buffer_room(&pipeline->in) == 0 && pipeline->in_size < INPUT_SIZE_MAX)
        pipeline->in_size *= 2;
    while (pipeline->broken == MC_OK && !more && (exchange = awaiting(pipeline)) != NULL)
        read_on(pipeline, exchange, &more);
    if (pipeline->broken == MC_OK && !mc__pipeline_idle(pipeline) && !awaiting(pipeline) &&
        mc__buffer_len(&pipeline->in) > 0)
        return break_with_line(pipeline, "a reply before anything was asked");
    return pipeline->broken;
}

mc_status mc__pipeline_space(mc__pipeline *pipeline, mc__area spaces[MC__INPUT_SPACES], size_t *count) {
    mc__exchange *exchange = awaiting(pipeline);
    size_t        length = (size_t)pipeline->head.length;

    *count = 0;
    pipeline->direct = 0;
    if (exchange && pipeline->reading == MC__READING_DATA && length - pipeline->have >= DIRECT_FROM) {
        grow_space(pipeline, exchange);
        if (pipeline->space) {
            pipeline->direct = at_most(pipeline->room, length) - pipeline->have;
            spaces[(*count)++] = (mc__area){pipeline->space + pipeline->have, pipeline->direct};
        }
    }
    if (!mc__buffer_reserve(&pipeline->in,
                            pipeline->in_size - at_most(mc__buffer_len(&pipeline->in), pipeline->in_size / 2)))
        return MC_NO_MEMORY;
    spaces[(*count)++] = (mc__area){mc__buffer_tail(&pipeline->in), mc__buffer_room(&pipeline->in)};
    return MC_OK;
}

bool mc__pipeline_reusable(const mc__pipeline *pipeline) {
    return mc__pipeline_idle(pipeline) && pipeline->broken == MC_OK && mc__buffer_len(&pipeline->in) == 0 &&
           !output_left(pipeline);
}

/* ----------------------------------------------------------------------------------------------------------- the end -- */

static size_t unit_size(const mc__exchange *exchange, size_t start, size_t end) {
    mc__request request;
    size_t      size;

    exchange->ops->request(exchange, start, &request);
    size = mc__request_line_size(&exchange->command, &request);
    if (mc__verb_stores(exchange->command.verb))
        return size + request.value.len + 2;
    for (size_t i = start + 1; i < end; i++) {
        exchange->ops->request(exchange, i, &request);
        size += 1 + exchange->command.prefix.len + request.key.len;
    }
    return size;
}

static size_t unit_start(const mc__exchange *exchange, size_t last) {
    return mc__verb_retrieves(exchange->command.verb) ? last - last % MC__LINE_KEYS : last;
}

/* Of what was formatted, the last *unsent bytes have not left: takes the units that lie in them whole off what was sent. */
static void count_sent(mc__exchange *exchange, size_t *unsent) {
    size_t sent = exchange->formatted;

    while (*unsent > 0 && sent > exchange->answered) {
        size_t start = unit_start(exchange, sent - 1);
        size_t size = unit_size(exchange, start, sent);
        if (size > *unsent) {
            *unsent = 0;
            break;
        }
        *unsent -= size;
        sent = start;
    }
    if (sent > exchange->sent)
        exchange->sent = sent;
}

static bool reply_begun(const mc__pipeline *pipeline) {
    return pipeline->begun || pipeline->reading != MC__READING_LINE || mc__buffer_len(&pipeline->in) > 0;
}

static void fail_begun(mc__pipeline *pipeline, mc_status status) {
    mc__exchange *exchange = awaiting(pipeline);

    if (!exchange || !reply_begun(pipeline))
        return;
    if (pipeline->reading != MC__READING_LINE)
        exchange->ops->answer(exchange, pipeline->current, status, NULL);
    pipeline->reading = MC__READING_LINE;
    end_request(pipeline, exchange, status, NULL);
}

void mc__pipeline_abandon(mc__pipeline *pipeline, mc_status status) {
    size_t unsent = mc__buffer_len(&pipeline->out) + pipeline->borrowed.len + pipeline->line_ends;

    if (status != MC_UNREACHABLE) {
        for (mc__exchange *exchange = pipeline->last; exchange; exchange = exchange->previous)
            count_sent(exchange, &unsent);
        fail_begun(pipeline, status);
    }
    while (pipeline->first)
        take_out(pipeline, pipeline->first);
    pipeline->formatting = NULL;
}
