/*
 * Hosts that are asked whether they understand quiet writes, and what they make of them: those that do not, in every way
 * that there is not to, and those that do and then go wrong.
 */
#include "mcclient/mcclient.h"

#include "support/check_main.h"
#include "support/scripted_host.h"
#include "support/trials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT 16
#define AT_ONCE 8
#define STEPS_MAX 32

#define QUESTION "mn\r\nms mcclient 2 MX\r\nxx\r\nmn\r\n"
#define UNDERSTOOD "MN\r\nCLIENT_ERROR invalid mode for ms M token\r\nMN\r\n"

/* What goes over the wire for the 16 keys k00 to k15. */
static char quiet_sets[1024], quiet_deletes[1024], classic_sets[1024], classic_deletes[1024];
static char all_stored[512], all_deleted[512];

static void add(char *text, size_t size, const char *line) {
    strncat(text, line, size - strlen(text) - 1);
}

static void write_wire(void) {
    quiet_sets[0] = quiet_deletes[0] = classic_sets[0] = classic_deletes[0] = all_stored[0] = all_deleted[0] = '\0';
    for (int i = 0; i < COUNT; i++) {
        char line[64];

        snprintf(line, sizeof line, "ms k%02d 1 q\r\nv\r\n", i);
        add(quiet_sets, sizeof quiet_sets, line);
        snprintf(line, sizeof line, "md k%02d q O%d\r\n", i, i);
        add(quiet_deletes, sizeof quiet_deletes, line);
        snprintf(line, sizeof line, "set k%02d 0 0 1\r\nv\r\n", i);
        add(classic_sets, sizeof classic_sets, line);
        snprintf(line, sizeof line, "delete k%02d\r\n", i);
        add(classic_deletes, sizeof classic_deletes, line);
        add(all_stored, sizeof all_stored, "STORED\r\n");
        add(all_deleted, sizeof all_deleted, "DELETED\r\n");
    }
    add(quiet_sets, sizeof quiet_sets, "mn\r\n");
    add(quiet_deletes, sizeof quiet_deletes, "mn\r\n");
}

/*
 * A connection's part, as words: "?" the question, "yes" its answer, "quiet" and "classic" the 16 requests, "done" a classic
 * answer for each, "MN" and the like a line; "3*STORED" a line thrice; "late" nothing for 1.5 s; "close", "reset", "silent".
 */
typedef struct quiet_row {
    const char *name;
    bool        deletes;
    const char *plays[3];
    const char *statuses; /* a letter for each key, see letter_of; one letter: all */
    size_t      connections;
    bool        twice; /* the same again on the same client comes to the same, on the last connection */
    int         timeout_ms;
} quiet_row;

