/* UTF-8, checked (RFC 3629). */
#ifndef MC_CLI_UTF8_H
#define MC_CLI_UTF8_H

#include <mcclient/mcclient.h>

/* How many bytes the first character has; 0: there is none, or it is not well-formed. */
size_t cli_utf8_length(mc_slice text);

/* Whether all of it is well-formed. */
bool cli_utf8_valid(mc_slice text);

#endif
