#include "protocol/pipeline.h"

#include "protocol/quiet.h"
#include "protocol/whole_value.h"

#include <stdio.h>

/* The input buffer's first size; it doubles as bytes come. */
#define INPUT_SIZE 16384
#define INPUT_SIZE_MAX 131072

/* What is received at a time is not worth an owner's memory when it holds less. */
#define LENT_MIN 4096

/* A value of this size is a large one. */
#define LARGE_FROM 65536

#define END_LINE MC__LITERAL("END\r\n")

void mc__pipeline_init(mc__pipeline *pipeline, size_t max_value_size) {
    *pipeline = (mc__pipeline){.max_value_size = max_value_size, .in_size = INPUT_SIZE};
}

void mc__pipeline_free(mc__pipeline *pipeline) {
    mc__output_clear(&pipeline->output);
    mc__buffer_free(&pipeline->in);
}

void mc__pipeline_trim(mc__pipeline *pipeline, size_t keep) {
    mc__buffer_rest(&pipeline->output.bytes, &pipeline->output.use, keep);
    if (mc__buffer_rest(&pipeline->in, &pipeline->in_use, keep))
        pipeline->in_size = INPUT_SIZE;
}

bool mc__pipeline_reusable(const mc__pipeline *pipeline) {
    return mc__pipeline_idle(pipeline) && pipeline->broken == MC_OK && mc__buffer_len(&pipeline->in) == 0;
}

/* -------------------------------------------------------------------------------------------------- out of step -- */

static mc_status break_with(mc__pipeline *pipeline, mc_status status, const char *what, mc_slice bytes) {
    char escaped[MC__ESCAPED_MAX];

    pipeline->broken = status;
    pipeline->begun = true;
    snprintf(pipeline->reason, sizeof pipeline->reason, "%s: \"%s\"", what, mc__escape(bytes, escaped));
    return status;
}

static mc_status break_with_words(mc__pipeline *pipeline, const char *what) {
    pipeline->broken = MC_PROTOCOL_ERROR;
    pipeline->begun = true;
    snprintf(pipeline->reason, sizeof pipeline->reason, "%s", what);
    return MC_PROTOCOL_ERROR;
}

/* What the peer sent, as far as the input buffer holds it, up to the first byte of a line end: a value may follow even half
 * a one. For messages. */
static mc_slice first_line(const mc__pipeline *pipeline) {
    mc_slice bytes = mc__buffer_readable(&pipeline->in);
    size_t   len = 0;

    while (len < bytes.len && bytes.data[len] != '\r' && bytes.data[len] != '\n')
        len++;
    return mc_bytes(bytes.data, len);
}

static mc_status break_with_line(mc__pipeline *pipeline, const char *what) {
    return break_with(pipeline, MC_PROTOCOL_ERROR, what, first_line(pipeline));
}

/* ---------------------------------------------------------------------------------------------------- lent memory -- */

/* What has come lies in the lender's memory: it is the input for now. What was there before goes in front. */
static void begin_lent(mc__pipeline *pipeline, size_t len) {
    mc_slice before = mc__buffer_readable(&pipeline->in);

    if (before.len > 0)
        memcpy(pipeline->lent.data, before.data, before.len);
    pipeline->own = pipeline->in;
    pipeline->own.start = pipeline->own.end = 0;
    pipeline->in = (mc__buffer){pipeline->lent.data, 0, before.len + len, pipeline->lent.len};
    pipeline->lender->ops->keep(pipeline->lender, pipeline->in.end);
}

/* The pipeline's own memory is the input again, and holds what is left of it: part of a line, mostly nothing. */
static void end_lent(mc__pipeline *pipeline) {
    mc_slice rest = mc__buffer_readable(&pipeline->in);

    if (rest.len > 0 && pipeline->broken == MC_OK) {
        pipeline->lender->ops->keep(pipeline->lender, (size_t)(rest.data - pipeline->lent.data));
        if (!mc__buffer_append(&pipeline->own, rest)) {
            break_with_words(pipeline, "out of memory for input");
            pipeline->broken = MC_NO_MEMORY;
        }
    }
    pipeline->in = pipeline->own;
    pipeline->lender = NULL;
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
    if (exchange == pipeline->lender)
        end_lent(pipeline);
    mc__output_drop(&pipeline->output, exchange);
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
    if (exchange->answered == exchange->count)
        return;
    if (pipeline->broken == MC_OK && !pipeline->first && mc__buffer_len(&pipeline->in) > 0)
        break_with_line(pipeline, "bytes that nobody asked for"); /* they must not become this exchange's reply */
    link_last(pipeline, exchange);
    mc__output_add(&pipeline->output, exchange);
    exchange->after_silent = pipeline->silent;
    pipeline->silent = exchange->command.noreply;
}

