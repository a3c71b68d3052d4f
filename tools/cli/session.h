/* The client that the options of a call ask for. */
#ifndef MC_CLI_SESSION_H
#define MC_CLI_SESSION_H

#include "cli/call.h"

/* A client on the call's hosts (or on those given here), or the program ends: the options or the hosts are wrong. The caller
 * frees it with mc_client_free. */
mc_client *cli_session_open(const cli_call *call);
mc_client *cli_session_open_on(const cli_call *call, const cli_hosts *hosts);

/* The same for a command that reads: without --max-value, no value that memcached can be made to hold is too large. */
mc_client *cli_session_open_to_read(const cli_call *call);

/* A client on one host of the call. */
mc_client *cli_session_open_alone(const cli_call *call, size_t host);

#endif
