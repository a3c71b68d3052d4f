/*
 * chaos [seconds [seed]]: twenty-four threads on one client over three memcached servers that are killed, stopped and
 * restarted, while a signal comes every millisecond, the process forks, and the list of hosts is set anew. Half of the time
 * with fail-over, half of it without; some calls have little time, and many share connections. Prints what happened; exits
 * with 0 if no answer was wrong and no call much too late.
 */
#include "chaos_worker.h"

#include "client/client.h"
#include "support/check_main.h"
#include "support/crew.h"
#include "support/lateness.h"
#include "support/memcached.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS 24
#define SERVERS LEDGER_SERVERS
#define CHILDREN_MAX 4
#define CHILD_STEPS 150

/* Lateness is the machine's as well as the library's; only what is far beyond both is a failure. */
#define LATE_LIMIT_MS 2000

static atomic_ulong signals;
static atomic_uint  moves;
static atomic_uint  looks, looks_at_sharing; /* at a host, and those that found calls on board of a lane */

typedef struct shared {
    ledger_world world;
    chaos_tally  children; /* written by one child at a time: the one that set busy */
    atomic_flag  busy;
} shared;

typedef struct chaos {
    shared       *shared;
    mc_client    *client;
    memcached     servers[SERVERS];
    bool          paused[SERVERS];
    ledger_key   *keys;
    chaos_worker  workers[THREADS];
    chaos_tally   tally;
    atomic_bool   over;
    uint64_t      random;
    pid_t         children[CHILDREN_MAX];
    unsigned long kills, pauses, changes, forks;
    unsigned long failures;
} chaos;

static uint32_t draw(chaos *self, uint32_t below) {
    self->random = self->random * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(self->random >> 33) % below;
}

/* ------------------------------------------------------------------------------------------------------------ signals -- */

static void on_signal(int number) {
    (void)number;
    atomic_fetch_add(&signals, 1);
}

static void set_timer(long interval_us) {
    struct itimerval timer = {.it_interval.tv_usec = interval_us, .it_value.tv_usec = interval_us};

    setitimer(ITIMER_REAL, &timer, NULL);
}

static void block_signals(int how) {
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    pthread_sigmask(how, &set, NULL);
}

static void look_for_sharing(const mc_client *client) {
    mc__roster *roster = mc__client_roster(client);

    for (size_t i = 0; i < roster->count; i++) {
        atomic_fetch_add(&looks, 1);
        atomic_fetch_add(&looks_at_sharing, mc__pool_riding(&roster->hosts[i]->pool) > 1);
    }
    mc__roster_release(roster);
}

static void look_again_and_again(const chaos *self) {
    while (!atomic_load(&self->over)) {
        look_for_sharing(self->client);
        poll(NULL, 0, 5);
    }
}

/* ------------------------------------------------------------------------------------------------------------- threads --
 */

static void work(size_t index, void *arg) {
    chaos *self = arg;

    if (index == THREADS) {
        look_again_and_again(self);
        return;
    }
    block_signals(SIG_UNBLOCK);
    chaos_work(&self->workers[index]);
    block_signals(SIG_BLOCK);
}

/* Hosts that are found dead or alive send keys elsewhere. */
static void note_moves(void *arg, const char *message) {
    (void)arg;
    if (strstr(message, "Marking dead") || strstr(message, "back again"))
        atomic_fetch_add(&moves, 1);
}

static mc_client *new_client(const chaos *self, mc_failover failover) {
    const char *hosts[SERVERS + 1] = {self->servers[0].address, self->servers[1].address, self->servers[2].address, NULL};
    mc_options  options = MC_OPTIONS_INIT;
    mc_client  *client;

    options.timeout_ms = CHAOS_TIMEOUT_MS;
    options.connect_timeout_ms = 100;
    options.dead_retry_ms = 50;
    options.failover = failover;
    options.log = note_moves;
    client = mc_client_new_with_options(hosts, NULL, &options);
    ck_assert_ptr_nonnull(client);
    return client;
}

