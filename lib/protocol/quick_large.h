/*
 * The same as protocol/quick.h for a large value, which is sent from where it is and received where it belongs. What is not
 * that is left to the pipeline's careful way, which says the same of all that is taken here.
 *
 * To store one, on a pipeline that is reusable: mc__quick_large_write in place of mc__quick_write. To get one: where
 * mc__quick_take finds too little, mc__quick_large_begin; what is received in its areas is taken by mc__quick_large_take;
 * where that ends early, mc__quick_large_leave in place of mc__quick_leave.
 */
#ifndef MC_PROTOCOL_QUICK_LARGE_H
#define MC_PROTOCOL_QUICK_LARGE_H

#include "protocol/quick.h"

/* The bytes of the exchange's one request, which stores a value over MC__QUICK_VALUE_MAX and awaits a reply. Valid until
 * mc__quick_take or mc__quick_leave, the value's as long as ops->request says. false: it is none such, or there is no
 * memory, and nothing is done. */
bool mc__quick_large_write(mc__pipeline *pipeline, const mc__exchange *exchange, mc_slice slices[MC__OUTPUT_SLICES]);

/* Behind a value. */
#define MC__VALUE_ENDING MC__LITERAL("\r\nEND\r\n")

/* A value of which the first part has come. */
typedef struct mc__quick_large {
    mc__area areas[2]; /* where the rest goes, and what ends it: both will be filled */
    size_t   len;      /* bytes that have come */
    uint64_t length, cas;
    uint32_t flags;
} mc__quick_large;

/* Whether the len bytes that have been received, in the space of mc__quick_space, are the first part of the value that is
 * asked for, and its owner has memory for all of it. */
bool mc__quick_large_begin(mc__pipeline *pipeline, mc__exchange *exchange, size_t len, mc__quick_large *value);

/* Whether so many bytes, received in the areas, are the rest of it and its end; the request has its answer then, and the
 * pipeline is as before. */
bool mc__quick_large_take(mc__pipeline *pipeline, mc__exchange *exchange, const mc__quick_large *value, size_t received);

/* Goes over to the careful way: the request's sent bytes are sent, and so many have been received in the areas. As
 * mc__pipeline_received, or MC_NO_MEMORY, where the pipeline is not broken. */
mc_status mc__quick_large_leave(mc__pipeline *pipeline, mc__exchange *exchange, size_t sent, const mc__quick_large *value,
                                size_t received);

#endif
