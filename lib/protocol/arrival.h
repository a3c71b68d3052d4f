/* A value on its way in, from its head to its last byte. Memory for it follows what has come, never what was claimed. */
#ifndef MC_PROTOCOL_ARRIVAL_H
#define MC_PROTOCOL_ARRIVAL_H

#include "protocol/exchange.h"

/* The first memory that a value is given on the peer's word; from then on, at most twice what has come. */
#define MC__ARRIVAL_FIRST_ROOM 16384

typedef struct mc__arrival {
    mc__reply head;    /* without its key */
    size_t    request; /* whose value it is */
    size_t    have;    /* bytes that are there */
    char     *space;   /* where they are; NULL: they are thrown away */
    size_t    room;    /* at space */
    size_t    direct;  /* bytes of the area last shown */
} mc__arrival;

/* The value of this request comes; nothing of it is there yet. */
void mc__arrival_begin(mc__arrival *arrival, mc__exchange *exchange, size_t request, const mc__reply *head);

/* Whether the value's next bytes are to be received straight into its memory, at *area. */
bool mc__arrival_area(mc__arrival *arrival, mc__exchange *exchange, mc__area *area);

/* Whether so much is to come that mc__arrival_area shows one where there is memory. */
bool mc__arrival_is_large(const mc__arrival *arrival);

/* Whether the area last shown is all that is missing of the value. */
bool mc__arrival_ends_in_area(const mc__arrival *arrival);

/* len bytes have been received, the first of them into the area last shown, if one was. Returns how many that were. */
size_t mc__arrival_received(mc__arrival *arrival, size_t len);

/* Takes what of the value is in the buffer. Returns whether it is all there. */
bool mc__arrival_take(mc__arrival *arrival, mc__exchange *exchange, mc__buffer *in);

/* The memory given for it is used no more: the rest is thrown away. */
void mc__arrival_forget(mc__arrival *arrival);

/* What has become of a value that is all there: MC_OK, MC_NO_MEMORY, or MC_BAD_VALUE for flags over 32 bits. */
mc_status mc__arrival_status(const mc__arrival *arrival);

#endif
