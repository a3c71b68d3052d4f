#include "support/play.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define SHORT_VALUE 40

/* ----------------------------------------------------------------------------------------------------------- the log -- */

static void must(bool done) {
    if (!done)
        abort();
}

__attribute__((format(printf, 2, 3))) static void note(played *play, const char *format, ...) {
    char    text[4096];
    va_list arguments;
    int     len;

    va_start(arguments, format);
    len = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    must(len >= 0 && (size_t)len < sizeof text && mc__buffer_append(&play->log, mc_bytes(text, (size_t)len)));
}

static void complain(played *play, const char *about) {
    play->complaints++;
    note(play, "!%s ", about);
}

static unsigned checksum(mc_slice bytes) {
    unsigned sum = 2166136261u;

    for (size_t i = 0; i < bytes.len; i++)
        sum = (sum ^ (unsigned char)bytes.data[i]) * 16777619u;
    return sum;
}

static void note_bytes(played *play, mc_slice bytes) {
    char escaped[MC__ESCAPED_MAX];

    if (bytes.len > SHORT_VALUE)
        note(play, "<%zu,%08x>", bytes.len, checksum(bytes));
    else
        note(play, "%s", mc__escape(bytes, escaped));
}

static void note_value(played *play, const play_request *request, const mc__reply *reply) {
    note(play, "=");
    note_bytes(play, mc_bytes(request->value, (size_t)reply->length));
    if (reply->flags != 0)
        note(play, "/%u", (unsigned)reply->flags);
    if (reply->has_cas)
        note(play, "#%llu", (unsigned long long)reply->cas);
}

static void note_reply(played *play, const play_request *request, const mc__reply *reply) {
    if (!reply) {
        note(play, "~");
    } else if (reply->kind == MC__REPLY_VALUE && request->status == MC_OK) {
        note_value(play, request, reply);
    } else if (reply->kind == MC__REPLY_NUMBER) {
        note(play, "=%llu", (unsigned long long)reply->number);
    } else if (reply->kind == MC__REPLY_VERSION || mc__reply_is_error(reply)) {
        note(play, "=");
        note_bytes(play, reply->text);
    }
}

const char *play_log(played *play) {
    size_t len = mc__buffer_len(&play->log);

    must(mc__buffer_reserve(&play->log, 1));
    play->log.data[play->log.end] = '\0';
    if (len > 0 && play->log.data[play->log.end - 1] == ' ')
        play->log.data[play->log.end - 1] = '\0';
    return play->log.data + play->log.start;
}

/* ------------------------------------------------------------------------------------------------- the owner's functions --
 */

static play_exchange *owner_of(const mc__exchange *exchange) {
    return (play_exchange *)(void *)exchange; /* its first member */
}

static void fill_request(const mc__exchange *exchange, size_t i, mc__request *request) {
    *request = owner_of(exchange)->requests[i].asked;
}

/* New memory each time, so that a sanitizer sees who still uses the old one. */
static char *make_space(const mc__exchange *exchange, size_t i, size_t have, size_t *room) {
    play_exchange *owner = owner_of(exchange);
    played        *play = owner->owner;
    play_request  *request = &owner->requests[i];
    char          *space;

    if (++play->space_calls == play->space_fails)
        return NULL;
    *room += play->space_extra;
    space = malloc(*room > 0 ? *room : 1);
    must(space != NULL);
    if (have > 0)
        memcpy(space, request->value, have);
    free(request->value);
    request->value = space;
    request->room = *room;
    return space;
}

static char *give_space(mc__exchange *exchange, size_t i, size_t have, size_t *room) {
    played *play = owner_of(exchange)->owner;

    if (*room > play->space_most)
        play->space_most = *room;
    if (*room < have || *room > (have == 0 ? MC__ARRIVAL_FIRST_ROOM : 2 * have))
        complain(play, "memory beyond what has come");
    return make_space(exchange, i, have, room);
}

