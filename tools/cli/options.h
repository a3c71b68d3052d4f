/* Every option of mc: its name, its help, and what it sets. */
#ifndef MC_CLI_OPTIONS_H
#define MC_CLI_OPTIONS_H

#include "cli/call.h"

typedef struct cli_option {
    const char *name;                               /* "hosts" */
    char        letter;                             /* 0: none */
    const char *value;                              /* what --help calls its value; NULL: it has none */
    const char *help;                               /* lines */
    unsigned    groups;                             /* of cli_group: the commands of one of them take it */
    void (*take)(cli_call *call, const char *text); /* exits where the text is wrong; NULL: the command line does it */
} cli_option;

/* The number of them, and they themselves. */
extern const cli_option cli_options[];
extern const size_t     cli_option_count;

/* Adds a list of hosts; source is the option or variable it came from. Exits where it is wrong. */
void cli_options_take_hosts(cli_hosts *hosts, const char *source, const char *list);

#endif
