/* Many clients at once: limits, what an idle one costs, threads on the same keys, and servers side by side. */
#include "server/mc_server.h"
#include "support/check_main.h"
#include "support/plain_client.h"
#include "support/raw_exchange.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define IDLE_MAX 10000
#define IDLE_COST_MAX 4096 /* bytes */

static void start(mc_server **server, char address[32], const mc_server_options *options) {
    *server = mc_server_start(options);
    ck_assert_ptr_nonnull(*server);
    snprintf(address, 32, "127.0.0.1:%u", mc_server_port(*server));
}

static unsigned long long stat_of(const char *address, const char *name) {
    char  line[100];
    char *answer = raw_exchange(address, "stats\r\n", 7, 0, NULL);
    char *at;

    snprintf(line, sizeof line, "STAT %s ", name);
    at = strstr(answer, line);
    ck_assert_msg(at != NULL, "no statistic %s", name);
    at += strlen(line);
    ck_assert_int_gt(*at, 0);
    line[0] = '\0';
    strncat(line, at, strcspn(at, "\r"));
    free(answer);
    return strtoull(line, NULL, 10);
}

static long long resident_bytes(void) {
    FILE     *file = fopen("/proc/self/statm", "r");
    long long pages = 0;

    ck_assert_int_eq(fscanf(file, "%*d %lld", &pages), 1);
    fclose(file);
    return pages * 4096;
}

/* A connection that the server has taken in. */
static int connect_and_speak(const char *address) {
    int fd = plain_connect(address);

    ck_assert_int_ge(fd, 0);
    plain_send(fd, "mn\r\n");
    plain_expect(fd, "MN\r\n");
    return fd;
}

START_TEST(no_more_than_so_many_connections) {
    mc_server_options options = MC_SERVER_OPTIONS_INIT;
    mc_server        *server;
    char              address[32], answer[64];
    int               fds[5], surplus, end;
    size_t            len;

    options.max_connections = 6; /* the listening one included */
    start(&server, address, &options);
    for (size_t i = 0; i < ROWS(fds); i++)
        fds[i] = connect_and_speak(address);
    for (int i = 0; i < 20; i++) {
        surplus = plain_connect(address);
        len = plain_read(surplus, answer, sizeof answer, &end);
        ck_assert_int_eq(end, 0);
        ck_assert_int_eq(strncmp(answer, "ERROR Too many open connections\r\n", len), 0);
        close(surplus);
    }
    for (size_t i = 0; i < 2; i++) {
        plain_send(fds[i], "quit\r\n");
        ck_assert_uint_eq(plain_read(fds[i], answer, sizeof answer, &end), 0);
        close(fds[i]);
    }
    /* A closed socket is seen a moment before the place is free. */
    do {
        surplus = plain_connect(address);
        plain_send(surplus, "mn\r\n");
        len = plain_read(surplus, answer, 4, &end);
        close(surplus);
    } while (len < 4 || memcmp(answer, "MN\r\n", 4) != 0);
    ck_assert_uint_ge(stat_of(address, "rejected_connections"), 20);
    for (size_t i = 2; i < ROWS(fds); i++)
        close(fds[i]);
    mc_server_stop(server);
}
END_TEST

static int idle[IDLE_MAX];

START_TEST(an_idle_connection_costs_little) {
    mc_server_options options = MC_SERVER_OPTIONS_INIT;
    struct rlimit     limit;
    mc_server        *server;
    char              address[32];
    long long         before;
    size_t            count;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    count = limit.rlim_cur / 2 < IDLE_MAX + 100 ? limit.rlim_cur / 2 - 100 : IDLE_MAX;
    options.max_connections = IDLE_MAX + 10;
    start(&server, address, &options);
    close(connect_and_speak(address));
    before = resident_bytes();
    ck_assert_int_gt(before, 0);
    for (size_t i = 0; i < count; i++)
        idle[i] = connect_and_speak(address);
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__) /* they need memory of their own */
    ck_assert_int_lt((resident_bytes() - before) / (long long)count, IDLE_COST_MAX);
#endif
    ck_assert_uint_ge(stat_of(address, "curr_connections"), count);
    for (size_t i = 0; i < count; i++)
        close(idle[i]);
    mc_server_stop(server);
}
END_TEST

#define COUNTERS 8
#define INCREMENTS 100000
#define BATCH 1000

static const char *counted_at;

