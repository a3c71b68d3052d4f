#include "load/worker.h"

#include "cli/outcome.h"
#include "load/interrupt.h"
#include "measure/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* After an error: a host that refuses connections would be asked a million times a second. */
#define PAUSE_NS 1000000

bool load_worker_make(load_worker *worker, const load_settings *settings, const load_data *data, uint64_t seed) {
    size_t batch = settings->batch;

    *worker = (load_worker){.settings = settings, .data = data, .random = seed};
    worker->numbers = calloc(batch, sizeof *worker->numbers);
    worker->texts = calloc(batch, sizeof *worker->texts);
    worker->keys = calloc(batch, sizeof *worker->keys);
    worker->entries = calloc(batch, sizeof *worker->entries);
    worker->values = calloc(batch, data->value_size > 0 ? data->value_size : 1);
    return worker->numbers && worker->texts && worker->keys && worker->entries && worker->values;
}

void load_worker_clear(load_worker *worker) {
    free(worker->numbers);
    free(worker->texts);
    free(worker->keys);
    free(worker->entries);
    free(worker->values);
    mc_value_clear(&worker->value);
    mc_results_clear(&worker->results);
}

/* Steele, Lea and Flood's SplitMix64. */
static uint64_t next_random(load_worker *worker) {
    uint64_t mixed = worker->random += UINT64_C(0x9e3779b97f4a7c15);

    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

static void choose_keys(load_worker *worker) {
    for (uint32_t i = 0; i < worker->settings->batch; i++) {
        worker->numbers[i] = (uint32_t)(next_random(worker) % worker->settings->keys);
        worker->keys[i] = load_data_key(worker->numbers[i], worker->texts[i]);
    }
}

static void make_values(load_worker *worker) {
    size_t size = worker->data->value_size;

    for (uint32_t i = 0; i < worker->settings->batch; i++) {
        char *value = worker->values + i * size;
        load_data_value(worker->data, worker->numbers[i], (uint32_t)next_random(worker), value);
        worker->entries[i] = (mc_entry){.key = worker->keys[i], .value = mc_bytes(value, size), .ttl_s = LOAD_TTL_S};
    }
}

/* Whether a server has answered for the key; else it is counted as an error. */
static bool is_answered(load_worker *worker, mc_status status) {
    if (cli_exit_of(status) <= CLI_NO)
        return true;
    load_tally_add_error(&worker->tally, status);
    return false;
}

static bool count_read(load_worker *worker, uint32_t i, mc_status status, mc_slice value) {
    load_tally *tally = &worker->tally;

    if (status == MC_OK && load_data_is_value(worker->data, worker->numbers[i], value))
        tally->hits++;
    else if (status == MC_OK)
        tally->wrong++;
    else if (is_answered(worker, status))
        tally->misses++;
    else
        return false;
    return true;
}

static void keep_error(load_worker *worker) {
    snprintf(worker->tally.last_error, sizeof worker->tally.last_error, "%s", mc_error_detail());
}

static uint64_t get(load_worker *worker, bool *answered) {
    uint32_t  batch = worker->settings->batch;
    uint64_t  started_ns = measure_now_ns(), took_ns;
    mc_status status;

    if (batch == 1) {
        status = mc_get(worker->client, worker->keys[0], &worker->value);
        took_ns = measure_now_ns() - started_ns;
        *answered = count_read(worker, 0, status, mc_bytes(worker->value.data, worker->value.len));
    } else {
        status = mc_get_multi(worker->client, worker->keys, batch, &worker->results);
        took_ns = measure_now_ns() - started_ns;
        *answered = worker->results.count == batch || is_answered(worker, status);
        for (uint32_t i = 0; i < worker->results.count; i++)
            *answered &= count_read(worker, i, worker->results.items[i].status, worker->results.items[i].value);
    }
    return took_ns;
}

static uint64_t set(load_worker *worker, bool *answered) {
    uint32_t  batch = worker->settings->batch;
    mc_entry *first = &worker->entries[0];
    uint64_t  started_ns, took_ns;

    make_values(worker);
    started_ns = measure_now_ns();
    if (batch == 1)
        first->status = mc_set(worker->client, first->key, first->value, first->flags, first->ttl_s);
    else
        mc_set_multi(worker->client, worker->entries, batch);
    took_ns = measure_now_ns() - started_ns;
    for (uint32_t i = 0; i < batch; i++)
        *answered &= is_answered(worker, worker->entries[i].status);
    return took_ns;
}

static void call_once(load_worker *worker) {
    const load_settings *settings = worker->settings;
    bool                 reads = next_random(worker) % (settings->gets + settings->sets) < settings->gets;
    bool                 answered = true;
    uint64_t             took_ns;

    choose_keys(worker);
    took_ns = reads ? get(worker, &answered) : set(worker, &answered);
    if (answered) {
        measure_histogram_add(reads ? &worker->tally.gets : &worker->tally.sets, took_ns);
        worker->tally.keys += settings->batch;
        return;
    }
    keep_error(worker);
    nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
}

void *load_worker_run(void *given) {
    load_worker *worker = given;

    worker->calls = 0;
    worker->started_ns = worker->ended_ns = measure_now_ns();
    while ((worker->turn_ns == 0 || worker->ended_ns - worker->started_ns < worker->turn_ns) &&
           (worker->calls_max == 0 || worker->calls < worker->calls_max) && !load_interrupted()) {
        call_once(worker);
        worker->calls++;
        worker->ended_ns = measure_now_ns();
    }
    return NULL;
}
