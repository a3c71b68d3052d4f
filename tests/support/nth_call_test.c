#include "support/nth_call.h"

#include "base/buffer.h"
#include "net/resolve.h"
#include "net/wakeup.h"
#include "support/check_main.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define LONG_MS 200000

static mc__buffer buffer;
static mc__stream stream = MC__STREAM_CLOSED;
static int        peer = -1;

/* A stream over a pair of sockets: that is enough to send and receive. */
static void open_pair(void) {
    int fds[2];

    nth_call_disarm();
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    stream = (mc__stream){.fd = fds[0]};
    peer = fds[1];
}

static void close_pair(void) {
    nth_call_disarm();
    mc__stream_close(&stream);
    close(peer);
    mc__buffer_free(&buffer);
}

static bool allocate(void) {
    mc__buffer_free(&buffer);
    return mc__buffer_append(&buffer, MC__LITERAL("x"));
}

START_TEST(calls_of_the_library_are_counted) {
    ck_assert_uint_eq(nth_call_count(NTH_ALLOCATE), 0);
    ck_assert(allocate());
    ck_assert(allocate());
    ck_assert_uint_eq(nth_call_count(NTH_ALLOCATE), 2);
    ck_assert_uint_eq(nth_call_hits(NTH_ALLOCATE), 0);
    ck_assert(mc__stream_look(&stream) == MC__LOOK_QUIET);
    ck_assert_uint_eq(nth_call_count(NTH_RECV), 1);
    nth_call_disarm();
    ck_assert_uint_eq(nth_call_count(NTH_ALLOCATE), 0);
    ck_assert_uint_eq(nth_call_count(NTH_RECV), 0);
}
END_TEST

START_TEST(calls_of_the_test_are_not) {
    nth_call_fail(NTH_ALLOCATE, 1, ENOMEM, NTH_FROM_THEN_ON);
    nth_call_fail(NTH_SEND, 1, EPIPE, NTH_FROM_THEN_ON);
    free(malloc(1));
    ck_assert_int_eq(send(peer, "x", 1, 0), 1);
    ck_assert_uint_eq(nth_call_count(NTH_ALLOCATE), 0);
    ck_assert_uint_eq(nth_call_count(NTH_SEND), 0);
}
END_TEST

START_TEST(one_call_fails) {
    nth_call_fail(NTH_ALLOCATE, 2, ENOMEM, NTH_ONCE);
    ck_assert(allocate());
    errno = 0;
    ck_assert(!allocate());
    ck_assert_int_eq(errno, ENOMEM);
    ck_assert(allocate());
    ck_assert_uint_eq(nth_call_count(NTH_ALLOCATE), 3);
    ck_assert_uint_eq(nth_call_hits(NTH_ALLOCATE), 1);
}
END_TEST

START_TEST(calls_fail_from_one_on_until_disarmed) {
    nth_call_fail(NTH_ALLOCATE, 2, ENOMEM, NTH_FROM_THEN_ON);
    ck_assert(allocate());
    ck_assert(!allocate());
    ck_assert(!allocate());
    ck_assert_uint_eq(nth_call_hits(NTH_ALLOCATE), 2);
    nth_call_disarm();
    ck_assert(allocate());
}
END_TEST

START_TEST(arming_again_replaces_what_was_armed) {
    nth_call_fail(NTH_ALLOCATE, 1, ENOMEM, NTH_FROM_THEN_ON);
    ck_assert(!allocate());
    nth_call_fail(NTH_ALLOCATE, 2, ENOMEM, NTH_ONCE);
    ck_assert(allocate());
    ck_assert(!allocate());
    ck_assert(allocate());
}
END_TEST

static ptrdiff_t send_in(size_t pieces) {
    const mc_slice slices[] = {MC__LITERAL("first "), MC__LITERAL("second")};

    return mc__stream_send(&stream, slices, pieces, true);
}

static ptrdiff_t receive_in(size_t pieces) {
    char           first[3], second[100];
    const mc__area areas[] = {{first, sizeof first}, {second, sizeof second}};

    return mc__stream_receive(&stream, areas, pieces, false);
}

static const struct {
    nth_function function;
    size_t       pieces;
    ptrdiff_t (*move)(size_t pieces);
    ptrdiff_t whole;
} transfers[] = {
    {NTH_SEND, 1, send_in, 6},
    {NTH_SENDMSG, 2, send_in, 12},
    {NTH_RECV, 1, receive_in, 3},
    {NTH_RECVMSG, 2, receive_in, 10},
};

