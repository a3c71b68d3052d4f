#include "protocol/quick_line.h"

#include "protocol/whole_value.h"

#define END_LINE MC__LITERAL("END\r\n")

static void forget_output(mc__pipeline *pipeline) {
    pipeline->output.bytes.start = pipeline->output.bytes.end = 0;
}

bool mc__quick_line_write(mc__pipeline *pipeline, const mc__exchange *exchange, mc_slice *bytes) {
    const mc__command *command = &exchange->command;
    mc__buffer        *out = &pipeline->output.bytes;
    mc__key_list       list = {exchange->keys, exchange->order, exchange->count};

    if ((command->verb != MC__VERB_GET && command->verb != MC__VERB_GETS) || exchange->count > MC__QUICK_LINE_KEYS ||
        exchange->answered > 0 || !exchange->ops->lend || !mc__request_write_keys(command, &list, 0, out))
        return false;
    mc__buffer_note_use(out, &pipeline->output.use);
    *bytes = mc__buffer_readable(out);
    return true;
}

/* The values are there to stay, each with a NUL behind it; the other keys have none. */
static void answer(mc__exchange *exchange, mc__area area, const mc__found *found, size_t count) {
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

bool mc__quick_line_take(mc__pipeline *pipeline, mc__exchange *exchange, mc__area area, size_t len) {
    size_t      max = pipeline->max_value_size < MC__WHOLE_VALUE_MAX ? pipeline->max_value_size : MC__WHOLE_VALUE_MAX;
    const char *at = area.data, *end;
    mc__found   found[MC__QUICK_LINE_KEYS];
    size_t      count;

    if (len < END_LINE.len)
        return false;
    end = at + len - END_LINE.len;
    if (memcmp(end, END_LINE.data, END_LINE.len) != 0)
        return false;
    count = mc__whole_values_read(exchange, max, &at, end, found);
    if (at != end)
        return false;
    forget_output(pipeline);
    pipeline->greeted = true;
    pipeline->silent = pipeline->large = false;
    exchange->ops->keep(exchange, len);
    answer(exchange, area, found, count);
    return true;
}

mc_status mc__quick_line_received(mc__pipeline *pipeline, mc__exchange *exchange, mc__area area, size_t len) {
    pipeline->lender = exchange;
    pipeline->lent = area;
    return mc__pipeline_received(pipeline, len);
}
