#include "protocol/request.h"

#include "base/number.h"
#include "base/short.h"

/* The name, three numbers, " noreply" and the line end, without the key. */
#define LINE_WITHOUT_KEY 96

/* Names are copied whole, whatever their length, and count as many bytes as they have. */
#define NAME_ROOM 16

typedef struct verb_facts {
    char name[NAME_ROOM];
    char name_len;
    bool repeatable;
} verb_facts;

#define VERB(name, repeatable)                                                                                              \
    { name, sizeof(name) - 1, repeatable }

static const verb_facts verbs[] = {
    [MC__VERB_SET] = VERB("set", true),
    [MC__VERB_ADD] = VERB("add", false),
    [MC__VERB_REPLACE] = VERB("replace", true),
    [MC__VERB_APPEND] = VERB("append", false),
    [MC__VERB_PREPEND] = VERB("prepend", false),
    [MC__VERB_CAS] = VERB("cas", false),
    [MC__VERB_GET] = VERB("get", true),
    [MC__VERB_GETS] = VERB("gets", true),
    [MC__VERB_GAT] = VERB("gat", true),
    [MC__VERB_GATS] = VERB("gats", true),
    [MC__VERB_DELETE] = VERB("delete", true),
    [MC__VERB_TOUCH] = VERB("touch", true),
    [MC__VERB_INCR] = VERB("incr", false),
    [MC__VERB_DECR] = VERB("decr", false),
    [MC__VERB_FLUSH_ALL] = VERB("flush_all", true),
    [MC__VERB_VERSION] = VERB("version", true),
    [MC__VERB_STATS] = VERB("stats", true),
    [MC__VERB_META] = VERB("mn", true),
};

mc_slice mc__verb_name(mc__verb verb) {
    return mc_bytes(verbs[verb].name, (size_t)verbs[verb].name_len);
}

bool mc__verb_repeatable(mc__verb verb) {
    return verbs[verb].repeatable;
}

/* Writing with the room already reserved: each returns where the next byte goes. */

static inline char *put(char *at, mc_slice bytes) {
    if (bytes.len > 0)
        memcpy(at, bytes.data, bytes.len);
    return at + bytes.len;
}

static inline char *put_name(char *at, mc__verb verb) {
    memcpy(at, verbs[verb].name, NAME_ROOM);
    return at + verbs[verb].name_len;
}

static char *put_number(char *at, uint64_t number) {
    *at++ = ' ';
    if (number > 9)
        return at + mc__number_format(number, at);
    *at++ = (char)('0' + number);
    return at;
}

static char *put_signed(char *at, int64_t number) {
    if (number >= 0)
        return put_number(at, (uint64_t)number);
    *at++ = ' ';
    return at + mc__number_format_signed(number, at);
}

static inline char *put_key(char *at, const mc__command *command, mc_slice key) {
    *at++ = ' ';
    at = put(at, command->prefix);
    mc__short_copy(at, key.data, key.len);
    return at + key.len;
}

static inline char *put_line_end(char *at) {
    return put(at, MC__LITERAL("\r\n"));
}

/* ------------------------------------------------------------------------------------------------- lines of keys -- */

/* Of " <key>" for each. */
static inline size_t size_of_keys(const mc__command *command, const mc__key_list *list) {
    const mc__key_list keys = *list;
    size_t             sum = keys.count * (1 + command->prefix.len);

    for (size_t i = 0; i < keys.count; i++)
        sum += mc__key_list_at(&keys, i).len;
    return sum;
}

static inline char *put_keys(char *at, mc_slice prefix, const mc__key_list *list) {
    const mc__key_list keys = *list; /* which nothing that is written here changes */

    for (size_t i = 0; i < keys.count; i++) {
        mc_slice key = mc__key_list_at(&keys, i);
        *at++ = ' ';
        if (prefix.len > 0)
            at = put(at, prefix);
        mc__short_copy(at, key.data, key.len);
        at += key.len;
    }
    return at;
}

