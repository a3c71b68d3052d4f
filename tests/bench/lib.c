/* This library, as programs use it: one client for all threads, values and results reused. */
#include "mcclient/mcclient.h"

#include "bench/adapter.h"
#include "bench/basics.h"

#include <errno.h>
#include <stdlib.h>

int bench_lib_spin_us;

typedef struct session {
    bench_data *data;
    mc_client  *client;
    bool        owner; /* of the client */
    mc_value    value;
    mc_results  results;
    mc_slice   *keys;
    mc_entry   *entries;
    mc_status  *statuses;
} session;

static mc_client *new_client(const bench_data *data) {
    mc_options options = MC_OPTIONS_INIT;

    options.spin_us = bench_lib_spin_us;
    return mc_client_new_with_options(data->addresses, NULL, &options);
}

static bool get(session *s, unsigned index) {
    if (mc_get(s->client, s->keys[index], &s->value) != MC_OK)
        return false;
    bench_data_saw(s->data, index, s->value.data, s->value.len);
    return true;
}

static bool connect_and_get(session *s, unsigned index) {
    bool good;

    s->client = new_client(s->data);
    good = s->client && get(s, index);
    mc_client_free(s->client);
    s->client = NULL;
    return good;
}

static bool get_multi(session *s, unsigned first) {
    unsigned keys = s->data->work->keys;

    if (mc_get_multi(s->client, &s->keys[first], keys, &s->results) != MC_OK)
        return false;
    for (unsigned i = 0; i < keys; i++) {
        const mc_result *result = &s->results.items[i];
        if (result->status != MC_OK)
            return false;
        bench_data_saw(s->data, first + i, result->value.data, result->value.len);
    }
    return true;
}

static bool set_multi(session *s, unsigned first) {
    unsigned keys = s->data->work->keys;

    if (mc_set_multi(s->client, &s->entries[first], keys) != MC_OK)
        return false;
    for (unsigned i = 0; i < keys; i++)
        if (s->entries[first + i].status != MC_OK)
            return false;
    return true;
}

static bool delete_multi(session *s, unsigned first) {
    unsigned keys = s->data->work->keys;

    if (mc_delete_multi(s->client, &s->keys[first], keys, s->statuses) != MC_OK)
        return false;
    for (unsigned i = 0; i < keys; i++)
        if (s->statuses[i] != MC_OK)
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
        return mc_set(s->client, s->keys[first], s->entries[first].value, 0, 0) == MC_OK;
    case BENCH_INCR:
        return mc_incr(s->client, s->keys[first], 1, &s->data->number) == MC_OK;
    case BENCH_CONNECT:
        return connect_and_get(s, first);
    case BENCH_GET_MULTI:
        return get_multi(s, first);
    case BENCH_SET_MULTI:
        return set_multi(s, first);
    case BENCH_DELETE_MULTI:
        return delete_multi(s, first);
    }
    return false;
}

static void *open_session(bench_data *data, void *first) {
    session *s = bench_allocate(1, sizeof *s);

    *s = (session){.data = data, .owner = !first, .value = MC_VALUE_INIT, .results = MC_RESULTS_INIT};
    s->keys = bench_allocate(data->count, sizeof *s->keys);
    s->entries = bench_allocate(data->count, sizeof *s->entries);
    s->statuses = bench_allocate(data->work->keys, sizeof *s->statuses);
    for (unsigned i = 0; i < data->count; i++) {
        s->keys[i] = mc_bytes(data->keys[i].text, data->keys[i].len);
        s->entries[i].key = s->keys[i];
        s->entries[i].value = mc_bytes(bench_data_value(data, i), data->work->value_size);
    }
    if (first)
        s->client = ((session *)first)->client;
    else if (data->work->operation != BENCH_CONNECT)
        s->client = new_client(data);
    errno = 0;
    if (!s->client && data->work->operation != BENCH_CONNECT)
        bench_fail(mc_error_detail());
    return s;
}

static void close_session(void *opened) {
    session *s = opened;

    if (s->owner)
        mc_client_free(s->client);
    mc_value_clear(&s->value);
    mc_results_clear(&s->results);
    free(s->keys);
    free(s->entries);
    free(s->statuses);
    free(s);
}

const bench_adapter bench_lib = {"lib", open_session, call, close_session, NULL};