/* clang-format off */
static const quiet_row rows[] = {
    /* those that understand */
    {"all is well", false, {"? yes quiet MN quiet MN"}, "+", 1, true, 0},
    {"hits and misses", true, {"? yes quiet NF_O1 NF_O15 MN quiet NF_O15 NF_O1 MN"}, "+N+++++++++++++N", 1, true, 0},
    {"all missed", true, {"? yes quiet NF_O0 NF_O1 NF_O2 NF_O3 NF_O4 NF_O5 NF_O6 NF_O7 NF_O8 NF_O9 NF_O10 NF_O11 NF_O12 NF_O13 "
                          "NF_O14 NF_O15 MN"}, "N", 1, false, 0},
    {"not stored", false, {"? yes quiet NS MN classic 2*STORED NOT_STORED 13*STORED"}, "++n+++++++++++++", 1, false, 0},

    /* those that do not: the classic way on another connection, this time and the next */
    {"an older one", false, {"? ERROR silent", "classic done classic done"}, "+", 2, true, 0},
    {"an older one", true, {"? ERROR silent", "classic done classic done"}, "+", 2, true, 0},
    {"an older one that closes", false, {"? ERROR close", "classic done classic done"}, "+", 2, true, 0},
    {"memcached 1.6.9", false, {"? MN CLIENT_ERROR_invalid_flag ERROR MN", "classic done classic done"}, "+", 2, true, 0},
    {"memcached 1.5", false, {"? EN", "classic done classic done"}, "+", 2, true, 0},
    {"no mode", false, {"? MN NS MN", "classic done classic done"}, "+", 2, true, 0},
    {"knows mn alone", false, {"? MN ERROR ERROR MN", "classic done classic done"}, "+", 2, true, 0},
    {"another protocol", false, {"? -ERR_what?", "classic done classic done"}, "+", 2, true, 0},
    {"closes", false, {"? close", "classic done classic done"}, "+", 2, true, 0},
    {"closes", true, {"? close", "classic done classic done"}, "+", 2, true, 0},
    {"resets", false, {"? reset", "classic done classic done"}, "+", 2, true, 0},
    {"closes within", false, {"? MN CLIENT_ERROR_x close", "classic done classic done"}, "+", 2, true, 0},
    {"says nothing", false, {"? silent", "classic done classic done"}, "+", 2, true, 2000},
    {"says nothing", true, {"? silent", "classic done classic done"}, "+", 2, true, 2000},
    {"says nothing more", false, {"? MN silent", "classic done classic done"}, "+", 2, true, 2000},
    {"says nothing at all", false, {"? silent", "classic silent"}, "T", 2, false, 2000},
    {"closes whatever comes", false, {"? close", "classic close", "classic close"}, "L", 3, false, 0},

    /* those that go wrong: before a word, all is asked once more, and so is the question */
    {"closes before a word", false, {"? yes quiet close", "? yes quiet MN quiet MN"}, "+", 2, true, 0},
    {"resets before a word", true, {"? yes quiet reset", "? yes quiet NF_O3 MN"}, "+++N++++++++++++", 2, false, 0},
    {"is an older one then", false, {"? yes quiet close", "? ERROR", "classic done classic done"}, "+", 3, true, 0},
    {"closes twice", false, {"? yes quiet close", "? yes quiet close"}, "L", 2, false, 0},
    {"closes in the middle", true, {"? yes quiet NF_O0 NF_O2 close"}, "NLNLLLLLLLLLLLLL", 1, false, 0},
    {"closes in the middle", false, {"? yes quiet NS close"}, "L", 1, false, 0},
    {"is silent", false, {"? yes quiet silent"}, "T", 1, false, 2000},
    {"is silent in the middle", true, {"? yes quiet NF_O0 NF_O2 silent"}, "NTNTTTTTTTTTTTTT", 1, false, 2000},

    /* out of step */
    {"refuses twice", true, {"? yes quiet NF_O1 NF_O1"}, "PNPPPPPPPPPPPPPP", 1, false, 0},
    {"refuses what was not asked", true, {"? yes quiet NF_O16"}, "P", 1, false, 0},
    {"refuses no one", true, {"? yes quiet NF"}, "P", 1, false, 0},
    {"refuses by key", true, {"? yes quiet NF_kk01"}, "P", 1, false, 0},
    {"is not quiet", true, {"? yes quiet HD_O0"}, "P", 1, false, 0},
    {"compares", false, {"? yes quiet EX_O0"}, "P", 1, false, 0},
    {"misses a set", false, {"? yes quiet NF_O0"}, "P", 1, false, 0},
    {"answers as to others", false, {"? yes quiet STORED"}, "P", 1, false, 0},
    {"is done too often", false, {"? yes quiet MN MN", "? yes quiet MN"}, "+", 1, false, 0},
    {"refuses too late", true, {"? yes quiet MN NF_O0", "? yes quiet MN"}, "+", 1, false, 0},

    /* errors without a key: sets are asked again, in the classic way */
    {"out of memory", false, {"? yes quiet SERVER_ERROR_out_of_memory_storing_object MN classic 7*STORED SERVER_ERROR_out 8*STORED"},
     "+++++++S++++++++", 1, false, 0},
    {"too large", false, {"? yes quiet SERVER_ERROR_object_too_large_for_cache NS MN classic 5*STORED "
                          "SERVER_ERROR_object_too_large_for_cache 3*STORED NOT_STORED 6*STORED quiet MN"}, "+++++B+++n++++++", 1, false, 0},
    {"better now", false, {"? yes quiet SERVER_ERROR_busy MN classic done quiet SERVER_ERROR_busy MN classic done"}, "+", 1, true, 0},
    {"closes after an error", false, {"? yes quiet SERVER_ERROR_x close"}, "L", 1, false, 0},
    {"closes when asked again", false, {"? yes quiet SERVER_ERROR_x MN classic close", "classic done"}, "+", 2, false, 0},
    {"closes twice when asked again", false, {"? yes quiet SERVER_ERROR_x MN classic close", "classic close"}, "L", 2, false, 0},
    {"is silent when asked again", false, {"? yes quiet SERVER_ERROR_x MN classic 3*STORED silent"}, "+++TTTTTTTTTTTTT", 1, false, 2000},
    {"takes it wrong", false, {"? yes quiet CLIENT_ERROR_bad_data_chunk", "classic done classic done"}, "+", 2, true, 0},
    {"takes it wrong late", false, {"? yes quiet NS ERROR", "classic done classic done"}, "+", 2, true, 0},
    {"takes one wrong", false, {"? yes quiet CLIENT_ERROR_x", "classic 2*STORED CLIENT_ERROR_x", "READ 12*STORED STORED"}, "++C+++++++++++++",
     3, false, 0},

    /* late: what comes behind it still ends in time */
    {"is late to be an error", false, {"? yes quiet late SERVER_ERROR_x MN classic silent"}, "T", 1, false, 2000},
    {"is late to close", false, {"? ERROR close", "classic late close", "classic silent"}, "T", 3, false, 2000},
    {"is late to close", true, {"? yes quiet late close", "? yes quiet silent"}, "T", 2, false, 2000},

    /* a delete is not repeated: what the first has removed, the second would not find */
    {"an error", true, {"? yes quiet SERVER_ERROR_x MN"}, "P", 1, false, 0},
    {"an error behind misses", true, {"? yes quiet NF_O0 SERVER_ERROR_x MN"}, "NPPPPPPPPPPPPPPP", 1, false, 0},
    {"takes it wrong", true, {"? yes quiet CLIENT_ERROR_x"}, "P", 1, false, 0},
    {"has forgotten it", true, {"? yes quiet ERROR"}, "P", 1, false, 0},
};
/* clang-format on */

