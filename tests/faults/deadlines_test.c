/* No call outlives its deadline, whatever it waits for: each command in each phase, with signals and without. */
#include "base/deadline.h"
#include "support/check_main.h"
#include "support/command_set.h"
#include "support/dead_end.h"
#include "support/scripted_host.h"
#include "support/trials.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define AT_ONCE 48

/* Far more than a machine under load is late, so that a wait which begins anew is told from one that is late. */
#define DEADLINE_MS 700

/* Of the client where a view has the deadline, and of a call that is about its answer only. */
#define PLENTY_MS 30000

#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

/* ------------------------------------------------------------------------------------------------ storing much, updating */

#define LARGE 900000

static char large[LARGE];

static answer ended(mc_status status) {
    answer result = {.status = status};

    strcpy(result.detail, mc_error_detail());
    return result;
}

static answer run_large_set(mc_client *client) {
    return ended(mc_set(client, mc_str("k"), mc_bytes(large, LARGE), 0, 0));
}

static answer run_large_add(mc_client *client) {
    return ended(mc_add(client, mc_str("k"), mc_bytes(large, LARGE), 0, 0));
}

static answer run_large_replace(mc_client *client) {
    return ended(mc_replace(client, mc_str("k"), mc_bytes(large, LARGE), 0, 0));
}

static answer run_large_append(mc_client *client) {
    return ended(mc_append(client, mc_str("k"), mc_bytes(large, LARGE)));
}

static answer run_large_prepend(mc_client *client) {
    return ended(mc_prepend(client, mc_str("k"), mc_bytes(large, LARGE)));
}

static answer run_large_cas(mc_client *client) {
    return ended(mc_cas(client, mc_str("k"), mc_bytes(large, LARGE), 0, 0, 9));
}

static answer run_large_set_multi(mc_client *client) {
    mc_entry  entries[] = {{.key = mc_str("k"), .value = mc_bytes(large, LARGE)},
                           {.key = mc_str("l"), .value = mc_bytes(large, LARGE)}};
    mc_status status = mc_set_multi(client, entries, 2);

    ck_assert_int_eq(status, MC_PARTIAL);
    return ended(entries[0].status);
}

static const command large_commands[] = {
    {.name = "a large set", .run = run_large_set},
    {.name = "a large add", .once = true, .run = run_large_add},
    {.name = "a large replace", .run = run_large_replace},
    {.name = "a large append", .once = true, .run = run_large_append},
    {.name = "a large prepend", .once = true, .run = run_large_prepend},
    {.name = "a large cas", .once = true, .run = run_large_cas},
    {.name = "a large set_multi", .run = run_large_set_multi},
};

static mc_status make_next(const mc_value *current, mc_value *next, void *arg) {
    (void)current, (void)arg;
    return mc_value_set(next, mc_str("next"));
}

static answer run_update(mc_client *client) {
    return ended(mc_update(client, mc_str("k"), make_next, NULL, 0));
}

static const command update = {.name = "update", .request = "gets k\r\n", .reply = "", .text = "", .run = run_update};

/* ----------------------------------------------------------------------------------------------------------- phases -- */

static const host_step silent[] = {READ_LINE, SILENCE};
static const host_step mute_from_the_start[] = {SILENCE};
static const host_step trickles_an_error[] = {READ_LINE, TRICKLE("SERVER_ERROR " X50 X50, 20), SILENCE};
static const host_step trickles_a_value[] = {READ_LINE, SEND("VALUE k 0 1000\r\n"), TRICKLE(X50 X50, 20), SILENCE};
static const host_step trickles_a_token[] = {READ_LINE, SEND("VALUE k 0 1000 9\r\n"), TRICKLE(X50 X50, 20), SILENCE};
static const host_step trickles_statistics[] = {READ_LINE, SEND("STAT a b\r\n"), TRICKLE("STAT a " X50 X50, 20), SILENCE};
static const host_step closes_when_asked[] = {READ_LINE, CLOSE};
static const host_step reads_slowly[] = {READ(2000), WAIT(5), REPEAT};

