#include "base/status.h"
#include "client/commands.h"
#include "client/failure.h"
#include "client/format.h"
#include "client/packing.h"
#include "client/results.h"
#include "net/run.h"
#include "protocol/key.h"
#include "protocol/quiet.h"

/*
 * A command on many keys. Scatter: each key finds its host, and the keys of a host become one exchange. Gather: all hosts
 * are talked to at once. What a dead host has not been sent goes around again, to where fail-over sends it.
 */

/* What this command has learnt of a host. */
enum verdict { UNKNOWN, USABLE, PROBED, DEAD, FAILED };

struct batch;

/* One host's part. */
struct lane {
    mc__exchange  exchange; /* first, so that the one is the other */
    struct batch *batch;
    size_t       *order; /* the keys asked here: indexes into the caller's */
    char         *space; /* of the value under way */
};

struct batch {
    const mc_client  *client;
    const mc__roster *roster;
    mc__verb          verb;
    size_t            count;
    const mc_slice   *keys;     /* get and delete */
    mc_entry         *entries;  /* set */
    mc_results       *results;  /* get */
    mc_status        *statuses; /* delete; may be NULL */
    mc__time          now;      /* this round's beginning */
    mc__time          deadline;
    int64_t           now_s;
    bool              partial;     /* some key was not answered */
    mc__packing       packing;     /* set: the entries as they are sent */
    size_t            value_bytes; /* of all of them, as they are given */
    mc__buffer        inflated;    /* get: the last value that was */

    /* Scratch, in one block. */
    size_t       *pending; /* keys without an answer */
    size_t        pending_count;
    size_t       *sorted; /* room for the same, sorted by host */
    size_t       *order;  /* what is sorted by host: sorted or pending */
    uint32_t     *hosts;  /* for each of pending: its host */
    enum verdict *verdicts;
    size_t       *starts; /* for each host: where its keys begin in order */
    struct lane  *lanes;
    mc__call     *calls;
    void         *scratch;
};

static mc_slice key_of(const struct batch *batch, size_t i) {
    return batch->entries ? batch->entries[i].key : batch->keys[i];
}

static void settle(struct batch *batch, size_t i, mc_status status) {
    if (!mc__status_is_answer(status))
        batch->partial = true;
    if (batch->entries)
        batch->entries[i].status = status;
    else if (batch->results)
        batch->results->items[i].status = status;
    else if (batch->statuses)
        batch->statuses[i] = status;
}

/* ---------------------------------------------------------------------------------------------------- the exchange -- */

static void give_request(const mc__exchange *exchange, size_t i, mc__request *request) {
    const struct lane  *lane = (const struct lane *)exchange;
    const struct batch *batch = lane->batch;
    const mc_entry     *entry;

    if (!batch->entries) { /* delete */
        *request = (mc__request){.key = batch->keys[lane->order[i]]};
        return;
    }
    entry = &batch->packing.sent[lane->order[i]];
    *request = (mc__request){.key = entry->key,
                             .value = entry->value,
                             .flags = entry->flags,
                             .exptime = entry->ttl_s == 0 ? 0 : mc__exptime(entry->ttl_s, batch->now_s)};
}

static const mc__host *host_of(const struct lane *lane) {
    return lane->batch->calls[lane - lane->batch->lanes].host;
}

static void tell_refusal(const struct lane *lane, size_t i, mc_status status, const mc__reply *reply) {
    const char *reason = lane->batch->calls[lane - lane->batch->lanes].reason;
    char        text[MC__ESCAPED_MAX];

    mc__refusal_text(status, reply, text);
    if (text[0])
        reason = text;
    else if (!mc_status_outcome_unknown(status) || !reason[0]) /* else the call says what has cut it short */
        reason = mc_status_text(status);
    mc__fail_at(status, host_of(lane), lane->batch->verb, key_of(lane->batch, i), reason);
}

