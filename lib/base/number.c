#include "base/number.h"

#include <string.h>

/* So many digits are never too wide. */
#define DIGITS_SURE 19

mc__number_result mc__number_parse_padded(const char *text, size_t len, uint64_t *number) {
    size_t   sure = len < DIGITS_SURE ? len : DIGITS_SURE, i;
    uint64_t sum = 0;
    bool     wide = false;

    if (len == 0)
        return MC__NUMBER_MALFORMED;
    for (i = 0; i < sure; i++) {
        unsigned digit = (unsigned)(unsigned char)text[i] - '0';
        if (digit > 9)
            return MC__NUMBER_MALFORMED;
        sum = sum * 10 + digit;
    }
    for (; i < len; i++) {
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

/* All numbers of two digits, one behind the other. */
static const char pairs[] =
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
    "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

static size_t digits_of(uint64_t number) {
    size_t digits = 1;

    for (; number >= 10000; number /= 10000)
        digits += 4;
    return digits + (number >= 10) + (number >= 100) + (number >= 1000);
}

size_t mc__number_format(uint64_t number, char *out) {
    size_t digits = digits_of(number);
    char  *end = out + digits;

    for (; number >= 100; number /= 100)
        memcpy(end -= 2, &pairs[number % 100 * 2], 2);
    if (number >= 10)
        memcpy(end - 2, &pairs[number * 2], 2);
    else
        end[-1] = (char)('0' + number);
    return digits;
}

size_t mc__number_format_signed(int64_t number, char *out) {
    if (number >= 0)
        return mc__number_format((uint64_t)number, out);
    out[0] = '-';
    return 1 + mc__number_format(0 - (uint64_t)number, out + 1);
}
