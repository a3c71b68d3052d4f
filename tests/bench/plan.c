#include "bench/plan.h"

bool bench_plan_has(const bench_plan *plan, size_t work, size_t adapter) {
    bool (*does)(const bench_work *) = plan->adapters[adapter]->does;

    return !does || does(plan->works[work]);
}

const char *const *bench_plan_addresses(const bench_plan *plan, const bench_work *work) {
    switch (work->place) {
    case BENCH_THREADS:
        return &plan->threads_host;
    case BENCH_UNIX:
        return &plan->unix_host;
    default:
        return plan->hosts;
    }
}

void bench_plan_take_place(const bench_plan *plan, const bench_work *work) {
    bench_run_on(work->place == BENCH_THREADS ? BENCH_CORES_ALL : plan->client_core);
}
