#include "net/connection.h"

#include "support/check_main.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#define SECOND (1000 * MC__MS)
#define IO_TIMEOUT_MS 200000

static mc__connection *connection;
static int             peer = -1;

static void open_connection(void) {
    mc__stream stream = MC__STREAM_CLOSED;
    int        fds[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
    stream.fd = fds[0];
    stream.is_unix = true;
    peer = fds[1];
    connection = mc__connection_new(&stream, 100 * SECOND, 1024);
    ck_assert_ptr_nonnull(connection);
}

static void close_connection(void) {
    mc__connection_free(connection);
    if (peer >= 0)
        close(peer);
    peer = -1;
}

static mc__look look_at(int second) {
    return mc__connection_look(connection, second * SECOND, IO_TIMEOUT_MS);
}

static bool is_blocking(void) {
    return (fcntl(connection->stream.fd, F_GETFL) & O_NONBLOCK) == 0;
}

START_TEST(the_second_use_readies) {
    mc__time now = 100 * SECOND;

    ck_assert(!mc__connection_may_wait(connection, now, now + 86400 * SECOND));
    ck_assert(!is_blocking());
    ck_assert(look_at(101) == MC__LOOK_QUIET);
    ck_assert(is_blocking());
    ck_assert_int_eq(connection->stream.io_timeout_ms, IO_TIMEOUT_MS);
    ck_assert(mc__connection_may_wait(connection, now, now + 2 * IO_TIMEOUT_MS * MC__MS));
    ck_assert(!mc__connection_may_wait(connection, now, now + 2 * IO_TIMEOUT_MS * MC__MS - 1));
}
END_TEST

/* Without keep-alive nobody would have noticed that it is gone. */
START_TEST(one_that_was_not_ready_is_not_trusted_for_long) {
    ck_assert(look_at(131) == MC__LOOK_CLOSED);
    ck_assert(!is_blocking());
    ck_assert(look_at(129) == MC__LOOK_QUIET);
    ck_assert(look_at(100000) == MC__LOOK_QUIET);
}
END_TEST

START_TEST(one_that_is_not_quiet_is_not_readied) {
    ck_assert_int_eq(send(peer, "x", 1, MSG_NOSIGNAL), 1);
    ck_assert(look_at(101) == MC__LOOK_STRAY);
    ck_assert(!is_blocking());
    ck_assert_int_eq(recv(connection->stream.fd, &(char){0}, 1, 0), 1);
    close(peer);
    peer = -1;
    ck_assert(look_at(101) == MC__LOOK_CLOSED);
    ck_assert(!is_blocking());
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("connection");
    TCase *tcase = test_case(suite, "connection", 60);

    tcase_add_checked_fixture(tcase, open_connection, close_connection);
    tcase_add_test(tcase, the_second_use_readies);
    tcase_add_test(tcase, one_that_was_not_ready_is_not_trusted_for_long);
    tcase_add_test(tcase, one_that_is_not_quiet_is_not_readied);
    return suite;
}