/* Answers the next request; the exchange leaves the pipeline with its last. */
static void answer_next(mc__pipeline *pipeline, mc__exchange *exchange, mc_status status, const mc__reply *reply) {
    size_t i = exchange->answered++;

    pipeline->begun = false;
    if (exchange->answered == exchange->count)
        take_out(pipeline, exchange); /* first: the owner may reuse the exchange from within answer */
    exchange->ops->answer(exchange, i, status, reply);
}

/* The line of keys is answered: keys without a value with status. */
static void answer_line(mc__pipeline *pipeline, mc__exchange *exchange, mc_status status, const mc__reply *reply) {
    mc__key_line           *keys = &pipeline->keys;
    const mc__exchange_ops *ops = exchange->ops;
    size_t                  first = exchange->answered;
    size_t                  len = mc__exchange_unit_end(exchange, first) - first;
    size_t                  missing = len - keys->found_count;

    if (reply && reply->kind == MC__REPLY_END)
        reply = NULL; /* it says nothing of a key: that it is missing does */
    pipeline->begun = false;
    exchange->answered = first + len;
    if (exchange->answered == exchange->count)
        take_out(pipeline, exchange);
    if (ops->line_end)
        ops->line_end(exchange, status, reply);
    for (size_t at = 0; missing > 0; at++) {
        if (mc__key_line_is_found(keys, at))
            continue;
        missing--;
        ops->answer(exchange, first + at, status, reply);
    }
    mc__key_line_clear(keys, len);
}

/* Quiet writes up to end have come to status, but for those that are refused. */
static void answer_window(mc__pipeline *pipeline, mc__exchange *exchange, size_t end, mc_status status) {
    mc__key_line            refused = pipeline->keys;
    bool                    none_refused = !pipeline->begun;
    const mc__exchange_ops *ops = exchange->ops;
    size_t                  first = exchange->answered;
    /* What comes behind a request that is asked again is too, so that of two sets of one key the last is the last. */
    bool again = status == MC_OK && (pipeline->in_doubt || exchange->again > 0);

    pipeline->begun = pipeline->in_doubt = false;
    pipeline->keys = (mc__key_line){0};
    exchange->answered = end;
    if (exchange->answered == exchange->count)
        take_out(pipeline, exchange);
    if (none_refused && !again && status == MC_OK && ops->done) {
        ops->done(exchange, first, end);
        return;
    }
    for (size_t at = 0; at < end - first; at++) {
        if (again)
            ops->again(exchange, first + at);
        else
            ops->answer(exchange, first + at, mc__key_line_is_found(&refused, at) ? MC_NOT_FOUND : status, NULL);
    }
}

static void answer_unit(mc__pipeline *pipeline, mc__exchange *exchange, mc_status status, const mc__reply *reply) {
    if (exchange->command.quiet) {
        size_t end = mc__exchange_answer_end(exchange, exchange->answered);
        answer_window(pipeline, exchange, end < exchange->partly_sent ? end : exchange->partly_sent, status);
        return;
    }
    if (mc__verb_retrieves(exchange->command.verb)) {
        answer_line(pipeline, exchange, status, reply);
        return;
    }
    if (pipeline->no_memory && status == MC_OK)
        status = MC_NO_MEMORY;
    pipeline->no_memory = false;
    answer_next(pipeline, exchange, status, reply);
}

/* The exchange that the next reply belongs to; NULL when nothing that the server can have seen awaits one. */
static mc__exchange *awaiting(const mc__pipeline *pipeline) {
    mc__exchange *exchange = pipeline->first;

    while (exchange && exchange->command.noreply)
        exchange = exchange->next;
    return exchange && exchange->answered < exchange->partly_sent ? exchange : NULL;
}

