/* What the log callback is told, and what it is not. */

#include "support/each_kind.h"

#include "support/dead_end.h"
#include "support/scripted_host.h"

#include <stdio.h>
#include <unistd.h>

#define K mc_str("k")
#define V mc_str("v")

#define LINES_MAX 32

static char     lines[LINES_MAX][512];
static unsigned line_count;
static int      expected_arg;

static void note(void *arg, const char *message) {
    ck_assert_ptr_eq(arg, &expected_arg);
    ck_assert_uint_lt(line_count, LINES_MAX);
    ck_assert_ptr_null(strchr(message, '\n'));
    snprintf(lines[line_count++], sizeof lines[0], "%s", message);
}

static void init(void) {
    line_count = 0;
}

static mc_options logged(int dead_retry_ms) {
    mc_options options = MC_OPTIONS_INIT;

    options.timeout_ms = options.connect_timeout_ms = 60000;
    options.log = note;
    options.log_arg = &expected_arg;
    options.failover = MC_FAILOVER_NONE;
    options.dead_retry_ms = dead_retry_ms;
    return options;
}

static mc_client *client_of(const char *host, const mc_options *options) {
    const char *hosts[] = {host, NULL};
    mc_client  *client = mc_client_new_with_options(hosts, NULL, options);

    ck_assert_ptr_nonnull(client);
    return client;
}

/* Line i is of that host, and has these words. */
static void check_line(unsigned i, const char *host, const char *words) {
    ck_assert_msg(line_count > i, "no line %u", i);
    ck_assert_msg(strncmp(lines[i], host, strlen(host)) == 0 && strncmp(lines[i] + strlen(host), ": ", 2) == 0, "%s",
                  lines[i]);
    ck_assert_msg(strstr(lines[i], words) != NULL, "\"%s\" has no \"%s\"", lines[i], words);
}

/* ------------------------------------------------------------------------------------------------------ on real servers --
 */

START_TEST(nothing_is_told_while_all_is_well) {
    mc_options options = logged(0);
    mc_results results = MC_RESULTS_INIT;
    mc_slice   keys[] = {mc_str("k"), mc_str("bad key"), mc_str("none")};

    start_servers_with(2, NULL, &options);
    check_status(mc_set(mc, K, V, 0, 0), MC_OK);
    check_value("none", NULL);
    check_status(mc_add(mc, K, V, 0, 0), MC_NOT_STORED);
    check_status(mc_get(mc, mc_str(""), NULL), MC_BAD_ARGUMENT);
    check_status(mc_get_multi(mc, keys, 3, &results), MC_PARTIAL);
    cluster_restart(servers, 0);
    cluster_restart(servers, 1);
    check_value("k", NULL);
    mc_client_close_idle(mc);
    mc_client_forget_dead(mc);
    ck_assert_uint_eq(line_count, 0);
    mc_results_clear(&results);
}
END_TEST

START_TEST(a_death_and_a_return_are_told_once) {
    mc_options options = logged(0);

    start_servers_with(1, NULL, &options);
    check_status(mc_set(mc, K, V, 0, 0), MC_OK);
    cluster_kill(servers, 0);
    for (int i = 0; i < 5; i++)
        check_status(mc_set(mc, K, V, 0, 0), MC_UNREACHABLE);
    ck_assert_uint_eq(line_count, 1);
    check_line(0, servers->hosts[0], "connect: Connection refused. Marking dead.");
    cluster_restart(servers, 0);
    for (int i = 0; i < 5; i++)
        check_status(mc_set(mc, K, V, 0, 0), MC_OK);
    ck_assert_uint_eq(line_count, 2);
    check_line(1, servers->hosts[0], "back again");
    cluster_kill(servers, 0);
    check_status(mc_set(mc, K, V, 0, 0), MC_UNREACHABLE);
    ck_assert_uint_eq(line_count, 3);
    check_line(2, servers->hosts[0], "Marking dead.");
}
END_TEST

START_TEST(a_refusal_is_told) {
    mc_options options = logged(0);

    start_servers_with(1, NULL, &options);
    check_status(mc_set(mc, K, V, 0, 0), MC_OK);
    check_status(mc_incr(mc, K, 1, NULL), MC_CLIENT_ERROR);
    ck_assert_uint_eq(line_count, 1);
    check_line(0, servers->hosts[0], "CLIENT_ERROR cannot increment or decrement non-numeric value");
}
END_TEST