/* ---------------------------------------------------------------------------------------------------------- scripts -- */

typedef struct script {
    host_step steps[STEPS_MAX];
    char      lines[STEPS_MAX][256];
} script;

static host_step bytes_of(host_action action, const char *text) {
    return (host_step){action, text, strlen(text), 0};
}

/* A line, perhaps many times, with spaces for underscores but for those of the first word in capitals. */
static const char *line_of(const char *word, char *line, size_t size) {
    static const char *const names[] = {"CLIENT_ERROR", "SERVER_ERROR", "NOT_STORED", "NOT_FOUND"};
    char                     once[128];
    long                     times = 1;
    size_t                   keep = 0;

    if (strchr(word, '*')) {
        times = strtol(word, NULL, 10);
        word = strchr(word, '*') + 1;
    }
    for (size_t i = 0; i < ROWS(names); i++)
        keep = strncmp(word, names[i], strlen(names[i])) == 0 ? strlen(names[i]) : keep;
    snprintf(once, sizeof once, "%s\r\n", word);
    for (char *at = once + keep; *at; at++)
        *at = *at == '_' ? ' ' : *at;
    line[0] = '\0';
    while (times-- > 0)
        add(line, size, once);
    return line;
}

static host_step step_of(const char *word, bool deletes, char *line, size_t size) {
    if (strcmp(word, "?") == 0)
        return bytes_of(HOST_EXPECT, QUESTION);
    if (strcmp(word, "yes") == 0)
        return bytes_of(HOST_SEND, UNDERSTOOD);
    if (strcmp(word, "quiet") == 0)
        return bytes_of(HOST_EXPECT, deletes ? quiet_deletes : quiet_sets);
    if (strcmp(word, "classic") == 0)
        return bytes_of(HOST_EXPECT, deletes ? classic_deletes : classic_sets);
    if (strcmp(word, "READ") == 0) /* the last 13 sets */
        return bytes_of(HOST_EXPECT, classic_sets + 3 * strlen("set k00 0 0 1\r\nv\r\n"));
    if (strcmp(word, "done") == 0)
        return bytes_of(HOST_SEND, deletes ? all_deleted : all_stored);
    if (strcmp(word, "close") == 0)
        return (host_step){.action = HOST_CLOSE};
    if (strcmp(word, "reset") == 0)
        return (host_step){.action = HOST_RESET};
    if (strcmp(word, "late") == 0)
        return (host_step){.action = HOST_WAIT, .ms = 1500};
    if (strcmp(word, "silent") == 0)
        return (host_step){.action = HOST_DRAIN};
    return bytes_of(HOST_SEND, line_of(word, line, size));
}

static void make_script(script *made, const char *play, bool deletes) {
    char   words[512];
    char  *rest = words;
    size_t count = 0;

    snprintf(words, sizeof words, "%s", play);
    for (char *word = strtok_r(words, " ", &rest); word && count < STEPS_MAX - 1; word = strtok_r(NULL, " ", &rest)) {
        made->steps[count] = step_of(word, deletes, made->lines[count], sizeof made->lines[count]);
        count++;
    }
    made->steps[count] = (host_step){.action = HOST_END};
}

