#include "support/scripted_host.h"

#include "support/check_main.h"
#include "support/dead_end.h"
#include "support/plain_client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int connected(scripted_host *host) {
    int fd = plain_connect(scripted_host_address(host));

    ck_assert_int_ge(fd, 0);
    return fd;
}

/* Reads until the host closes; returns 0 for a FIN or the errno. */
static int closed_with(int fd) {
    char data[64];
    int  end = -1;

    ck_assert_uint_eq(plain_read(fd, data, sizeof data, &end), 0);
    close(fd);
    return end;
}

static const host_step one_get[] = {EXPECT("get k\r\n"), SEND("VALUE k 0 2\r\nv1\r\nEND\r\n"), END};

static const listener_kind kinds[] = {LISTENER_TCP, LISTENER_TCP6, LISTENER_UNIX};

START_TEST(plays_a_script_on_every_kind_of_socket) {
    const host_step *const scripts[] = {one_get, NULL};
    scripted_host         *host = scripted_host_start(&(scripted_host_options){.kind = kinds[_i], .scripts = scripts});
    int                    fd = connected(host);

    plain_send(fd, "get k\r\n");
    plain_expect(fd, "VALUE k 0 2\r\nv1\r\nEND\r\n");
    scripted_host_await(host, 0, 2);
    ck_assert_uint_eq(scripted_host_connections(host), 1);
    ck_assert_uint_eq(scripted_host_open_connections(host), 1);
    ck_assert_uint_eq(scripted_host_bytes_received(host), 7);
    ck_assert_uint_eq(scripted_host_bytes_sent(host), 22);
    ck_assert_uint_eq(scripted_host_count(host, "get k\r\n"), 1);
    ck_assert_ptr_null(scripted_host_mismatch(host));
    close(fd);
    scripted_host_stop(host);
}
END_TEST

static const struct {
    const char *sent;
    const char *mismatch;
} mismatches[] = {
    {"get x\r\n", "connection 0, step 0: expected \"get k\\x0d\\x0a\", got \"get x\\x0d\\x0a\""},
    {"g", "connection 0, step 0: expected \"et k\\x0d\\x0a\", got \"\""},
    {"get k\r\nget k\r\n", "connection 0, step 2: expected \"\", got \"get k\\x0d\\x0a\""},
};

START_TEST(notes_what_was_not_expected) {
    scripted_host *host = scripted_host_play(one_get);
    int            fd = connected(host);
    char           data[64];

    plain_send(fd, mismatches[_i].sent);
    shutdown(fd, SHUT_WR);
    plain_read(fd, data, sizeof data, NULL);
    while (scripted_host_open_connections(host) > 0)
        poll(NULL, 0, 1);
    ck_assert_ptr_nonnull(scripted_host_mismatch(host));
    ck_assert_str_eq(scripted_host_mismatch(host), mismatches[_i].mismatch);
    close(fd);
    scripted_host_discard(host);
}
END_TEST

START_TEST(a_peer_that_leaves_between_requests_is_no_mismatch) {
    scripted_host *host = scripted_host_play(one_get);

    close(connected(host));
    while (scripted_host_connections(host) == 0 || scripted_host_open_connections(host) > 0)
        poll(NULL, 0, 1);
    ck_assert_uint_eq(scripted_host_steps_done(host, 0), 0);
    scripted_host_stop(host);
}
END_TEST

START_TEST(each_connection_plays_its_own_script) {
    static const host_step first[] = {SEND("first"), CLOSE, END};
    static const host_step second[] = {SEND("second"), CLOSE, END};
    const host_step *const scripts[] = {first, second, NULL};
    static const char     *greetings[] = {"first", "second", "second"};
    scripted_host         *host = scripted_host_start(&(scripted_host_options){.scripts = scripts});

    for (size_t i = 0; i < ROWS(greetings); i++) {
        int fd = connected(host);

        plain_expect(fd, greetings[i]);
        ck_assert_int_eq(closed_with(fd), 0);
    }
    ck_assert_uint_eq(scripted_host_connections(host), ROWS(greetings));
    scripted_host_stop(host);
}
END_TEST

