#include "server/meta_flags.h"

#include "server/base64.h"
#include "server/command.h"

#define BAD_TOKEN "CLIENT_ERROR bad token in command line format"

static const char invalid_flag[] = "CLIENT_ERROR invalid flag";

static const char *if_not(bool right, const char *error) {
    return right ? NULL : error;
}

static const char *read_seconds(mc_slice token, bool *given, int64_t *seconds) {
    *given = true;
    return if_not(mcs__read_exptime(token, seconds), BAD_TOKEN);
}

static const char *read_cas(mc_slice token, bool *given, uint64_t *cas) {
    *given = true;
    return if_not(mcs__read_u64(token, cas), BAD_TOKEN);
}

static const char *read_key(mcs__meta_flags *flags) {
    size_t len;

    flags->binary_key = true;
    if (!mcs__base64_decode(flags->key, flags->decoded, &len))
        return "CLIENT_ERROR error decoding key";
    flags->key = mc_bytes(flags->decoded, len);
    return NULL;
}

static const char *read_mode(mc_slice token, mcs__meta_flags *flags) {
    if (token.len != 1)
        return "CLIENT_ERROR incorrect length for M token";
    flags->mode = token.data[0];
    return NULL;
}

/* A flag that has a token. */
static const char *read_token(char flag, mc_slice token, mcs__meta_flags *flags) {
    switch (flag) {
    case 'N':
        return read_seconds(token, &flags->vivify, &flags->vivify_s);
    case 'T':
        return read_seconds(token, &flags->touch, &flags->touch_s);
    case 'R':
        return read_seconds(token, &flags->recache, &flags->recache_s);
    case 'C':
        return read_cas(token, &flags->compare, &flags->cas);
    case 'E':
        return read_cas(token, &flags->give_cas, &flags->new_cas);
    case 'D':
        return if_not(mcs__read_u64(token, &flags->delta), "CLIENT_ERROR invalid numeric delta value");
    case 'J':
        return if_not(mcs__read_u64(token, &flags->initial), "CLIENT_ERROR invalid numeric initial value");
    case 'F':
        return if_not(mcs__read_u32(token, &flags->client_flags), "CLIENT_ERROR bad command line format");
    case 'M':
        return read_mode(token, flags);
    case 'O':
        return if_not(token.len < MCS__OPAQUE_MAX, "CLIENT_ERROR opaque token too long");
    default:
        return invalid_flag;
    }
}

static const char *read_flag(mc_slice word, mcs__meta_flags *flags) {
    switch (word.data[0]) {
    case 'b':
        return read_key(flags);
    case 'q':
        flags->quiet = true;
        return NULL;
    case 'v':
        flags->want_value = true;
        return NULL;
    case 'u':
        flags->no_update = true;
        return NULL;
    case 'I':
        flags->invalidate = true;
        return NULL;
    case 'x':
        flags->remove_value = true;
        return NULL;
    case 'k':
    case 's':
    case 't':
    case 'c':
    case 'f':
    case 'h':
    case 'l':
    case 'P': /* P and L are hints for proxies on the way */
    case 'L':
        return NULL;
    default:
        return read_token(word.data[0], mc_bytes(word.data + 1, word.len - 1), flags);
    }
}

const char *mcs__meta_flags_read(mc_slice key, mc_slice text, mcs__meta_flags *flags) {
    bool        seen[256] = {false};
    const char *error = NULL;

    memset(flags, 0, offsetof(mcs__meta_flags, decoded));
    flags->key = key;
    flags->text = text;
    flags->delta = 1;
    for (mc_slice word = mcs__word_take(&text); word.len > 0; word = mcs__word_take(&text)) {
        unsigned char flag = (unsigned char)word.data[0];
        if (seen[flag])
            return "CLIENT_ERROR duplicate flag";
        seen[flag] = true;
        if (!error)
            error = read_flag(word, flags);
        if (error == invalid_flag)
            return error; /* what stands behind it may not be flags at all */
    }
    return error;
}
