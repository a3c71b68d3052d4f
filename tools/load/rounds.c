#include "load/rounds.h"

#include "cli/outcome.h"
#include "load/interrupt.h"
#include "measure/progress.h"

#include <errno.h>

/* What is left over of a count when it is shared out evenly goes to the first ones. */
static uint64_t share_of(uint64_t count, unsigned among, unsigned which) {
    return count / among + (which < count % among);
}

/* Gives each thread its part of a turn. */
static void share_out(load_rounds *rounds, mc_client *client, unsigned round) {
    const load_settings *settings = rounds->settings;
    uint64_t             calls = share_of(settings->count, settings->rounds, round);

    for (unsigned i = 0; i < settings->threads; i++) {
        load_worker *worker = &rounds->workers[i];
        worker->client = client;
        worker->calls_max = share_of(calls, settings->threads, i);
        worker->turn_ns = settings->count > 0 ? 0 : settings->duration_ms * 1000000 / settings->rounds;
        worker->tally = (load_tally){0};
    }
}

static void add_up(load_side *side, load_worker *workers, unsigned count, unsigned round) {
    uint64_t started = UINT64_MAX, ended = 0, calls = 0;

    for (unsigned i = 0; i < count; i++) {
        calls += workers[i].calls;
        started = workers[i].started_ns < started ? workers[i].started_ns : started;
        ended = workers[i].ended_ns > ended ? workers[i].ended_ns : ended;
        load_tally_merge(&side->tally, &workers[i].tally);
    }
    side->calls += calls;
    side->busy_ns += ended - started;
    side->rates[round] = ended > started ? (double)calls * 1e9 / (double)(ended - started) : 0;
}

/* A thread that has no calls to make in this turn is not started. */
static int take_turn(load_rounds *rounds, load_side *side, unsigned round) {
    unsigned threads = rounds->settings->threads, started = 0;
    int      failure = 0;

    share_out(rounds, side->client, round);
    while (started < threads && (rounds->workers[started].turn_ns > 0 || rounds->workers[started].calls_max > 0)) {
        load_worker *worker = &rounds->workers[started];
        failure = pthread_create(&worker->thread, NULL, load_worker_run, worker);
        if (failure != 0)
            break;
        started++;
    }
    for (unsigned i = 0; i < started; i++)
        pthread_join(rounds->workers[i].thread, NULL);
    if (started > 0)
        add_up(side, rounds->workers, started, round);
    errno = failure;
    return failure != 0 ? cli_tell_errno("a thread") : CLI_DONE;
}

/* Every round begins with another side, so that what comes and goes on the machine meets both. */
int load_rounds_play(load_rounds *rounds) {
    unsigned all = rounds->settings->rounds * (unsigned)rounds->side_count, turn = 0;
    int      exit_status = CLI_DONE;

    while (turn < all && exit_status == CLI_DONE && !load_interrupted()) {
        unsigned   round = turn / (unsigned)rounds->side_count;
        load_side *side = &rounds->sides[(turn + round) % rounds->side_count];
        measure_progress_show(turn, all, side->label);
        exit_status = take_turn(rounds, side, round);
        turn++;
        if (!load_interrupted())
            rounds->done = turn / (unsigned)rounds->side_count;
    }
    measure_progress_show(all, all, "");
    return exit_status;
}
