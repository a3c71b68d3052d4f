#include "load/tally.h"

#include "cli/outcome.h"

void load_tally_merge(load_tally *tally, const load_tally *other) {
    measure_histogram_merge(&tally->gets, &other->gets);
    measure_histogram_merge(&tally->sets, &other->sets);
    tally->keys += other->keys;
    tally->hits += other->hits;
    tally->misses += other->misses;
    tally->wrong += other->wrong;
    tally->errors += other->errors;
    for (size_t i = 0; i < LOAD_STATUS_MAX; i++)
        tally->statuses[i] += other->statuses[i];
    if (other->last_error[0])
        memcpy(tally->last_error, other->last_error, sizeof tally->last_error);
}

void load_tally_add_error(load_tally *tally, mc_status status) {
    tally->errors++;
    tally->statuses[(unsigned)status % LOAD_STATUS_MAX]++;
}

int load_tally_exit(const load_tally *tally) {
    int exit_status = tally->wrong > 0 ? CLI_REFUSED : CLI_DONE;

    for (size_t i = 0; i < LOAD_STATUS_MAX; i++)
        if (tally->statuses[i] > 0)
            cli_add_status(&exit_status, (mc_status)i);
    return exit_status;
}
