/*
 * Replies as an adversary would send them. An input is what is asked (an index), what goes wrong meanwhile, a seed for
 * cutting, and the bytes of the replies.
 */
#include "fuzz/fuzz_target.h"
#include "fuzz/reply_asks.h"
#include "support/play.h"

#include <stdio.h>
#include <string.h>

#define MAX_VALUE_SIZE 65536
#define HEAD 4

typedef struct input {
    const char *ask;
    size_t      space_fails;
    size_t      stats_fail;
    size_t      sent; /* bytes of the output that have left */
    uint32_t    seed;
    const char *replies;
    size_t      len;
} input;

static input read_input(const uint8_t *data, size_t size) {
    input read = {.ask = reply_asks[data[0] % (sizeof reply_asks / sizeof *reply_asks)]};

    read.space_fails = data[1] & 3;
    read.stats_fail = data[1] >> 2 & 3;
    read.sent = data[1] >> 4 == 0 ? SIZE_MAX : (size_t)(data[1] >> 4) * 5 - 5;
    read.seed = (uint32_t)data[2] << 8 | data[3];
    read.replies = (const char *)data + HEAD;
    read.len = size - HEAD;
    return read;
}

/* The parser alone: it stays within its bytes, and a line is only taken when it is whole. */
static void parse(const char *data, size_t len) {
    mc__reply reply;
    size_t    used = 0;

    if (mc__reply_parse(data, len, &reply, &used) != MC__PARSE_DONE)
        return;
    FUZZ_REQUIRE(used >= 3 && used <= len && used <= MC__LINE_MAX);
    FUZZ_REQUIRE(memcmp(data + used - 2, "\r\n", 2) == 0);
    FUZZ_REQUIRE(memchr(data, '\n', used) == data + used - 1);
    if (reply.key.len > 0)
        FUZZ_REQUIRE(reply.key.data > data && reply.key.data + reply.key.len <= data + used - 2);
    if (reply.text.len > 0)
        FUZZ_REQUIRE(reply.text.data > data && reply.text.data + reply.text.len == data + used - 2);
    for (size_t cut = 0; cut < used; cut++) {
        char  *copy = malloc(cut > 0 ? cut : 1);
        size_t unused;

        FUZZ_REQUIRE(copy != NULL);
        memcpy(copy, data, cut);
        FUZZ_REQUIRE(mc__reply_parse(copy, cut, &reply, &unused) == MC__PARSE_MORE);
        free(copy);
    }
}

static uint32_t next_number(uint32_t *seed) {
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 16;
}

/* Receives in parts: some of a few bytes, some of many. Each part is memory of its own size. */
static void receive_in_parts(played *play, const input *from) {
    uint32_t seed = from->seed;
    size_t   at = 0;

    while (at < from->len) {
        uint32_t number = next_number(&seed);
        size_t   part = number % 4 == 0 ? number / 4 % 6000 : number / 4 % 8;
        if (part > from->len - at)
            part = from->len - at;
        play_receive(play, from->replies + at, part, 0);
        at += part;
    }
}

static void begin(played *play, const input *from) {
    play_init(play, MAX_VALUE_SIZE);
    play->space_fails = from->space_fails;
    play->stats_fail = from->stats_fail;
    play->lends = from->seed & 1;
    play->lend_room = from->seed >> 1 & 1023;
    play->lend_fails = from->seed >> 11 & 3;
    play_ask(play, from->ask);
    play_send(play, from->sent, 0);
}

