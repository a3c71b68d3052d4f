#include "client/commands.h"

#include "base/number.h"
#include "base/status.h"
#include "client/failure.h"
#include "client/format.h"
#include "client/value.h"
#include "net/single.h"
#include "protocol/key.h"

#include <stdio.h>
#include <stdlib.h>

#define RELATIVE_MAX_S 2592000
#define MOMENT_MAX 2147483647 /* memcached drops an item at once whose moment is later */

int64_t mc__exptime(int64_t ttl_s, int64_t now_s) {
    if (ttl_s < 0)
        return -1;
    if (ttl_s <= RELATIVE_MAX_S)
        return ttl_s;
    return now_s > MOMENT_MAX || ttl_s > MOMENT_MAX - now_s ? MOMENT_MAX : now_s + ttl_s;
}

/* ---------------------------------------------------------------------------------------------------- the exchange -- */

struct single {
    mc__exchange      exchange; /* first, so that the one is the other */
    const mc__ask    *ask;
    const mc_options *options;
    mc_status         status;
    char              refusal[MC__ESCAPED_MAX]; /* by the server, or of a value that does not inflate; "": none */
};

static void give_request(const mc__exchange *exchange, size_t i, mc__request *request) {
    (void)i;
    *request = ((const struct single *)exchange)->ask->request;
}

static char *give_space(mc__exchange *exchange, size_t i, size_t have, size_t *room) {
    mc_value *value = ((struct single *)exchange)->ask->value;

    (void)i, (void)have;
    if (!mc__value_reserve(value, *room))
        return NULL;
    *room = value->capacity - 1;
    return value->data;
}

/* The inflated bytes take the place of those that came, which stay if they do not inflate. */
static void inflate_value(struct single *self, mc_value *value) {
    mc__buffer  out = {0};
    const char *reason;

    self->status = mc__format_inflate(mc_bytes(value->data, value->len), self->options->max_value_size, &out, &reason);
    if (self->status != MC_OK) {
        snprintf(self->refusal, sizeof self->refusal, "%s", reason);
        mc__buffer_free(&out);
        return;
    }
    free(value->data);
    value->data = out.data;
    value->len = mc__buffer_len(&out);
    value->capacity = out.capacity;
    value->flags &= ~MC_FLAG_ZLIB;
}

static void take_values(mc__exchange *exchange, const mc__found *found, size_t count) {
    struct single *self = (struct single *)exchange;
    mc_value      *value = self->ask->value;

    (void)count; /* one key has one */
    self->refusal[0] = '\0';
    self->status = mc__value_reserve(value, found->data.len) ? MC_OK : MC_NO_MEMORY;
    if (self->status != MC_OK)
        return;
    value->len = found->data.len;
    value->flags = found->flags;
    value->cas = found->cas;
    memcpy(value->data, found->data.data, found->data.len + 1); /* with its NUL */
}

static void take_answer(mc__exchange *exchange, size_t i, mc_status status, const mc__reply *reply) {
    struct single *self = (struct single *)exchange;
    const mc__ask *ask = self->ask;

    (void)i;
    self->status = status;
    self->refusal[0] = '\0';
    if (!mc__status_is_answer(status))
        mc__refusal_text(status, reply, self->refusal);
    if (status != MC_OK || !reply)
        return;
    if (ask->value) {
        ask->value->len = (size_t)reply->length;
        ask->value->data[reply->length] = '\0';
        ask->value->flags = reply->flags;
        ask->value->cas = reply->cas;
    }
    if (ask->number)
        *ask->number = reply->number;
}

/* One key's answer is whole only with the END behind its value. */
static void take_line_end(mc__exchange *exchange, mc_status status, const mc__reply *reply) {
    if (status != MC_NOT_FOUND)
        take_answer(exchange, 0, status, reply);
}

static const mc__exchange_ops ops = {
    .request = give_request, .values = take_values, .space = give_space, .answer = take_answer, .line_end = take_line_end};

/* --------------------------------------------------------------------------------------------------- the way around -- */

/* The hosts of a route that this command has tried, which it does not try again. */
struct tried {
    const mc__host *hosts[MC__ROUTE_TRIES];
    size_t          count;
};

static bool was_tried(const struct tried *tried, const mc__host *host) {
    for (size_t i = 0; i < tried->count; i++) {
        if (tried->hosts[i] == host)
            return true;
    }
    return false;
}

/* Looks at a value that has come. Now, and not as it comes: that may be in another call's thread, while others wait. */
static void finish_value(struct single *self, mc__host *host) {
    mc_value *value = self->ask->value;

    /* A key whose value is large, or is no more. */
    if (value->len >= MC__LARGE_VALUE || mc__host_has_large_values(host))
        mc__host_note_value(host, self->ask->request.key, value->len);
    if (mc__format_inflates(self->options, value->flags))
        inflate_value(self, value);
}

