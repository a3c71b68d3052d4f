/* Descriptors below 3, which a program that was started without them hands out as any other. */
#include "net/descriptor.h"
#include "net/wakeup.h"
#include "support/check_main.h"
#include "support/nth_call.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#define STANDARD 3

static int saved[STANDARD];

/* Takes away the first count of stdin, stdout and stderr. */
static void take_away(int count) {
    nth_call_disarm();
    for (int fd = 0; fd < STANDARD; fd++)
        ck_assert_int_ge(saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, STANDARD), STANDARD);
    for (int fd = 0; fd < count; fd++)
        close(fd);
}

static void give_back(void) {
    nth_call_disarm();
    for (int fd = 0; fd < STANDARD; fd++) {
        dup2(saved[fd], fd);
        close(saved[fd]);
    }
}

static bool is_open(int fd) {
    return fcntl(fd, F_GETFD) != -1;
}

START_TEST(a_low_one_is_moved) {
    int  moved, flags;
    bool left;

    take_away(_i + 1);
    for (int fd = 0; fd < _i; fd++)
        ck_assert_int_eq(open("/dev/null", O_RDONLY | O_CLOEXEC), fd);
    moved = mc__descriptor_above_stdio(open("/dev/null", O_RDONLY | O_CLOEXEC));
    flags = fcntl(moved, F_GETFD);
    left = is_open(_i);
    mc__descriptor_close(moved);
    give_back();
    ck_assert_int_ge(moved, STANDARD);
    ck_assert(flags & FD_CLOEXEC);
    ck_assert(!left);
}
END_TEST

START_TEST(a_low_one_is_closed_where_it_cannot_be_moved) {
    int  moved, error;
    bool left;

    take_away(1);
    nth_call_fail(NTH_FCNTL, 1, EMFILE, NTH_ONCE);
    moved = mc__descriptor_above_stdio(open("/dev/null", O_RDONLY | O_CLOEXEC));
    error = errno;
    left = is_open(0);
    give_back();
    ck_assert_int_eq(moved, -1);
    ck_assert_int_eq(error, EMFILE);
    ck_assert(!left);
}
END_TEST

START_TEST(others_stay) {
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    ck_assert_int_eq(mc__descriptor_above_stdio(fd), fd);
    ck_assert_int_eq(mc__descriptor_above_stdio(-1), -1);
    errno = EPROTO;
    mc__descriptor_close(fd);
    mc__descriptor_close(-1);
    ck_assert_int_eq(errno, EPROTO);
    ck_assert(!is_open(fd));
}
END_TEST

/* Both ends are low, and either cannot be moved. */
START_TEST(a_wakeup_is_whole_or_not_there) {
    mc__wakeup wakeup;
    int        error;
    bool       left;

    take_away(2);
    nth_call_fail(NTH_FCNTL, (size_t)_i, EMFILE, NTH_ONCE);
    error = mc__wakeup_open(&wakeup);
    left = is_open(0) || is_open(1);
    give_back();
    ck_assert_int_eq(error, EMFILE);
    ck_assert(!left);
    ck_assert_int_eq(wakeup.read_fd, -1);
    ck_assert_int_eq(wakeup.write_fd, -1);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("descriptor");
    TCase *tcase = test_case(suite, "descriptor", 10);

    tcase_add_loop_test(tcase, a_low_one_is_moved, 0, STANDARD);
    tcase_add_test(tcase, a_low_one_is_closed_where_it_cannot_be_moved);
    tcase_add_test(tcase, others_stay);
    tcase_add_loop_test(tcase, a_wakeup_is_whole_or_not_there, 1, 3);
    return suite;
}
