/* No call raises a signal, and none changes what the program has set for signals. */
#include "support/check_main.h"
#include "support/command_set.h"
#include "support/dead_end.h"
#include "support/disturbance.h"
#include "support/scripted_host.h"
#include "support/trials.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define DEADLINE_MS 30
#define ATTEMPTS 10

/* What a program may have set for signals. */
struct settings {
    sigset_t         mask;
    struct sigaction actions[NSIG];
};

static void read_settings(struct settings *settings) {
    memset(settings, 0, sizeof *settings);
    pthread_sigmask(SIG_SETMASK, NULL, &settings->mask);
    for (int number = 1; number < NSIG; number++)
        sigaction(number, NULL, &settings->actions[number]);
}

static void expect_settings(const struct settings *before, const char *name) {
    struct settings now;

    read_settings(&now);
    for (int number = 1; number < NSIG; number++) {
        ck_assert_msg(sigismember(&now.mask, number) == sigismember(&before->mask, number), "%s: signal %d", name, number);
        ck_assert_msg(now.actions[number].sa_handler == before->actions[number].sa_handler, "%s: signal %d", name, number);
        ck_assert_msg(now.actions[number].sa_flags == before->actions[number].sa_flags, "%s: signal %d", name, number);
    }
}

static const host_step closes[] = {CLOSE};
static const host_step resets[] = {RESET};
static const host_step reads_and_closes[] = {READ_LINE, CLOSE};
static const host_step reads_and_resets[] = {READ_LINE, RESET};
static const host_step half_closes[] = {SHUT, READ_LINE, RESET};
static const host_step refuses[] = {READ_LINE, SEND("ERROR\r\n"), CLOSE};
static const host_step is_strange[] = {READ_LINE, SEND("HTTP/1.1 400\r\n"), CLOSE};
static const host_step is_silent[] = {SILENCE};
static const host_step reads_some[] = {READ(5000), RESET};

static const struct {
    const host_step *script;
    listener_kind    kind;
} peers[] = {
    {closes, LISTENER_TCP},           {closes, LISTENER_UNIX},           {resets, LISTENER_TCP},
    {reads_and_closes, LISTENER_TCP}, {reads_and_closes, LISTENER_UNIX}, {reads_and_resets, LISTENER_TCP},
    {half_closes, LISTENER_TCP},      {half_closes, LISTENER_UNIX},      {refuses, LISTENER_TCP},
    {is_strange, LISTENER_TCP},       {is_silent, LISTENER_TCP},         {reads_some, LISTENER_TCP},
    {reads_some, LISTENER_UNIX},
};

static mc_client *client_of(const char *address) {
    mc_options options = MC_OPTIONS_INIT;
    mc_client *client;

    options.timeout_ms = DEADLINE_MS;
    options.dead_retry_ms = 0;
    client = mc_client_new_with_options((const char *[]){address, NULL}, NULL, &options);
    ck_assert_ptr_nonnull(client);
    return client;
}

/* SIGPIPE at its default ends the process, and so fails the test. */
START_TEST(a_peer_that_goes_raises_no_signal) {
    const host_step *const scripts[] = {peers[_i].script, NULL};
    scripted_host         *host =
        scripted_host_start(&(scripted_host_options){.kind = peers[_i].kind, .scripts = scripts, .receive_buffer = 4096});
    mc_client      *client = client_of(scripted_host_address(host));
    char           *large = calloc(1, 1000000);
    struct settings before;

    signal(SIGPIPE, SIG_DFL);
    read_settings(&before);
    for (const command *each = command_set; each->name; each++) {
        answer got = each->run(client);
        ck_assert_msg(got.status != MC_OK && got.status != MC_NOT_FOUND, "%s: %s", each->name, mc_status_name(got.status));
        expect_settings(&before, each->name);
    }
    ck_assert_int_ne(mc_set(client, mc_str("k"), mc_bytes(large, 1000000), 0, 0), MC_OK);
    expect_settings(&before, "a large set");
    free(large);
    mc_client_free(client);
    expect_settings(&before, "mc_client_free");
    scripted_host_discard(host);
}
END_TEST

