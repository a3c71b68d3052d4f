/* What one thread of the chaos does with the client: writes to keys of its own, reads everybody's, and judges it all. */
#ifndef MC_FAULTS_CHAOS_WORKER_H
#define MC_FAULTS_CHAOS_WORKER_H

#include "support/ledger.h"

#include <stdatomic.h>

#define CHAOS_TIMEOUT_MS 250
#define CHAOS_OWN_KEYS 8
#define CHAOS_STATUSES 64

/* What is known of all calls. Each thread has its own; they are added up in the end. */
typedef struct chaos_tally {
    unsigned long calls, late; /* late: ended more than 50 ms after the deadline */
    double        worst_ms;    /* the latest after the deadline */
    unsigned long statuses[CHAOS_STATUSES];
    unsigned long reads, calm_reads, excused; /* judged; with all claims; contradictions that a change explains */
    unsigned long wrong;
} chaos_tally;

void chaos_add(chaos_tally *sum, const chaos_tally *tally);

typedef struct chaos_worker {
    mc_client         *client;
    mc_client         *hurried; /* a view with hurried_ms for a call, for some of the single calls; NULL: none */
    int                hurried_ms;
    ledger_key        *keys; /* everybody's */
    size_t             key_count, first_own;
    const atomic_bool *over;
    uint64_t           random;
    chaos_tally        tally;
} chaos_worker;

/* Works until it is over. */
void chaos_work(chaos_worker *worker);

/* Works a number of calls, on its own keys alone: for a child, who must not touch locks that others may hold. */
void chaos_work_alone(chaos_worker *worker, size_t steps);

/* Writes and reads each of its own keys once, which must work; returns how many did not. */
size_t chaos_check_own(chaos_worker *worker);

#endif
