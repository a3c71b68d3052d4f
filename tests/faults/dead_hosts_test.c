/* Hosts that are dead, come back, or flap, before many threads; and how many connections are tried meanwhile. */
#include "mcclient/mcclient.h"
#include "support/check_main.h"
#include "support/cluster.h"
#include "support/crew.h"
#include "support/dead_end.h"
#include "support/homes.h"
#include "support/lateness.h"

#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* The program is linked with --wrap=connect: each connection that is tried, here or in the library, is counted. */
int __real_connect(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len);

static atomic_size_t connects;

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len) {
    atomic_fetch_add(&connects, 1);
    return __real_connect(fd, address, len);
}

static mc_client *client_with(const char *const *hosts, mc_failover failover, int connect_timeout_ms, int dead_retry_ms,
                              unsigned max_connections) {
    mc_options options = MC_OPTIONS_INIT;
    mc_client *client;

    options.timeout_ms = 20000;
    options.connect_timeout_ms = connect_timeout_ms;
    options.dead_retry_ms = dead_retry_ms;
    options.failover = failover;
    options.max_connections = max_connections;
    client = mc_client_new_with_options(hosts, NULL, &options);
    ck_assert_ptr_nonnull(client);
    return client;
}

/* ------------------------------------------------------------------------------------------------------- all are dead -- */

#define DEAD 3
#define CALLS 1000

struct dead_hosts {
    dead_end    ends[DEAD];
    const char *hosts[DEAD + 1];
};

static void start_refusing(struct dead_hosts *dead) {
    for (size_t i = 0; i < DEAD; i++) {
        dead->ends[i] = dead_end_refusing();
        dead->hosts[i] = dead->ends[i].address;
    }
    dead->hosts[DEAD] = NULL;
}

static void stop_refusing(struct dead_hosts *dead) {
    for (size_t i = 0; i < DEAD; i++)
        dead_end_free(&dead->ends[i]);
}

/* The first calls learn it, by one connection a host; from then on nobody is asked. */
START_TEST(all_are_dead) {
    struct dead_hosts dead;
    mc_client        *client;
    char              key[HOME_KEY_SIZE];
    size_t            tried;

    start_refusing(&dead);
    client = client_with(dead.hosts, MC_FAILOVER_REHASH, 20000, 3600000, 16);
    atomic_store(&connects, 0);
    for (size_t i = 0; i < DEAD; i++) {
        home_key(client, i, 0, key);
        ck_assert(mc_set(client, mc_str(key), mc_str("v"), 0, 0) != MC_OK);
    }
    ck_assert_uint_eq(atomic_load(&connects), DEAD);
    tried = atomic_load(&connects);
    for (size_t i = 0; i < CALLS; i++) {
        snprintf(key, sizeof key, "key-%zu", i);
        ck_assert_int_eq(mc_set(client, mc_str(key), mc_str("v"), 0, 0), MC_NO_SERVER);
    }
    ck_assert_uint_eq(atomic_load(&connects), tried);
    mc_client_free(client);
    stop_refusing(&dead);
}
END_TEST

/* The same for many keys at once: the first such call learns it of all hosts, the next asks nobody. */
START_TEST(all_are_dead_to_a_multi) {
    struct dead_hosts dead;
    mc_client        *client;
    mc_slice          keys[CALLS];
    char              names[CALLS][HOME_KEY_SIZE];
    mc_status         statuses[CALLS];

    start_refusing(&dead);
    client = client_with(dead.hosts, MC_FAILOVER_REHASH, 20000, 3600000, 16);
    for (size_t i = 0; i < CALLS; i++) {
        snprintf(names[i], sizeof names[i], "key-%zu", i);
        keys[i] = mc_str(names[i]);
    }
    atomic_store(&connects, 0);
    ck_assert_int_eq(mc_delete_multi(client, keys, CALLS, statuses), MC_PARTIAL);
    for (size_t i = 0; i < CALLS; i++)
        ck_assert_int_eq(statuses[i], MC_UNREACHABLE);
    ck_assert_uint_eq(atomic_load(&connects), DEAD);
    ck_assert_int_eq(mc_delete_multi(client, keys, CALLS, statuses), MC_PARTIAL);
    for (size_t i = 0; i < CALLS; i++)
        ck_assert_int_eq(statuses[i], MC_NO_SERVER);
    ck_assert_uint_eq(atomic_load(&connects), DEAD);
    mc_client_free(client);
    stop_refusing(&dead);
}
END_TEST