/* A name is looked up in a thread of its own, for which all signals are blocked; the caller's mask is as before. */
static const char *const others[] = {"localhost:1", "127.0.0.1:1", "/nonexistent"};

START_TEST(settings_stay_where_nothing_is_reached) {
    struct settings before;
    mc_client      *client;
    sigset_t        some;

    sigemptyset(&some);
    sigaddset(&some, SIGUSR2);
    sigaddset(&some, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &some, NULL);
    read_settings(&before);
    client = client_of(others[_i]);
    for (const command *each = command_set; each->name; each++) {
        each->run(client);
        expect_settings(&before, each->name);
    }
    mc_client_free(client);
    expect_settings(&before, "mc_client_free");
    pthread_sigmask(SIG_UNBLOCK, &some, NULL);
}
END_TEST

static void ignore_one(int number) {
    (void)number;
}

/* SA_RESTART, a blocked signal, an ignored one: whatever the program does, the deadline is the same. */
static const int flags[] = {0, SA_RESTART};

START_TEST(deadlines_hold_whatever_the_handler) {
    static const host_step silent[] = {READ_LINE, SILENCE};
    scripted_host         *host = scripted_host_play(silent);
    mc_client             *client = client_of(scripted_host_address(host));
    disturbance            signals = disturbance_begin();
    struct sigaction       action = {.sa_handler = ignore_one, .sa_flags = flags[_i]};

    sigaction(SIGALRM, &action, NULL);
    for (const command *each = command_set; each->name; each++) {
        mc_status status = strcmp(each->name, "flush_all") == 0 ? MC_PARTIAL : MC_TIMEOUT;
        bool      timed_out = false;
        double    took = 0;
        /* A machine with much else to do is late now and then, and may not get to send; a deadline that begins anew with
         * each signal is late always. */
        for (int attempt = 0; attempt < ATTEMPTS && !timed_out; attempt++) {
            double began = now_ms();
            answer got = each->run(client);
            took = now_ms() - began;
            ck_assert_msg(got.status == status || got.status == MC_UNREACHABLE, "%s: %s", each->name, got.detail);
            ck_assert(took >= DEADLINE_MS - 5);
            mc_client_forget_dead(client);
            timed_out = got.status == status && took <= DEADLINE_MS + lateness_allowed_ms();
        }
        ck_assert_msg(timed_out, "%s: %.0f ms", each->name, took);
    }
    disturbance_end(&signals);
    mc_client_free(client);
    scripted_host_discard(host);
}
END_TEST

/* errno of the program is its own business only where it is documented; a handler's must not confuse the library. */
static void set_errno(int number) {
    (void)number;
    errno = ECONNRESET;
}

START_TEST(a_handler_that_changes_errno_changes_nothing) {
    static const host_step slow[] = {EXPECT("get k\r\n"), TRICKLE("VALUE k 7 5\r\nhello\r\nEND\r\n", 3), REPEAT};
    scripted_host         *host = scripted_host_play(slow);
    mc_options             options = MC_OPTIONS_INIT;
    mc_client             *client;
    disturbance            signals = disturbance_begin();
    struct sigaction       action = {.sa_handler = set_errno};

    options.timeout_ms = 20000;
    client = mc_client_new_with_options((const char *[]){scripted_host_address(host), NULL}, NULL, &options);
    sigaction(SIGALRM, &action, NULL);
    for (int i = 0; i < 10; i++) {
        answer got = command_named("get")->run(client);
        ck_assert_msg(got.status == MC_OK, "%s", got.detail);
        ck_assert_str_eq(got.text, "hello/7");
    }
    disturbance_end(&signals);
    ck_assert_uint_eq(scripted_host_connections(host), 1);
    mc_client_free(client);
    scripted_host_stop(host);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("signals");
    TCase *tcase = test_case(suite, "signals", 60);

    test_rows(tcase, a_peer_that_goes_raises_no_signal, peers);
    test_rows(tcase, settings_stay_where_nothing_is_reached, others);
    test_rows(tcase, deadlines_hold_whatever_the_handler, flags);
    tcase_add_test(tcase, a_handler_that_changes_errno_changes_nothing);
    return suite;
}
