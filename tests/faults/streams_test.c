/* The legal reply to each command: whole, in pieces, cut off at each byte, with a wrong byte at each place, with more glued
 * on; and the same for several keys at once. */
#include "support/check_main.h"
#include "support/reply_trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT_ONCE 12

/* Rows that are made, and the texts that they point to. */
struct made {
    reply_row *rows;
    char     **texts;
    size_t     count, room;
};

static reply_row *add_row(struct made *made, reply_row row, const char *text, size_t len) {
    if (made->count == made->room) {
        made->room = made->room ? 2 * made->room : 256;
        made->rows = realloc(made->rows, made->room * sizeof *made->rows);
        made->texts = realloc(made->texts, made->room * sizeof *made->texts);
        ck_assert(made->rows && made->texts);
    }
    made->texts[made->count] = malloc(len + 1);
    ck_assert_ptr_nonnull(made->texts[made->count]);
    memcpy(made->texts[made->count], text, len);
    row.reply = made->texts[made->count];
    row.len = len;
    made->rows[made->count] = row;
    return &made->rows[made->count++];
}

static void try_made(struct made *made, trial_fn *trial) {
    ck_assert_uint_gt(made->count, 0);
    trials_run(trial, made->rows, made->count, AT_ONCE);
    for (size_t i = 0; i < made->count; i++)
        free(made->texts[i]);
    free(made->rows);
    free(made->texts);
}

/* ------------------------------------------------------------------------------------------------ whole and in pieces -- */

START_TEST(whole_and_in_pieces) {
    struct made made = {NULL, NULL, 0, 0};

    for (const command *each = command_set; each->name; each++)
        add_row(&made, (reply_row){.name = "the reply", .command = each->name}, each->reply, strlen(each->reply));
    try_made(&made, reply_trial_all_ways);
}
END_TEST

static const struct {
    const char *name;
    const char *bytes; /* NULL: the same reply once more */
} glued[] = {
    {"the same again", NULL},
    {"an empty line", "\r\n"},
    {"a byte", "X"},
    {"a line feed", "\n"},
    {"a stored", "STORED\r\n"},
    {"a miss", "END\r\n"},
    {"an error", "ERROR\r\n"},
    {"half a value", "VALUE next 0 5\r\nwr"},
};

