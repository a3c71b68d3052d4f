#include "server/meta.h"

#include "base/number.h"
#include "server/base64.h"
#include "server/execute.h"
#include "server/meta_flags.h"

#include <stdio.h>

#define BAD_LINE "CLIENT_ERROR bad command line format"

/* The longest answer but its value: a status, every flag once with a number, an opaque token, a key in base64. */
#define ANSWER_MAX 2048

/* ---------------------------------------------------------------------------------------------------- answer lines -- */

/* An answer line while it is written, straight into the output. */
typedef struct answer {
    mcs__session *session;
    char         *start;
    char         *at;
} answer;

static void put(answer *line, mc_slice bytes) {
    memcpy(line->at, bytes.data, bytes.len);
    line->at += bytes.len;
}

static answer begin(mcs__session *session, const char *status) {
    char  *room = mcs__output_room(&session->output, ANSWER_MAX);
    answer line = {session, room, room};

    put(&line, mc_str(status));
    return line;
}

static void put_flag(answer *line, char flag) {
    *line->at++ = ' ';
    *line->at++ = flag;
}

static void put_number(answer *line, char flag, uint64_t number) {
    put_flag(line, flag);
    line->at += mc__number_format(number, line->at);
}

/* Seconds left, -1 for ever. */
static void put_ttl(answer *line, mcs__ms expires) {
    mcs__ms now = line->session->worker->now;

    if (expires == MCS__NEVER) {
        put_flag(line, 't');
        put(line, MC__LITERAL("-1"));
    } else {
        put_number(line, 't', expires > now ? (uint64_t)(expires - now + 999) / 1000 : 0);
    }
}

static void put_key(answer *line, mc_slice key, bool binary) {
    put_flag(line, 'k');
    if (binary) {
        line->at += mcs__base64_encode(key, line->at);
        put_flag(line, 'b');
    } else {
        put(line, key);
    }
}

static void put_opaque(answer *line, mc_slice word) {
    *line->at++ = ' ';
    put(line, word);
}

static void end(answer *line) {
    put(line, MC__LITERAL("\r\n"));
    mcs__output_commit(&line->session->output, (size_t)(line->at - line->start));
}

/* An answer that can echo nothing but key and opaque token, in their order. */
static void answer_short(mcs__session *session, const char *status, const mcs__meta_flags *flags) {
    answer   line = begin(session, status);
    mc_slice text = flags->text;

    for (mc_slice word = mcs__word_take(&text); word.len > 0; word = mcs__word_take(&text)) {
        if (word.data[0] == 'O')
            put_opaque(&line, word);
        else if (word.data[0] == 'k')
            put_key(&line, flags->key, flags->binary_key);
    }
    end(&line);
}

static void reply_error(mcs__session *session, const char *error) {
    answer line = begin(session, error);

    end(&line);
}

/* --------------------------------------------------------------------------------------------------------------- mg -- */

/* An empty item that holds the place while the client that was told so fetches the value. */
static mcs__item *vivify(mcs__worker *worker, mcs__shard *shard, uint32_t hash, const mcs__meta_flags *flags) {
    mcs__item *item = mcs__item_new_under_lock(worker->store, flags->key, hash, 0);

    if (!item)
        return NULL;
    item->marks = flags->binary_key ? MCS__BINARY : 0;
    mcs__shard_put(shard, item, NULL, worker->now);
    if (flags->give_cas)
        item->cas = flags->new_cas;
    mcs__item_release(worker->store, item); /* the shard holds it */
    return item;
}

