#include "support/rides.h"

#include "client/client.h"
#include "net/share.h"
#include "support/check_main.h"
#include "support/crew.h"
#include "support/homes.h"

#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLENTY_MS 60000
#define MAX_VALUE_SIZE 200000

/* What those in a hurry have, which is more where the machine is too slow to have them ask by then. */
#define HURRY_MS 60
#define HURRY_TRIES 4

#define FIRST_STEPS 3
#define STEPS_MAX 20

/* -------------------------------------------------------------------------------------------------------- the call -- */

struct words {
    char  text[128];
    char *verb, *key, *argument, *ttl;
};

static void split_words(const char *asks, struct words *words) {
    char *rest = NULL;

    snprintf(words->text, sizeof words->text, "%s", asks);
    words->verb = strtok_r(words->text, " ", &rest);
    words->ttl = strncmp(words->verb, "ga", 2) == 0 ? strtok_r(NULL, " ", &rest) : NULL;
    words->key = strtok_r(NULL, " ", &rest);
    words->argument = strtok_r(NULL, " ", &rest);
}

static mc_status retrieve(mc_client *client, const struct words *words, mc_value *value) {
    mc_slice key = mc_str(words->key);

    if (strcmp(words->verb, "get") == 0)
        return mc_get(client, key, value);
    if (strcmp(words->verb, "gets") == 0)
        return mc_gets(client, key, value);
    if (strcmp(words->verb, "gat") == 0)
        return mc_gat(client, key, atoi(words->ttl), value);
    return mc_gats(client, key, atoi(words->ttl), value);
}

static mc_status change(mc_client *client, const struct words *words, uint64_t *number) {
    mc_slice key = mc_str(words->key), value = words->argument ? mc_str(words->argument) : mc_str("");

    if (strcmp(words->verb, "set") == 0)
        return mc_set(client, key, value, 0, 0);
    if (strcmp(words->verb, "add") == 0)
        return mc_add(client, key, value, 0, 0);
    if (strcmp(words->verb, "replace") == 0)
        return mc_replace(client, key, value, 0, 0);
    if (strcmp(words->verb, "append") == 0)
        return mc_append(client, key, value);
    if (strcmp(words->verb, "prepend") == 0)
        return mc_prepend(client, key, value);
    if (strcmp(words->verb, "cas") == 0)
        return mc_cas(client, key, value, 0, 0, 9);
    if (strcmp(words->verb, "delete") == 0)
        return mc_delete(client, key);
    if (strcmp(words->verb, "touch") == 0)
        return mc_touch(client, key, atoi(words->argument));
    return strcmp(words->verb, "incr") == 0 ? mc_incr(client, key, strtoull(words->argument, NULL, 10), number)
                                            : mc_decr(client, key, strtoull(words->argument, NULL, 10), number);
}

/* A long value is one byte over and over, or it is not what was sent. */
static void note_value(ride_result *result, const mc_value *value) {
    size_t room = sizeof result->text, same = 0;
    int    len;

    while (same < value->len && value->data[same] == value->data[0])
        same++;
    if (value->len > 100 && same == value->len)
        len = snprintf(result->text, room, "OK=%zu%c", value->len, value->data[0]);
    else
        len = snprintf(result->text, room, "OK=%.100s", value->len > 100 ? "(mixed)" : value->data);
    if (value->flags > 0)
        len += snprintf(result->text + len, room - (size_t)len, "/%u", (unsigned)value->flags);
    if (value->cas > 0)
        snprintf(result->text + len, room - (size_t)len, "#%llu", (unsigned long long)value->cas);
}

static void run(const ride *self, mc_client *client, ride_result *result) {
    struct words words;
    mc_value     value = MC_VALUE_INIT;
    uint64_t     number = 0;

    split_words(self->asks, &words);
    result->status = words.verb[0] == 'g' ? retrieve(client, &words, &value) : change(client, &words, &number);
    snprintf(result->text, sizeof result->text, "%s", mc_status_name(result->status) + 3);
    snprintf(result->detail, sizeof result->detail, "%s", mc_error_detail());
    if (result->status == MC_OK && words.verb[0] == 'g')
        note_value(result, &value);
    else if (result->status == MC_OK && strstr("incr decr", words.verb))
        snprintf(result->text, sizeof result->text, "OK=%llu", (unsigned long long)number);
    else if (result->status != MC_OK && (value.len > 0 || number > 0))
        snprintf(result->text, sizeof result->text, "a value without MC_OK");
    mc_value_clear(&value);
}

void ride_take(const ride *self, mc_client *client, int timeout_ms, ride_result *result) {
    mc_view    settings = MC_VIEW_INIT;
    mc_client *view;
    double     began;

    settings.timeout_ms = timeout_ms;
    settings.key_prefix = self->prefix;
    settings.noreply = self->silent;
    view = mc_client_view(client, &settings);
    began = now_ms();
    run(self, view, result);
    result->in_time = in_time(began, timeout_ms);
    mc_client_free(view);
}

