#include "server/execute.h"

#include "base/number.h"
#include "server/meta.h"

#include <signal.h>
#include <unistd.h>

#define BAD_LINE "CLIENT_ERROR bad command line format"
#define BAD_EXPTIME "CLIENT_ERROR invalid exptime argument"

void mcs__reply(mcs__session *session, mc_slice text) {
    mcs__output_text(&session->output, text);
}

static void reply_unless(mcs__session *session, bool noreply, mc_slice text) {
    if (!noreply)
        mcs__output_text(&session->output, text);
}

#define REPLY_UNLESS(session, noreply, text) reply_unless(session, noreply, MC__LITERAL(text "\r\n"))

static void reply_number(mcs__session *session, uint64_t number) {
    char  *room = mcs__output_room(&session->output, MC__NUMBER_MAX + 2);
    size_t len = mc__number_format(number, room);

    memcpy(room + len, "\r\n", 2);
    mcs__output_commit(&session->output, len + 2);
}

/* --------------------------------------------------------------------------------------------- get, gets, gat, gats -- */

static char *put_bytes(char *at, const char *bytes, size_t len) {
    memcpy(at, bytes, len);
    return at + len;
}

/* VALUE <key> <flags> <bytes> [<cas unique>] (protocol.txt, "Retrieval command"). */
static void reply_value(mcs__session *session, mcs__item *item, bool with_cas) {
    bool   copy = item->value_len <= MCS__COPY_MAX;
    char  *room = mcs__output_room(&session->output, MCS__TEXT_MAX);
    char  *at = put_bytes(room, "VALUE ", 6);
    size_t len = (size_t)item->value_len + 2;

    at = put_bytes(at, item->bytes, item->key_len);
    *at++ = ' ';
    at += mc__number_format(item->flags, at);
    *at++ = ' ';
    at += mc__number_format(item->value_len, at);
    if (with_cas) {
        *at++ = ' ';
        at += mc__number_format(item->cas, at);
    }
    at = put_bytes(at, "\r\n", 2);
    if (copy)
        at = put_bytes(at, mcs__item_value(item), len);
    mcs__output_commit(&session->output, (size_t)(at - room));
    if (!copy)
        mcs__output_item(&session->output, item, mcs__item_value(item), len);
}

/* gat and gats count as touches alone, as in memcached. */
void mcs__count_retrieval(mcs__counters *counters, bool touch, bool hit) {
    mcs__count(counters, touch ? MCS__cmd_touch : MCS__cmd_get);
    if (touch)
        mcs__count(counters, hit ? MCS__touch_hits : MCS__touch_misses);
    else
        mcs__count(counters, hit ? MCS__get_hits : MCS__get_misses);
}

static void retrieve_one(mcs__session *session, const mcs__retrieval *retrieval, mc_slice key) {
    mcs__worker *worker = session->worker;
    bool         touch = retrieval->verb == MCS__VERB_GAT || retrieval->verb == MCS__VERB_GATS;
    bool         with_cas = retrieval->verb == MCS__VERB_GETS || retrieval->verb == MCS__VERB_GATS;
    uint32_t     hash = mcs__store_hash(worker->store, key);
    mcs__shard  *shard = mcs__store_lock(worker->store, hash, worker->now);
    mcs__item   *item = mcs__shard_find(shard, key, hash, worker->now);

    if (item) {
        if (touch)
            item->expires = mcs__expiry(retrieval->exptime_s, worker->now);
        item->marks |= MCS__FETCHED;
        mcs__shard_touch(shard, item, worker->now);
        reply_value(session, item, with_cas);
    }
    mcs__store_unlock(shard);
    mcs__count_retrieval(&worker->counters, touch, item != NULL);
    mcs__prefixes_count(&worker->server->prefixes, key, item ? MCS__PREFIX_HIT : MCS__PREFIX_MISS);
}

bool mcs__execute_keys(mcs__session *session) {
    mcs__retrieval *retrieval = &session->retrieval;
    mc_slice        line = mc_bytes(mc__buffer_readable(&session->input).data, retrieval->line_len);
    mc_slice        rest = mc_bytes(line.data + retrieval->at, line.len - retrieval->at);

    for (mc_slice key = mcs__word_take(&rest); key.len > 0; key = mcs__word_take(&rest)) {
        retrieve_one(session, retrieval, key);
        retrieval->at = line.len - rest.len;
        if (session->output.pending >= MCS__OUTPUT_HIGH)
            return false;
    }
    MCS__REPLY(session, "END");
    return true;
}

/* All keys are checked before the first is answered: one error line, and no value before it. */
static bool keys_fit(mc_slice rest) {
    if (rest.len <= MC_KEY_MAX)
        return true;
    for (mc_slice key = mcs__word_take(&rest); key.len > 0; key = mcs__word_take(&rest))
        if (!mcs__key_fits(key))
            return false;
    return true;
}

