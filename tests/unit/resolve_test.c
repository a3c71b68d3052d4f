#include "net/resolve.h"

#include "support/check_main.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LONG_MS 200000 /* longer than a test may take */

/* What the library's getaddrinfo does, which is the one below. */
static struct {
    bool                   real;  /* it is libc's */
    bool                   hangs; /* until let_go is posted */
    int                    result;
    int                    error; /* errno */
    const struct addrinfo *found;
    sem_t                  let_go;
    /* what it was asked */
    atomic_int      calls;
    char            host[64];
    bool            has_service;
    struct addrinfo hints;
    sigset_t        mask;
} resolver;

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    typedef int (*function)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

    if (resolver.real) {
        void    *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
        function libc;
        memcpy(&libc, &symbol, sizeof libc);
        return libc(host, service, hints, found);
    }
    snprintf(resolver.host, sizeof resolver.host, "%s", host);
    resolver.has_service = service != NULL;
    resolver.hints = *hints;
    pthread_sigmask(SIG_SETMASK, NULL, &resolver.mask);
    atomic_fetch_add(&resolver.calls, 1);
    if (resolver.hangs) {
        while (sem_wait(&resolver.let_go) != 0)
            continue;
    }
    memcpy(found, &(struct addrinfo *){NULL}, sizeof *found);
    if (resolver.result == 0) {
        /* Not copied, and so not freed below; the library only reads it. */
        memcpy(found, &resolver.found, sizeof *found);
    }
    errno = resolver.error;
    return resolver.result;
}

static atomic_int frees;

void freeaddrinfo(struct addrinfo *found) {
    typedef void (*function)(struct addrinfo *);

    if (resolver.real) {
        void    *symbol = dlsym(RTLD_NEXT, "freeaddrinfo");
        function libc;
        memcpy(&libc, &symbol, sizeof libc);
        libc(found);
    } else {
        atomic_fetch_add(&frees, 1);
    }
}

/* What tells of the latest look-up of a name. */
static int latest_fd;

/* A thread's last acts are invisible but for this, and the leak checker must not come before them. */
static void await_freed(void) {
    const struct timespec pause = {.tv_nsec = 1000000};

    while (latest_fd >= 0 && fcntl(latest_fd, F_GETFD) != -1)
        nanosleep(&pause, NULL);
}

static void set_up(void) {
    memset(&resolver, 0, sizeof resolver);
    atomic_store(&frees, 0);
    sem_init(&resolver.let_go, 0, 0);
    latest_fd = -1;
}

static void tear_down(void) {
    await_freed();
    sem_destroy(&resolver.let_go);
}

static mc__address address_of(mc__address_kind kind, const char *host) {
    return (mc__address){.kind = kind, .host = (char *)(uintptr_t)host, .port = kind == MC__ADDRESS_UNIX ? 0 : 11213};
}

static mc__lookup *start(mc__address_kind kind, const char *host) {
    mc__address address = address_of(kind, host);
    mc__lookup *lookup = NULL;
    int         error = 0;

    ck_assert_int_eq(mc__lookup_start(&address, &lookup, &error), MC_OK);
    ck_assert_ptr_nonnull(lookup);
    latest_fd = mc__lookup_fd(lookup);
    return lookup;
}

static void await(mc__lookup *lookup) {
    struct pollfd waited = {.fd = mc__lookup_fd(lookup), .events = POLLIN};

    if (waited.fd >= 0)
        ck_assert_int_eq(poll(&waited, 1, LONG_MS), 1);
    ck_assert(mc__lookup_done(lookup));
}

/* "address port" */
static const char *text_of(const mc__endpoint *endpoint) {
    static char text[200];
    char        host[100] = "", port[16] = "";

    if (endpoint->address.ss_family == AF_UNIX) {
        ck_assert_uint_eq(endpoint->len, sizeof(struct sockaddr_un));
        snprintf(text, sizeof text, "%s", ((const struct sockaddr_un *)&endpoint->address)->sun_path);
        return text;
    }
    ck_assert_int_eq(getnameinfo((const struct sockaddr *)&endpoint->address, endpoint->len, host, sizeof host, port,
                                 sizeof port, NI_NUMERICHOST | NI_NUMERICSERV),
                     0);
    snprintf(text, sizeof text, "%s %s", host, port);
    return text;
}

