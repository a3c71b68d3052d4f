/* A multi over a healthy host and one that is stuck, in each way that a host can be: the healthy one's keys are answered. */
#include "support/check_main.h"
#include "support/cluster.h"
#include "support/dead_end.h"
#include "support/disturbance.h"
#include "support/scripted_host.h"
#include "support/trials.h"

#include "mcclient/mcclient.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEADLINE_MS 700
#define AT_ONCE 48
#define KEYS 40

static const host_step silent[] = {READ_LINE, SILENCE};
static const host_step mute[] = {SILENCE};
static const host_step trickling[] = {READ_LINE, TRICKLE("SERVER_ERROR xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 30),
                                      SILENCE};
static const host_step closing[] = {READ_LINE, CLOSE};
static const host_step strange[] = {READ_LINE, SEND("HTTP/1.1 400\r\n"), CLOSE};
static const host_step flooding[] = {READ_LINE, FLOOD("\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n")};
static const host_step slow_reader[] = {READ(10), WAIT(20), REPEAT};

static const struct {
    const char      *name;
    const host_step *script; /* NULL: a black hole */
    bool             queued; /* its only connection is in use */
    bool             quick;  /* it fails before the deadline */
    mc_status        status, also;
} ways[] = {
    {"a black hole", NULL, false, false, MC_UNREACHABLE, MC_UNREACHABLE},
    {"silent", silent, false, false, MC_TIMEOUT, MC_TIMEOUT},
    {"mute", mute, false, false, MC_TIMEOUT, MC_TIMEOUT},
    {"trickling", trickling, false, false, MC_TIMEOUT, MC_TIMEOUT},
    {"reading slowly", slow_reader, false, false, MC_TIMEOUT, MC_TIMEOUT},
    {"in use by others", silent, true, false, MC_UNREACHABLE, MC_UNREACHABLE},
    {"closing", closing, false, true, MC_CONNECTION_LOST, MC_CONNECTION_LOST},
    {"strange", strange, false, true, MC_PROTOCOL_ERROR, MC_CONNECTION_LOST},
    {"flooding", flooding, false, true, MC_PROTOCOL_ERROR, MC_CONNECTION_LOST},
};

enum { GET, GETS, SET, DELETE, VERSION, STATS, FLUSH, CALLS };

static const char *const calls[] = {"get_multi", "gets_multi", "set_multi", "delete_multi", "version", "stats", "flush_all"};

struct stage {
    cluster       *servers;
    size_t         healthy; /* its place in the list: 0 or 1 */
    scripted_host *host;
    dead_end       hole;
    const char    *stuck;
    mc_client     *client, *plenty;
    pthread_t      holder;
};

static void *hold(void *arg) {
    struct stage *stage = arg;
    mc_view       settings = MC_VIEW_INIT;
    mc_client    *held;
    mc_value      value = MC_VALUE_INIT;

    settings.has_route = true;
    settings.route = stage->healthy == 0;
    held = mc_client_view(stage->plenty, &settings);
    mc_get(held, mc_str("held"), &value);
    mc_value_clear(&value);
    mc_client_free(held);
    return NULL;
}

static void set_stage(struct stage *stage, size_t way, size_t healthy) {
    mc_options  options = MC_OPTIONS_INIT;
    mc_view     settings = MC_VIEW_INIT;
    const char *hosts[3] = {NULL};

    stage->healthy = healthy;
    stage->servers = cluster_start(SERVER_BUNDLED, 1);
    if (ways[way].script) {
        stage->host = scripted_host_play(ways[way].script);
        stage->stuck = scripted_host_address(stage->host);
    } else {
        stage->hole = dead_end_black_hole();
        stage->stuck = stage->hole.address;
    }
    options.timeout_ms = 20000;
    options.connect_timeout_ms = 20000;
    options.failover = MC_FAILOVER_NONE;
    options.max_connections = ways[way].queued ? 1 : 16;
    hosts[healthy] = stage->servers->hosts[0];
    hosts[1 - healthy] = stage->stuck;
    stage->plenty = mc_client_new_with_options(hosts, NULL, &options);
    settings.timeout_ms = stretched_ms(DEADLINE_MS);
    stage->client = mc_client_view(stage->plenty, &settings);
    if (ways[way].queued) {
        ck_assert_int_eq(pthread_create(&stage->holder, NULL, hold, stage), 0);
        scripted_host_await(stage->host, 0, 1);
    }
}

static void clear_stage(struct stage *stage, size_t way) {
    if (stage->host)
        scripted_host_discard(stage->host);
    else
        dead_end_free(&stage->hole);
    if (ways[way].queued)
        pthread_join(stage->holder, NULL);
    mc_client_free(stage->client);
    mc_client_free(stage->plenty);
    cluster_stop(stage->servers);
}

struct report {
    const char *stuck;
    mc_status   healthy, of_stuck;
    size_t      told;
};

static void note(struct report *report, const char *host, mc_status status) {
    if (strcmp(host, report->stuck) == 0)
        report->of_stuck = status;
    else
        report->healthy = status;
    report->told++;
}

static void note_version(const char *host, mc_status status, mc_slice version, void *arg) {
    (void)version;
    note(arg, host, status);
}

static void note_stat(const char *host, mc_status status, mc_slice name, mc_slice value, void *arg) {
    (void)name, (void)value;
    note(arg, host, status);
}

/* Asks about many keys; which of them are whose, the route tells. */
static mc_status ask_keys(const struct stage *stage, int asked, mc_status statuses[KEYS], char names[KEYS][16]) {
    mc_slice   keys[KEYS];
    mc_entry   entries[KEYS];
    mc_results results = MC_RESULTS_INIT;
    mc_status  whole;

    for (size_t i = 0; i < KEYS; i++) {
        snprintf(names[i], sizeof names[i], "key-%zu", i);
        keys[i] = mc_str(names[i]);
        entries[i] = (mc_entry){.key = keys[i], .value = keys[i]};
    }
    if (asked == SET)
        whole = mc_set_multi(stage->client, entries, KEYS);
    else if (asked == DELETE)
        return mc_delete_multi(stage->client, keys, KEYS, statuses);
    else
        whole = (asked == GET ? mc_get_multi : mc_gets_multi)(stage->client, keys, KEYS, &results);
    for (size_t i = 0; i < KEYS; i++)
        statuses[i] = asked == SET ? entries[i].status : results.items[i].status;
    mc_results_clear(&results);
    return whole;
}

static bool is_right(size_t way, mc_status status) {
    return status == ways[way].status || status == ways[way].also;
}

static void check_keys(const struct stage *stage, size_t way, int asked, complaint *wrong) {
    mc_status statuses[KEYS];
    char      names[KEYS][16];
    mc_status whole = ask_keys(stage, asked, statuses, names);
    size_t    healthy = 0;

    demand(wrong, whole == MC_PARTIAL, "%s, %s: %s", ways[way].name, calls[asked], mc_status_name(whole));
    for (size_t i = 0; i < KEYS; i++) {
        size_t host = 0;
        mc_client_route(stage->client, mc_str(names[i]), &host, 1);
        healthy += host == stage->healthy;
        if (host == stage->healthy)
            demand_of_status(wrong, statuses[i], statuses[i] <= MC_EXISTS, "%s, %s: a healthy host's key is %s",
                             ways[way].name, calls[asked], mc_status_name(statuses[i]));
        else
            demand_of_status(wrong, statuses[i], is_right(way, statuses[i]), "%s, %s: the stuck host's key is %s",
                             ways[way].name, calls[asked], mc_status_name(statuses[i]));
    }
    demand(wrong, healthy > 0 && healthy < KEYS, "all keys on one host");
}

static void check_servers(const struct stage *stage, size_t way, int asked, complaint *wrong) {
    struct report report = {.stuck = stage->stuck, .healthy = MC_BAD_ARGUMENT, .of_stuck = MC_OK};
    mc_status     whole;

    if (asked == FLUSH)
        whole = mc_flush_all(stage->client, 0);
    else if (asked == STATS)
        whole = mc_stats(stage->client, mc_str(""), note_stat, &report);
    else
        whole = mc_version(stage->client, note_version, &report);
    demand(wrong, whole == MC_PARTIAL, "%s, %s: %s", ways[way].name, calls[asked], mc_status_name(whole));
    if (asked == FLUSH)
        return;
    demand_of_status(wrong, report.healthy, report.healthy == MC_OK, "%s, %s: the healthy host is %s", ways[way].name,
                     calls[asked], mc_status_name(report.healthy));
    demand_of_status(wrong, report.of_stuck, is_right(way, report.of_stuck), "%s, %s: the stuck host is %s", ways[way].name,
                     calls[asked], mc_status_name(report.of_stuck));
}

static void try_row(size_t row, const void *table, complaint *wrong) {
    size_t       way = row / CALLS / 2;
    int          asked = (int)(row % CALLS);
    struct stage stage = {.host = NULL};
    double       began;

    (void)table;
    set_stage(&stage, way, row / CALLS % 2);
    began = now_ms();
    (asked < VERSION ? check_keys : check_servers)(&stage, way, asked, wrong);
    demand(wrong, in_time(began, ways[way].quick ? 0 : stretched_ms(DEADLINE_MS)), "%s, %s: took %.0f ms", ways[way].name,
           calls[asked], now_ms() - began);
    clear_stage(&stage, way);
}

START_TEST(the_healthy_hosts_are_heard) {
    trials_run(try_row, NULL, 2 * ROWS(ways) * CALLS, AT_ONCE);
}
END_TEST

START_TEST(the_healthy_hosts_are_heard_among_signals) {
    trials_run_disturbed(try_row, NULL, 2 * ROWS(ways) * CALLS, AT_ONCE);
}
END_TEST

#define LARGE 400000
#define LARGE_KEYS 30

static size_t store_large_values(const mc_client *client, mc_client *home, size_t healthy, char names[LARGE_KEYS][16],
                                 mc_slice keys[LARGE_KEYS]) {
    static char bytes[LARGE];
    size_t      stored = 0;

    for (size_t i = 0; i < LARGE_KEYS; i++) {
        size_t host = 0;
        snprintf(names[i], sizeof names[i], "large-%zu", i);
        keys[i] = mc_str(names[i]);
        mc_client_route(client, keys[i], &host, 1);
        if (host != healthy)
            continue;
        memset(bytes, (int)('a' + i), sizeof bytes);
        ck_assert_int_eq(mc_set(home, keys[i], mc_bytes(bytes, sizeof bytes), 0, 0), MC_OK);
        stored++;
    }
    return stored;
}

/* Far more than fits between the healthy host and us comes while the other, which is asked and heard first, says nothing. */
START_TEST(large_answers_do_not_wait_for_a_silent_host) {
    struct stage stage = {.host = NULL};
    mc_view      settings = MC_VIEW_INIT;
    char         names[LARGE_KEYS][16];
    mc_slice     keys[LARGE_KEYS];
    mc_results   results = MC_RESULTS_INIT;
    mc_client   *home;
    size_t       stored, came = 0;

    set_stage(&stage, 1, 1);
    settings.has_route = true;
    settings.route = 1;
    home = mc_client_view(stage.plenty, &settings);
    settings = (mc_view)MC_VIEW_INIT;
    settings.timeout_ms = 8000;
    mc_client_free(stage.client);
    stage.client = mc_client_view(stage.plenty, &settings);
    stored = store_large_values(stage.client, home, 1, names, keys);
    ck_assert_int_eq(mc_get_multi(stage.client, keys, LARGE_KEYS, &results), MC_PARTIAL);
    for (size_t i = 0; i < LARGE_KEYS; i++) {
        if (results.items[i].status != MC_OK)
            continue;
        came++;
        ck_assert_uint_eq(results.items[i].value.len, LARGE);
        ck_assert(results.items[i].value.data[0] == (char)('a' + i) && results.items[i].value.data[LARGE] == '\0');
    }
    ck_assert(came == stored && stored > 5);
    mc_results_clear(&results);
    mc_client_free(home);
    clear_stage(&stage, 1);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("stuck hosts");
    TCase *tcase = test_case(suite, "stuck hosts", 60);

    tcase_add_test(tcase, the_healthy_hosts_are_heard);
    tcase_add_test(tcase, the_healthy_hosts_are_heard_among_signals);
    tcase_add_test(tcase, large_answers_do_not_wait_for_a_silent_host);
    return suite;
}