START_TEST(with_more_glued_on) {
    struct made made = {NULL, NULL, 0, 0};

    for (const command *each = command_set; each->name; each++) {
        const char *more = glued[_i].bytes ? glued[_i].bytes : each->reply;
        char        text[256];
        int         len = snprintf(text, sizeof text, "%s%s", each->reply, more);
        add_row(&made, (reply_row){.name = glued[_i].name, .command = each->name, CLOSED}, text, (size_t)len);
    }
    try_made(&made, reply_trial_whole);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------------ cut off -- */

/* Statistics are told as far as they came. */
static const char *text_of_part(const command *asked, size_t len) {
    if (strcmp(asked->name, "stats") != 0)
        return "";
    return len < sizeof "STAT pid 42\r\n" - 1              ? ""
           : len < sizeof "STAT pid 42\r\nSTAT n \r\n" - 1 ? "pid=42 "
                                                           : "pid=42 n= ";
}

static const struct {
    host_then then;
    mc_status status;
} cuts[] = {
    {FINISHES, MC_CONNECTION_LOST},
    {RESETS, MC_CONNECTION_LOST},
    {QUIET, MC_TIMEOUT},
};

START_TEST(cut_off_at_each_byte) {
    struct made made = {NULL, NULL, 0, 0};

    for (const command *each = command_set; each->name; each++) {
        for (size_t len = 0; len < strlen(each->reply); len++) {
            add_row(&made,
                    (reply_row){.name = "cut off",
                                .command = each->name,
                                .then = cuts[_i].then,
                                .status = cuts[_i].status,
                                .text = text_of_part(each, len),
                                CLOSED},
                    each->reply, len);
        }
    }
    for (size_t i = 0; i < made.count; i++) {
        /* get_multi's one key is answered when its value is there: the END would tell nothing more of it */
        const reply_row *row = &made.rows[i];
        bool             many = strncmp(row->command, "get_multi", 9) == 0 || strncmp(row->command, "gets_multi", 10) == 0;
        if (many && row->len >= strlen(command_named(row->command)->reply) - strlen("END\r\n")) {
            made.rows[i].status = MC_OK;
            made.rows[i].text = NULL;
        }
    }
    try_made(&made, reply_trial_whole);
}
END_TEST

/* --------------------------------------------------------------------------------------------------------- wrong bytes --
 */

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

/* Whether another byte at that place makes another reply that is as legal: in a value, flags, a token, a number, a text. No
 * client can tell. */
static bool is_free(const command *asked, size_t at, char byte) {
    const char *reply = asked->reply;
    size_t      len = strlen(reply), line = strcspn(reply, "\r");

    if (command_retrieves(asked) && at >= line + 2 && at < line + 2 + strlen("hello"))
        return true;
    if (command_retrieves(asked) && at > strlen("VALUE k ") - 1 && at < line && at != strlen("VALUE k 7 "))
        return is_digit(reply[at]) && is_digit(byte);
    if (is_digit(reply[0]) && is_digit(reply[at]))
        return is_digit(byte) && (at > 0 || byte != '0');
    return strcmp(asked->name, "version") == 0 && at >= strlen("VERSION ") && at < len - 2 && byte != '\r' && byte != '\n';
}

/* What a byte is changed to. */
static char changed(char byte, int way) {
    static const char others[] = {'X', ' ', '\0', '\r', '\n', '\xff', '0', ':'};

    if (way < (int)sizeof others)
        return others[way];
    return (char)(way == (int)sizeof others ? byte ^ 0x20 : byte ^ 1);
}

#define CHANGES 10

START_TEST(a_wrong_byte_at_each_place) {
    struct made made = {NULL, NULL, 0, 0};

    for (const command *each = command_set; each->name; each++) {
        char   text[128];
        size_t len = strlen(each->reply);
        if (strcmp(each->name, "stats") == 0) /* free text for the most part */
            continue;
        for (size_t at = 0; at < len; at++) {
            char byte = changed(each->reply[at], _i);
            if (byte == each->reply[at] || is_free(each, at, byte))
                continue;
            memcpy(text, each->reply, len);
            text[at] = byte;
            add_row(&made,
                    (reply_row){.name = "a wrong byte",
                                .command = each->name,
                                .then = FINISHES,
                                .status = MC_PROTOCOL_ERROR,
                                .also = MC_CONNECTION_LOST, /* where it looks as if more were to come */
                                .text = "",
                                CLOSED},
                    text, len);
            if (strstr(each->name, "_multi") && command_retrieves(each) && at >= len - strlen("END\r\n")) {
                made.rows[made.count - 1].status = MC_OK; /* the value is whole */
                made.rows[made.count - 1].text = NULL;
            }
        }
    }
    try_made(&made, reply_trial_whole);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------- several keys -- */

#define A "VALUE a 0 1\r\n1\r\n"
#define B "VALUE b 0 1\r\n2\r\n"
#define C "VALUE c 0 1\r\n3\r\n"
#define SET_C "set c 0 0 1\r\n1\r\n"

/* clang-format off */
static const reply_row threes[] = {
    {"in order",              "get_three", REPLY(A B C "END\r\n"),  STAYS, MC_OK, KEPT, "OK=1 OK=2 OK=3"},
    {"in another order",      "get_three", REPLY(C A B "END\r\n"),  STAYS, MC_OK, KEPT, "OK=1 OK=2 OK=3"},
    {"a miss",                "get_three", REPLY(A C "END\r\n"),    STAYS, MC_OK, KEPT, "OK=1 NOT_FOUND OK=3"},
    {"all misses",            "get_three", REPLY("END\r\n"),        STAYS, MC_OK, KEPT, "NOT_FOUND NOT_FOUND NOT_FOUND"},
    {"another key first",     "get_three", REPLY("VALUE x 0 1\r\n0\r\n" A B C "END\r\n"), STAYS, MC_PARTIAL, CLOSED,
                                                                    "PROTOCOL_ERROR PROTOCOL_ERROR PROTOCOL_ERROR"},
    {"another key later",     "get_three", REPLY(B "VALUE x 0 1\r\n0\r\n" A C "END\r\n"), STAYS, MC_PARTIAL, CLOSED,
                                                                    "PROTOCOL_ERROR OK=2 PROTOCOL_ERROR"},
    {"a key twice",           "get_three", REPLY(A A B C "END\r\n"), STAYS, MC_PARTIAL, CLOSED, "OK=1 PROTOCOL_ERROR PROTOCOL_ERROR"},
    {"a key again at the end", "get_three", REPLY(A B C A "END\r\n"), STAYS, MC_OK, CLOSED, "OK=1 OK=2 OK=3"},
    {"flags too wide",        "get_three", REPLY(A "VALUE b 4294967296 1\r\n2\r\n" C "END\r\n"), STAYS, MC_PARTIAL, KEPT,
                                                                    "OK=1 BAD_VALUE OK=3"},
    {"an error at once",      "get_three", REPLY("SERVER_ERROR out\r\n"), STAYS, MC_PARTIAL, KEPT,
                                                                    "SERVER_ERROR SERVER_ERROR SERVER_ERROR"},
    {"an error after one",    "get_three", REPLY(A "SERVER_ERROR out\r\n"), STAYS, MC_PARTIAL, KEPT,
                                                                    "OK=1 SERVER_ERROR SERVER_ERROR"},
    {"an error after two",    "get_three", REPLY(A C "SERVER_ERROR out\r\n"), STAYS, MC_PARTIAL, KEPT, "OK=1 SERVER_ERROR OK=3"},
    {"a refusal at once",     "get_three", REPLY("ERROR\r\n"),      STAYS, MC_PARTIAL, CLOSED,
                                                                    "CLIENT_ERROR CLIENT_ERROR CLIENT_ERROR"},
    {"a refusal after one",   "get_three", REPLY(B "CLIENT_ERROR no\r\n"), STAYS, MC_PARTIAL, CLOSED,
                                                                    "CLIENT_ERROR OK=2 CLIENT_ERROR"},
    {"no END",                "get_three", REPLY(A),                QUIET, MC_PARTIAL, CLOSED, "OK=1 TIMEOUT TIMEOUT"},
    {"half a value",          "get_three", REPLY(A "VALUE b 0 10\r\n12345"), QUIET, MC_PARTIAL, CLOSED, "OK=1 TIMEOUT TIMEOUT"},
    {"half a value",          "get_three", REPLY(A "VALUE b 0 10\r\n12345"), FINISHES, MC_PARTIAL, CLOSED,
                                                                    "OK=1 CONNECTION_LOST CONNECTION_LOST"},
    {"half a value",          "get_three", REPLY(A "VALUE b 0 10\r\n12345"), RESETS, MC_PARTIAL, CLOSED,
                                                                    "OK=1 CONNECTION_LOST CONNECTION_LOST"},
    {"a value after END",     "get_three", REPLY(A "END\r\n" B),    STAYS, MC_OK, CLOSED, "OK=1 NOT_FOUND NOT_FOUND"},
    {"END twice",             "get_three", REPLY(A "END\r\nEND\r\n"), STAYS, MC_OK, CLOSED, "OK=1 NOT_FOUND NOT_FOUND"},

    {"all stored",            "set_three", REPLY("STORED\r\nSTORED\r\nSTORED\r\n"), STAYS, MC_OK, KEPT, "OK OK OK"},
    {"one too large",         "set_three", REPLY("STORED\r\nSERVER_ERROR object too large for cache\r\nSTORED\r\n"), STAYS,
                                                                    MC_PARTIAL, KEPT, "OK TOO_LARGE OK"},
    {"one not stored",        "set_three", REPLY("NOT_STORED\r\nSTORED\r\nSTORED\r\n"), STAYS, MC_OK, KEPT, "NOT_STORED OK OK"},
    {"one more",              "set_three", REPLY("STORED\r\nSTORED\r\nSTORED\r\nSTORED\r\n"), STAYS, MC_OK, CLOSED, "OK OK OK"},
    {"one less",              "set_three", REPLY("STORED\r\nSTORED\r\n"), QUIET, MC_PARTIAL, CLOSED, "OK OK TIMEOUT"},
    {"a refusal in the middle", "set_three", REPLY("STORED\r\nCLIENT_ERROR bad data chunk\r\nERROR\r\n"), STAYS, MC_PARTIAL,
                              CLOSED, "OK CLIENT_ERROR OK", .rest = SET_C, .rest_reply = "STORED\r\n"},
    {"a refusal at the end",  "set_three", REPLY("STORED\r\nSTORED\r\nERROR\r\n"), STAYS, MC_PARTIAL, CLOSED, "OK OK CLIENT_ERROR"},
    {"another reply",         "set_three", REPLY("STORED\r\nDELETED\r\nSTORED\r\n"), STAYS, MC_PARTIAL, CLOSED,
                              "OK PROTOCOL_ERROR OK", .rest = SET_C, .rest_reply = "STORED\r\n"},
    {"half a reply",          "set_three", REPLY("STORED\r\nSTO"), FINISHES, MC_PARTIAL, CLOSED, "OK CONNECTION_LOST OK",
                              .rest = SET_C, .rest_reply = "STORED\r\n"},
    {"two replies",           "set_three", REPLY("STORED\r\nSTORED\r\n"), FINISHES, MC_OK, CLOSED, "OK OK OK",
                              .rest = SET_C, .rest_reply = "STORED\r\n"},
    {"deleted or not there",  "delete_three", REPLY("DELETED\r\nNOT_FOUND\r\nDELETED\r\n"), STAYS, MC_OK, KEPT, "OK NOT_FOUND OK"},
    {"stored",                "delete_three", REPLY("DELETED\r\nDELETED\r\nSTORED\r\n"), STAYS, MC_PARTIAL, CLOSED,
                                                                    "OK OK PROTOCOL_ERROR"},
};
/* clang-format on */

START_TEST(several_keys) {
    trials_run(reply_trial_all_ways, threes, ROWS(threes), AT_ONCE);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("streams");
    TCase *tcase = test_case(suite, "streams", 120);

    tcase_add_test(tcase, whole_and_in_pieces);
    test_rows(tcase, with_more_glued_on, glued);
    test_rows(tcase, cut_off_at_each_byte, cuts);
    tcase_add_loop_test(tcase, a_wrong_byte_at_each_place, 0, CHANGES);
    tcase_add_test(tcase, several_keys);
    return suite;
}
