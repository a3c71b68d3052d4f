#include "protocol/quick_many.h"

#include "protocol/quiet.h"
#include "protocol/whole_value.h"

#define END_LINE MC__LITERAL("END\r\n")
#define MN_LINE MC__LITERAL("MN\r\n")

/* The least that an area for values has. */
#define ROOM 4096

static void forget_output(mc__pipeline *pipeline) {
    pipeline->output.bytes.start = pipeline->output.bytes.end = 0;
}

/* ----------------------------------------------------------------------------------------------------------- writing -- */

static bool write_line(mc__pipeline *pipeline, const mc__exchange *exchange) {
    mc__key_list list = {exchange->keys, exchange->order, exchange->count};

    return mc__request_write_keys(&exchange->command, &list, 0, &pipeline->output.bytes);
}

/* Whether a window is small, as far as its first value tells. */
static bool seems_small(const mc__exchange *exchange) {
    mc__request request;

    if (exchange->command.verb != MC__VERB_SET)
        return true;
    exchange->ops->request(exchange, 0, &request);
    return request.value.len < MC__QUICK_MANY_SIZE / exchange->count;
}

static bool write_window(mc__pipeline *pipeline, const mc__exchange *exchange) {
    mc__quiet_borrowed borrowed = {{0}, {0}};
    mc__buffer        *out = &pipeline->output.bytes;

    if (mc__quiet_write(exchange, 0, MC__QUICK_MANY_SIZE, MC__QUICK_MANY_SIZE / 2, out, &borrowed) == exchange->count &&
        borrowed.ending.len == 0)
        return true;
    forget_output(pipeline);
    return false;
}

bool mc__quick_many_suits(const mc__exchange *exchange) {
    mc__verb verb = exchange->command.verb;

    if (exchange->answered > 0)
        return false;
    if (exchange->command.quiet)
        return exchange->count <= exchange->window && exchange->ops->done && seems_small(exchange);
    return (verb == MC__VERB_GET || verb == MC__VERB_GETS) && exchange->count <= MC__QUICK_MANY_KEYS && exchange->ops->lend;
}

bool mc__quick_many_write(mc__pipeline *pipeline, const mc__exchange *exchange, mc_slice *bytes) {
    if (!(exchange->command.quiet ? write_window(pipeline, exchange) : write_line(pipeline, exchange)))
        return false;
    mc__buffer_note_use(&pipeline->output.bytes, &pipeline->output.use);
    *bytes = mc__buffer_readable(&pipeline->output.bytes);
    return true;
}

/* ----------------------------------------------------------------------------------------------------------- reading -- */

bool mc__quick_many_space(mc__pipeline *pipeline, mc__exchange *exchange, mc__area *area) {
    return exchange->ops->lend ? exchange->ops->lend(exchange, ROOM, area) : mc__quick_space(pipeline, area);
}

/* The values are there to stay, each with a NUL behind it; the other keys have none. */
static void answer_line(mc__exchange *exchange, mc__area area, const mc__found *found, size_t count) {
    size_t at = 0;

    for (size_t i = 0; i < count; i++)
        area.data[found[i].data.data - area.data + (ptrdiff_t)found[i].data.len] = '\0';
    exchange->answered = exchange->count;
    if (count > 0)
        exchange->ops->values(exchange, found, count);
    for (size_t i = 0; count < exchange->count && i < exchange->count; i++) {
        if (at < count && found[at].request == i)
            at++;
        else
            exchange->ops->answer(exchange, i, MC_NOT_FOUND, NULL);
    }
}

static bool take_line(const mc__pipeline *pipeline, mc__exchange *exchange, mc__area area, size_t len) {
    size_t      max = pipeline->max_value_size < MC__WHOLE_VALUE_MAX ? pipeline->max_value_size : MC__WHOLE_VALUE_MAX;
    const char *at = area.data, *end;
    mc__found   found[MC__QUICK_MANY_KEYS];
    size_t      count;

    if (len < END_LINE.len)
        return false;
    end = at + len - END_LINE.len;
    if (memcmp(end, END_LINE.data, END_LINE.len) != 0)
        return false;
    count = mc__whole_values_read(exchange, max, &at, end, found);
    if (at != end)
        return false;
    exchange->ops->keep(exchange, len);
    answer_line(exchange, area, found, count);
    return true;
}

/* Nothing is refused. */
static bool take_window(mc__exchange *exchange, mc__area area, size_t len) {
    if (len != MN_LINE.len || memcmp(area.data, MN_LINE.data, MN_LINE.len) != 0)
        return false;
    exchange->answered = exchange->count;
    exchange->ops->done(exchange, 0, exchange->count);
    return true;
}

bool mc__quick_many_take(mc__pipeline *pipeline, mc__exchange *exchange, mc__area area, size_t len) {
    if (!(exchange->command.quiet ? take_window(exchange, area, len) : take_line(pipeline, exchange, area, len)))
        return false;
    forget_output(pipeline);
    pipeline->greeted = true;
    pipeline->silent = pipeline->large = false;
    return true;
}

mc_status mc__quick_many_received(mc__pipeline *pipeline, mc__exchange *exchange, mc__area area, size_t len) {
    if (exchange->ops->lend) {
        pipeline->lender = exchange;
        pipeline->lent = area;
    }
    return mc__pipeline_received(pipeline, len);
}
