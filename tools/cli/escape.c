#include "cli/escape.h"

#include "cli/utf8.h"

#include <string.h>

static const char letters[] = "\\tnr";
static const char meanings[] = "\\\t\n\r";

static bool is_printable(unsigned char byte) {
    return byte >= 0x20 && byte < 0x7f;
}

/* How many bytes from here on stand for themselves. */
static size_t plain_length(mc_slice bytes) {
    size_t len = 0;

    while (len < bytes.len && is_printable((unsigned char)bytes.data[len]) && bytes.data[len] != '\\')
        len++;
    return len > 0 ? len : cli_utf8_length(bytes) > 1 ? cli_utf8_length(bytes) : 0;
}

void cli_escape_write(mc_slice bytes, FILE *file) {
    while (bytes.len > 0) {
        size_t        plain = plain_length(bytes);
        unsigned char byte = (unsigned char)bytes.data[0];
        const char   *known = byte ? strchr(meanings, byte) : NULL;
        if (plain > 0)
            fwrite(bytes.data, 1, plain, file);
        else if (known)
            fprintf(file, "\\%c", letters[known - meanings]);
        else
            fprintf(file, "\\x%02x", byte);
        bytes = mc_bytes(bytes.data + (plain > 0 ? plain : 1), bytes.len - (plain > 0 ? plain : 1));
    }
}

static int digit_of(char c) {
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char       *found = c ? strchr(digits, c) : NULL;

    if (!found)
        return -1;
    return (int)(found - digits) % 16;
}

/* Reads one escape behind its backslash; moves *from past it. */
static bool unescape_one(const char **from, const char *end, char *byte) {
    const char *known;
    int         high, low;

    if (*from == end)
        return false;
    known = **from ? strchr(letters, **from) : NULL;
    if (known) {
        *byte = meanings[known - letters];
        *from += 1;
        return true;
    }
    if (**from != 'x' || end - *from < 3)
        return false;
    high = digit_of((*from)[1]);
    low = digit_of((*from)[2]);
    *from += 3;
    *byte = (char)(high * 16 + low);
    return high >= 0 && low >= 0;
}

bool cli_unescape(char *text, size_t *len) {
    const char *from = text, *end = text + *len;
    char       *to = text;

    while (from < end)
        if (*from != '\\')
            *to++ = *from++;
        else if (from++, !unescape_one(&from, end, to++))
            return false;
    *len = (size_t)(to - text);
    return true;
}

const char *cli_escape_key(mc_slice key, char out[CLI_ESCAPED_KEY]) {
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < key.len && i < MC_KEY_MAX; i++) {
        unsigned char byte = (unsigned char)key.data[i];
        used += (size_t)sprintf(out + used, is_printable(byte) ? "%c" : "\\x%02x", byte);
    }
    return out;
}
