/* What is refused before anything is sent, and what the words for it are. */

#include "mcclient/mcclient.h"

#include "support/check_main.h"
#include "support/crew.h"
#include "support/dead_end.h"
#include "support/each_kind.h"
#include "support/scripted_host.h"

#include <stdio.h>

#define K mc_str("k")
#define V mc_str("v")

static scripted_host *host; /* takes whatever comes, and should be sent nothing */

static const host_step drain[] = {DRAIN, END};

static mc_value   value;
static mc_results results;

static void init(void) {
    const mc_value   no_value = MC_VALUE_INIT;
    const mc_results no_results = MC_RESULTS_INIT;
    const char      *hosts[2] = {NULL, NULL};

    host = scripted_host_play(drain);
    hosts[0] = scripted_host_address(host);
    mc = mc_client_new(hosts, NULL);
    value = no_value;
    results = no_results;
    ck_assert_ptr_nonnull(mc);
}

static void clean_up(void) {
    mc_value_clear(&value);
    mc_results_clear(&results);
    mc_client_free(mc);
    mc = NULL;
    ck_assert_uint_eq(scripted_host_connections(host), 0);
    scripted_host_stop(host);
}

/* ------------------------------------------------------------------------------------- every command with a key and value
 * -- */

static mc_status do_set(mc_client *client, mc_slice key, mc_slice bytes) {
    return mc_set(client, key, bytes, 0, 0);
}

static mc_status do_add(mc_client *client, mc_slice key, mc_slice bytes) {
    return mc_add(client, key, bytes, 0, 0);
}

static mc_status do_replace(mc_client *client, mc_slice key, mc_slice bytes) {
    return mc_replace(client, key, bytes, 0, 0);
}

static mc_status do_cas(mc_client *client, mc_slice key, mc_slice bytes) {
    return mc_cas(client, key, bytes, 0, 0, 1);
}

static mc_status do_get(mc_client *client, mc_slice key, mc_slice bytes) {
    (void)bytes;
    return mc_get(client, key, &value);
}

static mc_status do_gets(mc_client *client, mc_slice key, mc_slice bytes) {
    (void)bytes;
    return mc_gets(client, key, &value);
}

static mc_status do_gat(mc_client *client, mc_slice key, mc_slice bytes) {
    (void)bytes;
    return mc_gat(client, key, 0, &value);
}

static mc_status do_gats(mc_client *client, mc_slice key, mc_slice bytes) {
    (void)bytes;
    return mc_gats(client, key, 0, &value);
}

static mc_status do_delete(mc_client *client, mc_slice key, mc_slice bytes) {
    (void)bytes;
    return mc_delete(client, key);
}

static mc_status do_touch(mc_client *client, mc_slice key, mc_slice bytes) {
    (void)bytes;
    return mc_touch(client, key, 0);
}

static mc_status do_incr(mc_client *client, mc_slice key, mc_slice bytes) {
    (void)bytes;
    return mc_incr(client, key, 1, NULL);
}

static mc_status do_decr(mc_client *client, mc_slice key, mc_slice bytes) {
    (void)bytes;
    return mc_decr(client, key, 1, NULL);
}

static mc_status whole_and_each(mc_status whole, mc_status each) {
    return whole == MC_PARTIAL ? each : whole;
}

static mc_status do_get_multi(mc_client *client, mc_slice key, mc_slice bytes) {
    mc_status whole = mc_get_multi(client, &key, 1, &results);

    (void)bytes;
    return whole_and_each(whole, results.count ? results.items[0].status : MC_OK);
}

static mc_status do_gets_multi(mc_client *client, mc_slice key, mc_slice bytes) {
    mc_status whole = mc_gets_multi(client, &key, 1, &results);

    (void)bytes;
    return whole_and_each(whole, results.count ? results.items[0].status : MC_OK);
}

static mc_status do_set_multi(mc_client *client, mc_slice key, mc_slice bytes) {
    mc_entry  entry = {.key = key, .value = bytes};
    mc_status whole = mc_set_multi(client, &entry, 1);

    return whole_and_each(whole, entry.status);
}

