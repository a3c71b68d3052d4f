/* Connections that are refused, turned away, closed, reset, silent, slow, flooded, and bytes that come when none are due. */
#include "support/check_main.h"
#include "support/command_set.h"
#include "support/dead_end.h"
#include "support/memcached.h"
#include "support/plain_client.h"
#include "support/scripted_host.h"
#include "support/trials.h"

#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AT_ONCE 16
#define PLENTY_MS 20000
#define HURRY_MS 1500 /* more than a machine is held up before a request is sent */

static mc_client *client_within(const char *address, int timeout_ms) {
    mc_options options = MC_OPTIONS_INIT;
    mc_client *client;

    options.timeout_ms = options.connect_timeout_ms = timeout_ms;
    client = mc_client_new_with_options((const char *[]){address, NULL}, NULL, &options);
    ck_assert_ptr_nonnull(client);
    return client;
}

/* The same connections with less time. */
static mc_client *view_within(mc_client *client, int timeout_ms) {
    mc_view    settings = MC_VIEW_INIT;
    mc_client *view;

    settings.timeout_ms = timeout_ms;
    view = mc_client_view(client, &settings);
    ck_assert_ptr_nonnull(view);
    return view;
}

static mc_status get(mc_client *client, const char *key, const char *expected) {
    mc_value  value = MC_VALUE_INIT;
    mc_status status = mc_get(client, mc_str(key), &value);

    if (status == MC_OK)
        ck_assert_str_eq(value.data, expected);
    mc_value_clear(&value);
    return status;
}

/* ---------------------------------------------------------------------------------------------- nothing can be reached --
 */

static const struct {
    const char *address; /* NULL: a port at which connecting is refused */
    const char *words;
} unreachable[] = {
    {NULL, "connect: Connection refused"},
    {"unix:/nonexistent/socket", "connect: No such file or directory"},
    {"/nonexistent/socket", "connect: No such file or directory"},
    {"unix:/dev/null", "connect: Connection refused"},
    {"[::1%nosuch]:11211", "look-up: "},
    {"255.255.255.255:1", "connect: "},
};

START_TEST(what_cannot_be_reached_is_told_at_once) {
    dead_end refusing = dead_end_refusing();

    for (const command *each = command_set; each->name; each++) {
        const char *address = unreachable[_i].address ? unreachable[_i].address : refusing.address;
        mc_client  *client = mc_client_new((const char *[]){address, NULL}, NULL);
        double      began = now_ms();
        answer      got;

        if (!client) { /* not an address at all, by this build's reading */
            ck_assert_ptr_nonnull(strstr(mc_error_detail(), "::1"));
            continue;
        }
        got = each->run(client);
        ck_assert(in_time(began, 0));
        ck_assert_int_eq(got.status, strcmp(each->name, "flush_all") == 0 ? MC_PARTIAL : MC_UNREACHABLE);
        ck_assert_msg(strstr(got.detail, unreachable[_i].words), "%s", got.detail);
        ck_assert_str_eq(got.text, "");
        mc_client_free(client);
    }
    dead_end_free(&refusing);
}
END_TEST

/* A path that may not be used. Root may use all. */
START_TEST(a_path_without_permission) {
    static const host_step script[] = {END};
    scripted_host         *host;
    char                   folder[64] = "/tmp/mcclient-XXXXXX", address[128];
    mc_client             *client;

    uid_t user = geteuid();

    if (user == 0)
        ck_assert_int_eq(seteuid(65534), 0);
    host = scripted_host_play(script);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chmod(folder, 0), 0);
    snprintf(address, sizeof address, "unix:%s/socket", folder);
    client = client_within(address, PLENTY_MS);
    ck_assert_int_eq(get(client, "k", ""), MC_UNREACHABLE);
    ck_assert_msg(strstr(mc_error_detail(), "Permission denied"), "%s", mc_error_detail());
    mc_client_free(client);
    rmdir(folder);
    ck_assert_int_eq(seteuid(user), 0);
    scripted_host_stop(host);
}
END_TEST

/* ------------------------------------------------------------------------------------------------ closed, reset, turned
 * away -- */

#define TURNED_AWAY "ERROR Too many open connections\r\n"
#define STEPS(...)                                                                                                          \
    (const host_step[]) {                                                                                                   \
        __VA_ARGS__                                                                                                         \
    }
