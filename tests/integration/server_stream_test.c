/* The server and the stream of bytes: pipelines, long lines, large values, clients that are slow or gone. */
#include "server/mc_server.h"
#include "support/check_main.h"
#include "support/plain_client.h"
#include "support/raw_exchange.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MEGABYTE ((size_t)1 << 20)
#define LARGEST 1048516 /* the longest value of a key of one byte */

static mc_server *server;
static char       address[32];

static void start_with(const mc_server_options *options) {
    server = mc_server_start(options);
    ck_assert_ptr_nonnull(server);
    snprintf(address, sizeof address, "127.0.0.1:%u", mc_server_port(server));
}

static void start(void) {
    mc_server_options options = MC_SERVER_OPTIONS_INIT;

    options.threads = 2;
    start_with(&options);
}

static void stop(void) {
    mc_server_stop(server);
}

/* ------------------------------------------------------------------------------------------------------------- texts -- */

/* A text that grows; freed with free(text.data). */
typedef struct text {
    char  *data;
    size_t len, capacity;
} text;

static void add_bytes(text *to, const char *bytes, size_t len) {
    if (to->len + len + 1 > to->capacity) {
        to->capacity = (to->len + len + 1) * 2;
        to->data = realloc(to->data, to->capacity);
        ck_assert_ptr_nonnull(to->data);
    }
    memcpy(to->data + to->len, bytes, len);
    to->len += len;
    to->data[to->len] = '\0';
}

static void add(text *to, const char *more) {
    add_bytes(to, more, strlen(more));
}

static void add_many(text *to, char byte, size_t count) {
    char *bytes = malloc(count + 1);

    memset(bytes, byte, count);
    add_bytes(to, bytes, count);
    free(bytes);
}

static void add_set(text *to, const char *key, char byte, size_t len) {
    char line[128];

    snprintf(line, sizeof line, "set %s 0 0 %zu\r\n", key, len);
    add(to, line);
    add_many(to, byte, len);
    add(to, "\r\n");
}

static void add_value(text *to, const char *key, char byte, size_t len) {
    char line[128];

    snprintf(line, sizeof line, "VALUE %s 0 %zu\r\n", key, len);
    add(to, line);
    add_many(to, byte, len);
    add(to, "\r\n");
}

/* Sends one and expects the other, and frees both. */
static void expect_exchange(text *sent, text *expected, size_t step) {
    size_t len;
    char  *answer = raw_exchange(address, sent->data, sent->len, step, &len);

    ck_assert_uint_eq(len, expected->len);
    ck_assert_msg(memcmp(answer, expected->data, len) == 0, "another answer than expected");
    free(answer);
    free(sent->data);
    free(expected->data);
}

/* ---------------------------------------------------------------------------------------------------------- pipelines -- */

START_TEST(pipeline_of_100000_sets_and_gets) {
    text sent = {0}, expected = {0};
    char line[128];

    for (int i = 0; i < 100000; i++) {
        snprintf(line, sizeof line, i % 2 ? "get k%d\r\n" : "set k%d 0 0 5\r\n%05d\r\n", i / 2, i / 2);
        add(&sent, line);
        snprintf(line, sizeof line, i % 2 ? "VALUE k%d 0 5\r\n%05d\r\nEND\r\n" : "STORED\r\n", i / 2, i / 2);
        add(&expected, line);
    }
    expect_exchange(&sent, &expected, 0);
}
END_TEST

START_TEST(quit_in_a_pipeline) {
    raw_expect(address, "set k 0 0 1\r\na\r\nget k\r\nquit\r\nset k 0 0 1\r\nb\r\n",
               "STORED\r\nVALUE k 0 1\r\na\r\nEND\r\n");
    raw_expect(address, "get k\r\n", "VALUE k 0 1\r\na\r\nEND\r\n");
}
END_TEST

/* 64 values of 1 MB in one answer go out while the client reads slowly behind; nothing is lost or mixed up. */
START_TEST(large_multiget) {
    text sent = {0}, expected = {0};

    add_set(&sent, "a", 'a', MEGABYTE - 100);
    add_set(&sent, "b", 'b', MEGABYTE - 100);
    add(&expected, "STORED\r\nSTORED\r\n");
    add(&sent, "get");
    for (int i = 0; i < 32; i++) {
        add(&sent, " a x b");
        add_value(&expected, "a", 'a', MEGABYTE - 100);
        add_value(&expected, "b", 'b', MEGABYTE - 100);
    }
    add(&sent, "\r\nmn\r\n");
    add(&expected, "END\r\nMN\r\n");
    expect_exchange(&sent, &expected, 0);
}
END_TEST

/* -------------------------------------------------------------------------------------------------------------- lines -- */

START_TEST(multiget_line_of_187_kilobytes) {
    text sent = {0}, expected = {0};
    char key[32];

    add(&sent, "set key18724 0 0 1 noreply\r\nz\r\nget");
    for (int i = 0; i < 18725; i++) {
        snprintf(key, sizeof key, " key%d", i);
        add(&sent, key);
    }
    add(&sent, "\r\n");
    add(&expected, "VALUE key18724 0 1\r\nz\r\nEND\r\n");
    expect_exchange(&sent, &expected, (size_t)_i);
}
END_TEST

