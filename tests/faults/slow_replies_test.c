/* Calls that share connections, and a host that is slow to answer one of them: the others are not held up by it. */
#include "support/check_main.h"
#include "support/crew.h"
#include "support/listener.h"

#include "client/client.h"
#include "mcclient/mcclient.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MAX 64
#define THREADS 12
#define GETS 100

/* A host that has no key, and that does not answer a line with "slow" in it before it is let. */
static listener    door;
static atomic_bool let;
static atomic_uint held;
static pthread_t   porter;
static pthread_t   servants[CONNECTIONS_MAX];
static int         sockets[CONNECTIONS_MAX];
static size_t      served;

static void answer_line(int fd, const char *line) {
    if (strstr(line, "slow")) {
        atomic_fetch_add(&held, 1);
        while (!atomic_load(&let))
            poll(NULL, 0, 1);
    }
    (void)send(fd, "END\r\n", 5, MSG_NOSIGNAL); /* nobody may want it any more */
}

static void *serve(void *arg) {
    int    fd = *(int *)arg;
    char   bytes[16384];
    size_t len = 0;

    for (;;) {
        ssize_t received = recv(fd, bytes + len, sizeof bytes - 1 - len, 0);
        char   *end;
        if (received <= 0)
            return NULL;
        len += (size_t)received;
        bytes[len] = '\0';
        while ((end = strstr(bytes, "\r\n")) != NULL) {
            *end = '\0';
            answer_line(fd, bytes);
            len -= (size_t)(end + 2 - bytes);
            memmove(bytes, end + 2, len + 1);
        }
    }
}

static void *admit(void *arg) {
    (void)arg;
    for (served = 0; served < CONNECTIONS_MAX; served++) {
        sockets[served] = accept(door.fd, NULL, NULL);
        if (sockets[served] < 0)
            return NULL;
        pthread_create(&servants[served], NULL, serve, &sockets[served]);
    }
    return NULL;
}

static mc_client *open_host(void) {
    const char *hosts[2] = {NULL, NULL};
    mc_options  options = MC_OPTIONS_INIT;
    mc_client  *client;

    door = listener_open(LISTENER_TCP, 128);
    atomic_store(&let, false);
    atomic_store(&held, 0);
    ck_assert_int_eq(pthread_create(&porter, NULL, admit, NULL), 0);
    hosts[0] = door.address;
    options.timeout_ms = 60000;
    client = mc_client_new_with_options(hosts, NULL, &options);
    ck_assert_ptr_nonnull(client);
    return client;
}

static void close_host(mc_client *client) {
    mc_client_free(client);
    shutdown(door.fd, SHUT_RDWR);
    pthread_join(porter, NULL);
    listener_close(&door);
    for (size_t i = 0; i < served; i++) {
        pthread_join(servants[i], NULL);
        close(sockets[i]);
    }
}

struct work {
    mc_client  *client;
    atomic_uint missed, ended;
};

static void get_many(size_t index, void *arg) {
    struct work *self = arg;
    mc_value     value = MC_VALUE_INIT;
    char         key[32];

    for (int i = 0; i < GETS; i++) {
        snprintf(key, sizeof key, index == 0 && i == GETS / 2 ? "slow" : "key-%zu-%d", index, i);
        if (mc_get(self->client, mc_str(key), &value) == MC_NOT_FOUND)
            atomic_fetch_add(&self->missed, 1);
    }
    mc_value_clear(&value);
    /* The last of those who have asked for nothing slow lets the host go on. */
    if (index > 0 && atomic_fetch_add(&self->ended, 1) == THREADS - 2)
        atomic_store(&let, true);
}

/* Were the others held up, they would end with their deadlines, and be no misses. */
START_TEST(one_slow_reply_holds_up_nobody_else) {
    struct work self = {.client = open_host()};

    crew_run(THREADS, get_many, &self);
    ck_assert_uint_ge(atomic_load(&held), 1);
    ck_assert_uint_eq(atomic_load(&self.missed), (size_t)THREADS * GETS);
    close_host(self.client);
}
END_TEST

/* What is known of large values. */
START_TEST(keys_of_large_values_are_known) {
    const char *hosts[] = {"127.0.0.1:1", NULL};
    mc_client  *client = mc_client_new(hosts, NULL);
    mc__host   *host = client->core->roster->hosts[0];
    mc_slice    large = mc_str("large"), small = mc_str("small");

    ck_assert(!mc__host_has_large_values(host));
    mc__host_note_value(host, small, MC__LARGE_VALUE - 1);
    ck_assert(!mc__host_has_large_values(host));
    mc__host_note_value(host, large, MC__LARGE_VALUE);
    ck_assert(mc__host_has_large_values(host));
    ck_assert(mc__host_expects_large_value(host, large));
    ck_assert(!mc__host_expects_large_value(host, small));
    mc__host_note_value(host, small, 1);
    ck_assert(mc__host_expects_large_value(host, large));
    mc__host_note_value(host, large, 1);
    ck_assert(!mc__host_expects_large_value(host, large));
    mc_client_free(client);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("slow_replies");
    TCase *tcase;

    tcase = test_case(suite, "lanes", 100);
    tcase_add_test(tcase, one_slow_reply_holds_up_nobody_else);
    tcase_add_test(tcase, keys_of_large_values_are_known);
    return suite;
}