#define CLOSES STEPS(CLOSE)
#define RESETS STEPS(RESET)
#define TURNS_AWAY STEPS(SEND(TURNED_AWAY), CLOSE)
#define READS_AND_TURNS_AWAY STEPS(READ_LINE, SEND(TURNED_AWAY), CLOSE)
#define SERVES_GET STEPS(EXPECT("get k\r\n"), SEND("VALUE k 7 5\r\nhello\r\nEND\r\n"), REPEAT)
#define SERVES_INCR STEPS(EXPECT("incr k 5\r\n"), SEND("15\r\n"), REPEAT)
#define SERVES_SET STEPS(EXPECT("set k 7 60 5\r\nhello\r\n"), SEND("STORED\r\n"), REPEAT)

/* The statuses that may come of it: which, depends on how far the request had come. */
typedef struct broken_row {
    const char      *name;
    const char      *command;
    const host_step *first, *second, *third; /* what the connections play; the last for all that follow */
    mc_status        status, also;
    mc_status        next; /* of the same command once more */
    size_t           most; /* connections in all */
} broken_row;

/* clang-format off */
static const broken_row broken[] = {
    {"closes once",       "get",  CLOSES, SERVES_GET, SERVES_GET,      MC_OK, MC_OK,                            MC_OK, 2},
    {"resets once",       "get",  RESETS, SERVES_GET, SERVES_GET,      MC_OK, MC_OK,                            MC_OK, 2},
    {"closes twice",      "get",  CLOSES, CLOSES, SERVES_GET,          MC_CONNECTION_LOST, MC_UNREACHABLE,      MC_OK, 3},
    {"resets twice",      "get",  RESETS, RESETS, SERVES_GET,          MC_CONNECTION_LOST, MC_UNREACHABLE,      MC_OK, 3},
    {"closes always",     "get",  CLOSES, CLOSES, CLOSES,              MC_CONNECTION_LOST, MC_UNREACHABLE,      MC_CONNECTION_LOST, 4},
    {"closes once",       "set",  CLOSES, SERVES_SET, SERVES_SET,      MC_OK, MC_OK,                            MC_OK, 2},
    {"resets twice",      "set",  RESETS, RESETS, SERVES_SET,          MC_CONNECTION_LOST, MC_UNREACHABLE,      MC_OK, 3},
    {"closes once",       "incr", CLOSES, SERVES_INCR, SERVES_INCR,    MC_CONNECTION_LOST, MC_OK,               MC_OK, 2},
    {"resets once",       "incr", RESETS, SERVES_INCR, SERVES_INCR,    MC_CONNECTION_LOST, MC_OK,               MC_OK, 2},
    {"turns away once",   "get",  TURNS_AWAY, SERVES_GET, SERVES_GET,  MC_UNREACHABLE, MC_CONNECTION_LOST,      MC_OK, 3},
    {"turns away once",   "incr", TURNS_AWAY, SERVES_INCR, SERVES_INCR, MC_UNREACHABLE, MC_CONNECTION_LOST,     MC_OK, 2},
    {"turns away always", "set",  TURNS_AWAY, TURNS_AWAY, TURNS_AWAY,  MC_UNREACHABLE, MC_CONNECTION_LOST,      MC_UNREACHABLE, 4},
    {"turns away, late",  "get",  READS_AND_TURNS_AWAY, SERVES_GET, SERVES_GET,   MC_UNREACHABLE, MC_UNREACHABLE, MC_OK, 2},
    {"turns away, late",  "incr", READS_AND_TURNS_AWAY, SERVES_INCR, SERVES_INCR, MC_UNREACHABLE, MC_UNREACHABLE, MC_OK, 2},
};
/* clang-format on */

static void try_broken(size_t index, const void *table, complaint *wrong) {
    const broken_row      *row = (const broken_row *)table + index;
    const host_step *const scripts[] = {row->first, row->second, row->third, NULL};
    scripted_host         *host = scripted_host_start(&(scripted_host_options){.scripts = scripts});
    mc_client             *client = client_within(scripted_host_address(host), PLENTY_MS);
    answer                 got = command_named(row->command)->run(client);
    answer                 next = command_named(row->command)->run(client);

    demand(wrong, got.status == row->status || got.status == row->also, "%s, %s: %s (%s)", row->name, row->command,
           mc_status_name(got.status), got.detail);
    /* Where the first try got through, the next may be the one that meets the end of a script. */
    demand(wrong, next.status == row->next || next.status == row->also, "%s, %s: the next is %s (%s)", row->name,
           row->command, mc_status_name(next.status), next.detail);
    demand(wrong, scripted_host_connections(host) <= row->most, "%s, %s: %zu connections", row->name, row->command,
           scripted_host_connections(host));
    demand(wrong, scripted_host_count(host, "incr") <= 2, "incr was sent %zu times", scripted_host_count(host, "incr"));
    mc_client_free(client);
    scripted_host_discard(host);
}

