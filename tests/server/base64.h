/* Base64 with padding (RFC 4648, 4), for keys of the meta commands that came with the flag b. */
#ifndef MC_SERVER_BASE64_H
#define MC_SERVER_BASE64_H

#include "base/slice.h"

/* The length of len bytes encoded. */
#define MCS__BASE64_LEN(len) (((len) + 2) / 3 * 4)

/* Writes MCS__BASE64_LEN(bytes.len) bytes at out and returns how many that is. */
size_t mcs__base64_encode(mc_slice bytes, char *out);

/* Writes at most text.len / 4 * 3 bytes at out. false: text is not base64 in its one canonical form. */
bool mcs__base64_decode(mc_slice text, char *out, size_t *len);

#endif
