/* The works that clients are measured by. */
#ifndef MC_BENCH_WORK_H
#define MC_BENCH_WORK_H

#include <stdbool.h>
#include <stddef.h>

#define BENCH_HOSTS_MAX 32
#define BENCH_THREADS_MAX 32

typedef enum bench_operation {
    BENCH_GET,
    BENCH_SET,
    BENCH_INCR,
    BENCH_CONNECT, /* connect, one get, close */
    BENCH_GET_MULTI,
    BENCH_SET_MULTI,
    BENCH_DELETE_MULTI /* of keys that are there */
} bench_operation;

typedef enum bench_place {
    BENCH_HOSTS,   /* servers with one thread, on the cores that were asked for */
    BENCH_THREADS, /* one server with two threads, any core */
    BENCH_UNIX     /* one server on a unix socket */
} bench_place;

typedef struct bench_work {
    const char     *name;
    bench_operation operation;
    unsigned        keys; /* a call */
    size_t          value_size;
    unsigned        hosts, threads;
    bench_place     place;
    double          goal; /* speed beside raw, client and server on one core (threads: any); 0: none is set */
    /* Of the library, a key: what it took when this was last written down. 0: not stable, for copying large values takes
     * other instructions from machine to machine. */
    double instructions;
} bench_work;

extern const bench_work bench_works[];
extern const size_t     bench_work_count;

/* Whether it reads values. */
bool bench_work_reads(const bench_work *work);

/* How many keys it has in all: more than fit a cache line, fewer than fill a server. */
unsigned bench_work_keys(const bench_work *work);

#endif
