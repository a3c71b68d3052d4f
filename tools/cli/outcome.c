#include "cli/outcome.h"

#include "cli/escape.h"
#include "cli/refuse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char cli_exit_help[] = "Exit status:\n"
                             "  0  done: found, stored, deleted, answered\n"
                             "  1  the server says no: not found, not stored, changed since\n"
                             "  2  the command line, a key or a value is wrong; nothing was sent\n"
                             "  3  no host could be reached; nothing was sent\n"
                             "  4  sent, and no complete answer came: it may or may not have been done\n"
                             "  5  the server reports an error, or holds what was not expected\n"
                             "  6  a file, the output or memory failed\n"
                             "Of several, it is the greatest.\n";

int cli_exit_of(mc_status status) {
    switch (status) {
    case MC_OK:
        return CLI_DONE;
    case MC_NOT_FOUND:
    case MC_NOT_STORED:
    case MC_EXISTS:
        return CLI_NO;
    case MC_BAD_ARGUMENT:
    case MC_BAD_KEY:
    case MC_TOO_LARGE:
        return CLI_USAGE;
    case MC_UNREACHABLE:
    case MC_NO_SERVER:
        return CLI_UNREACHABLE;
    case MC_TIMEOUT:
    case MC_CONNECTION_LOST:
    case MC_PROTOCOL_ERROR:
        return CLI_UNKNOWN;
    case MC_NO_MEMORY:
        return CLI_LOCAL;
    default:
        return CLI_REFUSED;
    }
}

void cli_add_status(int *exit_status, mc_status status) {
    int other = cli_exit_of(status);

    if (other > *exit_status)
        *exit_status = other;
}

static const char *advice(mc_status status) {
    switch (status) {
    case MC_TOO_LARGE:
        return "--max-value raises the limit of mc, memcached's -I that of the server.";
    case MC_UNREACHABLE:
    case MC_NO_SERVER:
        return "Nothing was sent. Is --hosts (or MC_HOSTS) right, and does the server run?";
    case MC_TIMEOUT:
        return "It may or may not have been done; --timeout waits longer.";
    case MC_CONNECTION_LOST:
        return "It may or may not have been done.";
    case MC_PROTOCOL_ERROR:
        return "Is it a memcached server? What is over --max-value ends so, too.";
    default:
        return NULL;
    }
}

void cli_tell(mc_status status, mc_slice key, const char *detail, bool quiet) {
    bool        answered = cli_exit_of(status) <= CLI_NO;
    const char *next = advice(status);
    char        escaped[CLI_ESCAPED_KEY];

    if (status == MC_OK || (answered && quiet))
        return;
    if (detail && detail[0] && !answered)
        cli_complain("%s", detail);
    else
        cli_complain("\"%s\": %s", cli_escape_key(key, escaped), detail && detail[0] ? detail : mc_status_text(status));
    if (next)
        fprintf(stderr, "  %s\n", next);
}

int cli_tell_errno(const char *what) {
    cli_complain("%s: %s", what, strerror(errno));
    return CLI_LOCAL;
}