static void execute_retrieval(mcs__session *session, mcs__verb verb, mc_slice line, mc_slice rest) {
    mcs__retrieval retrieval = {.verb = verb};
    mc_slice       after;

    if (verb == MCS__VERB_GAT || verb == MCS__VERB_GATS) {
        mc_slice exptime = mcs__word_take(&rest);
        if (exptime.len > 0 && !mcs__read_exptime(exptime, &retrieval.exptime_s)) {
            MCS__REPLY(session, BAD_EXPTIME);
            return;
        }
    }
    after = rest;
    if (mcs__word_take(&after).len == 0 || !keys_fit(rest)) {
        MCS__REPLY(session, BAD_LINE);
        return;
    }
    retrieval.line_len = line.len;
    retrieval.at = (size_t)(rest.data - line.data);
    session->retrieval = retrieval;
    session->phase = MCS__PHASE_KEYS;
}

/* ----------------------------------------------------------------------------------------------------------- storage -- */

bool mcs__begin_upload(mcs__session *session, mc_slice key, uint64_t value_len) {
    mcs__worker   *worker = session->worker;
    mcs__upload   *upload = &session->upload;
    mcs__counters *counters = &worker->counters;

    if (!mcs__size_allowed(worker, key.len, value_len)) {
        mcs__count(counters, MCS__store_too_large);
        REPLY_UNLESS(session, upload->noreply, "SERVER_ERROR object too large for cache");
    } else {
        upload->item =
            mcs__item_new(worker->store, key, mcs__store_hash(worker->store, key), (size_t)value_len, worker->now);
        if (upload->item) {
            upload->got = 0;
            session->phase = MCS__PHASE_VALUE;
            return true;
        }
        mcs__count(counters, MCS__store_no_memory);
        REPLY_UNLESS(session, upload->noreply, "SERVER_ERROR out of memory storing object");
    }
    /* The old value would be a wrong answer from now on, so it goes, as in memcached. */
    if (upload->storing.mode == MCS__MODE_SET && !upload->storing.compare)
        mcs__forget(worker, key);
    mcs__session_swallow(session, value_len);
    return false;
}

static mcs__mode mode_of(mcs__verb verb) {
    switch (verb) {
    case MCS__VERB_ADD:
        return MCS__MODE_ADD;
    case MCS__VERB_REPLACE:
        return MCS__MODE_REPLACE;
    case MCS__VERB_APPEND:
        return MCS__MODE_APPEND;
    case MCS__VERB_PREPEND:
        return MCS__MODE_PREPEND;
    default:
        return MCS__MODE_SET;
    }
}

static void execute_storage(mcs__session *session, mcs__verb verb, mc_slice rest) {
    mcs__storage_line storage;
    bool              cas = verb == MCS__VERB_CAS;

    switch (mcs__storage_line_read(rest, cas, &storage)) {
    case MCS__LINE_OK:
        break;
    case MCS__LINE_WRONG:
        MCS__REPLY(session, BAD_LINE);
        mcs__session_swallow(session, storage.value_len);
        return;
    case MCS__LINE_WRONG_NO_LENGTH:
        MCS__REPLY(session, BAD_LINE);
        return;
    case MCS__LINE_TOO_MANY:
        MCS__REPLY(session, "ERROR");
        return;
    }
    session->upload = (mcs__upload){
        .storing = {.mode = mode_of(verb), .compare = cas, .cas = storage.cas},
        .noreply = storage.noreply,
    };
    mcs__prefixes_count(&session->worker->server->prefixes, storage.key, MCS__PREFIX_SET);
    if (!mcs__begin_upload(session, storage.key, storage.value_len))
        return;
    session->upload.item->flags = storage.flags;
    session->upload.item->expires = mcs__expiry(storage.exptime_s, session->worker->now);
}

static void reply_stored(mcs__session *session, mcs__outcome outcome) {
    switch (outcome) {
    case MCS__DONE:
        MCS__REPLY(session, "STORED");
        break;
    case MCS__EXISTS:
        MCS__REPLY(session, "EXISTS");
        break;
    case MCS__NOT_FOUND:
        MCS__REPLY(session, "NOT_FOUND");
        break;
    case MCS__NO_MEMORY:
        MCS__REPLY(session, "SERVER_ERROR out of memory storing object");
        break;
    default:
        MCS__REPLY(session, "NOT_STORED");
        break;
    }
}