START_TEST(closes_and_resets) {
    static const host_step closes[] = {READ_LINE, CLOSE, END};
    static const host_step resets[] = {READ_LINE, RESET, END};
    static const host_step half_closes[] = {READ_LINE, SHUT, EXPECT("still there"), CLOSE, END};
    const host_step *const scripts[] = {closes, resets, half_closes, NULL};
    scripted_host         *host = scripted_host_start(&(scripted_host_options){.scripts = scripts});
    int                    fd;
    char                   byte;

    fd = connected(host);
    plain_send(fd, "a line\n");
    ck_assert_int_eq(closed_with(fd), 0);

    fd = connected(host);
    plain_send(fd, "a line\n");
    ck_assert_int_eq(closed_with(fd), ECONNRESET);

    fd = connected(host);
    plain_send(fd, "a line\n");
    ck_assert_int_eq(recv(fd, &byte, 1, 0), 0);
    plain_send(fd, "still there");
    scripted_host_await(host, 2, 3);
    close(fd);
    scripted_host_stop(host);
}
END_TEST

START_TEST(goes_on_when_told) {
    static const host_step script[] = {SEND("now"), AWAIT_GO, SEND("later"), REPEAT};
    scripted_host         *host = scripted_host_play(script);
    int                    fd = connected(host);
    char                   byte;

    for (size_t round = 0; round < 3; round++) {
        plain_expect(fd, "now");
        ck_assert_int_eq(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
        ck_assert_int_eq(errno, EAGAIN);
        scripted_host_go(host);
        plain_expect(fd, "later");
    }
    scripted_host_await(host, 0, 12);
    close(fd);
    scripted_host_stop(host);
}
END_TEST

START_TEST(stays_silent_and_can_be_stopped) {
    static const host_step silent[] = {SILENCE, END};
    scripted_host         *host = scripted_host_play(silent);
    int                    fd = connected(host);
    struct pollfd          readable = {.fd = fd, .events = POLLIN};

    plain_send(fd, "is anybody there?\r\n");
    ck_assert_int_eq(poll(&readable, 1, 20), 0);
    scripted_host_stop(host);
    ck_assert_int_eq(poll(&readable, 1, 10000), 1);
    close(fd);
}
END_TEST

START_TEST(stops_listening) {
    static const host_step script[] = {STOP_LISTENING, SEND("the last"), END};
    const host_step *const scripts[] = {script, NULL};
    scripted_host         *host = scripted_host_start(&(scripted_host_options){.kind = kinds[_i], .scripts = scripts});
    int                    fd = connected(host);

    plain_expect(fd, "the last");
    ck_assert_int_eq(plain_connect(scripted_host_address(host)), -1);
    ck_assert_int_eq(errno, ECONNREFUSED);
    close(fd);
    scripted_host_stop(host);
}
END_TEST

/* Each row: how a reply of 10 bytes goes out, and the lengths in which the peer must see it on a unix socket. */
static const struct {
    size_t piece;
    size_t split_at;
    size_t seen[11];
} piece_rows[] = {
    {0, 0, {10}},         {1, 0, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    {3, 0, {3, 3, 3, 1}}, {10, 0, {10}},
    {11, 0, {10}},        {0, 1, {1, 9}},
    {0, 9, {9, 1}},       {0, 10, {10}},
    {0, 99, {10}},
};

START_TEST(sends_in_pieces_that_the_peer_sees) {
    static const host_step script[] = {SEND("0123456789"), END};
    const host_step *const scripts[] = {script, NULL};
    scripted_host_options  options = {
         .kind = LISTENER_UNIX, .scripts = scripts, .piece = piece_rows[_i].piece, .split_at = piece_rows[_i].split_at};
    scripted_host *host = scripted_host_start(&options);
    int            fd = connected(host);
    char           data[64];

    for (size_t i = 0; piece_rows[_i].seen[i]; i++)
        ck_assert_int_eq(recv(fd, data, sizeof data, 0), (int)piece_rows[_i].seen[i]);
    close(fd);
    scripted_host_stop(host);
}
END_TEST

START_TEST(trickles) {
    static const host_step script[] = {TRICKLE("abcdef", 2), CLOSE, END};
    scripted_host         *host = scripted_host_play(script);
    int                    fd = connected(host);
    struct timespec        before;
    struct timespec        after;

    clock_gettime(CLOCK_MONOTONIC, &before);
    plain_expect(fd, "abcdef");
    clock_gettime(CLOCK_MONOTONIC, &after);
    ck_assert_int_ge((after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000, 9);
    ck_assert_int_eq(closed_with(fd), 0);
    scripted_host_stop(host);
}
END_TEST

START_TEST(reads_whatever_comes) {
    static const host_step script[] = {READ(5), READ_LINE, SEND("ok"), DRAIN, END};
    scripted_host         *host = scripted_host_play(script);
    int                    fd = connected(host);

    plain_send(fd, "01234 and the rest\nmore");
    plain_expect(fd, "ok");
    close(fd);
    while (scripted_host_open_connections(host) > 0)
        poll(NULL, 0, 1);
    ck_assert_uint_eq(scripted_host_bytes_received(host), 23);
    ck_assert_uint_eq(scripted_host_count(host, "re"), 2);
    scripted_host_stop(host);
}
END_TEST

START_TEST(a_small_receive_buffer_stops_the_peer) {
    static const host_step silent[] = {SILENCE, END};
    static char            data[1 << 20];
    const host_step *const scripts[] = {silent, NULL};
    scripted_host         *host = scripted_host_start(&(scripted_host_options){.scripts = scripts, .receive_buffer = 4096});
    int                    fd = connected(host);
    struct pollfd          writable = {.fd = fd, .events = POLLOUT};
    size_t                 sent = 0;

    while (poll(&writable, 1, 100) == 1) {
        ssize_t len = send(fd, data, sizeof data, MSG_DONTWAIT | MSG_NOSIGNAL);

        ck_assert(len > 0 || errno == EAGAIN);
        sent += len > 0 ? (size_t)len : 0;
        ck_assert_uint_lt(sent, (size_t)64 << 20);
    }
    close(fd);
    scripted_host_stop(host);
}
END_TEST

START_TEST(a_hundred_connections_at_once) {
    static const host_step echo[] = {EXPECT("hello"), SEND("world"), REPEAT};
    scripted_host         *host = scripted_host_play(echo);
    int                    fds[100];

    for (size_t i = 0; i < ROWS(fds); i++)
        fds[i] = connected(host);
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < ROWS(fds); i++)
            plain_send(fds[i], "hello");
        for (size_t i = 0; i < ROWS(fds); i++)
            plain_expect(fds[i], "world");
    }
    ck_assert_uint_eq(scripted_host_connections(host), ROWS(fds));
    ck_assert_uint_eq(scripted_host_count(host, "hello"), 3 * ROWS(fds));
    for (size_t i = 0; i < ROWS(fds); i++)
        close(fds[i]);
    scripted_host_stop(host);
}
END_TEST

START_TEST(a_refusing_port_refuses) {
    dead_end end = dead_end_refusing();

    ck_assert_int_eq(plain_connect(end.address), -1);
    ck_assert_int_eq(errno, ECONNREFUSED);
    dead_end_free(&end);
}
END_TEST

START_TEST(a_black_hole_neither_accepts_nor_refuses) {
    dead_end end = dead_end_black_hole();

    ck_assert_int_eq(plain_connect_within(end.address, 200), -1);
    ck_assert_int_eq(errno, EINPROGRESS);
    dead_end_free(&end);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("scripted_host");
    TCase *steps = test_case(suite, "steps", 30);
    TCase *ends = test_case(suite, "dead ends", 30);

    test_rows(steps, plays_a_script_on_every_kind_of_socket, kinds);
    test_rows(steps, notes_what_was_not_expected, mismatches);
    tcase_add_test(steps, a_peer_that_leaves_between_requests_is_no_mismatch);
    tcase_add_test(steps, each_connection_plays_its_own_script);
    tcase_add_test(steps, closes_and_resets);
    tcase_add_test(steps, goes_on_when_told);
    tcase_add_test(steps, stays_silent_and_can_be_stopped);
    test_rows(steps, stops_listening, kinds);
    test_rows(steps, sends_in_pieces_that_the_peer_sees, piece_rows);
    tcase_add_test(steps, trickles);
    tcase_add_test(steps, reads_whatever_comes);
    tcase_add_test(steps, a_small_receive_buffer_stops_the_peer);
    tcase_add_test(steps, a_hundred_connections_at_once);
    tcase_add_test(ends, a_refusing_port_refuses);
    tcase_add_test(ends, a_black_hole_neither_accepts_nor_refuses);
    return suite;
}