/* Lines that do not end: only a get may go on for long, and not for ever. */
static void expect_closed(const char *start_of_line, size_t more) {
    int    fd = plain_connect(address);
    char   bytes[4096];
    char   answer[16];
    size_t sent = strlen(start_of_line);
    int    end;

    memset(bytes, 'k', sizeof bytes);
    plain_send(fd, start_of_line);
    while (sent < more && send(fd, bytes, sizeof bytes, MSG_NOSIGNAL) > 0)
        sent += sizeof bytes;
    ck_assert_uint_eq(plain_read(fd, answer, sizeof answer, &end), 0);
    ck_assert(end == 0 || end == ECONNRESET);
    close(fd);
}

START_TEST(lines_without_end) {
    expect_closed("set ", 5000);
    expect_closed("incr ", 5000);
    expect_closed("gat 0 ", 5000);
    expect_closed("", 5000);
    expect_closed("get ", 6 * MEGABYTE);
}
END_TEST

START_TEST(lines_of_spaces) {
    text sent = {0}, expected = {0};

    add(&sent, "get ");
    add_many(&sent, ' ', 2048);
    add(&sent, " k\r\nset ");
    add_many(&sent, ' ', 3000);
    add(&sent, "a 0 0 1\r\n1\r\n");
    add(&expected, "END\r\nSTORED\r\n");
    expect_exchange(&sent, &expected, 0);
}
END_TEST

START_TEST(binary_protocol_is_refused) {
    static const char request[24] = "\x80\x0a"; /* a no-op */
    size_t            len;
    char             *answer = raw_exchange(address, request, sizeof request, 0, &len);

    ck_assert_uint_eq(len, 0);
    free(answer);
    raw_expect(address, "mn\r\n", "MN\r\n");
}
END_TEST

/* ------------------------------------------------------------------------------------------------------------- values -- */

START_TEST(values_of_many_sizes) {
    static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 16383, 16384, 16385, 65535, 65536, 131072, 524288, LARGEST};
    text                sent = {0}, expected = {0};

    for (size_t i = 0; i < ROWS(sizes); i++) {
        add_set(&sent, "k", (char)('a' + i), sizes[i]);
        add(&sent, "get k\r\n");
        add(&expected, "STORED\r\n");
        add_value(&expected, "k", (char)('a' + i), sizes[i]);
        add(&expected, "END\r\n");
        expect_exchange(&sent, &expected, (size_t)(_i ? 4099 : 0));
        sent = expected = (text){0};
    }
}
END_TEST

START_TEST(value_that_is_too_large) {
    text sent = {0}, expected = {0};

    add_set(&sent, "k", 'a', LARGEST);
    add_set(&sent, "k", 'b', LARGEST + 1);
    add(&sent, "get k\r\n");
    add(&expected, "STORED\r\nSERVER_ERROR object too large for cache\r\nEND\r\n");
    expect_exchange(&sent, &expected, 0);
    sent = expected = (text){0};
    add(&sent, "set k 0 0 1\r\na\r\nadd k 0 0 1048600 noreply\r\n");
    add_many(&sent, 'x', 1048600);
    add(&sent, "\r\nget k\r\nset k 0 0 1048600 noreply\r\n");
    add_many(&sent, 'x', 1048600);
    add(&sent, "\r\nget k\r\n");
    add(&expected, "STORED\r\nVALUE k 0 1\r\na\r\nEND\r\nEND\r\n");
    expect_exchange(&sent, &expected, 0);
}
END_TEST

/* The refusal comes at once, not after a block that may never come. */
START_TEST(too_large_is_told_at_once) {
    int fd = plain_connect(address);

    plain_send(fd, "set k 0 0 2000000000\r\n");
    plain_expect(fd, "SERVER_ERROR object too large for cache\r\n");
    close(fd);
}
END_TEST

START_TEST(append_beyond_the_limit) {
    text sent = {0}, expected = {0};

    add_set(&sent, "k", 'a', LARGEST - 1);
    add(&sent, "append k 0 0 1\r\nb\r\nprepend k 0 0 1\r\nb\r\nmg k s\r\n");
    add(&expected, "STORED\r\nSTORED\r\nNOT_STORED\r\nHD s1048516\r\n");
    expect_exchange(&sent, &expected, 0);
}
END_TEST