static mc_client *new_view(const chaos *self, int timeout_ms) {
    mc_view    settings = MC_VIEW_INIT;
    mc_client *view;

    settings.timeout_ms = timeout_ms;
    view = mc_client_view(self->client, &settings);
    ck_assert_ptr_nonnull(view);
    return view;
}

static ledger_key *new_keys(size_t count, const ledger_world *world, mc_failover failover, const char *prefix) {
    ledger_key *keys = calloc(count, sizeof *keys);

    for (size_t i = 0; keys && i < count; i++) {
        char name[LEDGER_KEY_SIZE];

        snprintf(name, sizeof name, "%s-%zu", prefix, i);
        /* Without fail-over a key has one home, whatever is thought of it. */
        ledger_key_init(&keys[i], world, failover == MC_FAILOVER_NONE ? NULL : &moves, name);
    }
    return keys;
}

/* ------------------------------------------------------------------------------------------------------------ children --
 */

/* A child goes on with the client, on keys of its own. */
static int live_as_a_child(chaos *self, mc_failover failover) {
    char          prefix[24];
    chaos_worker *worker = calloc(1, sizeof *worker);

    if (!worker)
        return 1;
    snprintf(prefix, sizeof prefix, "child%d", (int)getpid());
    *worker = (chaos_worker){.client = self->client, .key_count = CHAOS_OWN_KEYS, .random = (uint64_t)getpid()};
    worker->keys = new_keys(CHAOS_OWN_KEYS, &self->shared->world, failover, prefix);
    if (!worker->keys)
        return 1;
    set_timer(1000);
    block_signals(SIG_UNBLOCK);
    chaos_work_alone(worker, CHILD_STEPS);
    set_timer(0);
    while (atomic_flag_test_and_set(&self->shared->busy))
        poll(NULL, 0, 1);
    chaos_add(&self->shared->children, &worker->tally);
    atomic_flag_clear(&self->shared->busy);
    if (getpid() % 2)
        mc_client_free(self->client);
    return worker->tally.wrong > 0;
}

static void reap(chaos *self, bool all) {
    for (size_t i = 0; i < CHILDREN_MAX; i++) {
        int   status = 0;
        pid_t ended = self->children[i] ? waitpid(self->children[i], &status, all ? 0 : WNOHANG) : 0;

        if (ended <= 0)
            continue;
        self->children[i] = 0;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            fprintf(stderr, "a child ended with status %#x\n", (unsigned)status);
            self->failures++;
        }
    }
}

static void fork_one(chaos *self, mc_failover failover) {
    for (size_t i = 0; i < CHILDREN_MAX && FORKS_AMONG_THREADS; i++) {
        if (self->children[i])
            continue;
        self->children[i] = fork();
        if (self->children[i] == 0)
            _exit(live_as_a_child(self, failover));
        ck_assert_int_gt(self->children[i], 0);
        self->forks++;
        return;
    }
}

/* ------------------------------------------------------------------------------------------------------------- servers --
 */

static void resume(chaos *self, size_t server) {
    if (self->paused[server])
        memcached_resume(&self->servers[server]);
    self->paused[server] = false;
}

/* What a server had is gone as soon as it is; that it is, and that it is there again, are changes. */
static void kill_one(chaos *self, size_t server) {
    ledger_world *world = &self->shared->world;

    ledger_change_begins(world);
    memcached_kill(&self->servers[server]);
    atomic_fetch_add(&world->restarts[server], 1);
    ledger_change_ends(world);
    self->paused[server] = false;
    self->kills++;
}

static void start_one(chaos *self, size_t server) {
    ledger_change_begins(&self->shared->world);
    memcached_restart(&self->servers[server]);
    ledger_change_ends(&self->shared->world);
}

