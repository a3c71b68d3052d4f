/* Calls that share a connection to hosts that leave out, repeat and exchange lines of their replies, in calls that run out
 * of memory or of time: nobody is handed what is not his. */
#include "net/host.h"
#include "support/check_main.h"
#include "support/crew.h"
#include "support/nth_call.h"
#include "support/rides.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define THREADS 8
#define PLENTY_MS 20000

/* ------------------------------------------------------------------------------------------- a host that mixes up lines --
 */

/* It answers "get" with "<key>=<key>" for each key, "incr" with the key's number, "set" with STORED; but every so many-th
 * line is left out, said twice, changed, or said in place of the next. */
struct mixer {
    listener      listener;
    atomic_uint   random;
    unsigned      one_in; /* 0: all is well */
    atomic_size_t open;
    pthread_t     thread;
    atomic_bool   over;
};

static unsigned draw(struct mixer *self, unsigned below) {
    unsigned before = atomic_load(&self->random), after;

    do
        after = before * 1664525 + 1013904223;
    while (!atomic_compare_exchange_weak(&self->random, &before, after));
    return (after >> 8) % below;
}

struct replies {
    char   text[16384];
    size_t len;
};

static void say(struct mixer *self, struct replies *replies, const char *line) {
    static const char *const others[] = {
        "END\r\n",         "STORED\r\n",          "ERROR\r\n",           "VALUE k0 0 2\r\nk0\r\n",
        "7\r\n",           "SERVER_ERROR no\r\n", "CLIENT_ERROR no\r\n", "HELLO\r\n",
        "VALUE k1 0 0\r\n"}; /* no line can make a value of it, as one of some length could be made of others */
    const char *said = line;
    unsigned    times = 1;

    if (self->one_in > 0 && draw(self, self->one_in) == 0) {
        unsigned kind = draw(self, 3);
        times = kind == 0 ? 0 : kind;
        said = kind == 1 ? others[draw(self, ROWS(others))] : line;
    }
    while (times-- > 0 && replies->len + strlen(said) < sizeof replies->text) {
        memcpy(replies->text + replies->len, said, strlen(said));
        replies->len += strlen(said);
    }
}

static void answer_line(struct mixer *self, struct replies *replies, char *line) {
    char  text[160];
    char *rest = NULL;
    char *verb = strtok_r(line, " \r", &rest), *key = strtok_r(NULL, " \r", &rest);

    if (verb && key && strcmp(verb, "get") == 0) {
        for (; key; key = strtok_r(NULL, " \r", &rest)) {
            snprintf(text, sizeof text, "VALUE %s 0 %zu\r\n%s\r\n", key, strlen(key), key);
            say(self, replies, text);
        }
        say(self, replies, "END\r\n");
    } else if (verb && key && strcmp(verb, "incr") == 0) {
        snprintf(text, sizeof text, "%s\r\n", key + 1);
        say(self, replies, text);
    } else if (verb && key && strcmp(verb, "set") == 0) {
        say(self, replies, "STORED\r\n"); /* its value's line says nothing */
    }
}

struct talk {
    struct mixer *mixer;
    int           fd;
};

static void *talk(void *arg) {
    struct talk   *self = arg;
    struct replies replies;
    char           in[16384];
    size_t         len = 0;
    ptrdiff_t      got;

    while ((got = recv(self->fd, in + len, sizeof in - 1 - len, 0)) > 0) {
        char *at = in, *end;
        len += (size_t)got;
        in[len] = '\0';
        replies.len = 0;
        while ((end = memchr(at, '\n', len - (size_t)(at - in))) != NULL) {
            *end = '\0';
            answer_line(self->mixer, &replies, at);
            at = end + 1;
        }
        len -= (size_t)(at - in);
        memmove(in, at, len);
        if (replies.len > 0 && send(self->fd, replies.text, replies.len, MSG_NOSIGNAL) < 0)
            break;
    }
    close(self->fd);
    atomic_fetch_sub(&self->mixer->open, 1);
    free(self);
    return NULL;
}

