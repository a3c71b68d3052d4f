/* Standard output, whose end may go away, or be full. */
#ifndef MC_CLI_OUTPUT_H
#define MC_CLI_OUTPUT_H

#include <stdbool.h>

/* Before anything is opened: a closed pipe ends no process, and what is opened later never takes the place of a standard
 * stream that the caller has closed. */
void cli_output_begin(void);

/* Whether it is a terminal, as it was in the beginning. */
bool cli_output_is_terminal(void);

/* Whether all that was written so far has gone well. Asked right after something was written, for errno must still tell why
 * not. */
bool cli_output_good(void);

/* Writes what is left, and closes. Returns exit_status; or CLI_LOCAL if something could not be written, which is said on
 * standard error, unless it is that nobody reads any more. */
int cli_output_end(int exit_status);

#endif
