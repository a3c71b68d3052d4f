/* One command, one host, and a reply that is right, wrong, or not for it: each whole, in two pieces at each byte, and byte
 * by byte. */
#include "support/check_main.h"
#include "support/reply_trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT_ONCE 8

#define HELLO "\r\nhello\r\nEND\r\n"
#define DIGITS_50 "12345678901234567890123456789012345678901234567890"
#define KEY_250 DIGITS_50 DIGITS_50 DIGITS_50 DIGITS_50 DIGITS_50

/* clang-format off */

/* ------------------------------------------------------------------------------------------------ what is legal -- */

static const reply_row legal[] = {
    {"stored",             "set",     REPLY("STORED\r\n"),                          STAYS, MC_OK,         KEPT},
    {"not stored",         "add",     REPLY("NOT_STORED\r\n"),                      STAYS, MC_NOT_STORED, KEPT},
    {"not stored",         "append",  REPLY("NOT_STORED\r\n"),                      STAYS, MC_NOT_STORED, KEPT},
    {"exists",             "cas",     REPLY("EXISTS\r\n"),                          STAYS, MC_EXISTS,     KEPT},
    {"not found",          "cas",     REPLY("NOT_FOUND\r\n"),                       STAYS, MC_NOT_FOUND,  KEPT},
    {"not found",          "delete",  REPLY("NOT_FOUND\r\n"),                       STAYS, MC_NOT_FOUND,  KEPT},
    {"not found",          "touch",   REPLY("NOT_FOUND\r\n"),                       STAYS, MC_NOT_FOUND,  KEPT},
    {"not found",          "incr",    REPLY("NOT_FOUND\r\n"),                       STAYS, MC_NOT_FOUND,  KEPT},
    {"a miss",             "get",     REPLY("END\r\n"),                             STAYS, MC_NOT_FOUND,  KEPT},
    {"a miss",             "gats",    REPLY("END\r\n"),                             STAYS, MC_NOT_FOUND,  KEPT},
    {"an empty value",     "get",     REPLY("VALUE k 0 0\r\n\r\nEND\r\n"),          STAYS, MC_OK,         KEPT, ""},
    {"all flags",          "get",     REPLY("VALUE k 4294967295 1\r\nx\r\nEND\r\n"), STAYS, MC_OK,        KEPT, "x/4294967295"},
    {"the last token",     "gets",    REPLY("VALUE k 0 1 18446744073709551615\r\nx\r\nEND\r\n"), STAYS, MC_OK, KEPT,
                                                                                          "x/0#18446744073709551615"},
    {"a reply as a value", "get",     REPLY("VALUE k 0 5\r\nEND\r\n\r\nEND\r\n"),   STAYS, MC_OK,         KEPT, "END\r\n"},
    {"a value as a value", "get",     REPLY("VALUE k 0 21\r\nVALUE x 0 1\r\ny\r\nEND\r\n\r\nEND\r\n"), STAYS, MC_OK, KEPT,
                                                                                          "VALUE x 0 1\r\ny\r\nEND\r\n"},
    {"zero",               "decr",    REPLY("0\r\n"),                               STAYS, MC_OK,         KEPT, "0"},
    {"the last number",    "incr",    REPLY("18446744073709551615\r\n"),            STAYS, MC_OK,         KEPT,
                                                                                          "18446744073709551615"},
    {"words in a version", "version", REPLY("VERSION 1.6 of today\r\n"),            STAYS, MC_OK,         KEPT, "1.6 of today"},
    {"no statistic",       "stats",   REPLY("END\r\n"),                             STAYS, MC_OK,         KEPT, ""},
    {"a reset",            "stats",   REPLY("RESET\r\n"),                           STAYS, MC_OK,         KEPT, ""},
    {"spaces in a statistic", "stats", REPLY("STAT a b  c \r\nEND\r\n"),            STAYS, MC_OK,         KEPT, "a=b  c  "},
    {"too large",          "set",     REPLY("SERVER_ERROR object too large for cache\r\n"), STAYS, MC_TOO_LARGE, KEPT},
    {"out of memory",      "set",     REPLY("SERVER_ERROR out of memory storing object\r\n"), STAYS, MC_SERVER_ERROR, KEPT},
    {"no words",           "set",     REPLY("SERVER_ERROR \r\n"),                   STAYS, MC_SERVER_ERROR, KEPT},
    {"an error behind a value", "get", REPLY("VALUE k 7 5\r\nhello\r\nSERVER_ERROR out\r\n"), STAYS, MC_SERVER_ERROR, KEPT},
    {"a refusal behind a value", "get", REPLY("VALUE k 7 5\r\nhello\r\nERROR\r\n"), STAYS, MC_CLIENT_ERROR, CLOSED},
    {"not a number there", "incr",    REPLY("CLIENT_ERROR cannot increment or decrement non-numeric value\r\n"), STAYS,
                                                                                    MC_CLIENT_ERROR, CLOSED},
    {"and an empty line",  "get",     REPLY("CLIENT_ERROR bad command line format\r\n\r\n"), STAYS, MC_CLIENT_ERROR, CLOSED},
    {"answered thrice",    "set",     REPLY("CLIENT_ERROR bad data chunk\r\nERROR\r\nERROR\r\n"), STAYS, MC_CLIENT_ERROR, CLOSED},
};

