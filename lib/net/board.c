#include "net/board.h"

#include <stdio.h>

/* So many bytes of values go on board at once: all that is on board is formatted at once, before anybody can leave. */
#define BOARDING_MAX 65536

/* Who sends or receives is awake, and looks at its park before it sleeps; who is to receive from now on may be asleep. */
static bool is_awake(const mc__board *board, const mc__rider *rider, mc__riding state) {
    return rider == board->sender || (rider == board->reader && state != MC__RIDING_READS);
}

void mc__board_tell(mc__board *board, mc__rider *rider, mc__riding state) {
    rider->state = state;
    mc__park_set(&rider->park,
                 is_awake(board, rider, state) ? NULL : &board->wakes); /* its memory may be gone from here on */
}

/* The rider at this place is on board no more. NULL: it has left before. */
static mc__rider *take_off(mc__line *line, size_t at) {
    mc__rider *rider = line->riders[at];

    if (!rider)
        return NULL;
    line->riders[at] = NULL;
    line->board->aboard--;
    mc__lane_count(&line->board->lane->riding, -1);
    return rider;
}

static void give_request(const mc__exchange *exchange, size_t i, mc__request *request) {
    const mc__rider *rider = ((const mc__line *)exchange)->riders[i];

    rider->exchange->ops->request(rider->exchange, 0, request); /* asked for before anybody can leave */
}

static char *give_space(mc__exchange *exchange, size_t i, size_t have, size_t *room) {
    mc__rider *rider = ((mc__line *)exchange)->riders[i];

    return rider ? rider->exchange->ops->space(rider->exchange, 0, have, room) : NULL;
}

static void take_values(mc__exchange *exchange, const mc__found *found, size_t count) {
    mc__line *line = (mc__line *)exchange;

    for (size_t i = 0; i < count; i++) {
        mc__rider *rider = take_off(line, found[i].request);
        mc__found  own = found[i];
        if (!rider)
            continue;
        own.request = 0;
        rider->exchange->answered = 1;
        rider->exchange->ops->values(rider->exchange, &own, 1);
        mc__board_tell(line->board, rider, MC__RIDING_ANSWERED);
    }
}

/* Whether the value of request i has come in part. */
static bool has_begun(const mc__exchange *exchange, size_t i) {
    const mc__pipeline *pipeline = ((const mc__line *)exchange)->board->pipeline;

    return pipeline->reading != MC__READING_LINE && pipeline->arrival.request == i;
}

/* What a line of many keys has come to may be due to one of them, and is no business of the others: each asks again on its
 * own, but for one of whose value a part has come. */
static bool is_of_another(const mc__exchange *exchange, size_t i, mc_status status, const mc__reply *reply) {
    if (exchange->count == 1 || !mc__verb_retrieves(exchange->command.verb))
        return false;
    if (reply)
        return mc__reply_is_error(reply);
    return (status == MC_PROTOCOL_ERROR || status == MC_CONNECTION_LOST) && !has_begun(exchange, i);
}

static void take_answer(mc__exchange *exchange, size_t i, mc_status status, const mc__reply *reply) {
    mc__line  *line = (mc__line *)exchange;
    mc__rider *rider = take_off(line, i);

    if (!rider)
        return;
    if (is_of_another(exchange, i, status, reply)) {
        mc__board_tell(line->board, rider, MC__RIDING_ALONE);
        return;
    }
    rider->exchange->answered = 1;
    rider->exchange->ops->answer(rider->exchange, 0, status, reply);
    mc__board_tell(line->board, rider, MC__RIDING_ANSWERED);
}

static const mc__exchange_ops ops = {
    .request = give_request, .values = take_values, .space = give_space, .answer = take_answer};

void mc__board_clear(mc__board *board, mc__lane *lane, mc__pipeline *pipeline) {
    board->lane = lane;
    board->pipeline = pipeline;
    board->reader = board->sender = NULL;
    board->aboard = board->values = 0;
    board->wakes = (mc__park_wakes){{0}};
    for (size_t i = 0; i < MC__BOARD_LINES; i++) {
        board->lines[i].board = board;
        board->lines[i].exchange.count = board->lines[i].exchange.answered = 0;
    }
}

/* ------------------------------------------------------------------------------------------------- getting on board -- */

static uint32_t tag_of(mc_slice key) {
    uint32_t tag = 2166136261U; /* FNV-1a */

    for (size_t i = 0; i < key.len; i++)
        tag = (tag ^ (unsigned char)key.data[i]) * 16777619U;
    return tag;
}

static bool has_key(const mc__line *line, mc_slice prefix, mc_slice key, uint32_t tag) {
    for (size_t i = 0; i < line->exchange.count; i++) {
        mc_slice other = line->keys[i];
        if (line->tags[i] == tag && other.len == prefix.len + key.len &&
            memcmp(other.data, prefix.data ? prefix.data : "", prefix.len) == 0 &&
            memcmp(other.data + prefix.len, key.data, key.len) == 0)
            return true;
    }
    return false;
}

