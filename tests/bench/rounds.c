#include "bench/rounds.h"

#include "bench/basics.h"
#include "measure/clock.h"
#include "measure/histogram.h"
#include "measure/quantile.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CALLS_MAX 1000000
#define CONNECTS_MAX 50 /* in a turn: each leaves a port behind for a while */
#define WARM_UP_TURNS 2

typedef struct contestant {
    const bench_adapter *adapter;
    size_t               number; /* in the plan */
    void                *sessions[BENCH_THREADS_MAX];
    measure_histogram    times;
    double               rates[BENCH_ROUNDS_MAX], ratios[BENCH_ROUNDS_MAX]; /* calls a second; beside raw's */
    double               cpu_s, server_s;
    uint64_t             calls;
} contestant;

/* One thread in a turn. */
typedef struct worker {
    const bench_adapter *adapter;
    void                *session;
    pthread_barrier_t   *start; /* NULL: alone */
    measure_histogram   *times;
    unsigned             batch, batches; /* the first one, and how many there are */
    uint64_t             calls_max, calls;
    uint64_t             turn_ns, started_ns, ended_ns;
    bool                 failed;
} worker;

static void *work_through(void *given) {
    worker  *w = given;
    unsigned batch = w->batch;
    uint64_t now, end;

    if (w->start)
        pthread_barrier_wait(w->start);
    now = w->started_ns = measure_now_ns();
    end = now + w->turn_ns;
    while (w->calls < w->calls_max && now < end && !w->failed) {
        uint64_t before = now;
        w->failed = !w->adapter->call(w->session, batch);
        now = measure_now_ns();
        measure_histogram_add(w->times, now - before);
        w->calls++;
        if (++batch == w->batches)
            batch = 0;
    }
    w->ended_ns = now;
    return NULL;
}

static uint64_t calls_max(const bench_data *data) {
    switch (data->work->operation) {
    case BENCH_CONNECT:
        return CONNECTS_MAX;
    case BENCH_DELETE_MULTI:
        return data->batches;
    default:
        return CALLS_MAX;
    }
}

static void work_in_threads(worker *workers, unsigned count) {
    pthread_barrier_t start;
    pthread_t         threads[BENCH_THREADS_MAX];

    pthread_barrier_init(&start, NULL, count);
    for (unsigned i = 0; i < count; i++) {
        workers[i].start = &start;
        if ((errno = pthread_create(&threads[i], NULL, work_through, &workers[i])) != 0)
            bench_fail("pthread_create");
    }
    for (unsigned i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&start);
}

/* Adds up what the workers did; returns calls a second. */
static double add_up(contestant *c, worker *workers, unsigned count, const bench_work *work) {
    uint64_t started = UINT64_MAX, ended = 0, calls = 0;
    char     text[128];

    for (unsigned i = 0; i < count; i++) {
        calls += workers[i].calls;
        started = workers[i].started_ns < started ? workers[i].started_ns : started;
        ended = workers[i].ended_ns > ended ? workers[i].ended_ns : ended;
        measure_histogram_merge(&c->times, workers[i].times);
        if (workers[i].failed) {
            snprintf(text, sizeof text, "%s: %s: a call failed", c->adapter->name, work->name);
            errno = 0;
            bench_fail(text);
        }
    }
    c->calls += calls;
    return (double)calls * 1e9 / (double)(ended - started);
}

