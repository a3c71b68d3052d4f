#include "net/park.h"

#include "support/check_main.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#define FAR (600 * 1000 * MC__MS)
#define ROUNDS 5000
#define OWNERS 4

static mc__park_words words;
static mc__park       park;

static void init(void) {
    words = (mc__park_words){.next = 0};
    ck_assert_int_eq(mc__park_init(&park), 0);
    mc__park_take_place(&park, &words);
}

static void destroy(void) {
    mc__park_destroy(&park);
}

static void set_and_wake(mc__park *self) {
    mc__park_wakes wakes = {{0}};

    mc__park_set(self, &wakes);
    mc__park_wake(&words, &wakes);
}

START_TEST(is_not_set_at_first) {
    ck_assert(!mc__park_wait(&park, mc__time_now() - 1));
    ck_assert(!mc__park_wait(&park, mc__time_now()));
}
END_TEST

START_TEST(waits_until_the_moment) {
    mc__time until = mc__time_now() + 20 * MC__MS;

    ck_assert(!mc__park_wait(&park, until));
    ck_assert_int_ge(mc__time_now(), until);
}
END_TEST

START_TEST(what_is_set_stays_so_until_it_is_reset) {
    mc__park_set(&park, NULL);
    ck_assert(mc__park_wait(&park, mc__time_now() + FAR));
    ck_assert(mc__park_wait(&park, mc__time_now() - 1));
    mc__park_reset(&park);
    ck_assert(!mc__park_wait(&park, mc__time_now()));
    set_and_wake(&park);
    ck_assert(mc__park_wait(&park, mc__time_now() + FAR));
}
END_TEST

START_TEST(waking_sets_nothing_and_leaves_errno) {
    mc__park_wakes all;

    memset(&all, 0xff, sizeof all);
    errno = 4321;
    mc__park_wake(&words, &all);
    ck_assert_int_eq(errno, 4321);
    ck_assert(!mc__park_wait(&park, mc__time_now()));
}
END_TEST

#if MC__HAVE_FUTEX

/* Who has looked, and is about to sleep, does not where the word is another by then. */
START_TEST(waking_changes_the_words_of_those_it_wakes) {
    unsigned before[MC__PARK_WORDS];

    for (size_t i = 0; i < MC__PARK_WORDS; i++) {
        mc__park_wakes wakes = {{0}};

        for (size_t j = 0; j < MC__PARK_WORDS; j++)
            before[j] = atomic_load(&words.turns[j]);
        wakes.bits[i] = 1;
        mc__park_wake(&words, &wakes);
        for (size_t j = 0; j < MC__PARK_WORDS; j++)
            ck_assert_uint_eq(atomic_load(&words.turns[j]) != before[j], i == j);
    }
}
END_TEST

#endif

static void *set_later(void *arg) {
    set_and_wake(arg);
    return NULL;
}

/* Whether the wait or the setting comes first. */
START_TEST(another_thread_wakes_it) {
    for (size_t i = 0; i < 200; i++) {
        pthread_t thread;

        ck_assert_int_eq(pthread_create(&thread, NULL, set_later, &park), 0);
        ck_assert(mc__park_wait(&park, mc__time_now() + FAR));
        pthread_join(thread, NULL);
        mc__park_reset(&park);
    }
}
END_TEST

static volatile sig_atomic_t signals;

static void on_signal(int number) {
    (void)number;
    signals++;
}

START_TEST(signals_do_not_end_the_wait) {
    struct sigaction action = {.sa_handler = on_signal}, before;
    struct itimerval often = {.it_interval.tv_usec = 1000, .it_value.tv_usec = 1000}, never = {.it_value.tv_usec = 0};
    mc__time         until;

    sigaction(SIGALRM, &action, &before);
    setitimer(ITIMER_REAL, &often, NULL);
    until = mc__time_now() + 50 * MC__MS;
    while (signals < 5)
        ck_assert(!mc__park_wait(&park, until) && mc__time_now() >= until);
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &before, NULL);
}
END_TEST