mc_client *ride_client(const char *host, unsigned connections) {
    const char *hosts[] = {host, NULL};
    mc_options  options = MC_OPTIONS_INIT;
    mc_client  *client;

    options.timeout_ms = PLENTY_MS;
    options.max_connections = connections;
    options.max_value_size = MAX_VALUE_SIZE;
    client = mc_client_new_with_options(hosts, NULL, &options);
    ck_assert_ptr_nonnull(client);
    return client;
}

size_t ride_queue_length(mc_client *client) {
    mc__pool *pool = &client->core->roster->hosts[0]->pool;
    size_t    length = 0;

    mc__lock_take(&pool->lock);
    for (const mc__waiter *waiter = pool->first; waiter; waiter = waiter->next)
        length++;
    mc__lock_release(&pool->lock);
    for (size_t i = 0; i < MC__LANES; i++) {
        mc__lane *lane = &pool->lanes[i];
        mc__lock_take(&lane->lock);
        for (const mc__rider *rider = lane->first; rider; rider = rider->next)
            length++;
        mc__lock_release(&lane->lock);
    }
    return length;
}

void ride_await_queue(mc_client *client, size_t length) {
    while (ride_queue_length(client) < length)
        sched_yield();
}

bool ride_all_is_quiet(mc_client *client) {
    mc__pool *pool = &client->core->roster->hosts[0]->pool;
    bool      quiet;

    mc__lock_take(&pool->lock);
    quiet = !pool->first && pool->leading == 0 && pool->crowd == 0 && !mc__pool_has_strangers(pool);
    mc__lock_release(&pool->lock);
    for (size_t i = 0; i < MC__LANES; i++) {
        mc__lane *lane = &pool->lanes[i];
        mc__lock_take(&lane->lock);
        quiet = quiet && !lane->first && !lane->shares && atomic_load(&lane->riding) == 0 && !mc__lane_is_joinable(lane) &&
                !mc__lane_is_awaited(lane);
        mc__lock_release(&lane->lock);
    }
    return quiet;
}

/* ------------------------------------------------------------------------------------------------------- the host -- */

struct stage {
    host_step        steps[STEPS_MAX];
    const host_step *scripts[3];
    size_t           count;
    bool             waits;
};

/* clang-format off */
static const host_step misses[] = {READ_LINE, SEND("END\r\n"), REPEAT};
static const host_step opening[FIRST_STEPS] = {EXPECT("get first\r\n"), AWAIT_GO, SEND("END\r\n")};
static const host_step closing[] = {EXPECT("get next\r\n"), SEND("END\r\n"), END};
/* clang-format on */

static void set_stage(struct stage *stage, const ride_row *row) {
    *stage = (struct stage){.count = FIRST_STEPS};
    memcpy(stage->steps, opening, sizeof opening);
    for (const host_step *step = row->steps; step->action != HOST_END; step++) {
        stage->waits = stage->waits || step->action == HOST_AWAIT_GO;
        stage->steps[stage->count++] = *step;
    }
    if (row->connection == STAYS_IN_USE)
        memcpy(&stage->steps[stage->count], closing, sizeof closing);
    stage->scripts[0] = stage->steps;
    stage->scripts[1] = row->later ? row->later : misses;
}

/* ------------------------------------------------------------------------------------------------------- the trial -- */

struct passenger {
    const ride *ride;
    mc_client  *client;
    int         timeout_ms;
    crew       *thread;
    atomic_bool ended;
    ride_result result;
};

static void travel(size_t index, void *arg) {
    struct passenger *self = arg;

    (void)index;
    ride_take(self->ride, self->client, self->timeout_ms, &self->result);
    atomic_store(&self->ended, true);
}

static bool has_one_ended(const struct passenger *all, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (atomic_load(&all[i].ended))
            return true;
    }
    return false;
}

static void join(struct passenger *self) {
    if (self->thread)
        crew_join(self->thread);
    self->thread = NULL;
}

static size_t count_rides(const ride_row *row) {
    size_t count = 0;

    while (row->rides[count].asks)
        count++;
    return count;
}

/* All wait, the first is let go, and those who end before the others have ended. */
static void travel_all(const ride_row *row, const struct stage *stage, scripted_host *host, struct passenger *all) {
    static const ride first = {.asks = "get first"};
    struct passenger  holder = {.ride = &first, .client = all->client, .timeout_ms = PLENTY_MS};
    size_t            count = count_rides(row);

    holder.thread = crew_start(1, travel, &holder);
    scripted_host_await(host, 0, 1);
    for (size_t i = 0; i < count; i++) {
        all[i].thread = crew_start(1, travel, &all[i]);
        while (ride_queue_length(all->client) < i + 1 && !has_one_ended(all, i + 1))
            sched_yield();
    }
    scripted_host_go(host);
    join(&holder);
    for (size_t i = 0; i < count && stage->waits; i++) {
        if (row->rides[i].haste != IS_PATIENT)
            join(&all[i]);
    }
    if (stage->waits)
        scripted_host_go(host);
    for (size_t i = 0; i < count; i++)
        join(&all[i]);
}

