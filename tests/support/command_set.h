/*
 * Every public command in its plainest form, as a table: what it puts on the wire, a host's answer to it, and what the
 * caller then has. Tests that must hold for every command go through it.
 *
 * The key is always "k", the value "hello" with flags 7, the token 9, the delta 5, the time to live 60.
 */
#ifndef MC_SUPPORT_COMMAND_SET_H
#define MC_SUPPORT_COMMAND_SET_H

#include "mcclient/mcclient.h"

/* What a call came to, as its caller sees it. */
typedef struct answer {
    mc_status status;    /* of the key or the host, also where the call itself says MC_PARTIAL */
    char      text[128]; /* what was handed out: "hello/7#9", "15", "1.6.18", "pid=42 "; "" for nothing */
    char      detail[1024];
} answer;

typedef struct command {
    const char *name;
    const char *request; /* on the wire */
    const char *reply;   /* when all is well */
    const char *text;    /* what is handed out then */
    bool        once;    /* never sent twice */
    answer (*run)(mc_client *client);
} command;

/* All of them; the last has no name. */
extern const command command_set[];
#define COMMANDS 21

/*
 * And some on the keys "a", "b" and "c" at once: get_three, set_three (of "1" to each) and delete_three. Their status is the
 * call's, their text what became of each key: "OK=1 NOT_FOUND TIMEOUT". They are found by name only.
 */

/* The command of that name. Fails the test where there is none. */
const command *command_named(const char *name);

/* Whether its answer is VALUE blocks. */
bool command_retrieves(const command *self);

#endif
