#include "protocol/key.h"

#include "base/inline.h"

#include <stdint.h>
#include <string.h>

/* Every key is read here, so many bytes are looked at at once. Never given or returned as they are: how, depends on whether
 * the processor has registers for them. */
typedef uint8_t  vector __attribute__((vector_size(16)));
typedef uint64_t halves __attribute__((vector_size(16)));

/* Leave *illegal zero where these bytes are legal and it was zero before. */
static inline void look_at_these(const vector *bytes, vector *illegal) {
    *illegal |= (vector)((*bytes <= 0x20) | (*bytes == 0x7f));
}

static inline void look_at(const char *text, vector *illegal) {
    vector bytes;

    memcpy(&bytes, text, sizeof bytes);
    look_at_these(&bytes, illegal);
}

static inline bool is_zero(const vector *bytes) {
    halves both = (halves)*bytes;

    return (both[0] | both[1]) == 0;
}

/* Up to 16 bytes: in some order, some of them twice, with legal ones in the places that are left. */
static bool few_bytes_legal(const char *text, size_t len) {
    uint64_t first = UINT64_MAX, last = UINT64_MAX;
    vector   bytes, illegal = {0};

    if (len >= sizeof first) {
        memcpy(&first, text, sizeof first);
        memcpy(&last, text + len - sizeof last, sizeof last);
    } else {
        for (size_t i = 0; i < len; i++)
            first = first << 8 | (unsigned char)text[i];
    }
    bytes = (vector)(halves){first, last};
    look_at_these(&bytes, &illegal);
    return is_zero(&illegal);
}

MC__INLINE bool bytes_legal(mc_slice bytes) {
    const size_t each = sizeof(vector);
    vector       illegal = {0};

    if (bytes.len < each)
        return few_bytes_legal(bytes.data, bytes.len);
    look_at(bytes.data, &illegal);
    look_at(bytes.data + bytes.len - each, &illegal); /* the last ones, some of them twice */
    for (size_t at = each; at + each < bytes.len; at += each)
        look_at(bytes.data + at, &illegal);
    return is_zero(&illegal);
}

bool mc__key_bytes_legal(mc_slice bytes) {
    return bytes_legal(bytes);
}

size_t mc__keys_legal(mc_slice prefix, const mc_slice *keys, size_t count) {
    size_t most = prefix.len < MC_KEY_MAX ? MC_KEY_MAX - prefix.len : 0;
    size_t legal = 0;

    while (legal < count && keys[legal].data && keys[legal].len - 1 < most && bytes_legal(keys[legal]))
        legal++;
    return legal;
}
