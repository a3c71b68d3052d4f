/* Counters, and what the command `stats` says about them (protocol.txt, "Statistics"). */
#ifndef MC_SERVER_STATS_H
#define MC_SERVER_STATS_H

#include "base/slice.h"
#include "server/mc_server.h"
#include "server/output.h"
#include "server/store.h"

/* Name of the counter, and of its line in `stats`, in the order of their lines. */
#define MCS__COUNTERS(X)                                                                                                    \
    X(cmd_get)                                                                                                              \
    X(cmd_set)                                                                                                              \
    X(cmd_flush)                                                                                                            \
    X(cmd_touch)                                                                                                            \
    X(cmd_meta)                                                                                                             \
    X(get_hits)                                                                                                             \
    X(get_misses)                                                                                                           \
    X(delete_misses)                                                                                                        \
    X(delete_hits)                                                                                                          \
    X(incr_misses)                                                                                                          \
    X(incr_hits)                                                                                                            \
    X(decr_misses)                                                                                                          \
    X(decr_hits)                                                                                                            \
    X(cas_misses)                                                                                                           \
    X(cas_hits)                                                                                                             \
    X(cas_badval)                                                                                                           \
    X(touch_hits)                                                                                                           \
    X(touch_misses)                                                                                                         \
    X(store_too_large)                                                                                                      \
    X(store_no_memory)                                                                                                      \
    X(bytes_read)                                                                                                           \
    X(bytes_written)                                                                                                        \
    X(read_calls)                                                                                                           \
    X(write_calls)                                                                                                          \
    X(conn_yields)

typedef enum mcs__counter {
#define MCS__COUNTER_NAME(name) MCS__##name,
    MCS__COUNTERS(MCS__COUNTER_NAME)
#undef MCS__COUNTER_NAME
        MCS__COUNTER_COUNT
} mcs__counter;

/* One worker's; only its thread writes them, any thread reads them. */
typedef struct mcs__counters {
    _Atomic uint64_t counts[MCS__COUNTER_COUNT];
} mcs__counters;

static inline void mcs__count_many(mcs__counters *counters, mcs__counter counter, uint64_t by) {
    uint64_t count = atomic_load_explicit(&counters->counts[counter], memory_order_relaxed);

    atomic_store_explicit(&counters->counts[counter], count + by, memory_order_relaxed);
}

static inline void mcs__count(mcs__counters *counters, mcs__counter counter) {
    mcs__count_many(counters, counter, 1);
}

/* What the counts were at the last `stats reset`; the lines show the difference. */
typedef struct mcs__baseline {
    uint64_t          counts[MCS__COUNTER_COUNT];
    mcs__store_totals store;
    uint64_t          connections_total, connections_rejected, listen_disabled;
} mcs__baseline;

/* Answers `stats` with the words that follow it. */
void mcs__stats(mc_server *server, mc_slice words, mcs__ms now, mcs__output *output);

#endif
