/* The command line of mcserver, which is memcached's. */
#ifndef MC_SERVER_OPTIONS_H
#define MC_SERVER_OPTIONS_H

#include "server/mc_server.h"

#define MCS__ADDRESSES_MAX 64

typedef struct mcs__options {
    mc_server_options server;
    bool              daemonize;
    bool              core_dumps;
    const char       *pid_path; /* NULL: none */
    const char       *user;     /* NULL: stay */
    const char       *ignored;  /* letters of options that were accepted and do nothing */
    /* What the pointers above point to. */
    const char *addresses[MCS__ADDRESSES_MAX + 1];
    char        letters[64];
} mcs__options;

typedef enum mcs__options_result {
    MCS__OPTIONS_RUN,
    MCS__OPTIONS_SHOWN, /* help or version was printed: nothing else to do */
    MCS__OPTIONS_WRONG  /* a line on stderr says what */
} mcs__options_result;

/* Reads the command line; options points into argv afterwards, whose commas between addresses are overwritten. */
mcs__options_result mcs__options_read(int argc, char **argv, mcs__options *options);

#endif