/* ---------------------------------------------------------------------------------------- keys that were not asked -- */

static const reply_row keys[] = {
    {"another key",     "get",  REPLY("VALUE x 7 5" HELLO),                       STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"a longer key",    "get",  REPLY("VALUE kk 7 5" HELLO),                      STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"another case",    "get",  REPLY("VALUE K 7 5" HELLO),                       STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"a NUL behind it", "get",  REPLY("VALUE k\0 7 5" HELLO),                     STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"another key",     "gets", REPLY("VALUE x 7 5 9" HELLO),                     STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"another key",     "gat",  REPLY("VALUE x 7 5" HELLO),                       STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"another key",     "gats", REPLY("VALUE x 7 5 9" HELLO),                     STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"the key of the next call", "get", REPLY("VALUE next 3 4\r\nfine\r\nEND\r\n"), STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"twice",           "get",  REPLY("VALUE k 7 5\r\nhello\r\nVALUE k 7 5" HELLO), STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"and another",     "get",  REPLY("VALUE k 7 5\r\nhello\r\nVALUE x 7 5" HELLO), STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"251 bytes",       "get",  REPLY("VALUE " KEY_250 "1 7 5" HELLO),            STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"350 bytes",       "get",  REPLY("VALUE " KEY_250 DIGITS_50 DIGITS_50 " 7 5" HELLO), STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"no key",          "get",  REPLY("VALUE  7 5" HELLO),                        STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"no fields",       "get",  REPLY("VALUE k" HELLO),                           STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"a space at most", "get",  REPLY("VALUE " HELLO),                            STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"VALUE alone",     "get",  REPLY("VALUE" HELLO),                             STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"no length",       "get",  REPLY("VALUE k 7" HELLO),                         STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"seven fields",    "get",  REPLY("VALUE k 7 5 9 1 2 3" HELLO),               STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"seven fields",    "gets", REPLY("VALUE k 7 5 9 1 2 3" HELLO),               STAYS, MC_PROTOCOL_ERROR, CLOSED},
};

/* ----------------------------------------------------------------------------------------------------- numbers -- */