static const host_step *const scripts_silent[] = {silent, NULL};
static const host_step *const scripts_mute[] = {mute_from_the_start, NULL};
static const host_step *const scripts_error[] = {trickles_an_error, NULL};
static const host_step *const scripts_value[] = {trickles_a_value, NULL};
static const host_step *const scripts_token[] = {trickles_a_token, NULL};
static const host_step *const scripts_statistics[] = {trickles_statistics, NULL};
static const host_step *const scripts_retry[] = {closes_when_asked, silent, NULL};
static const host_step *const scripts_slow[] = {reads_slowly, NULL};

/* Which commands a phase is for. */
enum whose { EVERYONES, RETRIEVALS, RETRIEVALS_WITH_TOKEN, STATISTICS, REPEATABLES, LARGE_ONES };

typedef struct wait_phase {
    const char             *name;
    const host_step *const *scripts; /* NULL: a black hole */
    enum whose              whose;
    mc_status               status;
    bool                    by_view;            /* a view has the deadline, its client much more time */
    bool                    queued;             /* the only connection is in use */
    int                     connect_timeout_ms; /* 0: the deadline */
    int                     receive_buffer;
    listener_kind           kind;
} wait_phase;

static const wait_phase phases[] = {
    {"connecting to a black hole", NULL, EVERYONES, MC_UNREACHABLE, .by_view = false},
    {"connecting for less than the whole", NULL, EVERYONES, MC_UNREACHABLE, .connect_timeout_ms = DEADLINE_MS / 2},
    {"waiting for a reply", scripts_silent, EVERYONES, MC_TIMEOUT, .by_view = false},
    {"waiting for a reply, through a view", scripts_silent, EVERYONES, MC_TIMEOUT, .by_view = true},
    {"waiting for a reply on a unix socket", scripts_silent, EVERYONES, MC_TIMEOUT, .kind = LISTENER_UNIX},
    {"waiting for one who reads nothing", scripts_mute, EVERYONES, MC_TIMEOUT, .by_view = false},
    {"an error that trickles in", scripts_error, EVERYONES, MC_TIMEOUT, .by_view = false},
    {"an error that trickles in, through a view", scripts_error, EVERYONES, MC_TIMEOUT, .by_view = true},
    {"a value that trickles in", scripts_value, RETRIEVALS, MC_TIMEOUT, .by_view = false},
    {"a value with a token that trickles in", scripts_token, RETRIEVALS_WITH_TOKEN, MC_TIMEOUT, .by_view = false},
    {"statistics that trickle in", scripts_statistics, STATISTICS, MC_TIMEOUT, .by_view = false},
    {"waiting for the reply to the retry", scripts_retry, REPEATABLES, MC_TIMEOUT, .by_view = false},
    {"queueing for a connection", scripts_silent, EVERYONES, MC_UNREACHABLE, .by_view = true, .queued = true},
    {"writing to one who reads nothing", scripts_mute, LARGE_ONES, MC_TIMEOUT, .receive_buffer = 4096},
    {"writing to one who reads nothing, through a view", scripts_mute, LARGE_ONES, MC_TIMEOUT, .by_view = true,
     .receive_buffer = 4096},
    {"writing to one who reads nothing, on a unix socket", scripts_mute, LARGE_ONES, MC_TIMEOUT, .kind = LISTENER_UNIX},
    {"writing to one who reads slowly", scripts_slow, LARGE_ONES, MC_TIMEOUT, .receive_buffer = 4096},
    {"writing to one who reads slowly, on a unix socket", scripts_slow, LARGE_ONES, MC_TIMEOUT, .kind = LISTENER_UNIX},
};

struct row {
    const wait_phase *phase;
    const command    *command;
};

/* ------------------------------------------------------------------------------------------------------------ the trial */

/* Holds the only connection until the host is stopped. */
static void *hold(void *arg) {
    mc_value value = MC_VALUE_INIT;

    mc_get(arg, mc_str("held"), &value);
    mc_value_clear(&value);
    return NULL;
}