/* Inflates a value and puts it in place of the one that came. */
static mc_status inflate_value(struct lane *lane, size_t key, mc_slice *value) {
    struct batch *batch = lane->batch;
    const char   *reason;
    char         *space = NULL;
    mc_status     status;

    status = mc__format_inflate(*value, batch->client->core->options.max_value_size, &batch->inflated, &reason);
    if (status == MC_OK) {
        space = mc__results_space(batch->results, mc__buffer_len(&batch->inflated));
        status = space ? MC_OK : MC_NO_MEMORY;
        reason = "out of memory for the inflated value";
    }
    if (status != MC_OK)
        return mc__fail_at(status, host_of(lane), batch->verb, batch->keys[key], reason);
    *value = mc__buffer_readable(&batch->inflated);
    memcpy(space, value->data, value->len + 1); /* with its NUL */
    value->data = space;
    return MC_OK;
}

/* Hands out a value that has come and stays where it is. Returns what has become of its key. */
static mc_status hand_out(struct lane *lane, size_t key, mc_slice value, uint32_t flags, uint64_t cas) {
    mc_result *result = &lane->batch->results->items[key];

    if (flags != 0 && mc__format_inflates(&lane->batch->client->core->options, flags)) {
        mc_status status = inflate_value(lane, key, &value);
        if (status != MC_OK)
            return status;
        flags &= ~MC_FLAG_ZLIB;
    }
    *result = (mc_result){.status = MC_OK, .value = value, .flags = flags, .cas = cas};
    return MC_OK;
}

/* What stays of a value that has come by memory that is not ours. */
static bool copy_value(struct lane *lane, mc_slice *value) {
    char *space = mc__results_space(lane->batch->results, value->len);

    if (space)
        memcpy(space, value->data, value->len + 1); /* with its NUL */
    value->data = space;
    return space != NULL;
}

static void take_value(struct lane *lane, mc__found found, bool stays) {
    size_t    key = lane->order[found.request];
    mc_status status = MC_NO_MEMORY;

    if (stays || copy_value(lane, &found.data))
        status = hand_out(lane, key, found.data, found.flags, found.cas);
    else
        tell_refusal(lane, key, status, NULL);
    if (status != MC_OK)
        settle(lane->batch, key, status);
}

static void take_values(mc__exchange *exchange, const mc__found *found, size_t count) {
    struct lane  *lane = (struct lane *)exchange;
    mc_result    *items = lane->batch->results->items;
    const size_t *order = lane->order;
    bool          stay = mc__results_holds(lane->batch->results, found->data.data);

    if (!stay) {
        for (size_t i = 0; i < count; i++)
            take_value(lane, found[i], false);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        mc_result *item = &items[order[found[i].request]];
        if (found[i].flags != 0) { /* as in few */
            take_value(lane, found[i], true);
            continue;
        }
        item->status = MC_OK;
        item->value = found[i].data;
        item->flags = 0;
        item->cas = found[i].cas;
    }
}

static char *give_space(mc__exchange *exchange, size_t i, size_t have, size_t *room) {
    struct lane *lane = (struct lane *)exchange;
    char        *space = mc__results_space(lane->batch->results, *room);

    (void)i;
    if (space && have > 0)
        memcpy(space, lane->space, have);
    lane->space = space;
    return space;
}

static bool lend(mc__exchange *exchange, size_t least, mc__area *area) {
    return mc__results_lend(((struct lane *)exchange)->batch->results, least, area);
}

static void keep(mc__exchange *exchange, size_t len) {
    mc__results_keep(((struct lane *)exchange)->batch->results, len);
}

static void take_answer(mc__exchange *exchange, size_t i, mc_status status, const mc__reply *reply) {
    struct lane *lane = (struct lane *)exchange;
    size_t       key = lane->order[i];

    if (!mc__status_is_answer(status))
        tell_refusal(lane, key, status, reply);
    if (status == MC_OK && reply && lane->batch->results) {
        lane->space[reply->length] = '\0';
        status = hand_out(lane, key, mc_bytes(lane->space, (size_t)reply->length), reply->flags, reply->cas);
    }
    settle(lane->batch, key, status);
}

static void take_done(mc__exchange *exchange, size_t first, size_t end) {
    const struct lane  *lane = (const struct lane *)exchange;
    const struct batch *batch = lane->batch;

    for (size_t i = first; i < end && batch->entries; i++)
        batch->entries[lane->order[i]].status = MC_OK;
    for (size_t i = first; i < end && batch->statuses; i++)
        batch->statuses[lane->order[i]] = MC_OK;
}