/* Writes what one flag of mg asks for, or does what it says; *won: the client is to fetch the value anew. */
static void answer_flag(answer *line, mc_slice word, mcs__item *item, const mcs__meta_flags *flags, bool created,
                        bool *won) {
    mcs__ms now = line->session->worker->now;

    switch (word.data[0]) {
    case 'N':
        if (created)
            item->expires = mcs__expiry(flags->vivify_s, now);
        break;
    case 'T':
        item->expires = mcs__expiry(flags->touch_s, now);
        break;
    case 'R':
        if (!created && !(item->marks & MCS__WON) && item->expires < mcs__expiry(flags->recache_s, now))
            *won = true;
        break;
    case 's':
        put_number(line, 's', item->value_len);
        break;
    case 't':
        put_ttl(line, item->expires);
        break;
    case 'c':
        put_number(line, 'c', item->cas);
        break;
    case 'f':
        put_number(line, 'f', item->flags);
        break;
    case 'l':
        put_number(line, 'l', (uint64_t)(now - item->used) / 1000);
        break;
    case 'h':
        put_number(line, 'h', item->marks & MCS__FETCHED ? 1 : 0);
        break;
    case 'O':
        put_opaque(line, word);
        break;
    case 'k':
        put_key(line, mcs__item_key(item), item->marks & MCS__BINARY);
        break;
    default:
        break;
    }
}

static void answer_win(answer *line, mcs__item *item, bool won) {
    bool told = item->marks & MCS__WON;

    if (told)
        put_flag(line, 'Z');
    if (item->marks & MCS__STALE) {
        put_flag(line, 'X');
        won = won || !told;
    }
    if (won) {
        put_flag(line, 'W');
        item->marks |= MCS__WON;
    }
}

static void answer_hit(mcs__session *session, mcs__item *item, const mcs__meta_flags *flags, bool created) {
    answer   line = begin(session, flags->want_value ? "VA " : "HD");
    mc_slice text = flags->text;
    bool     won = created;

    if (flags->want_value)
        line.at += mc__number_format(item->value_len, line.at);
    for (mc_slice word = mcs__word_take(&text); word.len > 0; word = mcs__word_take(&text))
        answer_flag(&line, word, item, flags, created, &won);
    answer_win(&line, item, won);
    end(&line);
    if (!flags->want_value)
        return;
    if (item->value_len <= MCS__COPY_MAX)
        mcs__output_text(&session->output, mc_bytes(mcs__item_value(item), (size_t)item->value_len + 2));
    else
        mcs__output_item(&session->output, item, mcs__item_value(item), (size_t)item->value_len + 2);
}

static void meta_get(mcs__session *session, const mcs__meta_flags *flags) {
    mcs__worker *worker = session->worker;
    uint32_t     hash = mcs__store_hash(worker->store, flags->key);
    mcs__shard  *shard = mcs__store_lock(worker->store, hash, worker->now);
    mcs__item   *item = mcs__shard_find(shard, flags->key, hash, worker->now);
    bool         created = !item && flags->vivify;

    if (created)
        item = vivify(worker, shard, hash, flags);
    if (item) {
        answer_hit(session, item, flags, created);
        if (!flags->no_update) {
            item->marks |= MCS__FETCHED;
            mcs__shard_touch(shard, item, worker->now);
        }
    }
    mcs__store_unlock(shard);
    if (created)
        mcs__store_make_room(worker->store, worker->now);
    mcs__count_retrieval(&worker->counters, flags->touch, item && !created);
    if (!item && !flags->quiet)
        answer_short(session, "EN", flags);
}

/* --------------------------------------------------------------------------------------------------------------- ms -- */

static bool read_store_mode(const mcs__meta_flags *flags, mcs__mode *mode) {
    static const char      letters[] = "SERAP";
    static const mcs__mode modes[] = {MCS__MODE_SET, MCS__MODE_ADD, MCS__MODE_REPLACE, MCS__MODE_APPEND, MCS__MODE_PREPEND};
    const char            *found = flags->mode ? strchr(letters, flags->mode) : letters;

    if (!found)
        return false;
    *mode = modes[found - letters];
    return true;
}