/* Says why the host has not done what it was asked. */
static void tell_refusal(const struct single *self, const mc__host *host, const mc__call *call) {
    const char *reason = self->refusal[0]               ? self->refusal
                         : self->status == MC_BAD_VALUE ? "its flags do not fit 32 bits"
                         : self->status == MC_NO_MEMORY ? "out of memory for the value"
                                                        : call->reason;

    mc__fail_at(self->status, host, self->ask->verb, self->ask->request.key, reason);
}

/* Asks one host. true: the command has its status; false: nothing was sent, and another host may be asked. */
static bool ask_host(struct single *self, mc__host *host, bool probe, mc__time now, mc__time deadline) {
    mc__call call;
    bool     sent;

    mc__call_init(&call, host, &self->exchange, probe);
    mc__single_run(&call, self->ask->request.value.len, now, deadline);
    if (self->exchange.answered == 1) {
        if (self->status == MC_OK && self->ask->value)
            finish_value(self, host);
        if (!mc__status_is_answer(self->status))
            tell_refusal(self, host, &call);
        return true;
    }
    sent = self->exchange.sent > 0;
    self->status = sent ? mc__call_sent_status(&call) : mc__call_unsent_status(&call);
    mc__fail_at(self->status, host, self->ask->verb, self->ask->request.key, call.reason);
    return sent || !call.may_move;
}

static mc_status ask_in_turn(const mc_client *client, struct single *self, const mc__roster *roster, mc__time now,
                             mc__time deadline) {
    /* cppcheck-suppress ctuuninitvar ; what is read has been assigned, field by field */
    mc__route    route = mc__client_route_of(client, roster, self->ask->request.key);
    struct tried tried;
    mc__host    *host;

    tried.count = 0;
    do {
        mc__admission admission;
        host = mc__roster_host(roster, &route);
        if (was_tried(&tried, host))
            continue;
        admission = mc__health_admit(&host->health, now);
        if (admission == MC__ADMISSION_SKIP)
            continue;
        if (ask_host(self, host, admission == MC__ADMISSION_PROBE, now, deadline))
            return self->status;
        tried.hosts[tried.count++] = host;
        now = mc__time_now();
    } while (mc__client_route_next(client, roster, &route));
    if (tried.count == 0)
        return mc__fail_dead(client, host, self->ask->verb, self->ask->request.key);
    return self->status;
}

/* What is put to a value that is there must be as that is. */
static bool may_deflate(mc__verb verb) {
    return verb != MC__VERB_APPEND && verb != MC__VERB_PREPEND;
}

static mc_status check(const mc_client *client, const mc__ask *ask) {
    const mc__request *request = &ask->request;

    if (!mc__slice_valid(request->key) || !mc__slice_valid(request->value))
        return mc__fail(MC_BAD_ARGUMENT, "a key or value is NULL and has a length");
    if (!mc__key_legal(mc__client_prefix(client), request->key))
        return mc__fail_bad_key(mc__client_prefix(client), request->key);
    if (request->value.len > client->core->options.max_value_size)
        return mc__fail_too_large(request->key, request->value.len, client->core->options.max_value_size);
    return MC_OK;
}

static void init_exchange(mc__exchange *exchange, const mc_client *client, const mc__ask *ask) {
    const mc__command command = {.verb = ask->verb, .noreply = ask->noreply, .prefix = mc__client_prefix(client)};

    mc__exchange_init(exchange, &ops, &command, 1, &ask->request.key, NULL);
}

static mc_status ask_servers(const mc_client *client, const mc__ask *ask, mc__time now, mc__time deadline) {
    mc__roster   *roster;
    mc_status     status;
    struct single self;

    self.ask = ask;
    self.options = &client->core->options;
    init_exchange(&self.exchange, client, ask);
    roster = mc__client_roster(client);
    status = ask_in_turn(client, &self, roster, now, deadline);
    mc__roster_release(roster);
    if (status != MC_OK && ask->value)
        mc__value_empty(ask->value);
    return status;
}

static mc_status ask_deflated(const mc_client *client, const mc__ask *plain, mc__time deadline) {
    mc__ask    ask = *plain;
    mc__buffer deflated = {0};
    mc_status  status;

    ask.as_it_is = true;
    if (mc__format_deflate(&ask.request.value, &ask.request.flags, &deflated))
        status = mc__command_run(client, &ask, mc__time_now(), deadline);
    else
        status = mc__fail(MC_NO_MEMORY, "out of memory to deflate a value of %zu bytes", plain->request.value.len);
    mc__buffer_free(&deflated);
    return status;
}

mc_status mc__command_run(const mc_client *client, const mc__ask *ask, mc__time now, mc__time deadline) {
    mc_status status = check(client, ask);

    if (status != MC_OK)
        return status;
    if (mc__format_deflates(&client->core->options, ask->request.value, ask->request.flags) && may_deflate(ask->verb) &&
        !ask->as_it_is)
        return ask_deflated(client, ask, deadline);
    return ask_servers(client, ask, now, deadline);
}

/* -------------------------------------------------------------------------------------------------- the commands -- */

