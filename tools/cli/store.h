/* The commands that store one value. Each returns an exit status. */
#ifndef MC_CLI_STORE_H
#define MC_CLI_STORE_H

#include "cli/call.h"

int cli_run_set(cli_call *call);
int cli_run_add(cli_call *call);
int cli_run_replace(cli_call *call);
int cli_run_append(cli_call *call);
int cli_run_prepend(cli_call *call);
int cli_run_cas(cli_call *call);

#endif
