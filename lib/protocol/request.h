/* Commands as the bytes that go on the wire (protocol.txt, from "Storage commands" on). */
#ifndef MC_PROTOCOL_REQUEST_H
#define MC_PROTOCOL_REQUEST_H

#include "base/buffer.h"

/* First those that store, then those that retrieve. */
typedef enum mc__verb {
    MC__VERB_SET,
    MC__VERB_ADD,
    MC__VERB_REPLACE,
    MC__VERB_APPEND,
    MC__VERB_PREPEND,
    MC__VERB_CAS,
    MC__VERB_GET,
    MC__VERB_GETS,
    MC__VERB_GAT,
    MC__VERB_GATS,
    MC__VERB_DELETE,
    MC__VERB_TOUCH,
    MC__VERB_INCR,
    MC__VERB_DECR,
    MC__VERB_FLUSH_ALL,
    MC__VERB_VERSION,
    MC__VERB_STATS,
    MC__VERB_META /* the question of protocol/quiet.h */
} mc__verb;

/* The command's name on the wire. */
mc_slice mc__verb_name(mc__verb verb);

/* set, add, replace, append, prepend, cas: a data block follows the line. */
static inline bool mc__verb_stores(mc__verb verb) {
    return verb <= MC__VERB_CAS;
}

/* get, gets, gat, gats: VALUE blocks and END come back. */
static inline bool mc__verb_retrieves(mc__verb verb) {
    return verb >= MC__VERB_GET && verb <= MC__VERB_GATS;
}

/* gets, gats: each value comes with its cas token. */
static inline bool mc__verb_gives_cas(mc__verb verb) {
    return verb == MC__VERB_GETS || verb == MC__VERB_GATS;
}

/* gat, gats: an exptime stands before the keys. */
static inline bool mc__verb_has_exptime(mc__verb verb) {
    return verb == MC__VERB_GAT || verb == MC__VERB_GATS;
}

/* Whether doing it twice is as good as once, so that it may be sent again when its outcome is unknown: all but add, append,
 * prepend, cas, incr and decr. */
bool mc__verb_repeatable(mc__verb verb);

/* What is asked. Its slices belong to the caller. A key and a prefix are legal (protocol/key.h); nothing here checks them.
 */
typedef struct mc__request {
    mc_slice key;     /* stats: the group, may be empty; flush_all, version: not used */
    mc_slice value;   /* storage */
    uint32_t flags;   /* storage */
    int64_t  exptime; /* as on the wire: storage, touch, gat, gats; flush_all: the delay */
    uint64_t number;  /* cas: the token; incr, decr: the delta */
} mc__request;

/* What the requests of one exchange have in common. */
typedef struct mc__command {
    mc__verb verb;
    bool     noreply; /* no answer is asked for; not with verbs that retrieve, version and stats */
    mc_slice prefix;  /* before every key */
    bool     quiet;   /* set and delete without noreply: as protocol/quiet.h says */
} mc__command;

/* The keys of a retrieval's line, at least one: keys[order[i]], or keys[i] where order is NULL. */
typedef struct mc__key_list {
    const mc_slice *keys;
    const size_t   *order;
    size_t          count;
} mc__key_list;

static inline mc_slice mc__key_list_at(const mc__key_list *list, size_t i) {
    return list->keys[list->order ? list->order[i] : i];
}

/* Appends the line that asks for these keys, with its line end. exptime: gat, gats. false: no memory, nothing is appended.
 */
bool mc__request_write_keys(const mc__command *command, const mc__key_list *list, int64_t exptime, mc__buffer *out);

/* How many bytes mc__request_write_keys appends. */
size_t mc__request_keys_size(const mc__command *command, const mc__key_list *list, int64_t exptime);

/* Appends the whole command line with its line end, for any verb, as if it were not quiet; a storage command's data block
 * and line end are to follow. false: no memory, nothing is appended. */
bool mc__request_write_line(const mc__command *command, const mc__request *request, mc__buffer *out);

/* The same, of a storage command with its data block and line end. */
bool mc__request_write(const mc__command *command, const mc__request *request, mc__buffer *out);

/* How many bytes mc__request_write_line appends. */
size_t mc__request_line_size(const mc__command *command, const mc__request *request);

#endif
