/* Servers of other kinds, and servers that mean harm: each with the status that must come out, and when. Afterwards the same
 * client works on a healthy host. */
#include "support/check_main.h"
#include "support/command_set.h"
#include "support/scripted_host.h"
#include "support/trials.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define AT_ONCE 24

/* Short where the call must end by it, and long where it must end before. */
#define DEADLINE_MS 500
#define PLENTY_MS 20000

#define HELLO "\r\nhello\r\nEND\r\n"

enum ends { AT_ONCE_ENDED, BY_DEADLINE };

typedef struct hostile_row {
    const char *name;
    const char *command;
    host_step   steps[8];
    mc_status   status;
    mc_status   also; /* as right; MC_OK: none */
    enum ends   ends;
    unsigned    most; /* connections; 0: one */
} hostile_row;

#define ASKED READ_LINE
#define STORING READ_LINE, READ_LINE
#define WRONG .status = MC_PROTOCOL_ERROR
#define LOST .status = MC_CONNECTION_LOST
#define LATE .status = MC_TIMEOUT, .ends = BY_DEADLINE
#define FINE .status = MC_OK
#define EARLY .status = MC_UNREACHABLE, .also = MC_PROTOCOL_ERROR /* which, is a matter of luck */

/* clang-format off */
static const hostile_row servers[] = {
    /* other services */
    {"an echo",               "get",     {ASKED, SEND("get k\r\n"), DRAIN},                                  WRONG},
    {"an echo",               "set",     {STORING, SEND("set k 7 60 5\r\nhello\r\n"), DRAIN},                WRONG},
    {"an echo",               "incr",    {ASKED, SEND("incr k 5\r\n"), DRAIN},                               WRONG},
    {"an echo",               "version", {ASKED, SEND("version\r\n"), DRAIN},                                WRONG},
    {"a discarder",           "get",     {DRAIN},                                                            LATE},
    {"a discarder",           "set",     {DRAIN},                                                            LATE},
    {"a character generator", "get",     {ASKED, FLOOD(" !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFG\r\n")},    WRONG},
    {"a character generator", "incr",    {ASKED, FLOOD("0123456789")},                                       WRONG},
    {"a clock",               "incr",    {ASKED, SEND("Mon Nov 23 03:00:00 2026\r\n"), CLOSE},               WRONG},
    {"a binary clock",        "get",     {ASKED, SEND("\xee\xab\x12\x34"), CLOSE},                           WRONG},
    {"a web server",          "get",     {ASKED, SEND("HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nVALUE k 7 5" HELLO), CLOSE}, WRONG},
    {"a web server of today", "get",     {ASKED, SEND("\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80"), CLOSE},     WRONG},
    {"a web server's page",   "stats",   {ASKED, SEND("<html>STAT pid 42\r\nEND\r\n</html>"), CLOSE},        WRONG},
    {"redis: a string",       "get",     {ASKED, SEND("$5\r\nhello\r\n"), DRAIN},                            WRONG},
    {"redis: nothing",        "get",     {ASKED, SEND("$-1\r\n"), DRAIN},                                    WRONG},
    {"redis: OK",             "set",     {STORING, SEND("+OK\r\n"), DRAIN},                                  WRONG},
    {"redis: a number",       "incr",    {ASKED, SEND(":15\r\n"), DRAIN},                                    WRONG},
    {"redis: moved",          "get",     {ASKED, SEND("-MOVED 3999 127.0.0.1:6381\r\n"), DRAIN},             WRONG},
    {"mail: done",            "set",     {STORING, SEND("250 2.0.0 Ok\r\n"), DRAIN},                         WRONG},
    {"mail: done",            "incr",    {ASKED, SEND("250 2.0.0 Ok\r\n"), DRAIN},                           WRONG},
    {"mail: many lines",      "incr",    {ASKED, SEND("250-one\r\n250 two\r\n"), DRAIN},                     WRONG},
    {"a mailbox",             "get",     {ASKED, SEND("+OK 3 messages\r\n"), DRAIN},                         WRONG},
    {"a file server",         "get",     {ASKED, SEND("\0\0\0\x45\xffSMB\x72"), DRAIN},                      WRONG},
    {"a database",            "get",     {ASKED, SEND("J\0\0\0\n5.7.1\0"), DRAIN},                           WRONG},
    {"another database",      "get",     {ASKED, SEND("E\0\0\0\x64SFATAL\0"), DRAIN},                        WRONG},
    {"a name server",         "get",     {ASKED, SEND("\0\x0cger k\x84\0\0\0"), DRAIN},                      WRONG},
    {"a terminal",            "get",     {ASKED, SEND("\xff\xfd\x18\xff\xfd\x20login: "), DRAIN},            WRONG},
    {"TLS: hello",            "set",     {STORING, SEND("\x16\x03\x03\0\x7a\x02\0\0\x76"), DRAIN},           WRONG},
    {"memcached, binary: huge", "get",   {ASKED, SEND("\x81\0\xff\xff\xff\0\0\0\xff\xff\xff\xff\0\0\0\0\0\0\0\0\0\0\0\0"), DRAIN}, WRONG},

    /* texts of other kinds */
    {"UTF-16",                "set",     {STORING, SEND("S\0T\0O\0R\0E\0D\0\r\0\n\0"), DRAIN},               WRONG},
    {"a byte order mark",     "set",     {STORING, SEND("\xef\xbb\xbfSTORED\r\n"), DRAIN},                   WRONG},
    {"other digits",          "incr",    {ASKED, SEND("\xef\xbc\x91\xef\xbc\x95\r\n"), DRAIN},               WRONG},
    {"other digits behind",   "incr",    {ASKED, SEND("1\xef\xbc\x95\r\n"), DRAIN},                          WRONG},
    {"thousands",             "incr",    {ASKED, SEND("1,500\r\n"), DRAIN},                                  WRONG},
    {"a power of ten",        "incr",    {ASKED, SEND("1e3\r\n"), DRAIN},                                    WRONG},
    {"hexadecimal",           "incr",    {ASKED, SEND("0x0f\r\n"), DRAIN},                                   WRONG},
    {"quotes",                "get",     {ASKED, SEND("VALUE \"k\" 7 5" HELLO), DRAIN},                      WRONG},
    {"small letters",         "get",     {ASKED, SEND("value k 7 5" HELLO), DRAIN},                          WRONG},
    {"backwards",             "set",     {STORING, SEND("\n\rDEROTS"), DRAIN},                               WRONG},
    {"old Macintosh",         "set",     {STORING, SEND("STORED\r"), DRAIN},                                 LATE},
    {"Unix",                  "stats",   {ASKED, SEND("STAT pid 42\nEND\n"), DRAIN},                         WRONG},
    {"an escape",             "get",     {ASKED, SEND("\x1b[2JVALUE k 7 5" HELLO), DRAIN},                   WRONG},

    /* floods */
    {"zeros",                 "get",     {ASKED, FLOOD("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")}, WRONG},
    {"ones",                  "set",     {STORING, FLOOD("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")},   WRONG},
    {"empty lines",           "get",     {ASKED, FLOOD("\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n")}, WRONG},
    {"misses",                "get",     {ASKED, FLOOD("END\r\nEND\r\nEND\r\nEND\r\nEND\r\nEND\r\nEND\r\n")}, .status = MC_NOT_FOUND},
    {"successes",             "delete",  {ASKED, FLOOD("DELETED\r\nDELETED\r\nDELETED\r\nDELETED\r\n")},     FINE},
    {"one value for ever",    "get",     {ASKED, FLOOD("VALUE k 7 5\r\nhello\r\n")},                         WRONG},
    {"one value for ever",    "get_three", {ASKED, FLOOD("VALUE a 7 5\r\nhello\r\n")},                       .status = MC_PARTIAL},
    {"a value without end",   "get",     {ASKED, SEND("VALUE k 0 1048576\r\n"), FLOOD("xxxxxxxxxxxxxxxxxxxxx")}, WRONG},
    {"words without end",     "get",     {ASKED, SEND("SERVER_ERROR "), FLOOD("no memory no memory no memory")}, WRONG},
    {"a key without end",     "get",     {ASKED, SEND("VALUE "), FLOOD("kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk")}, WRONG},
    {"a length without end",  "get",     {ASKED, SEND("VALUE k 7 "), FLOOD("1111111111111111111111111111111")}, WRONG},
    {"zeros as a length",     "get",     {ASKED, SEND("VALUE k 7 "), FLOOD("0000000000000000000000000000000")}, WRONG},
    {"a statistic without end", "stats", {ASKED, SEND("STAT pid "), FLOOD("42424242424242424242424242424242")}, WRONG},
    {"statistics without end", "stats",  {ASKED, FLOOD("STAT pid 42\r\nSTAT pid 42\r\nSTAT pid 42\r\n")},    LATE},
    {"a version without end", "version", {ASKED, SEND("VERSION "), FLOOD("1.1.1.1.1.1.1.1.1.1.1.1.1.1.1")},   WRONG},

    /* at the wrong moment */
    {"answers half a request", "set",    {READ(3), SEND("STORED\r\n"), DRAIN},                               FINE}, /* all of it was sent */
    {"answers and closes",    "set",     {STORING, SEND("STORED\r\n"), CLOSE},                               FINE},
    {"answers and resets",    "incr",    {ASKED, SEND("15\r\n"), RESET},                                     FINE},
    {"answers and half closes", "get",   {ASKED, SEND("VALUE k 7 5" HELLO), SHUT, DRAIN},                    FINE},
    {"half closes at once",   "incr",    {SHUT, DRAIN},                                                      LOST},
    {"half closes when asked", "cas",    {STORING, SHUT, DRAIN},                                             LOST},
    {"half closes in an answer", "get",  {ASKED, SEND("VALUE k 7 5\r\nhel"), SHUT, DRAIN},                   LOST},
    {"resets in an answer",   "gats",    {ASKED, SEND("VALUE k 7 5 9\r\nhel"), RESET},                       LOST},
    {"pauses in an answer",   "get",     {ASKED, SEND("VALUE k 7 5\r\nhel"), SILENCE},                       LATE},
    {"pauses before its LF",  "set",     {STORING, SEND("STORED\r"), SILENCE},                               LATE},
    {"pauses before END",     "get",     {ASKED, SEND("VALUE k 7 5\r\nhello\r\nEN"), SILENCE},               LATE},
    {"says hello",            "get",     {SEND("READY\r\n"), DRAIN},                                         EARLY},
    {"answers all at once, before it is asked", "get", {SEND("STORED\r\nDELETED\r\nOK\r\n"), DRAIN},         EARLY},
    {"turns away and stays",  "add",     {SEND("ERROR Too many open connections\r\n"), DRAIN},               EARLY},
    {"closes for all",        "get",     {ASKED, CLOSE},                                                     LOST, .most = 2},
    {"closes for all",        "append",  {STORING, CLOSE},                                                   LOST},

    /* nearly right */
    {"END in small letters",  "get",     {ASKED, SEND("VALUE k 7 5\r\nhello\r\nend\r\n"), DRAIN},            WRONG},
    {"END before the value",  "get",     {ASKED, SEND("END\r\nVALUE k 7 5\r\nhello\r\n"), DRAIN},            .status = MC_NOT_FOUND},
    {"a value in a statistic", "stats",  {ASKED, SEND("STAT a b\r\nVALUE k 7 5" HELLO), DRAIN},              WRONG},
    {"a statistic in a value", "get",    {ASKED, SEND("STAT a b\r\nVALUE k 7 5" HELLO), DRAIN},              WRONG},
    {"two answers in one",    "cas",     {STORING, SEND("STORED EXISTS\r\n"), DRAIN},                        WRONG},
    {"a number in words",     "decr",    {ASKED, SEND("15 STORED\r\n"), DRAIN},                              WRONG},
    {"a minus",               "decr",    {ASKED, SEND("-0\r\n"), DRAIN},                                     WRONG},
    {"an error for two",      "touch",   {ASKED, SEND("SERVER_ERROR a\r\nSERVER_ERROR b\r\n"), DRAIN},       .status = MC_SERVER_ERROR},
    {"an error without words", "touch",  {ASKED, SEND("SERVER_ERROR\r\n"), DRAIN},                           WRONG},
    {"an error with a CR",    "touch",   {ASKED, SEND("SERVER_ERROR a\rb\r\n"), DRAIN},                      WRONG},
    {"an error in an error",  "touch",   {ASKED, SEND("SERVER_ERRORS\r\n"), DRAIN},                          WRONG},
    {"OKAY",                  "flush_all", {ASKED, SEND("OKAY\r\n"), DRAIN},                                 .status = MC_PARTIAL},
};
/* clang-format on */

