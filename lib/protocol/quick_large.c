#include "protocol/quick_large.h"

#include "protocol/whole_value.h"

/* With fewer bytes to come, receiving them straight into their memory saves nothing. */
#define REST_MIN 4096

static size_t at_most(size_t a, size_t b) {
    return a < b ? a : b;
}

bool mc__quick_large_write(mc__pipeline *pipeline, const mc__exchange *exchange, mc_slice slices[MC__OUTPUT_SLICES]) {
    const mc__command *command = &exchange->command;
    mc__request        request;

    if (exchange->count != 1 || exchange->answered > 0 || command->noreply || !mc__verb_stores(command->verb))
        return false;
    exchange->ops->request(exchange, 0, &request);
    if (request.value.len <= MC__QUICK_VALUE_MAX || !mc__request_write_line(command, &request, &pipeline->output.bytes))
        return false;
    slices[0] = mc__buffer_readable(&pipeline->output.bytes);
    slices[1] = request.value;
    slices[2] = MC__LITERAL("\r\n");
    return true;
}

bool mc__quick_large_begin(mc__pipeline *pipeline, mc__exchange *exchange, size_t len, mc__quick_large *value) {
    size_t          max = at_most(pipeline->max_value_size, MC__WHOLE_VALUE_MAX);
    char           *at = mc__buffer_tail(&pipeline->in);
    mc__whole_value head;
    size_t          have, room;
    char           *space;

    if (!mc__verb_retrieves(exchange->command.verb) || !mc__whole_value_begins(at, at + len, exchange, max, &head))
        return false;
    have = (size_t)(at + len - head.data.data);
    if (mc__buffer_room(&pipeline->in) - len < MC__VALUE_ENDING.len || head.data.len < have + REST_MIN)
        return false;
    room = at_most(head.data.len, MC__ARRIVAL_FIRST_ROOM);
    space = exchange->ops->space(exchange, 0, 0, &room);
    if (!space || room < head.data.len) /* memory follows what has come, not what is claimed */
        return false;
    memcpy(space, head.data.data, have);
    *value = (mc__quick_large){.areas = {{space + have, head.data.len - have}, {at + len, MC__VALUE_ENDING.len}},
                               .len = len,
                               .length = head.data.len,
                               .cas = head.cas,
                               .flags = head.flags};
    return true;
}

bool mc__quick_large_take(mc__pipeline *pipeline, mc__exchange *exchange, const mc__quick_large *value, size_t received) {
    mc__reply head = {.kind = MC__REPLY_VALUE, .length = value->length, .cas = value->cas, .flags = value->flags};

    if (received != value->areas[0].len + MC__VALUE_ENDING.len ||
        memcmp(value->areas[1].data, MC__VALUE_ENDING.data, MC__VALUE_ENDING.len) != 0)
        return false;
    pipeline->output.bytes.start = pipeline->output.bytes.end = 0;
    pipeline->greeted = pipeline->large = true;
    pipeline->silent = false;
    exchange->answered = 1;
    exchange->ops->answer(exchange, 0, MC_OK, &head);
    return true;
}

mc_status mc__quick_large_leave(mc__pipeline *pipeline, mc__exchange *exchange, size_t sent, const mc__quick_large *value,
                                size_t received) {
    size_t    rest = at_most(received, value->areas[0].len), ending = received - rest;
    char      behind[sizeof "\r\nEND\r\n"];
    mc__area  spaces[MC__INPUT_SPACES];
    size_t    count;
    mc_status status;

    memcpy(behind, value->areas[1].data, ending); /* the input's memory is used again now */
    mc__quick_leave(pipeline, exchange, sent);
    status = mc__pipeline_received(pipeline, value->len);
    if (status != MC_OK || received == 0)
        return status;
    /* The same memory for the value as before, or its bytes are not there. */
    if (mc__pipeline_space(pipeline, spaces, &count) != MC_OK || count != 2 || spaces[0].data != value->areas[0].data)
        return MC_NO_MEMORY;
    memcpy(spaces[1].data, behind, ending);
    return mc__pipeline_received(pipeline, received);
}
