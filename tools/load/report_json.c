#include "load/report.h"

#include "cli/json.h"
#include "load/interrupt.h"

static void write_times(cli_json *json, const char *name, const load_side *side, const measure_histogram *times) {
    static const struct {
        const char *name;
        double      share;
    } quantiles[] = {{"p50_us", 0.5}, {"p90_us", 0.9}, {"p99_us", 0.99}, {"p99.9_us", 0.999}};

    cli_json_open(json, name, '{');
    cli_json_number(json, "calls", times->total);
    cli_json_real(json, "calls_per_s", side->busy_ns > 0 ? (double)times->total * 1e9 / (double)side->busy_ns : 0, 1);
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++)
        cli_json_real(json, quantiles[i].name, measure_histogram_quantile(times, quantiles[i].share) / 1e3, 2);
    cli_json_real(json, "max_us", (double)times->largest_ns / 1e3, 2);
    cli_json_close(json, '}');
}

static void write_side(cli_json *json, const load_side *side) {
    const load_tally *tally = &side->tally;

    cli_json_open(json, NULL, '{');
    cli_json_text(json, "hosts", side->name);
    write_times(json, "get", side, &tally->gets);
    write_times(json, "set", side, &tally->sets);
    cli_json_number(json, "keys", tally->keys);
    cli_json_number(json, "hits", tally->hits);
    cli_json_number(json, "misses", tally->misses);
    cli_json_number(json, "wrong", tally->wrong);
    cli_json_open(json, "errors", '{');
    for (size_t i = 0; i < LOAD_STATUS_MAX; i++)
        if (tally->statuses[i] > 0)
            cli_json_number(json, mc_status_name((mc_status)i), tally->statuses[i]);
    cli_json_close(json, '}');
    if (tally->last_error[0])
        cli_json_text(json, "last_error", tally->last_error);
    cli_json_close(json, '}');
}

static void write_settings(cli_json *json, const load_rounds *rounds) {
    const load_settings *settings = rounds->settings;

    cli_json_number(json, "threads", settings->threads);
    cli_json_number(json, "gets", settings->gets);
    cli_json_number(json, "sets", settings->sets);
    cli_json_number(json, "multi", settings->batch);
    cli_json_number(json, "size", settings->value_size);
    cli_json_number(json, "keys", settings->keys);
    cli_json_number(json, "rounds", rounds->done);
    cli_json_bool(json, "interrupted", load_interrupted());
}

void load_report_json(const load_rounds *rounds) {
    cli_json   json = {0};
    load_ratio ratio;

    cli_json_open(&json, NULL, '{');
    write_settings(&json, rounds);
    cli_json_open(&json, "sides", '[');
    for (size_t i = 0; i < rounds->side_count; i++)
        write_side(&json, &rounds->sides[i]);
    cli_json_close(&json, ']');
    if (rounds->side_count > 1 && rounds->done > 0) {
        ratio = load_ratio_of(rounds);
        cli_json_open(&json, "ratio", '{');
        cli_json_real(&json, "median", ratio.median, 4);
        cli_json_real(&json, "lower_quartile", ratio.low, 4);
        cli_json_real(&json, "upper_quartile", ratio.high, 4);
        cli_json_close(&json, '}');
    }
    cli_json_close(&json, '}');
}
