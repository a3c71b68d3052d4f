/* Many threads on one client: lists of hosts that change under them, one counter for all, too few connections for all. */
#include "client/client.h"
#include "mcclient/mcclient.h"
#include "support/check_main.h"
#include "support/cluster.h"
#include "support/crew.h"
#include "support/homes.h"
#include "support/lateness.h"
#include "support/scripted_host.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* ------------------------------------------------------------------------------------------------ lists that change -- */

#define READERS 32
#define LIST_KEYS 40
#define CHANGES 1500

struct changing {
    mc_client    *client;
    mc_slice      keys[LIST_KEYS];
    char          names[LIST_KEYS][HOME_KEY_SIZE];
    atomic_bool   over;
    atomic_size_t mixed, unanswered, reads;
};

/* Reads all keys at once: they are all of the one list or all of the other. */
static void read_one_list(size_t index, void *arg) {
    struct changing *self = arg;
    mc_results       results = MC_RESULTS_INIT;
    mc_value         value = MC_VALUE_INIT;

    while (!atomic_load(&self->over)) {
        size_t of_first = 0;

        if (mc_get_multi(self->client, self->keys, LIST_KEYS, &results) != MC_OK)
            atomic_fetch_add(&self->unanswered, 1);
        for (size_t i = 0; i < LIST_KEYS; i++)
            of_first += results.items[i].status == MC_OK && results.items[i].value.data[0] == 'a';
        if (of_first != 0 && of_first != LIST_KEYS)
            atomic_fetch_add(&self->mixed, 1);
        if (mc_get(self->client, self->keys[index % LIST_KEYS], &value) != MC_OK)
            atomic_fetch_add(&self->unanswered, 1);
        if (mc_set(self->client, mc_str("else"), mc_str("where"), 0, 0) != MC_OK)
            atomic_fetch_add(&self->unanswered, 1);
        atomic_fetch_add(&self->reads, 1);
    }
    mc_results_clear(&results);
    mc_value_clear(&value);
}

static void store_all(struct changing *self, const char *mark) {
    for (size_t i = 0; i < LIST_KEYS; i++)
        ck_assert_int_eq(mc_set(self->client, self->keys[i], mc_str(mark), 0, 0), MC_OK);
}

/* Two lists, of other servers, take turns as fast as they can be set. */
START_TEST(hosts_change_under_readers) {
    cluster        *servers = cluster_start(SERVER_BUNDLED, 5);
    const char     *first[] = {servers->hosts[0], servers->hosts[1], NULL};
    const char     *second[] = {servers->hosts[2], servers->hosts[3], servers->hosts[4], NULL};
    unsigned        weights[] = {1, 3, 2};
    struct changing self = {.client = client_of(second, MC_FAILOVER_NONE, 20000)};
    crew           *readers;

    for (size_t i = 0; i < LIST_KEYS; i++) {
        snprintf(self.names[i], sizeof self.names[i], "key-%zu", i);
        self.keys[i] = mc_str(self.names[i]);
    }
    ck_assert_int_eq(mc_client_set_hosts(self.client, second, weights), MC_OK);
    store_all(&self, "b");
    ck_assert_int_eq(mc_client_set_hosts(self.client, first, NULL), MC_OK);
    store_all(&self, "a");
    readers = crew_start(READERS, read_one_list, &self);
    for (size_t i = 0; i < CHANGES || atomic_load(&self.reads) < 50 * READERS; i++) {
        ck_assert_int_eq(mc_client_set_hosts(self.client, i % 2 ? first : second, i % 2 ? NULL : weights), MC_OK);
        if (i % 100 == 0)
            ck_assert_int_eq(mc_client_set_hosts(self.client, NULL, NULL), MC_BAD_ARGUMENT);
    }
    atomic_store(&self.over, true);
    crew_join(readers);
    ck_assert_uint_eq(atomic_load(&self.mixed), 0);
    ck_assert_uint_eq(atomic_load(&self.unanswered), 0);
    mc_client_free(self.client);
    cluster_stop(servers);
}
END_TEST

/* Several threads set hosts at once, others use and free views meanwhile. */
static void set_and_view(size_t index, void *arg) {
    struct changing *self = arg;
    const char      *hosts[] = {self->names[index % 3], self->names[(index + 1) % 3], NULL};

    for (size_t i = 0; i < 200; i++) {
        mc_view    settings = MC_VIEW_INIT;
        mc_client *view;

        settings.key_prefix = "v-";
        view = mc_client_view(self->client, &settings);
        if (mc_client_set_hosts(index % 2 ? view : self->client, hosts, NULL) != MC_OK ||
            mc_set(view, mc_str("k"), mc_str("v"), 0, 0) != MC_OK)
            atomic_fetch_add(&self->unanswered, 1);
        if (i % 20 == 0)
            mc_client_close_idle(view);
        mc_client_free(view);
    }
}