static mc_client *client_of(const wait_phase *phase, const char *address) {
    mc_options options = MC_OPTIONS_INIT;

    options.timeout_ms = phase->by_view ? PLENTY_MS : stretched_ms(DEADLINE_MS);
    options.connect_timeout_ms = phase->connect_timeout_ms ? stretched_ms(phase->connect_timeout_ms) : options.timeout_ms;
    if (phase->queued)
        options.max_connections = 1;
    return mc_client_new_with_options((const char *[]){address, NULL}, NULL, &options);
}

/* The call itself. */
static void check_call(const struct row *row, mc_client *client, complaint *wrong) {
    const wait_phase *phase = row->phase;
    mc_view           settings = MC_VIEW_INIT;
    mc_client        *view = client;
    double            time_ms = stretched_ms(phase->connect_timeout_ms ? phase->connect_timeout_ms : DEADLINE_MS);
    mc_status         status = strcmp(row->command->name, "flush_all") == 0 ? MC_PARTIAL : phase->status;
    double            began, took;
    answer            got;

    settings.timeout_ms = stretched_ms(DEADLINE_MS);
    if (phase->by_view)
        view = mc_client_view(client, &settings);
    began = now_ms();
    got = row->command->run(view);
    took = now_ms() - began;
    demand_of_status(wrong, got.status, got.status == status, "%s, %s: %s and not %s (%s)", row->command->name, phase->name,
                     mc_status_name(got.status), mc_status_name(status), got.detail);
    demand(wrong, took <= time_ms + lateness_allowed_ms(), "%s, %s: took %.0f ms", row->command->name, phase->name, took);
    demand(wrong, took >= time_ms - 5, "%s, %s: took only %.0f ms (%s)", row->command->name, phase->name, took, got.detail);
    if (view != client)
        mc_client_free(view);
}

/* The same client on a healthy host, where time is no matter: forty of these run at once. */
static void check_next(const struct row *row, mc_client *client, complaint *wrong) {
    static const host_step healthy[] = {EXPECT("get next\r\n"), SEND("VALUE next 0 4\r\nfine\r\nEND\r\n"), REPEAT};
    scripted_host         *host = scripted_host_play(healthy);
    mc_value               value = MC_VALUE_INIT;
    mc_view                patient = MC_VIEW_INIT;
    mc_status              status = mc_client_set_hosts(client, (const char *[]){scripted_host_address(host), NULL}, NULL);
    mc_client             *view;

    patient.timeout_ms = PLENTY_MS;
    view = mc_client_view(client, &patient);
    if (status == MC_OK)
        status = mc_get(view, mc_str("next"), &value);
    demand_of_status(wrong, status, status == MC_OK && value.len == 4, "%s, %s: the next call is %s (%s)",
                     row->command->name, row->phase->name, mc_status_name(status), mc_error_detail());
    mc_value_clear(&value);
    mc_client_free(view);
    scripted_host_discard(host);
}

static void try_on_host(const struct row *row, complaint *wrong) {
    const wait_phase *phase = row->phase;
    scripted_host    *host = scripted_host_start(
           &(scripted_host_options){.kind = phase->kind, .scripts = phase->scripts, .receive_buffer = phase->receive_buffer});
    mc_client *client = client_of(phase, scripted_host_address(host));
    pthread_t  holder;

    if (phase->queued) {
        ck_assert_int_eq(pthread_create(&holder, NULL, hold, client), 0);
        scripted_host_await(host, 0, 1);
    }
    check_call(row, client, wrong);
    check_next(row, client, wrong);
    scripted_host_discard(host);
    if (phase->queued)
        pthread_join(holder, NULL);
    mc_client_free(client);
}

static void try_row(size_t index, const void *table, complaint *wrong) {
    const struct row *row = (const struct row *)table + index;
    dead_end          hole;
    mc_client        *client;

    if (row->phase->scripts) {
        try_on_host(row, wrong);
        return;
    }
    hole = dead_end_black_hole();
    client = client_of(row->phase, hole.address);
    check_call(row, client, wrong);
    check_next(row, client, wrong);
    mc_client_free(client);
    dead_end_free(&hole);
}