/* ------------------------------------------------------------------------------------------------------- the output -- */

mc_status mc__pipeline_output(mc__pipeline *pipeline, mc_slice slices[MC__OUTPUT_SLICES], size_t *count) {
    return mc__output_show(&pipeline->output, slices, count);
}

/* Requests that await no reply are done when the last of their bytes is sent. */
static void answer_silent(mc__pipeline *pipeline) {
    mc__exchange *next;

    for (mc__exchange *exchange = pipeline->first; exchange; exchange = next) {
        next = exchange->next;
        if (!exchange->command.noreply)
            continue;
        for (size_t left = exchange->wholly_sent - exchange->answered; left > 0; left--)
            answer_next(pipeline, exchange, MC_OK, NULL);
    }
}

void mc__pipeline_sent(mc__pipeline *pipeline, size_t len) {
    mc__output_sent(&pipeline->output, len);
    answer_silent(pipeline);
}

/* -------------------------------------------------------------------------------------------------------- the input -- */

static mc_status begin_value(mc__pipeline *pipeline, mc__exchange *exchange, const mc__reply *head) {
    size_t request;

    if (head->length > pipeline->max_value_size)
        return break_with_line(pipeline, "a value over max_value_size");
    if (!mc__key_line_find(&pipeline->keys, exchange, head->key, &request))
        return break_with_line(pipeline, "a value of a key that was not asked for");
    pipeline->large = head->length >= LARGE_FROM;
    mc__arrival_begin(&pipeline->arrival, exchange, request, head);
    pipeline->reading = MC__READING_DATA;
    return MC_OK;
}

static mc_status take_part(mc__pipeline *pipeline, mc__exchange *exchange, const mc__reply *reply) {
    pipeline->begun = true;
    if (reply->kind == MC__REPLY_VALUE)
        return begin_value(pipeline, exchange, reply);
    if (!pipeline->no_memory && !exchange->ops->stat(exchange, reply->key, reply->text))
        pipeline->no_memory = true;
    return MC_OK;
}

static bool turned_away(const mc__pipeline *pipeline) {
    mc_slice bytes = mc__buffer_readable(&pipeline->in);

    return !pipeline->greeted && bytes.len >= MC__TURNED_AWAY.len &&
           memcmp(bytes.data, MC__TURNED_AWAY.data, MC__TURNED_AWAY.len) == 0;
}

static mc_status break_turned_away(mc__pipeline *pipeline) {
    return break_with(pipeline, MC_UNREACHABLE, "the server turned the connection away", first_line(pipeline));
}

/* Whether the line may follow a VALUE or STAT. */
static bool goes_on_or_ends(const mc__reply *reply) {
    return reply->kind == MC__REPLY_VALUE || reply->kind == MC__REPLY_STAT || reply->kind == MC__REPLY_END ||
           mc__reply_is_error(reply);
}

/* One line of the answer to a window of quiet writes. */
static mc_status take_quiet(mc__pipeline *pipeline, mc__exchange *exchange, const mc__reply *reply) {
    switch (mc__quiet_taken(&pipeline->keys, exchange, reply)) {
    case MC__QUIET_IN_DOUBT:
        pipeline->in_doubt = true;
        pipeline->begun = true;
        break;
    case MC__QUIET_REFUSED:
        pipeline->begun = true;
        break;
    case MC__QUIET_DONE:
        answer_unit(pipeline, exchange, MC_OK, NULL);
        break;
    case MC__QUIET_UNFIT:
        break_with(pipeline, MC_CLIENT_ERROR, "refused", first_line(pipeline));
        pipeline->begun = false; /* none of the window is answered: all of it may be asked again */
        break;
    default:
        return break_with_line(pipeline, "not an answer to what was asked");
    }
    exchange->after_silent = false;
    return pipeline->broken;
}

/* The answer to one of the lines that ask whether quiet writes are understood. */
static mc_status take_understood(mc__pipeline *pipeline, mc__exchange *exchange, const mc__reply *reply) {
    if (exchange->answered >= exchange->wholly_sent || !mc__quiet_understood(exchange->answered, reply))
        return break_with_line(pipeline, "knows no quiet meta commands");
    exchange->after_silent = false;
    answer_next(pipeline, exchange, MC_OK, reply);
    return pipeline->broken;
}

