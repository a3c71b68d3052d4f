/* Where keys go. */
#ifndef MC_CLI_ROUTE_H
#define MC_CLI_ROUTE_H

#include "cli/call.h"

/* Connects to nothing. Returns an exit status. */
int cli_run_route(cli_call *call);

#endif
