/*
 * The keys and values of one work, where they belong, and the check of them over connections of its own: what clients read
 * and wrote is compared byte by byte with what is meant here.
 */
#ifndef MC_BENCH_DATA_H
#define MC_BENCH_DATA_H

#include "bench/work.h"

#include <stdint.h>
#include <stdio.h>

typedef struct bench_key {
    char     text[32];
    size_t   len;
    unsigned host; /* (CRC-32 >> 16 & 0x7fff) modulo the number of hosts */
} bench_key;

typedef struct bench_data {
    const bench_work *work;
    const char       *addresses[BENCH_HOSTS_MAX + 1]; /* work->hosts of them, then NULL */
    unsigned          count;                          /* of keys */
    unsigned          batches;                        /* batch i: the work->keys keys from i * work->keys on */
    bench_key        *keys;
    char             *values; /* count of work->value_size bytes each */
    FILE             *to[BENCH_HOSTS_MAX], *from[BENCH_HOSTS_MAX];

    /* While a client is being checked. */
    bool     checking;
    uint64_t seen;   /* values that were handed in and were right */
    uint64_t number; /* what the last incr gave */
} bench_data;

/* Makes keys and values and connects to the hosts at addresses. Freed with bench_data_close. */
void bench_data_open(bench_data *data, const bench_work *work, const char *const *addresses);
void bench_data_close(bench_data *data);

const char *bench_data_value(const bench_data *data, unsigned index);

/* Stores every key with its value; and with another one of the same size, for clients to overwrite. */
void bench_data_fill(const bench_data *data);
void bench_data_spoil(const bench_data *data);

/* Reads every key back: whether each has its value; and whether none is there. */
bool bench_data_is_there(const bench_data *data);
bool bench_data_is_gone(const bench_data *data);

/*
 * A client has read a value of a key, named by its index or, where the client names it, by its text. Nothing unless a check
 * is under way.
 */
void bench_data_saw(bench_data *data, unsigned index, const char *value, size_t len);
void bench_data_saw_key(bench_data *data, const char *key, size_t key_len, const char *value, size_t len);

#endif
