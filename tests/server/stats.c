#include "server/stats.h"

#include "server/command.h"
#include "server/listener.h"
#include "server/stats_groups.h"
#include "server/worker.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static const char *const counter_names[] = {
#define COUNTER_TEXT(name) #name,
    MCS__COUNTERS(COUNTER_TEXT)
#undef COUNTER_TEXT
};

void mcs__stat(mcs__report *report, const char *name, const char *format, ...) {
    char    line[512];
    int     len = snprintf(line, sizeof line, "STAT %s ", name);
    va_list arguments;

    va_start(arguments, format);
    len += vsnprintf(line + len, sizeof line - (size_t)len - 2, format, arguments);
    va_end(arguments);
    if (len > (int)sizeof line - 3)
        len = (int)sizeof line - 3;
    memcpy(line + len, "\r\n", 2);
    mcs__output_text(report->output, mc_bytes(line, (size_t)len + 2));
}

void mcs__stat_number(mcs__report *report, const char *name, uint64_t number) {
    mcs__stat(report, name, "%llu", (unsigned long long)number);
}

/* --------------------------------------------------------------------------------------------------------- counters -- */

static void sum_counters(mc_server *server, uint64_t sums[MCS__COUNTER_COUNT]) {
    memset(sums, 0, MCS__COUNTER_COUNT * sizeof *sums);
    for (unsigned i = 0; i < server->options.threads; i++)
        for (size_t j = 0; j < MCS__COUNTER_COUNT; j++)
            sums[j] += atomic_load_explicit(&server->workers[i].counters.counts[j], memory_order_relaxed);
}

static void take_baseline(mc_server *server, mcs__ms now, mcs__baseline *baseline) {
    sum_counters(server, baseline->counts);
    mcs__store_totals_get(server->store, now, &baseline->store);
    baseline->connections_total = atomic_load(&server->connections_total);
    baseline->connections_rejected = atomic_load(&server->connections_rejected);
    baseline->listen_disabled = atomic_load(&server->listen_disabled);
}

/* The counts since the start or the last `stats reset`; the store's items, bytes and buckets are what is there now. */
static void counts_now(mcs__report *report, mcs__baseline *counts) {
    const mcs__baseline *before = &report->server->baseline;

    take_baseline(report->server, report->now, counts);
    pthread_mutex_lock(&report->server->baseline_lock);
    for (size_t i = 0; i < MCS__COUNTER_COUNT; i++)
        counts->counts[i] -= before->counts[i];
    counts->store.stored -= before->store.stored;
    counts->store.evictions -= before->store.evictions;
    counts->store.evicted_unfetched -= before->store.evicted_unfetched;
    counts->store.reclaimed -= before->store.reclaimed;
    counts->store.expired_unfetched -= before->store.expired_unfetched;
    counts->store.found_expired -= before->store.found_expired;
    counts->connections_total -= before->connections_total;
    counts->connections_rejected -= before->connections_rejected;
    counts->listen_disabled -= before->listen_disabled;
    pthread_mutex_unlock(&report->server->baseline_lock);
}

static void stats_reset(mcs__report *report) {
    mcs__baseline baseline;

    take_baseline(report->server, report->now, &baseline);
    pthread_mutex_lock(&report->server->baseline_lock);
    report->server->baseline = baseline;
    pthread_mutex_unlock(&report->server->baseline_lock);
    mcs__prefixes_clear(&report->server->prefixes);
    mcs__output_text(report->output, MC__LITERAL("RESET\r\n"));
}

/* ---------------------------------------------------------------------------------------------------------- general -- */