static void *count_up(void *arg) {
    char   batch[BATCH * 10 + 1] = "";
    char   replies[BATCH * 9];
    int    fd = plain_connect(counted_at);
    size_t lines;

    (void)arg;
    ck_assert_int_ge(fd, 0);
    for (size_t i = 0; i < BATCH; i++)
        memcpy(batch + i * 10, "incr n 1\r\n", 11);
    for (int i = 0; i < INCREMENTS / BATCH; i++) {
        plain_send(fd, batch);
        for (lines = 0; lines < BATCH;) {
            ssize_t len = recv(fd, replies, sizeof replies, 0);
            ck_assert_int_gt(len, 0);
            for (ssize_t at = 0; at < len; at++)
                lines += replies[at] == '\n';
        }
    }
    close(fd);
    return NULL;
}

START_TEST(no_increment_is_lost) {
    mc_server_options options = MC_SERVER_OPTIONS_INIT;
    mc_server        *server;
    char              address[32];
    pthread_t         threads[COUNTERS];

    start(&server, address, &options);
    counted_at = address;
    raw_expect(address, "set n 0 0 1\r\n0\r\n", "STORED\r\n");
    for (size_t i = 0; i < COUNTERS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, count_up, NULL), 0);
    for (size_t i = 0; i < COUNTERS; i++)
        pthread_join(threads[i], NULL);
    raw_expect(address, "get n\r\n", "VALUE n 0 6\r\n800000\r\nEND\r\n");
    mc_server_stop(server);
}
END_TEST

/* Every command from several threads on few keys, while another one looks at everything and flushes. */
static void *mix(void *arg) {
    static const char *const commands[] = {
        "set a 0 0 5\r\nhello\r\n",
        "get a b c\r\n",
        "append a 0 0 1\r\nx\r\n",
        "delete b\r\n",
        "add b 0 1 2\r\n10\r\n",
        "incr b 1\r\n",
        "gets a b\r\n",
        "touch a 100\r\n",
        "gat 100 a c\r\n",
        "ms c 3 T9\r\nabc\r\n",
        "mg c v t h l N30\r\n",
        "md a I T30\r\n",
        "ma b N0 J5\r\n",
        "cas a 0 0 1 7\r\nz\r\n",
        "replace c 0 0 1\r\nr\r\n",
        "prepend a 0 0 1\r\ny\r\n",
        "stats\r\n",
        "stats conns\r\n",
        "stats items\r\n",
        "flush_all\r\n",
    };
    const char *address = arg;
    unsigned    random = (unsigned)(size_t)pthread_self();
    char        text[20000];
    int         round;

    for (round = 0; round < 30; round++) {
        size_t len = 0;
        for (int i = 0; i < 200; i++) {
            random = random * 1103515245 + 12345;
            len += (size_t)snprintf(text + len, sizeof text - len, "%s", commands[(random >> 16) % ROWS(commands)]);
        }
        free(raw_exchange(address, text, len, 0, NULL));
    }
    return NULL;
}

START_TEST(all_commands_at_once) {
    mc_server_options options = MC_SERVER_OPTIONS_INIT;
    mc_server        *server;
    char              address[32];
    pthread_t         threads[6];

    options.threads = 3;
    options.memory_limit = (size_t)2 << 20;
    start(&server, address, &options);
    for (size_t i = 0; i < ROWS(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, mix, address), 0);
    for (size_t i = 0; i < ROWS(threads); i++)
        pthread_join(threads[i], NULL);
    raw_expect(address, "flush_all\r\nset a 0 0 1\r\na\r\nget a\r\n", "OK\r\nSTORED\r\nVALUE a 0 1\r\na\r\nEND\r\n");
    mc_server_stop(server);
}
END_TEST

START_TEST(servers_side_by_side) {
    mc_server_options options = MC_SERVER_OPTIONS_INIT;
    mc_server        *servers[3];
    char              addresses[3][32];

    for (size_t i = 0; i < ROWS(servers); i++)
        start(&servers[i], addresses[i], &options);
    raw_expect(addresses[0], "set k 0 0 1\r\n0\r\n", "STORED\r\n");
    raw_expect(addresses[1], "set k 0 0 1\r\n1\r\n", "STORED\r\n");
    raw_expect(addresses[0], "get k\r\n", "VALUE k 0 1\r\n0\r\nEND\r\n");
    raw_expect(addresses[2], "get k\r\n", "END\r\n");
    mc_server_stop(servers[1]);
    ck_assert_int_lt(plain_connect(addresses[1]), 0);
    raw_expect(addresses[0], "get k\r\n", "VALUE k 0 1\r\n0\r\nEND\r\n");
    mc_server_stop(servers[0]);
    mc_server_stop(servers[2]);
    mc_server_stop(NULL);
}
END_TEST

