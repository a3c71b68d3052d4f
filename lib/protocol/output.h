/*
 * The bytes of requests on their way out: formatted as there is need, and counted as they leave, so that it is known at any
 * time which requests the server can have seen.
 */
#ifndef MC_PROTOCOL_OUTPUT_H
#define MC_PROTOCOL_OUTPUT_H

#include "protocol/exchange.h"

/* Zeroed memory is an empty output. */
typedef struct mc__output {
    mc__exchange *formatting; /* the first with requests that are not formatted */
    mc__exchange *sending;    /* the first that may have formatted requests which are not wholly sent */

    mc__buffer     bytes;    /* formatted and not sent */
    mc__buffer_use use;      /* of bytes */
    mc_slice       borrowed; /* a large value that follows them, from the owner's memory */
    mc_slice       ending;   /* what follows borrowed: its line end, at least */

    size_t unit_left; /* bytes, not sent yet, of a unit that is sent in part; its exchange may have left */
} mc__output;

/* Slices of output at once. */
#define MC__OUTPUT_SLICES 3

/* The bytes that are formatted and not sent. */
static inline size_t mc__output_len(const mc__output *output) {
    return mc__buffer_len(&output->bytes) + output->borrowed.len + output->ending.len;
}

/* exchange has come into the pipeline, behind all others. */
void mc__output_add(mc__output *output, mc__exchange *exchange);

/* exchange, with all of its requests formatted, is about to leave the pipeline; what is left of its bytes is still sent. */
void mc__output_drop(mc__output *output, const mc__exchange *exchange);

/* As mc__pipeline_output. */
mc_status mc__output_show(mc__output *output, mc_slice slices[MC__OUTPUT_SLICES], size_t *count);

/* As mc__pipeline_sent; brings partly_sent and wholly_sent of the exchanges up to date. */
void mc__output_sent(mc__output *output, size_t len);

/* Forgets everything that is not sent, and gives back the memory. */
void mc__output_clear(mc__output *output);

#endif
