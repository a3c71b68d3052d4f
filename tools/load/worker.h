/* One thread of a load. */
#ifndef MC_LOAD_WORKER_H
#define MC_LOAD_WORKER_H

#include "load/data.h"
#include "load/settings.h"
#include "load/tally.h"

#include <pthread.h>

typedef struct load_worker {
    const load_settings *settings;
    const load_data     *data;
    mc_client           *client;
    uint64_t             turn_ns, calls_max; /* it works until either is reached; 0: is none */
    uint64_t             calls, started_ns, ended_ns;
    uint64_t             random; /* the state of its own numbers */
    load_tally           tally;
    pthread_t            thread;
    /* Its own memory: a call has at most settings->batch keys. */
    uint32_t *numbers;
    char (*texts)[LOAD_KEY_SIZE];
    mc_slice  *keys;
    mc_entry  *entries;
    char      *values;
    mc_value   value;
    mc_results results;
} load_worker;

/* Makes its memory. false: there is none. Settings and data outlive it. */
bool load_worker_make(load_worker *worker, const load_settings *settings, const load_data *data, uint64_t seed);
void load_worker_clear(load_worker *worker);

/* Works for a turn, with client, turn_ns and calls_max as they are, adding to tally. A thread's function: given is the
 * worker. */
void *load_worker_run(void *given);

#endif
