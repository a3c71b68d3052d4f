/* --help and --version, made from the tables of commands and options. */
#ifndef MC_CLI_HELP_H
#define MC_CLI_HELP_H

#include "cli/call.h"

/* The help of a command; of all whose first word it is; or, both NULL, of mc. */
void cli_help_print(const cli_command *command, const char *first_word);

void cli_help_version(void);

/* The exit status when only help was wanted. */
int cli_help_end(void);

#endif