static void call_back(void *client, const char *message) {
    mc_value value = MC_VALUE_INIT;

    ck_assert_uint_gt(strlen(message), 0);
    line_count++;
    check_status(mc_get(*(mc_client **)client, K, &value), MC_UNREACHABLE);
    mc_client_forget_dead(*(mc_client **)client);
    mc_client_close_idle(*(mc_client **)client);
    mc_value_clear(&value);
}

START_TEST(the_callback_may_call_the_library) {
    mc_options options = logged(3600000);

    options.log = call_back;
    options.log_arg = &mc;
    start_servers_with(1, NULL, &options);
    cluster_kill(servers, 0);
    check_status(mc_set(mc, K, V, 0, 0), MC_UNREACHABLE);
    ck_assert_uint_ge(line_count, 1);
    check_detail(servers->hosts[0]);
}
END_TEST

/* -------------------------------------------------------------------------------------------------- on scripted hosts -- */

/* clang-format off */
static const host_step says_nonsense[] = {READ_LINE, SEND("WHATEVER\r\n"), END};
static const host_step says_another_key[] = {READ_LINE, SEND("VALUE other 0 6\r\nsecret\r\nEND\r\n"), END};
static const host_step says_more[] = {READ_LINE, SEND("END\r\nEND\r\n"), DRAIN, END};
static const host_step says_error[] = {READ_LINE, SEND("ERROR\r\n"), END};
static const host_step says_client_error[] = {READ_LINE, SEND("CLIENT_ERROR \033[31mred\a\r\n"), END};
static const host_step says_server_error[] = {READ_LINE, SEND("SERVER_ERROR out of memory\r\n"), END};
static const host_step goes_away[] = {READ_LINE, CLOSE, END};
static const host_step turns_away[] = {SEND("ERROR Too many open connections\r\n"), CLOSE, END};
/* clang-format on */

static const struct {
    const host_step *script;
    mc_status        status;
    const char      *words; /* NULL: nothing is told */
} replies[] = {
    {says_nonsense, MC_PROTOCOL_ERROR, "WHATEVER"},
    {says_another_key, MC_PROTOCOL_ERROR, "key that was not asked for"},
    {says_more, MC_NOT_FOUND, "more than was asked for"},
    {says_error, MC_CLIENT_ERROR, "ERROR"},
    {says_client_error, MC_CLIENT_ERROR, "CLIENT_ERROR \\x1b[31mred\\x07"},
    {says_server_error, MC_SERVER_ERROR, NULL},
    {goes_away, MC_CONNECTION_LOST, NULL},
};

START_TEST(unexpected_replies_are_told) {
    scripted_host *host = scripted_host_play(replies[_i].script);
    mc_options     options = logged(0);
    mc_client     *client = client_of(scripted_host_address(host), &options);
    mc_value       value = MC_VALUE_INIT;
    mc_status      status = mc_get(client, K, &value);

    ck_assert_msg(status == replies[_i].status, "%s: %s", mc_status_name(status), mc_error_detail());
    ck_assert_uint_eq(line_count, replies[_i].words != NULL);
    if (replies[_i].words)
        check_line(0, scripted_host_address(host), replies[_i].words);
    for (unsigned i = 0; i < line_count; i++)
        ck_assert_ptr_null(strstr(lines[i], "secret"));
    mc_value_clear(&value);
    mc_client_free(client);
    scripted_host_stop(host);
}
END_TEST

START_TEST(a_connection_that_is_turned_away_is_told) {
    scripted_host *host = scripted_host_play(turns_away);
    mc_options     options = logged(0);
    mc_client     *client = client_of(scripted_host_address(host), &options);
    mc_value       value = MC_VALUE_INIT;

    check_status(mc_get(client, K, &value), MC_UNREACHABLE);
    check_detail("Too many open connections");
    mc_value_clear(&value);
    mc_client_free(client);
    scripted_host_discard(host);
}
END_TEST

static const host_step silent[] = {DRAIN, END};

START_TEST(three_timeouts_in_a_row_are_told) {
    scripted_host *host = scripted_host_play(silent);
    mc_options     options = logged(3600000);
    mc_client     *client;
    mc_value       value = MC_VALUE_INIT;

    options.timeout_ms = 1500; /* more than a machine is held up before a request is sent */
    client = client_of(scripted_host_address(host), &options);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(line_count, 0);
        check_status(mc_get(client, K, &value), MC_TIMEOUT);
    }
    ck_assert_uint_eq(line_count, 1);
    check_line(0, scripted_host_address(host), "three calls in a row timed out. Marking dead.");
    check_status(mc_get(client, K, &value), MC_UNREACHABLE);
    ck_assert_uint_eq(line_count, 1);
    mc_value_clear(&value);
    mc_client_free(client);
    scripted_host_stop(host);
}
END_TEST