/* The same client on a healthy host. */
static void check_next(const hostile_row *row, mc_client *client, complaint *wrong) {
    static const host_step healthy[] = {EXPECT("get next\r\n"), SEND("VALUE next 0 4\r\nfine\r\nEND\r\n"), REPEAT};
    scripted_host         *host = scripted_host_play(healthy);
    mc_value               value = MC_VALUE_INIT;
    mc_status              status = mc_client_set_hosts(client, (const char *[]){scripted_host_address(host), NULL}, NULL);

    if (status == MC_OK)
        status = mc_get(client, mc_str("next"), &value);
    demand_of_status(wrong, status, status == MC_OK && value.len == 4, "%s, %s: the next call is %s (%s)", row->name,
                     row->command, mc_status_name(status), mc_error_detail());
    mc_value_clear(&value);
    scripted_host_discard(host);
}

static void try_server(size_t index, const void *table, complaint *wrong) {
    const hostile_row     *row = (const hostile_row *)table + index;
    const host_step *const scripts[] = {row->steps, NULL};
    scripted_host         *host = scripted_host_start(&(scripted_host_options){.scripts = scripts});
    mc_options             options = MC_OPTIONS_INIT;
    double                 limit_ms = row->ends == BY_DEADLINE ? stretched_ms(DEADLINE_MS) : PLENTY_MS;
    mc_client             *client;
    double                 began;
    answer                 got;

    options.timeout_ms = options.connect_timeout_ms = (int)limit_ms;
    client = mc_client_new_with_options((const char *[]){scripted_host_address(host), NULL}, NULL, &options);
    began = now_ms();
    got = command_named(row->command)->run(client);
    demand_of_status(wrong, got.status, got.status == row->status || (row->also && got.status == row->also),
                     "%s, %s: %s and not %s (%s)", row->name, row->command, mc_status_name(got.status),
                     mc_status_name(row->status), got.detail);
    /* What floods while it is read may also have to be told. */
    demand(wrong, now_ms() - began <= (row->ends == BY_DEADLINE ? limit_ms + 300 : limit_ms / 2) + lateness_allowed_ms(),
           "%s, %s: took %.0f ms", row->name, row->command, now_ms() - began);
    demand(wrong, row->ends != BY_DEADLINE || now_ms() - began >= limit_ms - 5, "%s, %s: took only %.0f ms", row->name,
           row->command, now_ms() - began);
    demand(wrong, scripted_host_connections(host) <= (row->most ? row->most : 1), "%s, %s: %zu connections", row->name,
           row->command, scripted_host_connections(host));
    demand(wrong, got.status <= MC_EXISTS || strstr(got.detail, scripted_host_address(host)), "%s, %s: \"%s\"", row->name,
           row->command, got.detail);
    check_next(row, client, wrong);
    mc_client_free(client);
    scripted_host_discard(host);
}