START_TEST(many_set_hosts_at_once) {
    cluster        *servers = cluster_start(SERVER_BUNDLED, 3);
    struct changing self = {.client = client_of(servers->hosts, MC_FAILOVER_NONE, 20000)};

    for (size_t i = 0; i < 3; i++)
        snprintf(self.names[i], sizeof self.names[i], "%s", servers->hosts[i]);
    crew_run(8, set_and_view, &self);
    ck_assert_uint_eq(atomic_load(&self.unanswered), 0);
    mc_client_free(self.client);
    cluster_stop(servers);
}
END_TEST

/* -------------------------------------------------------------------------------------------- read, compute, store -- */

#define COUNTERS 64
#define COUNTS 100

struct counting {
    mc_client    *client;
    size_t        times;
    atomic_size_t fresh, failures;
    atomic_size_t lost; /* of the failures: told that nothing was stored */
};

static mc_status add_one(const mc_value *current, mc_value *next, void *arg) {
    struct counting *self = arg;
    char             text[24];

    if (!current)
        atomic_fetch_add(&self->fresh, 1);
    snprintf(text, sizeof text, "%lu", current ? strtoul(current->data, NULL, 10) + 1 : 1);
    return mc_value_set(next, mc_str(text));
}

static void count_up(size_t index, void *arg) {
    struct counting *self = arg;

    (void)index;
    for (size_t i = 0; i < self->times; i++) {
        mc_status status = mc_update(self->client, mc_str("counter"), add_one, self, 0);

        atomic_fetch_add(&self->failures, status != MC_OK);
        atomic_fetch_add(&self->lost, status == MC_EXISTS);
    }
}

/* The first of them finds nothing and adds; from then on no count is lost. */
START_TEST(no_count_is_lost) {
    cluster        *servers = cluster_start((server_kind)_i, 1);
    struct counting self = {.client = client_of(servers->hosts, MC_FAILOVER_NONE, 100000), .times = COUNTS};
    char            total[24];

    crew_run(COUNTERS, count_up, &self);
    snprintf(total, sizeof total, "%d", COUNTERS * COUNTS);
    ck_assert_uint_eq(atomic_load(&self.failures), 0);
    ck_assert_uint_ge(atomic_load(&self.fresh), 1);
    ck_assert(has_text(self.client, "counter", total));
    mc_client_free(self.client);
    cluster_stop(servers);
}
END_TEST

/* A deadline that is too short for all says so, and the counter has what was told to be done, and nothing else. */
START_TEST(what_was_too_late_is_not_counted) {
    cluster        *servers = cluster_start((server_kind)_i, 1);
    struct counting self = {.client = client_of(servers->hosts, MC_FAILOVER_NONE, 100000), .times = 50};
    mc_view         hurry = MC_VIEW_INIT;
    mc_client      *all = self.client, *later;
    mc_value        value = MC_VALUE_INIT;
    unsigned long   counted;

    ck_assert_int_eq(mc_set(all, mc_str("counter"), mc_str("0"), 0, 0), MC_OK);
    hurry.timeout_ms = 10;
    self.client = mc_client_view(all, &hurry);
    crew_run(16, count_up, &self);
    later = client_of(servers->hosts, MC_FAILOVER_NONE, 100000); /* for which no host is dead after many a timeout */
    ck_assert_int_eq(mc_get(later, mc_str("counter"), &value), MC_OK);
    counted = strtoul(value.data, NULL, 10);
    ck_assert_uint_ge(counted, 16 * 50 - atomic_load(&self.failures));
    ck_assert_uint_le(counted, 16 * 50 - atomic_load(&self.lost));
    mc_value_clear(&value);
    mc_client_free(later);
    mc_client_free(self.client);
    mc_client_free(all);
    cluster_stop(servers);
}
END_TEST

/* clang-format off */
static const host_step always_changed[] = {
    READ_LINE, SEND("VALUE counter 0 1 7\r\n1\r\nEND\r\n"), READ_LINE, READ_LINE, SEND("EXISTS\r\n"), REPEAT,
};

