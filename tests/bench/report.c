#include "bench/report.h"

#include <string.h>

#define NAMES "%-29s %-12s %8s %6s %5s %5s | %7s %7s %7s | %7s %7s | %6s %8s %6s\n"

void bench_report_head(const bench_report *report, FILE *file) {
    fprintf(
        file,
        "Medians of rounds; %s.\n"
        "x raw: speed beside raw, the hand-written limit, in the same round; +-: half of what lies between its quartiles.\n"
        "Processor time, system calls and allocations are those of a call, instructions those of a key.\n\n",
        report->cores);
    fprintf(file, NAMES, "", "", "us", "x raw", "+-", "goal", "p50", "p99", "p99.9", "CPU us", "CPU us", "system", "instr.",
            "alloc.");
    fprintf(file, NAMES, "work", "client", "a call", "", "", "", "us", "us", "us", "client", "servers", "calls", "a key",
            "");
}

/* A number of fitting precision; "-" for one that is not known. */
static void print_number(FILE *file, int width, double number) {
    if (number < 0)
        fprintf(file, " %*s", width, "-");
    else
        fprintf(file, " %*.*f", width, number < 10 ? 2 : number < 1000 ? 1 : 0, number);
}

static void print_goal(FILE *file, const bench_work *work, bool has_goal) {
    if (has_goal && work->goal > 0)
        fprintf(file, " %5.2f |", work->goal);
    else
        fprintf(file, " %5s |", "");
}

static void print_row(const bench_report *report, size_t w, size_t a, FILE *file) {
    const bench_work    *work = report->plan->works[w];
    const bench_figures *figures = &report->figures[w][a];

    fprintf(file, "%-29s %-12s", a == 0 ? work->name : "", report->plan->adapters[a]->name);
    print_number(file, 8, figures->us);
    if (figures->ratio < 0)
        fprintf(file, " %6s %5s", "-", "-");
    else
        fprintf(file, " %6.2f %5.2f", figures->ratio, (figures->ratio_high - figures->ratio_low) / 2);
    print_goal(file, work, report->plan->adapters[a] == &bench_lib);
    print_number(file, 7, figures->p50_us);
    print_number(file, 7, figures->p99_us);
    print_number(file, 7, figures->p999_us);
    fprintf(file, " |");
    print_number(file, 7, figures->cpu_us);
    print_number(file, 7, figures->server_us > 0 ? figures->server_us : -1);
    fprintf(file, " |");
    print_number(file, 6, report->costs.a_call[BENCH_SYSTEM_CALLS][w][a]);
    print_number(file, 8, report->costs.a_call[BENCH_INSTRUCTIONS][w][a] / work->keys);
    print_number(file, 6, report->costs.a_call[BENCH_ALLOCATIONS][w][a]);
    fputc('\n', file);
}

void bench_report_rows(const bench_report *report, size_t work, FILE *file) {
    for (size_t a = 0; a < report->plan->adapter_count; a++)
        print_row(report, work, a, file);
    fflush(file);
}

void bench_report_table(const bench_report *report, FILE *file) {
    fprintf(file, "work\tclient\tus_a_call\tx_raw\tlower_quartile\tupper_quartile\tp50_us\tp99_us\tp99.9_us\tcpu_us\t"
                  "server_cpu_us\tsystem_calls\tinstructions\tallocations\n");
    for (size_t w = 0; w < report->plan->work_count; w++)
        for (size_t a = 0; a < report->plan->adapter_count; a++) {
            const bench_figures *f = &report->figures[w][a];
            fprintf(file, "%s\t%s\t%.3f\t%.4f\t%.4f\t%.4f\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f", report->plan->works[w]->name,
                    report->plan->adapters[a]->name, f->us, f->ratio, f->ratio_low, f->ratio_high, f->p50_us, f->p99_us,
                    f->p999_us, f->cpu_us, f->server_us);
            for (int cost = 0; cost < BENCH_COSTS; cost++)
                fprintf(file, "\t%.2f", report->costs.a_call[cost][w][a]);
            fputc('\n', file);
        }
}
