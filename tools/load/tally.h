/* What has become of the calls of a load. Plain data: starts as zeros; one thread at a time. */
#ifndef MC_LOAD_TALLY_H
#define MC_LOAD_TALLY_H

#include "measure/histogram.h"

#include <mcclient/mcclient.h>

#define LOAD_STATUS_MAX 64

typedef struct load_tally {
    measure_histogram gets, sets; /* the times of calls that were answered */
    uint64_t          keys, hits, misses, wrong, errors;
    uint64_t          statuses[LOAD_STATUS_MAX]; /* of errors: how often each */
    char              last_error[512];           /* in words; "" without one */
} load_tally;

/* Adds what another has counted. */
void load_tally_merge(load_tally *tally, const load_tally *other);

/* Counts a key whose status is no answer of a server. */
void load_tally_add_error(load_tally *tally, mc_status status);

/* The exit status for what was counted. */
int load_tally_exit(const load_tally *tally);

#endif
