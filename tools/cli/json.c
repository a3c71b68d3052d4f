#include "cli/json.h"

#include "cli/utf8.h"

#include <nettle/base64.h>
#include <stdio.h>

#define CHUNK 3072 /* bytes that are encoded at once; a multiple of 3, so that no padding stands in the middle */

/* One character; what is not UTF-8 becomes U+FFFD. Returns how many bytes of the text it has. */
static size_t write_character(mc_slice text) {
    unsigned char byte = (unsigned char)text.data[0];
    size_t        length = cli_utf8_length(text);

    if (length == 0)
        fputs("\\ufffd", stdout);
    else if (byte == '"' || byte == '\\')
        printf("\\%c", byte);
    else if (byte < 0x20 || byte == 0x7f)
        printf("\\u%04x", byte);
    else
        fwrite(text.data, 1, length, stdout);
    return length > 0 ? length : 1;
}

static void write_text(mc_slice text) {
    for (size_t i = 0; i < text.len;)
        i += write_character(mc_bytes(text.data + i, text.len - i));
}

static void write_string(mc_slice text) {
    putchar('"');
    write_text(text);
    putchar('"');
}

static void write_base64(mc_slice bytes) {
    char encoded[BASE64_ENCODE_RAW_LENGTH(CHUNK)];

    putchar('"');
    for (size_t i = 0; i < bytes.len; i += CHUNK) {
        size_t len = bytes.len - i < CHUNK ? bytes.len - i : CHUNK;
        base64_encode_raw(encoded, len, (const uint8_t *)bytes.data + i);
        fwrite(encoded, 1, BASE64_ENCODE_RAW_LENGTH(len), stdout);
    }
    putchar('"');
}

/* What stands before a value: a comma, the line of an element at the top, the name. */
static void begin(cli_json *json, const char *name, const char *ending) {
    if (json->has_before[json->depth])
        fputs(name ? ", " : ",", stdout);
    if (!name && json->depth == 1)
        fputs("\n  ", stdout);
    json->has_before[json->depth] = true;
    if (name) {
        putchar('"');
        write_text(mc_str(name));
        printf("%s\": ", ending);
    }
}

void cli_json_open(cli_json *json, const char *name, char bracket) {
    begin(json, name, "");
    putchar(bracket);
    json->has_before[++json->depth] = false;
}

void cli_json_close(cli_json *json, char bracket) {
    if (json->depth == 1 && bracket == ']')
        putchar('\n');
    putchar(bracket);
    if (--json->depth == 0)
        putchar('\n');
}

void cli_json_bytes(cli_json *json, const char *name, mc_slice bytes) {
    bool is_text = cli_utf8_valid(bytes);

    begin(json, name, is_text ? "" : "_base64");
    if (is_text)
        write_string(bytes);
    else
        write_base64(bytes);
}

void cli_json_text(cli_json *json, const char *name, const char *text) {
    begin(json, name, "");
    write_string(mc_str(text));
}

void cli_json_number(cli_json *json, const char *name, uint64_t number) {
    begin(json, name, "");
    printf("%llu", (unsigned long long)number);
}

void cli_json_real(cli_json *json, const char *name, double number, unsigned decimals) {
    begin(json, name, "");
    printf("%.*f", (int)decimals, number);
}

void cli_json_bool(cli_json *json, const char *name, bool yes) {
    begin(json, name, "");
    fputs(yes ? "true" : "false", stdout);
}

void cli_json_status(cli_json *json, mc_status status, const char *detail) {
    cli_json_text(json, "status", mc_status_name(status));
    if (detail && detail[0])
        cli_json_text(json, "detail", detail);
}