START_TEST(a_broken_connection_is_replaced_once) {
    for (int round = 0; round < 10; round++)
        trials_run_disturbed(try_broken, broken, ROWS(broken), AT_ONCE);
}
END_TEST

/* memcached at its limit of connections. */
START_TEST(a_full_server_turns_away_and_recovers) {
    static const char *const arguments[] = {"-c", "32", "-t", "1", NULL};
    memcached                server = memcached_start(arguments);
    mc_client               *client = client_within(server.address, PLENTY_MS);
    int                      fds[64];
    mc_status                status = MC_OK;

    for (size_t i = 0; i < ROWS(fds); i++)
        fds[i] = plain_connect(server.address);
    for (int tries = 0; tries < 100 && status != MC_UNREACHABLE; tries++) {
        status = mc_set(client, mc_str("k"), mc_str("v"), 0, 0);
        mc_client_close_idle(client);
        poll(NULL, 0, 10);
    }
    ck_assert_int_eq(status, MC_UNREACHABLE);
    ck_assert_msg(strstr(mc_error_detail(), "Too many open connections"), "%s", mc_error_detail());
    for (size_t i = 0; i < ROWS(fds); i++)
        if (fds[i] >= 0)
            close(fds[i]);
    for (int tries = 0; tries < 1000 && status != MC_OK; tries++) {
        status = mc_set(client, mc_str("k"), mc_str("v"), 0, 0);
        poll(NULL, 0, 10);
    }
    ck_assert_int_eq(status, MC_OK);
    ck_assert_int_eq(get(client, "k", "v"), MC_OK);
    mc_client_free(client);
    memcached_kill(&server);
}
END_TEST

/* ------------------------------------------------------------------------------------------------- when none are due -- */

static const host_step stray_after_1[] = {EXPECT("set k 7 60 5\r\nhello\r\n"), SEND("STORED\r\n"), WAIT(1),
                                          SEND("VALUE k 7 5\r\nwrong\r\nEND\r\n"), DRAIN};
static const host_step stray_after_100[] = {EXPECT("set k 7 60 5\r\nhello\r\n"), SEND("STORED\r\n"), WAIT(100), SEND("X"),
                                            DRAIN};
static const host_step stray_after_2000[] = {EXPECT("set k 7 60 5\r\nhello\r\n"), SEND("STORED\r\n"), WAIT(2000),
                                             SEND("END\r\n"), DRAIN};
static const host_step late_fin[] = {EXPECT("set k 7 60 5\r\nhello\r\n"), SEND("STORED\r\n"), WAIT(50), SHUT, DRAIN};
static const host_step late_rst[] = {EXPECT("set k 7 60 5\r\nhello\r\n"), SEND("STORED\r\n"), WAIT(50), RESET};

static const host_step *const strays[] = {stray_after_1, stray_after_100, stray_after_2000, late_fin, late_rst};

static void try_stray(size_t index, const void *table, complaint *wrong) {
    const command         *next = &command_set[index / ROWS(strays)];
    const host_step *const healthy[] = {STEPS({HOST_EXPECT, next->request, strlen(next->request), 0},
                                              {HOST_SEND, next->reply, strlen(next->reply), 0}, END)};
    const host_step *const scripts[] = {strays[index % ROWS(strays)], healthy[0], NULL};
    scripted_host         *host = scripted_host_start(&(scripted_host_options){.kind = LISTENER_UNIX, .scripts = scripts});
    mc_client             *client = client_within(scripted_host_address(host), PLENTY_MS);
    answer                 got = command_named("set")->run(client);

    (void)table;
    demand(wrong, got.status == MC_OK, "set: %s (%s)", mc_status_name(got.status), got.detail);
    while (scripted_host_is_playing(host, 0) && scripted_host_steps_done(host, 0) < 4)
        poll(NULL, 0, 1);
    got = next->run(client);
    demand(wrong, got.status == MC_OK && strcmp(got.text, next->text) == 0, "%s: %s \"%s\" (%s)", next->name,
           mc_status_name(got.status), got.text, got.detail);
    demand(wrong, scripted_host_connections(host) == 2, "%zu connections", scripted_host_connections(host));
    mc_client_free(client);
    scripted_host_discard(host);
}