static void pause_or_resume(chaos *self, size_t server) {
    if (self->paused[server]) {
        resume(self, server);
    } else if (self->servers[server].pid != 0) {
        memcached_pause(&self->servers[server]);
        self->paused[server] = true;
        self->pauses++;
    }
}

static void set_hosts(chaos *self) {
    const char *hosts[SERVERS + 1];
    unsigned    weights[SERVERS];
    size_t      first = draw(self, SERVERS), count = draw(self, 2) ? SERVERS : SERVERS - 1;

    for (size_t i = 0; i < count; i++) {
        hosts[i] = self->servers[(first + i) % SERVERS].address;
        weights[i] = 1 + draw(self, 3);
    }
    hosts[count] = NULL;
    ledger_change_begins(&self->shared->world);
    ck_assert_int_eq(mc_client_set_hosts(self->client, hosts, weights), MC_OK);
    ledger_change_ends(&self->shared->world);
    self->changes++;
}

static void do_something(chaos *self, mc_failover failover) {
    size_t server = draw(self, SERVERS);

    switch (draw(self, 10)) {
    case 0:
    case 1:
        if (self->servers[server].pid != 0)
            kill_one(self, server);
        break;
    case 2:
    case 3:
    case 4:
        pause_or_resume(self, server);
        break;
    case 5:
        set_hosts(self);
        break;
    case 6:
    case 7:
        fork_one(self, failover);
        break;
    default: /* all is well for a while */
        for (size_t i = 0; i < SERVERS; i++) {
            resume(self, i);
            if (self->servers[i].pid == 0)
                start_one(self, i);
        }
        poll(NULL, 0, 300);
        break;
    }
    if (self->servers[server].pid == 0 && draw(self, 2))
        start_one(self, server);
}

/* ------------------------------------------------------------------------------------------------------------- the run --
 */

static void finish(chaos *self) {
    for (size_t i = 0; i < SERVERS; i++) {
        resume(self, i);
        if (self->servers[i].pid == 0)
            start_one(self, i);
    }
    mc_client_forget_dead(self->client);
    for (size_t i = 0; i < THREADS; i++) {
        size_t failed = chaos_check_own(&self->workers[i]);

        if (failed > 0)
            fprintf(stderr, "thread %zu: %zu keys do not work after all\n", i, failed);
        self->failures += failed;
        chaos_add(&self->tally, &self->workers[i].tally);
    }
}

static void run(chaos *self, mc_failover failover, double seconds) {
    size_t key_count = THREADS * CHAOS_OWN_KEYS;
    double until;
    crew  *threads;

    self->client = new_client(self, failover);
    self->keys = new_keys(key_count, &self->shared->world, failover, failover == MC_FAILOVER_NONE ? "staying" : "moving");
    ck_assert_ptr_nonnull(self->keys);
    for (size_t i = 0; i < THREADS; i++)
        self->workers[i] = (chaos_worker){.client = self->client,
                                          .keys = self->keys,
                                          .key_count = key_count,
                                          .first_own = i * CHAOS_OWN_KEYS,
                                          .over = &self->over,
                                          .random = self->random + 977 * i};
    for (size_t i = 0; i < THREADS; i++)
        self->workers[i].hurried = new_view(self, self->workers[i].hurried_ms = 1 + (int)draw(self, 60));
    atomic_store(&self->over, false);
    threads = crew_start(THREADS + 1, work, self);
    set_timer(1000);
    for (until = clock_ms() + seconds * 1e3; clock_ms() < until;) {
        do_something(self, failover);
        reap(self, false);
        poll(NULL, 0, 20 + (int)draw(self, 100));
    }
    atomic_store(&self->over, true);
    crew_join(threads);
    set_timer(0);
    reap(self, true);
    for (size_t i = 0; i < THREADS; i++)
        mc_client_free(self->workers[i].hurried);
    finish(self);
    mc_client_free(self->client);
    free(self->keys);
}

