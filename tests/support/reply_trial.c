#include "support/reply_trial.h"

#include "support/check_main.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#define NEXT_REQUEST "get next\r\n"
#define NEXT_REPLY "VALUE next 3 4\r\nfine\r\nEND\r\n"

#define PLENTY_MS 20000
#define LITTLE_MS 80

#define STEPS_MAX 8
#define CONNECTIONS_MAX 4

struct stage {
    host_step        steps[CONNECTIONS_MAX][STEPS_MAX];
    const host_step *scripts[CONNECTIONS_MAX + 1];
    size_t           reply_steps; /* of a connection that plays the reply, up to the reply's end */
    unsigned         asked;       /* connections that play it */
};

/* ---------------------------------------------------------------------------------------------------------- the stage -- */

static host_step expecting(const char *text) {
    return (host_step){HOST_EXPECT, text, strlen(text), 0};
}

static void answer_next(host_step *step) {
    const host_step steps[] = {EXPECT(NEXT_REQUEST), SEND(NEXT_REPLY), END};

    memcpy(step, steps, sizeof steps);
}

/* warm: it has been asked for something else before. */
static void play_reply(struct stage *stage, host_step *step, const reply_row *row, bool warm) {
    const host_step *first = step;

    if (warm) {
        answer_next(step);
        step += 2;
    }
    *step++ = expecting(command_named(row->command)->request);
    if (row->len > 0)
        *step++ = (host_step)SEND_BYTES(row->reply, row->len);
    stage->reply_steps = (size_t)(step - first);
    if (row->then == STAYS)
        answer_next(step);
    else if (row->then == QUIET)
        *step = (host_step)SILENCE;
    else
        *step = row->then == FINISHES ? (host_step)CLOSE : (host_step)RESET;
}

static void set_stage(struct stage *stage, const reply_row *row, bool warm) {
    const command *asked = command_named(row->command);
    host_step     *last;
    bool           ends_mute = row->len == 0 && (row->then == FINISHES || row->then == RESETS);

    *stage = (struct stage){.asked = row->asked ? row->asked : ends_mute && !asked->once ? 2 : 1};
    for (size_t i = 0; i < stage->asked; i++)
        play_reply(stage, stage->steps[i], row, warm && i == 0);
    last = stage->steps[stage->asked];
    if (row->rest) {
        *last++ = expecting(row->rest);
        *last++ = (host_step){HOST_SEND, row->rest_reply, strlen(row->rest_reply), 0};
    }
    answer_next(last);
    for (size_t i = 0; i <= stage->asked; i++)
        stage->scripts[i] = stage->steps[i];
}

/* ------------------------------------------------------------------------------------------------------- the checks -- */

static mc_status status_expected(const reply_row *row) {
    /* Of all the commands only flush_all tells no more of a host than that it has not answered. */
    if (strcmp(row->command, "flush_all") == 0 && row->status != MC_OK)
        return MC_PARTIAL;
    return row->status;
}

static const char *text_expected(const reply_row *row) {
    if (row->text)
        return row->text;
    return row->status == MC_OK ? command_named(row->command)->text : "";
}

/* Where there are several keys, one of them may have had no time. */
static mc_status worst_status(const answer *got) {
    return strstr(got->text, "TIMEOUT") || strstr(got->text, "UNREACHABLE") ? MC_TIMEOUT : got->status;
}

static void check_answer(const reply_row *row, const answer *got, const char *address, complaint *wrong) {
    mc_status   status = status_expected(row);
    const char *text = text_expected(row);

    demand_of_status(wrong, got->status, got->status == status || (row->also && got->status == row->also),
                     "%s, %s: %s and not %s (%s)", row->name, row->command, mc_status_name(got->status),
                     mc_status_name(status), got->detail);
    demand_of_status(wrong, worst_status(got), strcmp(got->text, text) == 0, "%s, %s: handed out \"%s\" and not \"%s\"",
                     row->name, row->command, got->text, text);
    if (status > MC_EXISTS)
        demand(wrong, strstr(got->detail, address), "%s, %s: the detail does not name the host: \"%s\"", row->name,
               row->command, got->detail);
    if (status > MC_EXISTS && strstr(got->detail, "hello"))
        complain(wrong, "%s, %s: the detail has the value in it: \"%s\"", row->name, row->command, got->detail);
}

static void check_next(const char *name, mc_client *client, complaint *wrong) {
    mc_value  value = MC_VALUE_INIT;
    mc_status status = mc_get(client, mc_str("next"), &value);

    demand_of_status(wrong, status, status == MC_OK, "%s: the next call is %s (%s)", name, mc_status_name(status),
                     mc_error_detail());
    demand(wrong, status != MC_OK || (value.len == 4 && memcmp(value.data, "fine", 4) == 0 && value.flags == 3),
           "%s: the next call has a wrong value", name);
    mc_value_clear(&value);
}

