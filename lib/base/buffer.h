/*
 * Bytes that come in at one end and leave at the other: what was read and is not parsed yet, what was formatted and is not
 * sent yet. Readable bytes are [data + start, data + end).
 *
 * Pointers into it are valid until the next reserve, append or free.
 */
#ifndef MC_BASE_BUFFER_H
#define MC_BASE_BUFFER_H

#include "base/inline.h"
#include "base/slice.h"

typedef struct mc__buffer {
    char  *data;
    size_t start;
    size_t end;
    size_t capacity;
} mc__buffer;

/* Zeroed memory is an empty buffer that owns nothing; mc__buffer_free makes it that again. */
void mc__buffer_free(mc__buffer *buffer);

/* What mc__buffer_reserve does when the room is not there. */
bool mc__buffer_make_room(mc__buffer *buffer, size_t room) MC__RARE;

/* Makes room for at least room bytes after the readable ones, moving them to the front or growing by doubling. Returns false
 * when memory or the address space is out; the buffer is as before. */
static inline bool mc__buffer_reserve(mc__buffer *buffer, size_t room) {
    return (buffer->data && buffer->capacity - buffer->end >= room) || mc__buffer_make_room(buffer, room);
}

/* Copies bytes to the end. false: no memory, nothing was added. */
bool mc__buffer_append(mc__buffer *buffer, mc_slice bytes);

/* What is known of how a buffer is used. Zeroed memory: nothing yet. */
typedef struct mc__buffer_use {
    size_t   most;  /* bytes at once, in this use */
    unsigned small; /* uses in a row that needed no more than is to be kept */
} mc__buffer_use;

/* A buffer that had no need of its memory so many times in a row gives it back. */
#define MC__BUFFER_SMALL_USES 16

/* The end of a use, with nothing readable. Gives back memory over keep bytes when it was not needed for a while: what is
 * needed again and again stays, so that it is not allocated again and again. Returns whether it did. */
bool mc__buffer_rest(mc__buffer *buffer, mc__buffer_use *use, size_t keep);

/* Gives back memory when nothing is readable and the capacity is over keep. */
void mc__buffer_trim(mc__buffer *buffer, size_t keep);

static inline size_t mc__buffer_len(const mc__buffer *buffer) {
    return buffer->end - buffer->start;
}

/* Its data is never NULL. */
static inline mc_slice mc__buffer_readable(const mc__buffer *buffer) {
    return mc_bytes(buffer->data ? buffer->data + buffer->start : "", mc__buffer_len(buffer));
}

/* To be called when bytes have been put in. */
static inline void mc__buffer_note_use(const mc__buffer *buffer, mc__buffer_use *use) {
    if (use->most < buffer->end)
        use->most = buffer->end;
}

/* Where the next bytes are written, and how many fit; after writing, mc__buffer_commit says how many came. */
static inline char *mc__buffer_tail(const mc__buffer *buffer) {
    return buffer->data + buffer->end;
}

static inline size_t mc__buffer_room(const mc__buffer *buffer) {
    return buffer->capacity - buffer->end;
}

static inline void mc__buffer_commit(mc__buffer *buffer, size_t len) {
    buffer->end += len;
}

/* The first len readable bytes are done with. */
static inline void mc__buffer_consume(mc__buffer *buffer, size_t len) {
    buffer->start += len;
    if (buffer->start == buffer->end)
        buffer->start = buffer->end = 0;
}

#endif
