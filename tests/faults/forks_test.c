/* Processes that fork while a client is in use: both sides go on, and neither meets the other's connections. */
#include "mcclient/mcclient.h"
#include "support/check_main.h"
#include "support/cluster.h"
#include "support/crew.h"
#include "support/homes.h"
#include "support/scripted_host.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define KEYS 100
#define CHILDREN 4
#define GETS 16000 /* of each child and of the parent */

/* ---------------------------------------------------------------------------------------------- both sides at work -- */

static void name_key(size_t i, char key[HOME_KEY_SIZE]) {
    snprintf(key, HOME_KEY_SIZE, "key-%zu", i % KEYS);
}

static void store_keys(mc_client *client) {
    char key[HOME_KEY_SIZE];

    for (size_t i = 0; i < KEYS; i++) {
        name_key(i, key);
        ck_assert_int_eq(mc_set(client, mc_str(key), mc_str(key), 0, 0), MC_OK);
    }
}

/* Gets values that are their keys; returns how many were another's or none. */
static size_t get_many(mc_client *client, size_t count) {
    mc_value value = MC_VALUE_INIT;
    char     key[HOME_KEY_SIZE];
    size_t   wrong = 0;

    for (size_t i = 0; i < count; i++) {
        name_key(i * 7 + (size_t)getpid(), key);
        wrong += mc_get(client, mc_str(key), &value) != MC_OK || strcmp(value.data, key) != 0;
    }
    mc_value_clear(&value);
    return wrong;
}

static int hammer(void *arg) {
    return get_many(arg, GETS) != 0;
}

/* The parent has connections, and everybody reads through the same client. */
START_TEST(parent_and_children_hammer) {
    cluster   *servers = cluster_start(SERVER_MEMCACHED, 2);
    mc_client *client = client_of(servers->hosts, MC_FAILOVER_NONE, 20000);
    pid_t      children[CHILDREN];

    store_keys(client);
    for (size_t i = 0; i < CHILDREN; i++)
        children[i] = child_start(hammer, client);
    ck_assert_uint_eq(get_many(client, GETS), 0);
    for (size_t i = 0; i < CHILDREN; i++)
        ck_assert_int_eq(child_wait(children[i]), 0);
    ck_assert_uint_eq(get_many(client, KEYS), 0);
    mc_client_free(client);
    cluster_stop(servers);
}
END_TEST

static int child_of_child(void *arg) {
    mc_client *client = arg;
    size_t     wrong = get_many(client, KEYS);
    int        result = child_wait(child_start(hammer, client));

    wrong += get_many(client, KEYS);
    mc_client_free(client);
    return result != 0 || wrong != 0;
}

START_TEST(a_child_forks) {
    cluster   *servers = cluster_start(SERVER_MEMCACHED, 2);
    mc_client *client = client_of(servers->hosts, MC_FAILOVER_NONE, 20000);

    store_keys(client);
    ck_assert_int_eq(child_wait(child_start(child_of_child, client)), 0);
    ck_assert_uint_eq(get_many(client, KEYS), 0);
    mc_client_free(client);
    cluster_stop(servers);
}
END_TEST

/* --------------------------------------------------------------------------------------------- the end of a child -- */

/* clang-format off */
static const host_step one_get[] = {
    EXPECT("get warm\r\n"), SEND("END\r\n"),
    EXPECT("get k\r\n"), AWAIT_GO, SEND("VALUE k 0 5\r\nvalue\r\nEND\r\n"),
    EXPECT("get k\r\n"), SEND("VALUE k 0 4\r\nnext\r\nEND\r\n"),
    END,
};
static const host_step stays_open[] = {EXPECT("get warm\r\n"), SEND("END\r\n"), END};
/* clang-format on */

static void get_in_flight(size_t index, void *arg) {
    (void)index;
    ck_assert(has_text(arg, "k", "value"));
}

static int just_exit(void *arg) {
    (void)arg;
    return 0;
}

