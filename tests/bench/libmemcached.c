/*
 * libmemcached, as programs use it: a handle of its own for each thread, get and mget; it has no command that stores or
 * deletes many keys, so that is a loop. Its CRC hash and its modulo place keys as this library does.
 */
#include "bench/adapter.h"
#include "bench/basics.h"

#include <errno.h>
#include <libmemcached/memcached.h>
#include <stdlib.h>
#include <string.h>

typedef struct session {
    bench_data         *data;
    memcached_st       *client;
    memcached_result_st result;
    const char        **keys;
    size_t             *lens;
} session;

static memcached_st *new_client(const bench_data *data) {
    memcached_st      *client = memcached_create(NULL);
    memcached_return_t status = client ? MEMCACHED_SUCCESS : MEMCACHED_MEMORY_ALLOCATION_FAILURE;

    if (client) {
        memcached_behavior_set(client, MEMCACHED_BEHAVIOR_TCP_NODELAY, 1);
        memcached_behavior_set(client, MEMCACHED_BEHAVIOR_HASH, MEMCACHED_HASH_CRC);
    }
    for (unsigned i = 0; i < data->work->hosts && status == MEMCACHED_SUCCESS; i++) {
        const char *colon = strchr(data->addresses[i], ':');
        if (data->addresses[i][0] == '/')
            status = memcached_server_add_unix_socket(client, data->addresses[i]);
        else
            status = memcached_server_add(client, "127.0.0.1", (in_port_t)strtoul(colon + 1, NULL, 10));
    }
    errno = 0;
    if (status != MEMCACHED_SUCCESS)
        bench_fail("libmemcached cannot be set up");
    return client;
}

static bool get(session *s, unsigned index) {
    size_t             len;
    uint32_t           flags;
    memcached_return_t status;
    char              *value = memcached_get(s->client, s->keys[index], s->lens[index], &len, &flags, &status);

    if (!value)
        return false;
    bench_data_saw(s->data, index, value, len);
    free(value);
    return true;
}

static bool connect_and_get(session *s, unsigned index) {
    bool good;

    s->client = new_client(s->data);
    good = get(s, index);
    memcached_free(s->client);
    s->client = NULL;
    return good;
}

static bool get_multi(session *s, unsigned first) {
    memcached_return_t status;
    unsigned           hits = 0;

    if (memcached_mget(s->client, &s->keys[first], &s->lens[first], s->data->work->keys) != MEMCACHED_SUCCESS)
        return false;
    while (memcached_fetch_result(s->client, &s->result, &status)) {
        bench_data_saw_key(s->data, memcached_result_key_value(&s->result), memcached_result_key_length(&s->result),
                           memcached_result_value(&s->result), memcached_result_length(&s->result));
        hits++;
    }
    return hits == s->data->work->keys;
}

static bool set(session *s, unsigned index) {
    return memcached_set(s->client, s->keys[index], s->lens[index], bench_data_value(s->data, index),
                         s->data->work->value_size, 0, 0) == MEMCACHED_SUCCESS;
}

static bool delete_one(session *s, unsigned index) {
    return memcached_delete(s->client, s->keys[index], s->lens[index], 0) == MEMCACHED_SUCCESS;
}

static bool each(session *s, unsigned first, bool (*one)(session *, unsigned)) {
    for (unsigned i = first; i < first + s->data->work->keys; i++)
        if (!one(s, i))
            return false;
    return true;
}

static bool call(void *opened, unsigned batch) {
    session *s = opened;
    unsigned first = batch * s->data->work->keys;

    switch (s->data->work->operation) {
    case BENCH_GET:
        return get(s, first);
    case BENCH_SET:
        return set(s, first);
    case BENCH_INCR:
        return memcached_increment(s->client, s->keys[first], s->lens[first], 1, &s->data->number) == MEMCACHED_SUCCESS;
    case BENCH_CONNECT:
        return connect_and_get(s, first);
    case BENCH_GET_MULTI:
        return get_multi(s, first);
    case BENCH_SET_MULTI:
        return each(s, first, set);
    case BENCH_DELETE_MULTI:
        return each(s, first, delete_one);
    }
    return false;
}

static void *open_session(bench_data *data, void *first) {
    session *s = bench_allocate(1, sizeof *s);

    (void)first;
    s->data = data;
    s->keys = bench_allocate(data->count, sizeof *s->keys);
    s->lens = bench_allocate(data->count, sizeof *s->lens);
    for (unsigned i = 0; i < data->count; i++) {
        s->keys[i] = data->keys[i].text;
        s->lens[i] = data->keys[i].len;
    }
    if (data->work->operation != BENCH_CONNECT) {
        s->client = new_client(data);
        if (!memcached_result_create(s->client, &s->result))
            bench_fail("memory");
    }
    return s;
}

static void close_session(void *opened) {
    session *s = opened;

    if (s->client) {
        memcached_result_free(&s->result);
        memcached_free(s->client);
    }
    free(s->keys);
    free(s->lens);
    free(s);
}

const bench_adapter bench_libmemcached = {"libmemcached", open_session, call, close_session, NULL};
