/*
 * What one run of mc is asked to do, and the commands that there are. A program ends itself: what finds the command line
 * wrong says so and exits (see refuse.h).
 */
#ifndef MC_CLI_CALL_H
#define MC_CLI_CALL_H

#include "cli/hosts.h"
#include "load/settings.h"

#include <mcclient/mcclient.h>

/* Options come in groups; each command takes some of them. */
typedef enum cli_group {
    CLI_GROUP_ANY = 1,          /* --help, --version */
    CLI_GROUP_CLUSTER = 1 << 1, /* where hosts are, and where keys go */
    CLI_GROUP_NETWORK = 1 << 2, /* what is connected to */
    CLI_GROUP_VALUE = 1 << 3,   /* values go in or out */
    CLI_GROUP_FILE = 1 << 4,    /* something is read from a file */
    CLI_GROUP_STORE = 1 << 5,   /* items are made */
    CLI_GROUP_CAS = 1 << 6,     /* a token is needed */
    CLI_GROUP_FLUSH = 1 << 7,   /* flush */
    CLI_GROUP_ROUTE = 1 << 8,   /* route */
    CLI_GROUP_LOAD = 1 << 9,    /* bench */
    CLI_GROUP_JSON = 1 << 10,   /* something is printed */
    CLI_GROUP_QUIET = 1 << 11   /* the server may say no */
} cli_group;

struct cli_call;

typedef struct cli_command {
    const char *name;                  /* "get", "multi get" */
    const char *synopsis;              /* what stands behind the options; lines of it are ways to call */
    const char *summary;               /* one line */
    const char *text;                  /* more, for --help */
    unsigned    groups;                /* of cli_group */
    int         least, most;           /* operands; most < 0: any number */
    int (*run)(struct cli_call *call); /* returns an exit status, see outcome.h */
} cli_command;

typedef struct cli_call {
    const cli_command *command;
    char             **operands;
    int                operand_count;
    cli_hosts          hosts;
    mc_options         options;
    int                like, distribution, hash, failover; /* as numbers of their enums; negative: not asked for */
    bool               has_max_value, has_cas;
    const char        *file; /* NULL: none; "-": standard input */
    uint32_t           flags, delay_s;
    int64_t            ttl_s;
    uint64_t           cas;
    bool               json, quiet, tries;
    load_settings      load;
} cli_call;

/* Every command, ended by one without a name. */
extern const cli_command cli_commands[];

#endif
