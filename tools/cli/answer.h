/* What a command on one key ends with: on standard output for what comes after, in words on standard error. */
#ifndef MC_CLI_ANSWER_H
#define MC_CLI_ANSWER_H

#include "cli/call.h"

typedef struct cli_answer {
    mc_slice        key;
    mc_status       status;
    const char     *detail;  /* of what is no answer of a server: mc_error_detail() */
    const char     *refusal; /* what MC_NOT_STORED means; NULL: it cannot come */
    const mc_value *value;   /* NULL: the command has none */
    bool            with_token;
    const uint64_t *number; /* NULL: the command has none */
} cli_answer;

/* Prints it; returns the exit status. */
int cli_answer_give(const cli_call *call, const cli_answer *answer);

/* The same for the call into the library that was just made, which returned status; and frees the client. */
int cli_answer_end(const cli_call *call, cli_answer *answer, mc_client *client, mc_status status);

#endif