static double own_cpu_s(void) {
    struct timespec used;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static double servers_cpu_s(const bench_plan *plan) {
    double sum = 0;

    for (size_t i = 0; i < plan->server_count; i++)
        sum += bench_process_cpu_s(&plan->servers[i]);
    return sum;
}

static double take_turn(const bench_plan *plan, bench_data *data, contestant *c, uint64_t turn_ns) {
    static measure_histogram times[BENCH_THREADS_MAX];
    worker                   workers[BENCH_THREADS_MAX];
    unsigned                 threads = data->work->threads;
    double                   cpu_s, server_s;

    if (data->work->operation == BENCH_DELETE_MULTI)
        bench_data_fill(data);
    memset(times, 0, sizeof *times * threads);
    for (unsigned i = 0; i < threads; i++)
        workers[i] = (worker){.adapter = c->adapter,
                              .session = c->sessions[i],
                              .times = &times[i],
                              .batch = i * (data->batches / threads),
                              .batches = data->batches,
                              .calls_max = calls_max(data),
                              .turn_ns = turn_ns};
    cpu_s = own_cpu_s();
    server_s = servers_cpu_s(plan);
    if (threads == 1)
        work_through(&workers[0]);
    else
        work_in_threads(workers, threads);
    c->cpu_s += own_cpu_s() - cpu_s;
    c->server_s += servers_cpu_s(plan) - server_s;
    return add_up(c, workers, threads, data->work);
}

static void open_all(bench_data *data, contestant *c) {
    for (unsigned i = 0; i < data->work->threads; i++)
        c->sessions[i] = c->adapter->open(data, i > 0 ? c->sessions[0] : NULL);
}

static void close_all(bench_data *data, contestant *c) {
    for (unsigned i = data->work->threads; i > 0; i--)
        c->adapter->close(c->sessions[i - 1]);
}

static void forget_warm_up(contestant *c) {
    c->times = (measure_histogram){0};
    c->cpu_s = c->server_s = 0;
    c->calls = 0;
}

/* Of a client that has no notion of the work. */
static const bench_figures absent = {.us = -1,
                                     .ratio = -1,
                                     .ratio_low = -1,
                                     .ratio_high = -1,
                                     .p50_us = -1,
                                     .p99_us = -1,
                                     .p999_us = -1,
                                     .cpu_us = -1,
                                     .server_us = -1};

/* Every round begins with another client. */
static void play_rounds(const bench_plan *plan, bench_data *data, const bench_pace *pace, contestant *all, size_t count) {
    for (unsigned round = 0; round < pace->rounds; round++) {
        for (size_t i = 0; i < count; i++) {
            contestant *c = &all[(i + round) % count];
            c->rates[round] = take_turn(plan, data, c, pace->turn_ns);
        }
        for (size_t i = 0; i < count; i++)
            all[i].ratios[round] = all[i].rates[round] / all[0].rates[round];
    }
}

static bench_figures figures_of(contestant *c, unsigned rounds, unsigned threads) {
    double calls = (double)c->calls;

    return (bench_figures){.us = 1e6 * threads / measure_median(c->rates, rounds),
                           .ratio = measure_median(c->ratios, rounds),
                           .ratio_low = measure_quantile(c->ratios, rounds, 0.25),
                           .ratio_high = measure_quantile(c->ratios, rounds, 0.75),
                           .p50_us = measure_histogram_quantile(&c->times, 0.5) / 1e3,
                           .p99_us = measure_histogram_quantile(&c->times, 0.99) / 1e3,
                           .p999_us = measure_histogram_quantile(&c->times, 0.999) / 1e3,
                           .cpu_us = c->cpu_s * 1e6 / calls,
                           .server_us = c->server_s * 1e6 / calls};
}

static void enter(const bench_plan *plan, bench_data *data, const bench_pace *pace, contestant *c) {
    open_all(data, c);
    for (unsigned turn = 0; turn < WARM_UP_TURNS; turn++)
        take_turn(plan, data, c, pace->turn_ns / 2);
    forget_warm_up(c);
}

void bench_rounds_run(const bench_plan *plan, size_t work, bench_data *data, const bench_pace *pace,
                      bench_figures *figures) {
    contestant *all = bench_allocate(plan->adapter_count, sizeof *all);
    size_t      count = 0;

    for (size_t a = 0; a < plan->adapter_count; a++) {
        figures[a] = absent;
        if (!bench_plan_has(plan, work, a))
            continue;
        all[count].adapter = plan->adapters[a];
        all[count].number = a;
        enter(plan, data, pace, &all[count++]);
    }
    play_rounds(plan, data, pace, all, count);
    for (size_t i = 0; i < count; i++) {
        figures[all[i].number] = figures_of(&all[i], pace->rounds, data->work->threads);
        close_all(data, &all[i]);
    }
    free(all);
}
