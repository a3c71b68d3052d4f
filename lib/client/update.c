#include "base/status.h"
#include "client/commands.h"

#include <time.h>

/* The first pause after a conflict is up to this long, each further one up to twice the last. */
#define PAUSE_FIRST_NS (MC__MS / 8)
#define PAUSE_MAX_NS (16 * MC__MS)

/* One go: what was read, and what fn makes of it. */
struct update {
    const mc_client *client;
    mc_slice         key;
    mc_update_fn    *fn;
    void            *arg;
    int64_t          ttl_s;
    mc__time         deadline;
    mc_value         current, next;
};

static mc_status read_current(struct update *update) {
    mc__ask ask = {.verb = MC__VERB_GETS, .request = {.key = update->key}, .value = &update->current};

    return mc__command_run(update->client, &ask, mc__time_now(), update->deadline);
}

static mc_status store_next(struct update *update, bool present) {
    mc__ask ask = {.verb = present ? MC__VERB_CAS : MC__VERB_ADD};

    ask.request = (mc__request){
        .key = update->key,
        .value = mc_bytes(update->next.data, update->next.len),
        .flags = update->next.flags,
        .exptime = mc__exptime(update->ttl_s, mc__wall_clock_s()),
        .number = update->current.cas,
    };
    return mc__command_run(update->client, &ask, mc__time_now(), update->deadline);
}

/* How one go ended. UNSENT: it did not get as far as to send what it would store. */
enum ending { UNSENT, CONFLICT, ENDED };

static enum ending try_once(struct update *update, mc_status *status) {
    bool present;

    *status = read_current(update);
    present = *status == MC_OK;
    if (!present && *status != MC_NOT_FOUND)
        return UNSENT;
    update->next.len = 0;
    update->next.flags = present ? update->current.flags : 0;
    *status = update->fn(present ? &update->current : NULL, &update->next, update->arg);
    if (*status != MC_OK)
        return ENDED;
    *status = store_next(update, present);
    if (mc__status_not_sent(*status))
        return UNSENT;
    return *status == MC_EXISTS || *status == MC_NOT_STORED || *status == MC_NOT_FOUND ? CONFLICT : ENDED;
}

static uint64_t scramble(uint64_t bits) {
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9U;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebU;
    return bits ^ (bits >> 31);
}

/* Waits for a random part of the pause, so that those who met do not meet again. */
static void rest(const struct update *update, mc__time pause) {
    mc__time        now = mc__time_now();
    uint64_t        bits = scramble((uint64_t)now ^ (uint64_t)(uintptr_t)update);
    mc__time        until = mc__earlier(update->deadline, now + (mc__time)(bits % (uint64_t)pause));
    struct timespec left;

    for (; now < until; now = mc__time_now()) {
        left =
            (struct timespec){.tv_sec = (time_t)((until - now) / 1000000000), .tv_nsec = (long)((until - now) % 1000000000)};
        nanosleep(&left, NULL); /* a signal ends it early: the loop goes on */
    }
}

static bool is_late(const struct update *update) {
    return mc__time_now() >= update->deadline;
}

static mc_status lost(void) {
    return mc__fail(MC_EXISTS, "the value was changed by others at every try until the deadline");
}

static mc_status run(struct update *update) {
    mc_status status;

    for (mc__time pause = PAUSE_FIRST_NS;; pause = pause < PAUSE_MAX_NS ? 2 * pause : pause) {
        enum ending ending = try_once(update, &status);
        if (ending == UNSENT && pause > PAUSE_FIRST_NS && is_late(update))
            return lost(); /* a conflict was lost before, and the deadline came before the next one */
        if (ending != CONFLICT)
            return status;
        if (!is_late(update))
            rest(update, pause);
        if (is_late(update))
            return lost();
    }
}

mc_status mc_update(mc_client *client, mc_slice key, mc_update_fn *fn, void *arg, int64_t ttl_s) {
    struct update update = {.client = client, .key = key, .fn = fn, .arg = arg, .ttl_s = ttl_s};
    mc_status     status;

    if (!client || !fn)
        return mc__fail(MC_BAD_ARGUMENT, "client or fn is NULL");
    update.deadline = mc__client_deadline(client);
    status = run(&update);
    mc_value_clear(&update.current);
    mc_value_clear(&update.next);
    return status;
}
