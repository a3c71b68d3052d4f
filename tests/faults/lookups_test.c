/* Names: a resolver that hangs, fails, lies, or has several addresses of which some are dead. getaddrinfo is this file's. */
#include "support/check_main.h"
#include "support/command_set.h"
#include "support/dead_end.h"
#include "support/disturbance.h"
#include "support/trials.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEADLINE_MS 500
#define PLENTY_MS 20000

/* ------------------------------------------------------------------------------------------------------ the resolver -- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t  changed = PTHREAD_COND_INITIALIZER;
static bool            hanging = true;
static atomic_int      asked;
static atomic_int      moves; /* which address "moved" has now */

/* Lets those go who hang, and waits for them to have gone. */
static void release_hanging(size_t threads) {
    pthread_mutex_lock(&lock);
    hanging = false;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    while (count_threads() > threads)
        poll(NULL, 0, 1);
}

static void hang(void) {
    pthread_mutex_lock(&lock);
    while (hanging)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

struct found {
    struct addrinfo         info;
    struct sockaddr_storage address;
};

static struct addrinfo *add(struct addrinfo *rest, int family, const char *number) {
    struct found        *found = calloc(1, sizeof *found);
    struct sockaddr_in  *v4 = (struct sockaddr_in *)&found->address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&found->address;

    found->info = (struct addrinfo){.ai_family = family,
                                    .ai_socktype = SOCK_STREAM,
                                    .ai_addr = (struct sockaddr *)&found->address,
                                    .ai_addrlen = family == AF_INET ? sizeof *v4 : sizeof *v6,
                                    .ai_next = rest};
    found->address.ss_family = (sa_family_t)family;
    inet_pton(family, number, family == AF_INET ? (void *)&v4->sin_addr : (void *)&v6->sin6_addr);
    return &found->info;
}

void freeaddrinfo(struct addrinfo *info) {
    while (info) {
        struct addrinfo *next = info->ai_next;
        free(info);
        info = next;
    }
}

static struct addrinfo *many_dead(struct addrinfo *live, int count) {
    for (int i = 0; i < count; i++)
        live = add(live, AF_INET6, "::1");
    return live;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **result) {
    (void)service, (void)hints;
    atomic_fetch_add(&asked, 1);
    *result = NULL;
    if (strcmp(name, "hangs.test") == 0) {
        hang();
        return EAI_AGAIN;
    }
    if (strcmp(name, "nosuch.test") == 0)
        return EAI_NONAME;
    if (strcmp(name, "noserver.test") == 0)
        return EAI_AGAIN;
    if (strcmp(name, "broken.test") == 0)
        return EAI_FAIL;
    if (strcmp(name, "unheardof.test") == 0)
        return 12345; /* no error of any resolver */
    if (strcmp(name, "full.test") == 0) {
        errno = EMFILE;
        return EAI_SYSTEM;
    }
    if (strcmp(name, "poor.test") == 0)
        return EAI_MEMORY;
    if (strcmp(name, "empty.test") == 0)
        return 0;
    if (strcmp(name, "strange.test") == 0) { /* families and lengths that are none of ours */
        *result = add(add(NULL, AF_INET, "127.0.0.1"), AF_INET6, "::1");
        (*result)->ai_family = AF_UNIX;
        (*result)->ai_next->ai_addrlen = 4;
        return 0;
    }
    if (strcmp(name, "both.test") == 0)
        *result = add(add(NULL, AF_INET, "127.0.0.2"), AF_INET6, "::1");
    else if (strcmp(name, "many.test") == 0)
        *result = many_dead(add(NULL, AF_INET, "127.0.0.2"), 1000);
    else if (strcmp(name, "hole.test") == 0)
        *result = add(add(NULL, AF_INET, "127.0.0.2"), AF_INET, "127.0.0.1");
    else if (strcmp(name, "moved.test") == 0)
        *result = add(NULL, AF_INET, atomic_load(&moves) ? "127.0.0.3" : "127.0.0.2");
    else
        return EAI_NONAME;
    return 0;
}

/* ---------------------------------------------------------------------------------------- a server at any address -- */

typedef struct server {
    int       fd;
    int       port;
    pthread_t thread;
    int       connections[64];
    int       count;
} server;

static void *serve_one(void *arg) {
    static const char reply[] = "VALUE k 7 5\r\nhello\r\nEND\r\n";
    int               fd = (int)(intptr_t)arg;
    char              byte;

    while (recv(fd, &byte, 1, 0) == 1)
        if (byte == '\n' && send(fd, reply, sizeof reply - 1, MSG_NOSIGNAL) < 0)
            break;
    return NULL;
}

static void *serve(void *arg) {
    server   *self = arg;
    pthread_t threads[64];
    int       fd;

    while (self->count < 64 && (fd = accept(self->fd, NULL, NULL)) >= 0) {
        self->connections[self->count] = fd;
        pthread_create(&threads[self->count++], NULL, serve_one, (void *)(intptr_t)fd);
    }
    for (int i = 0; i < self->count; i++) {
        shutdown(self->connections[i], SHUT_RDWR);
        pthread_join(threads[i], NULL);
        close(self->connections[i]);
    }
    return NULL;
}

/* port 0: any. */
static server *server_start(const char *address, int port) {
    struct sockaddr_in bound = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t          len = sizeof bound;
    server            *self = calloc(1, sizeof *self);
    int                on = 1;

    inet_pton(AF_INET, address, &bound.sin_addr);
    self->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(self->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ck_assert_int_eq(bind(self->fd, (struct sockaddr *)&bound, len), 0);
    ck_assert_int_eq(listen(self->fd, 16), 0);
    ck_assert_int_eq(getsockname(self->fd, (struct sockaddr *)&bound, &len), 0);
    self->port = ntohs(bound.sin_port);
    ck_assert_int_eq(pthread_create(&self->thread, NULL, serve, self), 0);
    return self;
}

static void server_stop(server *self) {
    shutdown(self->fd, SHUT_RDWR);
    pthread_join(self->thread, NULL);
    close(self->fd);
    free(self);
}

static mc_client *client_of(const char *name, int port, int timeout_ms, int connect_timeout_ms) {
    mc_options options = MC_OPTIONS_INIT;
    char       address[64];
    mc_client *client;

    snprintf(address, sizeof address, "%s:%d", name, port);
    options.timeout_ms = timeout_ms;
    options.connect_timeout_ms = connect_timeout_ms;
    options.dead_retry_ms = 0;
    client = mc_client_new_with_options((const char *[]){address, NULL}, NULL, &options);
    ck_assert_ptr_nonnull(client);
    return client;
}

/* ----------------------------------------------------------------------------------------------------------- hanging -- */

struct attempt {
    const command *command;
    int            connect_timeout_ms;
    bool           disturbed;
    complaint      wrong;
};

static void try_command(struct attempt *self) {
    mc_client *client = client_of("hangs.test", 11211, DEADLINE_MS, self->connect_timeout_ms);
    double     limit = self->connect_timeout_ms < DEADLINE_MS ? self->connect_timeout_ms : DEADLINE_MS;
    mc_status  status = strcmp(self->command->name, "flush_all") == 0 ? MC_PARTIAL : MC_UNREACHABLE;
    double     began = now_ms();
    answer     got = self->command->run(client);
    double     took = now_ms() - began;

    demand(&self->wrong, got.status == status, "%s: %s (%s)", self->command->name, mc_status_name(got.status), got.detail);
    demand(&self->wrong, strstr(got.detail, "hangs.test:11211") && strstr(got.detail, "timed out"), "%s: %s",
           self->command->name, got.detail);
    demand(&self->wrong, took <= limit + lateness_allowed_ms(), "%s: took %.0f ms", self->command->name, took);
    demand(&self->wrong, took >= limit - 5, "%s: took only %.0f ms", self->command->name, took);
    began = now_ms();
    mc_client_free(client);
    demand(&self->wrong, now_ms() - began <= lateness_allowed_ms(), "freeing took %.0f ms", now_ms() - began);
}

static void *attempt(void *arg) {
    struct attempt *self = arg;
    disturbance     signals;

    if (self->disturbed)
        signals = disturbance_begin();
    try_command(self);
    if (self->disturbed)
        disturbance_end(&signals);
    return NULL;
}

static const struct {
    int  connect_timeout_ms;
    bool disturbed;
} hangs[] = {{PLENTY_MS, false}, {PLENTY_MS, true}, {DEADLINE_MS / 2, true}};

/* Its threads and their descriptors are given back when they end at last. */
START_TEST(a_resolver_that_hangs_holds_no_call) {
    struct attempt attempts[COMMANDS];
    pthread_t      threads[COMMANDS];
    size_t         thread_count = count_threads(), descriptors = count_descriptors();

    for (size_t i = 0; i < COMMANDS; i++) {
        attempts[i] = (struct attempt){.command = &command_set[i],
                                       .connect_timeout_ms = hangs[_i].connect_timeout_ms,
                                       .disturbed = hangs[_i].disturbed};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, attempt, &attempts[i]), 0);
    }
    for (size_t i = 0; i < COMMANDS; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < COMMANDS; i++)
        ck_assert_msg(!attempts[i].wrong.text[0], "%s", attempts[i].wrong.text);
    release_hanging(thread_count);
    ck_assert_uint_eq(count_descriptors(), descriptors);
}
END_TEST