/* More than there are places, so that some share one; woken by one call, and only those that are set go on. */
#define CROWD 300

struct sleeper {
    mc__park  park;
    pthread_t thread;
    bool      was_set;
};

static struct sleeper crowd[CROWD];

static void *sleep_there(void *arg) {
    struct sleeper *self = arg;

    self->was_set = mc__park_wait(&self->park, mc__time_now() + FAR);
    return NULL;
}

static void wake_half(size_t from) {
    mc__park_wakes wakes = {{0}};

    for (size_t i = from; i < CROWD; i += 2)
        mc__park_set(&crowd[i].park, &wakes);
    mc__park_wake(&words, &wakes);
    for (size_t i = from; i < CROWD; i += 2) {
        pthread_join(crowd[i].thread, NULL);
        ck_assert(crowd[i].was_set);
        mc__park_destroy(&crowd[i].park);
    }
}

START_TEST(many_are_woken_at_once) {
    for (size_t i = 0; i < CROWD; i++) {
        ck_assert_int_eq(mc__park_init(&crowd[i].park), 0);
        mc__park_take_place(&crowd[i].park, &words);
        ck_assert_int_eq(pthread_create(&crowd[i].thread, NULL, sleep_there, &crowd[i]), 0);
    }
    wake_half(0);
    for (size_t i = 1; i < CROWD; i += 2)
        ck_assert(!crowd[i].was_set);
    wake_half(1);
}
END_TEST

/* Owners whose memory goes as soon as they see that it is set, while the setter is still about to wake them. */
struct owner {
    _Atomic(mc__park *) shown;
    bool                failed;
};

static void *own(void *arg) {
    struct owner *self = arg;

    for (size_t i = 0; i < ROUNDS; i++) {
        mc__park *own_park = malloc(sizeof *own_park);

        if (!own_park || mc__park_init(own_park) != 0) {
            self->failed = true;
            free(own_park);
            return NULL;
        }
        mc__park_take_place(own_park, &words);
        atomic_store(&self->shown, own_park);
        self->failed = self->failed || !mc__park_wait(own_park, mc__time_now() + FAR);
        mc__park_destroy(own_park);
        free(own_park);
    }
    return NULL;
}

START_TEST(its_memory_may_go_as_soon_as_it_is_set) {
    struct owner owners[OWNERS];
    pthread_t    threads[OWNERS];

    for (size_t i = 0; i < OWNERS; i++) {
        atomic_init(&owners[i].shown, NULL);
        owners[i].failed = false;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, own, &owners[i]), 0);
    }
    for (size_t done = 0; done < OWNERS * ROUNDS;) {
        for (size_t i = 0; i < OWNERS; i++) {
            mc__park *shown = atomic_exchange(&owners[i].shown, NULL);
            if (!shown)
                continue;
            set_and_wake(shown);
            done++;
        }
    }
    for (size_t i = 0; i < OWNERS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert(!owners[i].failed);
    }
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("park");
    TCase *tcase = test_case(suite, "park", 60);

    tcase_add_checked_fixture(tcase, init, destroy);
    tcase_add_test(tcase, is_not_set_at_first);
    tcase_add_test(tcase, waits_until_the_moment);
    tcase_add_test(tcase, what_is_set_stays_so_until_it_is_reset);
    tcase_add_test(tcase, waking_sets_nothing_and_leaves_errno);
#if MC__HAVE_FUTEX
    tcase_add_test(tcase, waking_changes_the_words_of_those_it_wakes);
#endif
    tcase_add_test(tcase, another_thread_wakes_it);
    tcase_add_test(tcase, signals_do_not_end_the_wait);
    tcase_add_test(tcase, many_are_woken_at_once);
    tcase_add_test(tcase, its_memory_may_go_as_soon_as_it_is_set);
    return suite;
}