/* New memory each time, as above; values are copied from it as soon as they are there. */
static bool lend(mc__exchange *exchange, size_t least, mc__area *area) {
    played *play = owner_of(exchange)->owner;

    if (play->lend_fails > 0 && ++play->lend_calls % play->lend_fails == 0)
        return false;
    free(play->lent.data);
    play->kept_before += play->kept;
    play->kept = 0;
    area->len = least + play->lend_room;
    area->data = malloc(area->len);
    must(area->data != NULL);
    play->lent = *area;
    return true;
}

static void keep(mc__exchange *exchange, size_t len) {
    played *play = owner_of(exchange)->owner;

    if (len > play->lent.len)
        complain(play, "keeps more than was lent");
    play->kept = len;
}

static bool take_stat(mc__exchange *exchange, mc_slice name, mc_slice value) {
    play_exchange *owner = owner_of(exchange);
    played        *play = owner->owner;

    if (++play->stats == play->stats_fail)
        return false;
    note(play, "%c:stat(", owner->letter);
    note_bytes(play, name);
    note(play, "=");
    note_bytes(play, value);
    note(play, ") ");
    return true;
}

static void take_answer(mc__exchange *exchange, size_t i, mc_status status, const mc__reply *reply) {
    play_exchange *owner = owner_of(exchange);
    played        *play = owner->owner;
    play_request  *request = &owner->requests[i];

    request->status = status;
    if (reply && reply->kind == MC__REPLY_VALUE)
        request->value_len = (size_t)reply->length;
    if (++request->answers > 1)
        complain(play, "twice");
    if (reply && reply->kind == MC__REPLY_VALUE && status == MC_OK && reply->length > request->room)
        complain(play, "a value without room");
    if (play->quiet)
        return;
    note(play, "%c%zu:%s", owner->letter, i, mc_status_name(status) + sizeof "MC_" - 1);
    note_reply(play, request, reply);
    note(play, " ");
}

static void take_value(mc__exchange *exchange, const mc__found *found) {
    played   *play = owner_of(exchange)->owner;
    mc_slice  data = found->data;
    size_t    room = data.len;
    mc__reply head = {.kind = MC__REPLY_VALUE, .flags = found->flags, .length = data.len, .cas = found->cas};
    char     *space;

    head.has_cas = mc__verb_gives_cas(exchange->command.verb);
    if (data.data[data.len] != '\0')
        complain(play, "a value without a NUL");
    if (play->lent.data && data.data >= play->lent.data && data.data < play->lent.data + play->lent.len)
        play->values_lent++;
    space = make_space(exchange, found->request, 0, &room);
    if (space)
        memcpy(space, data.data, data.len);
    take_answer(exchange, found->request, space ? MC_OK : MC_NO_MEMORY, &head);
}

static void take_values(mc__exchange *exchange, const mc__found *found, size_t count) {
    for (size_t i = 0; i < count; i++)
        take_value(exchange, &found[i]);
}

static void take_line_end(mc__exchange *exchange, mc_status status, const mc__reply *reply) {
    play_exchange *owner = owner_of(exchange);
    played        *play = owner->owner;

    if (!play->line_ends)
        return;
    note(play, "%c:end(%s", owner->letter, mc_status_name(status) + sizeof "MC_" - 1);
    note_reply(play, &owner->requests[0], reply);
    note(play, ") ");
}

static void take_again(mc__exchange *exchange, size_t i) {
    play_exchange *owner = owner_of(exchange);
    played        *play = owner->owner;

    exchange->again++;
    if (++owner->requests[i].answers > 1)
        complain(play, "twice");
    if (!play->quiet)
        note(play, "%c%zu:again ", owner->letter, i);
}

static const mc__exchange_ops ops = {.request = fill_request,
                                     .values = take_values,
                                     .space = give_space,
                                     .stat = take_stat,
                                     .answer = take_answer,
                                     .line_end = take_line_end,
                                     .again = take_again};

static const mc__exchange_ops lending_ops = {.request = fill_request,
                                             .values = take_values,
                                             .space = give_space,
                                             .lend = lend,
                                             .keep = keep,
                                             .stat = take_stat,
                                             .answer = take_answer,
                                             .line_end = take_line_end,
                                             .again = take_again};

