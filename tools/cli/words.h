/* The keys of a command on many: its operands, or the lines of a file. */
#ifndef MC_CLI_WORDS_H
#define MC_CLI_WORDS_H

#include "cli/call.h"

#include <stdio.h>

typedef struct cli_words {
    const cli_call *call;
    FILE           *file; /* NULL: operands */
    const char     *path;
    int             next_operand;
    size_t          line_number; /* of the line that was read last, from 1 */
    char           *line;
    size_t          line_size;
    int             failure; /* errno's, when reading has failed */
} cli_words;

/* Exits where there are neither operands nor a file, or both. A single operand "-" is standard input. */
void cli_words_open(cli_words *words, const cli_call *call);

/* The next one, without its line end; empty lines are passed over. Valid until the next call. false: there are no more. */
bool cli_words_next(cli_words *words, char **text, size_t *len);

/* Returns an exit status: CLI_LOCAL when reading has failed. */
int cli_words_close(cli_words *words);

#endif
