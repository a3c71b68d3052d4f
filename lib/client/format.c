#include "client/format.h"

#include <stdlib.h>
#include <zlib.h>

/* What a value of ordinary text comes to; the first guess at the memory for it. */
#define RATIO_GUESS 4
#define FIRST_ROOM_LEAST 256

static void *allocate(void *unused, unsigned count, unsigned size) {
    (void)unused;
    return malloc((size_t)count * size);
}

static void release(void *unused, void *memory) {
    (void)unused;
    free(memory);
}

static z_stream stream_over(mc_slice input) {
    return (z_stream){
        .next_in = (Bytef *)input.data,
        .avail_in = (uInt)input.len, /* at most max_value_size, which is 31 bits */
        .zalloc = allocate,
        .zfree = release,
    };
}

static void empty(mc__buffer *buffer) {
    buffer->start = buffer->end = 0;
}

bool mc__format_deflate(mc_slice *value, uint32_t *flags, mc__buffer *out) {
    z_stream stream = stream_over(*value);
    size_t   room = value->len - 1; /* with less than that left, it is not worth it */
    int      result;

    empty(out);
    if (!mc__buffer_reserve(out, room) || deflateInit(&stream, Z_DEFAULT_COMPRESSION) != Z_OK)
        return false;
    stream.next_out = (Bytef *)mc__buffer_tail(out);
    stream.avail_out = (uInt)room;
    result = deflate(&stream, Z_FINISH);
    deflateEnd(&stream);
    if (result != Z_STREAM_END)
        return true;
    mc__buffer_commit(out, room - stream.avail_out);
    *value = mc__buffer_readable(out);
    *flags |= MC_FLAG_ZLIB;
    return true;
}

/* How much room the next output is given: as much as there is already, but no more than what passes max by one byte. */
static size_t next_room(size_t have, size_t first, size_t max) {
    size_t room = have > 0 ? have : first;

    return room < max + 1 - have ? room : max + 1 - have;
}

/* Inflates until the stream ends, fails or has put out more than max. Returns zlib's last word. */
static int inflate_into(z_stream *stream, size_t max, mc__buffer *out) {
    size_t first = RATIO_GUESS * (size_t)stream->avail_in + FIRST_ROOM_LEAST;
    int    result = Z_OK;

    while (result == Z_OK && mc__buffer_len(out) <= max) {
        size_t room = next_room(mc__buffer_len(out), first, max);
        if (!mc__buffer_reserve(out, room + 1)) /* and a NUL */
            return Z_MEM_ERROR;
        stream->next_out = (Bytef *)mc__buffer_tail(out);
        stream->avail_out = (uInt)room;
        result = inflate(stream, Z_NO_FLUSH);
        mc__buffer_commit(out, room - stream->avail_out);
    }
    return result;
}

static const char *what_is_wrong(const z_stream *stream, int result, size_t len, size_t max) {
    if (len > max)
        return "it inflates to more than max_value_size";
    switch (result) {
    case Z_STREAM_END:
        return stream->avail_in > 0 ? "bytes follow its zlib stream" : NULL;
    case Z_BUF_ERROR: /* it wants more input */
        return "its zlib stream ends early";
    default:
        return "its zlib stream is damaged";
    }
}

static mc_status no_memory(const char **reason) {
    *reason = "out of memory for the inflated value";
    return MC_NO_MEMORY;
}

mc_status mc__format_inflate(mc_slice value, size_t max, mc__buffer *out, const char **reason) {
    z_stream stream = stream_over(value);
    int      result;

    empty(out);
    if (inflateInit(&stream) != Z_OK)
        return no_memory(reason);
    result = inflate_into(&stream, max, out);
    inflateEnd(&stream);
    if (result == Z_MEM_ERROR)
        return no_memory(reason);
    *reason = what_is_wrong(&stream, result, mc__buffer_len(out), max);
    if (*reason)
        return MC_BAD_VALUE;
    *mc__buffer_tail(out) = '\0';
    return MC_OK;
}