static bool is_for(enum whose whose, const command *asked) {
    switch (whose) {
    case RETRIEVALS:
        return command_retrieves(asked) && !strchr(asked->text, '#');
    case RETRIEVALS_WITH_TOKEN:
        return asked == &update || strchr(asked->text, '#');
    case STATISTICS:
        return strcmp(asked->name, "stats") == 0;
    case REPEATABLES:
        return !asked->once;
    default:
        return whose == EVERYONES;
    }
}

static size_t make_rows(struct row *rows, size_t room) {
    size_t count = 0;

    for (size_t i = 0; i < ROWS(phases); i++) {
        const wait_phase *phase = &phases[i];
        for (const command *each = command_set; each->name; each++) {
            if (phase->whose != LARGE_ONES && is_for(phase->whose, each))
                rows[count++] = (struct row){phase, each};
        }
        if (is_for(phase->whose, &update))
            rows[count++] = (struct row){phase, &update};
        for (size_t at = 0; phase->whose == LARGE_ONES && at < ROWS(large_commands); at++)
            rows[count++] = (struct row){phase, &large_commands[at]};
    }
    ck_assert_uint_le(count, room);
    return count;
}

static struct row rows[512];

START_TEST(every_command_in_every_phase) {
    memset(large, 'x', sizeof large);
    trials_run(try_row, rows, make_rows(rows, ROWS(rows)), AT_ONCE);
}
END_TEST

START_TEST(every_command_in_every_phase_with_signals) {
    memset(large, 'x', sizeof large);
    trials_run_disturbed(try_row, rows, make_rows(rows, ROWS(rows)), AT_ONCE);
}
END_TEST

/* Spinning is a way to wait, and ends with the call. A machine that is held up is late now and then; a spin that does not
 * end with the call lasts for its second each time. */
#define SPIN_DEADLINE_MS 200
#define SPIN_TRIES 10

/* Makes one call; whether it timed out before a spin that does not end would have. */
static bool spin_once(mc_client *client, bool many) {
    mc_value   value = MC_VALUE_INIT;
    mc_results results = MC_RESULTS_INIT;
    mc_slice   key = mc_str("k");
    mc__time   start = mc__time_now(), took;
    mc_status  status;

    status = many ? mc_get_multi(client, &key, 1, &results) : mc_get(client, key, &value);
    took = (mc__time_now() - start) / MC__MS;
    if (many) {
        ck_assert_int_eq(status, MC_PARTIAL);
        status = results.items[0].status;
    }
    ck_assert(status == MC_TIMEOUT || status == MC_UNREACHABLE);
    ck_assert_int_ge(took, SPIN_DEADLINE_MS);
    mc_client_forget_dead(client);
    mc_results_clear(&results);
    return status == MC_TIMEOUT && took < 900;
}

START_TEST(a_long_spin_ends_at_the_deadline) {
    scripted_host *host = scripted_host_start(&(scripted_host_options){.scripts = scripts_silent});
    const char    *hosts[] = {scripted_host_address(host), NULL};
    mc_options     options = MC_OPTIONS_INIT;
    mc_client     *client;
    int            tries = 1;

    options.timeout_ms = SPIN_DEADLINE_MS;
    options.spin_us = 1000000;
    client = mc_client_new_with_options(hosts, NULL, &options);
    ck_assert_ptr_nonnull(client);
    while (!spin_once(client, _i == 1))
        ck_assert_int_lt(tries++, SPIN_TRIES);
    mc_client_free(client);
    scripted_host_discard(host);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("deadlines");
    TCase *tcase = test_case(suite, "deadlines", 120);

    tcase_add_test(tcase, every_command_in_every_phase);
    tcase_add_test(tcase, every_command_in_every_phase_with_signals);
    tcase_add_loop_test(tcase, a_long_spin_ends_at_the_deadline, 0, 2);
    return suite;
}
