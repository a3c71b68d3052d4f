#include "net/share.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* So many kinds of commands, and bytes of keys, go together. Whoever finds no room goes alone. */
#define LINES_MAX 8
#define KEYS_SIZE 4096

/* The request of one rider. Its key is a copy, so that it stays when the rider leaves; its value is not read any more once
 * it is formatted, which happens before anybody can leave. */
struct place {
    mc__rider   *rider; /* NULL: answered, or has left */
    mc__request  request;
    struct line *line;
    size_t       at; /* in the line */
};

/* The requests with the same command, as one exchange. */
struct line {
    mc__exchange exchange; /* first, so that the one is the other */
    mc__share   *share;
    size_t       places[MC__SHARE_MAX];
    mc_slice     keys[MC__SHARE_MAX];
};

struct mc__share {
    mc__connection *connection;
    mc__rider      *leader;
    bool            heard;
    size_t          taken_along;
    size_t          count; /* places */
    struct place    places[MC__SHARE_MAX];
    size_t          line_count;
    struct line     lines[LINES_MAX];
    mc__sleepers    asleep;
    size_t          keys_len;
    char            keys[KEYS_SIZE];
};

/* --------------------------------------------------------------------------------------------- with the ride lock held --
 */

/* Tells a rider what has come of it. Its memory may be gone from then on. */
static void tell(mc__share *share, mc__rider *rider, mc__riding state) {
    rider->state = state;
    if (rider == share->leader)
        return;
    share->asleep.parks[share->asleep.count++] = &rider->park;
    mc__park_set(&rider->park);
}

static struct place *place_of(const mc__exchange *exchange, size_t i) {
    const struct line *line = (const struct line *)exchange;

    return &line->share->places[line->places[i]];
}

static void give_request(const mc__exchange *exchange, size_t i, mc__request *request) {
    *request = place_of(exchange, i)->request;
}

static void take_values(mc__exchange *exchange, const mc__found *found, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct place *place = place_of(exchange, found[i].request);
        mc__rider    *rider = place->rider;
        mc__found     own = found[i];
        if (!rider)
            continue;
        own.request = 0;
        place->rider = NULL;
        rider->exchange->answered = 1;
        rider->exchange->ops->values(rider->exchange, &own, 1);
        tell(((struct line *)exchange)->share, rider, MC__RIDING_ANSWERED);
    }
}

static char *give_space(mc__exchange *exchange, size_t i, size_t have, size_t *room) {
    mc__rider *rider = place_of(exchange, i)->rider;

    return rider ? rider->exchange->ops->space(rider->exchange, 0, have, room) : NULL;
}

/* An error to a line of many keys may be due to one of them: each asks again on its own. */
static bool is_of_another(const mc__exchange *exchange, mc_status status, const mc__reply *reply) {
    return reply && !mc__status_is_answer(status) && exchange->count > 1 && mc__verb_retrieves(exchange->command.verb) &&
           mc__reply_is_error(reply);
}

static void take_answer(mc__exchange *exchange, size_t i, mc_status status, const mc__reply *reply) {
    struct place *place = place_of(exchange, i);
    mc__rider    *rider = place->rider;

    if (!rider)
        return;
    place->rider = NULL;
    if (is_of_another(exchange, status, reply)) {
        tell(((struct line *)exchange)->share, rider, MC__RIDING_LEFT);
        return;
    }
    rider->exchange->answered = 1;
    rider->exchange->ops->answer(rider->exchange, 0, status, reply);
    tell(((struct line *)exchange)->share, rider, MC__RIDING_ANSWERED);
}

static const mc__exchange_ops ops = {
    .request = give_request, .values = take_values, .space = give_space, .answer = take_answer};

/* ------------------------------------------------------------------------------------------------------- beginning -- */

static bool has_key(const struct line *line, mc_slice key) {
    for (size_t i = 0; i < line->exchange.count; i++) {
        if (mc__slice_equal(line->keys[i], key))
            return true;
    }
    return false;
}

/* A key stands in a line once: not every proxy answers the same key twice. */
static bool fits(const struct line *line, mc__verb verb, const mc__request *request) {
    if (line->exchange.command.verb != verb)
        return false;
    if (!mc__verb_retrieves(verb))
        return true;
    return line->share->places[line->places[0]].request.exptime == request->exptime && !has_key(line, request->key);
}

static struct line *line_for(mc__share *share, mc__verb verb, const mc__request *request) {
    struct line *line;

    for (size_t i = 0; i < share->line_count; i++) {
        if (fits(&share->lines[i], verb, request))
            return &share->lines[i];
    }
    if (share->line_count == LINES_MAX)
        return NULL;
    line = &share->lines[share->line_count++];
    line->exchange = (mc__exchange){.ops = &ops, .command = {.verb = verb}, .shared = true};
    line->exchange.keys = line->keys;
    line->share = share;
    return line;
}

/* Copies prefix and key. false: there is no room. */
static bool keep_key(mc__share *share, mc_slice prefix, mc_slice *key) {
    char *at = share->keys + share->keys_len;

    if (prefix.len + key->len > KEYS_SIZE - share->keys_len)
        return false;
    if (prefix.len > 0)
        memcpy(at, prefix.data, prefix.len);
    memcpy(at + prefix.len, key->data, key->len);
    share->keys_len += prefix.len + key->len;
    *key = mc_bytes(at, prefix.len + key->len);
    return true;
}

