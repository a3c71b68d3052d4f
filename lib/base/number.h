/* Decimal numbers as the memcached protocol writes them: digits and nothing else. No locale, no sign, no white space. */
#ifndef MC_BASE_NUMBER_H
#define MC_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest decimal text of a 64-bit number, sign included, without a NUL. */
#define MC__NUMBER_MAX 20

typedef enum mc__number_result {
    MC__NUMBER_OK,
    MC__NUMBER_TOO_WIDE, /* well-formed, but over 2^64-1 */
    MC__NUMBER_MALFORMED /* empty, a byte that is no digit, or a 0 before another digit */
} mc__number_result;

/* Reads the whole of text as a number in canonical form; *number is set on MC__NUMBER_OK only. */
mc__number_result mc__number_parse(const char *text, size_t len, uint64_t *number);

/* The same for texts of people and of other programs' values: leading zeros are allowed. */
mc__number_result mc__number_parse_padded(const char *text, size_t len, uint64_t *number);

/* Writes number in canonical form at out, which has room for MC__NUMBER_MAX bytes; returns the length. No NUL. */
size_t mc__number_format(uint64_t number, char *out);

/* The same with a sign where number is negative. */
size_t mc__number_format_signed(int64_t number, char *out);

#endif