/* --------------------------------------------------------------------------------------------------- no connect storm -- */

#define CROWD 64
#define CROWD_CONNECTIONS 4
#define CROWD_CONNECT_MS 2000

struct crowd {
    mc_client    *client;
    atomic_size_t unreachable;
};

static void get_once(size_t index, void *arg) {
    struct crowd *crowd = arg;
    mc_value      value = MC_VALUE_INIT;
    mc_status     status;

    (void)index;
    status = mc_get(crowd->client, mc_str("k"), &value);
    if (status == MC_UNREACHABLE || status == MC_NO_SERVER)
        atomic_fetch_add(&crowd->unreachable, 1);
    mc_value_clear(&value);
}

/* A host that swallows SYNs meets a crowd: as many connections as the pool has are tried, and those who wait for one of them
 * are told with the first that fails instead of trying in turn. */
START_TEST(a_crowd_at_a_black_hole) {
    dead_end     hole = dead_end_black_hole();
    const char  *hosts[] = {hole.address, NULL};
    struct crowd crowd = {.client = client_with(hosts, MC_FAILOVER_NONE, CROWD_CONNECT_MS, 3600000, CROWD_CONNECTIONS)};
    double       began = now_ms();

    atomic_store(&connects, 0);
    crew_run(CROWD, get_once, &crowd);
    ck_assert_uint_eq(atomic_load(&crowd.unreachable), CROWD);
    ck_assert_uint_le(atomic_load(&connects), CROWD_CONNECTIONS);
    ck_assert(in_time(began, CROWD_CONNECT_MS));
    mc_client_free(crowd.client);
    dead_end_free(&hole);
}
END_TEST