static mc_status do_delete_multi(mc_client *client, mc_slice key, mc_slice bytes) {
    mc_status each = MC_OK;
    mc_status whole = mc_delete_multi(client, &key, 1, &each);

    (void)bytes;
    return whole_and_each(whole, each);
}

static mc_status count_up(const mc_value *current, mc_value *next, void *arg) {
    (void)current;
    (void)arg;
    return mc_value_set(next, V);
}

static mc_status do_update(mc_client *client, mc_slice key, mc_slice bytes) {
    (void)bytes;
    return mc_update(client, key, count_up, NULL, 0);
}

static const struct {
    const char *name;
    bool        stores;
    mc_status (*run)(mc_client *client, mc_slice key, mc_slice bytes);
} commands[] = {
    {"set", true, do_set},
    {"add", true, do_add},
    {"replace", true, do_replace},
    {"append", true, mc_append},
    {"prepend", true, mc_prepend},
    {"cas", true, do_cas},
    {"get", false, do_get},
    {"gets", false, do_gets},
    {"gat", false, do_gat},
    {"gats", false, do_gats},
    {"delete", false, do_delete},
    {"touch", false, do_touch},
    {"incr", false, do_incr},
    {"decr", false, do_decr},
    {"get_multi", false, do_get_multi},
    {"gets_multi", false, do_gets_multi},
    {"set_multi", true, do_set_multi},
    {"delete_multi", false, do_delete_multi},
    {"update", false, do_update},
};

/* ------------------------------------------------------------------------------------------------------- keys, refused --
 */

START_TEST(keys_of_no_length_or_too_much) {
    char key[4096];

    memset(key, 'k', sizeof key);
    check_status(commands[_i].run(mc, mc_str(""), V), MC_BAD_KEY);
    check_detail("empty");
    check_status(commands[_i].run(mc, mc_bytes(NULL, 0), V), MC_BAD_KEY);
    check_status(commands[_i].run(mc, mc_bytes(key, 251), V), MC_BAD_KEY);
    check_detail("251");
    check_status(commands[_i].run(mc, mc_bytes(key, sizeof key), V), MC_BAD_KEY);
    check_status(commands[_i].run(mc, mc_bytes(key, SIZE_MAX), V), MC_BAD_KEY);
}
END_TEST

static bool is_illegal(int byte) {
    return byte <= 0x20 || byte == 0x7f;
}

START_TEST(keys_with_an_illegal_byte) {
    static const size_t places[] = {0, 2, 4, 124, 249};

    for (int byte = 0; byte < 0x80; byte++) {
        for (size_t i = 0; is_illegal(byte) && i < ROWS(places); i++) {
            char key[MC_KEY_MAX];
            memset(key, 'k', sizeof key);
            key[places[i]] = (char)byte;
            check_status(commands[_i].run(mc, mc_bytes(key, i < 3 ? 5 : MC_KEY_MAX), V), MC_BAD_KEY);
            if (i == 0 && byte == 0x20)
                check_detail("\" kkkk\"");
            if (i == 0 && byte == 0x7f)
                check_detail("\"\\x7fkkkk\"");
        }
    }
}
END_TEST

START_TEST(keys_that_would_be_commands) {
    check_status(commands[_i].run(mc, mc_str("k\r\nflush_all\r\n"), V), MC_BAD_KEY);
    check_status(commands[_i].run(mc, mc_str("k 0 0 1\r\nx\r\nset l"), V), MC_BAD_KEY);
    check_status(commands[_i].run(mc, mc_str("k noreply"), V), MC_BAD_KEY);
}
END_TEST

START_TEST(keys_too_long_with_the_prefix) {
    mc_view    view = MC_VIEW_INIT;
    char       key[MC_KEY_MAX];
    mc_client *prefixed;

    memset(key, 'k', sizeof key);
    view.key_prefix = "prefix:";
    prefixed = mc_client_view(mc, &view);
    check_status(commands[_i].run(prefixed, mc_bytes(key, 244), V), MC_BAD_KEY);
    check_detail("prefix");
    check_status(commands[_i].run(prefixed, mc_str(""), V), MC_BAD_KEY);
    check_status(commands[_i].run(prefixed, mc_str("a b"), V), MC_BAD_KEY);
    mc_client_free(prefixed);
}
END_TEST