/* Those that are asked again come to the front: what was there has its answer. */
static void take_doubt(mc__exchange *exchange, size_t i) {
    struct lane *lane = (struct lane *)exchange;

    lane->order[exchange->again++] = lane->order[i];
}

static const mc__exchange_ops reading_ops = {
    .request = give_request, .values = take_values, .space = give_space, .lend = lend, .keep = keep, .answer = take_answer};
static const mc__exchange_ops writing_ops = {
    .request = give_request, .answer = take_answer, .done = take_done, .again = take_doubt};

/* ----------------------------------------------------------------------------------------------------------- scratch -- */

/* In an order in which each is aligned behind those before it, for the sizes of the first ones are multiples of the most
 * that a later one needs. */
_Static_assert(_Alignof(mc__call) >= _Alignof(struct lane) && _Alignof(struct lane) >= _Alignof(size_t) &&
                   _Alignof(size_t) >= _Alignof(uint32_t) && _Alignof(uint32_t) >= _Alignof(enum verdict),
               "the order of what is in the scratch");

static bool allocate(struct batch *batch) {
    size_t hosts = batch->roster->host_count;
    size_t count = batch->count;

    if (count > SIZE_MAX / 64) /* far from what memory there is, and no sum below overflows */
        return false;
    batch->scratch =
        mc__scratch_take(&batch->client->core->scratch,
                         hosts * (sizeof(mc__call) + sizeof(struct lane) + sizeof(size_t) + sizeof(enum verdict)) +
                             sizeof(size_t) + count * (2 * sizeof(size_t) + sizeof(uint32_t)));
    if (!batch->scratch)
        return false;
    batch->calls = batch->scratch;
    batch->lanes = (void *)(batch->calls + hosts);
    batch->starts = (void *)(batch->lanes + hosts);
    batch->pending = batch->starts + hosts + 1;
    batch->sorted = batch->pending + count;
    batch->hosts = (void *)(batch->sorted + count);
    batch->verdicts = (void *)(batch->hosts + count);
    for (size_t i = 0; i < hosts; i++)
        batch->verdicts[i] = mc__health_is_well(&batch->roster->hosts[i]->health) ? USABLE : UNKNOWN;
    return true;
}

/* --------------------------------------------------------------------------------------------------------- scattering -- */

/* What is wrong with a key or its value before anything is sent. */
static mc_status complain(const struct batch *batch, size_t i) {
    mc_slice prefix = mc__client_prefix(batch->client);
    mc_slice key = key_of(batch, i);

    if (!mc__slice_valid(key) || (batch->entries && !mc__slice_valid(batch->entries[i].value)))
        return mc__fail(MC_BAD_ARGUMENT, "key or value %zu is NULL and has a length", i);
    if (!batch->entries || !mc__key_legal(prefix, key))
        return mc__fail_bad_key(prefix, key);
    return mc__fail_too_large(key, batch->entries[i].value.len, batch->client->core->options.max_value_size);
}

static bool value_fits(const struct batch *batch, const mc_entry *entry) {
    return mc__slice_valid(entry->value) && entry->value.len <= batch->client->core->options.max_value_size;
}

static size_t check_entries(struct batch *batch) {
    mc_slice        prefix = mc__client_prefix(batch->client);
    const mc_entry *entries = batch->entries;
    size_t         *pending = batch->pending;
    size_t          legal = 0;

    for (size_t i = 0; i < batch->count; i++) {
        mc_slice key = entries[i].key;
        if (key.data && mc__key_legal(prefix, key) && value_fits(batch, &entries[i])) {
            pending[legal++] = i;
            batch->value_bytes += entries[i].value.len;
        } else {
            settle(batch, i, complain(batch, i));
        }
    }
    return legal;
}

static size_t check_keys(struct batch *batch) {
    mc_slice        prefix = mc__client_prefix(batch->client);
    const mc_slice *keys = batch->keys;
    size_t         *pending = batch->pending;
    size_t          legal = 0;

    for (size_t i = 0; i < batch->count; i++) {
        size_t end = i + mc__keys_legal(prefix, keys + i, batch->count - i);
        while (i < end)
            pending[legal++] = i++;
        if (i < batch->count)
            settle(batch, i, complain(batch, i));
    }
    return legal;
}

