/* Descriptors: none left, large numbers, those of standard input and output closed, and none inherited by programs. */
#include "support/check_main.h"
#include "support/command_set.h"
#include "support/memcached.h"
#include "support/trials.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static memcached server;

static void start_server(void) {
    server = memcached_start(NULL);
}

static void kill_server(void) {
    memcached_kill(&server);
}

static mc_client *new_client(void) {
    mc_client *client = mc_client_new((const char *[]){server.address, NULL}, NULL);

    ck_assert_ptr_nonnull(client);
    return client;
}

static void use(mc_client *client) {
    mc_value value = MC_VALUE_INIT;

    ck_assert_msg(mc_set(client, mc_str("k"), mc_str("v"), 7, 0) == MC_OK, "%s", mc_error_detail());
    ck_assert_msg(mc_get(client, mc_str("k"), &value) == MC_OK, "%s", mc_error_detail());
    ck_assert_str_eq(value.data, "v");
    mc_value_clear(&value);
}

/* Leaves the process that many descriptors more than it has. */
static struct rlimit allow_more(size_t more) {
    struct rlimit before, few;
    int           lowest = open("/dev/null", O_RDONLY | O_CLOEXEC);

    ck_assert_int_ge(lowest, 0);
    close(lowest);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = (rlim_t)lowest + more;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    return before;
}

START_TEST(without_descriptors_and_with_them_again) {
    for (const command *each = command_set; each->name; each++) {
        mc_client    *client = new_client();
        struct rlimit before = allow_more(0);
        answer        got = each->run(client);

        setrlimit(RLIMIT_NOFILE, &before);
        ck_assert_int_eq(got.status, strcmp(each->name, "flush_all") == 0 ? MC_PARTIAL : MC_UNREACHABLE);
        ck_assert_msg(strstr(got.detail, "Too many open files"), "%s", got.detail);
        use(client); /* at once: the host is not dead */
        mc_client_free(client);
    }
}
END_TEST

/* A name needs a pipe before it needs a socket. */
START_TEST(a_name_without_descriptors) {
    char       address[64];
    mc_client *client;

    snprintf(address, sizeof address, "localhost:%u", server.port);
    client = mc_client_new((const char *[]){address, NULL}, NULL);
    for (size_t more = 0; more < 3; more++) {
        struct rlimit before = allow_more(more);
        answer        got = command_named("set")->run(client);

        setrlimit(RLIMIT_NOFILE, &before);
        ck_assert_msg(got.status == MC_OK || got.status == MC_UNREACHABLE, "%s", got.detail);
        mc_client_close_idle(client);
    }
    use(client);
    mc_client_free(client);
}
END_TEST

static void *use_in_thread(void *arg) {
    mc_value  value = MC_VALUE_INIT;
    mc_status status = MC_OK;

    for (int i = 0; i < 200 && (status == MC_OK || status == MC_UNREACHABLE); i++)
        status = mc_get(arg, mc_str("k"), &value);
    mc_value_clear(&value);
    return (void *)(uintptr_t)status;
}

/* Those who have no descriptor fail; those who have one do not. */
START_TEST(many_threads_and_few_descriptors) {
    mc_client    *client = new_client();
    pthread_t     threads[16];
    size_t        descriptors;
    struct rlimit before;

    use(client);
    mc_client_close_idle(client);
    descriptors = count_descriptors();
    before = allow_more(4);
    for (size_t i = 0; i < ROWS(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, use_in_thread, client), 0);
    for (size_t i = 0; i < ROWS(threads); i++) {
        void *status;
        pthread_join(threads[i], &status);
        ck_assert_msg((uintptr_t)status == MC_OK || (uintptr_t)status == MC_UNREACHABLE, "%s",
                      mc_status_name((mc_status)(uintptr_t)status));
    }
    setrlimit(RLIMIT_NOFILE, &before);
    use(client);
    mc_client_close_idle(client);
    ck_assert_uint_eq(count_descriptors(), descriptors);
    mc_client_free(client);
}
END_TEST

START_TEST(numbers_above_a_thousand) {
    struct rlimit before, many;
    int           fds[1500];
    mc_client    *client;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    many = before;
    many.rlim_cur = before.rlim_max < 2000 ? before.rlim_max : 2000;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &many), 0);
    for (size_t i = 0; i < ROWS(fds); i++) {
        fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
        ck_assert_int_ge(fds[i], 0);
    }
    client = new_client();
    for (const command *each = command_set; each->name; each++) {
        answer got = each->run(client);
        ck_assert_msg(got.status <= MC_EXISTS || got.status == MC_CLIENT_ERROR, "%s: %s", each->name, got.detail);
    }
    mc_client_free(client);
    for (size_t i = 0; i < ROWS(fds); i++)
        close(fds[i]);
    setrlimit(RLIMIT_NOFILE, &before);
}
END_TEST

/* In a child, for the test has uses for them. */
static int use_without_stdio(const char *address) {
    mc_client *client;
    mc_value   value = MC_VALUE_INIT;
    mc_status  status;

    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
    client = mc_client_new((const char *[]){address, NULL}, NULL);
    status = mc_set(client, mc_str("k"), mc_str("v"), 0, 0);
    if (status == MC_OK)
        status = mc_get(client, mc_str("k"), &value);
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            return 100 + fd;
    mc_value_clear(&value);
    mc_client_free(client);
    return (int)status;
}

static const char *const names[] = {"127.0.0.1", "localhost"};

START_TEST(standard_input_and_output_stay_closed) {
    char  address[64];
    int   ended;
    pid_t child;

    snprintf(address, sizeof address, "%s:%u", names[_i], server.port);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        _exit(use_without_stdio(address));
    ck_assert_int_eq(waitpid(child, &ended, 0), child);
    ck_assert(WIFEXITED(ended));
    ck_assert_int_eq(WEXITSTATUS(ended), MC_OK);
}
END_TEST

/* How many descriptors a program has that is started now. */
static int inherited(void) {
    FILE *program = popen("ls /proc/self/fd | wc -l", "r");
    int   count = -1;

    ck_assert_ptr_nonnull(program);
    ck_assert_int_eq(fscanf(program, "%d", &count), 1);
    pclose(program);
    return count;
}

START_TEST(no_program_inherits_a_connection) {
    int        before = inherited();
    mc_client *client = new_client();

    use(client);
    ck_assert_int_eq(inherited(), before);
    mc_client_free(client);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("descriptors");
    TCase *tcase = test_case(suite, "descriptors", 60);

    tcase_add_checked_fixture(tcase, start_server, kill_server);
    tcase_add_test(tcase, without_descriptors_and_with_them_again);
    tcase_add_test(tcase, a_name_without_descriptors);
    tcase_add_test(tcase, many_threads_and_few_descriptors);
    tcase_add_test(tcase, numbers_above_a_thousand);
    test_rows(tcase, standard_input_and_output_stay_closed, names);
    tcase_add_test(tcase, no_program_inherits_a_connection);
    return suite;
}