START_TEST(strays_on_an_idle_connection_are_no_replies) {
    trials_run(try_stray, NULL, COMMANDS * ROWS(strays), COMMANDS * ROWS(strays));
}
END_TEST

/* Banners of servers that speak first. Whether they are seen before the request is sent is a matter of luck. */
static const host_step *const banners[] = {
    STEPS(SEND("220 ready\r\n"), DRAIN),
    STEPS(SEND("STORED\r\n"), READ_LINE, SEND("VALUE k 7 5\r\nhello\r\nEND\r\n"), DRAIN),
    STEPS(SEND("VALUE x 0 1\r\ny\r\nEND\r\n"), READ_LINE, SEND("VALUE k 7 5\r\nhello\r\nEND\r\n"), DRAIN),
    STEPS(SEND("\r\n"), READ_LINE, SEND("VALUE k 7 5\r\nhello\r\nEND\r\n"), DRAIN),
    STEPS(SEND("\xff\xfb\x01"), DRAIN),
    STEPS(SEND("OK\r\n"), READ_LINE, SEND("VALUE k 7 5\r\nhello\r\nEND\r\n"), DRAIN),
};

START_TEST(a_banner_is_no_reply) {
    for (int round = 0; round < 50; round++) {
        const host_step *const scripts[] = {banners[_i], SERVES_GET, NULL};
        scripted_host         *host = scripted_host_start(&(scripted_host_options){.scripts = scripts});
        mc_client             *client = client_within(scripted_host_address(host), PLENTY_MS);
        answer                 got = command_named("get")->run(client);

        ck_assert_msg(got.status == MC_PROTOCOL_ERROR, "%s (%s)", mc_status_name(got.status), got.detail);
        ck_assert_str_eq(got.text, "");
        ck_assert_int_eq(get(client, "k", "hello"), MC_OK);
        mc_client_free(client);
        scripted_host_discard(host);
    }
}
END_TEST

static const char *const late_keys[] = {"k", "other"};

START_TEST(a_late_reply_meets_nobody) {
    static const host_step late[] = {EXPECT("get k\r\n"), AWAIT_GO, SEND("VALUE k 0 4\r\nlate\r\nEND\r\n"), DRAIN};
    static const host_step same[] = {EXPECT("get k\r\n"), SEND("VALUE k 0 4\r\nfine\r\nEND\r\n"), REPEAT};
    static const host_step other[] = {EXPECT("get other\r\n"), SEND("VALUE other 0 4\r\nfine\r\nEND\r\n"), REPEAT};
    const host_step *const scripts[] = {late, _i == 0 ? same : other, NULL};
    scripted_host         *host = scripted_host_start(&(scripted_host_options){.scripts = scripts});
    mc_client             *client = client_within(scripted_host_address(host), PLENTY_MS);
    mc_client             *hurried = view_within(client, HURRY_MS);

    ck_assert_int_eq(get(hurried, "k", ""), MC_TIMEOUT);
    mc_client_free(hurried);
    scripted_host_go(host);
    ck_assert_int_eq(get(client, late_keys[_i], "fine"), MC_OK);
    ck_assert_uint_eq(scripted_host_connections(host), 2);
    mc_client_free(client);
    scripted_host_stop(host);
}
END_TEST

/* --------------------------------------------------------------------------------------------------------- restarts -- */

#define CROWD 64

static void *get_one(void *arg) {
    mc_value  value = MC_VALUE_INIT;
    mc_status status = mc_get(arg, mc_str("k"), &value);

    mc_value_clear(&value);
    return status == MC_OK || status == MC_NOT_FOUND ? NULL : arg;
}

/* Leaves CROWD idle connections in the pool: all of them wait at once while the server stands still. */
static void fill_pool(mc_client *client, const memcached *server) {
    pthread_t threads[CROWD];
    size_t    descriptors = count_descriptors();

    memcached_pause(server);
    for (size_t i = 0; i < CROWD; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, get_one, client), 0);
    while (count_descriptors() < descriptors + CROWD)
        poll(NULL, 0, 1);
    memcached_resume(server);
    for (size_t i = 0; i < CROWD; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        ck_assert_ptr_null(failed);
    }
}

