#include "support/each_kind.h"

#include "support/plain_client.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

cluster   *servers;
mc_client *mc;

static server_kind kind;
static int         plain_fds[CLUSTER_MAX];

/* Check keeps no copy of a test case's name. */
static char   titles[16][80];
static size_t title_count;

static void set_up(server_kind wanted) {
    kind = wanted;
    for (size_t i = 0; i < CLUSTER_MAX; i++)
        plain_fds[i] = -1;
}

static void set_up_bundled(void) {
    set_up(SERVER_BUNDLED);
}

static void set_up_memcached(void) {
    set_up(SERVER_MEMCACHED);
}

static void clean_up(void) {
    for (size_t i = 0; i < CLUSTER_MAX; i++)
        if (plain_fds[i] >= 0)
            close(plain_fds[i]);
    mc_client_free(mc);
    mc = NULL;
    if (servers)
        cluster_stop(servers);
    servers = NULL;
}

void each_kind(Suite *suite, const char *name, double timeout_s, void (*add_tests)(TCase *)) {
    static const struct {
        const char *name;
        void (*set_up)(void);
    } kinds[SERVER_KINDS] = {{"bundled", set_up_bundled}, {"memcached", set_up_memcached}};

    for (size_t i = 0; i < SERVER_KINDS && title_count < ROWS(titles); i++) {
        TCase *tcase;

        snprintf(titles[title_count], sizeof titles[0], "%s_%s", name, kinds[i].name);
        tcase = test_case(suite, titles[title_count++], timeout_s);
        tcase_add_checked_fixture(tcase, kinds[i].set_up, clean_up);
        add_tests(tcase);
    }
}

/* Of a call that is not about time: whoever else wants the processors, it is answered. */
#define PLENTY_MS 60000

void start_servers_with(size_t count, const unsigned *weights, const mc_options *options) {
    const mc_options defaults = MC_OPTIONS_INIT;
    mc_options       patient = options ? *options : defaults;

    if (patient.timeout_ms == defaults.timeout_ms)
        patient.timeout_ms = patient.connect_timeout_ms = PLENTY_MS;
    servers = cluster_start(kind, count);
    mc = mc_client_new_with_options(servers->hosts, weights, &patient);
    ck_assert_msg(mc != NULL, "%s", mc_error_detail());
}

void start_servers(size_t count) {
    start_servers_with(count, NULL, NULL);
}

/* Reads a reply up to the line that ends it. */
static void read_reply(int fd, const char *end, char *reply, size_t size) {
    size_t len = 0, end_len = strlen(end);

    do {
        ck_assert_uint_lt(len + 1, size);
        ck_assert_uint_eq(plain_read(fd, reply + len, 1, NULL), 1);
        reply[++len] = '\0';
    } while (len < end_len || strcmp(reply + len - end_len, end) != 0);
}

static int plain_fd(size_t index) {
    if (plain_fds[index] < 0)
        plain_fds[index] = plain_connect(servers->hosts[index]);
    ck_assert_int_ge(plain_fds[index], 0);
    return plain_fds[index];
}

uint64_t server_stat(size_t index, const char *name) {
    char        reply[16384], line[100];
    uint64_t    number = 0;
    const char *at;

    plain_send(plain_fd(index), "stats\r\n");
    read_reply(plain_fd(index), "END\r\n", reply, sizeof reply);
    snprintf(line, sizeof line, "STAT %s ", name);
    at = strstr(reply, line);
    ck_assert_msg(at != NULL, "the server has no statistic \"%s\"", name);
    ck_assert_int_eq(sscanf(at + strlen(line), "%" SCNu64, &number), 1);
    return number;
}

long long server_ttl(size_t index, const char *key) {
    char      reply[300];
    long long ttl_s = 0;

    snprintf(reply, sizeof reply, "mg %s t\r\n", key);
    plain_send(plain_fd(index), reply);
    read_reply(plain_fd(index), "\r\n", reply, sizeof reply);
    if (strcmp(reply, "EN\r\n") == 0)
        return -2;
    ck_assert_msg(sscanf(reply, "HD t%lld", &ttl_s) == 1, "mg %s: %s", key, reply);
    return ttl_s;
}

void check_detail(const char *part) {
    ck_assert_msg(strstr(mc_error_detail(), part) != NULL, "\"%s\" has no \"%s\"", mc_error_detail(), part);
}

void check_value(const char *key, const char *text) {
    mc_value value = MC_VALUE_INIT;

    check_status(mc_get(mc, mc_str(key), &value), text ? MC_OK : MC_NOT_FOUND);
    if (text)
        ck_assert_str_eq(value.data, text);
    ck_assert_uint_eq(value.len, text ? strlen(text) : 0);
    mc_value_clear(&value);
}
