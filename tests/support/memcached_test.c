#include "support/memcached.h"

#include "support/check_main.h"
#include "support/plain_client.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void check_answers(const char *address) {
    int fd = plain_connect(address);

    ck_assert_int_ge(fd, 0);
    plain_send(fd, "set k 0 0 2\r\nv1\r\nget k\r\n");
    plain_expect(fd, "STORED\r\nVALUE k 0 2\r\nv1\r\nEND\r\n");
    close(fd);
}

START_TEST(starts_two_at_a_time) {
    memcached first = memcached_start(NULL);
    memcached second = memcached_start(NULL);

    ck_assert_str_ne(first.address, second.address);
    check_answers(first.address);
    check_answers(second.address);
    memcached_kill(&first);
    check_answers(second.address);
    memcached_kill(&second);
    memcached_kill(&second);
}
END_TEST

START_TEST(takes_arguments) {
    static const char *const arguments[] = {"-I", "2m", NULL};
    memcached                server = memcached_start(arguments);
    int                      fd = plain_connect(server.address);
    char                     data[4096] = "";

    plain_send(fd, "stats settings\r\n");
    for (size_t len = 0; !strstr(data, "END\r\n") && len < sizeof data - 1;)
        len += plain_read(fd, data + len, 1, NULL);
    ck_assert_ptr_nonnull(strstr(data, "STAT item_size_max 2097152\r\n"));
    close(fd);
    memcached_kill(&server);
}
END_TEST

START_TEST(dies_and_comes_back_on_the_same_port) {
    memcached server = memcached_start(NULL);
    char      address[sizeof server.address];
    int       fd = plain_connect(server.address);
    int       end = -1;
    char      byte;

    strcpy(address, server.address);
    memcached_kill(&server);
    ck_assert_uint_eq(plain_read(fd, &byte, 1, &end), 0);
    ck_assert_int_ne(end, -1);
    close(fd);
    ck_assert_int_eq(plain_connect(address), -1);
    ck_assert_int_eq(errno, ECONNREFUSED);
    memcached_restart(&server);
    ck_assert_str_eq(server.address, address);
    check_answers(address);
    memcached_kill(&server);
}
END_TEST

START_TEST(is_silent_while_it_is_paused) {
    memcached     server = memcached_start(NULL);
    int           fd = plain_connect(server.address);
    struct pollfd readable = {.fd = fd, .events = POLLIN};

    memcached_pause(&server);
    plain_send(fd, "version\r\n");
    ck_assert_int_eq(poll(&readable, 1, 50), 0);
    memcached_resume(&server);
    plain_expect(fd, "VERSION ");
    close(fd);
    memcached_kill(&server);
}
END_TEST

START_TEST(ends_with_a_test_that_crashes) {
    int   to_test[2];
    pid_t child;
    pid_t server_pid = 0;

    ck_assert_int_eq(pipe(to_test), 0);
    child = fork();
    if (child == 0) {
        memcached server = memcached_start(NULL);

        if (write(to_test[1], &server.pid, sizeof server.pid) == (ssize_t)sizeof server.pid)
            raise(SIGKILL);
        _exit(1);
    }
    ck_assert_int_eq(read(to_test[0], &server_pid, sizeof server_pid), sizeof server_pid);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    for (int waited_ms = 0; kill(server_pid, 0) == 0 && waited_ms < 10000; waited_ms++)
        poll(NULL, 0, 1);
    ck_assert_int_eq(kill(server_pid, 0), -1);
    close(to_test[0]);
    close(to_test[1]);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("memcached");
    TCase *tcase = test_case(suite, "memcached", 60);

    tcase_add_test(tcase, starts_two_at_a_time);
    tcase_add_test(tcase, takes_arguments);
    tcase_add_test(tcase, dies_and_comes_back_on_the_same_port);
    tcase_add_test(tcase, is_silent_while_it_is_paused);
    tcase_add_test(tcase, ends_with_a_test_that_crashes);
    return suite;
}
