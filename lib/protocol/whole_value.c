#include "protocol/whole_value.h"

#include "base/short.h"

/* The most digits of which no number overflows. */
#define DIGITS_32 9
#define DIGITS_64 19

/* Values that are handed on at once; up to 64. */
#define MANY 32

/* Reads digits from *at on, at most that many. Behind a 0 it ends, so that what may not stand before another digit is
 * followed by what may not stand behind a number. false: there are none, or too many. */
MC__INLINE bool read_digits(const char **at, const char *end, int most, uint64_t *number) {
    const char *p = *at;
    uint64_t    sum;
    unsigned    digit;

    if (p == end || (digit = (unsigned)(unsigned char)*p - '0') > 9)
        return false;
    sum = digit;
    if (++p < end && sum > 0) {
        while ((digit = (unsigned)(unsigned char)*p - '0') <= 9) {
            sum = sum * 10 + digit;
            if (++p == end)
                break;
        }
    }
    if (p - *at > most)
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

/* In two parts that need no call. */
static inline bool is_value(const char *at) {
    return memcmp(at, "VALU", 4) == 0 && memcmp(at + 4, "E ", 2) == 0;
}

static inline bool is_line_end(const char *at) {
    return memcmp(at, "\r\n", 2) == 0;
}

/* "VALUE <key> "; the key has a legal length and no space in it. Its other bytes are compared with those of a key that was
 * asked for, so that they need no look here. NULL: it is not that; else where it ends. */
static const char *read_any_key(const char *at, const char *end, mc_slice *key) {
    const char *first = at + 6;
    size_t      most;
    const char *space;

    if (end - at < 8 || !is_value(at))
        return NULL;
    most = (size_t)(end - first) < MC_KEY_MAX + 1 ? (size_t)(end - first) : MC_KEY_MAX + 1;
    space = memchr(first, ' ', most);
    if (!space || space == first)
        return NULL;
    *key = mc_bytes(first, (size_t)(space - first));
    return space + 1;
}

/* The same for one key: the one that is likely, since servers answer in the order asked. */
MC__INLINE const char *read_key(const char *at, const char *end, mc_slice prefix, mc_slice key) {
    size_t len = 6 + prefix.len + key.len; /* a legal key: no overflow */

    if ((size_t)(end - at) <= len || !is_value(at) || at[len] != ' ')
        return NULL;
    if (prefix.len > 0 && memcmp(at + 6, prefix.data, prefix.len) != 0)
        return NULL;
    return mc__short_equal(at + len - key.len, key.data, key.len) ? at + len + 1 : NULL;
}

/* The same for up to DIGITS_32 digits, where one more could be read. */
MC__INLINE bool read_digits_there(const char **at, uint64_t *number) {
    const char *p = *at;
    uint64_t    sum = (unsigned)(unsigned char)*p - '0';
    unsigned    digit;

    if (sum > 9)
        return false;
    for (ptrdiff_t len = 1; len <= DIGITS_32; len++) {
        digit = (unsigned)(unsigned char)p[len] - '0';
        if (digit > 9 || sum == 0) {
            *at = p + len;
            *number = sum;
            return true;
        }
        sum = sum * 10 + digit;
    }
    return false;
}

/* Flags and, behind a space, the length. Most flags are 0. */
MC__INLINE bool read_numbers(const char **at, const char *end, uint32_t *flags, uint64_t *length) {
    uint64_t number;

    if (end - *at > 2 + DIGITS_32 && memcmp(*at, "0 ", 2) == 0) {
        *at += 2;
        *flags = 0;
        return read_digits_there(at, length);
    }
    if (!read_digits(at, end, DIGITS_32, &number) || !read_byte(at, end, ' '))
        return false;
    *flags = (uint32_t)number;
    return read_digits(at, end, DIGITS_32, length);
}

/* What stands behind the key, on the line. */
MC__INLINE bool read_numbers_and_cas(const char **at, const char *end, bool with_cas, size_t max, mc__whole_value *value,
                                     uint64_t *length) {
    value->cas = 0;
    if (!read_numbers(at, end, &value->flags, length))
        return false;
    if (with_cas && (!read_byte(at, end, ' ') || !read_digits(at, end, DIGITS_64, &value->cas)))
        return false;
    return *length <= max;
}

/* The same, and the data. */
MC__INLINE bool read_rest(const char *at, const char *end, bool with_cas, size_t max, mc__whole_value *value) {
    uint64_t length;

    if (!read_numbers_and_cas(&at, end, with_cas, max, value, &length))
        return false;
    if ((uint64_t)(end - at) < length + 4 || !is_line_end(at) || !is_line_end(at + 2 + length))
        return false;
    value->data = mc_bytes(at + 2, (size_t)length);
    value->end = at + length + 4;
    return true;
}

bool mc__whole_value_read(const char *at, const char *end, bool with_cas, size_t max, mc__whole_value *value) {
    at = read_any_key(at, end, &value->key);
    return at && read_rest(at, end, with_cas, max, value);
}

bool mc__whole_value_of(const char *at, const char *end, const mc__exchange *exchange, size_t max, mc__whole_value *value) {
    at = read_key(at, end, exchange->command.prefix, mc__exchange_key(exchange, 0));
    return at && read_rest(at, end, mc__verb_gives_cas(exchange->command.verb), max, value);
}

bool mc__whole_value_begins(const char *at, const char *end, const mc__exchange *exchange, size_t max,
                            mc__whole_value *value) {
    bool     with_cas = mc__verb_gives_cas(exchange->command.verb);
    uint64_t length;

    at = read_key(at, end, exchange->command.prefix, mc__exchange_key(exchange, 0));
    if (!at || !read_numbers_and_cas(&at, end, with_cas, max, value, &length) || end - at < 2 || !is_line_end(at))
        return false;
    value->data = mc_bytes(at + 2, (size_t)length);
    return true;
}

/* How many keys from the cursor on are known not to be found. */
static size_t run_length(const mc__key_line *line, size_t len) {
    size_t run = line->cursor < len ? len - line->cursor : 0;

    if (line->cursor < line->beyond) /* the server has an order of its own */
        run = run > 0 && !mc__key_line_is_found(line, line->cursor);
    return run < MANY ? run : MANY;
}

/* What stands behind a value, which begins at at, is read, and makes room for a NUL. */
static inline char *end_value(char *at, const mc__whole_value *value) {
    char *end = at + (value->end - at);

    end[-2] = '\0';
    return end;
}

/* Values in the order asked, from *at on, which moves behind them. */
static inline size_t read_run(const mc__key_line *line, const mc__exchange *exchange, size_t run, size_t max, char **at,
                              const char *end, mc__found *found) {
    size_t          first = exchange->answered + line->cursor;
    mc_slice        prefix = exchange->command.prefix;
    bool            with_cas = mc__verb_gives_cas(exchange->command.verb);
    size_t          count;
    mc__whole_value value;
    const char     *rest;

    for (count = 0; count < run; count++) {
        rest = read_key(*at, end, prefix, mc__exchange_key(exchange, first + count));
        if (!rest || !read_rest(rest, end, with_cas, max, &value))
            break;
        found[count] = (mc__found){first + count, value.data, value.cas, value.flags};
        *at = end_value(*at, &value);
    }
    return count;
}

/* A value of another key than the next: some were missing, or the server has an order of its own. */
static size_t read_one(mc__key_line *line, const mc__exchange *exchange, size_t max, char **at, const char *end,
                       mc__found *found) {
    mc__whole_value value;

    if (!mc__whole_value_read(*at, end, mc__verb_gives_cas(exchange->command.verb), max, &value) ||
        !mc__key_line_find(line, exchange, value.key, &found->request))
        return 0;
    *found = (mc__found){found->request, value.data, value.cas, value.flags};
    *at = end_value(*at, &value);
    return 1;
}

static char *take_many(mc__key_line *line, mc__exchange *exchange, size_t len, size_t max, mc__buffer *input) {
    char       *at = input->data + input->start;
    const char *end = input->data + input->end;
    mc__found   found[MANY];
    size_t      count;

    while (line->found_count < len) {
        count = read_run(line, exchange, run_length(line, len), max, &at, end, found);
        if (count > 0)
            mc__key_line_mark(line, count);
        else
            count = read_one(line, exchange, max, &at, end, found);
        if (count == 0)
            break;
        exchange->ops->values(exchange, found, count);
    }
    return at;
}

/* A line of one key, which most are. */
static char *take_only(mc__key_line *line, mc__exchange *exchange, size_t max, mc__buffer *input) {
    char       *at = input->data + input->start;
    const char *end = input->data + input->end;
    mc__found   found;

    if (line->found_count > 0 || read_run(line, exchange, 1, max, &at, end, &found) == 0)
        return at;
    line->found[0] = line->found_count = line->cursor = line->beyond = 1;
    exchange->ops->values(exchange, &found, 1);
    return at;
}

bool mc__whole_values_take(mc__key_line *line, mc__exchange *exchange, size_t max, mc__buffer *input) {
    size_t      len = mc__exchange_unit_end(exchange, exchange->answered) - exchange->answered;
    const char *start = input->data + input->start;
    const char *at = len == 1 ? take_only(line, exchange, max, input) : take_many(line, exchange, len, max, input);

    mc__buffer_consume(input, (size_t)(at - start));
    return at > start;
}

size_t mc__whole_values_read(const mc__exchange *exchange, size_t max, const char **at, const char *end, mc__found *found) {
    mc_slice        prefix = exchange->command.prefix;
    bool            with_cas = mc__verb_gives_cas(exchange->command.verb);
    size_t          count = 0;
    mc__whole_value value;

    for (size_t i = 0; i < exchange->count; i++) {
        const char *rest = read_key(*at, end, prefix, mc__exchange_key(exchange, i));
        if (!rest)
            continue; /* a key without a value, if this is not the end */
        if (!read_rest(rest, end, with_cas, max, &value))
            break;
        found[count++] = (mc__found){i, value.data, value.cas, value.flags};
        *at = value.end;
    }
    return count;
}
