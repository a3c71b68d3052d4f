/* What a load is like. */
#ifndef MC_LOAD_SETTINGS_H
#define MC_LOAD_SETTINGS_H

#include "cli/hosts.h"

#include <stdint.h>

#define LOAD_THREADS_MAX 256
#define LOAD_ROUNDS_MAX 1000
#define LOAD_KEYS_MAX 100000000
#define LOAD_BATCH_MAX 10000
#define LOAD_TTL_S 86400 /* of what a load stores, so that it goes even when the program is killed */

typedef struct load_settings {
    cli_hosts   against; /* a second list; empty: none */
    unsigned    threads, rounds;
    unsigned    gets, sets;  /* their ratio; not both 0 */
    uint32_t    keys, batch; /* in all; in a call (1: single commands) */
    size_t      value_size;
    uint64_t    duration_ms; /* of one list; unless count > 0 */
    uint64_t    count;       /* calls of one list; 0: as many as the duration allows */
    const char *plot;        /* a file; NULL: none */
} load_settings;

#define LOAD_SETTINGS_INIT                                                                                                  \
    { .threads = 4, .rounds = 20, .gets = 9, .sets = 1, .keys = 10000, .batch = 1, .value_size = 100, .duration_ms = 5000 }

#endif
