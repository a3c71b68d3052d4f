#include "chaos_worker.h"

#include "support/crew.h"
#include "support/lateness.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#define ALLOWED_LATE_MS 50
#define AFTERTHOUGHT_MS 300
#define AFTER_ALL_TRIES 100
#define MANY 20

static uint32_t draw(chaos_worker *self, uint32_t below) {
    self->random = self->random * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(self->random >> 33) % below;
}

void chaos_add(chaos_tally *sum, const chaos_tally *tally) {
    sum->calls += tally->calls;
    sum->late += tally->late;
    sum->worst_ms = tally->worst_ms > sum->worst_ms ? tally->worst_ms : sum->worst_ms;
    for (size_t i = 0; i < CHAOS_STATUSES; i++)
        sum->statuses[i] += tally->statuses[i];
    sum->reads += tally->reads;
    sum->calm_reads += tally->calm_reads;
    sum->excused += tally->excused;
    sum->wrong += tally->wrong;
}

static void note_call_of(chaos_worker *self, const char *command, double began, int timeout_ms, mc_status status) {
    double over = clock_ms() - began - timeout_ms;

    self->tally.calls++;
    self->tally.statuses[(unsigned)status % CHAOS_STATUSES]++;
    if (over > ALLOWED_LATE_MS) {
        self->tally.late++;
        fprintf(stderr, "late by %.1f ms: %s, %s\n", over, command, mc_status_name(status));
    }
    if (over > self->tally.worst_ms)
        self->tally.worst_ms = over;
    if (status == MC_NO_SERVER || status == MC_UNREACHABLE)
        poll(NULL, 0, 1); /* that is told at once: without a pause the threads would only take time from each other */
}

static void note_call(chaos_worker *self, const char *command, double began, mc_status status) {
    note_call_of(self, command, began, CHAOS_TIMEOUT_MS, status);
}

static bool is_in_a_hurry(chaos_worker *self) {
    return self->hurried && draw(self, 8) == 0;
}

static void note_wrong(chaos_worker *self, const char *why) {
    self->tally.wrong++;
    fprintf(stderr, "wrong: %s\n", why);
}

/* ------------------------------------------------------------------------------------------------------------ reading -- */

/* Waits for so long as others can go on with what they were about: while the machine is held up nobody can. */
static void think_again(void) {
    double began = clock_ms(), held_up = held_up_ms();

    while (clock_ms() - began - (held_up_ms() - held_up) < AFTERTHOUGHT_MS)
        poll(NULL, 0, 10);
}

static void judge(chaos_worker *self, ledger_key *key, const ledger_look *look, mc_status status, mc_slice value) {
    char           why[160];
    ledger_verdict verdict;

    if (status != MC_OK && status != MC_NOT_FOUND)
        return;
    verdict = ledger_judge(key, look, status, value, why);
    self->tally.reads++;
    self->tally.calm_reads += verdict == LEDGER_CALM;
    if (verdict == LEDGER_CONTRADICTS) {
        think_again(); /* a host is found dead a moment before that is told */
        if (!ledger_is_calm(key, look)) {
            self->tally.excused++;
            return;
        }
    }
    if (verdict == LEDGER_WRONG || verdict == LEDGER_CONTRADICTS)
        note_wrong(self, why);
}

static mc_status read_one(chaos_worker *self, ledger_key *key, mc_value *value, bool with_token) {
    ledger_look look = ledger_before_read(key);
    bool        hurries = is_in_a_hurry(self);
    mc_client  *client = hurries ? self->hurried : self->client;
    double      began = clock_ms();
    mc_status   status = with_token ? mc_gets(client, mc_str(key->name), value) : mc_get(client, mc_str(key->name), value);

    note_call_of(self, with_token ? "gets" : "get", began, hurries ? self->hurried_ms : CHAOS_TIMEOUT_MS, status);
    judge(self, key, &look, status, mc_bytes(value->data, value->len));
    return status;
}

static void read_many(chaos_worker *self) {
    ledger_key *keys[MANY];
    ledger_look looks[MANY];
    mc_slice    names[MANY];
    mc_results  results = MC_RESULTS_INIT;
    double      began;
    mc_status   status;

    for (size_t i = 0; i < MANY; i++) {
        keys[i] = &self->keys[draw(self, (uint32_t)self->key_count)];
        names[i] = mc_str(keys[i]->name);
        looks[i] = ledger_before_read(keys[i]);
    }
    began = clock_ms();
    status = mc_get_multi(self->client, names, MANY, &results);
    note_call(self, "get_multi", began, status);
    for (size_t i = 0; i < MANY; i++) {
        self->tally.statuses[(unsigned)results.items[i].status % CHAOS_STATUSES]++;
        judge(self, keys[i], &looks[i], results.items[i].status, results.items[i].value);
    }
    mc_results_clear(&results);
}

/* ------------------------------------------------------------------------------------------------------------ writing -- */

static ledger_key *own_key(chaos_worker *self, size_t i) {
    return &self->keys[self->first_own + i];
}

static size_t some_len(chaos_worker *self) {
    return draw(self, 20) == 0 ? draw(self, 30000) : draw(self, 400);
}

static mc_status set_one(chaos_worker *self, ledger_key *key) {
    char          text[LEDGER_VALUE_SIZE];
    ledger_moment moment = ledger_now(key);
    uint32_t      number = ledger_begin(key, false);
    size_t        len = ledger_value(key->name, number, some_len(self), text);
    bool          hurries = is_in_a_hurry(self);
    double        began = clock_ms();
    mc_status     status = mc_set(hurries ? self->hurried : self->client, mc_str(key->name), mc_bytes(text, len), number, 0);

    note_call_of(self, "set", began, hurries ? self->hurried_ms : CHAOS_TIMEOUT_MS, status);
    ledger_end(key, number, status, &moment);
    return status;
}

