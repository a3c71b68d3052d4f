/*
 * libmc by its C interface, as Python's and Go's use it: a client of its own for each thread; results belong to the client
 * until they are given back. It places keys on a ring of its own, so what is read from several hosts is stored by it first,
 * and it takes no part in writes to several, which are checked where this library puts them.
 */
#include "bench/adapter.h"
#include "bench/basics.h"

#include <c_client.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 10000

typedef struct session {
    bench_data    *data;
    void          *client;
    const char   **keys, **values;
    size_t        *key_lens, *value_lens;
    const flags_t *flags;
} session;

static void *new_client(const bench_data *data) {
    void       *client = client_create();
    char        names[BENCH_HOSTS_MAX][128];
    const char *hosts[BENCH_HOSTS_MAX];
    uint32_t    ports[BENCH_HOSTS_MAX] = {0};

    for (unsigned i = 0; i < data->work->hosts; i++) {
        char *colon;
        snprintf(names[i], sizeof names[i], "%s", data->addresses[i]);
        hosts[i] = names[i];
        colon = names[i][0] == '/' ? NULL : strchr(names[i], ':');
        if (!colon)
            continue;
        *colon = '\0';
        ports[i] = (uint32_t)strtoul(colon + 1, NULL, 10);
    }
    client_config(client, CFG_POLL_TIMEOUT, TIMEOUT_MS);
    client_config(client, CFG_CONNECT_TIMEOUT, TIMEOUT_MS);
    client_init(client, hosts, ports, data->work->hosts, NULL, 0);
    return client;
}

static bool get(session *s, unsigned first, unsigned count) {
    retrieval_result_t **found = NULL;
    size_t               hits = 0;
    bool                 good = client_get(s->client, &s->keys[first], &s->key_lens[first], count, &found, &hits) == RET_OK;

    for (size_t i = 0; good && i < hits; i++)
        bench_data_saw_key(s->data, found[i]->key, found[i]->key_len, found[i]->data_block, found[i]->bytes);
    client_destroy_retrieval_result(s->client);
    return good && hits == count;
}

static bool connect_and_get(session *s, unsigned index) {
    bool good;

    s->client = new_client(s->data);
    good = get(s, index, 1);
    client_destroy(s->client);
    s->client = NULL;
    return good;
}

/* Whether each of count results is as wanted; gives them back. */
static bool all_are(session *s, message_result_t **results, size_t count, size_t wanted_count,
                    enum message_result_type wanted) {
    bool good = count == wanted_count;

    for (size_t i = 0; good && i < count; i++)
        good = results[i]->type_ == wanted;
    client_destroy_message_result(s->client);
    return good;
}

static bool set(session *s, unsigned first, unsigned count) {
    message_result_t **results = NULL;
    size_t             stored = 0;
    int status = client_set(s->client, &s->keys[first], &s->key_lens[first], s->flags, 0, NULL, false, &s->values[first],
                            &s->value_lens[first], count, &results, &stored);

    return all_are(s, results, stored, count, MSG_STORED) && status == RET_OK;
}

static bool delete_multi(session *s, unsigned first, unsigned count) {
    message_result_t **results = NULL;
    size_t             deleted = 0;
    int status = client_delete(s->client, &s->keys[first], &s->key_lens[first], false, count, &results, &deleted);

    return all_are(s, results, deleted, count, MSG_DELETED) && status == RET_OK;
}

static bool incr(session *s, unsigned index) {
    unsigned_result_t *result = NULL;
    size_t             count = 0;
    bool               good =
        client_incr(s->client, s->keys[index], s->key_lens[index], 1, false, &result, &count) == RET_OK && count == 1;

    if (good)
        s->data->number = result->value;
    client_destroy_unsigned_result(s->client);
    return good;
}

static bool call(void *opened, unsigned batch) {
    session *s = opened;
    unsigned count = s->data->work->keys, first = batch * count;

    switch (s->data->work->operation) {
    case BENCH_GET:
    case BENCH_GET_MULTI:
        return get(s, first, count);
    case BENCH_SET:
    case BENCH_SET_MULTI:
        return set(s, first, count);
    case BENCH_INCR:
        return incr(s, first);
    case BENCH_CONNECT:
        return connect_and_get(s, first);
    case BENCH_DELETE_MULTI:
        return delete_multi(s, first, count);
    }
    return false;
}

/* Where it will look for them. */
static void store_all(session *s) {
    errno = 0;
    for (unsigned i = 0; i < s->data->count; i++)
        if (!set(s, i, 1))
            bench_fail("libmc cannot store");
}

static void *open_session(bench_data *data, void *first) {
    session *s = bench_allocate(1, sizeof *s);

    s->data = data;
    s->keys = bench_allocate(data->count, sizeof *s->keys);
    s->values = bench_allocate(data->count, sizeof *s->values);
    s->key_lens = bench_allocate(data->count, sizeof *s->key_lens);
    s->value_lens = bench_allocate(data->count, sizeof *s->value_lens);
    s->flags = bench_allocate(data->count, sizeof *s->flags);
    for (unsigned i = 0; i < data->count; i++) {
        s->keys[i] = data->keys[i].text;
        s->key_lens[i] = data->keys[i].len;
        s->values[i] = bench_data_value(data, i);
        s->value_lens[i] = data->work->value_size;
    }
    if (data->work->operation != BENCH_CONNECT)
        s->client = new_client(data);
    if (data->work->hosts > 1 && !first)
        store_all(s);
    return s;
}

static void close_session(void *opened) {
    session *s = opened;

    if (s->client)
        client_destroy(s->client);
    free(s->keys);
    free(s->values);
    free(s->key_lens);
    free(s->value_lens);
    free((void *)s->flags);
    free(s);
}

static bool does(const bench_work *work) {
    return work->hosts == 1 || bench_work_reads(work);
}

const bench_adapter bench_libmc = {"libmc", open_session, call, close_session, does};
