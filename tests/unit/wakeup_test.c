#include "net/wakeup.h"

#include "support/check_main.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#define RAISERS 4

static mc__wakeup wakeup;

static void open_one(void) {
    ck_assert_int_eq(mc__wakeup_open(&wakeup), 0);
}

static void close_one(void) {
    mc__wakeup_close(&wakeup);
}

static bool is_raised(int timeout_ms) {
    struct pollfd waited = {.fd = wakeup.read_fd, .events = POLLIN};

    return poll(&waited, 1, timeout_ms) == 1 && (waited.revents & POLLIN);
}

START_TEST(is_quiet_until_raised_and_stays_raised) {
    ck_assert(!is_raised(0));
    mc__wakeup_raise(&wakeup);
    ck_assert(is_raised(0));
    ck_assert(is_raised(0));
    mc__wakeup_raise(&wakeup);
    ck_assert(is_raised(0));
}
END_TEST

START_TEST(raising_for_ever_neither_blocks_nor_changes_errno) {
    errno = 4321;
    for (int i = 0; i < 100000; i++)
        mc__wakeup_raise(&wakeup);
    ck_assert_int_eq(errno, 4321);
    ck_assert(is_raised(0));
}
END_TEST

START_TEST(descriptors_are_above_2_and_close_on_exec) {
    ck_assert_int_gt(wakeup.read_fd, 2);
    ck_assert_int_gt(wakeup.write_fd, 2);
    ck_assert_int_eq(fcntl(wakeup.read_fd, F_GETFD), FD_CLOEXEC);
    ck_assert_int_eq(fcntl(wakeup.write_fd, F_GETFD), FD_CLOEXEC);
}
END_TEST

START_TEST(close_leaves_nothing_open_and_may_be_repeated) {
    mc__wakeup before = wakeup;

    mc__wakeup_close(&wakeup);
    ck_assert_int_eq(fcntl(before.read_fd, F_GETFD), -1);
    ck_assert_int_eq(fcntl(before.write_fd, F_GETFD), -1);
    ck_assert_int_eq(wakeup.read_fd, -1);
    ck_assert_int_eq(wakeup.write_fd, -1);
    mc__wakeup_close(&wakeup);
}
END_TEST

static void *raise_it(void *unused) {
    mc__wakeup_raise(&wakeup);
    return unused;
}

static void *wait_for_it(void *unused) {
    return is_raised(-1) ? unused : NULL;
}

START_TEST(every_waiter_sees_what_any_of_many_raises) {
    pthread_t waiters[RAISERS], raisers[RAISERS];
    void     *seen;

    for (int i = 0; i < RAISERS; i++)
        ck_assert_int_eq(pthread_create(&waiters[i], NULL, wait_for_it, &wakeup), 0);
    for (int i = 0; i < RAISERS; i++)
        ck_assert_int_eq(pthread_create(&raisers[i], NULL, raise_it, NULL), 0);
    for (int i = 0; i < RAISERS; i++) {
        pthread_join(raisers[i], NULL);
        pthread_join(waiters[i], &seen);
        ck_assert_ptr_eq(seen, &wakeup);
    }
}
END_TEST

/* A child holds both ends too; that must not keep the parent's waiters asleep. */
START_TEST(raising_is_seen_while_a_forked_child_lives) {
    int   gate[2], status;
    pid_t child;
    char  byte;

    ck_assert_int_eq(pipe(gate), 0);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        close(gate[1]);
        _exit(read(gate[0], &byte, 1) == 0 ? 0 : 1);
    }
    close(gate[0]);
    mc__wakeup_raise(&wakeup);
    ck_assert(is_raised(0));
    close(gate[1]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

/* In a child: the test's own output must survive. Returns the number of the check that failed. */
static int open_without_standard_descriptors(void) {
    mc__wakeup other;

    for (int fd = 0; fd <= 2; fd++)
        close(fd);
    if (mc__wakeup_open(&other) != 0)
        return 1;
    if (other.read_fd <= 2 || other.write_fd <= 2)
        return 2;
    if (fcntl(other.read_fd, F_GETFD) != FD_CLOEXEC || fcntl(other.write_fd, F_GETFD) != FD_CLOEXEC)
        return 3;
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) != -1)
            return 4;
    }
    mc__wakeup_raise(&other);
    wakeup = other;
    return is_raised(0) ? 0 : 5;
}

/* All descriptors but 0 and 1 are in use, so that a pipe can be made and not moved. */
static int open_without_room_to_move(void) {
    mc__wakeup other;

    while (dup(wakeup.read_fd) >= 0)
        continue;
    close(0);
    close(1);
    if (mc__wakeup_open(&other) != EMFILE)
        return 1;
    if (other.read_fd != -1 || other.write_fd != -1)
        return 2;
    return fcntl(0, F_GETFD) == -1 && fcntl(1, F_GETFD) == -1 ? 0 : 3;
}

/* As before, and one end can be moved. */
static int open_with_room_to_move_one(void) {
    mc__wakeup other;

    while (dup(wakeup.read_fd) >= 0)
        continue;
    close(0);
    close(1);
    close(wakeup.write_fd);
    if (mc__wakeup_open(&other) != EMFILE)
        return 1;
    if (other.read_fd != -1 || other.write_fd != -1)
        return 2;
    return fcntl(0, F_GETFD) == -1 && fcntl(1, F_GETFD) == -1 && fcntl(wakeup.write_fd, F_GETFD) == -1 ? 0 : 3;
}

static int open_without_descriptors(void) {
    mc__wakeup other;

    while (dup(wakeup.read_fd) >= 0)
        continue;
    return mc__wakeup_open(&other) == EMFILE && other.read_fd == -1 && other.write_fd == -1 ? 0 : 1;
}

static int (*const child_programs[])(void) = {open_without_standard_descriptors, open_without_room_to_move,
                                              open_with_room_to_move_one, open_without_descriptors};

START_TEST(holds_with_few_descriptors) {
    int   status;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0)
        _exit(child_programs[_i]());
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "check %d failed", WEXITSTATUS(status));
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("wakeup");
    TCase *tcase = test_case(suite, "wakeup", 30);

    tcase_add_checked_fixture(tcase, open_one, close_one);
    tcase_add_test(tcase, is_quiet_until_raised_and_stays_raised);
    tcase_add_test(tcase, raising_for_ever_neither_blocks_nor_changes_errno);
    tcase_add_test(tcase, descriptors_are_above_2_and_close_on_exec);
    tcase_add_test(tcase, close_leaves_nothing_open_and_may_be_repeated);
    tcase_add_test(tcase, every_waiter_sees_what_any_of_many_raises);
    tcase_add_test(tcase, raising_is_seen_while_a_forked_child_lives);
    test_rows(tcase, holds_with_few_descriptors, child_programs);
    return suite;
}
