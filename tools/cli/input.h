/* Values and keys from arguments, files and standard input. */
#ifndef MC_CLI_INPUT_H
#define MC_CLI_INPUT_H

#include <mcclient/mcclient.h>

#include <stdio.h>

/* Opens a file for reading; "-" is standard input. Exits where it cannot. */
FILE *cli_input_open(const char *path);

/* Closes it, unless it is standard input. */
void cli_input_close(FILE *file);

/*
 * Reads all of a file ("-": standard input) into value, which starts as MC_VALUE_INIT and is cleared by the caller with
 * mc_value_clear. Stops behind max bytes: the value is then longer than max. Returns an exit status: CLI_DONE, or CLI_LOCAL,
 * which it has explained.
 */
int cli_input_read(const char *path, size_t max, mc_value *value);

#endif
