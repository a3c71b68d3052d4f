/* The same asked of every host at once, each by a thread and a client of its own, so that each has its own answer. */
#ifndef MC_CLI_EACH_HOST_H
#define MC_CLI_EACH_HOST_H

#include "cli/call.h"

typedef struct cli_host_answer {
    const cli_call *call;
    const char     *host; /* as the call has it */
    mc_client      *client;
    mc_status       status;
    char            detail[512]; /* mc_error_detail(), unless status is MC_OK */
    /* For the asker's use. */
    char  *text; /* freed by the asker, too */
    double ms;
} cli_host_answer;

/* Asks one host: fills status, and what else there is. */
typedef void cli_ask_fn(cli_host_answer *answer);

/* Asks all hosts of the call; returns the answers in their order, to be freed with free(). */
cli_host_answer *cli_each_host(const cli_call *call, cli_ask_fn *ask);

#endif
