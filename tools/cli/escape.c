#include "cli/escape.h"

#include "cli/utf8.h"

#include <string.h>

static const char letters[] = "\\tnr";
static const char meanings[] = "\\\t\n\r";

static bool is_printable(unsigned char byte) {
    return byte >= 0x20 && byte < 0x7f;
}

void cli_escape_write(mc_slice bytes, FILE *file) {
    for (size_t i = 0, len; i < bytes.len; i += len) {
        unsigned char byte = (unsigned char)bytes.data[i];
        const char   *known = byte ? strchr(meanings, byte) : NULL;
        len = cli_utf8_length(mc_bytes(bytes.data + i, bytes.len - i));
        if (known)
            fprintf(file, "\\%c", letters[known - meanings]);
        else if (len > 1 || is_printable(byte))
            fwrite(bytes.data + i, 1, len, file);
        else
            fprintf(file, "\\x%02x", byte);
        len = len > 1 ? len : 1;
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
