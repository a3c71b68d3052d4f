#include "cli/utf8.h"

/* What the second byte may be depends on the first one (RFC 3629, 4, UTF8-octets). */
static bool second_fits(unsigned char first, unsigned char second) {
    switch (first) {
    case 0xe0:
        return second >= 0xa0 && second <= 0xbf;
    case 0xed:
        return second >= 0x80 && second <= 0x9f;
    case 0xf0:
        return second >= 0x90 && second <= 0xbf;
    case 0xf4:
        return second >= 0x80 && second <= 0x8f;
    default:
        return second >= 0x80 && second <= 0xbf;
    }
}

static size_t length_by_first(unsigned char first) {
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

size_t cli_utf8_length(mc_slice text) {
    const unsigned char *bytes = (const unsigned char *)text.data;
    size_t               length = text.len > 0 ? length_by_first(bytes[0]) : 0;

    if (length > text.len || (length > 1 && !second_fits(bytes[0], bytes[1])))
        return 0;
    for (size_t i = 2; i < length; i++)
        if (bytes[i] < 0x80 || bytes[i] > 0xbf)
            return 0;
    return length;
}

bool cli_utf8_valid(mc_slice text) {
    while (text.len > 0) {
        size_t length = cli_utf8_length(text);
        if (length == 0)
            return false;
        text = mc_bytes(text.data + length, text.len - length);
    }
    return true;
}
