/*
 * One request, and its reply when that comes whole: what most calls on a connection come to. What is not that is left to the
 * pipeline's careful way, which says the same of all that is taken here, in several times the instructions.
 *
 * In this order, on a pipeline that is reusable: mc__quick_write; its bytes are sent; mc__quick_space; what is received
 * there is taken by mc__quick_take. Wherever that ends early, mc__quick_leave.
 */
#ifndef MC_PROTOCOL_QUICK_H
#define MC_PROTOCOL_QUICK_H

#include "protocol/pipeline.h"

/* Larger values are sent from the owner's memory: protocol/quick_large.h. */
#define MC__QUICK_VALUE_MAX 16384

/* The bytes of the exchange's one request, which awaits a reply. Valid until mc__quick_take or mc__quick_leave. false: it is
 * none such, or there is no memory, and nothing is done. */
bool mc__quick_write(mc__pipeline *pipeline, const mc__exchange *exchange, mc_slice *bytes);

/* Where the reply goes. false: no memory. */
bool mc__quick_space(mc__pipeline *pipeline, mc__area *space);

/* Whether the len bytes that have been received are the whole reply, one that needs no second look; the request has its
 * answer then, and the pipeline is as before. */
bool mc__quick_take(mc__pipeline *pipeline, mc__exchange *exchange, size_t len);

/* Goes over to the careful way, as if the exchange had been pushed: its first sent bytes are sent. Bytes that have been
 * received are given to mc__pipeline_received next. */
void mc__quick_leave(mc__pipeline *pipeline, mc__exchange *exchange, size_t sent);

#endif