/* ------------------------------------------------------------------------------------------------------------ asking -- */

void play_init(played *play, size_t max_value_size) {
    memset(play, 0, sizeof *play);
    mc__pipeline_init(&play->pipeline, max_value_size);
}

void play_free_exchanges(played *play) {
    for (size_t e = 0; e < play->count; e++) {
        play_exchange *exchange = &play->exchanges[e];
        for (size_t i = 0; i < exchange->exchange.count; i++)
            free(exchange->requests[i].value);
        free(exchange->requests);
        free(exchange->keys);
        free(exchange->order);
        free(exchange->text);
    }
    play->count = 0;
}

void play_free(played *play) {
    mc__pipeline_free(&play->pipeline);
    play_free_exchanges(play);
    free(play->lent.data);
    mc__buffer_free(&play->wire);
    mc__buffer_free(&play->log);
}

/* The keys as the exchange's owner has them: as they are asked for or, in an exchange that lends, the last one first. */
static void list_keys(play_exchange *exchange, bool reversed) {
    size_t count = exchange->exchange.count;

    exchange->keys = calloc(count + 1, sizeof *exchange->keys);
    exchange->order = calloc(count + 1, sizeof *exchange->order);
    must(exchange->keys && exchange->order);
    for (size_t i = 0; i < count; i++) {
        size_t at = reversed ? count - 1 - i : i;
        exchange->keys[at] = exchange->requests[i].asked.key;
        exchange->order[i] = at;
    }
    exchange->exchange.keys = exchange->keys;
    exchange->exchange.order = reversed ? exchange->order : NULL;
}

void play_ask_requests(played *play, mc__command command, const mc__request *requests, size_t count) {
    play_ask_windows(play, command, requests, count, MC__LINE_KEYS);
}

void play_ask_windows(played *play, mc__command command, const mc__request *requests, size_t count, size_t window) {
    play_exchange *exchange = &play->exchanges[play->count];

    must(play->count < PLAY_EXCHANGES_MAX);
    *exchange = (play_exchange){
        .exchange = {.ops = play->lends ? &lending_ops : &ops, .command = command, .count = count, .window = window},
        .owner = play};
    exchange->letter = (char)('A' + play->count++);
    exchange->requests = calloc(count > 0 ? count : 1, sizeof *exchange->requests);
    must(exchange->requests != NULL);
    for (size_t i = 0; i < count; i++)
        exchange->requests[i].asked = requests[i];
    list_keys(exchange, play->lends);
    mc__pipeline_push(&play->pipeline, &exchange->exchange);
}

void play_ask_again(played *play, play_exchange *exchange) {
    exchange->owner = play;
    mc__pipeline_push(&play->pipeline, &exchange->exchange);
}

static mc__verb verb_called(const char *name) {
    for (mc__verb verb = MC__VERB_SET; verb <= MC__VERB_META; verb++) {
        if (mc__slice_equal(mc__verb_name(verb), mc_str(name)))
            return verb;
    }
    abort();
}

#define REQUESTS_MAX 64

/* One exchange's words; text is taken apart and stays for as long as the exchange does. */
static void ask_words(played *play, char *text) {
    mc__command command = {0};
    mc__request requests[REQUESTS_MAX];
    size_t      count = 0, window = 0;
    char       *rest;
    char       *word = strtok_r(text, " ", &rest);

    if (strncmp(word, "prefix=", 7) == 0) {
        command.prefix = mc_str(word + 7);
        word = strtok_r(NULL, " ", &rest);
    }
    if (strncmp(word, "window=", 7) == 0) {
        command.quiet = true;
        window = (size_t)atoi(word + 7);
        word = strtok_r(NULL, " ", &rest);
    }
    command.verb = verb_called(word);
    while ((word = strtok_r(NULL, " ", &rest)) != NULL) {
        if (strcmp(word, "noreply") == 0) {
            command.noreply = true;
            continue;
        }
        must(count < REQUESTS_MAX);
        requests[count] = (mc__request){.key = mc_str(word), .flags = 5, .number = 7};
        count++;
    }
    if (count == 0)
        requests[count++] = (mc__request){0};
    play_ask_windows(play, command, requests, count, window);
}