/* Whether the input holds this value, whole, behind a VALUE line with this key. */
static bool stands_in(const input *in, mc_slice prefix, mc_slice key, const char *value, size_t value_len) {
    static const char word[] = "VALUE ";
    const char       *end = in->replies + in->len;

    for (const char *at = in->replies; at < end; at++) {
        size_t      left = (size_t)(end - at);
        size_t      head = sizeof word - 1 + prefix.len + key.len + 1;
        const char *line_end;

        if (left < head || memcmp(at, word, sizeof word - 1) != 0 ||
            (prefix.len > 0 && memcmp(at + sizeof word - 1, prefix.data, prefix.len) != 0) ||
            memcmp(at + sizeof word - 1 + prefix.len, key.data, key.len) != 0 || at[head - 1] != ' ')
            continue;
        line_end = memchr(at, '\n', left);
        if (line_end && (size_t)(end - line_end - 1) >= value_len + 2 && memcmp(line_end + 1, value, value_len) == 0 &&
            memcmp(line_end + 1 + value_len, "\r\n", 2) == 0)
            return true;
    }
    return false;
}

static void check_value(const mc__command *command, const play_request *request, const input *in) {
    if (mc__verb_retrieves(command->verb) && request->answers > 0 && request->status == MC_OK)
        FUZZ_REQUIRE(stands_in(in, command->prefix, request->asked.key, request->value, request->value_len));
}

/* Whether the input holds this line. */
static bool has_line(const input *in, const char *line) {
    size_t len = strlen(line);

    for (size_t at = 0; at + len <= in->len; at++) {
        if (memcmp(in->replies + at, line, len) == 0)
            return true;
    }
    return false;
}

/* A quiet write is done by an MN and by nothing else, and refused by a line with its number. */
static void check_quiet(const mc__command *command, size_t i, const play_request *request, const input *in) {
    char refusals[2][48];

    if (!command->quiet || request->answers == 0)
        return;
    if (request->status == MC_OK) /* also where it is to be asked again */
        FUZZ_REQUIRE(has_line(in, "MN\r\n"));
    snprintf(refusals[0], sizeof refusals[0], "NF O%zu\r\n", i);
    snprintf(refusals[1], sizeof refusals[1], "NF  O%zu\r\n", i);
    FUZZ_REQUIRE(request->status != MC_NOT_STORED);
    if (request->status == MC_NOT_FOUND)
        FUZZ_REQUIRE(command->verb == MC__VERB_DELETE && (has_line(in, refusals[0]) || has_line(in, refusals[1])));
}

static void check_values(const played *play, const input *in) {
    for (size_t e = 0; e < play->count; e++) {
        const play_exchange *exchange = &play->exchanges[e];
        for (size_t i = 0; i < exchange->exchange.count; i++)
            check_value(&exchange->exchange.command, &exchange->requests[i], in);
        for (size_t i = 0; i < exchange->exchange.count; i++)
            check_quiet(&exchange->exchange.command, i, &exchange->requests[i], in);
    }
}

/* However it stands, the connection's end gives each request exactly one answer. */
static void end(played *play) {
    mc__pipeline_abandon(&play->pipeline, MC_CONNECTION_LOST);
    FUZZ_REQUIRE(!mc__pipeline_reusable(&play->pipeline));
    for (size_t e = 0; e < play->count; e++) {
        play_exchange *exchange = &play->exchanges[e];
        mc__exchange_end(&exchange->exchange, MC_TIMEOUT, MC_UNREACHABLE);
        for (size_t i = 0; i < exchange->exchange.count; i++)
            FUZZ_REQUIRE(exchange->requests[i].answers == 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input  in;
    played whole, parts;

    if (size < HEAD)
        return 0;
    in = read_input(data, size);
    parse(in.replies, in.len);
    if (in.len >= MC__ARRIVAL_FIRST_ROOM)
        in.space_fails = 0; /* how often memory is asked for depends on the parts */

    begin(&whole, &in);
    play_receive(&whole, in.replies, in.len, 0);
    check_values(&whole, &in);
    play_note_state(&whole);
    begin(&parts, &in);
    receive_in_parts(&parts, &in);
    check_values(&parts, &in);
    play_note_state(&parts);
    FUZZ_REQUIRE(strcmp(play_log(&whole), play_log(&parts)) == 0);
    end(&whole);
    end(&parts);
    FUZZ_REQUIRE(whole.complaints == 0 && parts.complaints == 0);
    play_free(&whole);
    play_free(&parts);
    return 0;
}
