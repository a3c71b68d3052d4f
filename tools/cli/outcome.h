/* How a command ended: as an exit status for scripts, in words for people. */
#ifndef MC_CLI_OUTCOME_H
#define MC_CLI_OUTCOME_H

#include <mcclient/mcclient.h>

/* Of several, the greatest is the program's. */
typedef enum cli_exit {
    CLI_DONE = 0,        /* found, stored, deleted, answered */
    CLI_NO = 1,          /* the server says no: not found, not stored, changed since */
    CLI_USAGE = 2,       /* the command line, a key or a value is wrong; nothing was sent */
    CLI_UNREACHABLE = 3, /* no host could be reached; nothing was sent */
    CLI_UNKNOWN = 4,     /* sent, and no complete answer came */
    CLI_REFUSED = 5,     /* the server reports an error, or what it holds is not what was asked for */
    CLI_LOCAL = 6        /* a file, the output or memory failed */
} cli_exit;

/* For people, the line of --help about them. */
extern const char cli_exit_help[];

/* The exit status for a status. */
int cli_exit_of(mc_status status);

/* Raises *exit_status to that of a status. */
void cli_add_status(int *exit_status, mc_status status);

/*
 * Says on standard error what became of a key, when that is not MC_OK: detail (mc_error_detail(), which names host and key;
 * of what a server answers, words to follow the key; NULL: what the status says), and what to do about it. With quiet,
 * nothing is said of what a server answers.
 */
void cli_tell(mc_status status, mc_slice key, const char *detail, bool quiet);

/* Exit statuses for a failure of this machine: says "what: errno's text", returns CLI_LOCAL. */
int cli_tell_errno(const char *what);

#endif