/* Takes one reply, which is a legal line of the protocol. */
static mc_status take_reply(mc__pipeline *pipeline, mc__exchange *exchange, const mc__reply *reply) {
    mc_status  status = MC_OK;
    mc__answer answer = mc__answer_to(exchange->command.verb, reply, &status);

    if (turned_away(pipeline))
        return break_turned_away(pipeline);
    if (pipeline->early)
        return break_with_line(pipeline, "a reply before anything was asked");
    pipeline->greeted = true;
    if (mc__reply_is_error(reply) && exchange->after_silent)
        return break_with_line(pipeline, "an error that may be of a request without reply before");
    if (exchange->command.quiet)
        return take_quiet(pipeline, exchange, reply);
    if (exchange->command.verb == MC__VERB_META)
        return take_understood(pipeline, exchange, reply);
    if (answer == MC__ANSWER_ILLEGAL || (pipeline->begun && !goes_on_or_ends(reply)))
        return break_with_line(pipeline, "not an answer to what was asked");
    if (!mc__reply_is_error(reply) && exchange->answered >= exchange->wholly_sent)
        return break_with_line(pipeline, "an answer before all of the request was sent");
    exchange->after_silent = false;
    if (answer == MC__ANSWER_PART)
        return take_part(pipeline, exchange, reply);
    if (status == MC_CLIENT_ERROR)
        break_with(pipeline, status, "refused", first_line(pipeline));
    answer_unit(pipeline, exchange, status, reply);
    return pipeline->broken;
}

/* Takes one line. *more: it is not whole yet. */
static mc_status read_line(mc__pipeline *pipeline, mc__exchange *exchange, bool *more) {
    mc_slice  bytes = mc__buffer_readable(&pipeline->in);
    mc__reply reply;
    size_t    used = 0;
    mc_status status;

    switch (mc__reply_parse(bytes.data, bytes.len, &reply, &used)) {
    case MC__PARSE_MORE:
        *more = true;
        return MC_OK;
    case MC__PARSE_MALFORMED:
        return pipeline->begun && !exchange->command.quiet
                   ? break_with_words(pipeline, "not a reply of memcached, behind a value")
                   : break_with_line(pipeline, "not a reply of memcached");
    default:
        break;
    }
    status = take_reply(pipeline, exchange, &reply);
    if (pipeline->broken == MC_OK)
        mc__buffer_consume(&pipeline->in, used);
    return status;
}

/* The line end behind a value's data, and then the value's answer. */
static mc_status read_data_end(mc__pipeline *pipeline, mc__exchange *exchange, bool *more) {
    mc_slice bytes = mc__buffer_readable(&pipeline->in);

    /* What came instead may be the rest of the value, which is nobody's business. */
    if (bytes.len > 0 && (bytes.data[0] != '\r' || (bytes.len > 1 && bytes.data[1] != '\n')))
        return break_with_words(pipeline, "a value without its line end");
    if (bytes.len < 2) {
        *more = true;
        return MC_OK;
    }
    mc__buffer_consume(&pipeline->in, 2);
    pipeline->reading = MC__READING_LINE;
    exchange->ops->answer(exchange, pipeline->arrival.request, mc__arrival_status(&pipeline->arrival),
                          &pipeline->arrival.head);
    return MC_OK;
}

/* Takes values that are there as a whole, and the END behind them: what most input is. false: it begins with neither, and
 * nothing is done. */
static bool take_whole(mc__pipeline *pipeline, mc__exchange *exchange) {
    size_t max = pipeline->max_value_size < MC__WHOLE_VALUE_MAX ? pipeline->max_value_size : MC__WHOLE_VALUE_MAX;
    bool   values, ends;

    if (!mc__verb_retrieves(exchange->command.verb) || exchange->answered >= exchange->wholly_sent || pipeline->early ||
        mc__buffer_len(&pipeline->in) == 0)
        return false;
    values = mc__whole_values_take(&pipeline->keys, exchange, max, &pipeline->in);
    ends = mc__buffer_len(&pipeline->in) >= END_LINE.len &&
           memcmp(pipeline->in.data + pipeline->in.start, END_LINE.data, END_LINE.len) == 0;
    if (!values && !ends)
        return false;
    pipeline->greeted = pipeline->begun = true;
    pipeline->large = pipeline->large && !values;
    exchange->after_silent = false;
    if (ends) {
        mc__buffer_consume(&pipeline->in, END_LINE.len);
        answer_line(pipeline, exchange, MC_NOT_FOUND, NULL);
    }
    return true;
}