/* ------------------------------------------------------------------------------------------------ other arguments, refused
 * -- */

START_TEST(arguments_that_are_null) {
    check_status(commands[_i].run(NULL, K, V), MC_BAD_ARGUMENT);
    check_detail("client");
    check_status(commands[_i].run(mc, mc_bytes(NULL, 1), V), MC_BAD_ARGUMENT);
    if (commands[_i].stores)
        check_status(commands[_i].run(mc, K, mc_bytes(NULL, 1)), MC_BAD_ARGUMENT);
}
END_TEST

START_TEST(values_over_the_limit) {
    static char large[1048577];

    if (!commands[_i].stores)
        return;
    check_status(commands[_i].run(mc, K, mc_bytes(large, sizeof large)), MC_TOO_LARGE);
    check_detail("\"k\"");
    check_detail("1048577");
    check_status(commands[_i].run(mc, K, mc_bytes(large, SIZE_MAX)), MC_TOO_LARGE);
}
END_TEST

static void no_server(const char *name, mc_status status, mc_slice version, void *arg) {
    (void)name;
    (void)status;
    (void)version;
    (void)arg;
    ck_abort_msg("a callback of a call that was refused");
}

static void no_stat(const char *name, mc_status status, mc_slice key, mc_slice text, void *arg) {
    (void)key;
    no_server(name, status, text, arg);
}

START_TEST(what_else_is_null) {
    mc_slice key = K;
    mc_entry entry = {.key = K, .value = V};

    check_status(mc_get(mc, K, NULL), MC_BAD_ARGUMENT);
    check_status(mc_gets(mc, K, NULL), MC_BAD_ARGUMENT);
    check_status(mc_gat(mc, K, 0, NULL), MC_BAD_ARGUMENT);
    check_status(mc_gats(mc, K, 0, NULL), MC_BAD_ARGUMENT);
    check_status(mc_get_multi(mc, NULL, 1, &results), MC_BAD_ARGUMENT);
    check_status(mc_get_multi(mc, &key, 1, NULL), MC_BAD_ARGUMENT);
    check_status(mc_gets_multi(mc, NULL, 1, &results), MC_BAD_ARGUMENT);
    check_status(mc_set_multi(mc, NULL, 1), MC_BAD_ARGUMENT);
    check_status(mc_set_multi(NULL, &entry, 1), MC_BAD_ARGUMENT);
    check_status(mc_delete_multi(mc, NULL, 1, NULL), MC_BAD_ARGUMENT);
    check_status(mc_delete_multi(NULL, &key, 1, NULL), MC_BAD_ARGUMENT);
    check_status(mc_update(mc, K, NULL, NULL, 0), MC_BAD_ARGUMENT);
    check_status(mc_flush_all(NULL, 0), MC_BAD_ARGUMENT);
    check_status(mc_version(NULL, no_server, NULL), MC_BAD_ARGUMENT);
    check_status(mc_version(mc, NULL, NULL), MC_BAD_ARGUMENT);
    check_status(mc_stats(NULL, mc_str(""), no_stat, NULL), MC_BAD_ARGUMENT);
    check_status(mc_stats(mc, mc_str(""), NULL, NULL), MC_BAD_ARGUMENT);
}
END_TEST

START_TEST(nothing_asked_is_nothing_sent) {
    check_status(mc_get_multi(mc, NULL, 0, &results), MC_OK);
    ck_assert_uint_eq(results.count, 0);
    check_status(mc_gets_multi(mc, NULL, 0, &results), MC_OK);
    check_status(mc_set_multi(mc, NULL, 0), MC_OK);
    check_status(mc_delete_multi(mc, NULL, 0, NULL), MC_OK);
}
END_TEST