void mcs__execute_upload(mcs__session *session) {
    mcs__upload  upload = session->upload;
    mcs__outcome outcome;

    session->phase = MCS__PHASE_LINE;
    if (memcmp(mcs__item_value(upload.item) + upload.item->value_len, "\r\n", 2) != 0) {
        if (!upload.noreply || upload.meta)
            MCS__REPLY(session, "CLIENT_ERROR bad data chunk");
    } else {
        outcome = mcs__store_value(session->worker, upload.item, &upload.storing);
        if (upload.meta)
            mcs__meta_stored(session, &upload, outcome);
        else if (!upload.noreply)
            reply_stored(session, outcome);
    }
    mcs__item_release(session->worker->store, upload.item);
}

/* ------------------------------------------------------------------------------------------- delete, incr, decr, touch --
 */

static void execute_delete(mcs__session *session, const mcs__words *words) {
    mcs__counters *counters = &session->worker->counters;
    bool           zero = words->count > 1 && mc__slice_equal(words->word[1], MC__LITERAL("0"));
    bool           found;

    if (words->count > 3) {
        MCS__REPLY(session, "ERROR");
        return;
    }
    /* A time to hold deletes back was once there; only 0 of it is left. */
    if ((words->count == 2 && !zero && !words->noreply) || (words->count == 3 && !(zero && words->noreply))) {
        REPLY_UNLESS(session, words->noreply, BAD_LINE ".  Usage: delete <key> [noreply]");
        return;
    }
    mcs__prefixes_count(&session->worker->server->prefixes, words->word[0], MCS__PREFIX_DELETE);
    found = mcs__forget(session->worker, words->word[0]);
    mcs__count(counters, found ? MCS__delete_hits : MCS__delete_misses);
    if (found)
        REPLY_UNLESS(session, words->noreply, "DELETED");
    else
        REPLY_UNLESS(session, words->noreply, "NOT_FOUND");
}

static void execute_arithmetic(mcs__session *session, bool decrement, const mcs__words *words) {
    mcs__arithmetic arithmetic = {.decrement = decrement};

    if (!mcs__read_u64(words->word[1], &arithmetic.delta)) {
        REPLY_UNLESS(session, words->noreply, "CLIENT_ERROR invalid numeric delta argument");
        return;
    }
    switch (mcs__count_value(session->worker, words->word[0], &arithmetic)) {
    case MCS__DONE:
        if (!words->noreply)
            reply_number(session, arithmetic.number);
        break;
    case MCS__NOT_FOUND:
        REPLY_UNLESS(session, words->noreply, "NOT_FOUND");
        break;
    case MCS__NOT_A_NUMBER:
        REPLY_UNLESS(session, words->noreply, "CLIENT_ERROR cannot increment or decrement non-numeric value");
        break;
    default:
        REPLY_UNLESS(session, words->noreply, "SERVER_ERROR out of memory in incr");
        break;
    }
}

static void execute_touch(mcs__session *session, const mcs__words *words) {
    int64_t exptime_s;

    if (!mcs__read_exptime(words->word[1], &exptime_s))
        REPLY_UNLESS(session, words->noreply, BAD_EXPTIME);
    else if (mcs__touch_value(session->worker, words->word[0], mcs__expiry(exptime_s, session->worker->now)) == MCS__DONE)
        REPLY_UNLESS(session, words->noreply, "TOUCHED");
    else
        REPLY_UNLESS(session, words->noreply, "NOT_FOUND");
}

/* The commands on one key that have no data block: <key> [<argument>] [noreply]. */
static void execute_key(mcs__session *session, mcs__verb verb, mc_slice rest) {
    size_t     needed = verb == MCS__VERB_DELETE ? 1 : 2;
    mcs__words words;

    mcs__words_read(rest, &words);
    if (words.count < needed || !mcs__key_fits(words.word[0])) {
        MCS__REPLY(session, BAD_LINE);
        return;
    }
    if (words.count > 3) {
        MCS__REPLY(session, "ERROR");
        return;
    }
    if (verb == MCS__VERB_DELETE)
        execute_delete(session, &words);
    else if (verb == MCS__VERB_TOUCH)
        execute_touch(session, &words);
    else
        execute_arithmetic(session, verb == MCS__VERB_DECR, &words);
}

/* ------------------------------------------------------------------------------------------------- the whole server -- */

static void execute_flush_all(mcs__session *session, const mcs__words *words) {
    mcs__worker *worker = session->worker;
    int64_t      delay_s = 0;
    mcs__ms      at;

    if (words->count > 2) {
        MCS__REPLY(session, "ERROR");
        return;
    }
    if (worker->server->options.no_flush_all) {
        MCS__REPLY(session, "CLIENT_ERROR flush_all not allowed");
        return;
    }
    if (words->count > 0 && !(words->count == 1 && words->noreply) && !mcs__read_exptime(words->word[0], &delay_s)) {
        REPLY_UNLESS(session, words->noreply, BAD_EXPTIME);
        return;
    }
    at = delay_s == 0 ? worker->now : mcs__expiry(delay_s, worker->now);
    mcs__store_flush(worker->store, at, worker->now);
    mcs__count(&worker->counters, MCS__cmd_flush);
    REPLY_UNLESS(session, words->noreply, "OK");
}

