#include "support/each_kind.h"

#include "support/crew.h"
#include "support/scale.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>

#define THREADS 32
#define ROUNDS SCALED(40, 15)
#define MANY 20

static atomic_uint wrong;
static atomic_bool over;
static char        first_wrong[512];

/* In threads that Check does not know: the first is told when all have ended. */
static void expect(bool well, const char *what, mc_status status) {
    if (well || atomic_fetch_add(&wrong, 1) > 0)
        return;
    snprintf(first_wrong, sizeof first_wrong, "%s: %s (%.300s)", what, mc_status_name(status), mc_error_detail());
}

static void check_all_well(void) {
    ck_assert_msg(atomic_load(&wrong) == 0, "%u wrong; first %s", atomic_load(&wrong), first_wrong);
}

static void init(void) {
    atomic_store(&wrong, 0);
    atomic_store(&over, false);
}

/* Threads on a busy machine may wait for long; nothing here is about time. */
static mc_options patient(void) {
    mc_options options = MC_OPTIONS_INIT;

    options.timeout_ms = 60000;
    options.connect_timeout_ms = 60000;
    return options;
}

static bool is(mc_slice bytes, const char *text) {
    return bytes.len == strlen(text) && memcmp(bytes.data, text, bytes.len) == 0;
}

static bool value_is(const mc_value *value, const char *text) {
    return is(mc_bytes(value->data, value->len), text);
}

/* ------------------------------------------------------------------------------------------- each thread its own keys -- */

static void store_and_read(const char *key, const char *text, mc_value *value) {
    mc_slice  k = mc_str(key);
    mc_status status = mc_set(mc, k, mc_str(text), 7, 0);

    expect(status == MC_OK, "set", status);
    status = mc_add(mc, k, mc_str("other"), 0, 0);
    expect(status == MC_NOT_STORED, "add", status);
    status = mc_get(mc, k, value);
    expect(status == MC_OK && value_is(value, text) && value->flags == 7, "get", status);
    status = mc_gets(mc, k, value);
    expect(status == MC_OK && value_is(value, text), "gets", status);
    status = mc_cas(mc, k, mc_str(key), 8, 0, value->cas);
    expect(status == MC_OK, "cas", status);
    status = mc_cas(mc, k, mc_str("other"), 8, 0, value->cas);
    expect(status == MC_EXISTS, "cas again", status);
    status = mc_gat(mc, k, 1000, value);
    expect(status == MC_OK && value_is(value, key) && value->flags == 8, "gat", status);
    status = mc_replace(mc, k, mc_str("b"), 0, 0);
    expect(status == MC_OK, "replace", status);
    status = mc_append(mc, k, mc_str("c"));
    expect(status == MC_OK, "append", status);
    status = mc_prepend(mc, k, mc_str("a"));
    expect(status == MC_OK, "prepend", status);
    status = mc_gats(mc, k, 0, value);
    expect(status == MC_OK && value_is(value, "abc"), "gats", status);
    status = mc_touch(mc, k, 1000);
    expect(status == MC_OK, "touch", status);
    status = mc_delete(mc, k);
    expect(status == MC_OK, "delete", status);
    status = mc_get(mc, k, value);
    expect(status == MC_NOT_FOUND && value->len == 0, "get of nothing", status);
}

static void count(const char *key) {
    mc_slice  k = mc_str(key);
    uint64_t  number = 0;
    mc_status status = mc_set(mc, k, mc_str("40"), 0, 0);

    expect(status == MC_OK, "set of a counter", status);
    status = mc_incr(mc, k, 3, &number);
    expect(status == MC_OK && number == 43, "incr", status);
    status = mc_decr(mc, k, 1, &number);
    expect(status == MC_OK && number == 42, "decr", status);
}

static void store_and_read_many(const char *key, mc_results *results) {
    char      texts[MANY][64];
    mc_slice  keys[MANY];
    mc_entry  entries[MANY];
    mc_status statuses[MANY], status;

    for (int i = 0; i < MANY; i++) {
        snprintf(texts[i], sizeof texts[i], "%s-%d", key, i);
        keys[i] = mc_str(texts[i]);
        entries[i] = (mc_entry){.key = keys[i], .value = keys[i]};
    }
    status = mc_set_multi(mc, entries, MANY);
    expect(status == MC_OK, "set_multi", status);
    status = mc_get_multi(mc, keys, MANY, results);
    expect(status == MC_OK && results->count == MANY, "get_multi", status);
    for (int i = 0; i < MANY; i++)
        expect(results->items[i].status == MC_OK && is(results->items[i].value, texts[i]), "get_multi's value",
               results->items[i].status);
    status = mc_delete_multi(mc, keys, MANY, statuses);
    expect(status == MC_OK, "delete_multi", status);
    for (int i = 0; i < MANY; i++)
        expect(statuses[i] == MC_OK, "delete_multi's key", statuses[i]);
}

static void ignore_version(const char *host, mc_status status, mc_slice version, void *arg) {
    (void)host;
    (void)arg;
    expect(status == MC_OK && version.len > 0, "version's host", status);
}

static void do_everything(size_t index, void *unused) {
    mc_value   value = MC_VALUE_INIT;
    mc_results results = MC_RESULTS_INIT;
    char       key[32], text[64];

    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        snprintf(key, sizeof key, "thread-%zu", index);
        snprintf(text, sizeof text, "%zu in round %d", index, i);
        store_and_read(key, text, &value);
        count(key);
        if (i % 10 == 0)
            store_and_read_many(key, &results);
        if (i % 25 == 0) {
            mc_status status = mc_version(mc, ignore_version, NULL);
            expect(status == MC_OK, "version", status);
        }
    }
    mc_value_clear(&value);
    mc_results_clear(&results);
}