static void expect_endpoint(const mc__lookup *lookup, size_t index, const char *text) {
    const char         *error = "unset";
    size_t              count;
    const mc__endpoint *endpoints = mc__lookup_result(lookup, &count, &error);

    ck_assert_ptr_null(error);
    ck_assert_uint_gt(count, index);
    ck_assert_str_eq(text_of(&endpoints[index]), text);
}

static void expect_failure(const mc__lookup *lookup, const char *text, bool locally) {
    const char *error = NULL;
    size_t      count = 99;

    mc__lookup_result(lookup, &count, &error);
    ck_assert_uint_eq(count, 0);
    ck_assert_ptr_nonnull(error);
    ck_assert_str_eq(error, text);
    ck_assert_int_eq(mc__lookup_failed_locally(lookup), locally);
}

/* What is no name */

static const struct {
    mc__address_kind kind;
    const char      *host;
    const char      *result;
} numbers[] = {
    {MC__ADDRESS_INET, "127.0.0.1", "127.0.0.1 11213"},
    {MC__ADDRESS_INET, "255.255.255.255", "255.255.255.255 11213"},
    {MC__ADDRESS_ANY, "10.1.2.3", "10.1.2.3 11213"},
    {MC__ADDRESS_INET6, "::1", "::1 11213"},
    {MC__ADDRESS_INET6, "2001:db8::ff00:42:8329", "2001:db8::ff00:42:8329 11213"},
    {MC__ADDRESS_INET6, "::ffff:192.168.100.200", "::ffff:192.168.100.200 11213"},
    {MC__ADDRESS_INET6, "fe80::1%lo", "fe80::1%lo 11213"},
    {MC__ADDRESS_INET6, "fe80::1%1", "fe80::1%lo 11213"},
    {MC__ADDRESS_ANY, "fe80:1111:2222:3333:4444:5555:6666:7777%1", "fe80:1111:2222:3333:4444:5555:6666:7777%lo 11213"},
    {MC__ADDRESS_UNIX, "/run/memcached.sock", "/run/memcached.sock"},
    {MC__ADDRESS_UNIX, "127.0.0.1", "127.0.0.1"},
};

START_TEST(numbers_and_paths_are_there_at_once) {
    mc__lookup *lookup = start(numbers[_i].kind, numbers[_i].host);

    ck_assert(mc__lookup_done(lookup));
    ck_assert_int_eq(mc__lookup_fd(lookup), -1);
    expect_endpoint(lookup, 0, numbers[_i].result);
    ck_assert(!mc__lookup_failed_locally(lookup));
    mc__lookup_release(mc__lookup_retain(lookup));
    expect_endpoint(lookup, 0, numbers[_i].result);
    mc__lookup_release(lookup);
    ck_assert_int_eq(resolver.calls, 0);
}
END_TEST

START_TEST(an_address_without_a_zone_needs_no_look_up) {
    mc__address  address = address_of(numbers[_i].kind, numbers[_i].host);
    mc__endpoint endpoint;
    bool         zone = strchr(numbers[_i].host, '%') != NULL;

    ck_assert_int_eq(mc__endpoint_of(&address, &endpoint), !zone);
    if (!zone)
        ck_assert_str_eq(text_of(&endpoint), numbers[_i].result);
}
END_TEST

static const char *const bad_zones[] = {"fe80::1%no-such-zone", "fe80::1%4294967297", "fe80::1%18446744073709551616",
                                        "fe80::1%0", "fe80::1%"};

START_TEST(a_zone_that_is_not_there_is_a_failure) {
    mc__lookup *lookup = start(MC__ADDRESS_INET6, bad_zones[_i]);

    ck_assert(mc__lookup_done(lookup));
    expect_failure(lookup, "No such device", false);
    mc__lookup_release(lookup);
    ck_assert_int_eq(resolver.calls, 0);
}
END_TEST

START_TEST(a_path_is_as_long_as_fits) {
    char        path[sizeof((struct sockaddr_un *)NULL)->sun_path + 1];
    mc__lookup *lookup;

    memset(path, 'p', sizeof path);
    path[sizeof path - 1] = '\0';
    lookup = start(MC__ADDRESS_UNIX, path);
    ck_assert(mc__lookup_done(lookup));
    expect_failure(lookup, "File name too long", false);
    mc__lookup_release(lookup);
    path[sizeof path - 2] = '\0';
    lookup = start(MC__ADDRESS_UNIX, path);
    expect_endpoint(lookup, 0, path);
    mc__lookup_release(lookup);
}
END_TEST

/* Names */