/* The same with somewhere else to go: those who wait go there. */
START_TEST(a_crowd_goes_elsewhere) {
    cluster     *servers = cluster_start(SERVER_BUNDLED, 1);
    dead_end     hole = dead_end_black_hole();
    const char  *hosts[] = {hole.address, servers->hosts[0], NULL};
    struct crowd crowd = {.client = client_with(hosts, MC_FAILOVER_REHASH, CROWD_CONNECT_MS, 3600000, CROWD_CONNECTIONS)};
    double       began = now_ms();

    atomic_store(&connects, 0);
    crew_run(CROWD, get_once, &crowd);
    ck_assert_uint_eq(atomic_load(&crowd.unreachable), 0);
    ck_assert_uint_le(atomic_load(&connects), 2 * CROWD_CONNECTIONS);
    ck_assert(in_time(began, CROWD_CONNECT_MS));
    mc_client_free(crowd.client);
    dead_end_free(&hole);
    cluster_stop(servers);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------- one who tries --
 */

#define SKIPS 20

struct comeback {
    mc_client    *client;
    atomic_size_t skipped[CROWD];
    atomic_size_t wrong;
};

/* Asks until the host has answered, and counts how often it was not asked. */
static void ask_until_answered(size_t index, void *arg) {
    struct comeback *self = arg;
    mc_value         value = MC_VALUE_INIT;
    mc_status        status;

    while ((status = mc_get(self->client, mc_str("k"), &value)) == MC_UNREACHABLE) {
        atomic_fetch_add(&self->skipped[index], 1);
        poll(NULL, 0, 1);
    }
    if (status != MC_NOT_FOUND)
        atomic_fetch_add(&self->wrong, 1);
    mc_value_clear(&value);
}

static size_t who_skipped(const struct comeback *self) {
    size_t count = 0;

    for (size_t i = 0; i < CROWD; i++)
        count += atomic_load(&self->skipped[i]) >= SKIPS;
    return count;
}

/* The time to try again has come, the host accepts and is slow to answer: one of the crowd waits for it, the others are told
 * at once, again and again. When it answers it is there for all. */
START_TEST(one_tries_for_all) {
    cluster        *servers = cluster_start(SERVER_MEMCACHED, 1);
    struct comeback self = {.client = client_with(servers->hosts, MC_FAILOVER_NONE, 20000, 1, 16)};
    crew           *crowd;

    cluster_kill(servers, 0);
    ck_assert_int_eq(mc_delete(self.client, mc_str("k")), MC_UNREACHABLE);
    cluster_restart(servers, 0);
    memcached_pause(&servers->processes[0]);
    poll(NULL, 0, 2); /* what dead_retry_ms asks for, and its share more */
    atomic_store(&connects, 0);
    crowd = crew_start(CROWD, ask_until_answered, &self);
    while (who_skipped(&self) < CROWD - 1)
        poll(NULL, 0, 1);
    ck_assert_uint_eq(atomic_load(&connects), 1);
    memcached_resume(&servers->processes[0]);
    crew_join(crowd);
    ck_assert_uint_eq(atomic_load(&self.wrong), 0);
    ck_assert_uint_le(atomic_load(&connects), 16);
    mc_client_free(self.client);
    cluster_stop(servers);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------------ flapping --
 */

#define FLAPPERS 4
#define FLAPS 5
#define FLAP_MS 50
#define FLAP_RETRY_MS 20

struct flapping {
    mc_client    *client;
    atomic_bool   over;
    atomic_size_t wrong, answered;
};

/* Writes and reads values that name their key, and counts those that name another. */
static void use_while_it_flaps(size_t index, void *arg) {
    struct flapping *self = arg;
    mc_value         value = MC_VALUE_INIT;
    char             key[HOME_KEY_SIZE];

    for (size_t i = 0; !atomic_load(&self->over); i++) {
        mc_status status;

        snprintf(key, sizeof key, "flap-%zu-%zu", index, i % 50);
        mc_set(self->client, mc_str(key), mc_str(key), 0, 0);
        snprintf(key, sizeof key, "flap-%zu-%zu", (index + i) % FLAPPERS, i % 50);
        status = mc_get(self->client, mc_str(key), &value);
        if (status == MC_OK && strcmp(value.data, key) != 0)
            atomic_fetch_add(&self->wrong, 1);
        atomic_fetch_add(&self->answered, status == MC_OK || status == MC_NOT_FOUND);
        if (status == MC_UNREACHABLE)
            poll(NULL, 0, 1); /* that is told at once, and the server that starts wants to run too */
    }
    mc_value_clear(&value);
}

/* One host is up for a moment and down for a moment. In each moment that it is up every thread may connect once; in each
 * that it is down every thread may find its connection broken, try once more, and later one of them at a time. */
START_TEST(a_host_flaps) {
    cluster        *servers = cluster_start(SERVER_MEMCACHED, 2);
    struct flapping self = {
        .client = client_with(servers->hosts, _i ? MC_FAILOVER_REHASH : MC_FAILOVER_NONE, 1000, FLAP_RETRY_MS, FLAPPERS)};
    double began = clock_ms();
    crew  *flappers;
    size_t allowed;

    atomic_store(&connects, 0);
    flappers = crew_start(FLAPPERS, use_while_it_flaps, &self);
    for (size_t i = 0; i < FLAPS; i++) {
        poll(NULL, 0, FLAP_MS);
        cluster_kill(servers, 0);
        poll(NULL, 0, FLAP_MS);
        cluster_restart(servers, 0);
    }
    atomic_store(&self.over, true);
    crew_join(flappers);
    allowed = (FLAPS + 1) * 4 * FLAPPERS + (size_t)(clock_ms() - began) / FLAP_RETRY_MS;
    ck_assert_uint_eq(atomic_load(&self.wrong), 0);
    ck_assert_uint_gt(atomic_load(&self.answered), 0);
    ck_assert_uint_le(atomic_load(&connects), allowed);
    mc_client_free(self.client);
    cluster_stop(servers);
}
END_TEST

/* ------------------------------------------------------------------------------------------- many processes, one restart --
 */

#define PROCESSES 16
#define PROCESS_THREADS 8
#define PROCESS_CONNECTIONS 2

struct process {
    const char *const *hosts;
    int                again[2]; /* closed by the parent: the host is there again */
    int                end[2];   /* closed by the parent: the connections are counted */
    int                told[2];  /* a byte from each child that has been answered */
    mc_client         *client;
};

static void ask_in_process(size_t index, void *arg) {
    struct process *self = arg;
    mc_value        value = MC_VALUE_INIT;

    for (size_t i = 0; i < 20;) {
        mc_status status = mc_get(self->client, mc_str("k"), &value);

        (void)index;
        i += status == MC_OK || status == MC_NOT_FOUND;
    }
    mc_value_clear(&value);
}

/* Works, is told that the host restarts, works again, and keeps its connections until the parent has counted them. */
static int live_through_a_restart(void *arg) {
    struct process *self = arg;
    char            byte;

    close(self->again[1]);
    close(self->end[1]);
    self->client = client_with(self->hosts, MC_FAILOVER_REHASH, 1000, 10, PROCESS_CONNECTIONS);
    for (size_t phase = 0; phase < 2; phase++) {
        crew_run(PROCESS_THREADS, ask_in_process, self);
        if (write(self->told[1], "", 1) != 1 || read(phase == 0 ? self->again[0] : self->end[0], &byte, 1) != 0)
            return 1;
    }
    mc_client_free(self->client);
    return 0;
}

static void await_children(struct process *self) {
    char   bytes[PROCESSES];
    size_t have = 0;

    while (have < PROCESSES) {
        ssize_t len = read(self->told[0], bytes, sizeof bytes);
        ck_assert_int_gt(len, 0);
        have += (size_t)len;
    }
}

struct counted {
    const char *name;
    long        value;
};

static void take_count(const char *host, mc_status status, mc_slice name, mc_slice value, void *arg) {
    struct counted *counted = arg;

    (void)host;
    if (status == MC_OK && name.len == strlen(counted->name) && memcmp(name.data, counted->name, name.len) == 0)
        counted->value = strtol(value.data, NULL, 10);
}

/* No host sees more connections of a process than its pool may have, before and after a restart. */
START_TEST(many_processes_and_a_restart) {
    cluster       *servers = cluster_start(SERVER_MEMCACHED, 1);
    struct process self = {.hosts = servers->hosts};
    struct counted open = {.name = "curr_connections"};
    mc_client     *client = client_of(servers->hosts, MC_FAILOVER_REHASH, 10000);
    long           alone;
    pid_t          children[PROCESSES];

    ck_assert_int_eq(pipe2(self.again, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(self.end, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(self.told, O_CLOEXEC), 0);
    ck_assert_int_eq(mc_stats(client, mc_str(""), take_count, &open), MC_OK);
    alone = open.value;
    for (size_t i = 0; i < PROCESSES; i++)
        children[i] = child_start(live_through_a_restart, &self);
    for (size_t phase = 0; phase < 2; phase++) {
        await_children(&self);
        mc_client_forget_dead(client);
        ck_assert_int_eq(mc_stats(client, mc_str(""), take_count, &open), MC_OK);
        ck_assert_int_ge(open.value - alone, PROCESSES);
        ck_assert_int_le(open.value - alone, PROCESSES * PROCESS_CONNECTIONS);
        if (phase == 0) {
            cluster_restart(servers, 0);
            close(self.again[1]);
        }
    }
    close(self.end[1]);
    for (size_t i = 0; i < PROCESSES; i++)
        ck_assert_int_eq(child_wait(children[i]), 0);
    close(self.again[0]);
    close(self.end[0]);
    close(self.told[0]);
    close(self.told[1]);
    mc_client_free(client);
    cluster_stop(servers);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------ there and back --
 */

#define PLENTY_MS 20000
#define HURRY_MS 100
#define HURRY_TRIES 3

/* A get with so little time. */
static mc_status get_hurried(mc_client *client, const char *key, int timeout_ms) {
    mc_view    settings = MC_VIEW_INIT;
    mc_value   value = MC_VALUE_INIT;
    mc_client *view;
    mc_status  status;

    settings.timeout_ms = timeout_ms;
    view = mc_client_view(client, &settings);
    ck_assert_ptr_nonnull(view);
    status = mc_get(view, mc_str(key), &value);
    mc_value_clear(&value);
    mc_client_free(view);
    return status;
}

/* Three calls on a host that is stopped: it is dead then, and keeps what it has. A call that could not be sent in its time
 * does not count, and those after it have more. */
static void let_die(mc_client *client, cluster *servers, size_t host, const char *key) {
    int timeout_ms = HURRY_MS, tries = 1;

    memcached_pause(&servers->processes[host]);
    for (size_t i = 0; i < 3;) {
        mc_status status = get_hurried(client, key, timeout_ms);

        if (status == MC_UNREACHABLE && tries++ < HURRY_TRIES) {
            timeout_ms *= 4;
            continue;
        }
        ck_assert_int_eq(status, MC_TIMEOUT);
        i++;
    }
}

static void let_return(mc_client *client, cluster *servers, size_t host) {
    memcached_resume(&servers->processes[host]);
    mc_client_forget_dead(client);
}

/* Fail-over finds a place for what is written meanwhile, and what was on the home before is seen again when it returns;
 * without fail-over nothing is written meanwhile, and each write says so. */
START_TEST(old_copies_return_with_their_host) {
    cluster   *servers = cluster_start(SERVER_MEMCACHED, 2);
    mc_client *moving = client_of(servers->hosts, MC_FAILOVER_REHASH, PLENTY_MS);
    mc_client *staying = client_of(servers->hosts, MC_FAILOVER_NONE, PLENTY_MS);
    char       key[HOME_KEY_SIZE];

    home_key(moving, 0, 0, key);
    ck_assert_int_eq(mc_set(moving, mc_str(key), mc_str("old"), 0, 0), MC_OK);
    ck_assert(has_text(staying, key, "old"));
    let_die(moving, servers, 0, key);
    ck_assert_int_eq(mc_set(moving, mc_str(key), mc_str("new"), 0, 0), MC_OK);
    ck_assert(has_text(moving, key, "new"));
    let_return(moving, servers, 0);
    ck_assert(has_text(moving, key, "old"));

    let_die(staying, servers, 0, key);
    ck_assert_int_eq(mc_set(staying, mc_str(key), mc_str("newer"), 0, 0), MC_UNREACHABLE);
    ck_assert(!has_text(staying, key, "old"));
    let_return(staying, servers, 0);
    ck_assert(has_text(staying, key, "old"));
    mc_client_free(moving);
    mc_client_free(staying);
    cluster_stop(servers);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("dead_hosts");
    TCase *tcase;

    tcase = test_case(suite, "dead", 60);
    tcase_add_checked_fixture(tcase, NULL, lateness_rest);
    tcase_add_test(tcase, all_are_dead);
    tcase_add_test(tcase, all_are_dead_to_a_multi);
    tcase_add_test(tcase, a_crowd_at_a_black_hole);
    tcase_add_test(tcase, a_crowd_goes_elsewhere);

    tcase = test_case(suite, "return", 60);
    tcase_add_test(tcase, one_tries_for_all);
    tcase_add_loop_test(tcase, a_host_flaps, 0, 2);
    tcase_add_test(tcase, many_processes_and_a_restart);
    tcase_add_test(tcase, old_copies_return_with_their_host);
    return suite;
}
