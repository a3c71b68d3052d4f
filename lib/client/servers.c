#include "base/number.h"
#include "base/status.h"
#include "client/commands.h"
#include "client/failure.h"
#include "net/run.h"
#include "protocol/key.h"

#include <stdio.h>
#include <stdlib.h>

/* The most that is kept of what a server says to stats; a memcached says a few thousandths of it. */
#define STATS_MAX 16777216

/* One server and what it said: texts, in pairs for stats. Its own copy of the host's name, so that
 * callbacks run when nothing is held any more. */
struct server {
    mc__exchange exchange; /* first, so that the one is the other */
    mc__request  request;
    char         name[MC__ADDRESS_NAME_MAX];
    mc_status    status;
    mc__buffer   said;
    char         refusal[MC__ESCAPED_MAX];
};

struct survey {
    struct server *servers;
    mc__call      *calls;
    size_t         count;
};

/* ---------------------------------------------------------------------------------------------------- the exchange -- */

static void give_request(const mc__exchange *exchange, size_t i, mc__request *request) {
    (void)i;
    *request = ((const struct server *)exchange)->request;
}

/* Puts down a length and the bytes, for a server may send any; or nothing. */
static bool say(struct server *server, mc_slice text) {
    if (mc__buffer_len(&server->said) + text.len >= STATS_MAX ||
        !mc__buffer_reserve(&server->said, sizeof text.len + text.len))
        return false;
    mc__buffer_append(&server->said, mc_bytes(&text.len, sizeof text.len)); /* there is room for both */
    mc__buffer_append(&server->said, text);
    return true;
}

/* Takes the next text off what was said; false at its end. */
static bool hear(mc__buffer *said, mc_slice *text) {
    size_t len;

    if (mc__buffer_len(said) < sizeof len)
        return false;
    memcpy(&len, said->data + said->start, sizeof len);
    *text = mc_bytes(said->data + said->start + sizeof len, len);
    said->start += sizeof len + len;
    return true;
}

static bool take_stat(mc__exchange *exchange, mc_slice name, mc_slice value) {
    return say((struct server *)exchange, name) && say((struct server *)exchange, value);
}

static void take_answer(mc__exchange *exchange, size_t i, mc_status status, const mc__reply *reply) {
    struct server *server = (struct server *)exchange;

    (void)i;
    server->status = status;
    mc__refusal_text(status, reply, server->refusal);
    if (status == MC_OK && reply && reply->kind == MC__REPLY_VERSION && !say(server, reply->text))
        server->status = MC_NO_MEMORY;
}

static const mc__exchange_ops ops = {.request = give_request, .stat = take_stat, .answer = take_answer};

/* ---------------------------------------------------------------------------------------------------------- surveys -- */

static void survey_free(struct survey *survey) {
    for (size_t i = 0; survey->servers && i < survey->count; i++)
        mc__buffer_free(&survey->servers[i].said);
    free(survey->servers);
    free(survey->calls);
}

static bool survey_init(struct survey *survey, const mc__roster *roster, mc__verb verb, const mc__request *request) {
    *survey = (struct survey){.count = roster->host_count};
    survey->servers = calloc(survey->count, sizeof *survey->servers);
    survey->calls = malloc(survey->count * sizeof *survey->calls);
    for (size_t i = 0; survey->servers && survey->calls && i < survey->count; i++) {
        struct server *server = &survey->servers[i];
        snprintf(server->name, sizeof server->name, "%s", roster->hosts[i]->address.name);
        server->request = *request;
        server->exchange = (mc__exchange){.ops = &ops, .command = {.verb = verb}, .count = 1};
        mc__call_init(&survey->calls[i], roster->hosts[i], &server->exchange, false);
    }
    return survey->servers && survey->calls;
}