static const reply_row numbers[] = {
    {"length of nothing",     "get", REPLY("VALUE k 7 " HELLO),                     STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"length -1",             "get", REPLY("VALUE k 7 -1" HELLO),                   STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"length +5",             "get", REPLY("VALUE k 7 +5" HELLO),                   STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"length 5x",             "get", REPLY("VALUE k 7 5x" HELLO),                   STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"length 05",             "get", REPLY("VALUE k 7 05" HELLO),                   STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"length 0x5",            "get", REPLY("VALUE k 7 0x5" HELLO),                  STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"length 5.0",            "get", REPLY("VALUE k 7 5.0" HELLO),                  STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"length 4",              "get", REPLY("VALUE k 7 4" HELLO),                    STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"length 6",              "get", REPLY("VALUE k 7 6" HELLO),                    STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"length 0",              "get", REPLY("VALUE k 7 0" HELLO),                    STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"over the limit",        "get", REPLY("VALUE k 7 1048577" HELLO),              STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"length 2^31",           "get", REPLY("VALUE k 7 2147483648" HELLO),           STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"length 2^32",           "get", REPLY("VALUE k 7 4294967296" HELLO),           STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"length 2^32+5",         "get", REPLY("VALUE k 7 4294967301" HELLO),           STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"length 2^63",           "get", REPLY("VALUE k 7 9223372036854775808" HELLO),  STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"length 2^64-2",         "get", REPLY("VALUE k 7 18446744073709551614" HELLO), STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"length 2^64-1",         "get", REPLY("VALUE k 7 18446744073709551615" HELLO), STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"length 2^64",           "get", REPLY("VALUE k 7 18446744073709551616" HELLO), STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"length 2^64+5",         "get", REPLY("VALUE k 7 18446744073709551621" HELLO), STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"length of 50 digits",   "get", REPLY("VALUE k 7 " DIGITS_50 HELLO),           STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"flags 2^32",            "get", REPLY("VALUE k 4294967296 5" HELLO),           STAYS, MC_BAD_VALUE,      KEPT},
    {"flags 2^32+7",          "get", REPLY("VALUE k 4294967303 5" HELLO),           STAYS, MC_BAD_VALUE,      KEPT},
    {"flags 2^64",            "get", REPLY("VALUE k 18446744073709551616 5" HELLO), STAYS, MC_BAD_VALUE,      KEPT},
    {"flags of 50 digits",    "get", REPLY("VALUE k " DIGITS_50 " 5" HELLO),        STAYS, MC_BAD_VALUE,      KEPT},
    {"flags 2^32",            "gats", REPLY("VALUE k 4294967296 5 9" HELLO),        STAYS, MC_BAD_VALUE,      KEPT},
    {"flags 2^32",            "get_multi", REPLY("VALUE k 4294967296 5" HELLO),     STAYS, MC_BAD_VALUE,      KEPT},
    {"flags -1",              "get", REPLY("VALUE k -1 5" HELLO),                   STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"flags 1.5",             "get", REPLY("VALUE k 1.5 5" HELLO),                  STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"flags of nothing",      "get", REPLY("VALUE k  5" HELLO),                     STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"no token",              "gets", REPLY("VALUE k 7 5" HELLO),                   STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"no token",              "gats", REPLY("VALUE k 7 5" HELLO),                   STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"token of nothing",      "gets", REPLY("VALUE k 7 5 " HELLO),                  STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"token 2^64",            "gets", REPLY("VALUE k 7 5 18446744073709551616" HELLO), STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"token -1",              "gets", REPLY("VALUE k 7 5 -1" HELLO),                STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"a token to get",        "get", REPLY("VALUE k 7 5 9" HELLO),                  STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"a token to gat",        "gat", REPLY("VALUE k 7 5 9" HELLO),                  STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"no number",             "incr", REPLY("\r\n"),                                STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"-1",                    "incr", REPLY("-1\r\n"),                              STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"21 digits",             "incr", REPLY("123456789012345678901\r\n"),           STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"2^64",                  "incr", REPLY("18446744073709551616\r\n"),            STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"a space behind",        "decr", REPLY("5 \r\n"),                              STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"a space before",        "decr", REPLY(" 5\r\n"),                              STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"a letter behind",       "decr", REPLY("5x\r\n"),                              STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"a zero before",         "decr", REPLY("05\r\n"),                              STAYS, MC_PROTOCOL_ERROR, CLOSED},
};

/* ------------------------------------------------------------------------------------------------ lines and blocks -- */