/* ----------------------------------------------------------------------------------------------------------- trials -- */

static char letter_of(mc_status status) {
    switch (status) {
    case MC_OK:
        return '+';
    case MC_NOT_FOUND:
        return 'N';
    case MC_NOT_STORED:
        return 'n';
    case MC_TIMEOUT:
        return 'T';
    case MC_CONNECTION_LOST:
        return 'L';
    case MC_PROTOCOL_ERROR:
        return 'P';
    case MC_CLIENT_ERROR:
        return 'C';
    case MC_SERVER_ERROR:
        return 'S';
    case MC_TOO_LARGE:
        return 'B';
    case MC_UNREACHABLE:
        return 'U';
    default:
        return '!';
    }
}

static int time_of(const quiet_row *row) {
    return row->timeout_ms ? stretched_ms(row->timeout_ms) : 20000;
}

static void call(mc_client *client, const quiet_row *row, complaint *wrong) {
    static const char keys[COUNT][4] = {"k00", "k01", "k02", "k03", "k04", "k05", "k06", "k07",
                                        "k08", "k09", "k10", "k11", "k12", "k13", "k14", "k15"};
    mc_entry          entries[COUNT];
    mc_slice          slices[COUNT];
    mc_status         statuses[COUNT], whole, should_be = MC_OK;
    char              said[COUNT + 1] = "";
    char              wanted[COUNT + 1];
    double            began = now_ms();

    for (size_t i = 0; i < COUNT; i++) {
        slices[i] = mc_str(keys[i]);
        entries[i] = (mc_entry){.key = slices[i], .value = mc_str("v"), .status = MC_PARTIAL};
    }
    whole = row->deletes ? mc_delete_multi(client, slices, COUNT, statuses) : mc_set_multi(client, entries, COUNT);
    demand(wrong, in_time(began, time_of(row)), "after %.0f ms", now_ms() - began);
    for (size_t i = 0; i < COUNT; i++) {
        said[i] = letter_of(row->deletes ? statuses[i] : entries[i].status);
        wanted[i] = row->statuses[strlen(row->statuses) == 1 ? 0 : i];
        should_be = strchr("+Nn", wanted[i]) ? should_be : MC_PARTIAL;
    }
    said[COUNT] = wanted[COUNT] = '\0';
    demand_of_status(wrong, strpbrk(said, "TU") ? MC_TIMEOUT : MC_OK, strcmp(said, wanted) == 0,
                     "\"%s\" instead of \"%s\"; %s", said, wanted, mc_error_detail());
    demand(wrong, whole == should_be, "%s", mc_status_name(whole));
}

static void try_row(size_t index, const void *table, complaint *wrong) {
    const quiet_row      *row = &((const quiet_row *)table)[index];
    script               *scripts = calloc(3, sizeof *scripts);
    const host_step      *plays[4] = {NULL};
    scripted_host_options options = {.scripts = plays, .piece = row->timeout_ms == 0 ? index % 2 : 0};
    mc_options            settings = MC_OPTIONS_INIT;
    scripted_host        *host;
    mc_client            *client;
    const char           *hosts[2] = {NULL};

    ck_assert_ptr_nonnull(scripts);
    for (size_t i = 0; i < 3 && row->plays[i]; i++) {
        make_script(&scripts[i], row->plays[i], row->deletes);
        plays[i] = scripts[i].steps;
    }
    host = scripted_host_start(&options);
    hosts[0] = scripted_host_address(host);
    settings.timeout_ms = time_of(row);
    client = mc_client_new_with_options(hosts, NULL, &settings);
    call(client, row, wrong);
    if (row->twice)
        call(client, row, wrong);
    demand(wrong, scripted_host_connections(host) == row->connections, "%zu connections", scripted_host_connections(host));
    demand(wrong, !scripted_host_mismatch(host), "%s", scripted_host_mismatch(host));
    if (wrong->text[0]) {
        char text[sizeof wrong->text];
        snprintf(text, sizeof text, "%s", wrong->text);
        snprintf(wrong->text, sizeof wrong->text, "%.100s: %.600s", row->name, text);
    }
    mc_client_free(client);
    scripted_host_discard(host);
    free(scripts);
}

START_TEST(each_host) {
    write_wire();
    trials_run(try_row, rows, ROWS(rows), AT_ONCE);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("quiet_hosts");
    TCase *tcase;

    tcase = test_case(suite, "hosts", 120);
    tcase_add_test(tcase, each_host);
    return suite;
}
