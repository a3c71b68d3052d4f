/* The commands on whole servers. Each returns an exit status. */
#ifndef MC_CLI_SERVERS_H
#define MC_CLI_SERVERS_H

#include "cli/call.h"

int cli_run_flush(cli_call *call);
int cli_run_ping(cli_call *call);
int cli_run_stats(cli_call *call);
int cli_run_version(cli_call *call);

#endif
