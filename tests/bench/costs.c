#include "bench/costs.h"

#include "bench/basics.h"
#include "bench/tools.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* Whether costs are counted for a work. */
static bool include(const bench_work *work) {
    return work->threads == 1;
}

static unsigned calls_of(const bench_work *work) {
    if (work->operation == BENCH_CONNECT || work->value_size > 65536)
        return 20;
    return work->keys == 1 ? 200 : work->keys < 1000 ? 30 : 10;
}

__attribute__((noinline)) void bench_mark_begin(void) {
    (void)!access(BENCH_MARK_BEGIN, F_OK);
}

__attribute__((noinline)) void bench_mark_end(void) {
    (void)!access(BENCH_MARK_END, F_OK);
}

static void call_some(const bench_adapter *adapter, void *session, const bench_data *data) {
    char text[128];

    for (unsigned i = 0; i < calls_of(data->work); i++)
        if (!adapter->call(session, i % data->batches)) {
            snprintf(text, sizeof text, "%s: %s: a call failed", adapter->name, data->work->name);
            errno = 0;
            bench_fail(text);
        }
}

/* As many calls before as between the marks: then nothing is new any more. */
static void play_one(const bench_adapter *adapter, bench_data *data, bench_counters *counters, double *counts) {
    void *session = adapter->open(data, NULL);

    bench_data_fill(data);
    call_some(adapter, session, data);
    if (data->work->operation == BENCH_DELETE_MULTI)
        bench_data_fill(data);
    if (counters)
        bench_counters_begin(counters);
    else
        bench_mark_begin();
    call_some(adapter, session, data);
    if (counters)
        bench_counters_end(counters, counts);
    else
        bench_mark_end();
    adapter->close(session);
}

/* costs: NULL where counters is. */
static void play(const bench_plan *plan, bench_counters *counters, bench_costs *costs) {
    double     counts[BENCH_COSTS] = {0};
    bench_data data;

    for (size_t w = 0; w < plan->work_count; w++) {
        if (!include(plan->works[w]))
            continue;
        bench_plan_take_place(plan, plan->works[w]);
        bench_data_open(&data, plan->works[w], bench_plan_addresses(plan, plan->works[w]));
        for (size_t a = 0; a < plan->adapter_count; a++) {
            if (!bench_plan_has(plan, w, a))
                continue;
            play_one(plan->adapters[a], &data, counters, counts);
            for (int cost = 0; costs && cost < BENCH_COSTS; cost++)
                costs->a_call[cost][w][a] = counts[cost] < 0 ? -1 : counts[cost] / calls_of(plan->works[w]);
        }
        bench_data_close(&data);
    }
}

void bench_costs_play(const bench_plan *plan) {
    play(plan, NULL, NULL);
}

/* Puts what a tool has counted, in the order of play(), into costs. */
static bool count_by_tool(const bench_plan *plan, bench_tool *tool, bench_cost cost, bench_costs *costs) {
    double counts[BENCH_WORKS_MAX * BENCH_ADAPTERS_MAX];
    size_t count = tool(plan, counts, sizeof counts / sizeof *counts);
    size_t at = 0;

    for (size_t w = 0; w < plan->work_count; w++)
        for (size_t a = 0; a < plan->adapter_count && include(plan->works[w]); a++)
            if (bench_plan_has(plan, w, a)) {
                costs->a_call[cost][w][a] = at < count ? counts[at] / calls_of(plan->works[w]) : -1;
                at++;
            }
    return count > 0 && at == count;
}

void bench_costs_skip(bench_costs *costs) {
    for (int cost = 0; cost < BENCH_COSTS; cost++)
        for (size_t w = 0; w < BENCH_WORKS_MAX; w++)
            for (size_t a = 0; a < BENCH_ADAPTERS_MAX; a++)
                costs->a_call[cost][w][a] = -1;
}

void bench_costs_count(const bench_plan *plan, bench_costs *costs) {
    bench_counters counters = bench_counters_open();
    bool           has_calls = counters.fds[BENCH_SYSTEM_CALLS] >= 0;
    bool           has_instructions = counters.fds[BENCH_INSTRUCTIONS] >= 0;

    bench_costs_skip(costs);
    play(plan, &counters, costs);
    bench_counters_close(&counters);
    if (!has_calls)
        count_by_tool(plan, bench_strace, BENCH_SYSTEM_CALLS, costs);
    if (!has_instructions)
        count_by_tool(plan, bench_callgrind, BENCH_INSTRUCTIONS, costs);
}

bool bench_costs_count_exactly(const bench_plan *plan, bench_costs *costs) {
    bench_costs_skip(costs);
    return count_by_tool(plan, bench_callgrind, BENCH_INSTRUCTIONS, costs);
}
