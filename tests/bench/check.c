#include "bench/check.h"

#include "bench/basics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define CONNECTS_MAX 20
#define COUNTER_START 1000000000u

static bool call_all(const bench_adapter *adapter, void *session, unsigned batches) {
    for (unsigned batch = 0; batch < batches; batch++)
        if (!adapter->call(session, batch))
            return false;
    return true;
}

static bool reads_well(const bench_adapter *adapter, void *session, bench_data *data) {
    unsigned batches = data->batches;
    bool     good;

    if (data->work->operation == BENCH_CONNECT && batches > CONNECTS_MAX)
        batches = CONNECTS_MAX;
    bench_data_fill(data);
    data->checking = true;
    data->seen = 0;
    good = call_all(adapter, session, batches) && data->seen == (uint64_t)batches * data->work->keys;
    data->checking = false;
    return good;
}

static bool counts_well(const bench_adapter *adapter, void *session, bench_data *data) {
    bench_data_fill(data);
    for (unsigned batch = 0; batch < data->batches; batch++)
        for (unsigned time = 1; time <= 2; time++)
            if (!adapter->call(session, batch) || data->number != COUNTER_START + time)
                return false;
    return true;
}

static bool does_well(const bench_adapter *adapter, void *session, bench_data *data) {
    switch (data->work->operation) {
    case BENCH_SET:
    case BENCH_SET_MULTI:
        bench_data_spoil(data);
        return !bench_data_is_there(data) && call_all(adapter, session, data->batches) && bench_data_is_there(data);
    case BENCH_DELETE_MULTI:
        bench_data_fill(data);
        return bench_data_is_there(data) && call_all(adapter, session, data->batches) && bench_data_is_gone(data);
    case BENCH_INCR:
        return counts_well(adapter, session, data);
    default:
        return reads_well(adapter, session, data);
    }
}

void bench_check(const bench_adapter *adapter, bench_data *data) {
    void *session = adapter->open(data, NULL);
    bool  good = does_well(adapter, session, data);
    char  text[128];

    adapter->close(session);
    snprintf(text, sizeof text, "%s: %s: what came of it is wrong", adapter->name, data->work->name);
    errno = 0;
    if (!good)
        bench_fail(text);
    bench_data_fill(data);
}