static void find_connections(const char *host, mc_status status, mc_slice name, mc_slice value, void *arg) {
    (void)host, (void)status;
    if (name.len == strlen("curr_connections") && memcmp(name.data, "curr_connections", name.len) == 0)
        *(int *)arg = atoi(value.data);
}

static mc_status call_of_kind(mc_client *client, int kind) {
    uint64_t number;

    switch (kind) {
    case 0:
        return mc_add(client, mc_str("fresh"), mc_str("1"), 0, 0); /* never sent twice */
    case 1:
        return mc_incr(client, mc_str("absent"), 1, &number);
    case 2:
        return mc_append(client, mc_str("absent"), mc_str("1"));
    case 3:
        return mc_cas(client, mc_str("absent"), mc_str("1"), 0, 0, 9);
    default:
        return get(client, "absent", "");
    }
}

static const mc_status kinds[] = {MC_OK, MC_NOT_FOUND, MC_NOT_STORED, MC_NOT_FOUND, MC_NOT_FOUND};

START_TEST(a_restart_is_seen_before_anything_is_sent) {
    memcached  server = memcached_start(NULL);
    mc_options options = MC_OPTIONS_INIT;
    mc_client *client;
    int        connections = -1;
    size_t     descriptors = count_descriptors();

    options.timeout_ms = options.connect_timeout_ms = PLENTY_MS;
    options.max_connections = CROWD;
    client = mc_client_new_with_options((const char *[]){server.address, NULL}, NULL, &options);
    fill_pool(client, &server);
    ck_assert_uint_ge(count_descriptors(), descriptors + CROWD);
    memcached_kill(&server);
    memcached_restart(&server);
    ck_assert_int_eq(call_of_kind(client, _i), kinds[_i]);
    ck_assert_uint_eq(count_descriptors(), descriptors + 1); /* all that were closed are gone */
    ck_assert_int_eq(mc_stats(client, mc_str(""), find_connections, &connections), MC_OK);
    ck_assert_int_le(connections, 3); /* the client's, and what memcached counts of its own */
    mc_client_free(client);
    memcached_kill(&server);
}
END_TEST

START_TEST(a_stopped_server_is_timed_out_and_comes_back) {
    memcached  server = memcached_start(NULL);
    mc_client *client = client_within(server.address, PLENTY_MS);
    mc_client *hurried = view_within(client, HURRY_MS);
    double     began;

    ck_assert_int_eq(mc_set(client, mc_str("k"), mc_str("v"), 0, 0), MC_OK);
    memcached_pause(&server);
    for (int i = 0; i < 2; i++) { /* a third would make it dead */
        began = now_ms();
        ck_assert_int_eq(get(hurried, "k", ""), MC_TIMEOUT);
        ck_assert(in_time(began, HURRY_MS));
    }
    mc_client_free(hurried);
    memcached_resume(&server);
    ck_assert_int_eq(get(client, "k", "v"), MC_OK);
    mc_client_free(client);
    memcached_kill(&server);
}
END_TEST

/* ----------------------------------------------------------------------------------------------------- much and slow -- */

START_TEST(a_slow_reply_in_time_is_a_reply) {
    static const host_step script[] = {EXPECT("get k\r\n"), TRICKLE("VALUE k 7 5\r\nhello\r\nEND\r\n", 20), END};
    scripted_host         *host = scripted_host_play(script);
    mc_client             *client = client_within(scripted_host_address(host), PLENTY_MS);

    ck_assert_int_eq(get(client, "k", "hello"), MC_OK);
    mc_client_free(client);
    scripted_host_stop(host);
}
END_TEST

/* The peer has said why before it resets, while most of the value is not written yet. */
START_TEST(an_error_and_a_reset_while_a_large_value_is_written) {
    static const host_step script[] = {READ(1000), SEND("SERVER_ERROR object too large for cache\r\n"), RESET};
    size_t                 len = 1000000;
    char                  *value = calloc(1, len);

    for (int round = 0; round < 20; round++) {
        scripted_host *host = scripted_host_play(script);
        mc_client     *client = client_within(scripted_host_address(host), PLENTY_MS);
        mc_status      status = mc_set(client, mc_str("k"), mc_bytes(value, len), 0, 0);

        ck_assert_msg(status == MC_TOO_LARGE || status == MC_CONNECTION_LOST, "%s (%s)", mc_status_name(status),
                      mc_error_detail());
        ck_assert_uint_le(scripted_host_connections(host), 2);
        mc_client_free(client);
        scripted_host_discard(host);
    }
    free(value);
}
END_TEST

