#include "server/stats.h"

#include "server/command.h"
#include "server/connection.h"
#include "server/listener.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

typedef struct stats_report {
    mc_server   *server;
    mcs__ms      now;
    mcs__output *output;
} stats_report;

static const char *const counter_names[] = {
#define COUNTER_TEXT(name) #name,
    MCS__COUNTERS(COUNTER_TEXT)
#undef COUNTER_TEXT
};

__attribute__((format(printf, 3, 4))) static void stat_text(stats_report *report, const char *name, const char *format,
                                                            ...) {
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

static void stat_number(stats_report *report, const char *name, uint64_t number) {
    stat_text(report, name, "%llu", (unsigned long long)number);
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
static void counts_now(stats_report *report, mcs__baseline *counts) {
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
    counts->connections_total -= before->connections_total;
    counts->connections_rejected -= before->connections_rejected;
    counts->listen_disabled -= before->listen_disabled;
    pthread_mutex_unlock(&report->server->baseline_lock);
}

static void stats_reset(stats_report *report) {
    mcs__baseline baseline;

    take_baseline(report->server, report->now, &baseline);
    pthread_mutex_lock(&report->server->baseline_lock);
    report->server->baseline = baseline;
    pthread_mutex_unlock(&report->server->baseline_lock);
    mcs__output_text(report->output, MC__LITERAL("RESET\r\n"));
}

/* ---------------------------------------------------------------------------------------------------------- general -- */

static void stats_process(stats_report *report) {
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    stat_number(report, "pid", (uint64_t)getpid());
    stat_number(report, "uptime", (uint64_t)(report->now - report->server->started) / 1000);
    stat_number(report, "time", (uint64_t)time(NULL));
    stat_text(report, "version", "%s", MC_SERVER_VERSION);
    stat_text(report, "libevent", "%s", event_get_version());
    stat_number(report, "pointer_size", 8 * sizeof(void *));
    stat_text(report, "rusage_user", "%ld.%06ld", (long)usage.ru_utime.tv_sec, (long)usage.ru_utime.tv_usec);
    stat_text(report, "rusage_system", "%ld.%06ld", (long)usage.ru_stime.tv_sec, (long)usage.ru_stime.tv_usec);
}

static void stats_connections(stats_report *report, const mcs__baseline *counts) {
    mc_server *server = report->server;

    stat_number(report, "max_connections", server->options.max_connections);
    stat_number(report, "curr_connections", atomic_load(&server->connections));
    stat_number(report, "total_connections", counts->connections_total);
    stat_number(report, "rejected_connections", counts->connections_rejected);
    stat_number(report, "connection_structures", atomic_load(&server->connections));
    stat_number(report, "listen_disabled_num", counts->listen_disabled);
    stat_number(report, "accepting_conns", 1);
}

static void stats_store(stats_report *report, const mcs__store_totals *totals) {
    stat_number(report, "hash_bytes", totals->buckets * sizeof(void *));
    stat_number(report, "expired_unfetched", totals->expired_unfetched);
    stat_number(report, "evicted_unfetched", totals->evicted_unfetched);
    stat_number(report, "bytes", totals->bytes);
    stat_number(report, "curr_items", totals->items);
    stat_number(report, "total_items", totals->stored);
    stat_number(report, "evictions", totals->evictions);
    stat_number(report, "reclaimed", totals->reclaimed);
}

static void stats_general(stats_report *report) {
    mcs__baseline counts;

    counts_now(report, &counts);
    stats_process(report);
    stats_connections(report, &counts);
    for (size_t i = 0; i < MCS__COUNTER_COUNT; i++)
        stat_number(report, counter_names[i], counts.counts[i]);
    stat_number(report, "limit_maxbytes", mcs__store_limit(report->server->store));
    stat_number(report, "threads", report->server->options.threads);
    stats_store(report, &counts.store);
}

void mcs__stats(mc_server *server, mc_slice words, mcs__ms now, mcs__output *output) {
    stats_report report = {.server = server, .now = now, .output = output};
    mc_slice     what = mcs__word_take(&words);

    if (what.len == 0) {
        stats_general(&report);
    } else if (mc__slice_equal(what, MC__LITERAL("reset"))) {
        stats_reset(&report);
        return;
    } else {
        mcs__output_text(output, MC__LITERAL("ERROR\r\n"));
        return;
    }
    mcs__output_text(output, MC__LITERAL("END\r\n"));
}