static void stats_process(mcs__report *report) {
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    mcs__stat_number(report, "pid", (uint64_t)getpid());
    mcs__stat_number(report, "uptime", (uint64_t)(report->now - report->server->started) / 1000);
    mcs__stat_number(report, "time", (uint64_t)time(NULL));
    mcs__stat(report, "version", "%s", MC_SERVER_VERSION);
    mcs__stat(report, "libevent", "%s", event_get_version());
    mcs__stat_number(report, "pointer_size", 8 * sizeof(void *));
    mcs__stat(report, "rusage_user", "%ld.%06ld", (long)usage.ru_utime.tv_sec, (long)usage.ru_utime.tv_usec);
    mcs__stat(report, "rusage_system", "%ld.%06ld", (long)usage.ru_stime.tv_sec, (long)usage.ru_stime.tv_usec);
}

static void stats_connections(mcs__report *report, const mcs__baseline *counts) {
    mc_server *server = report->server;

    mcs__stat_number(report, "max_connections", server->options.max_connections);
    mcs__stat_number(report, "curr_connections", atomic_load(&server->connections));
    mcs__stat_number(report, "total_connections", counts->connections_total);
    mcs__stat_number(report, "rejected_connections", counts->connections_rejected);
    mcs__stat_number(report, "connection_structures", atomic_load(&server->connections));
    mcs__stat_number(report, "listen_disabled_num", counts->listen_disabled);
    mcs__stat_number(report, "accepting_conns", 1);
}

static void stats_store(mcs__report *report, const mcs__store_totals *totals) {
    mcs__stat_number(report, "hash_bytes", totals->buckets * sizeof(void *));
    mcs__stat_number(report, "get_expired", totals->found_expired);
    mcs__stat_number(report, "expired_unfetched", totals->expired_unfetched);
    mcs__stat_number(report, "evicted_unfetched", totals->evicted_unfetched);
    mcs__stat_number(report, "bytes", totals->bytes);
    mcs__stat_number(report, "curr_items", totals->items);
    mcs__stat_number(report, "total_items", totals->stored);
    mcs__stat_number(report, "evictions", totals->evictions);
    mcs__stat_number(report, "reclaimed", totals->reclaimed);
}

