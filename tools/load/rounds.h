/* The rounds of a load: in each, every list of hosts has its turn. */
#ifndef MC_LOAD_ROUNDS_H
#define MC_LOAD_ROUNDS_H

#include "load/worker.h"

#define LOAD_SIDES_MAX 2

/* A list of hosts, and how it does. */
typedef struct load_side {
    mc_client *client;
    char      *name;      /* its hosts */
    char       label[40]; /* the same, where there is not much room */
    load_tally tally;
    uint64_t   calls, busy_ns;         /* in turns, and how long those took */
    double     rates[LOAD_ROUNDS_MAX]; /* calls a second in each round that is done */
} load_side;

typedef struct load_rounds {
    const load_settings *settings;
    load_data            data;
    load_side            sides[LOAD_SIDES_MAX];
    size_t               side_count;
    unsigned             done;    /* rounds that every side has been through */
    load_worker         *workers; /* settings->threads of them */
} load_rounds;

/* Plays all rounds, or as many as there are until an interruption. Returns an exit status for what this machine lacks. */
int load_rounds_play(load_rounds *rounds);

#endif