static struct sockaddr_in  inet_a, inet_b;
static struct sockaddr_in6 inet6_a;
static struct sockaddr_un  stranger = {.sun_family = AF_UNIX};
static struct addrinfo     chain[5];

/* What a resolver may find, in an order that no sorting would leave as it is. */
static const struct addrinfo *find_all(void) {
    void *const     addresses[] = {&inet_b, &stranger, &inet6_a, &inet_a, &inet_a};
    const socklen_t lens[] = {sizeof inet_b, sizeof stranger, sizeof inet6_a, sizeof inet_a, 3};

    inet_a.sin_family = inet_b.sin_family = AF_INET;
    inet6_a.sin6_family = AF_INET6;
    inet_pton(AF_INET, "10.0.0.1", &inet_a.sin_addr);
    inet_pton(AF_INET, "10.0.0.2", &inet_b.sin_addr);
    inet_pton(AF_INET6, "2001:db8::1", &inet6_a.sin6_addr);
    for (size_t i = 0; i < ROWS(chain); i++) {
        chain[i] = (struct addrinfo){.ai_addr = addresses[i], .ai_addrlen = lens[i], .ai_next = chain + i + 1};
        chain[i].ai_family = chain[i].ai_addr->sa_family;
    }
    chain[ROWS(chain) - 1].ai_next = NULL;
    return chain;
}

START_TEST(a_name_is_looked_up_in_order) {
    mc__lookup *lookup;
    size_t      count;
    const char *error;

    resolver.found = find_all();
    lookup = start(MC__ADDRESS_ANY, "cache.example");
    ck_assert_int_gt(mc__lookup_fd(lookup), 2);
    ck_assert_int_eq(fcntl(mc__lookup_fd(lookup), F_GETFD), FD_CLOEXEC);
    await(lookup);
    await(lookup);
    expect_endpoint(lookup, 0, "10.0.0.2 11213");
    expect_endpoint(lookup, 1, "2001:db8::1 11213");
    expect_endpoint(lookup, 2, "10.0.0.1 11213");
    mc__lookup_result(lookup, &count, &error);
    ck_assert_uint_eq(count, 3);
    ck_assert_str_eq(resolver.host, "cache.example");
    ck_assert_int_eq(resolver.calls, 1);
    ck_assert_int_eq(frees, 1);
    mc__lookup_release(lookup);
}
END_TEST

static const struct {
    mc__address_kind kind;
    int              family;
} kinds[] = {{MC__ADDRESS_ANY, AF_UNSPEC}, {MC__ADDRESS_INET, AF_INET}, {MC__ADDRESS_INET6, AF_INET6}};

START_TEST(the_kind_says_what_is_asked_for) {
    mc__lookup *lookup;

    resolver.result = EAI_NONAME;
    lookup = start(kinds[_i].kind, "cache.example");
    await(lookup);
    ck_assert_int_eq(resolver.hints.ai_family, kinds[_i].family);
    ck_assert_int_eq(resolver.hints.ai_socktype, SOCK_STREAM);
    ck_assert_int_eq(resolver.hints.ai_flags & AI_ADDRCONFIG, 0);
    ck_assert(!resolver.has_service);
    mc__lookup_release(lookup);
}
END_TEST

static const struct {
    mc__address_kind kind;
    const char      *host;
} names[] = {
    {MC__ADDRESS_INET, "::1"},
    {MC__ADDRESS_INET6, "127.0.0.1"},
    {MC__ADDRESS_ANY, "127.0.0.1.example"},
    {MC__ADDRESS_ANY, "1.2.3"},
    {MC__ADDRESS_ANY, "0.0.0.256"},
    {MC__ADDRESS_ANY, "a-name-that-is-longer-than-any-number-of-version-six.example"},
};

START_TEST(what_is_no_number_of_its_kind_is_a_name) {
    mc__address  address = address_of(names[_i].kind, names[_i].host);
    mc__endpoint endpoint;
    mc__lookup  *lookup;

    ck_assert(!mc__endpoint_of(&address, &endpoint));
    resolver.result = EAI_NONAME;
    lookup = start(names[_i].kind, names[_i].host);
    await(lookup);
    ck_assert_str_eq(resolver.host, names[_i].host);
    mc__lookup_release(lookup);
}
END_TEST