/* Stopping closes connections in the middle of whatever they are at. */
START_TEST(stop_under_way) {
    mc_server_options options = MC_SERVER_OPTIONS_INIT;
    mc_server        *server;
    char              address[32], byte;
    int               in_line, in_block, idle_one, end;

    start(&server, address, &options);
    idle_one = connect_and_speak(address);
    in_line = connect_and_speak(address);
    plain_send(in_line, "get k");
    in_block = connect_and_speak(address);
    plain_send(in_block, "set k 0 0 100000\r\nabc");
    raw_expect(address, "mn\r\n", "MN\r\n");
    mc_server_stop(server);
    ck_assert_uint_eq(plain_read(idle_one, &byte, 1, &end), 0);
    ck_assert_uint_eq(plain_read(in_line, &byte, 1, &end), 0);
    ck_assert_uint_eq(plain_read(in_block, &byte, 1, &end), 0);
    close(idle_one);
    close(in_line);
    close(in_block);
}
END_TEST

START_TEST(several_addresses) {
    static const char *const addresses[] = {"127.0.0.1", "127.0.0.2:0", "localhost:0", NULL};
    mc_server_options        options = MC_SERVER_OPTIONS_INIT;
    mc_server               *server;
    char                     address[32], other[32];

    options.addresses = addresses;
    start(&server, address, &options);
    raw_expect(address, "set k 0 0 1\r\na\r\n", "STORED\r\n");
    snprintf(other, sizeof other, "127.0.0.2:%u", mc_server_port(server));
    ck_assert_int_lt(plain_connect(other), 0); /* it has a port of its own */
    mc_server_stop(server);
}
END_TEST

START_TEST(a_unix_socket) {
    char              folder[] = "/tmp/mcserver-XXXXXX";
    char              path[64], address[80];
    mc_server_options options = MC_SERVER_OPTIONS_INIT;
    mc_server        *server;
    struct stat       about;

    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/socket", folder);
    snprintf(address, sizeof address, "unix:%s", path);
    options.unix_path = path;
    options.unix_mode = 0640;
    for (int i = 0; i < 2; i++) {
        server = mc_server_start(&options);
        ck_assert_ptr_nonnull(server);
        ck_assert_uint_eq(mc_server_port(server), 0);
        ck_assert_int_eq(stat(path, &about), 0);
        ck_assert_uint_eq(about.st_mode & 0777, 0640);
        raw_expect(address, "set k 0 0 1\r\na\r\nget k\r\n", "STORED\r\nVALUE k 0 1\r\na\r\nEND\r\n");
        mc_server_stop(server);
        ck_assert_int_lt(stat(path, &about), 0);
    }
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(starts_that_fail) {
    static const struct {
        const char *address;
        const char *reason;
    } rows[] = {
        {"256.1.1.1", "bad address 256.1.1.1"},  {"[::1", "bad address [::1"},
        {"[::1]x", "bad address [::1]x"},        {"127.0.0.1:x", "bad address"},
        {"no.such.host.invalid", "bad address"}, {"192.0.2.1", "failed to listen on 192.0.2.1"},
    };
    mc_server_options options = MC_SERVER_OPTIONS_INIT;
    char              error[256], busy[32];
    const char       *addresses[2] = {NULL, NULL};
    mc_server        *server;

    options.addresses = addresses;
    for (size_t i = 0; i < ROWS(rows); i++) {
        addresses[0] = rows[i].address;
        ck_assert_ptr_null(mc_server_start_or_tell(&options, error, sizeof error));
        ck_assert_msg(strncmp(error, rows[i].reason, strlen(rows[i].reason)) == 0, "%s", error);
    }
    addresses[0] = "127.0.0.1";
    start(&server, busy, &options);
    addresses[0] = busy;
    ck_assert_ptr_null(mc_server_start_or_tell(&options, error, sizeof error));
    ck_assert_ptr_nonnull(strstr(error, "in use"));
    ck_assert_ptr_null(mc_server_start(&options));
    mc_server_stop(server);
    options.threads = 0;
    ck_assert_ptr_null(mc_server_start(&options));
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("server_clients");
    TCase *tcase = test_case(suite, "clients", 120);

    tcase_add_test(tcase, no_more_than_so_many_connections);
    tcase_add_test(tcase, an_idle_connection_costs_little);
    tcase_add_test(tcase, no_increment_is_lost);
    tcase_add_test(tcase, all_commands_at_once);
    tcase_add_test(tcase, servers_side_by_side);
    tcase_add_test(tcase, stop_under_way);
    tcase_add_test(tcase, several_addresses);
    tcase_add_test(tcase, a_unix_socket);
    tcase_add_test(tcase, starts_that_fail);
    return suite;
}
