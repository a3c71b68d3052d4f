/*
 * A line of a few keys to get, or a window of small quiet writes, and the reply to it when that comes whole, as
 * protocol/quick.h has it for one request.
 *
 * In this order, on a pipeline that is reusable: mc__quick_many_write; its bytes are sent; mc__quick_many_space; what is
 * received there is taken by mc__quick_many_take. Wherever that ends early, mc__quick_leave; bytes that have been received
 * are given to mc__quick_many_received next.
 */
#ifndef MC_PROTOCOL_QUICK_MANY_H
#define MC_PROTOCOL_QUICK_MANY_H

#include "protocol/quick.h"

/* Keys on such a line, and about how many bytes such a window has at most. */
#define MC__QUICK_MANY_KEYS 128
#define MC__QUICK_MANY_SIZE 65536

/* Whether an exchange may be such. */
bool mc__quick_many_suits(const mc__exchange *exchange);

/* The requests' bytes, of an exchange that suits. Valid until mc__quick_many_take or mc__quick_leave. false: they are too
 * many, or there is no memory, and nothing is done. */
bool mc__quick_many_write(mc__pipeline *pipeline, const mc__exchange *exchange, mc_slice *bytes);

/* Where the reply goes: memory that the exchange's owner lends, where it does. false: no memory. */
bool mc__quick_many_space(mc__pipeline *pipeline, mc__exchange *exchange, mc__area *area);

/* Whether the area's first len bytes are the whole reply, one that needs no second look; all requests have their answer
 * then, and the pipeline is as before. Else nothing is changed. */
bool mc__quick_many_take(mc__pipeline *pipeline, mc__exchange *exchange, mc__area area, size_t len);

/* As mc__pipeline_received, of bytes in that area. */
mc_status mc__quick_many_received(mc__pipeline *pipeline, mc__exchange *exchange, mc__area area, size_t len);

#endif