/* Keeps the flags that the answer will have, until the data block has come. */
static void keep_echo(mcs__upload *upload, mc_slice text) {
    for (mc_slice word = mcs__word_take(&text); word.len > 0; word = mcs__word_take(&text)) {
        size_t len = word.data[0] == 'O' ? word.len : 1;

        if (!strchr("Okcs", word.data[0]))
            continue;
        memcpy(upload->echo + upload->echo_len, word.data, len);
        upload->echo_len += (uint8_t)len;
        upload->echo[upload->echo_len++] = ' ';
    }
}

static void begin_store(mcs__session *session, const mcs__meta_flags *flags, mcs__mode mode, uint64_t value_len) {
    mcs__ms      now = session->worker->now;
    mcs__upload *upload = &session->upload;
    bool         whole = mode == MCS__MODE_SET || mode == MCS__MODE_REPLACE;

    *upload = (mcs__upload){
        .storing =
            {
                .mode = mode,
                .compare = flags->compare && (flags->cas != 0 || whole),
                .cas = flags->cas,
                .stale = flags->invalidate && whole,
                .give_cas = flags->give_cas,
                .new_cas = flags->new_cas,
                .vivify = flags->vivify,
                .vivify_expires = mcs__expiry(flags->vivify_s, now),
            },
        .meta = true,
    };
    if (!mcs__begin_upload(session, flags->key, value_len))
        return;
    upload->quiet = flags->quiet;
    keep_echo(upload, flags->text);
    upload->item->flags = flags->client_flags;
    upload->item->expires = mcs__expiry(flags->touch_s, now);
    upload->item->marks = flags->binary_key ? MCS__BINARY : 0;
}

static void meta_set(mcs__session *session, mc_slice key, mc_slice rest) {
    mcs__meta_flags flags;
    mc_slice        word = mcs__word_take(&rest);
    mcs__mode       mode;
    uint64_t        value_len;
    const char     *error;

    if (!mcs__read_length(word, &value_len)) {
        MCS__REPLY(session, BAD_LINE);
        return;
    }
    error = mcs__key_fits(key) ? mcs__meta_flags_read(key, rest, &flags) : BAD_LINE;
    if (!error && !read_store_mode(&flags, &mode))
        error = "CLIENT_ERROR invalid mode for ms M token";
    if (error) {
        reply_error(session, error);
        mcs__session_swallow(session, value_len);
        return;
    }
    begin_store(session, &flags, mode, value_len);
}

static void answer_stored(mcs__session *session, const char *status, const mcs__upload *upload, bool done) {
    answer   line = begin(session, status);
    mc_slice text = mc_bytes(upload->echo, upload->echo_len);

    for (mc_slice word = mcs__word_take(&text); word.len > 0; word = mcs__word_take(&text)) {
        if (word.data[0] == 'O')
            put_opaque(&line, word);
        else if (word.data[0] == 'k')
            put_key(&line, mcs__item_key(upload->item), upload->item->marks & MCS__BINARY);
        else if (word.data[0] == 'c')
            put_number(&line, 'c', done ? upload->storing.cas : 0);
        else
            put_number(&line, 's', done ? upload->storing.value_len : upload->item->value_len);
    }
    end(&line);
}

void mcs__meta_stored(mcs__session *session, const mcs__upload *upload, mcs__outcome outcome) {
    switch (outcome) {
    case MCS__DONE:
        if (!upload->quiet)
            answer_stored(session, "HD", upload, true);
        break;
    case MCS__EXISTS:
        answer_stored(session, "EX", upload, false);
        break;
    case MCS__NOT_FOUND:
        answer_stored(session, "NF", upload, false);
        break;
    case MCS__NO_MEMORY:
        MCS__REPLY(session, "SERVER_ERROR out of memory storing object");
        break;
    default:
        answer_stored(session, "NS", upload, false);
        break;
    }
}

/* --------------------------------------------------------------------------------------------------------------- md -- */

/* Flag I: the item stays, is marked as stale, and the next client to ask is told to fetch the value. */
static void invalidate(mcs__worker *worker, mcs__item *item, const mcs__meta_flags *flags) {
    if (flags->touch)
        item->expires = mcs__expiry(flags->touch_s, worker->now);
    item->marks |= MCS__STALE;
    item->marks &= (uint8_t)~MCS__WON;
    item->cas = flags->give_cas ? flags->new_cas : mcs__store_next_cas(worker->store);
}

