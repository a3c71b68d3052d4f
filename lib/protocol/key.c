#include "protocol/key.h"

#include "base/short.h"

/* Every key is read here, so many bytes are looked at at once. */
typedef uint8_t  vector __attribute__((vector_size(16)));
typedef uint64_t halves __attribute__((vector_size(16)));

/* Zero where a byte is legal. */
static inline vector illegal_among(vector bytes) {
    return (vector)((bytes <= 0x20) | (bytes == 0x7f));
}

static inline bool is_zero(vector bytes) {
    halves both = (halves)bytes;

    return (both[0] | both[1]) == 0;
}

static inline vector vector_at(const char *bytes) {
    vector result;

    memcpy(&result, bytes, sizeof result);
    return result;
}

/* Up to 16 bytes, with legal ones in the places that are left. */
static bool few_bytes_legal(const char *bytes, size_t len) {
    char copy[sizeof(vector)];

    memset(copy, 'k', sizeof copy);
    mc__short_copy(copy, bytes, len);
    return is_zero(illegal_among(vector_at(copy)));
}

bool mc__key_bytes_legal(mc_slice bytes) {
    const size_t each = sizeof(vector);
    vector       illegal;

    if (bytes.len < each)
        return few_bytes_legal(bytes.data, bytes.len);
    illegal = illegal_among(vector_at(bytes.data + bytes.len - each)); /* the last ones, some of them twice */
    for (size_t at = 0; at + each < bytes.len; at += each)
        illegal |= illegal_among(vector_at(bytes.data + at));
    return is_zero(illegal);
}