static int free_client(void *arg) {
    mc_client_free(arg);
    return 0;
}

/* Not where leaks are looked for: what the parent's threads were using is no longer used in the child, and not freed. */
static int exit_properly(void *arg) {
    (void)arg;
#if !defined(__SANITIZE_ADDRESS__)
    if (freopen("/dev/null", "w", stdout)) /* what the parent has in its buffers stays the parent's */
        exit(0);
#endif
    return 0;
}

/* While the parent waits for an answer, a child comes and goes: the connection is as it was, to the last byte. */
START_TEST(a_child_ends) {
    static child_fn *const ends[] = {just_exit, free_client, exit_properly};
    scripted_host         *host = scripted_host_play(one_get);
    mc_client             *client = client_of_one(scripted_host_address(host), 20000);
    mc_value               value = MC_VALUE_INIT;
    crew                  *parent;

    ck_assert_int_eq(mc_get(client, mc_str("warm"), &value), MC_NOT_FOUND);
    parent = crew_start(1, get_in_flight, client);
    scripted_host_await(host, 0, 3);
    ck_assert_int_eq(child_wait(child_start(ends[_i], client)), 0);
    scripted_host_go(host);
    crew_join(parent);
    ck_assert(has_text(client, "k", "next"));
    ck_assert_uint_eq(scripted_host_connections(host), 1);
    mc_value_clear(&value);
    mc_client_free(client);
    scripted_host_stop(host);
}
END_TEST

struct staying {
    int leave[2];
};

static int stay(void *arg) {
    struct staying *self = arg;
    char            byte;

    close(self->leave[1]);
    return read(self->leave[0], &byte, 1) != 0;
}

/* A child that lives on keeps none of its parent's connections open. */
START_TEST(a_child_stays) {
    scripted_host *host = scripted_host_play(stays_open);
    mc_client     *client = client_of_one(scripted_host_address(host), 20000);
    mc_value       value = MC_VALUE_INIT;
    struct staying self;
    pid_t          child;

    ck_assert_int_eq(pipe2(self.leave, O_CLOEXEC), 0);
    ck_assert_int_eq(mc_get(client, mc_str("warm"), &value), MC_NOT_FOUND);
    child = child_start(stay, &self);
    mc_client_free(client);
    while (scripted_host_open_connections(host) > 0)
        poll(NULL, 0, 1);
    ck_assert_int_eq(close(self.leave[1]), 0);
    ck_assert_int_eq(child_wait(child), 0);
    close(self.leave[0]);
    mc_value_clear(&value);
    scripted_host_stop(host);
}
END_TEST

/* ------------------------------------------------------------------------------------------------ forks among threads -- */

#define BUSY 8
#define FORKS 1500

struct busy {
    mc_client         *client;
    const char *const *hosts;
    atomic_bool        over;
    atomic_size_t      wrong;
};

/* Every kind of lock is taken all the time: of the pool, of the health, of the list of hosts. */
static void be_busy(size_t index, void *arg) {
    struct busy *self = arg;

    while (!atomic_load(&self->over)) {
        atomic_fetch_add(&self->wrong, get_many(self->client, 20));
        if (index == 0)
            mc_client_set_hosts(self->client, self->hosts, NULL);
        if (index == 1)
            mc_client_close_idle(self->client);
        if (index == 2)
            mc_client_forget_dead(self->client);
        if (index == 3)
            mc_client_free(client_of(self->hosts, MC_FAILOVER_NONE, 1000));
    }
}

/* Every eighth child works, the others end at once, some after they have freed the client. */
static int work_a_little(void *arg) {
    return get_many(arg, 3) != 0;
}

