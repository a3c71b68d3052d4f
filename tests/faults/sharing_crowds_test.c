/* Crowds on few connections: slow replies, turns of those who do not share, long keys, children, hosts that change, memory
 * that runs out, and hosts that mix up whole lines. */
#include "client/client.h"
#include "support/check_main.h"
#include "support/cluster.h"
#include "support/crew.h"
#include "support/homes.h"
#include "support/rides.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PLENTY_MS 60000

/* ----------------------------------------------------------------------------------------------------- slow replies -- */

/* Longer than a call waits before it goes on a connection of its own. */
#define LONG_MS 30
#define RESUMED_MS 2000

#define STUCK 3
#define LATER 8

/* clang-format off */
static const host_step stuck_script[] = {
    EXPECT("get first\r\n"), AWAIT_GO, SEND("END\r\n"),
    EXPECT("incr 0 5\r\nincr 1 5\r\nincr 2 5\r\n"), AWAIT_GO, SEND("NOT_FOUND\r\n6\r\nNOT_FOUND\r\n"),
    END,
};
static const host_step resumed_script[] = {
    EXPECT("get first\r\n"), AWAIT_GO, SEND("END\r\n"),
    EXPECT("get 0 1\r\n"), AWAIT_GO, SEND("VALUE 1 0 1\r\nv\r\n"),
    EXPECT("get 2\r\n"), SEND("END\r\nEND\r\n"),
    END,
};
static const host_step misses[] = {READ_LINE, SEND("END\r\n"), REPEAT};
/* clang-format on */

struct caller {
    mc_client    *client;
    char          asks[16];
    atomic_size_t ended;
    int           timeout_ms;
    ride_result   result;
};

static void call(size_t index, void *arg) {
    struct caller *self = arg;
    ride           asked = {.asks = self->asks};

    (void)index;
    ride_take(&asked, self->client, self->timeout_ms, &self->result);
    atomic_store(&self->ended, 1);
}

static crew *start_call(struct caller *self, mc_client *client, const char *asks, int timeout_ms) {
    *self = (struct caller){.client = client, .timeout_ms = timeout_ms};
    snprintf(self->asks, sizeof self->asks, "%s", asks);
    return crew_start(1, call, self);
}

static void set_max(mc_client *client, unsigned max) {
    mc__pool *pool = &client->core->roster->hosts[0]->pool;

    mc__lock_take(&pool->lock);
    pool->max = max;
    mc__lock_release(&pool->lock);
}

/* Three share a connection that does not answer; who comes later is answered on others. */
START_TEST(a_slow_reply_holds_up_nobody_who_comes_later) {
    static const char *const asks[STUCK] = {"incr 0 5", "incr 1 5", "incr 2 5"}; /* a get would be asked once more */
    const host_step *const   scripts[] = {stuck_script, misses, NULL};
    scripted_host           *host = scripted_host_start(&(scripted_host_options){.scripts = scripts});
    mc_client               *client = ride_client(scripted_host_address(host), 1);
    static struct caller     first, stuck[STUCK], later[LATER];
    crew *first_thread = start_call(&first, client, "get first", PLENTY_MS), *stuck_threads[STUCK], *threads[LATER];

    scripted_host_await(host, 0, 1);
    for (size_t i = 0; i < STUCK; i++) {
        stuck_threads[i] = start_call(&stuck[i], client, asks[i], PLENTY_MS);
        ride_await_queue(client, i + 1);
    }
    scripted_host_go(host);
    crew_join(first_thread);
    scripted_host_await(host, 0, 4);
    poll(NULL, 0, LONG_MS);
    set_max(client, 4);
    for (size_t i = 0; i < LATER; i++)
        threads[i] = start_call(&later[i], client, "get later", PLENTY_MS);
    for (size_t i = 0; i < LATER; i++) {
        crew_join(threads[i]);
        ck_assert_str_eq(later[i].result.text, "NOT_FOUND");
    }
    for (size_t i = 0; i < STUCK; i++)
        ck_assert_uint_eq(atomic_load(&stuck[i].ended), 0);
    scripted_host_go(host);
    for (size_t i = 0; i < STUCK; i++) {
        crew_join(stuck_threads[i]);
        ck_assert_str_eq(stuck[i].result.text, i == 1 ? "OK=6" : "NOT_FOUND");
    }
    mc_client_free(client);
    scripted_host_stop(host);
}
END_TEST