static void *listen_on(void *arg) {
    struct mixer *self = arg;

    while (!atomic_load(&self->over)) {
        struct pollfd waited = {.fd = self->listener.fd, .events = POLLIN};
        struct talk  *one;
        pthread_t     thread;
        int           fd = poll(&waited, 1, 10) > 0 ? accept(self->listener.fd, NULL, NULL) : -1;

        if (fd < 0)
            continue;
        one = malloc(sizeof *one);
        *one = (struct talk){self, fd};
        atomic_fetch_add(&self->open, 1);
        pthread_create(&thread, NULL, talk, one);
        pthread_detach(thread);
    }
    return NULL;
}

static void mixer_start(struct mixer *self, unsigned seed, unsigned one_in) {
    *self = (struct mixer){.listener = listener_open(LISTENER_UNIX, 128), .one_in = one_in};
    atomic_store(&self->random, seed);
    ck_assert_int_eq(pthread_create(&self->thread, NULL, listen_on, self), 0);
}

static void mixer_stop(struct mixer *self) {
    atomic_store(&self->over, true);
    pthread_join(self->thread, NULL);
    while (atomic_load(&self->open) > 0)
        poll(NULL, 0, 1);
    listener_close(&self->listener);
}

/* ------------------------------------------------------------------------------------------------------------- callers --
 */

struct callers {
    mc_client    *client;
    mc_client    *hurried;
    size_t        rounds;
    atomic_size_t wrong, calls, well;
    atomic_size_t statuses[64];
};

/* A value that is handed out is the caller's own. Of a number nothing tells whose it is: where the host leaves out an
 * answer, the next one takes its place. The host may hold back lines, so some calls wait in vain. */
static void call(size_t index, void *arg) {
    struct callers *self = arg;
    mc_value        value = MC_VALUE_INIT;
    char            key[16];

    snprintf(key, sizeof key, "k%zu", index);
    for (size_t i = 0; i < self->rounds; i++) {
        mc_client *client = (i + index) % 5 == 0 ? self->hurried : self->client;
        uint64_t   number = 0;
        mc_status  status;
        bool       right;

        if (i % 4 == 3) {
            status = mc_incr(client, mc_str(key), 1, &number);
            right = status != MC_OK || number < THREADS;
        } else if (i % 4 == 2) {
            status = mc_set(client, mc_str(key), mc_str(""), 0, 0);
            right = true;
        } else {
            status = mc_get(client, mc_str(key), &value);
            right = status != MC_OK || (value.len == strlen(key) && memcmp(value.data, key, value.len) == 0);
        }
        atomic_fetch_add(&self->wrong, !right);
        atomic_fetch_add(&self->well, status == MC_OK);
        atomic_fetch_add(&self->calls, 1);
        atomic_fetch_add(&self->statuses[(unsigned)status % 64], 1);
        if (status == MC_NO_SERVER)
            poll(NULL, 0, 2); /* until the host is tried again */
    }
    mc_value_clear(&value);
}

static mc_client *new_client(const struct mixer *host, int timeout_ms) {
    const char *hosts[] = {host->listener.address, NULL};
    mc_options  options = MC_OPTIONS_INIT;
    mc_client  *client;

    options.timeout_ms = timeout_ms;
    options.max_connections = 2;
    options.dead_retry_ms = 1;
    client = mc_client_new_with_options(hosts, NULL, &options);
    ck_assert_ptr_nonnull(client);
    return client;
}

static mc_client *new_view(mc_client *client, int timeout_ms) {
    mc_view settings = MC_VIEW_INIT;

    settings.timeout_ms = timeout_ms;
    client = mc_client_view(client, &settings);
    ck_assert_ptr_nonnull(client);
    return client;
}

