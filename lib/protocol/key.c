#include "protocol/key.h"

#include "base/short.h"

/* Every key is read here, so many bytes are looked at at once. Never given or returned as they are: how, depends on whether
 * the processor has registers for them. */
typedef uint8_t  vector __attribute__((vector_size(16)));
typedef uint64_t halves __attribute__((vector_size(16)));

/* Leaves *illegal zero where these bytes are legal and it was zero before. */
static inline void look_at(const char *text, vector *illegal) {
    vector bytes;

    memcpy(&bytes, text, sizeof bytes);
    *illegal |= (vector)((bytes <= 0x20) | (bytes == 0x7f));
}

static inline bool is_zero(const vector *bytes) {
    halves both = (halves)*bytes;

    return (both[0] | both[1]) == 0;
}

/* Up to 16 bytes, with legal ones in the places that are left. */
static bool few_bytes_legal(const char *bytes, size_t len) {
    char   copy[sizeof(vector)];
    vector illegal = {0};

    memset(copy, 'k', sizeof copy);
    mc__short_copy(copy, bytes, len);
    look_at(copy, &illegal);
    return is_zero(&illegal);
}

bool mc__key_bytes_legal(mc_slice bytes) {
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
