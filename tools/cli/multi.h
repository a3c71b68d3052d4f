/* The commands on many keys. They are worked off some at a time, so that files may be of any length. Each returns an exit
 * status. */
#ifndef MC_CLI_MULTI_H
#define MC_CLI_MULTI_H

#include "cli/call.h"

int cli_run_multi_get(cli_call *call);
int cli_run_multi_set(cli_call *call);
int cli_run_multi_delete(cli_call *call);

#endif