static const reply_row lines[] = {
    {"no line end behind the value", "get", REPLY("VALUE k 7 5\r\nhelloEND\r\n"),         STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"LF behind the value",    "get",    REPLY("VALUE k 7 5\r\nhello\nEND\r\n"),          STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"CR X behind the value",  "get",    REPLY("VALUE k 7 5\r\nhello\rXEND\r\n"),         STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"an empty line more",     "get",    REPLY("VALUE k 7 5\r\nhello\r\n\r\nEND\r\n"),    STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"ENDX",                   "get",    REPLY("VALUE k 7 5\r\nhello\r\nENDX\r\n"),       STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"STORED for END",         "get",    REPLY("VALUE k 7 5\r\nhello\r\nSTORED\r\n"),     STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"END missing",            "get",    REPLY("VALUE k 7 5\r\nhello\r\n"),               QUIET, MC_TIMEOUT,        CLOSED},
    {"END missing, then FIN",  "get",    REPLY("VALUE k 7 5\r\nhello\r\n"),               FINISHES, MC_CONNECTION_LOST, CLOSED},
    {"LF alone",               "set",    REPLY("STORED\n"),                               STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"LF alone",               "get",    REPLY("VALUE k 7 5\nhello\nEND\n"),              STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"CR CR LF",               "set",    REPLY("STORED\r\r\n"),                           STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"a leading space",        "set",    REPLY(" STORED\r\n"),                            STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"a trailing space",       "set",    REPLY("STORED \r\n"),                            STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"a trailing space",       "get",    REPLY("VALUE k 7 5 " HELLO),                     STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"a trailing space",       "get",    REPLY("VALUE k 7 5\r\nhello\r\nEND \r\n"),       STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"two spaces",             "get",    REPLY("VALUE k  7 5" HELLO),                     STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"a tab",                  "get",    REPLY("VALUE\tk 7 5" HELLO),                     STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"a tab",                  "set",    REPLY("STORED\t\r\n"),                           STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"a NUL",                  "set",    REPLY("STORED\0\r\n"),                           STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"a NUL first",            "set",    REPLY("\0STORED\r\n"),                           STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"0xff",                   "set",    REPLY("STORED\xff\r\n"),                         STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"small letters",          "set",    REPLY("stored\r\n"),                             STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"an empty line",          "set",    REPLY("\r\n"),                                   STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"an empty line first",    "set",    REPLY("\r\nSTORED\r\n"),                         STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"a statistic without value", "stats", REPLY("STAT pid\r\nEND\r\n"),                  STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"a statistic without name", "stats", REPLY("STAT  42\r\nEND\r\n"),                   STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"a version of nothing",   "version", REPLY("VERSION\r\n"),                           STAYS, MC_PROTOCOL_ERROR, CLOSED},
};

/* -------------------------------------------------------------------------------------------- surplus and strangers -- */