static void print_tally(const char *of, const chaos_tally *tally) {
    printf("%s: %lu calls, %lu reads judged, %lu of them against a calm world, %lu excused, %lu wrong\n", of, tally->calls,
           tally->reads, tally->calm_reads, tally->excused, tally->wrong);
    for (unsigned i = 0; i < CHAOS_STATUSES; i++) {
        if (tally->statuses[i] > 0)
            printf("  %lu %s", tally->statuses[i], mc_status_name((mc_status)i));
    }
    printf("\n  latest end of a call: %.1f ms after its deadline; %lu later than 50 ms\n", tally->worst_ms, tally->late);
}

/* ---------------------------------------------------------------------------------------------------------- the frame -- */

static double   seconds = 4;
static uint64_t seed;

static void report(const chaos *self, double sleep_ms) {
    printf("%lu kills, %lu pauses, %lu lists of hosts, %lu forks, %lu signals, %u moves of keys\n", self->kills,
           self->pauses, self->changes, self->forks, atomic_load(&signals), atomic_load(&moves));
    print_tally("threads", &self->tally);
    print_tally("children", &self->shared->children);
    printf("looks at a host: %u, of which %u found calls that shared a connection\n", atomic_load(&looks),
           atomic_load(&looks_at_sharing));
    printf("latest end of a sleep of this machine: %.1f ms\n", sleep_ms);
    fflush(stdout);
}

/* How many calls ended in what servers that die, stop and return are no cause for. */
static unsigned long unexplained(const chaos_tally *tally) {
    static const mc_status explained[] = {MC_OK,        MC_NOT_FOUND, MC_EXISTS,          MC_UNREACHABLE,
                                          MC_NO_SERVER, MC_TIMEOUT,   MC_CONNECTION_LOST, MC_PARTIAL};
    unsigned long          count = 0;

    for (size_t i = 0; i < CHAOS_STATUSES; i++)
        count += tally->statuses[i];
    for (size_t i = 0; i < ROWS(explained); i++)
        count -= tally->statuses[explained[i]];
    return count;
}

START_TEST(servers_die_under_threads) {
    static chaos     self;
    struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART */
    double           sleep_ms;

    self.random = seed;
    self.shared = mmap(NULL, sizeof *self.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert(self.shared != MAP_FAILED);
    block_signals(SIG_BLOCK);
    lateness_watch();
    sigaction(SIGALRM, &action, NULL);
    for (size_t i = 0; i < SERVERS; i++)
        self.servers[i] = memcached_start(NULL);
    run(&self, MC_FAILOVER_REHASH, seconds / 2);
    run(&self, MC_FAILOVER_NONE, seconds / 2);
    for (size_t i = 0; i < SERVERS; i++)
        memcached_kill(&self.servers[i]);
    sleep_ms = latest_wake_ms();
    report(&self, sleep_ms);
    ck_assert_uint_eq(self.failures, 0);
    ck_assert_uint_eq(self.tally.wrong, 0);
    ck_assert_uint_eq(unexplained(&self.tally), 0);
    ck_assert_uint_eq(unexplained(&self.shared->children), 0);
    ck_assert_double_le(self.tally.worst_ms, LATE_LIMIT_MS + 8 * sleep_ms);
    munmap(self.shared, sizeof *self.shared);
}
END_TEST

int main(int argc, char **argv) {
    Suite   *suite = suite_create("chaos");
    TCase   *tcase = tcase_create("chaos");
    SRunner *runner = srunner_create(suite);
    int      failed;

    seconds = argc > 1 ? strtod(argv[1], NULL) : seconds;
    seed = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL);
    printf("%g s, seed %llu\n", seconds, (unsigned long long)seed);
    fflush(stdout);
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, servers_die_under_threads);
    srunner_set_fork_status(runner, CK_NOFORK); /* the servers end with the thread that started them */
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