START_TEST(one_look_up_for_many_calls) {
    mc_client *client;
    size_t     threads = count_threads();
    int        before = atomic_load(&asked);

    client = client_of("hangs.test", 11211, 20, PLENTY_MS);
    for (int i = 0; i < 20; i++) {
        answer got = command_named("get")->run(client);
        ck_assert_msg(got.status == MC_UNREACHABLE || got.status == MC_NO_SERVER, "%s", mc_status_name(got.status));
        mc_client_forget_dead(client);
    }
    while (atomic_load(&asked) == before) /* the look-up's thread may be late */
        poll(NULL, 0, 1);
    ck_assert_int_eq(atomic_load(&asked), before + 1);
    ck_assert_uint_eq(count_threads(), threads + 1);
    mc_client_free(client);
    release_hanging(threads);
}
END_TEST

/* ---------------------------------------------------------------------------------------------------------- failing -- */

static const struct {
    const char *name;
    const char *words;
    mc_status   status;
} failures[] = {
    {"nosuch.test", "Name or service not known", MC_UNREACHABLE},
    {"noserver.test", "Temporary failure in name resolution", MC_UNREACHABLE},
    {"broken.test", "Non-recoverable failure in name resolution", MC_UNREACHABLE},
    {"unheardof.test", "look-up", MC_UNREACHABLE},
    {"full.test", "Too many open files", MC_UNREACHABLE},
    {"empty.test", "Name or service not known", MC_UNREACHABLE},
    {"strange.test", "Name or service not known", MC_UNREACHABLE},
};