static void check_all(struct batch *batch) {
    batch->pending_count = batch->entries ? check_entries(batch) : check_keys(batch);
}

/* Deflates what is to be. Once the deadline has come, the rest is left as it is: it will not be sent. */
static void pack(struct batch *batch) {
    const mc_options *options = &batch->client->core->options;
    size_t            kept = 0;
    bool              late = false;

    for (size_t at = 0; at < batch->pending_count; at++) {
        size_t          i = batch->pending[at];
        const mc_entry *entry = &batch->entries[i];
        if (!late && mc__format_deflates(options, entry->value, entry->flags)) {
            if (!mc__packing_deflate(&batch->packing, i)) {
                settle(batch, i, mc__fail(MC_NO_MEMORY, "out of memory to deflate a value of %zu bytes", entry->value.len));
                continue;
            }
            late = mc__time_now() >= batch->deadline;
        }
        batch->pending[kept++] = i;
    }
    batch->pending_count = kept;
}

/* Asked once a host and command, so that of many keys of a dead host not each asks whether it may try it. */
static enum verdict verdict_on(struct batch *batch, size_t host) {
    static const enum verdict admitted[] = {
        [MC__ADMISSION_USE] = USABLE, [MC__ADMISSION_SKIP] = DEAD, [MC__ADMISSION_PROBE] = PROBED};

    if (batch->verdicts[host] == UNKNOWN)
        batch->verdicts[host] = admitted[mc__health_admit(&batch->roster->hosts[host]->health, batch->now)];
    return batch->verdicts[host];
}

static bool may_be_asked(enum verdict verdict) {
    return verdict == USABLE || verdict == PROBED;
}

/* Where a key goes now, when that is not its home or its home is not known to be alive. false: nowhere; it is settled. */
static bool find_host(struct batch *batch, size_t i, uint32_t *result) {
    const mc__roster *roster = batch->roster;
    mc__route         route = mc__client_route_of(batch->client, roster, key_of(batch, i));
    bool              failed = false;
    size_t            host;

    do {
        enum verdict verdict;
        host = roster->members[mc__route_host(roster->placement, &route)];
        verdict = verdict_on(batch, host);
        if (may_be_asked(verdict)) {
            *result = (uint32_t)host;
            return true;
        }
        failed = failed || verdict == FAILED; /* its failure has been told */
    } while (mc__client_route_next(batch->client, roster, &route));
    settle(batch, i,
           failed ? MC_UNREACHABLE : mc__fail_dead(batch->client, roster->hosts[host], batch->verb, key_of(batch, i)));
    return false;
}

/* One host, which may be asked: whatever the keys' hashes are, they belong to it. */
static bool all_at_home(struct batch *batch) {
    if (batch->roster->host_count > 1 || (batch->verdicts[0] != USABLE && !may_be_asked(verdict_on(batch, 0))))
        return false;
    batch->order = batch->pending;
    batch->starts[0] = 0;
    batch->starts[1] = batch->pending_count;
    return true;
}

/* The first try of each pending key, as an index into the hosts as given. */
static void find_homes(struct batch *batch) {
    const mc_client *client = batch->client;
    const mc_slice  *keys = batch->entries ? &batch->entries->key : batch->keys;
    size_t           stride = batch->entries ? sizeof *batch->entries : sizeof *batch->keys;

    if (!client->has_route && client->prefix_len == 0) {
        mc__placement_homes(batch->roster->placement, keys, stride, batch->pending, batch->pending_count, batch->hosts);
        return;
    }
    for (size_t at = 0; at < batch->pending_count; at++)
        batch->hosts[at] = (uint32_t)mc__client_home(client, batch->roster, key_of(batch, batch->pending[at]));
}

/* Finds each pending key's host, and counts the keys of each in starts. Keys without a host are no longer pending. */
static void place_all(struct batch *batch) {
    const size_t *members = batch->roster->members;
    size_t        placed = 0;

    memset(batch->starts, 0, (batch->roster->host_count + 1) * sizeof *batch->starts);
    find_homes(batch);
    for (size_t at = 0; at < batch->pending_count; at++) {
        size_t   i = batch->pending[at];
        uint32_t host = (uint32_t)members[batch->hosts[at]];
        if (batch->verdicts[host] != USABLE && !find_host(batch, i, &host))
            continue;
        batch->pending[placed] = i;
        batch->hosts[placed++] = host;
        batch->starts[host]++;
    }
    batch->pending_count = placed;
}