static void execute_verbosity(mcs__session *session, const mcs__words *words) {
    uint32_t level = 0;

    if (words->count == 0 || words->count > 2) {
        MCS__REPLY(session, "ERROR");
    } else if (words->count == 1 && words->noreply) {
        return; /* memcached takes it as the level, finds none and says nothing */
    } else if (!mcs__read_u32(words->word[0], &level)) {
        REPLY_UNLESS(session, words->noreply, BAD_LINE);
    } else {
        atomic_store(&session->worker->server->verbosity, level > 2 ? 2 : (int)level);
        REPLY_UNLESS(session, words->noreply, "OK");
    }
}

static void execute_memlimit(mcs__session *session, const mcs__words *words) {
    mcs__store *store = session->worker->store;
    uint32_t    megabytes;

    if (words->count == 0 || words->count > 2 || !mcs__read_u32(words->word[0], &megabytes)) {
        MCS__REPLY(session, "ERROR");
    } else if (megabytes < 8) {
        REPLY_UNLESS(session, words->noreply, "MEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m");
    } else {
        mcs__store_set_limit(store, (size_t)megabytes << 20);
        mcs__store_make_room(store, session->worker->now);
        REPLY_UNLESS(session, words->noreply, "OK");
    }
}

/* Whoever runs the process waits for these signals. */
static void execute_shutdown(mcs__session *session, const mcs__words *words) {
    bool graceful = words->count == 1 && mc__slice_equal(words->word[0], MC__LITERAL("graceful"));

    if (!session->worker->server->options.shutdown_enabled) {
        MCS__REPLY(session, "ERROR: shutdown not enabled");
    } else if (words->count > 0 && !graceful) {
        MCS__REPLY(session, "CLIENT_ERROR invalid shutdown mode");
    } else {
        kill(getpid(), graceful ? SIGUSR1 : SIGINT);
        session->phase = MCS__PHASE_CLOSE;
    }
}

static void execute_server(mcs__session *session, mcs__verb verb, mc_slice rest) {
    mcs__words words;

    mcs__words_read(rest, &words);
    switch (verb) {
    case MCS__VERB_FLUSH_ALL:
        execute_flush_all(session, &words);
        break;
    case MCS__VERB_VERBOSITY:
        execute_verbosity(session, &words);
        break;
    case MCS__VERB_CACHE_MEMLIMIT:
        execute_memlimit(session, &words);
        break;
    case MCS__VERB_VERSION:
        MCS__REPLY(session, "VERSION " MC_SERVER_VERSION);
        break;
    case MCS__VERB_STATS:
        mcs__stats(session->worker->server, rest, session->worker->now, &session->output);
        break;
    case MCS__VERB_SHUTDOWN:
        execute_shutdown(session, &words);
        break;
    default:
        MCS__REPLY(session, "ERROR");
        break;
    }
}

void mcs__execute(mcs__session *session, mc_slice line) {
    mc_slice  rest = line;
    mcs__verb verb = mcs__verb_take(&rest);

    switch (verb) {
    case MCS__VERB_GET:
    case MCS__VERB_GETS:
    case MCS__VERB_GAT:
    case MCS__VERB_GATS:
        execute_retrieval(session, verb, line, rest);
        break;
    case MCS__VERB_SET:
    case MCS__VERB_ADD:
    case MCS__VERB_REPLACE:
    case MCS__VERB_APPEND:
    case MCS__VERB_PREPEND:
    case MCS__VERB_CAS:
        execute_storage(session, verb, rest);
        break;
    case MCS__VERB_DELETE:
    case MCS__VERB_INCR:
    case MCS__VERB_DECR:
    case MCS__VERB_TOUCH:
        execute_key(session, verb, rest);
        break;
    case MCS__VERB_META_GET:
    case MCS__VERB_META_SET:
    case MCS__VERB_META_DELETE:
    case MCS__VERB_META_ARITHMETIC:
    case MCS__VERB_META_NOOP:
    case MCS__VERB_META_DEBUG:
        if (session->worker->server->options.no_meta)
            MCS__REPLY(session, "ERROR");
        else
            mcs__meta(session, verb, rest);
        break;
    case MCS__VERB_QUIT:
    case MCS__VERB_HTTP:
        session->phase = MCS__PHASE_CLOSE;
        break;
    case MCS__VERB_NONE:
        MCS__REPLY(session, BAD_LINE);
        break;
    default:
        execute_server(session, verb, rest);
        break;
    }
}