START_TEST(hostile_servers) {
    trials_run(try_server, servers, ROWS(servers), AT_ONCE);
}
END_TEST

START_TEST(hostile_servers_and_signals) {
    trials_run_disturbed(try_server, servers, ROWS(servers), AT_ONCE);
}
END_TEST

/* ------------------------------------------------------------------------------------------- as large as may just be -- */

static char *filled(const char *head, size_t fill, const char *tail, size_t *len) {
    size_t head_len = strlen(head), tail_len = strlen(tail);
    char  *text = malloc(head_len + fill + tail_len);

    ck_assert_ptr_nonnull(text);
    memcpy(text, head, head_len);
    memset(text + head_len, 'x', fill);
    memcpy(text + head_len + fill, tail, tail_len);
    *len = head_len + fill + tail_len;
    return text;
}

static const struct {
    const char *name, *command, *head;
    size_t      fill;
    const char *tail;
    mc_status   status;
} large[] = {
    {"the longest line", "get", "SERVER_ERROR ", 2048 - 15, "\r\n", MC_SERVER_ERROR},
    {"a byte more", "get", "SERVER_ERROR ", 2048 - 14, "\r\n", MC_PROTOCOL_ERROR},
    {"the longest version", "version", "VERSION ", 2048 - 10, "\r\n", MC_OK},
    {"a byte more", "version", "VERSION ", 2048 - 9, "\r\n", MC_PROTOCOL_ERROR},
    {"the longest statistic", "stats", "STAT a ", 2048 - 9, "\r\nEND\r\n", MC_OK},
    {"a byte more", "stats", "STAT a ", 2048 - 8, "\r\nEND\r\n", MC_PROTOCOL_ERROR},
    {"the largest value", "get", "VALUE k 0 1048576\r\n", 1048576, "\r\nEND\r\n", MC_OK},
    {"a byte more", "get", "VALUE k 0 1048577\r\n", 1048577, "\r\nEND\r\n", MC_PROTOCOL_ERROR},
    {"a byte more than it says", "get", "VALUE k 0 1048576\r\n", 1048577, "\r\nEND\r\n", MC_PROTOCOL_ERROR},
    {"a byte less than it says", "get", "VALUE k 0 1048576\r\n", 1048575, "\r\nEND\r\n", MC_PROTOCOL_ERROR},
};

START_TEST(as_large_as_may_be) {
    size_t         len;
    char          *text = filled(large[_i].head, large[_i].fill, large[_i].tail, &len);
    host_step      script[] = {READ_LINE, SEND_BYTES(text, len), DRAIN};
    scripted_host *host = scripted_host_play(script);
    mc_options     options = MC_OPTIONS_INIT;
    mc_client     *client;
    answer         got;

    options.timeout_ms = PLENTY_MS;
    client = mc_client_new_with_options((const char *[]){scripted_host_address(host), NULL}, NULL, &options);
    got = command_named(large[_i].command)->run(client);
    ck_assert_msg(got.status == large[_i].status, "%s: %s (%s)", large[_i].name, mc_status_name(got.status), got.detail);
    mc_client_free(client);
    scripted_host_discard(host);
    free(text);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("hostile");
    TCase *tcase = test_case(suite, "hostile", 60);

    tcase_add_test(tcase, hostile_servers);
    tcase_add_test(tcase, hostile_servers_and_signals);
    test_rows(tcase, as_large_as_may_be, large);
    return suite;
}