/* The lane moves, and he who receives sees that at once: where the machine is held up between, it does not move any more. */
static void try_to_resume(size_t row, const void *table, complaint *wrong) {
    static const char *const asks[] = {"get 0", "get 1", "get 2"}, *const comes_to[] = {"NOT_FOUND", "OK=v", "NOT_FOUND"};
    scripted_host *host = scripted_host_play(resumed_script);
    mc_client     *client = ride_client(scripted_host_address(host), 1);
    struct caller  first, callers[3];
    crew          *first_thread = start_call(&first, client, "get first", PLENTY_MS), *threads[3];

    (void)row, (void)table;
    scripted_host_await(host, 0, 1);
    for (size_t i = 0; i < 2; i++) {
        threads[i] = start_call(&callers[i], client, asks[i], stretched_ms(RESUMED_MS));
        ride_await_queue(client, i + 1);
    }
    scripted_host_go(host);
    crew_join(first_thread);
    scripted_host_await(host, 0, 4);
    poll(NULL, 0, LONG_MS);
    threads[2] = start_call(&callers[2], client, asks[2], stretched_ms(RESUMED_MS));
    ride_await_queue(client, 1);
    scripted_host_go(host);
    for (size_t i = 0; i < 3; i++) {
        crew_join(threads[i]);
        demand_of_status(wrong, callers[i].result.status, strcmp(callers[i].result.text, comes_to[i]) == 0, "%s is %s",
                         asks[i], callers[i].result.text);
    }
    demand(wrong, ride_all_is_quiet(client), "something is left of a call");
    demand(wrong, !scripted_host_mismatch(host), "%s", scripted_host_mismatch(host));
    mc_client_free(client);
    scripted_host_discard(host);
}

/* Nobody goes on board of a lane that does not move. When it does again, who receives on it sends for those who have come
 * meanwhile, though his own answer is not there yet. */
START_TEST(a_lane_that_moves_again_takes_those_who_have_come) {
    trials_run(try_to_resume, NULL, 1, 1);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------------ turns -- */

#define HAMMERS 16
#define TURNS 20

/* So many calls at most go before one that waits for a connection of its own: those that wait before it, and those that are
 * under way. */
#define BEFORE_MAX (4 * HAMMERS)

struct hammering {
    mc_client    *client;
    atomic_bool   over;
    atomic_size_t calls, wrong;
};

static void hammer(size_t index, void *arg) {
    struct hammering *self = arg;
    mc_value          value = MC_VALUE_INIT;
    char              key[32];

    snprintf(key, sizeof key, "hammer-%zu", index);
    while (!atomic_load(&self->over)) {
        mc_status status = mc_get(self->client, mc_str(key), &value);
        bool      right = status == MC_OK && value.len == strlen(key) && memcmp(value.data, key, value.len) == 0;
        atomic_fetch_add(&self->wrong, !right);
        atomic_fetch_add(&self->calls, 1);
    }
    mc_value_clear(&value);
}

static void store_own(mc_client *client, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char key[32];
        snprintf(key, sizeof key, "hammer-%zu", i);
        ck_assert_int_eq(mc_set(client, mc_str(key), mc_str(key), 0, 0), MC_OK);
    }
}

