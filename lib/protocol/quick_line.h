/*
 * One line of a few keys to get, and its values when they come whole, as protocol/quick.h has it for one request.
 *
 * In this order, on a pipeline that is reusable: mc__quick_line_write; its bytes are sent; ops->lend gives an area, of which
 * len bytes are received; mc__quick_line_take. Wherever that ends early, mc__quick_leave; bytes that have been received are
 * given to mc__quick_line_received next.
 */
#ifndef MC_PROTOCOL_QUICK_LINE_H
#define MC_PROTOCOL_QUICK_LINE_H

#include "protocol/quick.h"

/* Keys on such a line. */
#define MC__QUICK_LINE_KEYS 128

/* The least that an area for its values has. */
#define MC__QUICK_LINE_ROOM 4096

/* The line's bytes. Valid until mc__quick_line_take or mc__quick_leave. false: the exchange is none such, or there is no
 * memory, and nothing is done. */
bool mc__quick_line_write(mc__pipeline *pipeline, const mc__exchange *exchange, mc_slice *bytes);

/* Whether the area's first len bytes are the whole reply, one that needs no second look; all requests have their answer
 * then, and the pipeline is as before. Else nothing is changed. */
bool mc__quick_line_take(mc__pipeline *pipeline, mc__exchange *exchange, mc__area area, size_t len);

/* As mc__pipeline_received, of bytes in an area that was lent. */
mc_status mc__quick_line_received(mc__pipeline *pipeline, mc__exchange *exchange, mc__area area, size_t len);

#endif