START_TEST(forks_among_busy_threads) {
    static child_fn *const ways[] = {work_a_little, just_exit, free_client, just_exit};
    cluster               *servers = cluster_start(SERVER_MEMCACHED, 2);
    struct busy            self = {.hosts = servers->hosts};
    crew                  *crowd;

    self.client = client_of(servers->hosts, MC_FAILOVER_NONE, 20000);
    store_keys(self.client);
    crowd = crew_start(BUSY, be_busy, &self);
    for (size_t i = 0; i < FORKS && FORKS_AMONG_THREADS; i++)
        ck_assert_int_eq(child_wait(child_start(ways[i % ROWS(ways)], self.client)), 0);
    atomic_store(&self.over, true);
    crew_join(crowd);
    ck_assert_uint_eq(atomic_load(&self.wrong), 0);
    mc_client_free(self.client);
    cluster_stop(servers);
}
END_TEST

/* ----------------------------------------------------------------------------------------------- other programs -- */

static int list_own_descriptors(void *arg) {
    int   out = open(arg, O_WRONLY | O_TRUNC | O_CLOEXEC);
    char *arguments[] = {"ls", "-l", "/proc/self/fd", NULL};

    dup2(out, 1);
    execv("/bin/ls", arguments);
    return 1;
}

static int spawn_list(const char *path) {
    char                      *arguments[] = {"ls", "-l", "/proc/self/fd", NULL};
    char                      *environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    pid_t                      child;

    ck_assert_int_eq(posix_spawn_file_actions_init(&actions), 0);
    ck_assert_int_eq(posix_spawn_file_actions_addopen(&actions, 1, path, O_WRONLY | O_TRUNC, 0600), 0);
    ck_assert_int_eq(posix_spawn(&child, "/bin/ls", &actions, NULL, arguments, environment), 0);
    posix_spawn_file_actions_destroy(&actions);
    return child_wait(child);
}

/* How many sockets and pipes beyond standard input, output and error a listing shows. */
static size_t foreign_descriptors(const char *path) {
    FILE  *file = fopen(path, "re");
    char   line[512];
    size_t count = 0;

    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file)) {
        const char *arrow = strstr(line, " -> ");
        const char *number = arrow;

        while (number && number > line && number[-1] != ' ')
            number--;
        if (number && strtol(number, NULL, 10) > 2)
            count += strncmp(arrow + 4, "socket:", 7) == 0 || strncmp(arrow + 4, "pipe:", 5) == 0;
    }
    fclose(file);
    return count;
}

START_TEST(other_programs_inherit_nothing) {
    cluster    *servers = cluster_start(SERVER_MEMCACHED, 2);
    struct busy self = {.hosts = servers->hosts};
    char        path[] = "/tmp/mcclient-descriptors-XXXXXX";
    int         file = mkostemp(path, O_CLOEXEC);
    crew       *crowd;
    size_t      before;

    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(spawn_list(path), 0);
    before = foreign_descriptors(path);
    self.client = client_of(servers->hosts, MC_FAILOVER_NONE, 20000);
    store_keys(self.client);
    crowd = crew_start(BUSY, be_busy, &self);
    for (size_t i = 0; i < 40; i++) {
        ck_assert_int_eq(
            i % 2 || !FORKS_AMONG_THREADS ? spawn_list(path) : child_wait(child_start(list_own_descriptors, path)), 0);
        ck_assert_uint_eq(foreign_descriptors(path), before);
    }
    atomic_store(&self.over, true);
    crew_join(crowd);
    ck_assert_uint_eq(atomic_load(&self.wrong), 0);
    close(file);
    unlink(path);
    mc_client_free(self.client);
    cluster_stop(servers);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("forks");
    TCase *tcase;

    alarm(300); /* also where the suite runs in one process, and Check watches no time */
    tcase = test_case(suite, "work", 100);
    tcase_add_test(tcase, parent_and_children_hammer);
    tcase_add_test(tcase, a_child_forks);

    tcase = test_case(suite, "end", 100);
    tcase_add_loop_test(tcase, a_child_ends, 0, 3);
    tcase_add_test(tcase, a_child_stays);

    tcase = test_case(suite, "threads", 100);
    tcase_add_test(tcase, forks_among_busy_threads);
    tcase_add_test(tcase, other_programs_inherit_nothing);
    return suite;
}