/* A moment between looking at the count and asking may be long, but not each time. */
START_TEST(who_wants_a_connection_of_his_own_has_his_turn) {
    cluster         *servers = cluster_start(SERVER_BUNDLED, 1);
    struct hammering self = {.client = ride_client(servers->hosts[0], 1)};
    size_t           least = SIZE_MAX;
    mc_results       results = MC_RESULTS_INIT;
    mc_slice         keys[] = {mc_str("hammer-1"), mc_str("hammer-2")};
    crew            *hammers;

    store_own(self.client, HAMMERS);
    hammers = crew_start(HAMMERS, hammer, &self);
    for (size_t i = 0; i < TURNS; i++) {
        size_t before = atomic_load(&self.calls), after;
        ck_assert_int_eq(mc_get_multi(self.client, keys, 2, &results), MC_OK);
        after = atomic_load(&self.calls);
        least = after - before < least ? after - before : least;
    }
    atomic_store(&self.over, true);
    crew_join(hammers);
    ck_assert_uint_le(least, BEFORE_MAX);
    ck_assert_uint_eq(atomic_load(&self.wrong), 0);
    mc_results_clear(&results);
    ck_assert(ride_all_is_quiet(self.client));
    mc_client_free(self.client);
    cluster_stop(servers);
}
END_TEST

/* --------------------------------------------------------------------------------------------------------- long keys -- */

#define LONG_KEYS 40

struct long_keys {
    mc_client    *client;
    char          keys[LONG_KEYS][MC_KEY_MAX + 1];
    atomic_size_t wrong;
};

static void read_long(size_t index, void *arg) {
    struct long_keys *self = arg;
    mc_value          value = MC_VALUE_INIT;

    for (size_t i = 0; i < 200; i++) {
        mc_status status = i % 3 == 0   ? mc_gat(self->client, mc_str(self->keys[index]), 1000, &value)
                           : i % 3 == 1 ? mc_gets(self->client, mc_str(self->keys[index]), &value)
                                        : mc_get(self->client, mc_str(self->keys[index]), &value);
        if (status != MC_OK || value.len != MC_KEY_MAX || memcmp(value.data, self->keys[index], value.len) != 0)
            atomic_fetch_add(&self->wrong, 1);
    }
    mc_value_clear(&value);
}

START_TEST(long_keys_of_many) {
    cluster                *servers = cluster_start((server_kind)_i, 1);
    static struct long_keys self;

    self.client = ride_client(servers->hosts[0], 1);
    atomic_store(&self.wrong, 0);
    for (size_t i = 0; i < LONG_KEYS; i++) {
        memset(self.keys[i], 'k', MC_KEY_MAX);
        self.keys[i][MC_KEY_MAX - 1] = (char)('0' + i);
        ck_assert_int_eq(mc_set(self.client, mc_str(self.keys[i]), mc_str(self.keys[i]), 0, 0), MC_OK);
    }
    crew_run(LONG_KEYS, read_long, &self);
    ck_assert_uint_eq(atomic_load(&self.wrong), 0);
    ck_assert(ride_all_is_quiet(self.client));
    mc_client_free(self.client);
    cluster_stop(servers);
}
END_TEST

/* ---------------------------------------------------------------------------------------------------- forks and hosts -- */

static int use_in_child(void *arg) {
    struct hammering *self = arg;
    mc_value          value = MC_VALUE_INIT;
    int               failed = 0;

    for (size_t i = 0; i < 20; i++)
        failed += mc_get(self->client, mc_str("hammer-3"), &value) != MC_OK || memcmp(value.data, "hammer-3", 8) != 0;
    mc_client_free(self->client);
    return failed;
}

/* A child of a process whose threads share has connections of its own, and leaves the parent's alone. */
START_TEST(children_among_those_who_share) {
    cluster         *servers = cluster_start(SERVER_MEMCACHED, 1);
    struct hammering self = {.client = ride_client(servers->hosts[0], 2)};
    crew            *hammers;

    store_own(self.client, HAMMERS);
    hammers = crew_start(HAMMERS, hammer, &self);
    for (size_t i = 0; i < 50; i++)
        ck_assert_int_eq(child_wait(child_start(use_in_child, &self)), 0);
    atomic_store(&self.over, true);
    crew_join(hammers);
    ck_assert_uint_eq(atomic_load(&self.wrong), 0);
    ck_assert(ride_all_is_quiet(self.client));
    mc_client_free(self.client);
    cluster_stop(servers);
}
END_TEST

