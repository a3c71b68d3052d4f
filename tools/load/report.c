#include "load/report.h"

#include "load/interrupt.h"
#include "measure/quantile.h"

#include <stdio.h>

load_ratio load_ratio_of(const load_rounds *rounds) {
    double     ratios[LOAD_ROUNDS_MAX];
    load_ratio ratio;

    for (unsigned i = 0; i < rounds->done; i++)
        ratios[i] = rounds->sides[1].rates[i] > 0 ? rounds->sides[0].rates[i] / rounds->sides[1].rates[i] : 0;
    ratio.median = measure_median(ratios, rounds->done);
    ratio.low = measure_quantile(ratios, rounds->done, 0.25);
    ratio.high = measure_quantile(ratios, rounds->done, 0.75);
    return ratio;
}

static void print_us(double ns) {
    double us = ns / 1e3;

    printf(" %9.*f", us < 100 ? 1 : 0, us);
}

static void print_row(const load_side *side, const char *name, const measure_histogram *times) {
    printf("  %-6s %10.0f", name, (double)times->total * 1e9 / (double)side->busy_ns);
    print_us(measure_histogram_quantile(times, 0.5));
    print_us(measure_histogram_quantile(times, 0.9));
    print_us(measure_histogram_quantile(times, 0.99));
    print_us(measure_histogram_quantile(times, 0.999));
    print_us((double)times->largest_ns);
    putchar('\n');
}

static void print_side(const load_side *side, uint32_t batch) {
    const load_tally *tally = &side->tally;
    measure_histogram all = tally->gets;

    measure_histogram_merge(&all, &tally->sets);
    printf("\n%s\n", side->name);
    if (tally->gets.total > 0)
        print_row(side, "get", &tally->gets);
    if (tally->sets.total > 0)
        print_row(side, "set", &tally->sets);
    if (tally->gets.total > 0 && tally->sets.total > 0)
        print_row(side, "both", &all);
    if (batch > 1)
        printf("  keys   %10.0f a second\n", (double)tally->keys * 1e9 / (double)side->busy_ns);
    printf("  %llu hits, %llu misses, %llu wrong values, %llu errors\n", (unsigned long long)tally->hits,
           (unsigned long long)tally->misses, (unsigned long long)tally->wrong, (unsigned long long)tally->errors);
    for (size_t i = 0; i < LOAD_STATUS_MAX; i++)
        if (tally->statuses[i] > 0)
            printf("    %s: %llu\n", mc_status_name((mc_status)i), (unsigned long long)tally->statuses[i]);
    if (tally->last_error[0])
        printf("    the last one: %s\n", tally->last_error);
}

static void print_head(const load_rounds *rounds) {
    const load_settings *settings = rounds->settings;

    printf("Gets to sets %u:%u, ", settings->gets, settings->sets);
    if (settings->batch > 1)
        printf("%u keys a call, ", (unsigned)settings->batch);
    printf("values of %zu bytes, %u keys, %u thread%s\n", settings->value_size, (unsigned)settings->keys, settings->threads,
           settings->threads > 1 ? "s" : "");
    if (load_interrupted())
        printf("Interrupted after %u of %u rounds.\n", rounds->done, settings->rounds);
    printf("\n%-8s %10s %9s %9s %9s %9s %9s\n", "", "calls/s", "p50 us", "p90 us", "p99 us", "p99.9 us", "max us");
}

void load_report_table(const load_rounds *rounds) {
    load_ratio ratio;

    print_head(rounds);
    for (size_t i = 0; i < rounds->side_count; i++)
        if (rounds->sides[i].busy_ns > 0)
            print_side(&rounds->sides[i], rounds->settings->batch);
    if (rounds->side_count < 2 || rounds->done == 0)
        return;
    ratio = load_ratio_of(rounds);
    printf("\nThe first is %.2f times as fast as the second (half of %u rounds: %.2f to %.2f).\n", ratio.median,
           rounds->done, ratio.low, ratio.high);
}