START_TEST(a_host_that_mixes_up_its_lines) {
    static struct callers self;
    struct mixer          host;

    self = (struct callers){.rounds = 400};
    mixer_start(&host, 17 + (unsigned)_i, 40);
    self.client = new_client(&host, 30);
    self.hurried = new_view(self.client, 3);
    crew_run(THREADS, call, &self);
    ck_assert_uint_eq(atomic_load(&self.wrong), 0);
    ck_assert_uint_eq(atomic_load(&self.statuses[MC_BAD_VALUE]), 0);
    ck_assert_uint_gt(atomic_load(&self.well), 0);
    ck_assert(ride_all_is_quiet(self.client));
    mc_client_free(self.hurried);
    mc_client_free(self.client);
    mixer_stop(&host);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------------- no memory --
 */

/* Some allocation fails while all share; which call it hits is a matter of luck. What fails says so. */
START_TEST(memory_runs_out_among_those_who_share) {
    static struct callers self;
    struct mixer          host;

    mixer_start(&host, 1, 0);
    for (size_t nth = 1; nth <= 40; nth++) {
        size_t without = 0, others = 0;

        self = (struct callers){.rounds = 12, .client = new_client(&host, PLENTY_MS)};
        self.hurried = new_view(self.client, PLENTY_MS);
        nth_call_fail(NTH_ALLOCATE, nth, ENOMEM, _i ? NTH_FROM_THEN_ON : NTH_ONCE);
        crew_run(THREADS, call, &self);
        nth_call_disarm();
        ck_assert_uint_eq(atomic_load(&self.wrong), 0);
        without = atomic_load(&self.statuses[MC_NO_MEMORY]);
        others = atomic_load(&self.statuses[MC_CONNECTION_LOST]) + atomic_load(&self.statuses[MC_UNREACHABLE]) +
                 atomic_load(&self.statuses[MC_NO_SERVER]);
        ck_assert_uint_eq(atomic_load(&self.well) + without + others, atomic_load(&self.calls));
        atomic_store(&self.wrong, 0);
        self.rounds = 2;
        call(0, &self);
        ck_assert_uint_eq(atomic_load(&self.wrong), 0);
        ck_assert(ride_all_is_quiet(self.client));
        mc_client_free(self.hurried);
        mc_client_free(self.client);
    }
    mixer_stop(&host);
}
END_TEST

/* -------------------------------------------------------------------------------------------------------- system calls --
 */

static const nth_function failing[] = {NTH_SEND, NTH_SENDMSG, NTH_RECV, NTH_RECVMSG, NTH_POLL};

/* A system call fails while all share; the client goes on, and hands out nothing wrong. */
START_TEST(system_calls_fail_among_those_who_share) {
    static struct callers self;
    struct mixer          host;
    nth_function          function = failing[_i];

    mixer_start(&host, 1, 0);
    for (const int *error = nth_call_errors(function); *error; error++) {
        for (size_t nth = 1; nth <= 60; nth += 7) {
            self = (struct callers){.rounds = 12, .client = new_client(&host, PLENTY_MS)};
            self.hurried = new_view(self.client, PLENTY_MS / 2);
            nth_call_fail(function, nth, *error, NTH_ONCE);
            crew_run(THREADS, call, &self);
            nth_call_disarm();
            ck_assert_uint_eq(atomic_load(&self.wrong), 0);
            ck_assert_uint_eq(atomic_load(&self.statuses[MC_TIMEOUT]), 0);
            ck_assert_uint_gt(atomic_load(&self.well), atomic_load(&self.calls) / 2);
            ck_assert(ride_all_is_quiet(self.client));
            mc_client_free(self.hurried);
            mc_client_free(self.client);
        }
    }
    mixer_stop(&host);
}
END_TEST

/* Each send and receive moves one byte. */
START_TEST(one_byte_at_a_time) {
    static const nth_function moving[] = {NTH_SEND, NTH_SENDMSG, NTH_RECV, NTH_RECVMSG};
    static struct callers     self;
    struct mixer              host;

    mixer_start(&host, 1, 0);
    self = (struct callers){.rounds = 20, .client = new_client(&host, PLENTY_MS)};
    self.hurried = new_view(self.client, PLENTY_MS / 2);
    for (size_t i = 0; i < ROWS(moving); i++)
        nth_call_move_one_byte(moving[i], 1, NTH_FROM_THEN_ON);
    crew_run(THREADS, call, &self);
    nth_call_disarm();
    ck_assert_uint_eq(atomic_load(&self.wrong), 0);
    ck_assert_uint_eq(atomic_load(&self.well), atomic_load(&self.calls));
    ck_assert(ride_all_is_quiet(self.client));
    mc_client_free(self.hurried);
    mc_client_free(self.client);
    mixer_stop(&host);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("sharing_hosts");
    TCase *tcase = test_case(suite, "hosts", 100);

    tcase_add_loop_test(tcase, a_host_that_mixes_up_its_lines, 0, 8);
    tcase_add_loop_test(tcase, memory_runs_out_among_those_who_share, 0, 2);
    tcase_add_loop_test(tcase, system_calls_fail_among_those_who_share, 0, (int)ROWS(failing));
    tcase_add_test(tcase, one_byte_at_a_time);
    return suite;
}