/* The hosts are taken away, and the client is freed, as soon as the last call has returned. */
START_TEST(hosts_and_clients_that_go_at_once) {
    cluster    *servers = cluster_start(SERVER_BUNDLED, 2);
    const char *other[] = {servers->hosts[1], NULL};
    const char *both[] = {servers->hosts[0], servers->hosts[1], NULL};

    for (size_t i = 0; i < 20; i++) {
        struct hammering self = {.client = ride_client(servers->hosts[0], 1)};
        mc_client       *second = ride_client(servers->hosts[1], 1);
        crew            *hammers;

        store_own(self.client, HAMMERS);
        store_own(second, HAMMERS);
        hammers = crew_start(HAMMERS, hammer, &self);
        while (atomic_load(&self.calls) < 100)
            poll(NULL, 0, 1);
        ck_assert_int_eq(mc_client_set_hosts(self.client, both, NULL), MC_OK);
        ck_assert_int_eq(mc_client_set_hosts(self.client, other, NULL), MC_OK);
        atomic_store(&self.over, true);
        crew_join(hammers);
        mc_client_free(self.client);
        mc_client_free(second);
        ck_assert_uint_eq(atomic_load(&self.wrong), 0);
    }
    cluster_stop(servers);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------------ inflating --
 */

struct inflating {
    mc_client    *client;
    char          texts[HAMMERS][4000];
    atomic_size_t wrong;
};

static void inflate_often(size_t index, void *arg) {
    struct inflating *self = arg;
    mc_value          value = MC_VALUE_INIT;
    char              key[32];

    snprintf(key, sizeof key, "text-%zu", index);
    for (size_t i = 0; i < 200; i++) {
        mc_status status = mc_get(self->client, mc_str(key), &value);
        if (status != MC_OK || value.flags != 0 || value.len != sizeof self->texts[0] ||
            memcmp(value.data, self->texts[index], value.len) != 0)
            atomic_fetch_add(&self->wrong, 1);
    }
    if (mc_get(self->client, mc_str("broken"), &value) != MC_BAD_VALUE)
        atomic_fetch_add(&self->wrong, 1);
    mc_value_clear(&value);
}

START_TEST(values_that_inflate) {
    cluster                *servers = cluster_start(SERVER_BUNDLED, 1);
    static struct inflating self;
    mc_options              options = MC_OPTIONS_INIT;
    mc_client              *plain = ride_client(servers->hosts[0], 1);

    options.value_format = MC_FORMAT_PYTHON;
    options.compress_above = 100;
    options.max_connections = 1;
    options.timeout_ms = PLENTY_MS;
    self.client = mc_client_new_with_options(servers->hosts, NULL, &options);
    ck_assert_ptr_nonnull(self.client);
    atomic_store(&self.wrong, 0);
    for (size_t i = 0; i < HAMMERS; i++) {
        char key[32];
        for (size_t at = 0; at < sizeof self.texts[i]; at++)
            self.texts[i][at] = "words that come again and again"[(at + i) % 31];
        snprintf(key, sizeof key, "text-%zu", i);
        ck_assert_int_eq(mc_set(self.client, mc_str(key), mc_bytes(self.texts[i], sizeof self.texts[i]), 0, 0), MC_OK);
    }
    ck_assert_int_eq(mc_set(plain, mc_str("broken"), mc_str("no zlib"), MC_FLAG_ZLIB, 0), MC_OK);
    crew_run(HAMMERS, inflate_often, &self);
    ck_assert_uint_eq(atomic_load(&self.wrong), 0);
    mc_client_free(self.client);
    mc_client_free(plain);
    cluster_stop(servers);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("sharing_crowds");
    TCase *tcase = test_case(suite, "crowds", 100);

    tcase_add_test(tcase, a_slow_reply_holds_up_nobody_who_comes_later);
    tcase_add_test(tcase, a_lane_that_moves_again_takes_those_who_have_come);
    tcase_add_test(tcase, who_wants_a_connection_of_his_own_has_his_turn);
    tcase_add_loop_test(tcase, long_keys_of_many, 0, SERVER_KINDS);
    if (FORKS_AMONG_THREADS)
        tcase_add_test(tcase, children_among_those_who_share);
    tcase_add_test(tcase, hosts_and_clients_that_go_at_once);
    tcase_add_test(tcase, values_that_inflate);
    return suite;
}