bool mc__request_write_keys(const mc__command *command, const mc__key_list *list, int64_t exptime, mc__buffer *out) {
    char *at;

    if (!mc__buffer_reserve(out, LINE_WITHOUT_KEY + size_of_keys(command, list)))
        return false;
    at = put_name(mc__buffer_tail(out), command->verb);
    if (mc__verb_has_exptime(command->verb))
        at = put_signed(at, exptime);
    at = put_line_end(put_keys(at, command->prefix, list));
    mc__buffer_commit(out, (size_t)(at - mc__buffer_tail(out)));
    return true;
}

size_t mc__request_keys_size(const mc__command *command, const mc__key_list *list, int64_t exptime) {
    char   number[1 + MC__NUMBER_MAX];
    size_t size = mc__verb_name(command->verb).len + size_of_keys(command, list) + 2;

    return mc__verb_has_exptime(command->verb) ? size + (size_t)(put_signed(number, exptime) - number) : size;
}

/* -------------------------------------------------------------------------------------------------- single requests -- */

/* What stands behind the key. */
static char *put_arguments(char *at, const mc__command *command, const mc__request *request) {
    if (mc__verb_stores(command->verb)) {
        at = put_number(at, request->flags);
        at = put_signed(at, request->exptime);
        at = put_number(at, request->value.len);
    }
    if (command->verb == MC__VERB_TOUCH)
        at = put_signed(at, request->exptime);
    if (command->verb == MC__VERB_CAS || command->verb == MC__VERB_INCR || command->verb == MC__VERB_DECR)
        at = put_number(at, request->number);
    if (command->noreply)
        at = put(at, MC__LITERAL(" noreply"));
    return put_line_end(at);
}

/* The commands to a server as a whole. */
static char *put_server_command(char *at, const mc__command *command, const mc__request *request) {
    at = put_name(at, command->verb);
    if (command->verb == MC__VERB_FLUSH_ALL && request->exptime != 0)
        at = put_signed(at, request->exptime);
    if (command->verb == MC__VERB_STATS && request->key.len > 0)
        at = put(put(at, MC__LITERAL(" ")), request->key);
    if (command->noreply)
        at = put(at, MC__LITERAL(" noreply"));
    return put_line_end(at);
}

static char *put_request(char *at, const mc__command *command, const mc__request *request) {
    if (command->verb >= MC__VERB_FLUSH_ALL)
        return put_server_command(at, command, request);
    return put_arguments(put_key(put_name(at, command->verb), command, request->key), command, request);
}

/* Room for the line, and for more bytes behind it. */
static bool reserve(mc__buffer *out, const mc__command *command, const mc__request *request, size_t more) {
    return mc__buffer_reserve(out, LINE_WITHOUT_KEY + command->prefix.len + request->key.len + more);
}

bool mc__request_write_line(const mc__command *command, const mc__request *request, mc__buffer *out) {
    char *at;

    if (mc__verb_retrieves(command->verb))
        return mc__request_write_keys(command, &(mc__key_list){&request->key, NULL, 1}, request->exptime, out);
    if (!reserve(out, command, request, 0))
        return false;
    at = mc__buffer_tail(out);
    mc__buffer_commit(out, (size_t)(put_request(at, command, request) - at));
    return true;
}

bool mc__request_write(const mc__command *command, const mc__request *request, mc__buffer *out) {
    char *at, *end;

    if (!mc__verb_stores(command->verb))
        return mc__request_write_line(command, request, out);
    if (request->value.len > SIZE_MAX / 2 || !reserve(out, command, request, request->value.len + 2))
        return false;
    at = mc__buffer_tail(out);
    end = put_line_end(put(put_request(at, command, request), request->value));
    mc__buffer_commit(out, (size_t)(end - at));
    return true;
}

size_t mc__request_line_size(const mc__command *command, const mc__request *request) {
    char scratch[LINE_WITHOUT_KEY + 2 * MC_KEY_MAX];

    if (mc__verb_retrieves(command->verb))
        return mc__request_keys_size(command, &(mc__key_list){&request->key, NULL, 1}, request->exptime);
    return (size_t)(put_request(scratch, command, request) - scratch);
}
