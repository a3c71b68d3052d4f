/* A forked child that goes on with its parent's client, wherever the fork was. */

#include "support/each_kind.h"

#include "support/crew.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define K mc_str("k")
#define CHILDREN 4
#define ROUNDS 500

/* Everything that goes wrong in a child or its parent, counted: a child has no Check. */
static unsigned hammer_keys(const char *who, int rounds) {
    mc_value value = MC_VALUE_INIT;
    unsigned wrong = 0;
    char     key[32], text[32];

    for (int i = 0; i < rounds; i++) {
        uint64_t number = 0;
        snprintf(key, sizeof key, "%s-%d", who, i % 20);
        snprintf(text, sizeof text, "%s %d", who, i);
        wrong += mc_set(mc, mc_str(key), mc_str(text), 0, 0) != MC_OK;
        wrong += mc_get(mc, mc_str(key), &value) != MC_OK || strcmp(value.data, text) != 0;
        wrong += mc_incr(mc, mc_str("shared"), 1, &number) != MC_OK || number == 0;
    }
    mc_value_clear(&value);
    return wrong;
}

static int hammer(void *arg) {
    return hammer_keys(arg, ROUNDS) > 0;
}

START_TEST(parent_and_children_write_and_read) {
    static char names[CHILDREN][16];
    pid_t       children[CHILDREN];
    uint64_t    before;
    char        sum[16];

    start_servers(2);
    check_status(mc_set(mc, mc_str("shared"), mc_str("0"), 0, 0), MC_OK);
    ck_assert_uint_eq(hammer_keys("first", ROUNDS), 0);
    before = server_stat(0, "total_connections");
    for (int i = 0; i < CHILDREN; i++) {
        snprintf(names[i], sizeof names[i], "child-%d", i);
        children[i] = child_start(hammer, names[i]);
    }
    ck_assert_uint_eq(hammer_keys("parent", ROUNDS), 0);
    for (int i = 0; i < CHILDREN; i++)
        ck_assert_int_eq(child_wait(children[i]), 0);
    ck_assert_uint_eq(hammer_keys("last", ROUNDS), 0);
    snprintf(sum, sizeof sum, "%d", (CHILDREN + 3) * ROUNDS);
    check_value("shared", sum);
    ck_assert_uint_eq(server_stat(0, "total_connections"), before + CHILDREN); /* each child its own, the parent its old */
}
END_TEST

/* ------------------------------------------------------------------------------------------------------ from callbacks --
 */

static pid_t forked;

static mc_status add_1_on_both_sides(const mc_value *current, mc_value *next, void *forks) {
    char text[32];

    if (*(int *)forks > 0) {
        --*(int *)forks;
        forked = fork();
    }
    snprintf(text, sizeof text, "%d", current ? atoi(current->data) + 1 : 1);
    return mc_value_set(next, mc_str(text));
}

static void check_child_went_well(void) {
    int status = -1;

    ck_assert_int_eq(waitpid(forked, &status, 0), forked);
    ck_assert_int_eq(status, 0);
}

START_TEST(a_fork_while_an_update_computes) {
    int       forks = 1;
    mc_status status;

    start_servers(1);
    check_status(mc_set(mc, K, mc_str("5"), 0, 0), MC_OK);
    status = mc_update(mc, K, add_1_on_both_sides, &forks, 0);
    if (forked == 0)
        _exit(status == MC_OK ? 0 : 1);
    check_status(status, MC_OK);
    check_child_went_well();
    check_value("k", "7");
}
END_TEST

static void fork_once(const char *host, mc_status status, mc_slice version, void *forks) {
    (void)host;
    (void)status;
    (void)version;
    if (++*(int *)forks == 2)
        forked = fork();
}

START_TEST(a_fork_from_a_survey) {
    int       calls = 0;
    mc_status status;

    start_servers(3);
    status = mc_version(mc, fork_once, &calls);
    if (forked == 0)
        _exit(status == MC_OK && calls == 3 && mc_set(mc, K, mc_str("child"), 0, 0) == MC_OK ? 0 : 1);
    check_status(status, MC_OK);
    ck_assert_int_eq(calls, 3);
    check_child_went_well();
    check_value("k", "child");
}
END_TEST