/* Keys to gat need not have the same time, so each has a line of its own. A key stands in a line once: not every proxy
 * answers the same key twice. Commands that do not retrieve have no copy of their keys, but one prefix. */
static bool fits(const mc__line *line, const mc__exchange *exchange, uint32_t tag) {
    const mc__command *command = &exchange->command;
    size_t             count = line->exchange.count;

    if (!line->boarding || count == MC__LINE_RIDERS || line->exchange.command.verb != command->verb)
        return false;
    if (!mc__verb_retrieves(command->verb))
        return mc__slice_equal(line->exchange.command.prefix, command->prefix);
    return !mc__verb_has_exptime(command->verb) &&
           command->prefix.len + exchange->keys[0].len <= MC__LINE_KEYS_SIZE - line->keys_len &&
           !has_key(line, command->prefix, exchange->keys[0], tag);
}

static bool is_free(const mc__line *line) {
    return !line->boarding && line->exchange.answered == line->exchange.count;
}

static mc__line *line_for(mc__board *board, const mc__exchange *exchange, uint32_t tag) {
    mc__line *line = NULL;

    for (size_t i = 0; i < MC__BOARD_LINES; i++) {
        if (fits(&board->lines[i], exchange, tag))
            return &board->lines[i];
        if (!line && is_free(&board->lines[i]))
            line = &board->lines[i];
    }
    if (!line)
        return NULL;
    line->exchange = (mc__exchange){.ops = &ops, .command = exchange->command, .shared = true, .keys = line->keys};
    if (mc__verb_retrieves(exchange->command.verb))
        line->exchange.command.prefix = (mc_slice){0}; /* it is part of the copies */
    line->boarding = true;
    line->keys_len = 0;
    return line;
}

static void keep_key(mc__line *line, const mc__exchange *exchange, uint32_t tag) {
    mc_slice prefix = exchange->command.prefix, key = exchange->keys[0];
    char    *at = line->key_bytes + line->keys_len;

    if (prefix.len > 0)
        memcpy(at, prefix.data, prefix.len);
    memcpy(at + prefix.len, key.data, key.len);
    line->keys_len += prefix.len + key.len;
    line->keys[line->exchange.count] = mc_bytes(at, prefix.len + key.len);
    line->tags[line->exchange.count] = tag;
}

static size_t value_len(const mc__exchange *exchange) {
    mc__request request;

    if (!mc__verb_stores(exchange->command.verb))
        return 0;
    exchange->ops->request(exchange, 0, &request);
    return request.value.len;
}

bool mc__board_add(mc__board *board, mc__rider *rider) {
    bool      retrieves = mc__verb_retrieves(rider->exchange->command.verb);
    uint32_t  tag = retrieves ? tag_of(rider->exchange->keys[0]) : 0;
    size_t    len = value_len(rider->exchange);
    mc__line *line = board->values + len <= BOARDING_MAX ? line_for(board, rider->exchange, tag) : NULL;

    if (!line)
        return false;
    board->values += len;
    if (retrieves)
        keep_key(line, rider->exchange, tag);
    rider->lingers = false;
    rider->line = line;
    rider->at = line->exchange.count++;
    line->riders[rider->at] = rider;
    board->aboard++;
    mc__lane_count(&board->lane->riding, 1);
    return true;
}

void mc__board_depart(mc__board *board) {
    for (size_t i = 0; i < MC__BOARD_LINES; i++) {
        mc__line *line = &board->lines[i];
        if (!line->boarding)
            continue;
        line->boarding = false;
        mc__pipeline_push(board->pipeline, &line->exchange);
    }
    board->values = 0;
}

void mc__board_leave(mc__board *board, const mc__rider *rider) {
    mc__pipeline_forget(board->pipeline, &rider->line->exchange, rider->at);
    take_off(rider->line, rider->at);
}

void mc__board_fail(mc__board *board, mc_status status, bool heard, const char *reason) {
    for (size_t l = 0; l < MC__BOARD_LINES; l++) {
        for (size_t i = 0; i < board->lines[l].exchange.count; i++) {
            mc__rider *rider = board->lines[l].riders[i];
            if (!rider)
                continue;
            rider->heard = heard;
            snprintf(rider->reason, rider->reason_size, "%s", reason);
        }
    }
    mc__pipeline_abandon(board->pipeline, status);
    for (size_t l = 0; l < MC__BOARD_LINES; l++) {
        for (size_t i = 0; i < board->lines[l].exchange.count; i++) {
            mc__rider *rider = take_off(&board->lines[l], i);
            if (!rider)
                continue;
            rider->exchange->sent = i < board->lines[l].exchange.sent;
            rider->failure = status;
            mc__board_tell(board, rider, MC__RIDING_FAILED);
        }
    }
}

mc__rider *mc__board_anybody(const mc__board *board) {
    for (size_t l = 0; l < MC__BOARD_LINES && board->aboard > 0; l++) {
        for (size_t i = 0; i < board->lines[l].exchange.count; i++) {
            if (board->lines[l].riders[i])
                return board->lines[l].riders[i];
        }
    }
    return NULL;
}