static const host_step evicted_meanwhile[] = {
    EXPECT("gets counter\r\n"), SEND("VALUE counter 5 1 7\r\n8\r\nEND\r\n"),
    EXPECT("cas counter 5 0 1 7\r\n9\r\n"), SEND("NOT_FOUND\r\n"),
    EXPECT("gets counter\r\n"), SEND("END\r\n"),
    EXPECT("add counter 0 0 1\r\n1\r\n"), SEND("STORED\r\n"),
    END,
};
/* clang-format on */

START_TEST(conflicts_end_at_the_deadline) {
    scripted_host  *host = scripted_host_play(always_changed);
    struct counting self = {.client = client_of_one(scripted_host_address(host), 300)};
    double          began = now_ms();
    mc_status       status = mc_update(self.client, mc_str("counter"), add_one, &self, 0);

    /* On a machine that is late the deadline may come while a cas is on its way: what became of it is not known then. It may
     * also come just before a request is sent. */
    ck_assert_msg(status == MC_EXISTS || status == MC_TIMEOUT || status == MC_UNREACHABLE, "%s", mc_status_name(status));
    ck_assert_double_ge(now_ms() - began, 299);
    ck_assert(in_time(began, 300));
    mc_client_free(self.client);
    scripted_host_discard(host);
}
END_TEST

START_TEST(what_was_evicted_is_made_anew) {
    scripted_host  *host = scripted_host_play(evicted_meanwhile);
    struct counting self = {.client = client_of_one(scripted_host_address(host), 10000)};

    ck_assert_int_eq(mc_update(self.client, mc_str("counter"), add_one, &self, 0), MC_OK);
    ck_assert_uint_eq(atomic_load(&self.fresh), 1);
    mc_client_free(self.client);
    scripted_host_stop(host);
}
END_TEST

/* A token of before a restart: the item is gone, or it is another one. */
START_TEST(a_token_does_not_outlive_the_data) {
    cluster   *servers = cluster_start((server_kind)_i, 1);
    mc_client *client = client_of(servers->hosts, MC_FAILOVER_NONE, 10000);
    mc_value   value = MC_VALUE_INIT;

    ck_assert_int_eq(mc_set(client, mc_str("k"), mc_str("before"), 0, 0), MC_OK);
    ck_assert_int_eq(mc_gets(client, mc_str("k"), &value), MC_OK);
    cluster_restart(servers, 0);
    ck_assert_int_eq(mc_cas(client, mc_str("k"), mc_str("mine"), 0, 0, value.cas), MC_NOT_FOUND);
    for (size_t i = 0; i < 5; i++) /* tokens count from the start again: one more item and the old one would match */
        ck_assert_int_eq(mc_set(client, mc_str("k"), mc_str("after"), 0, 0), MC_OK);
    ck_assert_int_eq(mc_cas(client, mc_str("k"), mc_str("mine"), 0, 0, value.cas), MC_EXISTS);
    ck_assert(has_text(client, "k", "after"));
    mc_value_clear(&value);
    mc_client_free(client);
    cluster_stop(servers);
}
END_TEST

/* --------------------------------------------------------------------------------------------- too few connections -- */

#define CROWD 64
#define FEW 4
#define PACE_MS 20

/* clang-format off */
static const host_step slow[] = {READ_LINE, WAIT(PACE_MS), SEND("END\r\n"), REPEAT};
static const host_step on_demand[] = {READ_LINE, AWAIT_GO, SEND("END\r\n"), REPEAT};
/* clang-format on */

struct waiting {
    mc_client    *client;
    atomic_size_t answered, unsent, late;
};

/* A multi has its connection for itself, even with one key. */
static void wait_for_a_turn(size_t index, void *arg) {
    struct waiting *self = arg;
    mc_results      results = MC_RESULTS_INIT;
    char            text[HOME_KEY_SIZE];
    mc_slice        key;
    mc_status       status;

    snprintf(text, sizeof text, "turn-%02zu", index);
    key = mc_str(text);
    mc_get_multi(self->client, &key, 1, &results);
    status = results.items[0].status;
    atomic_fetch_add(&self->answered, status == MC_NOT_FOUND);
    atomic_fetch_add(&self->unsent, status == MC_UNREACHABLE || status == MC_NO_SERVER);
    atomic_fetch_add(&self->late, status == MC_TIMEOUT);
    mc_results_clear(&results);
}

static mc_client *client_of_few(const char *host, int timeout_ms, unsigned connections) {
    const char *hosts[] = {host, NULL};
    mc_options  options = MC_OPTIONS_INIT;
    mc_client  *client;

    options.timeout_ms = timeout_ms;
    options.max_connections = connections;
    client = mc_client_new_with_options(hosts, NULL, &options);
    ck_assert_ptr_nonnull(client);
    return client;
}