static bool add(mc__share *share, mc__rider *rider) {
    const mc__exchange *exchange = rider->exchange;
    struct place       *place = &share->places[share->count];
    struct line        *line;

    exchange->ops->request(exchange, 0, &place->request);
    if (!keep_key(share, exchange->command.prefix, &place->request.key))
        return false;
    line = line_for(share, exchange->command.verb, &place->request);
    if (!line)
        return false;
    place->rider = rider;
    place->line = line;
    place->at = line->exchange.count++;
    line->places[place->at] = share->count;
    line->keys[place->at] = place->request.key;
    rider->share = share;
    rider->place = share->count++;
    rider->state = MC__RIDING;
    return true;
}

static mc__rider *rider_of(const mc__waiter *waiter) {
    return (mc__rider *)((char *)waiter->park - offsetof(mc__rider, park));
}

static void push(mc__share *share) {
    mc__pipeline *pipeline = &share->connection->pipeline;
    mc_slice      slices[MC__OUTPUT_SLICES];
    size_t        count;

    for (size_t i = 0; i < share->line_count; i++)
        mc__pipeline_push(pipeline, &share->lines[i].exchange);
    /* All of it is formatted now, for it is little, and the values are not needed any more. What fails for want of memory
     * fails again when it is sent. */
    (void)mc__pipeline_output(pipeline, slices, &count);
}

/* A share of a connection that nobody shares. NULL: no memory. */
static mc__share *make_ready(mc__connection *connection) {
    mc__share *share = connection->share;

    if (!share)
        share = connection->share = malloc(sizeof *share);
    if (!share)
        return NULL;
    share->connection = connection;
    share->heard = false;
    share->taken_along = share->count = share->line_count = share->asleep.count = share->keys_len = 0;
    return share;
}

bool mc__share_begin(mc__host *host, mc__connection *connection, mc__rider *leader) {
    mc__share  *share = make_ready(connection);
    mc__waiter *waiters[MC__SHARE_MAX - 1];

    if (!share)
        return false;
    pthread_mutex_lock(&host->pool.ride_lock);
    share->taken_along = mc__pool_take_along(&host->pool, waiters, MC__SHARE_MAX - 1);
    if (share->taken_along > 0) {
        share->leader = leader;
        add(share, leader); /* the first always fits */
        leader->state = MC__RIDING_LEADS;
        for (size_t i = 0; i < share->taken_along; i++) {
            if (!add(share, rider_of(waiters[i])))
                tell(share, rider_of(waiters[i]), MC__RIDING_LEFT);
        }
        connection->lock = &host->pool.ride_lock;
        push(share);
    }
    pthread_mutex_unlock(&host->pool.ride_lock);
    if (share->taken_along == 0)
        return false;
    mc__share_wake(share);
    return true;
}

/* ------------------------------------------------------------------------------------------------------ on the way -- */

mc__connection *mc__share_connection(const mc__share *share) {
    return share->connection;
}

void mc__sleepers_wake(mc__sleepers *sleepers) {
    for (size_t i = 0; i < sleepers->count; i++)
        mc__park_wake(sleepers->parks[i]);
    sleepers->count = 0;
}

void mc__share_wake(mc__share *share) {
    mc__sleepers_wake(&share->asleep);
}

void mc__share_heard(mc__share *share) {
    share->heard = true;
}

mc__riding mc__share_leave(mc__host *host, mc__rider *rider) {
    mc__riding state;

    pthread_mutex_lock(&host->pool.ride_lock);
    state = rider->state;
    if (state == MC__RIDING || state == MC__RIDING_LEADS) {
        struct place *place = &rider->share->places[rider->place];
        mc__pipeline_forget(&rider->share->connection->pipeline, &place->line->exchange, place->at);
        place->rider = NULL;
    }
    pthread_mutex_unlock(&host->pool.ride_lock);
    return state;
}

bool mc__share_hand_over(mc__share *share) {
    pthread_mutex_t *lock = share->connection->lock;
    const mc__park  *wake = NULL;

    pthread_mutex_lock(lock);
    for (size_t i = 0; i < share->count && !wake; i++) {
        mc__rider *rider = share->places[i].rider;
        if (!rider)
            continue;
        share->leader = rider;
        wake = &rider->park;
        rider->state = MC__RIDING_LEADS;
        mc__park_set(&rider->park); /* from here on the share is the new leader's */
    }
    pthread_mutex_unlock(lock);
    if (wake)
        mc__park_wake(wake);
    return wake != NULL;
}

/* --------------------------------------------------------------------------------------------------------- the end -- */

/* Whether what a rider asked may have reached the server is known by its line. */
static void fail(mc__share *share, const struct line *line, size_t i, mc_status status) {
    struct place *place = &share->places[line->places[i]];
    mc__rider    *rider = place->rider;

    if (!rider)
        return;
    place->rider = NULL;
    rider->exchange->sent = i < line->exchange.sent;
    rider->failure = status;
    tell(share, rider, MC__RIDING_FAILED);
}

void mc__share_break(mc__share *share, mc_status status, const char *reason) {
    pthread_mutex_t *lock = share->connection->lock;

    pthread_mutex_lock(lock);
    for (size_t i = 0; i < share->count; i++) {
        mc__rider *rider = share->places[i].rider;
        if (!rider)
            continue;
        rider->heard = share->heard;
        snprintf(rider->reason, rider->reason_size, "%s", reason);
    }
    mc__pipeline_abandon(&share->connection->pipeline, status);
    for (size_t at = 0; at < share->line_count; at++) {
        for (size_t i = 0; i < share->lines[at].exchange.count; i++)
            fail(share, &share->lines[at], i, status);
    }
    pthread_mutex_unlock(lock);
    mc__share_wake(share);
}

size_t mc__share_end(mc__share *share, mc__sleepers *asleep) {
    *asleep = share->asleep;
    share->connection->lock = NULL;
    return share->taken_along;
}
