#include "base/fork.h"

#include "support/check_main.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

/* An object with a lock, as a client is. What is done to it is noted in the order of all objects. */
typedef struct object {
    mc__fork_guard  guard;
    pthread_mutex_t lock;
    char            name;
    int             value;
} object;

static char   trace[64];
static size_t traced;

static void note(const object *self, char what) {
    if (traced + 3 > sizeof trace)
        return;
    trace[traced++] = what;
    trace[traced++] = self->name;
    trace[traced] = '\0';
}

/* The guard is the first member. */
static void prepare(mc__fork_guard *guard) {
    object *self = (object *)guard;

    pthread_mutex_lock(&self->lock);
    note(self, '<');
}

static void parent(mc__fork_guard *guard) {
    object *self = (object *)guard;

    note(self, 'p');
    pthread_mutex_unlock(&self->lock);
}

static void child(mc__fork_guard *guard) {
    object *self = (object *)guard;

    note(self, 'c');
    pthread_mutex_unlock(&self->lock);
    pthread_mutex_init(&self->lock, NULL);
    self->value = 0;
}

static void init(object *self, char name) {
    *self = (object){.guard = {.prepare = prepare, .parent = parent, .child = child}, .name = name, .value = 7};
    pthread_mutex_init(&self->lock, NULL);
}

static void enter(object *self, char name) {
    init(self, name);
    ck_assert_int_eq(mc__fork_register(&self->guard), MC_OK);
}

static void leave(object *self) {
    mc__fork_unregister(&self->guard);
    pthread_mutex_destroy(&self->lock);
}

static pid_t fork_or_fail(void) {
    pid_t process = fork();

    ck_assert_int_ge(process, 0);
    return process;
}

static void expect_success(pid_t process) {
    int status;

    ck_assert_int_eq(waitpid(process, &status, 0), process);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child ended with status %#x", (unsigned)status);
}

/* Forks; whether exactly this was done to the objects in either process. */
static bool traces_are(const char *in_parent, const char *in_child) {
    int   status;
    pid_t process;

    traced = 0;
    trace[0] = '\0';
    process = fork();
    if (process == 0)
        _exit(strcmp(trace, in_child) == 0 ? 0 : 1);
    return process > 0 && waitpid(process, &status, 0) == process && status == 0 && strcmp(trace, in_parent) == 0;
}

START_TEST(objects_are_prepared_in_order_and_released_backwards) {
    object x, y, z;

    enter(&x, 'X');
    enter(&y, 'Y');
    enter(&z, 'Z');
    ck_assert(traces_are("<X<Y<ZpZpYpX", "<X<Y<ZcZcYcX"));
    leave(&y);
    ck_assert(traces_are("<X<ZpZpX", "<X<ZcZcX"));
    leave(&x);
    ck_assert(traces_are("<ZpZ", "<ZcZ"));
    leave(&z);
    ck_assert(traces_are("", ""));
}
END_TEST

START_TEST(an_object_may_be_registered_again) {
    object x, y;

    enter(&x, 'X');
    enter(&y, 'Y');
    mc__fork_unregister(&x.guard);
    ck_assert_int_eq(mc__fork_register(&x.guard), MC_OK);
    ck_assert(traces_are("<Y<XpXpY", "<Y<XcXcY"));
    leave(&x);
    leave(&y);
}
END_TEST

/* In the child; the number of the check that failed. */
static int fork_and_register(object *x) {
    object y;

    init(&y, 'Y');
    if (mc__fork_register(&y.guard) != MC_OK)
        return 1;
    if (!traces_are("<X<YpYpX", "<X<YcYcX"))
        return 2;
    leave(&y);
    leave(x);
    return traces_are("", "") && x->value == 0 ? 0 : 3;
}

START_TEST(the_child_may_fork_and_register_too) {
    object x;
    pid_t  process;

    enter(&x, 'X');
    process = fork_or_fail();
    if (process == 0)
        _exit(fork_and_register(&x));
    expect_success(process);
    ck_assert_int_eq(x.value, 7);
    leave(&x);
}
END_TEST

/* A thread that holds the lock most of the time, and does not keep the invariant (value is 7 or 0) while it does. */
typedef struct busy_thread {
    object     *shared;
    atomic_bool stop;
} busy_thread;

static void *keep_busy(void *argument) {
    busy_thread *busy = argument;

    while (!atomic_load(&busy->stop)) {
        pthread_mutex_lock(&busy->shared->lock);
        for (int i = 0; i < 1000; i++)
            busy->shared->value++;
        busy->shared->value -= 1000;
        pthread_mutex_unlock(&busy->shared->lock);
    }
    return NULL;
}

/* Not noted down: the trace would be too long. */
static void quiet_prepare(mc__fork_guard *guard) {
    pthread_mutex_lock(&((object *)guard)->lock);
}

static void quiet_release(mc__fork_guard *guard) {
    pthread_mutex_unlock(&((object *)guard)->lock);
}

static void *register_and_unregister(void *argument) {
    busy_thread *busy = argument;
    object       own;

    init(&own, 'O');
    own.guard = (mc__fork_guard){.prepare = quiet_prepare, .parent = quiet_release, .child = quiet_release};
    while (!atomic_load(&busy->stop)) {
        if (mc__fork_register(&own.guard) != MC_OK)
            return argument;
        mc__fork_unregister(&own.guard);
    }
    pthread_mutex_destroy(&own.lock);
    return NULL;
}

static bool child_can_use(object *shared) {
    bool   whole;
    object other;

    init(&other, 'N');
    pthread_mutex_lock(&shared->lock);
    whole = shared->value == 7;
    pthread_mutex_unlock(&shared->lock);
    if (mc__fork_register(&other.guard) != MC_OK)
        return false;
    mc__fork_unregister(&other.guard);
    mc__fork_unregister(&shared->guard);
    return whole;
}

START_TEST(a_child_finds_objects_whole_while_other_threads_use_them) {
    object      shared;
    busy_thread busy = {.shared = &shared};
    pthread_t   users[2], registrar;
    void       *failed;

    init(&shared, 'S');
    shared.guard = (mc__fork_guard){.prepare = quiet_prepare, .parent = quiet_release, .child = quiet_release};
    ck_assert_int_eq(mc__fork_register(&shared.guard), MC_OK);
    for (size_t i = 0; i < ROWS(users); i++)
        ck_assert_int_eq(pthread_create(&users[i], NULL, keep_busy, &busy), 0);
    ck_assert_int_eq(pthread_create(&registrar, NULL, register_and_unregister, &busy), 0);
    for (int i = 0; i < 200; i++) {
        pid_t process = fork_or_fail();
        if (process == 0) {
            alarm(30); /* a lock that nobody releases */
            _exit(child_can_use(&shared) ? 0 : 1);
        }
        expect_success(process);
    }
    atomic_store(&busy.stop, true);
    for (size_t i = 0; i < ROWS(users); i++)
        pthread_join(users[i], NULL);
    pthread_join(registrar, &failed);
    ck_assert_ptr_null(failed);
    leave(&shared);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("fork");
    TCase *tcase = test_case(suite, "fork", 60);

    tcase_add_test(tcase, objects_are_prepared_in_order_and_released_backwards);
    tcase_add_test(tcase, an_object_may_be_registered_again);
    tcase_add_test(tcase, the_child_may_fork_and_register_too);
    tcase_add_test(tcase, a_child_finds_objects_whole_while_other_threads_use_them);
    return suite;
}
