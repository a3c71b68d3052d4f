#include "base/lock.h"

#include "support/check_main.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 4
#define ROUNDS 20000

typedef struct counted {
    mc__lock lock;
    int      count;  /* under the lock */
    bool     inside; /* likewise: somebody holds it */
} counted;

static counted shared;

static void set_up(void) {
    shared = (counted){.count = 0};
}

/* Whether nobody else was inside, and errno stayed, in every round. */
static void *count(void *ignored) {
    bool good = true;

    (void)ignored;
    errno = ENOTTY;
    for (int i = 0; i < ROUNDS; i++) {
        mc__lock_take(&shared.lock);
        good = good && !shared.inside;
        shared.inside = true;
        shared.count++;
        if (i % 64 == 0)
            sched_yield(); /* so that others come while it is held */
        shared.inside = false;
        mc__lock_release(&shared.lock);
    }
    return good && errno == ENOTTY ? &shared : NULL;
}

START_TEST(one_holds_it_at_a_time) {
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, count, NULL), 0);
    for (int i = 0; i < THREADS; i++) {
        void *good;
        ck_assert_int_eq(pthread_join(threads[i], &good), 0);
        ck_assert_ptr_nonnull(good);
    }
    ck_assert_int_eq(shared.count, THREADS * ROUNDS);
}
END_TEST

START_TEST(a_child_releases_what_was_held) {
    int   status;
    pid_t process;

    mc__lock_take(&shared.lock);
    process = fork();
    ck_assert_int_ge(process, 0);
    if (process == 0) {
        mc__lock_release(&shared.lock);
        mc__lock_take(&shared.lock);
        _exit(0);
    }
    mc__lock_release(&shared.lock);
    mc__lock_take(&shared.lock);
    mc__lock_release(&shared.lock);
    ck_assert_int_eq(waitpid(process, &status, 0), process);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("lock");
    TCase *tcase = test_case(suite, "lock", 60);

    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, one_holds_it_at_a_time);
    tcase_add_test(tcase, a_child_releases_what_was_held);
    return suite;
}