/* Whether somebody's time was up before he could ask. */
static bool too_slow(const ride_row *row, const struct passenger *all) {
    for (size_t i = 0; i < count_rides(row); i++) {
        if (row->rides[i].haste == IS_HURRIED && all[i].result.status == MC_UNREACHABLE)
            return true;
    }
    return false;
}

static void check_ride(const ride_row *row, const struct passenger *self, const char *address, complaint *wrong) {
    const ride        *asked = self->ride;
    const ride_result *result = &self->result;
    struct words       words;
    char               key[130];

    demand_of_status(wrong, result->status, strcmp(result->text, asked->comes_to) == 0, "%s: %s is %s and not %s (%s)",
                     row->name, asked->asks, result->text, asked->comes_to, result->detail);
    demand(wrong, result->in_time, "%s: %s is late", row->name, asked->asks);
    if (result->status <= MC_EXISTS)
        return;
    demand(wrong, strstr(result->detail, address), "%s: the detail does not name the host: \"%s\"", row->name,
           result->detail);
    split_words(asked->asks, &words);
    snprintf(key, sizeof key, "\"%s\"", words.key);
    demand(wrong, strstr(result->detail, key), "%s: the detail does not name the key: \"%s\"", row->name, result->detail);
    demand(wrong, !row->says || strstr(result->detail, row->says), "%s: the detail is \"%s\"", row->name, result->detail);
}

/* Until it has sent what is seen when the next call looks. */
static void await_host(const struct stage *stage, scripted_host *host) {
    size_t last = stage->count;

    while (stage->steps[last - 1].action == HOST_DRAIN || stage->steps[last - 1].action == HOST_SILENCE)
        last--;
    while (scripted_host_is_playing(host, 0) && scripted_host_steps_done(host, 0) < last)
        poll(NULL, 0, 1);
}

static void check_next(const ride_row *row, mc_client *client, scripted_host *host, complaint *wrong) {
    mc_value  value = MC_VALUE_INIT;
    mc_status status = mc_get(client, mc_str("next"), &value);
    size_t    connections = scripted_host_connections(host);

    demand_of_status(wrong, status, status == MC_NOT_FOUND, "%s: the next call is %s (%s)", row->name,
                     mc_status_name(status), mc_error_detail());
    demand(wrong, ride_all_is_quiet(client), "%s: something is left of a call", row->name);
    demand(wrong, (connections == 1) == (row->connection == STAYS_IN_USE), "%s: %zu connections", row->name, connections);
    demand(wrong, !scripted_host_mismatch(host), "%s: %s", row->name, scripted_host_mismatch(host));
    mc_value_clear(&value);
}

/* false: the machine was too slow for those in a hurry. */
static bool try_once(const ride_row *row, const reply_way *way, int hurry_ms, complaint *wrong) {
    struct stage          stage;
    scripted_host_options options = {
        .kind = way->kind, .scripts = stage.scripts, .piece = way->piece, .split_at = way->split_at};
    scripted_host   *host;
    struct passenger all[RIDES_MAX] = {0};
    bool             slow;

    set_stage(&stage, row);
    host = scripted_host_start(&options);
    all->client = ride_client(scripted_host_address(host), 1);
    for (size_t i = 0; i < count_rides(row); i++) {
        all[i].ride = &row->rides[i];
        all[i].client = all->client;
        all[i].timeout_ms = row->rides[i].haste == IS_HURRIED ? hurry_ms : PLENTY_MS;
    }
    travel_all(row, &stage, host, all);
    slow = too_slow(row, all);
    for (size_t i = 0; i < count_rides(row) && !slow; i++)
        check_ride(row, &all[i], scripted_host_address(host), wrong);
    if (!slow && !wrong->text[0]) {
        await_host(&stage, host);
        check_next(row, all->client, host, wrong);
    }
    mc_client_free(all->client);
    scripted_host_discard(host);
    return !slow;
}

void ride_trial(const ride_row *row, const reply_way *way, complaint *wrong) {
    int hurry_ms = stretched_ms(HURRY_MS);

    for (int tries = 0; tries < HURRY_TRIES; tries++, hurry_ms *= 4) {
        if (try_once(row, way, hurry_ms, wrong))
            return;
    }
    complain(wrong, "%s: nobody asked in time", row->name);
}

void ride_trial_whole(size_t row, const void *table, complaint *wrong) {
    ride_trial(&((const ride_row *)table)[row], &(reply_way){0}, wrong);
}

void ride_trial_all_ways(size_t row, const void *table, complaint *wrong) {
    const ride_row *self = &((const ride_row *)table)[row];
    reply_way       way = {.kind = LISTENER_UNIX, .piece = 1};
    size_t          longest = 0;

    ride_trial_whole(row, table, wrong);
    ride_trial(self, &way, wrong);
    for (const host_step *step = self->steps; step->action != HOST_END; step++) {
        if (step->action == HOST_SEND && step->len > longest)
            longest = step->len;
    }
    way.piece = 0;
    for (way.split_at = 1; way.split_at < longest && !wrong->text[0]; way.split_at++)
        ride_trial(self, &way, wrong);
}