static void delete_one(chaos_worker *self, ledger_key *key) {
    ledger_moment moment = ledger_now(key);
    uint32_t      number = ledger_begin(key, true);
    double        began = clock_ms();
    mc_status     status = mc_delete(self->client, mc_str(key->name));

    note_call(self, "delete", began, status);
    ledger_end(key, number, status, &moment);
}

static void swap_one(chaos_worker *self, ledger_key *key, mc_value *value) {
    char          text[LEDGER_VALUE_SIZE];
    ledger_moment moment;
    uint32_t      number;
    size_t        len;
    double        began;
    mc_status     status;

    if (read_one(self, key, value, true) != MC_OK)
        return;
    moment = ledger_now(key);
    number = ledger_begin(key, false);
    len = ledger_value(key->name, number, some_len(self), text);
    began = clock_ms();
    status = mc_cas(self->client, mc_str(key->name), mc_bytes(text, len), number, 0, value->cas);
    note_call(self, "cas", began, status);
    ledger_end(key, number, status, &moment);
}

static void set_many(chaos_worker *self) {
    static const size_t len = 200;
    char               *texts = malloc(CHAOS_OWN_KEYS * LEDGER_VALUE_SIZE);
    mc_entry            entries[CHAOS_OWN_KEYS];
    ledger_moment       moments[CHAOS_OWN_KEYS];
    double              began;

    if (!texts)
        return;
    for (size_t i = 0; i < CHAOS_OWN_KEYS; i++) {
        ledger_key *key = own_key(self, i);
        char       *text = texts + i * LEDGER_VALUE_SIZE;

        moments[i] = ledger_now(key);
        entries[i] = (mc_entry){.key = mc_str(key->name), .flags = ledger_begin(key, false)};
        entries[i].value = mc_bytes(text, ledger_value(key->name, entries[i].flags, len, text));
    }
    began = clock_ms();
    note_call(self, "set_multi", began, mc_set_multi(self->client, entries, CHAOS_OWN_KEYS));
    for (size_t i = 0; i < CHAOS_OWN_KEYS; i++) {
        self->tally.statuses[(unsigned)entries[i].status % CHAOS_STATUSES]++;
        ledger_end(own_key(self, i), entries[i].flags, entries[i].status, &moments[i]);
    }
    free(texts);
}

struct change {
    chaos_worker *worker;
    ledger_key   *key;
    uint32_t      number;
    size_t        len;
};

static mc_status compute(const mc_value *current, mc_value *next, void *arg) {
    struct change *change = arg;
    char           text[LEDGER_VALUE_SIZE];
    uint32_t       found;

    if (current && !ledger_value_is_whole(change->key->name, mc_bytes(current->data, current->len), &found))
        note_wrong(change->worker, "an update was given a value that is not the key's");
    next->flags = change->number;
    return mc_value_set(next, mc_bytes(text, ledger_value(change->key->name, change->number, change->len, text)));
}

static void update_one(chaos_worker *self, ledger_key *key) {
    ledger_moment moment = ledger_now(key);
    struct change change = {.worker = self, .key = key, .number = ledger_begin(key, false), .len = some_len(self)};
    double        began = clock_ms();
    mc_status     status = mc_update(self->client, mc_str(key->name), compute, &change, 0);

    note_call(self, "update", began, status);
    ledger_end(key, change.number, status, &moment);
}

/* ------------------------------------------------------------------------------------------------------------- all of it --
 */

static void write_something(chaos_worker *self, mc_value *value) {
    ledger_key *key = own_key(self, draw(self, CHAOS_OWN_KEYS));
    uint32_t    dice = draw(self, 100);

    if (dice < 60)
        set_one(self, key);
    else if (dice < 66)
        delete_one(self, key);
    else if (dice < 78)
        swap_one(self, key, value);
    else if (dice < 88)
        set_many(self);
    else
        update_one(self, key);
}

void chaos_work(chaos_worker *self) {
    mc_value value = MC_VALUE_INIT;

    while (!atomic_load(self->over)) {
        uint32_t dice = draw(self, 100);

        if (dice < 40)
            write_something(self, &value);
        else if (dice < 90)
            read_one(self, &self->keys[draw(self, (uint32_t)self->key_count)], &value, false);
        else
            read_many(self);
    }
    mc_value_clear(&value);
}

void chaos_work_alone(chaos_worker *self, size_t steps) {
    mc_value value = MC_VALUE_INIT;

    for (size_t i = 0; i < steps; i++) {
        write_something(self, &value);
        read_one(self, own_key(self, draw(self, CHAOS_OWN_KEYS)), &value, false);
    }
    mc_value_clear(&value);
}

/* Where the machine is held up, a call may have no answer in its time; one of them has. */
static bool works_after_all(chaos_worker *self, ledger_key *key, mc_value *value) {
    for (int tries = 0; tries < AFTER_ALL_TRIES; tries++) {
        if (set_one(self, key) == MC_OK && read_one(self, key, value, false) == MC_OK)
            return true;
        poll(NULL, 0, 20);
    }
    return false;
}

size_t chaos_check_own(chaos_worker *self) {
    mc_value value = MC_VALUE_INIT;
    size_t   failed = 0;

    self->hurried = NULL;
    for (size_t i = 0; i < CHAOS_OWN_KEYS; i++)
        failed += !works_after_all(self, own_key(self, i), &value);
    mc_value_clear(&value);
    return failed;
}
