#include "net/host.h"

#include "cluster/hash.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* ------------------------------------------------------------------------------------------------------------- fork -- */

static mc__host *host_of(mc__fork_guard *guard) {
    return (mc__host *)((char *)guard - offsetof(mc__host, guard));
}

static void before_fork(mc__fork_guard *guard) {
    mc__host *host = host_of(guard);

    pthread_mutex_lock(&host->lookup_lock);
    pthread_mutex_lock(&host->health.lock);
    for (size_t i = 0; i < MC__LANES; i++)
        mc__lock_take(&host->pool.lanes[i].lock);
    mc__lock_take(&host->pool.lock);
}

static void after_fork_in_parent(mc__fork_guard *guard) {
    mc__host *host = host_of(guard);

    mc__lock_release(&host->pool.lock);
    for (size_t i = 0; i < MC__LANES; i++)
        mc__lock_release(&host->pool.lanes[i].lock);
    pthread_mutex_unlock(&host->health.lock);
    pthread_mutex_unlock(&host->lookup_lock);
}

static void after_fork_in_child(mc__fork_guard *guard) {
    mc__host   *host = host_of(guard);
    mc__lookup *lookup = host->lookup;

    mc__pool_after_fork(&host->pool);
    host->health.probing = false; /* the prober is a thread of the parent */
    host->lookup = NULL;          /* so may be who looks up */
    after_fork_in_parent(guard);
    mc__lookup_release(lookup);
}

/* ---------------------------------------------------------------------------------------------------- life and end -- */

static bool init_locks(mc__host *host) {
    if (mc__health_init(&host->health) != 0)
        return false;
    if (pthread_mutex_init(&host->lookup_lock, NULL) != 0) {
        mc__health_destroy(&host->health);
        return false;
    }
    mc__pool_init(&host->pool, host->settings->max_connections);
    return true;
}

static void destroy_locks(mc__host *host) {
    pthread_mutex_destroy(&host->lookup_lock);
    mc__health_destroy(&host->health);
    mc__pool_destroy(&host->pool);
}

mc_status mc__host_new(mc__address *address, const mc__net_settings *settings, mc__host **result) {
    mc__host *host = malloc(sizeof *host);

    *result = NULL;
    if (!host)
        return MC_NO_MEMORY;
    *host = (mc__host){.settings = settings}; /* calloc would cost more: glibc's does not take from the thread's cache */
    host->guard = (mc__fork_guard){.prepare = before_fork, .parent = after_fork_in_parent, .child = after_fork_in_child};
    atomic_init(&host->references, 1);
    if (!init_locks(host)) {
        free(host);
        return MC_NO_MEMORY;
    }
    if (mc__fork_register(&host->guard) != MC_OK) {
        destroy_locks(host);
        free(host);
        return MC_NO_MEMORY;
    }
    host->address = *address;
    *address = (mc__address){0};
    host->has_number = mc__endpoint_of(&host->address, &host->number);
    *result = host;
    return MC_OK;
}

mc__host *mc__host_retain(mc__host *host) {
    atomic_fetch_add(&host->references, 1);
    return host;
}

void mc__host_release(mc__host *host) {
    if (!host || atomic_fetch_sub(&host->references, 1) > 1)
        return;
    mc__fork_unregister(&host->guard);
    destroy_locks(host);
    mc__lookup_release(host->lookup);
    mc__address_clear(&host->address);
    free(host);
}

/* --------------------------------------------------------------------------------------------------------- look-up -- */

mc_status mc__host_look_up(mc__host *host, mc__lookup **lookup, int *error) {
    mc_status status = MC_OK;

    pthread_mutex_lock(&host->lookup_lock);
    if (!host->lookup)
        status = mc__lookup_start(&host->address, &host->lookup, error);
    *lookup = status == MC_OK ? mc__lookup_retain(host->lookup) : NULL;
    pthread_mutex_unlock(&host->lookup_lock);
    return status;
}

void mc__host_forget_lookup(mc__host *host, mc__lookup *lookup) {
    bool forgotten = false;

    pthread_mutex_lock(&host->lookup_lock);
    if (host->lookup == lookup) {
        host->lookup = NULL;
        atomic_store(&host->preferred, 0);
        forgotten = true;
    }
    pthread_mutex_unlock(&host->lookup_lock);
    if (forgotten)
        mc__lookup_release(lookup);
}

/* ---------------------------------------------------------------------------------------------------- large values -- */

static unsigned mark_of(mc_slice key) {
    return mc__hash_crc32(key) | MC__LARGE_KEYS; /* never 0 */
}

void mc__host_note_value(mc__host *host, mc_slice key, size_t len) {
    unsigned mark = mark_of(key);
    unsigned at = mark % MC__LARGE_KEYS;

    if (len >= MC__LARGE_VALUE) {
        atomic_store_explicit(&host->large[at], mark, memory_order_relaxed);
        atomic_store_explicit(&host->has_large, true, memory_order_relaxed);
    } else if (atomic_load_explicit(&host->large[at], memory_order_relaxed) == mark) {
        atomic_store_explicit(&host->large[at], 0, memory_order_relaxed);
    }
}

bool mc__host_expects_large_value(const mc__host *host, mc_slice key) {
    unsigned mark = mark_of(key);

    return atomic_load_explicit(&host->large[mark % MC__LARGE_KEYS], memory_order_relaxed) == mark;
}

/* ---------------------------------------------------------------------------------------------------- quiet writes -- */

/* For so long a host that was asked in vain is not asked again. */
#define ASK_AGAIN_AFTER (60000 * MC__MS)

#define REFUSED INT64_MAX

bool mc__host_may_be_quiet(const mc__host *host, mc__time now) {
    return now >= atomic_load_explicit(&host->quiet_from, memory_order_relaxed);
}

static void go_classic(mc__host *host, mc__time until) {
    if (atomic_exchange(&host->quiet_from, until) == 0)
        mc__host_log(host, "does not understand quiet meta commands. Many keys are written the classic way.");
}

void mc__host_refused_quiet(mc__host *host) {
    go_classic(host, REFUSED);
}

void mc__host_ignored_quiet(mc__host *host, mc__time now) {
    go_classic(host, now + ASK_AGAIN_AFTER);
}

void mc__host_lost_connection(mc__host *host) {
    long long refused = REFUSED;

    atomic_compare_exchange_strong(&host->quiet_from, &refused, 0);
}

/* ---------------------------------------------------------------------------------------------------------- health -- */

void mc__host_log(const mc__host *host, const char *text) {
    char message[512];

    if (!host->settings->log)
        return;
    snprintf(message, sizeof message, "%s: %s", host->address.name, text);
    host->settings->log(host->settings->log_arg, message);
}

static void tell_dead(mc__host *host, const char *reason) {
    char text[400];

    atomic_store(&host->quiet_from, 0);
    mc__pool_close_idle(&host->pool);
    snprintf(text, sizeof text, "%s. Marking dead.", reason);
    mc__host_log(host, text);
}

void mc__host_unreachable(mc__host *host, mc__time now, const char *reason) {
    if (mc__health_unreachable(&host->health, now, host->settings->dead_retry_ms))
        tell_dead(host, reason);
}

void mc__host_timed_out(mc__host *host, mc__time now) {
    if (mc__health_timed_out(&host->health, now, host->settings->dead_retry_ms))
        tell_dead(host, "three calls in a row timed out");
}