START_TEST(transfers_fail_with_each_error) {
    const int *error = nth_call_errors(transfers[_i].function);

    for (; *error != 0; error++) {
        nth_call_fail(transfers[_i].function, 1, *error, NTH_ONCE);
        ck_assert_int_eq(transfers[_i].move(transfers[_i].pieces), -1);
        ck_assert_int_eq(errno, *error);
    }
}
END_TEST

START_TEST(transfers_move_one_byte) {
    ck_assert_int_eq(send(peer, "0123456789ab", 12, 0), 12);
    nth_call_move_one_byte(transfers[_i].function, 1, NTH_FROM_THEN_ON);
    ck_assert_int_eq(transfers[_i].move(transfers[_i].pieces), 1);
    ck_assert_int_eq(transfers[_i].move(transfers[_i].pieces), 1);
    ck_assert_uint_eq(nth_call_hits(transfers[_i].function), 2);
    nth_call_disarm();
    ck_assert_int_eq(transfers[_i].move(transfers[_i].pieces), transfers[_i].whole);
}
END_TEST

START_TEST(one_byte_of_a_peek_is_the_byte_that_is_there) {
    nth_call_move_one_byte(NTH_RECV, 1, NTH_FROM_THEN_ON);
    ck_assert(mc__stream_look(&stream) == MC__LOOK_QUIET);
    ck_assert_int_eq(send(peer, "x", 1, 0), 1);
    ck_assert(mc__stream_look(&stream) == MC__LOOK_STRAY);
}
END_TEST

START_TEST(a_failing_close_closes) {
    mc__wakeup wakeup, before;

    ck_assert_int_eq(mc__wakeup_open(&wakeup), 0);
    before = wakeup;
    nth_call_fail(NTH_CLOSE, 1, EIO, NTH_FROM_THEN_ON);
    errno = 1234;
    mc__wakeup_close(&wakeup);
    ck_assert_int_eq(errno, 1234);
    ck_assert_uint_eq(nth_call_hits(NTH_CLOSE), 2);
    ck_assert_int_eq(fcntl(before.read_fd, F_GETFD), -1);
    ck_assert_int_eq(fcntl(before.write_fd, F_GETFD), -1);
}
END_TEST

static void *allocate_often(void *argument) {
    mc__buffer *own = argument;

    for (int i = 0; i < 1000; i++) {
        mc__buffer_free(own);
        mc__buffer_append(own, MC__LITERAL("x"));
    }
    return NULL;
}

START_TEST(calls_of_all_threads_are_counted) {
    mc__buffer buffers[4] = {{NULL, 0, 0, 0}};
    pthread_t  threads[4];
    size_t     missing = 0;

    nth_call_fail(NTH_ALLOCATE, 3001, ENOMEM, NTH_FROM_THEN_ON);
    for (size_t i = 0; i < ROWS(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, allocate_often, &buffers[i]), 0);
    for (size_t i = 0; i < ROWS(threads); i++) {
        pthread_join(threads[i], NULL);
        missing += buffers[i].data == NULL;
        mc__buffer_free(&buffers[i]);
    }
    ck_assert_uint_eq(nth_call_count(NTH_ALLOCATE), 4000);
    ck_assert_uint_eq(nth_call_hits(NTH_ALLOCATE), 1000);
    ck_assert_uint_gt(missing, 0);
}
END_TEST

START_TEST(every_function_has_a_name_and_errors) {
    for (int function = 0; function < NTH_FUNCTIONS; function++) {
        ck_assert_ptr_nonnull(nth_call_name((nth_function)function));
        ck_assert_int_ne(nth_call_errors((nth_function)function)[0], 0);
    }
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("nth_call");
    TCase *tcase = test_case(suite, "nth_call", 60);

    tcase_add_checked_fixture(tcase, open_pair, close_pair);
    tcase_add_test(tcase, calls_of_the_library_are_counted);
    tcase_add_test(tcase, calls_of_the_test_are_not);
    tcase_add_test(tcase, one_call_fails);
    tcase_add_test(tcase, calls_fail_from_one_on_until_disarmed);
    tcase_add_test(tcase, arming_again_replaces_what_was_armed);
    test_rows(tcase, transfers_fail_with_each_error, transfers);
    test_rows(tcase, transfers_move_one_byte, transfers);
    tcase_add_test(tcase, one_byte_of_a_peek_is_the_byte_that_is_there);
    tcase_add_test(tcase, a_failing_close_closes);
    tcase_add_test(tcase, calls_of_all_threads_are_counted);
    tcase_add_test(tcase, every_function_has_a_name_and_errors);
    return suite;
}
