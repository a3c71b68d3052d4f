#include "protocol/reply.h"

#include "base/number.h"

/* Takes the bytes up to the next space, or to the end, off rest; *spaced says which. */
static mc_slice take_word(mc_slice *rest, bool *spaced) {
    const char *space = rest->len > 0 ? memchr(rest->data, ' ', rest->len) : NULL;
    size_t      len = space ? (size_t)(space - rest->data) : rest->len;
    mc_slice    word = mc_bytes(rest->data, len);

    *spaced = space != NULL;
    rest->data += len + (*spaced ? 1 : 0);
    rest->len -= len + (*spaced ? 1 : 0);
    return word;
}

static bool read_flags(mc_slice word, mc__reply *reply) {
    uint64_t          flags = 0;
    mc__number_result result = mc__number_parse(word.data, word.len, &flags);

    if (result == MC__NUMBER_MALFORMED)
        return false;
    reply->flags_too_wide = result == MC__NUMBER_TOO_WIDE || flags > UINT32_MAX;
    reply->flags = reply->flags_too_wide ? 0 : (uint32_t)flags;
    return true;
}

static bool read_number(mc_slice word, uint64_t *number) {
    return mc__number_parse(word.data, word.len, number) == MC__NUMBER_OK;
}

/* VALUE <key> <flags> <bytes> [<cas unique>] (protocol.txt, "Retrieval command"). */
static bool read_value(mc_slice rest, mc__reply *reply) {
    bool spaced;

    reply->key = take_word(&rest, &spaced);
    if (reply->key.len == 0 || reply->key.len > MC_KEY_MAX || !spaced)
        return false;
    if (!read_flags(take_word(&rest, &spaced), reply) || !spaced)
        return false;
    if (!read_number(take_word(&rest, &spaced), &reply->length))
        return false;
    reply->has_cas = spaced;
    return !spaced || read_number(rest, &reply->cas);
}

/* STAT <name> <value>; the value goes to the end of the line and may be empty. */
static bool read_stat(mc_slice rest, mc__reply *reply) {
    bool spaced;

    reply->key = take_word(&rest, &spaced);
    reply->text = rest;
    return reply->key.len > 0 && spaced;
}

/* <CD> O<opaque>, of a request with a number as its only flag that is given back (protocol.txt, "Meta Commands"). Servers
 * before 1.6.18 put another space before it. */
static bool read_meta(mc_slice rest, mc__reply *reply) {
    if (rest.len > 0 && rest.data[0] == ' ')
        rest = mc_bytes(rest.data + 1, rest.len - 1);
    return rest.len > 1 && rest.data[0] == 'O' && read_number(mc_bytes(rest.data + 1, rest.len - 1), &reply->number);
}

typedef struct word_facts {
    mc_slice       word;
    mc__reply_kind kind;
    bool           alone; /* nothing follows the word */
} word_facts;

#define WORD(text, kind, alone)                                                                                             \
    { {text, sizeof(text) - 1}, kind, alone }

static const word_facts words[] = {
    /* the frequent ones first */
    WORD("VALUE", MC__REPLY_VALUE, false),
    WORD("END", MC__REPLY_END, true),
    WORD("STORED", MC__REPLY_STORED, true),
    WORD("DELETED", MC__REPLY_DELETED, true),
    WORD("NOT_FOUND", MC__REPLY_NOT_FOUND, true),
    WORD("NOT_STORED", MC__REPLY_NOT_STORED, true),
    WORD("EXISTS", MC__REPLY_EXISTS, true),
    WORD("TOUCHED", MC__REPLY_TOUCHED, true),
    WORD("OK", MC__REPLY_OK, true),
    WORD("RESET", MC__REPLY_RESET, true),
    WORD("VERSION", MC__REPLY_VERSION, false),
    WORD("STAT", MC__REPLY_STAT, false),
    WORD("NF", MC__REPLY_META_NOT_FOUND, false),
    WORD("NS", MC__REPLY_META_NOT_STORED, true),
    WORD("MN", MC__REPLY_META_NOOP, true),
    WORD("ERROR", MC__REPLY_ERROR, false),
    WORD("CLIENT_ERROR", MC__REPLY_CLIENT_ERROR, false),
    WORD("SERVER_ERROR", MC__REPLY_SERVER_ERROR, false),
};

static const word_facts *find_word(mc_slice line) {
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const word_facts *facts = &words[i];
        size_t            len = facts->word.len;

        if (line.len < len || memcmp(line.data, facts->word.data, len) != 0)
            continue;
        if (line.len == len || (!facts->alone && line.data[len] == ' '))
            return facts;
    }
    return NULL;
}

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

/* A line without its line end. */
static bool read_line(mc_slice line, mc__reply *reply) {
    const word_facts *facts;
    mc_slice          rest;

    if (line.len > 0 && is_digit(line.data[0])) {
        reply->kind = MC__REPLY_NUMBER;
        return read_number(line, &reply->number);
    }
    facts = find_word(line);
    if (!facts)
        return false;
    reply->kind = facts->kind;
    if (line.len == facts->word.len)
        return facts->alone || facts->kind == MC__REPLY_ERROR; /* the others say something behind their word */
    rest = mc_bytes(line.data + facts->word.len + 1, line.len - facts->word.len - 1);
    if (facts->kind == MC__REPLY_VALUE)
        return read_value(rest, reply);
    if (facts->kind == MC__REPLY_STAT)
        return read_stat(rest, reply);
    if (facts->kind == MC__REPLY_META_NOT_FOUND)
        return read_meta(rest, reply);
    reply->text = rest;
    return true;
}

/* Whether the beginning of a line can still become one of these: a peer that speaks another protocol is known by its first
 * bytes, whether it ever sends a line end or not. */
static bool may_become_line(mc_slice bytes) {
    bool ended = bytes.len > 0 && bytes.data[bytes.len - 1] == '\r';

    bytes.len -= ended;
    if (bytes.len == 0)
        return !ended;
    if (memchr(bytes.data, '\r', bytes.len))
        return false;
    if (is_digit(bytes.data[0]) || find_word(bytes))
        return true;
    for (size_t i = 0; i < sizeof words / sizeof *words && !ended; i++) {
        if (bytes.len < words[i].word.len && memcmp(bytes.data, words[i].word.data, bytes.len) == 0)
            return true;
    }
    return false;
}

mc__parse mc__reply_parse(const char *data, size_t len, mc__reply *reply, size_t *used) {
    size_t      window = len < MC__LINE_MAX ? len : MC__LINE_MAX;
    const char *end = window > 0 ? memchr(data, '\n', window) : NULL;
    size_t      line;

    if (!end)
        return len < MC__LINE_MAX && may_become_line(mc_bytes(data, len)) ? MC__PARSE_MORE : MC__PARSE_MALFORMED;
    line = (size_t)(end - data);
    /* The line end is CR LF and nothing else (protocol.txt, "Protocol"); a CR elsewhere is a byte of another protocol. */
    if (line == 0 || memchr(data, '\r', line) != data + line - 1)
        return MC__PARSE_MALFORMED;
    *reply = (mc__reply){0};
    if (!read_line(mc_bytes(data, line - 1), reply))
        return MC__PARSE_MALFORMED;
    *used = line + 1;
    return MC__PARSE_DONE;
}
