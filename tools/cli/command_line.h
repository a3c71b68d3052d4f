/* The command line: options, the command, its operands. */
#ifndef MC_CLI_COMMAND_LINE_H
#define MC_CLI_COMMAND_LINE_H

#include "cli/call.h"

/*
 * Reads the command line, and MC_HOSTS where it names no hosts. Options may stand anywhere up to "--"; those before the
 * command are ones that commands have in common. Exits where it is wrong, and after --help and --version. The caller frees
 * what call holds with cli_command_line_clear.
 */
void cli_command_line_read(cli_call *call, int argc, char **argv);

void cli_command_line_clear(cli_call *call);

#endif