/* An error before all of the value is sent, and the rest of it is read: the connection is in step. */
START_TEST(an_error_while_a_large_value_is_written_keeps_the_connection) {
    enum { LEN = 1000000, SENT = sizeof "set k 0 0 1000000\r\n" - 1 + LEN + 2 };
    static const host_step script[] = {READ(1000),        SEND("SERVER_ERROR object too large for cache\r\n"),
                                       READ(SENT - 1000), EXPECT("get k\r\n"),
                                       SEND("END\r\n"),   END};
    char                  *value = calloc(1, LEN);
    scripted_host         *host = scripted_host_play(script);
    mc_client             *client = client_within(scripted_host_address(host), PLENTY_MS);

    ck_assert_int_eq(mc_set(client, mc_str("k"), mc_bytes(value, LEN), 0, 0), MC_TOO_LARGE);
    ck_assert_int_eq(get(client, "k", ""), MC_NOT_FOUND);
    ck_assert_uint_eq(scripted_host_connections(host), 1);
    mc_client_free(client);
    scripted_host_stop(host);
    free(value);
}
END_TEST

#define CLAIMANTS 100

static void *get_claimed(void *arg) {
    mc_value  value = MC_VALUE_INIT;
    mc_status status = mc_get(arg, mc_str("k"), &value);

    mc_value_clear(&value);
    return (void *)(uintptr_t)status;
}

/* A megabyte is claimed on each of a hundred connections, and hardly a byte of it comes. */
START_TEST(memory_follows_what_comes_and_not_what_is_claimed) {
    static const host_step script[] = {READ_LINE, SEND("VALUE k 0 1048576\r\nx"), AWAIT_GO, CLOSE};
    scripted_host         *host = scripted_host_play(script);
    mc_options             options = MC_OPTIONS_INIT;
    mc_client             *client;
    pthread_t              threads[CLAIMANTS];
    size_t                 before, during;

    options.timeout_ms = options.connect_timeout_ms = PLENTY_MS;
    options.max_connections = CLAIMANTS;
    client = mc_client_new_with_options((const char *[]){scripted_host_address(host), NULL}, NULL, &options);
    before = mallinfo2().uordblks + mallinfo2().hblkhd;
    for (size_t i = 0; i < CLAIMANTS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, get_claimed, client), 0);
    for (size_t i = 0; i < CLAIMANTS; i++)
        scripted_host_await(host, i, 2);
    during = mallinfo2().uordblks + mallinfo2().hblkhd;
    for (size_t i = 0; i < CLAIMANTS; i++)
        scripted_host_go(host);
    for (size_t i = 0; i < CLAIMANTS; i++) {
        void *status;
        pthread_join(threads[i], &status);
        ck_assert_int_eq((int)(uintptr_t)status, MC_CONNECTION_LOST);
    }
    /* Of the host's own 64 KiB for each connection, and less than as much of the client's. */
    ck_assert_uint_lt(during - before, (size_t)CLAIMANTS * 2 * 65536);
    mc_client_free(client);
    scripted_host_discard(host);
}
END_TEST

/* A block that is sent over and over. */
static const char *flood_of_statistics(size_t len) {
    static const char line[] = "STAT a b\r\n";
    char             *block = malloc(len);

    ck_assert_ptr_nonnull(block);
    for (size_t i = 0; i < len; i++)
        block[i] = line[i % (sizeof line - 1)];
    return block;
}

struct heard {
    const char *flooding;
    mc_status   status; /* of the host that floods */
    size_t      others; /* statistics of the others */
};

static void hear(const char *host, mc_status status, mc_slice name, mc_slice value, void *arg) {
    struct heard *heard = arg;

    (void)name, (void)value;
    if (strcmp(host, heard->flooding) != 0)
        heard->others += status == MC_OK;
    else if (status != MC_OK)
        heard->status = status;
}

static const listener_kind flood_kinds[] = {LISTENER_TCP, LISTENER_UNIX};

