#include "server/command.h"

#include "base/number.h"

#define LENGTH_MAX ((uint64_t)INT32_MAX - 2)

static const struct {
    mcs__verb verb;
    mc_slice  name;
} verbs[] = {
#define VERB(verb, text)                                                                                                    \
    {                                                                                                                       \
        MCS__VERB_##verb, {                                                                                                 \
            text, sizeof(text) - 1                                                                                          \
        }                                                                                                                   \
    }
    VERB(GET, "get"),
    VERB(SET, "set"),
    VERB(META_GET, "mg"),
    VERB(META_SET, "ms"),
    VERB(META_NOOP, "mn"),
    VERB(META_DELETE, "md"),
    VERB(META_ARITHMETIC, "ma"),
    VERB(META_DEBUG, "me"),
    VERB(GETS, "gets"),
    VERB(GAT, "gat"),
    VERB(GATS, "gats"),
    VERB(ADD, "add"),
    VERB(REPLACE, "replace"),
    VERB(APPEND, "append"),
    VERB(PREPEND, "prepend"),
    VERB(CAS, "cas"),
    VERB(DELETE, "delete"),
    VERB(INCR, "incr"),
    VERB(DECR, "decr"),
    VERB(TOUCH, "touch"),
    VERB(FLUSH_ALL, "flush_all"),
    VERB(VERBOSITY, "verbosity"),
    VERB(VERSION, "version"),
    VERB(STATS, "stats"),
    VERB(CACHE_MEMLIMIT, "cache_memlimit"),
    VERB(SHUTDOWN, "shutdown"),
    VERB(QUIT, "quit"),
#undef VERB
};

mc_slice mcs__word_take(mc_slice *line) {
    const char *at = line->data;
    const char *end = at + line->len;
    const char *word;

    while (at < end && *at == ' ')
        at++;
    word = at;
    while (at < end && *at != ' ')
        at++;
    *line = mc_bytes(at, (size_t)(end - at));
    return mc_bytes(word, (size_t)(at - word));
}

/* A request line of HTTP: answering it would let web pages speak to the server through its visitors' browsers. */
static bool is_http(mc_slice name, mc_slice rest) {
    mc_slice word = name;

    if (mc__slice_equal(name, MC__LITERAL("GET")) || mc__slice_equal(name, MC__LITERAL("POST"))) {
        mc_slice after = rest;
        mc_slice path = mcs__word_take(&after);
        if (path.len > 0 && path.data[0] == '/')
            return true;
    }
    for (mc_slice next = word; next.len > 0; next = mcs__word_take(&rest))
        word = next;
    return word.len > 5 && memcmp(word.data, "HTTP/", 5) == 0;
}

mcs__verb mcs__verb_take(mc_slice *line) {
    mc_slice name = mcs__word_take(line);

    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (name.len == verbs[i].name.len && memcmp(name.data, verbs[i].name.data, name.len) == 0)
            return verbs[i].verb;
    if (name.len == 0)
        return MCS__VERB_NONE;
    return is_http(name, *line) ? MCS__VERB_HTTP : MCS__VERB_UNKNOWN;
}

void mcs__words_read(mc_slice line, mcs__words *words) {
    mc_slice last = {0};

    words->count = 0;
    for (mc_slice word = mcs__word_take(&line); word.len > 0; word = mcs__word_take(&line)) {
        last = word;
        if (words->count < MCS__WORDS_MAX)
            words->word[words->count++] = word;
        else
            words->count = MCS__WORDS_MAX + 1;
    }
    words->noreply = mc__slice_equal(last, MC__LITERAL("noreply"));
}

bool mcs__read_u64(mc_slice word, uint64_t *number) {
    return mc__number_parse_padded(word.data, word.len, number) == MC__NUMBER_OK;
}

bool mcs__read_u32(mc_slice word, uint32_t *number) {
    uint64_t wide;

    if (!mcs__read_u64(word, &wide) || wide > UINT32_MAX)
        return false;
    *number = (uint32_t)wide;
    return true;
}

bool mcs__read_exptime(mc_slice word, int64_t *seconds) {
    bool     negative = word.len > 0 && word.data[0] == '-';
    uint64_t size;

    if (negative)
        word = mc_bytes(word.data + 1, word.len - 1);
    if (!mcs__read_u64(word, &size) || size > INT64_MAX)
        return false;
    *seconds = negative ? -(int64_t)size : (int64_t)size;
    return true;
}

bool mcs__read_length(mc_slice word, uint64_t *len) {
    return mcs__read_u64(word, len) && *len <= LENGTH_MAX;
}

mcs__line_result mcs__storage_line_read(mc_slice line, bool cas, mcs__storage_line *storage) {
    mcs__words words;
    size_t     wanted = cas ? 5 : 4;
    bool       right;

    mcs__words_read(line, &words);
    if (words.count > wanted + 1)
        return MCS__LINE_TOO_MANY;
    if (words.count < 4 || !mcs__read_length(words.word[3], &storage->value_len))
        return MCS__LINE_WRONG_NO_LENGTH;
    storage->key = words.word[0];
    storage->noreply = words.noreply && words.count > wanted;
    storage->cas = 0;
    right = words.count >= wanted && mcs__key_fits(storage->key) && mcs__read_u32(words.word[1], &storage->flags) &&
            mcs__read_exptime(words.word[2], &storage->exptime_s) && (!cas || mcs__read_u64(words.word[4], &storage->cas));
    return right ? MCS__LINE_OK : MCS__LINE_WRONG;
}
