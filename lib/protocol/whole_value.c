#include "protocol/whole_value.h"

/* The most digits of which no number overflows. */
#define DIGITS_32 9
#define DIGITS_64 19

/* Reads digits from *at on, at most that many and the first no 0 before others, up to a byte that is none. false: it is not
 * that, or it is not whole. */
static inline bool read_digits(const char **at, const char *end, int most, uint64_t *number) {
    const char *p = *at;
    uint64_t    sum = 0;

    while (p < end && (unsigned char)(*p - '0') <= 9 && p - *at <= most)
        sum = sum * 10 + (uint64_t)(*p++ - '0');
    if (p == *at || p == end || p - *at > most || (**at == '0' && p - *at > 1))
        return false;
    *at = p;
    *number = sum;
    return true;
}

static inline bool read_byte(const char **at, const char *end, char byte) {
    if (*at == end || **at != byte)
        return false;
    ++*at;
    return true;
}

static inline bool read_line_end(const char **at, const char *end) {
    return read_byte(at, end, '\r') && read_byte(at, end, '\n');
}

/* "VALUE <key> "; the key has a legal length and no space in it. Its other bytes are compared with those of a key that was
 * asked for, so that they need no look here. */
static inline bool read_key(const char **at, const char *end, mc_slice *key) {
    const char *first = *at + 6;
    size_t      most;
    const char *space;

    if (end - *at < 8 || memcmp(*at, "VALUE ", 6) != 0)
        return false;
    most = (size_t)(end - first) < MC_KEY_MAX + 1 ? (size_t)(end - first) : MC_KEY_MAX + 1;
    space = memchr(first, ' ', most);
    if (!space || space == first)
        return false;
    *key = mc_bytes(first, (size_t)(space - first));
    *at = space + 1;
    return true;
}

bool mc__whole_value_read(mc_slice input, bool with_cas, size_t max, mc__reply *head, mc_slice *data, size_t *used) {
    const char *at = input.data, *end = input.data + input.len;
    mc_slice    key;
    uint64_t    flags, length, cas = 0;

    if (!read_key(&at, end, &key))
        return false;
    if (!read_digits(&at, end, DIGITS_32, &flags) || !read_byte(&at, end, ' ') || !read_digits(&at, end, DIGITS_32, &length))
        return false;
    if (with_cas && (!read_byte(&at, end, ' ') || !read_digits(&at, end, DIGITS_64, &cas)))
        return false;
    if (!read_line_end(&at, end) || length > max || (uint64_t)(end - at) < length)
        return false;
    *data = mc_bytes(at, (size_t)length);
    at += length;
    if (!read_line_end(&at, end))
        return false;
    *head = (mc__reply){
        .kind = MC__REPLY_VALUE, .key = key, .flags = (uint32_t)flags, .has_cas = with_cas, .length = length, .cas = cas};
    *used = (size_t)(at - input.data);
    return true;
}
