#include "server/output.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define VECTORS 64
#define FIRST_SEGMENTS 16

/* Where text goes when there is no memory for it; never sent, so it does not matter who writes to it. */
static _Thread_local char nowhere[MCS__TEXT_MAX];

static mcs__segment *last_segment(mcs__output *output) {
    return output->count > output->first ? &output->segments[output->count - 1] : NULL;
}

static mcs__segment *add_segment(mcs__output *output) {
    if (output->count == output->capacity) {
        size_t        capacity = output->capacity ? output->capacity * 2 : FIRST_SEGMENTS;
        mcs__segment *segments = realloc(output->segments, capacity * sizeof *segments);
        if (!segments) {
            output->failed = true;
            return NULL;
        }
        output->segments = segments;
        output->capacity = capacity;
    }
    return &output->segments[output->count++];
}

char *mcs__output_room(mcs__output *output, size_t len) {
    if (output->failed || !mc__buffer_reserve(&output->text, len)) {
        output->failed = true;
        return nowhere;
    }
    return mc__buffer_tail(&output->text);
}

void mcs__output_commit(mcs__output *output, size_t len) {
    mcs__segment *segment;

    if (output->failed)
        return;
    segment = last_segment(output);
    if (segment && !segment->item) {
        segment->len += len;
    } else {
        segment = add_segment(output);
        if (!segment)
            return;
        *segment = (mcs__segment){.len = len};
    }
    mc__buffer_commit(&output->text, len);
    output->pending += len;
}

void mcs__output_text(mcs__output *output, mc_slice text) {
    char *room = mcs__output_room(output, text.len);

    if (output->failed)
        return;
    memcpy(room, text.data, text.len);
    mcs__output_commit(output, text.len);
}

void mcs__output_item(mcs__output *output, mcs__item *item, const char *at, size_t len) {
    mcs__segment *segment = output->failed ? NULL : add_segment(output);

    if (!segment)
        return;
    mcs__item_keep(item);
    *segment = (mcs__segment){.item = item, .at = at, .len = len};
    output->pending += len;
}

void mcs__output_consume(mcs__output *output, mcs__store *store, size_t len) {
    output->pending -= len;
    while (len > 0) {
        mcs__segment *segment = &output->segments[output->first];
        size_t        part = len < segment->len ? len : segment->len;

        if (segment->item)
            segment->at += part;
        else
            mc__buffer_consume(&output->text, part);
        segment->len -= part;
        len -= part;
        if (segment->len > 0)
            break;
        if (segment->item)
            mcs__item_release(store, segment->item);
        output->first++;
    }
    if (output->first == output->count)
        output->first = output->count = 0;
}

/* Returns how many there are, in a type that fits msg_iovlen: a size_t in glibc, an int elsewhere. */
static unsigned short fill_vectors(const mcs__output *output, struct iovec *vectors) {
    const char    *text = mc__buffer_readable(&output->text).data;
    unsigned short count = 0;

    for (size_t i = output->first; i < output->count && count < VECTORS; i++) {
        const mcs__segment *segment = &output->segments[i];
        const char         *at = segment->item ? segment->at : text;

        vectors[count++] = (struct iovec){.iov_base = (void *)at, .iov_len = segment->len};
        if (!segment->item)
            text += segment->len;
    }
    return count;
}

mcs__sent mcs__output_send(mcs__output *output, mcs__store *store, int fd, uint64_t *calls) {
    struct iovec vectors[VECTORS];

    if (output->failed)
        return MCS__SENT_BROKEN;
    while (output->pending > 0) {
        struct msghdr message = {.msg_iov = vectors, .msg_iovlen = fill_vectors(output, vectors)};
        ssize_t       sent;

        ++*calls;
        if (message.msg_iovlen == 1)
            sent = send(fd, vectors[0].iov_base, vectors[0].iov_len, MSG_NOSIGNAL);
        else
            sent = sendmsg(fd, &message, MSG_NOSIGNAL);
        if (sent >= 0)
            mcs__output_consume(output, store, (size_t)sent);
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            return MCS__SENT_PART;
        else if (errno != EINTR)
            return MCS__SENT_BROKEN;
    }
    return MCS__SENT_ALL;
}

void mcs__output_free(mcs__output *output, mcs__store *store) {
    for (size_t i = output->first; i < output->count; i++)
        if (output->segments[i].item)
            mcs__item_release(store, output->segments[i].item);
    free(output->segments);
    mc__buffer_free(&output->text);
    *output = (mcs__output){0};
}
