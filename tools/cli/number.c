#include "cli/number.h"

bool cli_number_of(mc_slice text, uint64_t max, uint64_t *number) {
    uint64_t sum = 0;

    if (text.len == 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned char)text.data[i] - (unsigned)'0';
        if (digit > 9 || digit > max || sum > max / 10 || sum * 10 > max - digit)
            return false;
        sum = sum * 10 + digit;
    }
    *number = sum;
    return true;
}

static unsigned shift_of(char letter) {
    switch (letter) {
    case 'k':
    case 'K':
        return 10;
    case 'm':
    case 'M':
        return 20;
    case 'g':
    case 'G':
        return 30;
    default:
        return 0;
    }
}

bool cli_size_of(mc_slice text, uint64_t max, uint64_t *number) {
    unsigned shift = text.len > 0 ? shift_of(text.data[text.len - 1]) : 0;

    if (shift > 0)
        text.len--;
    if (!cli_number_of(text, max >> shift, number))
        return false;
    *number <<= shift;
    return true;
}

bool cli_signed_of(mc_slice text, int64_t *number) {
    bool     negative = text.len > 0 && text.data[0] == '-';
    uint64_t size;

    if (!cli_number_of(negative ? mc_bytes(text.data + 1, text.len - 1) : text, INT64_MAX, &size))
        return false;
    *number = negative ? -(int64_t)size : (int64_t)size;
    return true;
}

bool cli_seconds_of(mc_slice text, uint64_t max_ms, uint64_t *ms) {
    const char *point = text.len > 0 ? memchr(text.data, '.', text.len) : NULL;
    size_t      whole_len = point ? (size_t)(point - text.data) : text.len;
    size_t      decimals = point ? text.len - whole_len - 1 : 0;
    uint64_t    whole, part = 0;

    if (!cli_number_of(mc_bytes(text.data, whole_len), max_ms / 1000, &whole) || decimals > 3)
        return false;
    if (point && !cli_number_of(mc_bytes(point + 1, decimals), 999, &part))
        return false;
    for (; point && decimals < 3; decimals++)
        part *= 10;
    *ms = whole * 1000 + part;
    return *ms >= 1 && *ms <= max_ms;
}