static void conclude(struct server *server, const mc__call *call) {
    mc__exchange_end(&server->exchange, mc__call_sent_status(call), mc__call_unsent_status(call));
    if (server->status != MC_OK)
        mc__fail_at(server->status, call->host, server->exchange.command.verb, server->request.key,
                    server->refusal[0] ? server->refusal : call->reason);
}

/* Asks every host the same. MC_OK, MC_PARTIAL, or MC_NO_MEMORY before anything was sent. On each the survey is to be freed.
 */
static mc_status survey_run(struct survey *survey, const mc_client *client, mc__verb verb, const mc__request *request) {
    mc__roster *roster = mc__client_roster(client);
    mc_status   status = MC_OK;

    if (!survey_init(survey, roster, verb, request)) {
        mc__roster_release(roster);
        return mc__fail(MC_NO_MEMORY, "out of memory for %zu hosts", survey->count);
    }
    mc__calls_run(survey->calls, survey->count, mc__client_deadline(client));
    for (size_t i = 0; i < survey->count; i++) {
        conclude(&survey->servers[i], &survey->calls[i]);
        if (survey->servers[i].status != MC_OK)
            status = MC_PARTIAL;
    }
    mc__roster_release(roster);
    return status;
}

/* ----------------------------------------------------------------------------------------------------- the commands -- */

mc_status mc_flush_all(mc_client *client, uint32_t delay_s) {
    mc__request   request = {.exptime = mc__exptime(delay_s, mc__wall_clock_s())};
    struct survey survey;
    mc_status     status;

    if (!client)
        return mc__fail(MC_BAD_ARGUMENT, "client is NULL");
    status = survey_run(&survey, client, MC__VERB_FLUSH_ALL, &request);
    survey_free(&survey);
    return status;
}

mc_status mc_version(mc_client *client, mc_server_fn *each, void *arg) {
    mc__request   request = {.exptime = 0};
    struct survey survey;
    mc_status     status;

    if (!client || !each)
        return mc__fail(MC_BAD_ARGUMENT, "client or each is NULL");
    status = survey_run(&survey, client, MC__VERB_VERSION, &request);
    for (size_t i = 0; status != MC_NO_MEMORY && i < survey.count; i++) {
        struct server *server = &survey.servers[i];
        mc_slice       version = mc_str("");
        hear(&server->said, &version);
        each(server->name, server->status, version, arg);
    }
    survey_free(&survey);
    return status;
}

static void tell_stats(struct server *server, mc_stat_fn *each, void *arg) {
    mc_slice name, value;

    while (hear(&server->said, &name) && hear(&server->said, &value))
        each(server->name, MC_OK, name, value, arg);
    if (server->status != MC_OK)
        each(server->name, server->status, mc_str(""), mc_str(""), arg);
}

/* Words with single spaces between them: what reaches the wire is one line, whatever the caller was given to ask. */
static bool group_legal(mc_slice what) {
    bool word = false;

    if (what.len == 0)
        return true;
    if (!mc__slice_valid(what) || what.len > MC_KEY_MAX)
        return false;
    for (size_t i = 0; i < what.len; i++) {
        bool space = what.data[i] == ' ';
        if (space ? !word : (what.data[i] < 0x21 || what.data[i] > 0x7e))
            return false;
        word = !space;
    }
    return word;
}

mc_status mc_stats(mc_client *client, mc_slice what, mc_stat_fn *each, void *arg) {
    mc__request   request = {.key = what};
    struct survey survey;
    mc_status     status;

    if (!client || !each)
        return mc__fail(MC_BAD_ARGUMENT, "client or each is NULL");
    if (!group_legal(what))
        return mc__fail(MC_BAD_ARGUMENT, "what is not words with single spaces between them");
    status = survey_run(&survey, client, MC__VERB_STATS, &request);
    for (size_t i = 0; status != MC_NO_MEMORY && i < survey.count; i++)
        tell_stats(&survey.servers[i], each, arg);
    survey_free(&survey);
    return status;
}
