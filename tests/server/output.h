/*
 * What a connection still has to send: short replies as text, long values as references to their items, in order.
 */
#ifndef MC_SERVER_OUTPUT_H
#define MC_SERVER_OUTPUT_H

#include "base/buffer.h"
#include "server/store.h"

/* Either the next len bytes of the text, or len bytes of an item. */
typedef struct mcs__segment {
    mcs__item  *item; /* NULL: text */
    const char *at;
    size_t      len;
} mcs__segment;

/* Zeroed memory is an empty queue. */
typedef struct mcs__output {
    mc__buffer    text;
    mcs__segment *segments;
    size_t        first, count, capacity;
    size_t        pending; /* bytes not sent yet */
    bool          failed;  /* memory ran out: the replies are no longer complete, the connection must be closed */
} mcs__output;

typedef enum mcs__sent { MCS__SENT_ALL, MCS__SENT_PART, MCS__SENT_BROKEN } mcs__sent;

/* Room for len bytes of text, to be written and then committed; never NULL for len up to MCS__TEXT_MAX. */
#define MCS__TEXT_MAX 8192
char *mcs__output_room(mcs__output *output, size_t len);
void  mcs__output_commit(mcs__output *output, size_t len);

void mcs__output_text(mcs__output *output, mc_slice text);

/* len bytes at at, which belong to item; takes a reference until they are sent. */
void mcs__output_item(mcs__output *output, mcs__item *item, const char *at, size_t len);

/* Sends what the socket takes. MCS__SENT_PART: it takes no more now. MCS__SENT_BROKEN: the connection is gone. */
mcs__sent mcs__output_send(mcs__output *output, mcs__store *store, int fd, uint64_t *calls);

/* Drops len bytes from the front, as if sent. */
void mcs__output_consume(mcs__output *output, mcs__store *store, size_t len);

/* Drops everything and gives all memory back. */
void mcs__output_free(mcs__output *output, mcs__store *store);

#endif
