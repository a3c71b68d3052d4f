#include "protocol/request.h"

#include "base/number.h"

/* The name, three numbers, " noreply" and the line end, without the key. */
#define LINE_WITHOUT_KEY 96

typedef struct verb_facts {
    const char *name;
    bool        stores, retrieves, repeatable;
} verb_facts;

static const verb_facts verbs[] = {
    [MC__VERB_SET] = {"set", true, false, true},
    [MC__VERB_ADD] = {"add", true, false, false},
    [MC__VERB_REPLACE] = {"replace", true, false, true},
    [MC__VERB_APPEND] = {"append", true, false, false},
    [MC__VERB_PREPEND] = {"prepend", true, false, false},
    [MC__VERB_CAS] = {"cas", true, false, false},
    [MC__VERB_GET] = {"get", false, true, true},
    [MC__VERB_GETS] = {"gets", false, true, true},
    [MC__VERB_GAT] = {"gat", false, true, true},
    [MC__VERB_GATS] = {"gats", false, true, true},
    [MC__VERB_DELETE] = {"delete", false, false, true},
    [MC__VERB_TOUCH] = {"touch", false, false, true},
    [MC__VERB_INCR] = {"incr", false, false, false},
    [MC__VERB_DECR] = {"decr", false, false, false},
    [MC__VERB_FLUSH_ALL] = {"flush_all", false, false, true},
    [MC__VERB_VERSION] = {"version", false, false, true},
    [MC__VERB_STATS] = {"stats", false, false, true},
    [MC__VERB_META] = {"mn", false, false, true},
};

mc_slice mc__verb_name(mc__verb verb) {
    return mc_str(verbs[verb].name);
}

bool mc__verb_stores(mc__verb verb) {
    return verbs[verb].stores;
}

bool mc__verb_retrieves(mc__verb verb) {
    return verbs[verb].retrieves;
}

bool mc__verb_repeatable(mc__verb verb) {
    return verbs[verb].repeatable;
}

/* Writing with the room already reserved. */

static void put(mc__buffer *out, mc_slice bytes) {
    if (bytes.len > 0)
        memcpy(mc__buffer_tail(out), bytes.data, bytes.len);
    mc__buffer_commit(out, bytes.len);
}

static void put_number(mc__buffer *out, uint64_t number) {
    put(out, MC__LITERAL(" "));
    mc__buffer_commit(out, mc__number_format(number, mc__buffer_tail(out)));
}

static void put_signed(mc__buffer *out, int64_t number) {
    put(out, MC__LITERAL(" "));
    mc__buffer_commit(out, mc__number_format_signed(number, mc__buffer_tail(out)));
}

static void put_key(mc__buffer *out, const mc__command *command, mc_slice key) {
    put(out, MC__LITERAL(" "));
    put(out, command->prefix);
    put(out, key);
}

static bool reserve_line(const mc__command *command, mc_slice key, mc__buffer *out) {
    return mc__buffer_reserve(out, LINE_WITHOUT_KEY + command->prefix.len + key.len);
}

bool mc__request_open_line(const mc__command *command, const mc__request *first, mc__buffer *out) {
    if (!reserve_line(command, first->key, out))
        return false;
    put(out, mc__verb_name(command->verb));
    if (command->verb == MC__VERB_GAT || command->verb == MC__VERB_GATS)
        put_signed(out, first->exptime);
    put_key(out, command, first->key);
    return true;
}

bool mc__request_add_key(const mc__command *command, mc_slice key, mc__buffer *out) {
    if (!reserve_line(command, key, out))
        return false;
    put_key(out, command, key);
    return true;
}

bool mc__request_close_line(mc__buffer *out) {
    return mc__buffer_append(out, MC__LITERAL("\r\n"));
}

/* What stands behind the key. */
static void put_arguments(const mc__command *command, const mc__request *request, mc__buffer *out) {
    if (mc__verb_stores(command->verb)) {
        put_number(out, request->flags);
        put_signed(out, request->exptime);
        put_number(out, request->value.len);
    }
    if (command->verb == MC__VERB_TOUCH)
        put_signed(out, request->exptime);
    if (command->verb == MC__VERB_CAS || command->verb == MC__VERB_INCR || command->verb == MC__VERB_DECR)
        put_number(out, request->number);
    if (command->noreply)
        put(out, MC__LITERAL(" noreply"));
    put(out, MC__LITERAL("\r\n"));
}

/* The commands to a server as a whole. */
static void put_server_command(const mc__command *command, const mc__request *request, mc__buffer *out) {
    put(out, mc__verb_name(command->verb));
    if (command->verb == MC__VERB_FLUSH_ALL && request->exptime != 0)
        put_signed(out, request->exptime);
    if (command->verb == MC__VERB_STATS && request->key.len > 0) {
        put(out, MC__LITERAL(" "));
        put(out, request->key);
    }
    if (command->noreply)
        put(out, MC__LITERAL(" noreply"));
    put(out, MC__LITERAL("\r\n"));
}

bool mc__request_write_line(const mc__command *command, const mc__request *request, mc__buffer *out) {
    if (!reserve_line(command, request->key, out))
        return false;
    if (command->verb >= MC__VERB_FLUSH_ALL) {
        put_server_command(command, request, out);
    } else if (mc__verb_retrieves(command->verb)) {
        mc__request_open_line(command, request, out);
        put(out, MC__LITERAL("\r\n"));
    } else {
        put(out, mc__verb_name(command->verb));
        put_key(out, command, request->key);
        put_arguments(command, request, out);
    }
    return true;
}

size_t mc__request_line_size(const mc__command *command, const mc__request *request) {
    char       scratch[LINE_WITHOUT_KEY + 2 * MC_KEY_MAX];
    mc__buffer out = {scratch, 0, 0, sizeof scratch};

    mc__request_write_line(command, request, &out);
    return out.end;
}
