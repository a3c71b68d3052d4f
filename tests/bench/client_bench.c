/* This library beside the limit and its peers: see --help. */
#include "bench/basics.h"
#include "bench/chart.h"
#include "bench/check.h"
#include "bench/costs.h"
#include "bench/options.h"
#include "bench/report.h"
#include "bench/ring.h"
#include "measure/progress.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SERVERS_MAX (BENCH_HOSTS_MAX + 2)
#define ROOM 1.15 /* for other compilers and libraries, over what is written down */
#define EXIT_SKIPPED 77

static bench_process servers[SERVERS_MAX];
static char          socket_folder[] = "/tmp/client_bench-XXXXXX";

static const char *const cores_text[] = {
    [BENCH_CORES_SAME] = "client and servers share one core",
    [BENCH_CORES_OWN] = "the client has a core, the servers another",
    [BENCH_CORES_ANY] = "client and servers run on any core",
};

/* --------------------------------------------------------------------------------------------------------- servers -- */

static const char *start_server(bench_plan *plan, const bench_options *options, unsigned threads, int core,
                                const char *path) {
    bench_process *started = &servers[plan->server_count++];

    bench_process_start(started, options->server, threads, core, path);
    return started->address;
}

static unsigned hosts_needed(const bench_plan *plan, bench_place place) {
    unsigned needed = 0;

    for (size_t i = 0; i < plan->work_count; i++)
        if (plan->works[i]->place == place && plan->works[i]->hosts > needed)
            needed = plan->works[i]->hosts;
    return needed;
}

static void start_servers(bench_plan *plan, const bench_options *options) {
    static char path[sizeof socket_folder + 8];
    int         core = BENCH_CORES_ALL;

    plan->servers = servers;
    plan->client_core = options->cores == BENCH_CORES_ANY ? BENCH_CORES_ALL : 0;
    if (options->cores != BENCH_CORES_ANY)
        core = options->cores == BENCH_CORES_OWN && bench_core_count() > 1 ? 1 : 0;
    for (unsigned i = 0; i < hosts_needed(plan, BENCH_HOSTS); i++)
        if (!plan->hosts[i])
            plan->hosts[i] = start_server(plan, options, 1, core, NULL);
    if (!plan->threads_host && hosts_needed(plan, BENCH_THREADS) > 0)
        plan->threads_host = start_server(plan, options, 2, BENCH_CORES_ALL, NULL);
    if (!plan->unix_host && hosts_needed(plan, BENCH_UNIX) > 0) {
        if (!mkdtemp(socket_folder))
            bench_fail(socket_folder);
        snprintf(path, sizeof path, "%s/socket", socket_folder);
        plan->unix_host = start_server(plan, options, 1, core, path);
    }
}

static void stop_servers(void) {
    for (size_t i = 0; i < SERVERS_MAX; i++)
        bench_process_stop(&servers[i]);
    rmdir(socket_folder);
}

/* ----------------------------------------------------------------------------------------------------------- modes -- */

static void write_files(const bench_report *report, const char *folder) {
    char  path[4096];
    FILE *file;

    snprintf(path, sizeof path, "%s/data.tsv", folder);
    file = fopen(path, "we");
    if (!file)
        bench_fail(path);
    bench_report_table(report, file);
    if (fclose(file) != 0)
        bench_fail(path);
    bench_chart_write(report, folder);
}

static void measure_work(const bench_options *options, bench_report *report, size_t w) {
    const bench_plan *plan = report->plan;
    bench_data        data;

    bench_plan_take_place(plan, plan->works[w]);
    bench_data_open(&data, plan->works[w], bench_plan_addresses(plan, plan->works[w]));
    for (size_t a = 0; a < plan->adapter_count; a++)
        if (bench_plan_has(plan, w, a))
            bench_check(plan->adapters[a], &data);
    bench_rounds_run(plan, w, &data, &options->pace, report->figures[w]);
    bench_data_close(&data);
}

static int measure(const bench_options *options, const bench_plan *plan) {
    static bench_report report;

    report.plan = plan;
    report.cores = cores_text[options->cores];
    measure_progress_show(0, plan->work_count, "counting system calls and instructions");
    if (options->count_costs)
        bench_costs_count(plan, &report.costs);
    else
        bench_costs_skip(&report.costs);
    bench_report_head(&report, stdout);
    for (size_t w = 0; w < plan->work_count; w++) {
        measure_progress_show(w, plan->work_count, plan->works[w]->name);
        measure_work(options, &report, w);
        measure_progress_show(plan->work_count, plan->work_count, "");
        bench_report_rows(&report, w, stdout);
    }
    if (options->folder)
        write_files(&report, options->folder);
    return EXIT_SUCCESS;
}

static int check_costs(const bench_plan *plan) {
    static bench_costs costs;
    int                status = EXIT_SUCCESS;

    if (system("valgrind --version >/dev/null 2>&1") != 0) {
        printf("skipped: valgrind is not installed\n");
        return EXIT_SKIPPED;
    }
    errno = 0;
    if (!bench_costs_count_exactly(plan, &costs))
        bench_fail("counting instructions under valgrind failed");
    printf("%-30s %12s %12s\n", "instructions a key", "counted", "at most");
    for (size_t w = 0; w < plan->work_count; w++) {
        const bench_work *work = plan->works[w];
        double            counted = costs.a_call[BENCH_INSTRUCTIONS][w][0] / work->keys;
        bool              over = counted > work->instructions * ROOM;
        if (work->instructions <= 0)
            continue;
        printf("%-30s %12.0f %12.0f%s\n", work->name, counted, work->instructions * ROOM, over ? "  too many" : "");
        if (over)
            status = EXIT_FAILURE;
    }
    return status;
}

int main(int argc, char **argv) {
    static bench_plan plan;
    bench_options     options;
    int               status = EXIT_SUCCESS;

    bench_options_read(&options, &plan, argc, argv);
    atexit(stop_servers);
    if (options.mode != BENCH_RING)
        start_servers(&plan, &options);
    switch (options.mode) {
    case BENCH_MEASURE:
        status = measure(&options, &plan);
        break;
    case BENCH_CHECK_COSTS:
        status = check_costs(&plan);
        break;
    case BENCH_PLAY:
        bench_costs_play(&plan);
        break;
    case BENCH_RING:
        bench_ring_run();
        break;
    }
    return status;
}