/* Waits until the host has read that many requests: those that timed out may still be on their way. */
static void await_requests(scripted_host *host, size_t count) {
    for (int tries = 0; tries < 10000 && scripted_host_count(host, "get turn-") < count; tries++)
        poll(NULL, 0, 1);
    ck_assert_uint_eq(scripted_host_count(host, "get turn-"), count);
}

/* Those whose turn came were asked and answered, or timed out; of the others the host never heard. */
START_TEST(some_turns_do_not_come) {
    scripted_host *host = scripted_host_play(slow);
    struct waiting self = {.client = client_of_few(scripted_host_address(host), 5 * PACE_MS, FEW)};

    crew_run(CROWD, wait_for_a_turn, &self);
    ck_assert_uint_eq(atomic_load(&self.answered) + atomic_load(&self.unsent) + atomic_load(&self.late), CROWD);
    await_requests(host, atomic_load(&self.answered) + atomic_load(&self.late));
    ck_assert_uint_gt(atomic_load(&self.unsent), 0);
    mc_client_free(self.client);
    scripted_host_discard(host);
}
END_TEST

START_TEST(every_turn_comes) {
    scripted_host *host = scripted_host_play(slow);
    struct waiting self = {.client = client_of_few(scripted_host_address(host), 60000, FEW)};

    crew_run(CROWD, wait_for_a_turn, &self);
    ck_assert_uint_eq(atomic_load(&self.answered), CROWD);
    ck_assert_uint_eq(scripted_host_connections(host), FEW);
    mc_client_free(self.client);
    scripted_host_stop(host);
}
END_TEST

/* How many calls wait for a connection. */
static size_t queue_length(mc_client *client) {
    mc__pool *pool = &client->core->roster->hosts[0]->pool;
    size_t    length = 0;

    mc__lock_take(&pool->lock);
    for (const mc__waiter *waiter = pool->first; waiter; waiter = waiter->next)
        length++;
    mc__lock_release(&pool->lock);
    return length;
}

struct turn {
    struct waiting *waiting;
    size_t          index;
};

static void take_turn(size_t index, void *arg) {
    struct turn *self = arg;

    (void)index;
    wait_for_a_turn(self->index, self->waiting);
}

#define TURNS 10

/* One connection, and ten who come for it one after another: they are served in that order. */
START_TEST(turns_come_in_order) {
    scripted_host *host = scripted_host_play(on_demand);
    struct waiting self = {.client = client_of_few(scripted_host_address(host), 60000, 1)};
    struct turn    turns[TURNS];
    crew          *crews[TURNS];

    for (size_t i = 0; i < TURNS; i++) {
        turns[i] = (struct turn){.waiting = &self, .index = i};
        crews[i] = crew_start(1, take_turn, &turns[i]);
        if (i == 0)
            scripted_host_await(host, 0, 1);
        while (queue_length(self.client) < i)
            poll(NULL, 0, 1);
    }
    for (size_t i = 0; i < TURNS; i++) {
        char request[HOME_KEY_SIZE + 8];

        scripted_host_await(host, 0, 4 * i + 1);
        snprintf(request, sizeof request, "get turn-%02zu\r\n", i);
        ck_assert_uint_eq(scripted_host_count(host, "get turn-"), i + 1);
        ck_assert_uint_eq(scripted_host_count(host, request), 1);
        scripted_host_go(host);
        crew_join(crews[i]);
    }
    ck_assert_uint_eq(atomic_load(&self.answered), TURNS);
    mc_client_free(self.client);
    scripted_host_stop(host);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("threads");
    TCase *tcase;

    tcase = test_case(suite, "hosts", 100);
    tcase_add_test(tcase, hosts_change_under_readers);
    tcase_add_test(tcase, many_set_hosts_at_once);

    tcase = test_case(suite, "update", 100);
    tcase_add_loop_test(tcase, no_count_is_lost, 0, SERVER_KINDS);
    tcase_add_loop_test(tcase, what_was_too_late_is_not_counted, 0, SERVER_KINDS);
    tcase_add_test(tcase, conflicts_end_at_the_deadline);
    tcase_add_test(tcase, what_was_evicted_is_made_anew);
    tcase_add_loop_test(tcase, a_token_does_not_outlive_the_data, 0, SERVER_KINDS);

    tcase = test_case(suite, "queue", 100);
    tcase_add_test(tcase, some_turns_do_not_come);
    tcase_add_test(tcase, every_turn_comes);
    tcase_add_test(tcase, turns_come_in_order);
    return suite;
}