START_TEST(bad_blocks_of_many_sizes) {
    static const size_t sizes[] = {0, 1, 100, 5000, 20000, 600000, LARGEST};
    text                sent = {0}, expected = {0};

    for (size_t i = 0; i < ROWS(sizes); i++) {
        add_set(&sent, "k", 'a', sizes[i]);
        memcpy(sent.data + sent.len - 2, "xx", 2);
        add(&sent, "rest\r\nmn\r\n");
        add(&expected, "CLIENT_ERROR bad data chunk\r\nERROR\r\nMN\r\n");
    }
    expect_exchange(&sent, &expected, 0);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------------ clients -- */

START_TEST(client_that_vanishes_in_a_value) {
    int fd = plain_connect(address);

    raw_expect(address, "set k 0 0 3\r\nold\r\n", "STORED\r\n");
    plain_send(fd, "set k 0 0 100000\r\nnew");
    raw_expect(address, "get k\r\n", "VALUE k 0 3\r\nold\r\nEND\r\n");
    close(fd);
    raw_expect(address, "get k\r\n", "VALUE k 0 3\r\nold\r\nEND\r\n");
}
END_TEST

/* A reader gets the value that was there when it asked, though it is replaced, counted up and deleted meanwhile. */
START_TEST(reader_keeps_its_version) {
    text  large = {0}, expected = {0};
    int   fd = plain_connect(address);
    char *got;
    int   end;

    add_set(&large, "k", 'a', MEGABYTE - 100);
    add(&expected, "STORED\r\n");
    expect_exchange(&large, &expected, 0);
    expected = (text){0};
    add_value(&expected, "k", 'a', MEGABYTE - 100);
    for (int i = 0; i < 10; i++) /* more than the sockets between them take */
        plain_send(fd, "get k\r\n");
    got = malloc(MEGABYTE);
    ck_assert_uint_eq(plain_read(fd, got, 100, &end), 100);
    ck_assert_int_eq(memcmp(got, expected.data, 100), 0);
    raw_expect(address, "set k 0 0 1\r\nb\r\nget k\r\ndelete k\r\nget k\r\n",
               "STORED\r\nVALUE k 0 1\r\nb\r\nEND\r\nDELETED\r\nEND\r\n");
    ck_assert_uint_eq(plain_read(fd, got, MEGABYTE - 200, &end), MEGABYTE - 200);
    ck_assert_int_eq(memcmp(got, expected.data + 100, MEGABYTE - 200), 0);
    free(got);
    free(expected.data);
    close(fd);
}
END_TEST

static long long resident_kilobytes(void) {
    FILE     *file = fopen("/proc/self/statm", "r");
    long long pages = 0;

    ck_assert_int_eq(fscanf(file, "%*d %lld", &pages), 1);
    fclose(file);
    return pages * 4;
}

/* A client that asks for gigabytes and reads nothing costs little, and the others nothing. */
START_TEST(reader_that_is_stuck) {
    text      sent = {0}, expected = {0};
    int       fd = plain_connect(address);
    long long before;
    size_t    asked = 0;

    add_set(&sent, "k", 'a', 100000);
    add(&expected, "STORED\r\n");
    expect_exchange(&sent, &expected, 0);
    before = resident_kilobytes();
    while (asked < 320000 && send(fd, "get k\r\nget k k k\r\n", 18, MSG_DONTWAIT | MSG_NOSIGNAL) == 18)
        asked += 4;
    ck_assert_uint_gt(asked, 1000);
    raw_expect(address, "mg k s\r\n", "HD s100000\r\n");
    ck_assert_int_lt(resident_kilobytes() - before, 16384);
    close(fd);
}
END_TEST

START_TEST(many_slow_senders) {
    static const char command[] = "set slow 0 0 4\r\nslow\r\n";
    int               fds[400];

    for (size_t i = 0; i < ROWS(fds); i++) {
        fds[i] = plain_connect(address);
        ck_assert_int_ge(fds[i], 0);
    }
    for (size_t at = 0; at < sizeof command - 1; at++) {
        for (size_t i = 0; i < ROWS(fds); i++)
            ck_assert_int_eq(send(fds[i], command + at, 1, MSG_NOSIGNAL), 1);
        raw_expect(address, "mn\r\n", "MN\r\n");
    }
    for (size_t i = 0; i < ROWS(fds); i++) {
        plain_expect(fds[i], "STORED\r\n");
        close(fds[i]);
    }
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("server_stream");
    TCase *tcase = test_case(suite, "stream", 120);

    tcase_add_checked_fixture(tcase, start, stop);
    tcase_add_test(tcase, pipeline_of_100000_sets_and_gets);
    tcase_add_test(tcase, quit_in_a_pipeline);
    tcase_add_test(tcase, large_multiget);
    tcase_add_loop_test(tcase, multiget_line_of_187_kilobytes, 0, 1);
    tcase_add_loop_test(tcase, multiget_line_of_187_kilobytes, 9000, 9001);
    tcase_add_test(tcase, lines_without_end);
    tcase_add_test(tcase, lines_of_spaces);
    tcase_add_test(tcase, binary_protocol_is_refused);
    tcase_add_loop_test(tcase, values_of_many_sizes, 0, 2);
    tcase_add_test(tcase, value_that_is_too_large);
    tcase_add_test(tcase, too_large_is_told_at_once);
    tcase_add_test(tcase, append_beyond_the_limit);
    tcase_add_test(tcase, bad_blocks_of_many_sizes);
    tcase_add_test(tcase, client_that_vanishes_in_a_value);
    tcase_add_test(tcase, reader_keeps_its_version);
    tcase_add_test(tcase, reader_that_is_stuck);
    tcase_add_test(tcase, many_slow_senders);
    return suite;
}