/* --------------------------------------------------------------------------------------------------------------- others --
 */

static int change_everything(void *other) {
    mc_view     view = MC_VIEW_INIT;
    const char *hosts[] = {other, NULL};
    mc_client  *inner;
    bool        well;

    view.key_prefix = "child:";
    inner = mc_client_view(mc, &view);
    well = inner && mc_client_set_hosts(mc, hosts, NULL) == MC_OK && mc_set(inner, K, mc_str("v"), 0, 0) == MC_OK;
    mc_client_forget_dead(mc);
    mc_client_close_idle(mc);
    well = well && mc_delete(inner, K) == MC_OK;
    mc_client_free(inner);
    mc_client_free(mc);
    return !well;
}

START_TEST(a_childs_changes_are_its_own) {
    size_t   home;
    uint64_t before;

    start_servers(2);
    check_status(mc_set(mc, K, mc_str("v"), 0, 0), MC_OK);
    ck_assert_uint_eq(mc_client_route(mc, K, &home, 1), 10);
    before = server_stat(home, "total_connections");
    ck_assert_int_eq(child_wait(child_start(change_everything, servers->addresses[1 - home])), 0);
    check_value("k", "v");
    ck_assert_uint_eq(server_stat(home, "total_connections"), before);
}
END_TEST

static int exits_at_once(void *unused) {
    (void)unused;
    return 0;
}

START_TEST(hundreds_of_children_leave_no_trace) {
    uint64_t before;

    start_servers(1);
    check_status(mc_set(mc, K, mc_str("v"), 0, 0), MC_OK);
    before = server_stat(0, "total_connections");
    for (int i = 0; i < 300; i++) {
        ck_assert_int_eq(child_wait(child_start(exits_at_once, NULL)), 0);
        check_value("k", "v");
    }
    ck_assert_uint_eq(server_stat(0, "total_connections"), before);
}
END_TEST

static atomic_bool over;
static atomic_uint wrong;

static void be_busy(size_t index, void *unused) {
    char who[16];

    (void)unused;
    snprintf(who, sizeof who, "thread-%zu", index);
    while (!atomic_load(&over))
        atomic_fetch_add(&wrong, hammer_keys(who, 10));
}

static int work_a_little(void *unused) {
    bool well = hammer_keys("child", 2) == 0;

    (void)unused;
    mc_client_free(mc);
    return !well;
}

START_TEST(forks_among_busy_threads) {
    mc_options options = MC_OPTIONS_INIT;
    crew      *threads;

    options.timeout_ms = 60000;
    options.max_connections = 2;
    start_servers_with(2, NULL, &options);
    check_status(mc_set(mc, mc_str("shared"), mc_str("0"), 0, 0), MC_OK);
    threads = crew_start(4, be_busy, NULL);
    for (int i = 0; i < 200; i++)
        ck_assert_int_eq(child_wait(child_start(i % 2 ? work_a_little : exits_at_once, NULL)), 0);
    atomic_store(&over, true);
    crew_join(threads);
    ck_assert_uint_eq(atomic_load(&wrong), 0);
}
END_TEST

static void init(void) {
    atomic_store(&over, false);
    atomic_store(&wrong, 0);
}

static void add_tests(TCase *tcase) {
    tcase_add_checked_fixture(tcase, init, NULL);

    tcase_add_test(tcase, parent_and_children_write_and_read);
    tcase_add_test(tcase, a_fork_while_an_update_computes);
    tcase_add_test(tcase, a_fork_from_a_survey);
    tcase_add_test(tcase, a_childs_changes_are_its_own);
    tcase_add_test(tcase, hundreds_of_children_leave_no_trace);
    if (FORKS_AMONG_THREADS)
        tcase_add_test(tcase, forks_among_busy_threads);
}

Suite *test_suite(void) {
    Suite *suite = suite_create("client_fork");

    each_kind(suite, "client_fork", 120, add_tests);
    return suite;
}
