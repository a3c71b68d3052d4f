/* The groups of `stats` that look at items and connections one by one. */
#ifndef MC_SERVER_STATS_GROUPS_H
#define MC_SERVER_STATS_GROUPS_H

#include "server/server.h"

/* What the lines of one `stats` command are written with. */
typedef struct mcs__report {
    mc_server   *server;
    mcs__ms      now;
    mcs__output *output;
} mcs__report;

/* STAT <name> <value> */
void mcs__stat(mcs__report *report, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
void mcs__stat_number(mcs__report *report, const char *name, uint64_t number);

/* These leave the END to the caller. There are no slabs here: all items count as one class. */
void mcs__stats_items(mcs__report *report);
void mcs__stats_slabs(mcs__report *report);
void mcs__stats_sizes(mcs__report *report);
void mcs__stats_conns(mcs__report *report);

/* `stats sizes_enable` and `sizes_disable`. */
void mcs__stats_track_sizes(mcs__report *report, bool enable);

/* `stats cachedump <class> <limit>`, with its END. */
void mcs__stats_cachedump(mcs__report *report, mc_slice words);

#endif
