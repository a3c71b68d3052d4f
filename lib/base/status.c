#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

/* code, sentence */
#define STATUS_TABLE(X)                                                                                                     \
    X(MC_OK, "done")                                                                                                        \
    X(MC_NOT_FOUND, "the key is not there")                                                                                 \
    X(MC_NOT_STORED, "the condition for storing did not hold")                                                              \
    X(MC_EXISTS, "the item has changed since it was read")                                                                  \
    X(MC_BAD_ARGUMENT, "an argument is out of its range")                                                                   \
    X(MC_BAD_KEY, "the key is not legal")                                                                                   \
    X(MC_TOO_LARGE, "the value is too large")                                                                               \
    X(MC_NO_MEMORY, "out of memory")                                                                                        \
    X(MC_UNREACHABLE, "the host cannot be reached; nothing was sent")                                                       \
    X(MC_NO_SERVER, "every host that the key may go to is dead; nothing was sent")                                          \
    X(MC_TIMEOUT, "no complete answer by the deadline; the outcome is unknown")                                             \
    X(MC_CONNECTION_LOST, "the connection broke before the answer; the outcome is unknown")                                 \
    X(MC_PROTOCOL_ERROR, "the answer is not one to what was asked; the outcome is unknown")                                 \
    X(MC_CLIENT_ERROR, "the server refused the request")                                                                    \
    X(MC_SERVER_ERROR, "the server could not do it")                                                                        \
    X(MC_BAD_VALUE, "the value is not of the form asked for")                                                               \
    X(MC_PARTIAL, "not every key or host was answered")

const char *mc_status_text(mc_status status) {
    switch (status) {
#define STATUS_TEXT(code, text)                                                                                             \
    case code:                                                                                                              \
        return text;
        STATUS_TABLE(STATUS_TEXT)
#undef STATUS_TEXT
    }
    return "not a status";
}

const char *mc_status_name(mc_status status) {
    switch (status) {
#define STATUS_NAME(code, text)                                                                                             \
    case code:                                                                                                              \
        return #code;
        STATUS_TABLE(STATUS_NAME)
#undef STATUS_NAME
    }
    return "not a status";
}

bool mc_status_outcome_unknown(mc_status status) {
    return status == MC_TIMEOUT || status == MC_CONNECTION_LOST || status == MC_PROTOCOL_ERROR;
}

/* In the thread's own memory, so that telling of a failure never needs an allocation and a thread's end leaks nothing. */
static _Thread_local char detail[1024];

const char *mc_error_detail(void) {
    return detail;
}

void mc__tell(const char *format, ...) {
    char    text[sizeof detail]; /* an argument may be the old detail */
    va_list arguments;

    va_start(arguments, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is initialized on the line above */
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    memcpy(detail, text, sizeof detail);
}

const char *mc__escape(mc_slice bytes, char *out) {
    static const char digits[] = "0123456789abcdef";
    size_t            at = 0;

    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char byte = (unsigned char)bytes.data[i];
        if (at + 4 + sizeof "..." > MC__ESCAPED_MAX) {
            memcpy(out + at, "...", 3);
            at += 3;
            break;
        }
        if (byte >= 0x20 && byte < 0x7f && byte != '\\') {
            out[at++] = (char)byte;
        } else {
            out[at++] = '\\';
            out[at++] = 'x';
            out[at++] = digits[byte >> 4];
            out[at++] = digits[byte & 15];
        }
    }
    out[at] = '\0';
    return out;
}
