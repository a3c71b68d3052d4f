#include "load/bench.h"

#include "cli/outcome.h"
#include "cli/refuse.h"
#include "cli/session.h"
#include "load/fill.h"
#include "load/interrupt.h"
#include "load/report.h"
#include "load/rounds.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define PREFIX "mc-bench:"

/* What the options ask for, in the words of the library. */
static void fit_options(cli_call *call) {
    load_settings *settings = &call->load;
    mc_options    *options = &call->options;

    if (options->key_prefix == NULL)
        options->key_prefix = PREFIX;
    if (options->max_connections < settings->threads)
        options->max_connections = settings->threads;
    if (!call->has_max_value && options->max_value_size < settings->value_size)
        options->max_value_size = settings->value_size;
    if (settings->count > 0 && settings->count < settings->rounds)
        settings->rounds = (unsigned)settings->count;
}

/* The hosts as they were given, but for escapes; weights of 1 are left out. NULL: no memory. */
static char *name_of(const cli_hosts *hosts) {
    char  *text = NULL;
    size_t size = 0;
    FILE  *stream = open_memstream(&text, &size);

    if (stream == NULL)
        return NULL;
    for (size_t i = 0; i < hosts->count; i++) {
        fprintf(stream, "%s%s", i > 0 ? "," : "", hosts->addresses[i]);
        if (hosts->weights[i] != 1)
            fprintf(stream, "=%u", hosts->weights[i]);
    }
    return fclose(stream) == 0 ? text : NULL;
}

static void make_label(load_side *side, const cli_hosts *hosts) {
    if (strlen(side->name) < sizeof side->label)
        snprintf(side->label, sizeof side->label, "%s", side->name);
    else
        snprintf(side->label, sizeof side->label, "%.22s and %zu more", hosts->addresses[0], hosts->count - 1);
}

static bool open_side(load_rounds *rounds, const cli_call *call, const cli_hosts *hosts) {
    load_side *side = &rounds->sides[rounds->side_count++];

    side->client = cli_session_open_on(call, hosts);
    side->name = name_of(hosts);
    if (side->name == NULL)
        return false;
    make_label(side, hosts);
    return true;
}

static bool open_all(load_rounds *rounds, const cli_call *call) {
    const load_settings *settings = &call->load;
    bool                 good = open_side(rounds, call, &call->hosts);

    rounds->settings = settings;
    if (good && settings->against.count > 0)
        good = open_side(rounds, call, &settings->against);
    good = good && load_data_make(&rounds->data, settings->value_size);
    rounds->workers = calloc(settings->threads, sizeof *rounds->workers);
    for (unsigned i = 0; good && rounds->workers && i < settings->threads; i++)
        good = load_worker_make(&rounds->workers[i], settings, &rounds->data, i);
    return good && rounds->workers;
}

static void close_all(load_rounds *rounds) {
    for (unsigned i = 0; rounds->workers && i < rounds->settings->threads; i++)
        load_worker_clear(&rounds->workers[i]);
    free(rounds->workers);
    load_data_clear(&rounds->data);
    for (size_t i = 0; i < rounds->side_count; i++) {
        mc_client_free(rounds->sides[i].client);
        free(rounds->sides[i].name);
    }
    free(rounds);
}

static int report(const load_rounds *rounds, const cli_call *call) {
    int exit_status = CLI_DONE;

    if (call->json)
        load_report_json(rounds);
    else
        load_report_table(rounds);
    for (size_t i = 0; i < rounds->side_count; i++) {
        int other = load_tally_exit(&rounds->sides[i].tally);
        exit_status = other > exit_status ? other : exit_status;
        if (rounds->sides[i].tally.wrong > 0)
            cli_complain("%s: %llu values were wrong", rounds->sides[i].name,
                         (unsigned long long)rounds->sides[i].tally.wrong);
    }
    if (call->load.plot) {
        int other = load_report_plot(rounds, call->load.plot);
        exit_status = other > exit_status ? other : exit_status;
    }
    return exit_status;
}

int load_run_bench(cli_call *call) {
    load_rounds *rounds = calloc(1, sizeof *rounds);
    int          filled, exit_status;

    fit_options(call);
    if (rounds == NULL || !open_all(rounds, call)) {
        errno = ENOMEM;
        exit(cli_tell_errno("the load"));
    }
    load_interrupt_watch();
    filled = load_fill(rounds);
    exit_status = filled == CLI_DONE ? load_rounds_play(rounds) : filled;
    if (exit_status == CLI_DONE)
        exit_status = report(rounds, call);
    if (filled != CLI_UNKNOWN) /* else somebody is silent, and would be waited for once more */
        load_empty(rounds);
    close_all(rounds);
    return exit_status;
}
