#include "base/number.h"

#include <string.h>

mc__number_result mc__number_parse_padded(const char *text, size_t len, uint64_t *number) {
    uint64_t sum = 0;
    bool     wide = false;

    if (len == 0)
        return MC__NUMBER_MALFORMED;
    for (size_t i = 0; i < len; i++) {
        unsigned digit = (unsigned)(unsigned char)text[i] - '0';
        if (digit > 9)
            return MC__NUMBER_MALFORMED;
        if (sum > (UINT64_MAX - digit) / 10)
            wide = true; /* go on: a byte that is no digit would make it malformed */
        else
            sum = sum * 10 + digit;
    }
    if (wide)
        return MC__NUMBER_TOO_WIDE;
    *number = sum;
    return MC__NUMBER_OK;
}

mc__number_result mc__number_parse(const char *text, size_t len, uint64_t *number) {
    if (len > 1 && text[0] == '0')
        return MC__NUMBER_MALFORMED;
    return mc__number_parse_padded(text, len, number);
}

size_t mc__number_format(uint64_t number, char *out) {
    char   digits[MC__NUMBER_MAX];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    memcpy(out, digits + at, sizeof digits - at);
    return sizeof digits - at;
}

size_t mc__number_format_signed(int64_t number, char *out) {
    if (number >= 0)
        return mc__number_format((uint64_t)number, out);
    out[0] = '-';
    return 1 + mc__number_format(0 - (uint64_t)number, out + 1);
}
