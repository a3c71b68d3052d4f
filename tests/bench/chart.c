#include "bench/chart.h"

#include "bench/basics.h"
#include "measure/bars.h"

/* One chart: a bar for each client of each work. */
typedef struct chart {
    const char *file, *title, *subtitle;
    double (*value)(const bench_report *report, size_t work, size_t adapter); /* negative: no bar */
    size_t first;     /* client: 1 leaves raw out, where it is 1 by definition */
    double mark;      /* a line at this value; 0: none */
    bool   by_powers; /* of ten: the axis is logarithmic */
} chart;

static double speed(const bench_report *report, size_t w, size_t a) {
    return report->figures[w][a].ratio;
}

static double slowest(const bench_report *report, size_t w, size_t a) {
    return report->figures[w][a].p999_us;
}

static double instructions(const bench_report *report, size_t w, size_t a) {
    double a_call = report->costs.a_call[BENCH_INSTRUCTIONS][w][a];

    return a_call < 0 ? -1 : a_call / report->plan->works[w]->keys;
}

static const chart charts[] = {
    {"speed.svg", "Speed beside a hand-written limit", "calls a second, divided by those of raw sockets in the same round",
     speed, 1, 1, false},
    {"latency.svg", "The slowest call in a thousand", "99.9th percentile, µs; the axis is logarithmic", slowest, 0, 0, true},
    {"instructions.svg", "Work of the client's processor", "instructions of the user's side, a key; the axis is logarithmic",
     instructions, 0, 0, true},
};

static void draw(const bench_report *report, const chart *drawn, FILE *file) {
    const bench_plan *plan = report->plan;
    const char       *works[BENCH_WORKS_MAX], *adapters[BENCH_ADAPTERS_MAX];
    double            values[BENCH_WORKS_MAX * BENCH_ADAPTERS_MAX];
    char              subtitle[256];
    size_t            bars = 0;

    snprintf(subtitle, sizeof subtitle, "%s; %s", drawn->subtitle, report->cores);
    for (size_t a = drawn->first; a < plan->adapter_count; a++)
        adapters[a - drawn->first] = plan->adapters[a]->name;
    for (size_t w = 0; w < plan->work_count; w++) {
        works[w] = plan->works[w]->name;
        for (size_t a = drawn->first; a < plan->adapter_count; a++)
            values[bars++] = drawn->value(report, w, a);
    }
    measure_bars_draw(&(measure_bars){.title = drawn->title,
                                      .subtitle = subtitle,
                                      .row_count = plan->work_count,
                                      .series_count = plan->adapter_count - drawn->first,
                                      .rows = works,
                                      .series = adapters,
                                      .values = values,
                                      .first_colour = drawn->first,
                                      .mark = drawn->mark,
                                      .by_powers = drawn->by_powers,
                                      .decimals = drawn->by_powers ? 0 : 2},
                      1, file);
}

void bench_chart_write(const bench_report *report, const char *folder) {
    char path[4096];

    for (size_t i = 0; i < sizeof charts / sizeof *charts; i++) {
        FILE *file;
        snprintf(path, sizeof path, "%s/%s", folder, charts[i].file);
        file = fopen(path, "we");
        if (!file)
            bench_fail(path);
        draw(report, &charts[i], file);
        if (ferror(file) | fclose(file))
            bench_fail(path);
    }
}