static void check_host(const reply_row *row, const struct stage *stage, scripted_host *host, complaint *wrong) {
    size_t connections = stage->asked + (row->connection == IS_CLOSED);

    demand(wrong, !scripted_host_mismatch(host), "%s, %s: %s", row->name, row->command, scripted_host_mismatch(host));
    demand(wrong, scripted_host_connections(host) == connections, "%s, %s: %zu connections and not %zu", row->name,
           row->command, scripted_host_connections(host), connections);
}

/* What the host sends behind the reply's end must be there before the next call looks, so that it is seen whatever the
 * threads' luck; so must its FIN or RST, which comes when it has closed. */
static void await_host(const reply_row *row, const struct stage *stage, scripted_host *host) {
    size_t last = stage->asked - 1;
    bool   ends = row->then == FINISHES || row->then == RESETS;

    while (scripted_host_is_playing(host, last) && (ends || scripted_host_steps_done(host, last) < stage->reply_steps))
        poll(NULL, 0, 1);
}

/* One printable line, and nothing of a value in it. */
static void check_log(void *wrong, const char *message) {
    demand((complaint *)wrong, !strstr(message, "hello"), "the log has the value in it: \"%s\"", message);
    for (const char *byte = message; *byte; byte++)
        demand((complaint *)wrong, *byte >= ' ' && *byte != '\x7f', "the log has a control character in it: \"%s\"",
               message);
}

/* -------------------------------------------------------------------------------------------------------- the trial -- */

static answer run_quiet(const reply_row *row, mc_client *client, complaint *wrong) {
    mc_view    settings = MC_VIEW_INIT;
    mc_client *view;
    answer     got;
    double     began;

    settings.timeout_ms = stretched_ms(LITTLE_MS);
    view = mc_client_view(client, &settings);
    began = now_ms();
    got = command_named(row->command)->run(view);
    demand(wrong, in_time(began, settings.timeout_ms), "%s, %s: took %.0f ms", row->name, row->command, now_ms() - began);
    mc_client_free(view);
    return got;
}

void reply_trial(const reply_row *row, const reply_way *way, complaint *wrong) {
    struct stage   stage;
    scripted_host *host;
    mc_options     options = MC_OPTIONS_INIT;
    mc_client     *client;
    answer         got;
    bool           warm = way->warm || row->then == QUIET; /* the connection is opened while there is plenty of time */

    set_stage(&stage, row, warm);
    host = scripted_host_start(&(scripted_host_options){
        .kind = way->kind, .scripts = stage.scripts, .piece = way->piece, .split_at = way->split_at});
    options.timeout_ms = PLENTY_MS;
    options.connect_timeout_ms = PLENTY_MS;
    options.log = check_log;
    options.log_arg = wrong;
    client = mc_client_new_with_options((const char *[]){scripted_host_address(host), NULL}, NULL, &options);
    if (warm)
        check_next("warm-up", client, wrong);
    got = row->then == QUIET ? run_quiet(row, client, wrong) : command_named(row->command)->run(client);
    check_answer(row, &got, scripted_host_address(host), wrong);
    await_host(row, &stage, host);
    check_next(row->name, client, wrong);
    check_host(row, &stage, host, wrong);
    mc_client_free(client);
    scripted_host_discard(host);
}

void reply_trial_whole(size_t row, const void *table, complaint *wrong) {
    reply_trial((const reply_row *)table + row, &(reply_way){.kind = LISTENER_TCP}, wrong);
    if (!wrong->text[0])
        reply_trial((const reply_row *)table + row, &(reply_way){.kind = LISTENER_TCP, .warm = true}, wrong);
}

void reply_trial_all_ways(size_t index, const void *table, complaint *wrong) {
    const reply_row *row = (const reply_row *)table + index;
    listener_kind    kind = row->then == RESETS ? LISTENER_TCP : LISTENER_UNIX;

    reply_trial(row, &(reply_way){.kind = LISTENER_TCP}, wrong);
    if (row->then == QUIET)
        return;
    reply_trial(row, &(reply_way){.kind = kind, .warm = true}, wrong);
    reply_trial(row, &(reply_way){.kind = kind, .piece = 1}, wrong);
    for (size_t at = 1; at < row->len && !wrong->text[0]; at++) {
        reply_trial(row, &(reply_way){.kind = kind, .split_at = at}, wrong);
        if (wrong->text[0]) {
            char text[sizeof wrong->text];
            snprintf(text, sizeof text, "%s", wrong->text);
            snprintf(wrong->text, sizeof wrong->text, "split at %zu: %.700s", at, text);
        }
    }
}