/* One host's flood costs neither the deadline nor another host's answer, which comes while the flood is read. */
START_TEST(an_endless_stream_of_statistics) {
    enum { LEN = 1000000 };
    const char            *block = flood_of_statistics(LEN);
    const host_step        flooding[] = {READ_LINE, FLOOD_BYTES(block, LEN)};
    static const host_step slow[] = {READ_LINE, WAIT(300), SEND("STAT fine 1\r\nEND\r\n"), END};
    const host_step *const scripts[] = {flooding, NULL};
    scripted_host *flood = scripted_host_start(&(scripted_host_options){.kind = flood_kinds[_i], .scripts = scripts});
    scripted_host *other = scripted_host_play(slow);
    struct heard   heard = {.flooding = scripted_host_address(flood)};
    mc_options     options = MC_OPTIONS_INIT;
    mc_client     *client;
    double         began;

    options.timeout_ms = 4000;
    client = mc_client_new_with_options((const char *[]){scripted_host_address(flood), scripted_host_address(other), NULL},
                                        NULL, &options);
    began = now_ms();
    ck_assert_int_eq(mc_stats(client, mc_str(""), hear, &heard), MC_PARTIAL);
    ck_assert_msg(in_time(began, 8000), "%.0f ms", now_ms() - began); /* the telling of it all takes its time too */
    ck_assert_int_eq(heard.status, MC_TIMEOUT);
    ck_assert_uint_eq(heard.others, 1);
    mc_client_free(client);
    scripted_host_discard(flood);
    scripted_host_discard(other);
    free((char *)(uintptr_t)block);
}
END_TEST

/* Reads go on while writes wait: memcached stops reading where its replies are not read. */
START_TEST(many_keys_and_much_data) {
    enum { KEYS = 3000, MISSES = 200000, SIZE = 10000 };
    static const char *const arguments[] = {"-m", "128", NULL};
    memcached                server = memcached_start(arguments);
    mc_client               *client = client_within(server.address, 60000);
    char(*names)[16] = calloc(MISSES, sizeof *names);
    mc_slice  *all = calloc(MISSES, sizeof *all);
    mc_entry  *entries = calloc(KEYS, sizeof *entries);
    char      *value = calloc(1, SIZE);
    mc_results results = MC_RESULTS_INIT;

    for (size_t i = 0; i < MISSES; i++) {
        snprintf(names[i], sizeof names[i], "key-%zu", i);
        all[i] = mc_str(names[i]);
        if (i < KEYS)
            entries[i] = (mc_entry){.key = all[i], .value = mc_bytes(value, SIZE), .flags = (uint32_t)i};
    }
    ck_assert_int_eq(mc_set_multi(client, entries, KEYS), MC_OK);
    ck_assert_int_eq(mc_get_multi(client, all, MISSES, &results), MC_OK);
    for (size_t i = 0; i < MISSES; i++) {
        ck_assert_int_eq(results.items[i].status, i < KEYS ? MC_OK : MC_NOT_FOUND);
        ck_assert(i >= KEYS || (results.items[i].flags == i && results.items[i].value.len == SIZE));
    }
    mc_results_clear(&results);
    free(value);
    free(entries);
    free(all);
    free(names);
    mc_client_free(client);
    memcached_kill(&server);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("network");
    TCase *tcase = test_case(suite, "not reached", 60);

    test_rows(tcase, what_cannot_be_reached_is_told_at_once, unreachable);
    tcase_add_test(tcase, a_path_without_permission);

    tcase = test_case(suite, "broken", 60);
    tcase_add_test(tcase, a_broken_connection_is_replaced_once);
    tcase_add_test(tcase, a_full_server_turns_away_and_recovers);
    test_rows(tcase, a_restart_is_seen_before_anything_is_sent, kinds);
    tcase_add_test(tcase, a_stopped_server_is_timed_out_and_comes_back);

    tcase = test_case(suite, "not due", 60);
    tcase_add_test(tcase, strays_on_an_idle_connection_are_no_replies);
    test_rows(tcase, a_banner_is_no_reply, banners);
    test_rows(tcase, a_late_reply_meets_nobody, late_keys);

    tcase = test_case(suite, "much and slow", 120);
    tcase_add_test(tcase, a_slow_reply_in_time_is_a_reply);
    tcase_add_test(tcase, an_error_and_a_reset_while_a_large_value_is_written);
    tcase_add_test(tcase, an_error_while_a_large_value_is_written_keeps_the_connection);
    tcase_add_test(tcase, memory_follows_what_comes_and_not_what_is_claimed);
    test_rows(tcase, an_endless_stream_of_statistics, flood_kinds);
    tcase_add_test(tcase, many_keys_and_much_data);
    return suite;
}