static const char *const bad_groups[] = {" ", " items", "items ", "a  b", "a\r\nflush_all", "a\tb", "\x7f", "\x80", "a\n"};

START_TEST(groups_of_statistics_that_are_no_words) {
    check_status(mc_stats(mc, mc_str(bad_groups[_i]), no_stat, NULL), MC_BAD_ARGUMENT);
}
END_TEST

START_TEST(groups_of_statistics_that_are_too_long) {
    char group[MC_KEY_MAX + 1];

    memset(group, 'g', sizeof group);
    check_status(mc_stats(mc, mc_bytes(group, sizeof group), no_stat, NULL), MC_BAD_ARGUMENT);
    check_status(mc_stats(mc, mc_bytes("a\0b", 3), no_stat, NULL), MC_BAD_ARGUMENT);
    check_status(mc_stats(mc, mc_bytes(NULL, 3), no_stat, NULL), MC_BAD_ARGUMENT);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------------ the words --
 */

START_TEST(words_for_a_host_that_refuses) {
    dead_end    end = dead_end_refusing();
    const char *hosts[] = {end.address, NULL};
    mc_client  *client = mc_client_new(hosts, NULL);

    check_status(commands[_i].run(client, mc_str("the-key"), mc_str("secret")), MC_UNREACHABLE);
    check_detail(end.address);
    check_detail("connect: Connection refused");
    check_detail("\"the-key\"");
    ck_assert_ptr_null(strstr(mc_error_detail(), "secret"));
    check_status(commands[_i].run(client, mc_str("the-key"), mc_str("secret")), MC_NO_SERVER);
    check_detail(end.address);
    check_detail("dead");
    check_detail("\"the-key\"");
    mc_client_free(client);
    dead_end_free(&end);
}
END_TEST

START_TEST(words_for_a_dead_host_without_failover) {
    dead_end    end = dead_end_refusing();
    const char *hosts[] = {end.address, NULL};
    mc_options  options = MC_OPTIONS_INIT;
    mc_client  *client;

    options.failover = MC_FAILOVER_NONE;
    client = mc_client_new_with_options(hosts, NULL, &options);
    for (int i = 0; i < 3; i++) {
        check_status(commands[_i].run(client, mc_str("the-key"), V), MC_UNREACHABLE);
        check_detail(end.address);
        check_detail("\"the-key\"");
        check_detail(i == 0 ? "Connection refused" : "dead");
    }
    mc_client_free(client);
    dead_end_free(&end);
}
END_TEST

START_TEST(words_for_a_name_that_is_none) {
    const char *const hosts[] = {"no-such-host.invalid:11211", NULL};
    mc_client        *client = mc_client_new(hosts, NULL);

    check_status(mc_set(client, K, V, 0, 0), MC_UNREACHABLE);
    check_detail("no-such-host.invalid:11211");
    check_detail("look-up");
    mc_client_free(client);
}
END_TEST

START_TEST(words_for_a_socket_that_is_not_there) {
    const char *const hosts[] = {"unix:/nonexistent/socket", NULL};
    mc_client        *client = mc_client_new(hosts, NULL);

    check_status(mc_set(client, K, V, 0, 0), MC_UNREACHABLE);
    check_detail("unix:/nonexistent/socket");
    check_detail("No such file or directory");
    mc_client_free(client);
}
END_TEST

/* A machine that is held up may not get to the point of a call in its time: then the next has more. */
#define HURRY_MS 20
#define HURRY_TRIES 5

static mc_client *hurried(mc_client *client, int timeout_ms) {
    mc_view    settings = MC_VIEW_INIT;
    mc_client *view;

    settings.timeout_ms = timeout_ms;
    view = mc_client_view(client, &settings);
    ck_assert_ptr_nonnull(view);
    return view;
}

/* Calls until the detail has the word. */
static void check_hurried(mc_client *client, size_t command, mc_status status, const char *word) {
    int timeout_ms = HURRY_MS;

    for (int tries = 1; tries <= HURRY_TRIES; tries++, timeout_ms *= 4) {
        mc_client *hasty = hurried(client, timeout_ms);
        mc_status  got = commands[command].run(hasty, mc_str("the-key"), V);

        mc_client_free(hasty);
        if (got == status && strstr(mc_error_detail(), word))
            return;
        check_status(got, MC_UNREACHABLE);
        mc_client_forget_dead(client);
    }
    check_status(MC_UNREACHABLE, status);
    check_detail(word);
}

/* A view's own deadline, beside which its client's is an hour. */
START_TEST(words_for_a_host_that_is_silent) {
    static const host_step silent[] = {DRAIN, END};
    scripted_host         *mute = scripted_host_play(silent);
    const char            *hosts[] = {scripted_host_address(mute), NULL};
    mc_options             options = MC_OPTIONS_INIT;
    mc_client             *client;

    options.timeout_ms = 3600000;
    client = mc_client_new_with_options(hosts, NULL, &options);
    check_hurried(client, (size_t)_i, MC_TIMEOUT, "deadline");
    check_detail(hosts[0]);
    check_detail("\"the-key\"");
    mc_client_free(client);
    scripted_host_stop(mute);
}
END_TEST

/* clang-format off */
static const host_step answers_when_told[] = {EXPECT("get held\r\n"), AWAIT_GO, SEND("END\r\n"),
                                              EXPECT("get k\r\n"), SEND("END\r\n"), END};
/* clang-format on */

static void hold_the_connection(size_t index, void *client) {
    mc_value held = MC_VALUE_INIT;

    (void)index;
    mc_get(client, mc_str("held"), &held);
    mc_value_clear(&held);
}

/* The one connection that there may be is held by another's call: a wait of no fault of the host's. */
START_TEST(words_for_a_connection_that_does_not_come_free) {
    scripted_host *busy = scripted_host_play(answers_when_told);
    const char    *hosts[] = {scripted_host_address(busy), NULL};
    mc_options     options = MC_OPTIONS_INIT;
    mc_client     *client;
    crew          *holder;

    options.max_connections = 1;
    options.timeout_ms = 3600000;
    client = mc_client_new_with_options(hosts, NULL, &options);
    holder = crew_start(1, hold_the_connection, client);
    scripted_host_await(busy, 0, 1);
    for (size_t i = 0; i < ROWS(commands); i++) {
        check_hurried(client, i, MC_UNREACHABLE, "no connection came free by the deadline");
        check_detail(hosts[0]);
        check_detail("\"the-key\"");
    }
    scripted_host_go(busy);
    crew_join(holder);
    check_status(mc_get(client, K, &value), MC_NOT_FOUND);
    ck_assert_uint_eq(scripted_host_connections(busy), 1);
    mc_client_free(client);
    scripted_host_stop(busy);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("refusals");
    TCase *sent = test_case(suite, "nothing_sent", 60);
    TCase *words = test_case(suite, "words", 60);

    tcase_add_checked_fixture(sent, init, clean_up);
    test_rows(sent, keys_of_no_length_or_too_much, commands);
    test_rows(sent, keys_with_an_illegal_byte, commands);
    test_rows(sent, keys_that_would_be_commands, commands);
    test_rows(sent, keys_too_long_with_the_prefix, commands);
    test_rows(sent, arguments_that_are_null, commands);
    test_rows(sent, values_over_the_limit, commands);
    tcase_add_test(sent, what_else_is_null);
    tcase_add_test(sent, nothing_asked_is_nothing_sent);
    test_rows(sent, groups_of_statistics_that_are_no_words, bad_groups);
    tcase_add_test(sent, groups_of_statistics_that_are_too_long);

    tcase_add_checked_fixture(words, init, clean_up);
    test_rows(words, words_for_a_host_that_refuses, commands);
    test_rows(words, words_for_a_dead_host_without_failover, commands);
    test_rows(words, words_for_a_host_that_is_silent, commands);
    tcase_add_test(words, words_for_a_connection_that_does_not_come_free);
    tcase_add_test(words, words_for_a_name_that_is_none);
    tcase_add_test(words, words_for_a_socket_that_is_not_there);
    return suite;
}