static void sort_by_host(struct batch *batch) {
    size_t hosts = batch->roster->host_count;
    size_t sum = 0;

    place_all(batch);
    for (size_t host = 0; host <= hosts; host++) {
        size_t count = batch->starts[host];
        batch->starts[host] = sum;
        sum += count;
    }
    batch->order = batch->sorted;
    for (size_t at = 0; at < batch->pending_count; at++)
        batch->order[batch->starts[batch->hosts[at]]++] = batch->pending[at];
    for (size_t host = hosts; host > 0; host--) /* each start has moved to the next one's place */
        batch->starts[host] = batch->starts[host - 1];
    batch->starts[0] = 0;
}

/* Sorts the pending keys by host into order, keeping the caller's order within each; starts tells where each host's begin.
 */
static void scatter(struct batch *batch) {
    if (!all_at_home(batch))
        sort_by_host(batch);
}

/* ---------------------------------------------------------------------------------------------------------- gathering -- */

/* From so many keys on a host they are written quietly. memcached answers up to 20 requests (its -R) in one go anyway, so
 * that it hardly pays for fewer. */
#define QUIET_FROM 16

/* A window of quiet writes is over by so many bytes, more or less, so that much that is sent does not long stay without a
 * word of what has come of it. */
#define WINDOW_SIZE 1048576

static size_t window_of(const struct batch *batch) {
    size_t average = batch->value_bytes / batch->count;
    size_t window = WINDOW_SIZE / (average + 1) + 1;

    return window < MC__LINE_KEYS ? window : MC__LINE_KEYS;
}

static size_t open_lanes(struct batch *batch) {
    const mc_client  *client = batch->client;
    const mc__command command = {.verb = batch->verb,
                                 .noreply = client->noreply && !mc__verb_retrieves(batch->verb),
                                 .prefix = mc__client_prefix(client)};
    bool              may_be_quiet = mc__quiet_can(batch->verb) && !client->noreply;
    size_t            lanes = 0;

    for (size_t host = 0; host < batch->roster->host_count; host++) {
        struct lane *lane = &batch->lanes[lanes];
        size_t       count = batch->starts[host + 1] - batch->starts[host];
        if (count == 0)
            continue;
        lane->batch = batch;
        lane->order = batch->order + batch->starts[host];
        lane->space = NULL;
        mc__exchange_init(&lane->exchange, batch->results ? &reading_ops : &writing_ops, &command, count, batch->keys,
                          lane->order);
        if (count >= QUIET_FROM && may_be_quiet) {
            lane->exchange.command.quiet = true;
            lane->exchange.window = window_of(batch);
        }
        mc__call_init(&batch->calls[lanes++], batch->roster->hosts[host], &lane->exchange, batch->verdicts[host] == PROBED);
        if (batch->verdicts[host] == PROBED)
            batch->verdicts[host] = USABLE;
    }
    return lanes;
}

static void mark_failed(struct batch *batch, const mc__host *host) {
    for (size_t i = 0; i < batch->roster->host_count; i++) {
        if (batch->roster->hosts[i] == host)
            batch->verdicts[i] = FAILED;
    }
}

/* What of a lane has no answer is settled, or pending again where another host may be asked. */
static void close_lane(struct batch *batch, struct lane *lane, const mc__call *call) {
    mc__exchange *exchange = &lane->exchange;

    if (exchange->answered == exchange->count && exchange->again == 0)
        return;
    mc__fail_at(mc__call_sent_status(call), call->host, batch->verb,
                key_of(batch, lane->order[exchange->again > 0 ? 0 : exchange->answered]), call->reason);
    if (call->may_move)
        mark_failed(batch, call->host);
    for (size_t i = 0; i < exchange->again; i++)
        settle(batch, lane->order[i], mc__call_sent_status(call));
    for (; exchange->answered < exchange->count; exchange->answered++) {
        size_t key = lane->order[exchange->answered];
        if (exchange->answered < exchange->sent)
            settle(batch, key, mc__call_sent_status(call));
        else if (call->may_move)
            batch->pending[batch->pending_count++] = key;
        else
            settle(batch, key, mc__call_unsent_status(call));
    }
}

