#include "bench/counters.h"

#include "bench/basics.h"

#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_counter(struct perf_event_attr *attributes) {
    attributes->size = sizeof *attributes;
    return (int)syscall(SYS_perf_event_open, attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

/* The number of the trace point that every system call comes by; 0 where we may not look. */
static unsigned long long trace_point(void) {
    static const char *const paths[] = {"/sys/kernel/tracing/events/raw_syscalls/sys_enter/id",
                                        "/sys/kernel/debug/tracing/events/raw_syscalls/sys_enter/id"};
    unsigned long long       number = 0;

    for (size_t i = 0; i < sizeof paths / sizeof *paths && number == 0; i++) {
        FILE *file = fopen(paths[i], "re");
        if (file && fscanf(file, "%llu", &number) != 1)
            number = 0;
        if (file)
            fclose(file);
    }
    return number;
}

bench_counters bench_counters_open(void) {
    struct perf_event_attr calls = {.type = PERF_TYPE_TRACEPOINT, .config = trace_point()};
    struct perf_event_attr instructions = {
        .type = PERF_TYPE_HARDWARE, .config = PERF_COUNT_HW_INSTRUCTIONS, .exclude_kernel = 1, .exclude_hv = 1};
    bench_counters counters = {.fds = {-1, -1, -1}, .before = {0}};

    if (calls.config != 0)
        counters.fds[BENCH_SYSTEM_CALLS] = open_counter(&calls);
    counters.fds[BENCH_INSTRUCTIONS] = open_counter(&instructions);
    return counters;
}

void bench_counters_close(bench_counters *counters) {
    for (int cost = 0; cost < BENCH_COSTS; cost++)
        if (counters->fds[cost] >= 0)
            close(counters->fds[cost]);
}

static uint64_t read_counter(const bench_counters *counters, bench_cost cost) {
    uint64_t count = 0;

    if (cost == BENCH_ALLOCATIONS)
        return bench_allocations();
    if (counters->fds[cost] >= 0 && read(counters->fds[cost], &count, sizeof count) != sizeof count)
        bench_fail("reading a counter");
    return count;
}

/* System calls are read last here and first below, so that no read is counted but the one below itself. */
void bench_counters_begin(bench_counters *counters) {
    for (int cost = BENCH_COSTS - 1; cost >= 0; cost--)
        counters->before[cost] = read_counter(counters, (bench_cost)cost);
}

void bench_counters_end(bench_counters *counters, double counts[BENCH_COSTS]) {
    for (int cost = 0; cost < BENCH_COSTS; cost++) {
        double count = (double)(read_counter(counters, (bench_cost)cost) - counters->before[cost]);
        bool   counted = cost == BENCH_ALLOCATIONS || counters->fds[cost] >= 0;
        counts[cost] = !counted ? -1 : cost == BENCH_SYSTEM_CALLS ? count - 1 : count;
    }
}
