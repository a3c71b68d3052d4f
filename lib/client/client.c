#include "client/client.h"

#include "base/status.h"
#include "client/failure.h"
#include "client/options.h"
#include "protocol/key.h"

#include <stddef.h>
#include <stdlib.h>

const char *mc_library_version(void) {
    return MCCLIENT_VERSION;
}

/* So long a socket waits by itself, and no longer than a part of a call's time: until shortly before its end there is no
 * need to poll beside. An answer that takes longer than one of them is a slow one, for which a poll costs nothing. */
#define IO_WAIT_MS 10
#define IO_WAITS 4

static int io_timeout_ms(const mc_options *options) {
    int part_ms = options->timeout_ms / IO_WAITS;

    return part_ms < IO_WAIT_MS ? part_ms : IO_WAIT_MS;
}

/* ------------------------------------------------------------------------------------------------------------- fork -- */

static mc__core *core_of(mc__fork_guard *guard) {
    return (mc__core *)((char *)guard - offsetof(mc__core, guard));
}

static void before_fork(mc__fork_guard *guard) {
    mc__lock_take(&core_of(guard)->lock);
}

static void after_fork_in_parent(mc__fork_guard *guard) {
    mc__lock_release(&core_of(guard)->lock);
}

static void after_fork_in_child(mc__fork_guard *guard) {
    mc__core *core = core_of(guard);

    /* Calls of the parent's other threads are not in the child, so what they counted is not given back there. */
    if (core->roster)
        atomic_store(&core->roster->references, 1);
    mc__lock_release(&core->lock);
}

/* ---------------------------------------------------------------------------------------------------- life and end -- */

/* A client that is no view, and what it shares with its views. */
struct whole_client {
    mc_client client;
    mc__core  core;
};

static void core_clear(mc__core *core) {
    mc__fork_unregister(&core->guard);
    mc__roster_release(core->roster);
    mc__scratch_free(&core->scratch);
}

/* Zeroed memory becomes a core. false: no memory. */
static bool core_init(mc__core *core, const mc_options *options) {
    core->options = *options;
    core->options.key_prefix = NULL;
    core->settings = (mc__net_settings){
        .io_timeout_ms = io_timeout_ms(options),
        .connect_timeout_ms = options->connect_timeout_ms,
        .dead_retry_ms = options->dead_retry_ms,
        .spin_us = options->spin_us,
        .max_connections = options->max_connections,
        .max_value_size = options->max_value_size,
        .flush_on_reconnect = options->flush_on_reconnect,
        .log = options->log,
        .log_arg = options->log_arg,
    };
    core->guard = (mc__fork_guard){.prepare = before_fork, .parent = after_fork_in_parent, .child = after_fork_in_child};
    return mc__fork_register(&core->guard) == MC_OK;
}

static void add_prefix(mc_client *client, const char *prefix) {
    mc_slice bytes = mc_str(prefix);

    if (bytes.len > 0)
        memcpy(client->prefix + client->prefix_len, bytes.data, bytes.len);
    client->prefix_len += bytes.len;
}

mc_client *mc_client_new_with_options(const char *const *hosts, const unsigned *weights, const mc_options *given) {
    struct whole_client *whole;
    mc_options           options;
    mc_client           *client;

    if (mc__options_read(given, &options) != MC_OK)
        return NULL;
    whole = malloc(sizeof *whole);
    if (whole)
        *whole = (struct whole_client){0};
    if (!whole || !core_init(&whole->core, &options)) {
        free(whole);
        mc__tell("out of memory for a client");
        return NULL;
    }
    client = &whole->client;
    client->core = &whole->core;
    client->timeout_ms = options.timeout_ms;
    add_prefix(client, options.key_prefix);
    if (mc_client_set_hosts(client, hosts, weights) != MC_OK) {
        mc_client_free(client);
        return NULL;
    }
    return client;
}

mc_client *mc_client_new(const char *const *hosts, const unsigned *weights) {
    return mc_client_new_with_options(hosts, weights, NULL);
}

