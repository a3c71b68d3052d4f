#include "server/base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static size_t encode_group(const unsigned char *bytes, size_t len, char *out) {
    uint32_t group = (uint32_t)bytes[0] << 16;

    if (len > 1)
        group |= (uint32_t)bytes[1] << 8;
    if (len > 2)
        group |= bytes[2];
    out[0] = digits[group >> 18];
    out[1] = digits[group >> 12 & 63];
    out[2] = len > 1 ? digits[group >> 6 & 63] : '=';
    out[3] = len > 2 ? digits[group & 63] : '=';
    return 4;
}

size_t mcs__base64_encode(mc_slice bytes, char *out) {
    const unsigned char *data = (const unsigned char *)bytes.data;
    size_t               written = 0;

    for (size_t i = 0; i < bytes.len; i += 3)
        written += encode_group(data + i, bytes.len - i, out + written);
    return written;
}

static bool decode_digit(char digit, uint32_t *value) {
    const char *found = digit ? strchr(digits, digit) : NULL;

    if (!found)
        return false;
    *value = (uint32_t)(found - digits);
    return true;
}

/* Four digits, of which the last padding ones are '='. */
static bool decode_group(const char *text, size_t padding, char *out) {
    uint32_t group = 0;

    for (size_t i = 0; i < 4; i++) {
        uint32_t value = 0;
        if (i < 4 - padding && !decode_digit(text[i], &value))
            return false;
        group = group << 6 | value;
    }
    if (padding > 0 && (group & (padding == 1 ? 0xffU : 0xffffU)) != 0)
        return false; /* bits that encode nothing */
    for (size_t i = 0; i < 3 - padding; i++)
        out[i] = (char)(unsigned char)(group >> (16 - 8 * i));
    return true;
}

bool mcs__base64_decode(mc_slice text, char *out, size_t *len) {
    *len = 0;
    if (text.len == 0 || text.len % 4 != 0)
        return false;
    for (size_t i = 0; i < text.len; i += 4) {
        size_t padding = 0;
        if (i + 4 == text.len)
            padding = text.data[i + 3] != '=' ? 0 : text.data[i + 2] != '=' ? 1 : 2;
        if (!decode_group(text.data + i, padding, out + *len))
            return false;
        *len += 3 - padding;
    }
    return true;
}