/* Flag x: only the value and the client's flags go. NULL: no memory. */
static mcs__item *empty_item(mcs__worker *worker, mcs__shard *shard, mcs__item *old, const mcs__meta_flags *flags) {
    mcs__item *item = mcs__item_new_under_lock(worker->store, flags->key, old->hash, 0);

    if (!item)
        return NULL;
    item->flags = flags->client_flags;
    item->expires = flags->touch ? mcs__expiry(flags->touch_s, worker->now) : MCS__NEVER;
    item->marks = old->marks & MCS__BINARY;
    mcs__shard_put(shard, item, old, worker->now);
    if (flags->give_cas)
        item->cas = flags->new_cas;
    mcs__item_release(worker->store, item);
    return item;
}

static const char *delete_locked(mcs__worker *worker, mcs__shard *shard, uint32_t hash, const mcs__meta_flags *flags) {
    mcs__item *item = mcs__shard_find(shard, flags->key, hash, worker->now);

    mcs__count(&worker->counters, item ? MCS__delete_hits : MCS__delete_misses);
    if (!item)
        return "NF";
    if (flags->compare && item->cas != flags->cas)
        return "EX";
    if (flags->remove_value && !(item = empty_item(worker, shard, item, flags)))
        return "SERVER_ERROR out of memory";
    if (flags->invalidate)
        invalidate(worker, item, flags);
    else if (!flags->remove_value)
        mcs__shard_drop(shard, item);
    return "HD";
}

static void meta_delete(mcs__session *session, const mcs__meta_flags *flags) {
    mcs__worker *worker = session->worker;
    uint32_t     hash = mcs__store_hash(worker->store, flags->key);
    mcs__shard  *shard = mcs__store_lock(worker->store, hash, worker->now);
    const char  *status = delete_locked(worker, shard, hash, flags);

    mcs__store_unlock(shard);
    if (flags->remove_value)
        mcs__store_make_room(worker->store, worker->now);
    if (!flags->quiet || strcmp(status, "HD") != 0)
        answer_short(session, status, flags);
}

/* --------------------------------------------------------------------------------------------------------------- ma -- */

static void answer_count(mcs__session *session, const mcs__meta_flags *flags, const mcs__arithmetic *arithmetic) {
    char     digits[MC__NUMBER_MAX];
    size_t   len = mc__number_format(arithmetic->number, digits);
    answer   line = begin(session, flags->want_value ? "VA " : "HD");
    mc_slice text = flags->text;
    mcs__ms  expires = arithmetic->expires_before;

    if (flags->want_value)
        line.at += mc__number_format(len, line.at);
    for (mc_slice word = mcs__word_take(&text); word.len > 0; word = mcs__word_take(&text)) {
        if (word.data[0] == 'O')
            put_opaque(&line, word);
        else if (word.data[0] == 'k')
            put_key(&line, flags->key, flags->binary_key);
        else if (word.data[0] == 'c')
            put_number(&line, 'c', arithmetic->cas);
        else if (word.data[0] == 't')
            put_ttl(&line, expires);
        else if (word.data[0] == 'T' || word.data[0] == 'N')
            expires = arithmetic->expires_after; /* flags in front of it show the time before */
    }
    if (flags->want_value) {
        put(&line, MC__LITERAL("\r\n"));
        put(&line, mc_bytes(digits, len));
    }
    end(&line);
}

