#include "load/report.h"

#include "cli/outcome.h"
#include "measure/bars.h"

#include <stdio.h>

#define RATES 2
#define TIMES 10
#define COLOUR 1 /* of the first side; 0 is grey */

static double rate_of(const load_side *side, const measure_histogram *times) {
    return side->busy_ns > 0 ? (double)times->total * 1e9 / (double)side->busy_ns : 0;
}

/* Rows of a kind of call that was not made have no bars. */
static void fill_times(double *values, size_t sides, size_t side, const measure_histogram *times) {
    static const double shares[] = {0.5, 0.9, 0.99, 0.999};

    for (size_t i = 0; i < 4; i++)
        values[i * sides + side] = times->total > 0 ? measure_histogram_quantile(times, shares[i]) / 1e3 : -1;
    values[4 * sides + side] = times->total > 0 ? (double)times->largest_ns / 1e3 : -1;
}

static void draw(const load_rounds *rounds, FILE *file) {
    static const char *const rate_rows[RATES] = {"get", "set"};
    static const char *const time_rows[TIMES] = {
        "get, half of the calls", "get, 90 %", "get, 99 %", "get, 99.9 %", "get, the slowest",
        "set, half of the calls", "set, 90 %", "set, 99 %", "set, 99.9 %", "set, the slowest"};
    const load_settings *settings = rounds->settings;
    size_t               sides = rounds->side_count;
    double               rates[RATES * LOAD_SIDES_MAX], times[TIMES * LOAD_SIDES_MAX];
    const char          *names[LOAD_SIDES_MAX];
    char                 subtitle[256];

    for (size_t s = 0; s < sides; s++) {
        const load_side *side = &rounds->sides[s];
        names[s] = side->label;
        rates[s] = rate_of(side, &side->tally.gets);
        rates[sides + s] = rate_of(side, &side->tally.sets);
        fill_times(times, sides, s, &side->tally.gets);
        fill_times(times + (size_t)TIMES / 2 * sides, sides, s, &side->tally.sets);
    }
    snprintf(subtitle, sizeof subtitle, "gets to sets %u:%u, %u keys a call, values of %zu bytes, %u threads",
             settings->gets, settings->sets, (unsigned)settings->batch, settings->value_size, settings->threads);
    measure_bars_draw((const measure_bars[]){{.title = "Calls a second",
                                              .subtitle = subtitle,
                                              .row_count = RATES,
                                              .series_count = sides,
                                              .rows = rate_rows,
                                              .series = names,
                                              .values = rates,
                                              .first_colour = COLOUR},
                                             {.title = "How long a call takes",
                                              .subtitle = "so many are done within; microseconds; the axis is logarithmic",
                                              .row_count = TIMES,
                                              .series_count = sides,
                                              .rows = time_rows,
                                              .series = names,
                                              .values = times,
                                              .first_colour = COLOUR,
                                              .by_powers = true}},
                      2, file);
}

int load_report_plot(const load_rounds *rounds, const char *path) {
    FILE *file = fopen(path, "we");
    bool  good = file != NULL;

    if (good) {
        draw(rounds, file);
        good = !ferror(file);
        good = fclose(file) == 0 && good;
    }
    return good ? CLI_DONE : cli_tell_errno(path);
}