static const struct {
    int         result, error;
    const char *text; /* NULL: what gai_strerror says */
    bool        locally;
} failures[] = {
    {EAI_NONAME, 0, NULL, false},
    {EAI_AGAIN, EIO, NULL, false},
    {EAI_AGAIN, EMFILE, "Too many open files", true},
    {EAI_NONAME, ENFILE, "Too many open files in system", true},
    {EAI_FAIL, 0, NULL, false},
    {EAI_MEMORY, 0, NULL, true},
    {EAI_SYSTEM, EMFILE, "Too many open files", true},
    {EAI_SYSTEM, EIO, "Input/output error", false},
};

START_TEST(a_failure_is_told_in_words) {
    mc__lookup *lookup;
    const char *text = failures[_i].text ? failures[_i].text : gai_strerror(failures[_i].result);

    resolver.result = failures[_i].result;
    resolver.error = failures[_i].error;
    lookup = start(MC__ADDRESS_ANY, "cache.example");
    await(lookup);
    expect_failure(lookup, text, failures[_i].locally);
    ck_assert_int_eq(frees, 0);
    mc__lookup_release(lookup);
}
END_TEST

START_TEST(nothing_usable_is_a_failure) {
    mc__lookup *lookup;

    find_all();
    chain[1].ai_next = NULL;
    resolver.found = chain + 1;
    lookup = start(MC__ADDRESS_ANY, "cache.example");
    await(lookup);
    expect_failure(lookup, gai_strerror(EAI_NONAME), false);
    ck_assert_int_eq(frees, 1);
    mc__lookup_release(lookup);
}
END_TEST

START_TEST(the_real_resolver_knows_localhost) {
    mc__lookup *lookup;

    resolver.real = true;
    lookup = start(MC__ADDRESS_INET, "localhost");
    await(lookup);
    expect_endpoint(lookup, 0, "127.0.0.1 11213");
    mc__lookup_release(lookup);
    await_freed();
}
END_TEST

/* Threads */

START_TEST(signals_stay_with_the_programs_threads) {
    sigset_t    before, after;
    mc__lookup *lookup;

    pthread_sigmask(SIG_SETMASK, NULL, &before);
    resolver.result = EAI_NONAME;
    lookup = start(MC__ADDRESS_ANY, "cache.example");
    await(lookup);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    for (int number = 1; number < 32; number++) {
        ck_assert_int_eq(sigismember(&after, number), sigismember(&before, number));
        if (number != SIGKILL && number != SIGSTOP)
            ck_assert_int_eq(sigismember(&resolver.mask, number), 1);
    }
    mc__lookup_release(lookup);
}
END_TEST

static void await_call(void) {
    while (atomic_load(&resolver.calls) == 0)
        sched_yield();
}

START_TEST(release_does_not_wait_for_a_hanging_resolver) {
    mc__lookup   *lookup;
    struct pollfd waited = {.events = POLLIN};

    resolver.hangs = true;
    resolver.found = find_all();
    lookup = start(MC__ADDRESS_ANY, "cache.example");
    await_call();
    ck_assert(!mc__lookup_done(lookup));
    waited.fd = mc__lookup_fd(lookup);
    ck_assert_int_eq(poll(&waited, 1, 0), 0);
    mc__lookup_release(lookup);
    /* The rest is the thread's, which frees it when it comes back. */
    ck_assert_int_ge(fcntl(waited.fd, F_GETFD), 0);
    sem_post(&resolver.let_go);
    await_freed();
    ck_assert_int_eq(frees, 1);
}
END_TEST

START_TEST(another_holder_still_gets_the_result) {
    mc__lookup *lookup;

    resolver.hangs = true;
    resolver.found = find_all();
    lookup = start(MC__ADDRESS_ANY, "cache.example");
    mc__lookup_release(mc__lookup_retain(lookup));
    sem_post(&resolver.let_go);
    await(lookup);
    expect_endpoint(lookup, 0, "10.0.0.2 11213");
    mc__lookup_release(lookup);
    mc__lookup_release(NULL);
}
END_TEST

static void *hold_for_a_while(void *argument) {
    mc__lookup   *lookup = argument;
    struct pollfd waited = {.fd = mc__lookup_fd(lookup), .events = POLLIN};
    const char   *error;
    size_t        count = 0;

    for (int i = 0; i < 1000; i++)
        mc__lookup_release(mc__lookup_retain(lookup));
    if (poll(&waited, 1, LONG_MS) == 1 && mc__lookup_done(lookup))
        mc__lookup_result(lookup, &count, &error);
    mc__lookup_release(lookup);
    return count == 3 ? argument : NULL;
}