static mc_status run(const mc_client *client, mc__ask *ask) {
    mc__time now;

    if (!client)
        return mc__fail(MC_BAD_ARGUMENT, "client is NULL");
    ask->noreply = client->noreply && !mc__verb_retrieves(ask->verb);
    now = mc__time_now();
    return mc__command_run(client, ask, now, mc__deadline_after_ms(now, client->timeout_ms));
}

static mc_status store(const mc_client *client, mc__ask *ask, int64_t ttl_s) {
    ask->request.exptime = mc__exptime(ttl_s, ttl_s > RELATIVE_MAX_S ? mc__wall_clock_s() : 0);
    return run(client, ask);
}

mc_status mc_set(mc_client *client, mc_slice key, mc_slice value, uint32_t flags, int64_t ttl_s) {
    mc__ask ask = {.verb = MC__VERB_SET, .request = {.key = key, .value = value, .flags = flags}};

    return store(client, &ask, ttl_s);
}

mc_status mc_set_int(mc_client *client, mc_slice key, int64_t number, int64_t ttl_s) {
    char text[MC__NUMBER_MAX];

    return mc_set(client, key, mc_bytes(text, mc__number_format_signed(number, text)), MC_FLAG_INTEGER, ttl_s);
}

mc_status mc_set_text(mc_client *client, mc_slice key, mc_slice utf8, int64_t ttl_s) {
    return mc_set(client, key, utf8, MC_FLAG_TEXT, ttl_s);
}

mc_status mc_add(mc_client *client, mc_slice key, mc_slice value, uint32_t flags, int64_t ttl_s) {
    mc__ask ask = {.verb = MC__VERB_ADD, .request = {.key = key, .value = value, .flags = flags}};

    return store(client, &ask, ttl_s);
}

mc_status mc_replace(mc_client *client, mc_slice key, mc_slice value, uint32_t flags, int64_t ttl_s) {
    mc__ask ask = {.verb = MC__VERB_REPLACE, .request = {.key = key, .value = value, .flags = flags}};

    return store(client, &ask, ttl_s);
}

mc_status mc_append(mc_client *client, mc_slice key, mc_slice value) {
    mc__ask ask = {.verb = MC__VERB_APPEND, .request = {.key = key, .value = value}};

    return run(client, &ask);
}

mc_status mc_prepend(mc_client *client, mc_slice key, mc_slice value) {
    mc__ask ask = {.verb = MC__VERB_PREPEND, .request = {.key = key, .value = value}};

    return run(client, &ask);
}

mc_status mc_cas(mc_client *client, mc_slice key, mc_slice value, uint32_t flags, int64_t ttl_s, uint64_t cas) {
    mc__ask ask = {.verb = MC__VERB_CAS, .request = {.key = key, .value = value, .flags = flags, .number = cas}};

    return store(client, &ask, ttl_s);
}

static mc_status retrieve(const mc_client *client, mc__verb verb, mc_slice key, int64_t ttl_s, mc_value *value) {
    mc__ask ask = {.verb = verb, .request = {.key = key}, .value = value};

    if (!value)
        return mc__fail(MC_BAD_ARGUMENT, "value is NULL");
    mc__value_empty(value);
    ask.request.exptime = mc__exptime(ttl_s, ttl_s > RELATIVE_MAX_S ? mc__wall_clock_s() : 0);
    return run(client, &ask);
}

mc_status mc_get(mc_client *client, mc_slice key, mc_value *value) {
    return retrieve(client, MC__VERB_GET, key, 0, value);
}

mc_status mc_gets(mc_client *client, mc_slice key, mc_value *value) {
    return retrieve(client, MC__VERB_GETS, key, 0, value);
}

mc_status mc_gat(mc_client *client, mc_slice key, int64_t ttl_s, mc_value *value) {
    return retrieve(client, MC__VERB_GAT, key, ttl_s, value);
}

mc_status mc_gats(mc_client *client, mc_slice key, int64_t ttl_s, mc_value *value) {
    return retrieve(client, MC__VERB_GATS, key, ttl_s, value);
}

mc_status mc_delete(mc_client *client, mc_slice key) {
    mc__ask ask = {.verb = MC__VERB_DELETE, .request = {.key = key}};

    return run(client, &ask);
}

mc_status mc_touch(mc_client *client, mc_slice key, int64_t ttl_s) {
    mc__ask ask = {.verb = MC__VERB_TOUCH, .request = {.key = key}};

    return store(client, &ask, ttl_s);
}

mc_status mc_incr(mc_client *client, mc_slice key, uint64_t delta, uint64_t *result) {
    mc__ask ask = {.verb = MC__VERB_INCR, .request = {.key = key, .number = delta}, .number = result};

    return run(client, &ask);
}

mc_status mc_decr(mc_client *client, mc_slice key, uint64_t delta, uint64_t *result) {
    mc__ask ask = {.verb = MC__VERB_DECR, .request = {.key = key, .number = delta}, .number = result};

    return run(client, &ask);
}