START_TEST(a_name_that_cannot_be_looked_up) {
    for (const command *each = command_set; each->name; each++) {
        mc_client *client = client_of(failures[_i].name, 11211, PLENTY_MS, PLENTY_MS);
        answer     got = each->run(client);

        ck_assert_int_eq(got.status, strcmp(each->name, "flush_all") == 0 ? MC_PARTIAL : failures[_i].status);
        ck_assert_msg(strstr(got.detail, failures[_i].words), "%s", got.detail);
        ck_assert_msg(strstr(got.detail, failures[_i].name), "%s", got.detail);
        mc_client_free(client);
    }
}
END_TEST

/* A resolver without descriptors or memory says nothing of the host, which is tried again at once. */
static const char *const local_failures[] = {"full.test", "poor.test"};

START_TEST(a_local_failure_makes_no_host_dead) {
    mc_options options = MC_OPTIONS_INIT;
    mc_client *client;
    mc_value   value = MC_VALUE_INIT;
    int        before = atomic_load(&asked);

    options.timeout_ms = options.connect_timeout_ms = PLENTY_MS;
    client = mc_client_new_with_options((const char *[]){local_failures[_i], NULL}, NULL, &options);
    ck_assert_ptr_nonnull(client);
    for (int i = 1; i <= 3; i++) {
        mc_status status = mc_get(client, mc_str("k"), &value);
        ck_assert_msg(status == MC_UNREACHABLE || status == MC_NO_MEMORY, "%s", mc_error_detail());
        ck_assert_int_eq(atomic_load(&asked), before + i);
    }
    mc_client_free(client);
}
END_TEST

