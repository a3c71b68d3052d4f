#include "base/buffer.h"

#include <stdlib.h>

#define SMALLEST 512

void mc__buffer_free(mc__buffer *buffer) {
    free(buffer->data);
    *buffer = (mc__buffer){0};
}

static void move_to_front(mc__buffer *buffer) {
    size_t len = mc__buffer_len(buffer);

    if (buffer->start == 0)
        return;
    memmove(buffer->data, buffer->data + buffer->start, len);
    buffer->start = 0;
    buffer->end = len;
}

static bool grow(mc__buffer *buffer, size_t needed) {
    size_t capacity = buffer->capacity ? buffer->capacity : SMALLEST;
    char  *data;

    while (capacity < needed) {
        if (capacity > SIZE_MAX / 2) {
            capacity = needed;
            break;
        }
        capacity *= 2;
    }
    data = realloc(buffer->data, capacity);
    if (!data)
        return false;
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

bool mc__buffer_make_room(mc__buffer *buffer, size_t room) {
    if (buffer->data) {
        move_to_front(buffer);
        if (mc__buffer_room(buffer) >= room)
            return true;
    }
    return room <= SIZE_MAX - buffer->end && grow(buffer, buffer->end + room);
}

bool mc__buffer_append(mc__buffer *buffer, mc_slice bytes) {
    if (bytes.len == 0)
        return true;
    if (!mc__buffer_reserve(buffer, bytes.len))
        return false;
    memcpy(mc__buffer_tail(buffer), bytes.data, bytes.len);
    mc__buffer_commit(buffer, bytes.len);
    return true;
}

void mc__buffer_trim(mc__buffer *buffer, size_t keep) {
    if (mc__buffer_len(buffer) == 0 && buffer->capacity > keep)
        mc__buffer_free(buffer);
}

bool mc__buffer_rest(mc__buffer *buffer, mc__buffer_use *use, size_t keep) {
    bool small = use->most <= keep;

    use->most = 0;
    use->small = small ? use->small + 1 : 0;
    if (buffer->capacity <= keep || use->small < MC__BUFFER_SMALL_USES || mc__buffer_len(buffer) > 0)
        return false;
    mc__buffer_free(buffer);
    return true;
}
