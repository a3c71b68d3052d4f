#include "cli/call.h"
#include "cli/multi.h"
#include "cli/route.h"
#include "cli/servers.h"
#include "cli/single.h"
#include "cli/store.h"
#include "load/bench.h"

#include <stddef.h>

#define HOSTS (CLI_GROUP_CLUSTER | CLI_GROUP_NETWORK | CLI_GROUP_JSON)
#define KEYED (HOSTS | CLI_GROUP_QUIET)
#define READ (KEYED | CLI_GROUP_VALUE)
#define WRITE (READ | CLI_GROUP_FILE)
#define STORE (WRITE | CLI_GROUP_STORE)

#define VALUE_SYNOPSIS "KEY VALUE\nKEY -\nKEY --file FILE"
#define VALUE_TEXT "VALUE is stored as it stands there; with - it is standard input, to its end; any bytes.\n"
#define JSON_TEXT                                                                                                           \
    "With --json: {\"key\": ..., \"status\": \"MC_OK\", ...}. What is not UTF-8 is base64, and its name ends in _base64.\n"
#define GET_TEXT "Prints the value's bytes and nothing else (on a terminal, a line end if it has none).\n" JSON_TEXT
#define GETS_TEXT                                                                                                           \
    "Prints a line with the token for mc cas --cas, the flags and the length in bytes, then the value's bytes.\n" JSON_TEXT
#define KEYS_TEXT                                                                                                           \
    "Keys are arguments, or lines of a file or of standard input (-); empty lines are passed over. Files may be of any\n"   \
    "length: up to 1000 keys or 8 MiB are one call, with a time-out of its own.\n"

const cli_command cli_commands[] = {
    {"get", "KEY", "Prints a value.", GET_TEXT, READ, 1, 1, cli_run_get},
    {"gets", "KEY", "Prints a value with its flags and its token.", GETS_TEXT, READ, 1, 1, cli_run_gets},
    {"gat", "KEY TTL", "Prints a value and gives it a new time to live, in seconds.", GET_TEXT, READ, 2, 2, cli_run_gat},
    {"gats", "KEY TTL", "As gat, with the flags and the token.", GETS_TEXT, READ, 2, 2, cli_run_gats},
    {"set", VALUE_SYNOPSIS, "Stores a value, whatever was there.", VALUE_TEXT, STORE, 1, 2, cli_run_set},
    {"add", VALUE_SYNOPSIS, "Stores a value if the key is not there.", VALUE_TEXT, STORE, 1, 2, cli_run_add},
    {"replace", VALUE_SYNOPSIS, "Stores a value if the key is there.", VALUE_TEXT, STORE, 1, 2, cli_run_replace},
    {"append", VALUE_SYNOPSIS, "Puts bytes behind the value that is there.", VALUE_TEXT, WRITE, 1, 2, cli_run_append},
    {"prepend", VALUE_SYNOPSIS, "Puts bytes before the value that is there.", VALUE_TEXT, WRITE, 1, 2, cli_run_prepend},
    {"cas", "KEY VALUE --cas TOKEN\nKEY - --cas TOKEN\nKEY --file FILE --cas TOKEN",
     "Stores a value if it has not changed since mc gets has shown its token.", VALUE_TEXT, STORE | CLI_GROUP_CAS, 1, 2,
     cli_run_cas},
    {"delete", "KEY", "Removes a value.", "", KEYED, 1, 1, cli_run_delete},
    {"touch", "KEY TTL", "Gives a value a new time to live, in seconds; 0: for ever.", "", KEYED, 2, 2, cli_run_touch},
    {"incr", "KEY [DELTA]", "Adds to a number (1, or DELTA) and prints the sum.", "", KEYED, 1, 2, cli_run_incr},
    {"decr", "KEY [DELTA]", "Subtracts from a number (1, or DELTA), down to 0, and prints what is left.", "", KEYED, 1, 2,
     cli_run_decr},
    {"multi get", "KEY...\n-\n--file FILE", "Prints many values.",
     KEYS_TEXT
     "Prints a line for each that is there: key, tab, value, and, if they are not 0, a tab and the flags. In values,\n"
     "\\\\ \\t \\n \\r and \\xHH stand for a backslash, a tab, the line ends and bytes that are no text: what mc multi "
     "set reads.\n",
     READ | CLI_GROUP_FILE, 0, -1, cli_run_multi_get},
    {"multi set", "KEY VALUE [KEY VALUE]...\n-\n--file FILE", "Stores many values.",
     "Pairs are arguments, or lines of a file or of standard input (-), as mc multi get prints them: key, tab, value, and\n"
     "maybe a tab and flags. In values of lines, \\\\ \\t \\n \\r and \\xHH stand for single bytes.\n",
     STORE, 0, -1, cli_run_multi_set},
    {"multi delete", "KEY...\n-\n--file FILE", "Removes many values.", KEYS_TEXT, KEYED | CLI_GROUP_FILE, 0, -1,
     cli_run_multi_delete},
    {"route", "KEY...\n-\n--file FILE", "Prints which host holds a key. Connects to nothing.",
     "Prints a line for each: key, tab, host; with --tries, where fail-over would go behind that.\n",
     CLI_GROUP_CLUSTER | CLI_GROUP_JSON | CLI_GROUP_FILE | CLI_GROUP_ROUTE, 0, -1, cli_run_route},
    {"ping", "", "Tells which servers answer, and how fast.", "", HOSTS, 0, 0, cli_run_ping},
    {"version", "", "Prints the version of each server.", "", HOSTS, 0, 0, cli_run_version},
    {"stats", "[GROUP]", "Prints the statistics of each server.",
     "GROUP is what memcached's protocol allows behind \"stats\": items, slabs, sizes, settings, conns, ...\n"
     "Prints a line for each: host, tab, name, tab, value (on a terminal, in columns).\n",
     HOSTS, 0, 1, cli_run_stats},
    {"flush", "", "Makes every value on every server invalid.", "", HOSTS | CLI_GROUP_FLUSH, 0, 0, cli_run_flush},
    {"bench", "", "Measures how fast the servers are, and checks every value.",
     "Stores its keys (mc-bench:0 and so on, or with your --prefix), reads and writes them at random from all threads, and\n"
     "removes them again. Ctrl-C ends it early, with the results so far. With --against, two lists of hosts are measured "
     "in\n"
     "turns, and compared round by round.\n",
     HOSTS | CLI_GROUP_VALUE | CLI_GROUP_LOAD, 0, 0, load_run_bench},
    {NULL, NULL, NULL, NULL, 0, 0, 0, NULL},
};