static const reply_row surplus[] = {
    {"the reply twice",      "set",    REPLY("STORED\r\nSTORED\r\n"),             STAYS, MC_OK,        CLOSED},
    {"an empty line more",   "set",    REPLY("STORED\r\n\r\n"),                   STAYS, MC_OK,        CLOSED},
    {"a byte more",          "set",    REPLY("STORED\r\nX"),                      STAYS, MC_OK,        CLOSED},
    {"a NUL more",           "set",    REPLY("STORED\r\n\0"),                     STAYS, MC_OK,        CLOSED},
    {"END twice",            "get",    REPLY("VALUE k 7 5" HELLO "END\r\n"),      STAYS, MC_OK,        CLOSED},
    {"a value more",         "get",    REPLY("VALUE k 7 5" HELLO "VALUE next 0 5" HELLO), STAYS, MC_OK, CLOSED},
    {"a value for the next", "get",    REPLY("END\r\nVALUE next 0 5" HELLO),      STAYS, MC_NOT_FOUND, CLOSED},
    {"a value for the next", "delete", REPLY("DELETED\r\nVALUE next 0 5" HELLO),  STAYS, MC_OK,        CLOSED},
    {"a number more",        "incr",   REPLY("15\r\n16\r\n"),                     STAYS, MC_OK,        CLOSED},
    {"an error more",        "touch",  REPLY("TOUCHED\r\nERROR\r\n"),             STAYS, MC_OK,        CLOSED},
    {"a byte behind an error", "get",  REPLY("SERVER_ERROR out\r\nX"),            STAYS, MC_SERVER_ERROR, CLOSED},
    {"a value after END",    "get_multi", REPLY("VALUE k 7 5" HELLO "VALUE k 7 5" HELLO), STAYS, MC_OK, CLOSED},
    {"an OK more",           "flush_all", REPLY("OK\r\nOK\r\n"),                  STAYS, MC_OK,        CLOSED},
    {"a version more",       "version", REPLY("VERSION 1.6.18\r\nVERSION 2\r\n"), STAYS, MC_OK,        CLOSED},
    {"a statistic more",     "stats",  REPLY("END\r\nSTAT pid 42\r\n"),           STAYS, MC_OK,        CLOSED, ""},

    {"a web server",         "get",    REPLY("HTTP/1.1 400 Bad Request\r\n"),     STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"a web server",         "set",    REPLY("HTTP/1.1 400 Bad Request\r\n"),     FINISHES, MC_PROTOCOL_ERROR, CLOSED},
    {"redis",                "get",    REPLY("-ERR unknown command\r\n"),         STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"TLS",                  "get",    REPLY("\x15\x03\x01\0\x02\x02\x28"),       STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"TLS",                  "incr",   REPLY("\x15\x03\x01\0\x02\x02\x28"),       FINISHES, MC_PROTOCOL_ERROR, CLOSED},
    {"SSH",                  "get",    REPLY("SSH-2.0-OpenSSH_9.2\r\n"),          STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"mail",                 "set",    REPLY("220 mail ready\r\n"),               STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"memcached's binary protocol", "get", REPLY("\x81\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), STAYS,
                                                                                  MC_PROTOCOL_ERROR, CLOSED},
    {"memcached's meta protocol", "get", REPLY("EN\r\n"),                         STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"memcached's meta protocol", "set", REPLY("HD\r\n"),                         STAYS, MC_PROTOCOL_ERROR, CLOSED},
    {"memcached's meta protocol", "get", REPLY("VA 5\r\nhello\r\n"),              STAYS, MC_PROTOCOL_ERROR, CLOSED},
};

/* clang-format on */

START_TEST(legal_replies) {
    trials_run_disturbed(reply_trial_all_ways, legal, ROWS(legal), AT_ONCE);
}
END_TEST

START_TEST(values_of_keys_that_were_not_asked) {
    trials_run_disturbed(reply_trial_all_ways, keys, ROWS(keys), AT_ONCE);
}
END_TEST

START_TEST(numbers_are_read_strictly) {
    trials_run_disturbed(reply_trial_all_ways, numbers, ROWS(numbers), AT_ONCE);
}
END_TEST

START_TEST(lines_and_blocks_end_as_they_must) {
    trials_run_disturbed(reply_trial_all_ways, lines, ROWS(lines), AT_ONCE);
}
END_TEST

START_TEST(surplus_and_strangers) {
    trials_run_disturbed(reply_trial_all_ways, surplus, ROWS(surplus), AT_ONCE);
}
END_TEST

/* --------------------------------------------------------------------------------------- every reply to every command -- */

static const struct {
    const char *reply;
    const char *legal_to; /* with the status that it means, for each command of the set to which it is an answer */
} cross[] = {
    {"STORED\r\n", " set=MC_OK add=MC_OK replace=MC_OK append=MC_OK prepend=MC_OK cas=MC_OK set_multi=MC_OK "},
    {"NOT_STORED\r\n", " set=MC_NOT_STORED add=MC_NOT_STORED replace=MC_NOT_STORED append=MC_NOT_STORED "
                       "prepend=MC_NOT_STORED set_multi=MC_NOT_STORED "},
    {"EXISTS\r\n", " cas=MC_EXISTS "},
    {"NOT_FOUND\r\n", " cas=MC_NOT_FOUND delete=MC_NOT_FOUND touch=MC_NOT_FOUND incr=MC_NOT_FOUND decr=MC_NOT_FOUND "
                      "delete_multi=MC_NOT_FOUND "},
    {"DELETED\r\n", " delete=MC_OK delete_multi=MC_OK "},
    {"TOUCHED\r\n", " touch=MC_OK "},
    {"OK\r\n", " flush_all=MC_OK stats=MC_OK "},
    {"RESET\r\n", " stats=MC_OK "},
    {"END\r\n", " get=MC_NOT_FOUND gets=MC_NOT_FOUND gat=MC_NOT_FOUND gats=MC_NOT_FOUND get_multi=MC_NOT_FOUND "
                "gets_multi=MC_NOT_FOUND stats=MC_OK "},
    {"15\r\n", " incr=MC_OK decr=MC_OK "},
    {"VERSION 1.6.18\r\n", " version=MC_OK "},
    {"STAT pid 42\r\nSTAT n \r\nEND\r\n", " stats=MC_OK "},
    {"VALUE k 7 5\r\nhello\r\nEND\r\n", " get=MC_OK gat=MC_OK get_multi=MC_OK "},
    {"VALUE k 7 5 9\r\nhello\r\nEND\r\n", " gets=MC_OK gats=MC_OK gets_multi=MC_OK "},
    {"ERROR\r\n", "*=MC_CLIENT_ERROR"},
    {"CLIENT_ERROR x\r\n", "*=MC_CLIENT_ERROR"},
    {"SERVER_ERROR x\r\n", "*=MC_SERVER_ERROR"},
    {"SERVER_ERROR object too large for cache\r\n", "*=MC_TOO_LARGE"},
};

static mc_status status_named(const char *name) {
    for (int status = 0; status <= MC_PARTIAL; status++) {
        size_t len = strlen(mc_status_name((mc_status)status));
        if (strncmp(name, mc_status_name((mc_status)status), len) == 0 && (name[len] == ' ' || name[len] == '\0'))
            return (mc_status)status;
    }
    ck_abort_msg("there is no status \"%s\"", name);
    return MC_OK;
}

static mc_status cross_status(size_t reply, const char *asked) {
    char        word[32];
    const char *at = cross[reply].legal_to;

    snprintf(word, sizeof word, " %s=", asked);
    if (at[0] == '*')
        return status_named(at + 2);
    at = strstr(at, word);
    return at ? status_named(at + strlen(word)) : MC_PROTOCOL_ERROR;
}

START_TEST(every_reply_to_every_command) {
    size_t     count = 0;
    reply_row *rows = calloc(ROWS(cross) * COMMANDS, sizeof *rows);

    ck_assert_ptr_nonnull(rows);
    for (size_t i = 0; i < ROWS(cross); i++) {
        for (const command *each = command_set; each->name; each++) {
            mc_status status = cross_status(i, each->name);
            bool      kept = status != MC_PROTOCOL_ERROR && status != MC_CLIENT_ERROR;
            rows[count++] = (reply_row){
                .name = cross[i].reply,
                .command = each->name,
                .reply = cross[i].reply,
                .len = strlen(cross[i].reply),
                .status = status,
                .connection = kept ? STAYS_IN_USE : IS_CLOSED,
                .text = strcmp(each->reply, cross[i].reply) == 0 ? each->text : "",
            };
        }
    }
    ck_assert_uint_eq(count, ROWS(cross) * COMMANDS);
    trials_run(reply_trial_whole, rows, count, AT_ONCE);
    free(rows);
}
END_TEST

/* -------------------------------------------------------------------------------------------------- long ones -- */

/* More than the host ever gets to send: the client must have closed before. */
static void long_reply(const char *name, const char *asked, const char *head, size_t len, mc_status status,
                       complaint *wrong) {
    char *bytes = malloc(len);

    ck_assert_ptr_nonnull(bytes);
    memset(bytes, 'x', len);
    memcpy(bytes, head, strlen(head));
    reply_trial(&(reply_row){name, asked, bytes, len, STAYS, status, CLOSED}, &(reply_way){.kind = LISTENER_TCP}, wrong);
    free(bytes);
}

static const struct {
    const char *name, *command, *head;
    size_t      len;
} long_rows[] = {
    {"a line of 2 kB", "get", "SERVER_ERROR ", 2048},
    {"a line of 4 MB", "get", "SERVER_ERROR ", 4194304},
    {"a line of 4 MB", "set", "STORED", 4194304},
    {"a line of 4 MB", "set", "CLIENT_ERROR ", 4194304},
    {"digits for 4 MB", "incr", "1", 4194304},
    {"a key of 100,000 bytes", "get", "VALUE ", 100000},
    {"flags of 100,000 bytes", "get", "VALUE k ", 100000},
    {"a name of 1 MB", "stats", "STAT ", 1048576},
    {"a statistic of 1 MB", "stats", "STAT pid ", 1048576},
    {"a version of 1 MB", "version", "VERSION ", 1048576},
    {"one byte for 1 MB", "get", "", 1048576},
};

static void try_long(size_t row, const void *table, complaint *wrong) {
    (void)table;
    long_reply(long_rows[row].name, long_rows[row].command, long_rows[row].head, long_rows[row].len, MC_PROTOCOL_ERROR,
               wrong);
}

/* Not at the deadline, which is 20 s away and would be MC_TIMEOUT. */
START_TEST(a_line_without_end_ends_at_the_cap) {
    trials_run(try_long, long_rows, ROWS(long_rows), AT_ONCE);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------- what is told -- */

static const struct {
    const char *reply;
    size_t      len;
    const char *told;
} told[] = {
    {REPLY("HTTP/1.1 400 Bad Request\r\n"), "HTTP/1.1 400 Bad Request"},
    {REPLY("\x15\x03\x01\0\x02\x02\x28"), "\\x15\\x03\\x01\\x00\\x02\\x02("},
    {REPLY("-ERR unknown command\r\n"), "-ERR unknown command"},
    {REPLY("SERVER_ERROR \x1b[31mred\r\n"), "SERVER_ERROR \\x1b[31mred"},
    {REPLY("CLIENT_ERROR bad \xff\x07\r\n"), "CLIENT_ERROR bad \\xff\\x07"},
    {REPLY("ERROR no such thing\r\n"), "ERROR no such thing"},
    {REPLY("VALUE another 0 1\r\nx\r\nEND\r\n"), "VALUE another 0 1"},
    {REPLY("SERVER_ERROR " KEY_250 KEY_250 KEY_250 "\r\n"), "SERVER_ERROR 123456789012345678901234567890"},
};

static const char *const tellers[] = {"get", "get_multi"};

START_TEST(the_detail_says_what_came) {
    size_t          row = (size_t)_i / ROWS(tellers);
    const host_step script[] = {EXPECT("get k\r\n"), SEND_BYTES(told[row].reply, told[row].len), DRAIN, END};
    scripted_host  *host = scripted_host_play(script);
    mc_client      *client = mc_client_new((const char *[]){scripted_host_address(host), NULL}, NULL);
    answer          got = command_named(tellers[(size_t)_i % ROWS(tellers)])->run(client);

    ck_assert_msg(strstr(got.detail, told[row].told), "%s", got.detail);
    ck_assert_msg(strstr(got.detail, scripted_host_address(host)), "%s", got.detail);
    ck_assert_uint_le(strlen(got.detail), 256 + 128); /* the server's words, and the host, the command and the key */
    for (const char *byte = got.detail; *byte; byte++)
        ck_assert_int_ge(*byte, ' ');
    mc_client_free(client);
    scripted_host_discard(host);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("replies");
    TCase *tcase = test_case(suite, "replies", 120);

    tcase_add_test(tcase, legal_replies);
    tcase_add_test(tcase, values_of_keys_that_were_not_asked);
    tcase_add_test(tcase, numbers_are_read_strictly);
    tcase_add_test(tcase, lines_and_blocks_end_as_they_must);
    tcase_add_test(tcase, surplus_and_strangers);
    tcase_add_test(tcase, every_reply_to_every_command);
    tcase_add_test(tcase, a_line_without_end_ends_at_the_cap);
    tcase_add_loop_test(tcase, the_detail_says_what_came, 0, (int)(ROWS(told) * ROWS(tellers)));
    return suite;
}