START_TEST(many_keys_of_a_dead_host_are_one_line) {
    dead_end   end = dead_end_refusing();
    mc_options options = logged(3600000);
    mc_client *client = client_of(end.address, &options);
    mc_entry   entries[100];

    for (int i = 0; i < 100; i++)
        entries[i] = (mc_entry){.key = K, .value = V};
    check_status(mc_set_multi(client, entries, 100), MC_PARTIAL);
    ck_assert_uint_eq(line_count, 1);
    check_line(0, end.address, "Marking dead.");
    mc_client_free(client);
    dead_end_free(&end);
}
END_TEST

START_TEST(a_name_that_is_none_is_told) {
    mc_options options = logged(3600000);
    mc_client *client = client_of("no-such-host.invalid", &options);

    check_status(mc_set(client, K, V, 0, 0), MC_UNREACHABLE);
    ck_assert_uint_eq(line_count, 1);
    check_line(0, "no-such-host.invalid:11211", "look-up");
    mc_client_free(client);
}
END_TEST

/* --------------------------------------------------------------------------------------------------------------- stderr --
 */

START_TEST(mc_log_stderr_writes_one_line) {
    int  ends[2], kept = dup(2);
    char text[200] = "";

    ck_assert_int_eq(pipe(ends), 0);
    fflush(stderr);
    ck_assert_int_eq(dup2(ends[1], 2), 2);
    mc_log_stderr(NULL, "127.0.0.1:11211: back again");
    fflush(stderr);
    ck_assert_int_eq(dup2(kept, 2), 2);
    close(ends[1]);
    ck_assert_int_gt(read(ends[0], text, sizeof text - 1), 0);
    ck_assert_str_eq(text, "mcclient: 127.0.0.1:11211: back again\n");
    close(ends[0]);
    close(kept);
}
END_TEST

START_TEST(without_a_callback_nothing_is_printed) {
    int        ends[2], kept = dup(2), kept_out = dup(1);
    char       text[200];
    dead_end   end = dead_end_refusing();
    mc_client *client = client_of(end.address, NULL);

    ck_assert_int_eq(pipe(ends), 0);
    fflush(NULL);
    ck_assert_int_eq(dup2(ends[1], 2), 2);
    ck_assert_int_eq(dup2(ends[1], 1), 1);
    close(ends[1]);
    mc_status status = mc_set(client, K, V, 0, 0);
    fflush(NULL);
    ck_assert_int_eq(dup2(kept, 2), 2);
    ck_assert_int_eq(dup2(kept_out, 1), 1);
    check_status(status, MC_UNREACHABLE);
    ck_assert_int_eq(read(ends[0], text, sizeof text), 0);
    close(ends[0]);
    close(kept);
    close(kept_out);
    mc_client_free(client);
    dead_end_free(&end);
}
END_TEST

static void add_tests(TCase *tcase) {
    tcase_add_checked_fixture(tcase, init, NULL);
    tcase_add_test(tcase, nothing_is_told_while_all_is_well);
    tcase_add_test(tcase, a_death_and_a_return_are_told_once);
    tcase_add_test(tcase, a_refusal_is_told);
    tcase_add_test(tcase, the_callback_may_call_the_library);
}

Suite *test_suite(void) {
    Suite *suite = suite_create("log");
    TCase *scripted = test_case(suite, "scripted", 60);

    each_kind(suite, "log", 60, add_tests);
    tcase_add_checked_fixture(scripted, init, NULL);
    test_rows(scripted, unexpected_replies_are_told, replies);
    tcase_add_test(scripted, a_connection_that_is_turned_away_is_told);
    tcase_add_test(scripted, three_timeouts_in_a_row_are_told);
    tcase_add_test(scripted, many_keys_of_a_dead_host_are_one_line);
    tcase_add_test(scripted, a_name_that_is_none_is_told);
    tcase_add_test(scripted, mc_log_stderr_writes_one_line);
    tcase_add_test(scripted, without_a_callback_nothing_is_printed);
    return suite;
}