/* Gives each stored value "v" and its key. */
static void fill_values(play_exchange *exchange, char *memory) {
    if (!mc__verb_stores(exchange->exchange.command.verb))
        return;
    for (size_t i = 0; i < exchange->exchange.count; i++) {
        mc__request *request = &exchange->requests[i].asked;
        memory[0] = 'v';
        memcpy(memory + 1, request->key.data, request->key.len);
        request->value = mc_bytes(memory, 1 + request->key.len);
        memory += 1 + request->key.len;
    }
}

void play_ask(played *play, const char *text) {
    while (*text) {
        size_t         len = strcspn(text, ";");
        play_exchange *exchange = &play->exchanges[play->count];
        char          *copy = calloc(3, len + 1); /* the words, and the values made from them */

        must(copy != NULL);
        memcpy(copy, text, len);
        ask_words(play, copy);
        exchange->text = copy;
        fill_values(exchange, copy + len + 1);
        text += len;
        text += strspn(text, "; ");
    }
}

/* ---------------------------------------------------------------------------------------------------- to and from it -- */

/* Takes up to most bytes of the slices into wire; returns how many. */
static size_t accept_slices(played *play, const mc_slice *slices, size_t count, size_t most) {
    size_t accepted = 0;

    for (size_t i = 0; i < count && accepted < most; i++) {
        size_t part = slices[i].len < most - accepted ? slices[i].len : most - accepted;
        must(mc__buffer_append(&play->wire, mc_bytes(slices[i].data, part)));
        accepted += part;
    }
    return accepted;
}

size_t play_send(played *play, size_t most, size_t step) {
    size_t total = 0;

    while (total < most && mc__pipeline_wants_output(&play->pipeline)) {
        mc_slice slices[MC__OUTPUT_SLICES];
        size_t   count, accepted;
        size_t   limit = step > 0 && step < most - total ? step : most - total;

        if (mc__pipeline_output(&play->pipeline, slices, &count) != MC_OK)
            break;
        accepted = accept_slices(play, slices, count, limit);
        if (accepted == 0)
            complain(play, "wants output and shows none");
        if (accepted == 0)
            break;
        mc__pipeline_sent(&play->pipeline, accepted);
        total += accepted;
    }
    return total;
}

static size_t fill_areas(const mc__area *areas, size_t count, const char *bytes, size_t len) {
    size_t filled = 0;

    for (size_t i = 0; i < count && filled < len; i++) {
        size_t part = areas[i].len < len - filled ? areas[i].len : len - filled;
        memcpy(areas[i].data, bytes + filled, part);
        filled += part;
    }
    return filled;
}

mc_status play_receive(played *play, const char *bytes, size_t len, size_t step) {
    mc_status status = play->pipeline.broken;

    while (len > 0 && status == MC_OK) {
        mc__area areas[MC__INPUT_SPACES];
        size_t   count, filled;

        if (mc__pipeline_space(&play->pipeline, areas, &count) != MC_OK)
            return MC_NO_MEMORY;
        filled = fill_areas(areas, count, bytes, step > 0 && step < len ? step : len);
        if (filled == 0) {
            complain(play, "no space");
            break;
        }
        status = mc__pipeline_received(&play->pipeline, filled);
        bytes += filled;
        len -= filled;
    }
    return status;
}

void play_note_state(played *play) {
    const mc__pipeline *pipeline = &play->pipeline;
    bool                reusable = mc__pipeline_reusable(pipeline);

    if (reusable && (pipeline->broken != MC_OK || !mc__pipeline_idle(pipeline)))
        complain(play, "reusable");
    if (pipeline->broken != MC_OK && pipeline->reason[0] == '\0')
        complain(play, "broken without reason");
    if (pipeline->broken != MC_OK)
        note(play, "| broken %s", mc_status_name(pipeline->broken) + sizeof "MC_" - 1);
    else if (!mc__pipeline_idle(pipeline))
        note(play, "| waiting");
    else
        note(play, reusable ? "| reusable" : "| idle");
}