/* Takes the refusals of quiet writes that are there as a whole. false: it begins with none, and nothing is done. */
static bool take_refusals(mc__pipeline *pipeline, mc__exchange *exchange) {
    size_t used;

    if (!exchange->command.quiet || pipeline->early)
        return false;
    used = mc__quiet_take_refusals(&pipeline->keys, exchange, mc__buffer_readable(&pipeline->in));
    if (used == 0)
        return false;
    mc__buffer_consume(&pipeline->in, used);
    pipeline->greeted = pipeline->begun = true;
    exchange->after_silent = false;
    return true;
}

/* Takes a line, what is there of a value, or a value's end. *more: what is there is too little. */
static mc_status read_on(mc__pipeline *pipeline, mc__exchange *exchange, bool *more) {
    switch (pipeline->reading) {
    case MC__READING_DATA:
        if (mc__arrival_take(&pipeline->arrival, exchange, &pipeline->in))
            pipeline->reading = MC__READING_DATA_END;
        else
            *more = true;
        return MC_OK;
    case MC__READING_DATA_END:
        return read_data_end(pipeline, exchange, more);
    default:
        if (take_whole(pipeline, exchange) || take_refusals(pipeline, exchange))
            return MC_OK;
        return read_line(pipeline, exchange, more);
    }
}

/* Bytes have come before the server can have seen a request. They may become a refusal of the connection, and nothing else.
 */
static mc_status take_early(mc__pipeline *pipeline) {
    mc_slice bytes = mc__buffer_readable(&pipeline->in);

    if (turned_away(pipeline))
        return break_turned_away(pipeline);
    pipeline->early = true;
    if (!pipeline->greeted && bytes.len < MC__TURNED_AWAY.len && memcmp(bytes.data, MC__TURNED_AWAY.data, bytes.len) == 0)
        return MC_OK;
    return break_with_line(pipeline, "a reply before anything was asked");
}

/* Takes apart what is there. Lent memory holds one exchange's values only. */
static void read_input(mc__pipeline *pipeline) {
    mc__exchange *exchange;
    bool          more = false;

    while (pipeline->broken == MC_OK && !more && (exchange = awaiting(pipeline)) != NULL) {
        if (pipeline->lender && pipeline->lender != exchange)
            end_lent(pipeline);
        else
            read_on(pipeline, exchange, &more);
    }
    if (pipeline->broken == MC_OK && pipeline->first && !awaiting(pipeline) && mc__buffer_len(&pipeline->in) > 0)
        take_early(pipeline);
}

/* Where a lot comes, more is read at a time, but for a value that is received straight into its memory. */
static void read_more_at_a_time(mc__pipeline *pipeline) {
    bool direct = pipeline->reading == MC__READING_DATA && mc__arrival_is_large(&pipeline->arrival);

    if (!direct && pipeline->in_size < INPUT_SIZE_MAX)
        pipeline->in_size *= 2;
}

mc_status mc__pipeline_received(mc__pipeline *pipeline, size_t len) {
    bool full = false;

    len -= mc__arrival_received(&pipeline->arrival, len);
    if (pipeline->lender) {
        begin_lent(pipeline, len);
    } else {
        mc__buffer_commit(&pipeline->in, len);
        mc__buffer_note_use(&pipeline->in, &pipeline->in_use);
        full = mc__buffer_room(&pipeline->in) == 0;
    }
    read_input(pipeline);
    if (pipeline->lender)
        end_lent(pipeline);
    if (full)
        read_more_at_a_time(pipeline);
    return pipeline->broken;
}

/* Whether the next input goes to memory of the exchange's owner. The values of its next owner do not belong there. */
static bool borrow(mc__pipeline *pipeline, mc__exchange *exchange, size_t len) {
    if (!exchange || !exchange->ops->lend || len > MC__LINE_MAX ||
        !exchange->ops->lend(exchange, len + LENT_MIN, &pipeline->lent))
        return false;
    pipeline->lender = exchange;
    return true;
}

