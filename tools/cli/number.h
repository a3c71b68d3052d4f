/* Numbers of a command line: the whole text, or it is none. No locale, no sign where none is meant, no overflow. */
#ifndef MC_CLI_NUMBER_H
#define MC_CLI_NUMBER_H

#include <mcclient/mcclient.h>

/* Decimal digits, from 0 to max. */
bool cli_number_of(mc_slice text, uint64_t max, uint64_t *number);

/* The same with k, m or g behind it: times 1,024, 1,024^2 or 1,024^3. */
bool cli_size_of(mc_slice text, uint64_t max, uint64_t *number);

/* The same as cli_number_of with an optional "-" before it. */
bool cli_signed_of(mc_slice text, int64_t *number);

/* Seconds with up to three decimals behind a point: "2", "0.5"; in milliseconds, from 1 to max. */
bool cli_seconds_of(mc_slice text, uint64_t max_ms, uint64_t *ms);

#endif
