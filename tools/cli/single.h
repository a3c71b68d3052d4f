/* The commands on one key. Each returns an exit status. */
#ifndef MC_CLI_SINGLE_H
#define MC_CLI_SINGLE_H

#include "cli/call.h"

int cli_run_get(cli_call *call);
int cli_run_gets(cli_call *call);
int cli_run_gat(cli_call *call);
int cli_run_gats(cli_call *call);
int cli_run_delete(cli_call *call);
int cli_run_touch(cli_call *call);
int cli_run_incr(cli_call *call);
int cli_run_decr(cli_call *call);

#endif
