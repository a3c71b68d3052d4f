/* Commands counted by what their keys have before a colon: `stats detail` (protocol.txt, "General-purpose statistics"). */
#ifndef MC_SERVER_STATS_PREFIX_H
#define MC_SERVER_STATS_PREFIX_H

#include "server/output.h"

#include <pthread.h>

typedef enum mcs__prefix_event { MCS__PREFIX_MISS, MCS__PREFIX_HIT, MCS__PREFIX_SET, MCS__PREFIX_DELETE } mcs__prefix_event;

typedef struct mcs__prefix {
    uint64_t counts[MCS__PREFIX_DELETE + 1]; /* by event */
    uint8_t  len;
    char     text[MC_KEY_MAX];
} mcs__prefix;

/* Starts as zeros with a lock that is initialised. Any thread may use it. */
typedef struct mcs__prefixes {
    atomic_bool     enabled;
    pthread_mutex_t lock;
    mcs__prefix    *items; /* sorted by text */
    size_t          count;
} mcs__prefixes;

/* Counts an event on a key that has a prefix. The meta commands are not counted, as in memcached. */
void mcs__prefixes_count_enabled(mcs__prefixes *prefixes, mc_slice key, mcs__prefix_event event);

static inline void mcs__prefixes_count(mcs__prefixes *prefixes, mc_slice key, mcs__prefix_event event) {
    if (atomic_load_explicit(&prefixes->enabled, memory_order_relaxed))
        mcs__prefixes_count_enabled(prefixes, key, event);
}

/* PREFIX <text> get <n> hit <n> set <n> del <n>, a line each; no END. */
void mcs__prefixes_tell(mcs__prefixes *prefixes, mcs__output *output);

/* Forgets all; what is on stays on. */
void mcs__prefixes_clear(mcs__prefixes *prefixes);

#endif