mc_client *mc_client_view(mc_client *client, const mc_view *given) {
    mc_client *result;
    mc_view    view;

    if (!client) {
        mc__tell("client is NULL");
        return NULL;
    }
    if (mc__view_read(given, &view) != MC_OK || mc__prefix_check(view.key_prefix, client->prefix_len) != MC_OK)
        return NULL;
    result = malloc(sizeof *result);
    if (!result) {
        mc__tell("out of memory for a view");
        return NULL;
    }
    *result = *client;
    result->is_view = true;
    add_prefix(result, view.key_prefix);
    if (view.timeout_ms > 0)
        result->timeout_ms = view.timeout_ms;
    if (view.has_route) {
        result->has_route = true;
        result->route = view.route;
    }
    result->noreply = result->noreply || view.noreply;
    return result;
}

void mc_client_free(mc_client *client) {
    if (!client)
        return;
    if (!client->is_view)
        core_clear(client->core);
    free(client); /* which the whole client begins with */
}

/* ------------------------------------------------------------------------------------------------------------ hosts -- */

mc__roster *mc__client_roster(const mc_client *client) {
    mc__core   *core = client->core;
    mc__roster *roster;

    mc__lock_take(&core->lock);
    roster = core->roster;
    if (roster)
        atomic_fetch_add(&roster->references, 1);
    mc__lock_release(&core->lock);
    return roster;
}

/* Two threads that set hosts at once may both take over hosts of the same old list; the later one wins whole. */
mc_status mc_client_set_hosts(mc_client *client, const char *const *hosts, const unsigned *weights) {
    mc__core   *core;
    mc__roster *old, *roster;
    mc_status   status;

    if (!client)
        return mc__fail(MC_BAD_ARGUMENT, "client is NULL");
    core = client->core;
    old = mc__client_roster(client);
    status = mc__roster_new(hosts, weights, &core->options, &core->settings, old, &roster);
    mc__roster_release(old);
    if (status != MC_OK)
        return status;
    mc__lock_take(&core->lock);
    old = core->roster;
    core->roster = roster;
    mc__lock_release(&core->lock);
    mc__roster_release(old);
    return MC_OK;
}

mc__route mc__client_prefixed_route_of(const mc_client *client, const mc__roster *roster, mc_slice key) {
    char whole[MC_KEY_MAX];

    memcpy(whole, client->prefix, client->prefix_len);
    memcpy(whole + client->prefix_len, key.data, key.len);
    return mc__route_of_key(roster->placement, mc_bytes(whole, client->prefix_len + key.len));
}

size_t mc_client_route(const mc_client *client, mc_slice key, size_t *hosts, size_t max) {
    mc__roster *roster;
    mc__route   route;
    size_t      count = 0;

    if (!client || !mc__slice_valid(key) || (!hosts && max > 0)) {
        mc__tell("client or hosts is NULL, or the key has a length without data");
        return 0;
    }
    if (!mc__key_legal(mc__client_prefix(client), key)) {
        mc__fail_bad_key(mc__client_prefix(client), key);
        return 0;
    }
    roster = mc__client_roster(client);
    route = mc__client_route_of(client, roster, key);
    while (count < max) { /* a caller who wants the home alone pays for one hash, not for ten */
        hosts[count++] = mc__route_host(roster->placement, &route);
        if (count == max || !mc__client_route_next(client, roster, &route))
            break;
    }
    mc__roster_release(roster);
    return client->core->options.failover == MC_FAILOVER_REHASH ? MC__ROUTE_TRIES : 1;
}

void mc_client_forget_dead(mc_client *client) {
    mc__roster *roster;

    if (!client)
        return;
    roster = mc__client_roster(client);
    for (size_t i = 0; i < roster->host_count; i++)
        mc__health_forget(&roster->hosts[i]->health);
    mc__roster_release(roster);
}

void mc_client_close_idle(mc_client *client) {
    mc__roster *roster;

    if (!client)
        return;
    roster = mc__client_roster(client);
    for (size_t i = 0; i < roster->host_count; i++)
        mc__pool_close_idle(&roster->hosts[i]->pool);
    mc__roster_release(roster);
}

mc__time mc__client_deadline(const mc_client *client) {
    return mc__deadline_after_ms(mc__time_now(), client->timeout_ms);
}
