/* A client under measurement: how it does the works. */
#ifndef MC_BENCH_ADAPTER_H
#define MC_BENCH_ADAPTER_H

#include "bench/data.h"

typedef struct bench_adapter {
    const char *name;

    /*
     * A session for one thread. first: the session of the first thread, which outlives it; NULL: this is the first. A client
     * that threads can share shares it. Ends the program when it cannot.
     */
    void *(*open)(bench_data *data, void *first);

    /* One call on one batch. Whether it went as it should: every key a hit, or stored, or deleted. What is read is handed to
     * bench_data_saw, or the number of an incr put into the data, while a check is under way. */
    bool (*call)(void *session, unsigned batch);

    void (*close)(void *session);

    /* Whether it has a notion of such a work at all; NULL: of every one. */
    bool (*does)(const bench_work *work);
} bench_adapter;

extern const bench_adapter bench_raw;         /* the limit: written by hand for just this */
extern const bench_adapter bench_quiet;       /* the same, but for many sets and deletes, which are quiet meta commands */
extern const bench_adapter bench_lib;         /* this library */
extern int                 bench_lib_spin_us; /* its option; set before anything is opened */
extern const bench_adapter bench_libmemcached;
extern const bench_adapter bench_libmc;
extern const bench_adapter bench_mcmc;

#endif