static void gather(struct batch *batch) {
    size_t lanes = open_lanes(batch);

    mc__calls_run(batch->calls, lanes, batch->deadline);
    batch->pending_count = 0;
    for (size_t i = 0; i < lanes; i++)
        close_lane(batch, &batch->lanes[i], &batch->calls[i]);
}

/* Each round but the last loses a host, so there are no more rounds than hosts and one. */
static void run_rounds(struct batch *batch) {
    check_all(batch);
    if (batch->entries && batch->client->core->options.compress_above > 0)
        pack(batch);
    scatter(batch);
    while (batch->pending_count > 0) {
        gather(batch);
        if (batch->pending_count == 0)
            break;
        batch->now = mc__time_now();
        scatter(batch);
    }
}

static mc_status run(struct batch *batch) {
    mc__roster *roster = mc__client_roster(batch->client);

    batch->roster = roster;
    if (!allocate(batch)) {
        mc__roster_release(roster);
        if (batch->results)
            batch->results->count = 0;
        return mc__fail(MC_NO_MEMORY, "out of memory for %zu keys", batch->count);
    }
    batch->now = mc__time_now();
    batch->deadline = mc__deadline_after_ms(batch->now, batch->client->timeout_ms);
    if (batch->entries)
        mc__packing_init(&batch->packing, batch->entries, batch->count);
    run_rounds(batch);
    if (batch->entries)
        mc__packing_free(&batch->packing);
    if (batch->inflated.data)
        mc__buffer_free(&batch->inflated);
    mc__scratch_give(&batch->client->core->scratch, batch->scratch);
    mc__roster_release(roster);
    return batch->partial ? MC_PARTIAL : MC_OK;
}

/* ----------------------------------------------------------------------------------------------------- the commands -- */

/* Field by field: compilers zero what is as large as this in a way that takes longer. */
static void begin(struct batch *batch, const mc_client *client, mc__verb verb, const mc_slice *keys, size_t count) {
    batch->client = client;
    batch->verb = verb;
    batch->count = count;
    batch->keys = keys;
    batch->entries = NULL;
    batch->results = NULL;
    batch->statuses = NULL;
    batch->partial = false;
    batch->value_bytes = 0;
    batch->inflated = (mc__buffer){0};
}

static mc_status get_multi(mc_client *client, mc__verb verb, const mc_slice *keys, size_t count, mc_results *results) {
    struct batch batch;

    begin(&batch, client, verb, keys, count);
    batch.results = results;
    if (!client || !results || (!keys && count > 0))
        return mc__fail(MC_BAD_ARGUMENT, "client, keys or results is NULL");
    if (!mc__results_begin(results, count))
        return mc__fail(MC_NO_MEMORY, "out of memory for %zu results", count);
    return count > 0 ? run(&batch) : MC_OK;
}

mc_status mc_get_multi(mc_client *client, const mc_slice *keys, size_t count, mc_results *results) {
    return get_multi(client, MC__VERB_GET, keys, count, results);
}

mc_status mc_gets_multi(mc_client *client, const mc_slice *keys, size_t count, mc_results *results) {
    return get_multi(client, MC__VERB_GETS, keys, count, results);
}

mc_status mc_set_multi(mc_client *client, mc_entry *entries, size_t count) {
    struct batch batch;

    begin(&batch, client, MC__VERB_SET, NULL, count);
    batch.entries = entries;
    if (!client || (!entries && count > 0))
        return mc__fail(MC_BAD_ARGUMENT, "client or entries is NULL");
    batch.now_s = mc__wall_clock_s();
    return count > 0 ? run(&batch) : MC_OK;
}

mc_status mc_delete_multi(mc_client *client, const mc_slice *keys, size_t count, mc_status *statuses) {
    struct batch batch;

    begin(&batch, client, MC__VERB_DELETE, keys, count);
    batch.statuses = statuses;
    if (!client || (!keys && count > 0))
        return mc__fail(MC_BAD_ARGUMENT, "client or keys is NULL");
    return count > 0 ? run(&batch) : MC_OK;
}