static bool asks_for_one(const mc__exchange *exchange) {
    return exchange && mc__exchange_unit_end(exchange, exchange->answered) == exchange->answered + 1;
}

/* How much is read behind a value's rest, which is received straight into its memory: of the only key of its line, what ends
 * both, once the rest is all of it. */
static size_t most_behind_value(mc__pipeline *pipeline, const mc__exchange *exchange) {
    pipeline->exact = asks_for_one(exchange);
    if (!pipeline->exact)
        return SIZE_MAX;
    return mc__arrival_ends_in_area(&pipeline->arrival) ? 2 + END_LINE.len : 0;
}

/* The input buffer's room, or most bytes of it. */
static mc_status show_buffer(mc__pipeline *pipeline, size_t most, mc__area *space) {
    size_t len = mc__buffer_len(&pipeline->in);

    if (!mc__buffer_reserve(&pipeline->in, len < pipeline->in_size / 2 ? pipeline->in_size - len : pipeline->in_size / 2))
        return MC_NO_MEMORY;
    *space = (mc__area){mc__buffer_tail(&pipeline->in), mc__buffer_room(&pipeline->in)};
    if (space->len > most)
        space->len = most;
    return MC_OK;
}

mc_status mc__pipeline_space(mc__pipeline *pipeline, mc__area spaces[MC__INPUT_SPACES], size_t *count) {
    mc__exchange *exchange = awaiting(pipeline);
    size_t        len = mc__buffer_len(&pipeline->in);
    size_t        most = SIZE_MAX;

    *count = 0;
    pipeline->lender = NULL;
    pipeline->exact = false;
    if (exchange && pipeline->reading == MC__READING_DATA && mc__arrival_area(&pipeline->arrival, exchange, &spaces[0])) {
        *count = 1;
        most = most_behind_value(pipeline, exchange);
        if (most == 0)
            return MC_OK;
    } else if (pipeline->large && pipeline->reading == MC__READING_LINE && asks_for_one(exchange)) {
        most = MC__PIPELINE_HEAD_SIZE;
    }
    if (borrow(pipeline, exchange, len)) {
        spaces[(*count)++] = (mc__area){pipeline->lent.data + len, pipeline->lent.len - len};
        return MC_OK;
    }
    return show_buffer(pipeline, most, &spaces[(*count)++]);
}

void mc__pipeline_forget(mc__pipeline *pipeline, const mc__exchange *exchange, size_t i) {
    if (pipeline->reading == MC__READING_DATA && awaiting(pipeline) == exchange && pipeline->arrival.request == i)
        mc__arrival_forget(&pipeline->arrival);
}

/* ----------------------------------------------------------------------------------------------------------- the end -- */

/* What is left in the input behind a refusal is of no further reply: a pipeline that is broken reads none. */
static bool reply_begun(const mc__pipeline *pipeline) {
    return pipeline->begun || pipeline->reading != MC__READING_LINE ||
           (pipeline->broken == MC_OK && mc__buffer_len(&pipeline->in) > 0);
}

static void fail_begun(mc__pipeline *pipeline, mc_status status) {
    mc__exchange *exchange = awaiting(pipeline);

    if (!exchange || !reply_begun(pipeline))
        return;
    if (pipeline->reading != MC__READING_LINE)
        exchange->ops->answer(exchange, pipeline->arrival.request, status, NULL);
    pipeline->reading = MC__READING_LINE;
    answer_unit(pipeline, exchange, status, NULL);
}

void mc__pipeline_abandon(mc__pipeline *pipeline, mc_status status) {
    pipeline->lender = NULL;
    if (status != MC_UNREACHABLE) {
        for (mc__exchange *exchange = pipeline->first; exchange; exchange = exchange->next) {
            if (exchange->partly_sent > exchange->sent)
                exchange->sent = exchange->partly_sent;
        }
        fail_begun(pipeline, status);
    }
    while (pipeline->first)
        take_out(pipeline, pipeline->first);
    mc__output_clear(&pipeline->output);
    if (pipeline->broken == MC_OK)
        pipeline->broken = status;
}