/* -------------------------------------------------------------------------------------------------- several addresses -- */

static const char *const partly_dead[] = {"both.test", "many.test"};

START_TEST(the_address_that_lives_is_used) {
    server    *live = server_start("127.0.0.2", 0);
    mc_client *client = client_of(partly_dead[_i], live->port, PLENTY_MS, PLENTY_MS);
    answer     got = command_named("get")->run(client);

    ck_assert_msg(got.status == MC_OK, "%s", got.detail);
    ck_assert_str_eq(got.text, "hello/7");
    mc_client_free(client);
    server_stop(live);
}
END_TEST

#define TIME_FOR_BOTH_MS 6000

/* The first address swallows all; the second has its share of the time. */
START_TEST(an_address_that_swallows_all_leaves_time_for_the_other) {
    dead_end   hole = dead_end_black_hole();
    server    *live = server_start("127.0.0.2", atoi(strchr(hole.address, ':') + 1));
    mc_client *client = client_of("hole.test", live->port, PLENTY_MS, TIME_FOR_BOTH_MS);
    double     began = now_ms();
    answer     got = command_named("get")->run(client);

    ck_assert_msg(got.status == MC_OK, "%s", got.detail);
    ck_assert(in_time(began, TIME_FOR_BOTH_MS));
    began = now_ms();
    mc_client_close_idle(client);
    got = command_named("get")->run(client);
    ck_assert_msg(got.status == MC_OK, "%s", got.detail);
    ck_assert(in_time(began, 0)); /* the one that worked is tried first */
    mc_client_free(client);
    server_stop(live);
    dead_end_free(&hole);
}
END_TEST

START_TEST(a_host_that_moved_is_looked_up_again) {
    server    *old = server_start("127.0.0.2", 0), *new;
    int        port = old->port, before = atomic_load(&asked);
    mc_client *client = client_of("moved.test", port, PLENTY_MS, PLENTY_MS);
    answer     got = command_named("get")->run(client);

    ck_assert_msg(got.status == MC_OK, "%s", got.detail);
    mc_client_close_idle(client);
    got = command_named("get")->run(client);
    ck_assert_int_eq(got.status, MC_OK);
    ck_assert_int_eq(atomic_load(&asked), before + 1); /* not as long as it works */
    server_stop(old);
    atomic_store(&moves, 1);
    new = server_start("127.0.0.3", port);
    got = command_named("get")->run(client);
    if (got.status != MC_OK) /* the failure has it looked up anew */
        got = command_named("get")->run(client);
    ck_assert_msg(got.status == MC_OK, "%s", got.detail);
    ck_assert_int_eq(atomic_load(&asked), before + 2);
    mc_client_free(client);
    server_stop(new);
    atomic_store(&moves, 0);
}
END_TEST

static void rearm(void) {
    pthread_mutex_lock(&lock);
    hanging = true;
    pthread_mutex_unlock(&lock);
}

Suite *test_suite(void) {
    Suite *suite = suite_create("lookups");
    TCase *tcase = test_case(suite, "hanging", 60);

    tcase_add_checked_fixture(tcase, rearm, NULL);
    test_rows(tcase, a_resolver_that_hangs_holds_no_call, hangs);
    tcase_add_test(tcase, one_look_up_for_many_calls);

    tcase = test_case(suite, "failing", 60);
    test_rows(tcase, a_name_that_cannot_be_looked_up, failures);
    test_rows(tcase, a_local_failure_makes_no_host_dead, local_failures);

    tcase = test_case(suite, "several addresses", 60);
    test_rows(tcase, the_address_that_lives_is_used, partly_dead);
    tcase_add_test(tcase, an_address_that_swallows_all_leaves_time_for_the_other);
    tcase_add_test(tcase, a_host_that_moved_is_looked_up_again);
    return suite;
}