static const unsigned max_connections[] = {1, 2, 16, 64};

START_TEST(threads_read_what_they_wrote) {
    mc_options options = patient();
    uint64_t   before[3];

    options.max_connections = max_connections[_i];
    start_servers_with(3, NULL, &options);
    for (size_t i = 0; i < 3; i++)
        before[i] = server_stat(i, "total_connections");
    crew_run(THREADS, do_everything, NULL);
    check_all_well();
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_le(server_stat(i, "total_connections"), before[i] + max_connections[_i]);
}
END_TEST

static void change_what_is_idle(size_t index, void *unused) {
    if (index > 0) {
        do_everything(index, unused);
        atomic_store(&over, true);
        return;
    }
    while (!atomic_load(&over)) {
        mc_client_close_idle(mc);
        mc_client_forget_dead(mc);
        expect(mc_client_set_hosts(mc, servers->hosts, NULL) == MC_OK, "set_hosts", MC_OK);
    }
}

START_TEST(the_same_hosts_are_set_and_connections_closed_meanwhile) {
    mc_options options = patient();

    start_servers_with(2, NULL, &options);
    crew_run(8, change_what_is_idle, NULL);
    check_all_well();
}
END_TEST

/* --------------------------------------------------------------------------------------------------- hosts that change --
 */

static const char *lists[3][4];

/* A value is its key's own or none, whatever the hosts are; no call fails. */
static void use_shared_keys(size_t index) {
    mc_value   value = MC_VALUE_INIT;
    mc_results results = MC_RESULTS_INIT;
    char       texts[MANY][16];
    mc_slice   keys[MANY];

    for (int i = 0; i < ROUNDS * 4; i++) {
        char      text[16];
        mc_status status;
        snprintf(text, sizeof text, "k%zu", (index * 7 + (size_t)i) % 50);
        status = i % 3 ? mc_get(mc, mc_str(text), &value) : mc_set(mc, mc_str(text), mc_str(text), 0, 0);
        expect(status == MC_OK || (i % 3 && status == MC_NOT_FOUND), "one", status);
        expect(i % 3 == 0 || status != MC_OK || value_is(&value, text), "a value of another key", status);
        for (int at = 0; at < MANY; at++) {
            snprintf(texts[at], sizeof texts[at], "k%d", (i + at) % 50);
            keys[at] = mc_str(texts[at]);
        }
        status = mc_get_multi(mc, keys, MANY, &results);
        expect(status == MC_OK, "many", status);
        for (size_t at = 0; at < MANY; at++)
            expect(results.items[at].status == MC_NOT_FOUND || is(results.items[at].value, texts[at]),
                   "one of many is another key's", results.items[at].status);
    }
    mc_value_clear(&value);
    mc_results_clear(&results);
}

static void change_hosts(size_t index, void *arg) {
    atomic_uint *left = arg;

    if (index > 0) {
        use_shared_keys(index);
        atomic_fetch_sub(left, 1);
        return;
    }
    for (size_t i = 0; atomic_load(left) > 0; i++) {
        size_t    hosts[10];
        mc_status status = mc_client_set_hosts(mc, lists[i % 3], NULL);
        expect(status == MC_OK, "set_hosts", status);
        expect(mc_client_route(mc, mc_str("k1"), hosts, 10) == 10, "route", MC_OK);
    }
}

START_TEST(hosts_change_under_threads) {
    mc_options  options = patient();
    atomic_uint left = THREADS - 1;

    options.max_connections = 4;
    start_servers_with(3, NULL, &options);
    for (int list = 0; list < 3; list++)
        for (int i = 0; i <= list; i++)
            lists[list][i] = servers->hosts[(list + i) % 3];
    crew_run(THREADS, change_hosts, &left);
    check_all_well();
}
END_TEST

/* --------------------------------------------------------------------------------------------------- views of threads -- */

static void use_a_view(size_t index, void *unused) {
    char       prefix[32];
    mc_view    view = MC_VIEW_INIT;
    mc_value   value = MC_VALUE_INIT;
    mc_client *own;

    (void)unused;
    snprintf(prefix, sizeof prefix, "thread-%zu:", index);
    view.key_prefix = prefix;
    for (int i = 0; i < ROUNDS; i++) {
        mc_status status;
        own = mc_client_view(mc, &view);
        status = mc_set(own, mc_str("k"), mc_str(prefix), 0, 0);
        expect(status == MC_OK, "set", status);
        status = mc_get(own, mc_str("k"), &value);
        expect(status == MC_OK && value_is(&value, prefix), "get", status);
        mc_client_free(own);
    }
    mc_value_clear(&value);
}

START_TEST(each_thread_its_view) {
    mc_options options = patient();

    start_servers_with(2, NULL, &options);
    crew_run(THREADS, use_a_view, NULL);
    check_all_well();
}
END_TEST

static void add_tests(TCase *tcase) {
    tcase_add_checked_fixture(tcase, init, NULL);
    test_rows(tcase, threads_read_what_they_wrote, max_connections);
    tcase_add_test(tcase, the_same_hosts_are_set_and_connections_closed_meanwhile);
    tcase_add_test(tcase, hosts_change_under_threads);
    tcase_add_test(tcase, each_thread_its_view);
}

Suite *test_suite(void) {
    Suite *suite = suite_create("client_threads");

    each_kind(suite, "client_threads", 240, add_tests);
    return suite;
}