/* What memcached counts and what never happens here; programs that watch servers ask for some of them by name. */
static void stats_never(mcs__report *report) {
    static const char *const names[] = {
        "response_obj_oom",
        "read_buf_oom",
        "get_flushed",
        "auth_cmds",
        "auth_errors",
        "hash_is_expanding",
        "malloc_fails",
        "slab_reassign_running",
        "slabs_moved",
        "slab_global_page_pool",
        "slab_reassign_rescues",
        "slab_reassign_busy_items",
        "lru_crawler_running",
        "lru_crawler_starts",
        "lru_maintainer_juggles",
        "crawler_reclaimed",
        "crawler_items_checked",
        "lrutail_reflocked",
        "moves_to_cold",
        "moves_to_warm",
        "moves_within_lru",
        "direct_reclaims",
        "lru_bumps_dropped",
        "log_worker_dropped",
        "log_watcher_skipped",
        "log_watchers",
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        mcs__stat_number(report, names[i], 0);
}

static void stats_general(mcs__report *report) {
    mcs__baseline counts;

    counts_now(report, &counts);
    stats_process(report);
    stats_connections(report, &counts);
    for (size_t i = 0; i < MCS__COUNTER_COUNT; i++)
        mcs__stat_number(report, counter_names[i], counts.counts[i]);
    mcs__stat_number(report, "limit_maxbytes", mcs__store_limit(report->server->store));
    mcs__stat_number(report, "threads", report->server->options.threads);
    stats_store(report, &counts.store);
    stats_never(report);
}

/* -------------------------------------------------------------------------------------------------------- settings -- */

static const char *yes_if(bool yes) {
    return yes ? "yes" : "no";
}

static const char *protocol_name(const mc_server_options *options) {
    return options->ascii_only ? "ascii" : options->binary_only ? "binary" : "auto-negotiate";
}

static void stats_settings(mcs__report *report) {
    const mc_server         *server = report->server;
    const mc_server_options *options = &server->options;
    const char              *path = server->listener ? mcs__listener_unix_path(server->listener) : NULL;

    mcs__stat_number(report, "maxbytes", mcs__store_limit(server->store));
    mcs__stat_number(report, "maxconns", options->max_connections);
    mcs__stat_number(report, "tcpport", server->port);
    mcs__stat_number(report, "udpport", 0);
    mcs__stat_number(report, "verbosity", (uint64_t)atomic_load(&server->verbosity));
    mcs__stat(report, "evictions", "%s", options->no_evictions ? "off" : "on");
    mcs__stat(report, "domain_socket", "%s", path ? path : "NULL");
    mcs__stat(report, "umask", "%o", options->unix_mode);
    mcs__stat_number(report, "num_threads", options->threads);
    mcs__stat(report, "detail_enabled", "%s", yes_if(atomic_load(&server->prefixes.enabled)));
    mcs__stat(report, "cas_enabled", "%s", yes_if(!options->no_cas));
    mcs__stat_number(report, "tcp_backlog", (uint64_t)options->backlog);
    mcs__stat(report, "binding_protocol", "%s", protocol_name(options));
    mcs__stat(report, "auth_enabled_sasl", "no");
    mcs__stat(report, "auth_enabled_ascii", "no");
    mcs__stat_number(report, "item_size_max", options->max_item_size);
    mcs__stat(report, "maxconns_fast", "yes");
    mcs__stat(report, "flush_enabled", "%s", yes_if(!options->no_flush_all));
    mcs__stat(report, "dump_enabled", "yes");
    mcs__stat_number(report, "idle_timeout", 0);
    mcs__stat(report, "shutdown_command", "%s", yes_if(options->shutdown_enabled));
    mcs__stat(report, "track_sizes", "%s", yes_if(atomic_load(&server->sizes_enabled)));
}

/* -------------------------------------------------------------------------------------------------------- the groups -- */

static void stats_detail(mcs__report *report, mc_slice how) {
    mcs__prefixes *prefixes = &report->server->prefixes;
    bool           on = mc__slice_equal(how, MC__LITERAL("on"));

    if (on || mc__slice_equal(how, MC__LITERAL("off"))) {
        atomic_store(&prefixes->enabled, on);
        mcs__output_text(report->output, MC__LITERAL("OK\r\n"));
    } else if (mc__slice_equal(how, MC__LITERAL("dump"))) {
        mcs__prefixes_tell(prefixes, report->output);
        mcs__output_text(report->output, MC__LITERAL("END\r\n"));
    } else {
        mcs__output_text(report->output, MC__LITERAL("CLIENT_ERROR usage: stats detail on|off|dump\r\n"));
    }
}

/* The groups that are lines with an END behind. */
static const struct {
    const char *name;
    void (*tell)(mcs__report *report);
} groups[] = {
    {"", stats_general},         {"settings", stats_settings}, {"items", mcs__stats_items},
    {"slabs", mcs__stats_slabs}, {"sizes", mcs__stats_sizes},  {"conns", mcs__stats_conns},
};

void mcs__stats(mc_server *server, mc_slice words, mcs__ms now, mcs__output *output) {
    mcs__report report = {.server = server, .now = now, .output = output};
    mc_slice    what = mcs__word_take(&words);

    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        if (mc__slice_equal(what, mc_str(groups[i].name))) {
            groups[i].tell(&report);
            mcs__output_text(output, MC__LITERAL("END\r\n"));
            return;
        }
    }
    if (mc__slice_equal(what, MC__LITERAL("reset")))
        stats_reset(&report);
    else if (mc__slice_equal(what, MC__LITERAL("sizes_enable")) || mc__slice_equal(what, MC__LITERAL("sizes_disable")))
        mcs__stats_track_sizes(&report, what.len == sizeof "sizes_enable" - 1);
    else if (mc__slice_equal(what, MC__LITERAL("detail")))
        stats_detail(&report, mcs__word_take(&words));
    else if (mc__slice_equal(what, MC__LITERAL("cachedump")))
        mcs__stats_cachedump(&report, words);
    else
        mcs__output_text(output, MC__LITERAL("ERROR\r\n"));
}