START_TEST(many_threads_share_one_look_up) {
    pthread_t   holders[8];
    mc__lookup *lookup;
    void       *seen;

    resolver.hangs = true;
    resolver.found = find_all();
    lookup = start(MC__ADDRESS_ANY, "cache.example");
    for (size_t i = 0; i < ROWS(holders); i++)
        ck_assert_int_eq(pthread_create(&holders[i], NULL, hold_for_a_while, mc__lookup_retain(lookup)), 0);
    mc__lookup_release(lookup);
    sem_post(&resolver.let_go);
    for (size_t i = 0; i < ROWS(holders); i++) {
        pthread_join(holders[i], &seen);
        ck_assert_ptr_eq(seen, lookup);
    }
}
END_TEST

/* In a child; the number of the check that failed. */
static int give_up(mc__lookup *lookup, bool done) {
    int fd = mc__lookup_fd(lookup);

    if (mc__lookup_done(lookup) != done)
        return 1;
    mc__lookup_release(mc__lookup_retain(lookup));
    if (fcntl(fd, F_GETFD) != FD_CLOEXEC)
        return 2;
    mc__lookup_release(lookup);
    return fcntl(fd, F_GETFD) == -1 ? 0 : 3;
}

START_TEST(a_forked_child_gives_up_what_its_parent_looks_up) {
    mc__lookup *lookup;
    pid_t       child;
    int         status;
    bool        done = _i;

    resolver.hangs = !done;
    resolver.found = find_all();
    lookup = start(MC__ADDRESS_ANY, "cache.example");
    await_call();
    if (done)
        await(lookup);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        _exit(give_up(lookup, done));
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child ended with status %#x", (unsigned)status);
    sem_post(&resolver.let_go);
    await(lookup);
    expect_endpoint(lookup, 0, "10.0.0.2 11213");
    mc__lookup_release(lookup);
}
END_TEST

/* In a child: every descriptor is in use. */
static int start_without_descriptors(void) {
    mc__address address = address_of(MC__ADDRESS_ANY, "cache.example");
    mc__lookup *lookup = (mc__lookup *)&address;
    int         error = 0;

    while (dup(0) >= 0)
        continue;
    if (mc__lookup_start(&address, &lookup, &error) != MC_UNREACHABLE || error != EMFILE || lookup != NULL)
        return 1;
    address = address_of(MC__ADDRESS_ANY, "127.0.0.1");
    if (mc__lookup_start(&address, &lookup, &error) != MC_OK || !mc__lookup_done(lookup))
        return 2;
    mc__lookup_release(lookup);
    return atomic_load(&resolver.calls) == 0 ? 0 : 3;
}

START_TEST(a_name_needs_descriptors) {
    int   status;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0)
        _exit(start_without_descriptors());
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child ended with status %#x", (unsigned)status);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("resolve");
    TCase *at_once = test_case(suite, "at once", 30), *named = test_case(suite, "names", 60);
    TCase *threads = test_case(suite, "threads", 60);

    tcase_add_checked_fixture(at_once, set_up, tear_down);
    test_rows(at_once, numbers_and_paths_are_there_at_once, numbers);
    test_rows(at_once, an_address_without_a_zone_needs_no_look_up, numbers);
    test_rows(at_once, a_zone_that_is_not_there_is_a_failure, bad_zones);
    tcase_add_test(at_once, a_path_is_as_long_as_fits);

    tcase_add_checked_fixture(named, set_up, tear_down);
    tcase_add_test(named, a_name_is_looked_up_in_order);
    test_rows(named, the_kind_says_what_is_asked_for, kinds);
    test_rows(named, what_is_no_number_of_its_kind_is_a_name, names);
    test_rows(named, a_failure_is_told_in_words, failures);
    tcase_add_test(named, nothing_usable_is_a_failure);
    tcase_add_test(named, the_real_resolver_knows_localhost);

    tcase_add_checked_fixture(threads, set_up, tear_down);
    tcase_add_test(threads, signals_stay_with_the_programs_threads);
    tcase_add_test(threads, release_does_not_wait_for_a_hanging_resolver);
    tcase_add_test(threads, another_holder_still_gets_the_result);
    tcase_add_test(threads, many_threads_share_one_look_up);
    tcase_add_loop_test(threads, a_forked_child_gives_up_what_its_parent_looks_up, 0, 2);
    tcase_add_test(threads, a_name_needs_descriptors);
    return suite;
}