static void meta_arithmetic(mcs__session *session, const mcs__meta_flags *flags) {
    mcs__ms         now = session->worker->now;
    mcs__arithmetic arithmetic = {
        .decrement = flags->mode == 'D' || flags->mode == '-',
        .compare = flags->compare && flags->cas != 0,
        .cas = flags->cas,
        .give_cas = flags->give_cas,
        .new_cas = flags->new_cas,
        .delta = flags->delta,
        .vivify = flags->vivify,
        .initial = flags->initial,
        .vivify_expires = mcs__expiry(flags->vivify_s, now),
        .touch = flags->touch,
        .expires = mcs__expiry(flags->touch_s, now),
    };

    if (flags->mode && !strchr("I+D-", flags->mode)) {
        MCS__REPLY(session, "CLIENT_ERROR invalid mode for ma M token");
        return;
    }
    switch (mcs__count_value(session->worker, flags->key, &arithmetic)) {
    case MCS__DONE:
        if (!flags->quiet || arithmetic.created)
            answer_count(session, flags, &arithmetic);
        break;
    case MCS__NOT_FOUND:
        answer_short(session, "NF", flags);
        break;
    case MCS__EXISTS:
        answer_short(session, "EX", flags);
        break;
    case MCS__NOT_A_NUMBER:
        MCS__REPLY(session, "CLIENT_ERROR cannot increment or decrement non-numeric value");
        break;
    default:
        MCS__REPLY(session, "SERVER_ERROR out of memory");
        break;
    }
}

/* --------------------------------------------------------------------------------------------------------------- me -- */

static int describe(char *room, mc_slice key, const mcs__item *item, mcs__ms now) {
    long long exp = item->expires == MCS__NEVER ? -1 : -(long long)((item->expires - now + 999) / 1000);

    memcpy(room, "ME ", 3);
    memcpy(room + 3, key.data, key.len);
    return 3 + (int)key.len +
           sprintf(room + 3 + key.len, " exp=%lld la=%lld cas=%llu fetch=%s cls=1 size=%zu\r\n", exp,
                   (long long)(now - item->used) / 1000, (unsigned long long)item->cas,
                   item->marks & MCS__FETCHED ? "yes" : "no", MCS__ITEM_OVERHEAD + (size_t)item->key_len + item->value_len);
}

/* Shows the key as it came, in base64 or not. */
static void meta_debug(mcs__session *session, mc_slice shown, const mcs__meta_flags *flags) {
    mcs__worker *worker = session->worker;
    uint32_t     hash = mcs__store_hash(worker->store, flags->key);
    mcs__shard  *shard = mcs__store_lock(worker->store, hash, worker->now);
    mcs__item   *item = mcs__shard_find(shard, flags->key, hash, worker->now);
    char        *room = mcs__output_room(&session->output, ANSWER_MAX);

    if (item)
        mcs__output_commit(&session->output, (size_t)describe(room, shown, item, worker->now));
    mcs__store_unlock(shard);
    if (!item)
        MCS__REPLY(session, "EN");
}

/* ----------------------------------------------------------------------------------------------------------- any of -- */

void mcs__meta(mcs__session *session, mcs__verb verb, mc_slice rest) {
    mcs__meta_flags flags;
    mc_slice        key = {0};
    const char     *error;

    mcs__count(&session->worker->counters, MCS__cmd_meta);
    if (verb == MCS__VERB_META_NOOP) {
        MCS__REPLY(session, "MN");
        return;
    }
    key = mcs__word_take(&rest);
    if (verb == MCS__VERB_META_SET) {
        meta_set(session, key, rest);
        return;
    }
    error = mcs__key_fits(key) ? mcs__meta_flags_read(key, rest, &flags) : BAD_LINE;
    if (error && mcs__key_fits(key) && (verb == MCS__VERB_META_DELETE || verb == MCS__VERB_META_ARITHMETIC))
        error = "CLIENT_ERROR invalid or duplicate flag";
    if (error)
        reply_error(session, error);
    else if (verb == MCS__VERB_META_GET)
        meta_get(session, &flags);
    else if (verb == MCS__VERB_META_DELETE)
        meta_delete(session, &flags);
    else if (verb == MCS__VERB_META_ARITHMETIC)
        meta_arithmetic(session, &flags);
    else
        meta_debug(session, key, &flags);
}
