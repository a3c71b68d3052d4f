/*
 * Any bytes as text on one line without tabs: \\ \t \n \r, and \xHH for other bytes that are no printable ASCII and no
 * UTF-8. What mc multi get prints and mc multi set reads.
 */
#ifndef MC_CLI_ESCAPE_H
#define MC_CLI_ESCAPE_H

#include <mcclient/mcclient.h>

#include <stdio.h>

/* Writes the bytes as text. Look at ferror(file) afterwards. */
void cli_escape_write(mc_slice bytes, FILE *file);

/* Turns text into the bytes that it stands for, in place; returns how many they are. false: an escape is not one of these.
 */
bool cli_unescape(char *text, size_t *len);

/* Room for a key in a message. */
#define CLI_ESCAPED_KEY (4 * MC_KEY_MAX + 4)

/* A key for a message, at out, with \xHH for all that is not printable ASCII; cut to MC_KEY_MAX bytes. Returns out. */
const char *cli_escape_key(mc_slice key, char out[CLI_ESCAPED_KEY]);

#endif
