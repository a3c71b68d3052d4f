#include "server/command.h"
#include "server/stats_groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SIZE_STEP 32
#define DUMP_MAX ((size_t)2 << 20)
#define CLASSES 64 /* of sizes, that memcached has; here all items are in the first */

static size_t counted_size(const mcs__item *item) {
    return MCS__ITEM_OVERHEAD + (size_t)item->key_len + item->value_len;
}

/* ------------------------------------------------------------------------------------------------------ items, slabs -- */

static void find_oldest(const mcs__item *item, void *arg) {
    mcs__ms *oldest = arg;

    if (item->used < *oldest)
        *oldest = item->used;
}

void mcs__stats_items(mcs__report *report) {
    mcs__store_totals totals;
    mcs__ms           oldest = report->now;

    mcs__store_totals_get(report->server->store, report->now, &totals);
    if (totals.items == 0)
        return;
    mcs__store_each(report->server->store, report->now, find_oldest, &oldest);
    mcs__stat_number(report, "items:1:number", totals.items);
    mcs__stat_number(report, "items:1:age", (uint64_t)(report->now - oldest) / 1000);
    mcs__stat_number(report, "items:1:mem_requested", totals.bytes);
    mcs__stat_number(report, "items:1:evicted", totals.evictions);
    mcs__stat_number(report, "items:1:evicted_unfetched", totals.evicted_unfetched);
    mcs__stat_number(report, "items:1:reclaimed", totals.reclaimed);
    mcs__stat_number(report, "items:1:expired_unfetched", totals.expired_unfetched);
}

void mcs__stats_slabs(mcs__report *report) {
    mcs__store_totals totals;

    mcs__store_totals_get(report->server->store, report->now, &totals);
    if (totals.items > 0) {
        mcs__stat_number(report, "1:used_chunks", totals.items);
        mcs__stat_number(report, "1:mem_requested", totals.bytes);
    }
    mcs__stat_number(report, "active_slabs", totals.items > 0 ? 1 : 0);
    mcs__stat_number(report, "total_malloced", mcs__store_used(report->server->store));
}

/* ------------------------------------------------------------------------------------------------------------- sizes -- */

typedef struct histogram {
    uint64_t *counts;
    size_t    steps;
} histogram;

static void count_size(const mcs__item *item, void *arg) {
    histogram *sizes = arg;
    size_t     step = (counted_size(item) + SIZE_STEP - 1) / SIZE_STEP;

    sizes->counts[step < sizes->steps ? step : sizes->steps - 1]++;
}

void mcs__stats_sizes(mcs__report *report) {
    histogram sizes = {.steps = report->server->options.max_item_size / SIZE_STEP + 2};

    if (!atomic_load(&report->server->sizes_enabled)) {
        mcs__stat(report, "sizes_status", "disabled");
        return;
    }
    sizes.counts = calloc(sizes.steps, sizeof *sizes.counts);
    if (!sizes.counts) {
        mcs__stat(report, "sizes_status", "error");
        mcs__stat(report, "sizes_error", "no_memory");
        return;
    }
    mcs__store_each(report->server->store, report->now, count_size, &sizes);
    for (size_t i = 0; i < sizes.steps; i++) {
        char name[24];
        snprintf(name, sizeof name, "%zu", i * SIZE_STEP);
        if (sizes.counts[i] > 0)
            mcs__stat_number(report, name, sizes.counts[i]);
    }
    free(sizes.counts);
}

void mcs__stats_track_sizes(mcs__report *report, bool enable) {
    atomic_store(&report->server->sizes_enabled, enable);
    mcs__stat(report, "sizes_status", "%s", enable ? "enabled" : "disabled");
}

/* --------------------------------------------------------------------------------------------------------- cachedump -- */

typedef struct cache_dump {
    mcs__report *report;
    uint64_t     left; /* items that may still be told */
    size_t       start;
} cache_dump;

/* ITEM <key> [<bytes> b; <expiry, in seconds since 1970, 0: never> s] */
static void dump_item(const mcs__item *item, void *arg) {
    cache_dump  *dump = arg;
    mcs__output *output = dump->report->output;
    char        *room;
    long long    expires = 0;
    int          len;

    if (dump->left == 0 || output->pending - dump->start > DUMP_MAX)
        return;
    dump->left--;
    if (item->expires != MCS__NEVER)
        expires = (long long)time(NULL) + (item->expires - dump->report->now) / 1000;
    room = mcs__output_room(output, 512);
    memcpy(room, "ITEM ", 5);
    memcpy(room + 5, item->bytes, item->key_len);
    len = 5 + item->key_len;
    len += sprintf(room + len, " [%u b; %lld s]\r\n", (unsigned)item->value_len, expires);
    mcs__output_commit(output, (size_t)len);
}

void mcs__stats_cachedump(mcs__report *report, mc_slice words) {
    mc_slice   class_word = mcs__word_take(&words);
    mc_slice   limit_word = mcs__word_take(&words);
    uint32_t   class_number, limit;
    cache_dump dump = {.report = report, .start = report->output->pending};

    if (limit_word.len == 0) {
        mcs__output_text(report->output, MC__LITERAL("CLIENT_ERROR bad command line\r\n"));
        return;
    }
    if (!mcs__read_u32(class_word, &class_number) || !mcs__read_u32(limit_word, &limit)) {
        mcs__output_text(report->output, MC__LITERAL("CLIENT_ERROR bad command line format\r\n"));
        return;
    }
    if (class_number >= CLASSES) {
        mcs__output_text(report->output, MC__LITERAL("CLIENT_ERROR Illegal slab id\r\n"));
        return;
    }
    dump.left = limit > 0 ? limit : UINT64_MAX;
    if (class_number == 1)
        mcs__store_each(report->server->store, report->now, dump_item, &dump);
    mcs__output_text(report->output, MC__LITERAL("END\r\n"));
}
