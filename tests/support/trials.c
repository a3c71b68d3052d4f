#include "support/trials.h"

#include "support/check_main.h"
#include "support/disturbance.h"

#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------------------------------------------------- counting -- */

static size_t entries_of(const char *folder) {
    DIR   *open = opendir(folder);
    size_t count = 0;

    ck_assert_ptr_nonnull(open);
    while (readdir(open))
        count++;
    closedir(open);
    return count;
}

size_t count_descriptors(void) {
    return entries_of("/proc/self/fd") - 3; /* ".", ".." and the folder's own */
}

#if defined(__SANITIZE_THREAD__)
static void *do_nothing(void *arg) {
    return arg;
}

/* The sanitizer has a thread of its own, from the first that the program makes on. */
static void count_in_the_sanitizer(void) {
    pthread_t thread;

    if (pthread_create(&thread, NULL, do_nothing, NULL) == 0)
        pthread_join(thread, NULL);
    poll(NULL, 0, 10); /* it is gone, and then the kernel's record of it */
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
#endif

size_t count_threads(void) {
#if defined(__SANITIZE_THREAD__)
    pthread_once(&once, count_in_the_sanitizer);
#endif
    return entries_of("/proc/self/task") - 2 - lateness_watchers();
}

/* Threads that have been told to end, and those that nobody waits for, take a moment. */
static void expect_counts(size_t descriptors, size_t threads) {
    for (int tries = 0; tries < 5000; tries++) {
        if (count_descriptors() == descriptors && count_threads() <= threads)
            return;
        poll(NULL, 0, 1);
    }
    ck_assert_uint_eq(count_descriptors(), descriptors);
    ck_assert_uint_le(count_threads(), threads);
}

/* -------------------------------------------------------------------------------------------------------- complaining -- */

void complain(complaint *self, const char *format, ...) {
    va_list arguments;

    if (self->text[0])
        return;
    va_start(arguments, format);
    vsnprintf(self->text, sizeof self->text, format, arguments);
    va_end(arguments);
}

void complain_of_status(complaint *self, mc_status status, const char *format, ...) {
    va_list arguments;

    if (self->text[0])
        return;
    self->of_time = status == MC_TIMEOUT || status == MC_UNREACHABLE || status == MC_NO_SERVER;
    va_start(arguments, format);
    vsnprintf(self->text, sizeof self->text, format, arguments);
    va_end(arguments);
}

static void tell(const complaint *complaints, size_t count) {
    char   text[8192];
    size_t len = 0, wrong = 0;

    text[0] = '\0';
    for (size_t row = 0; row < count; row++) {
        if (!complaints[row].text[0])
            continue;
        wrong++;
        if (len + sizeof complaints[row].text + 16 < sizeof text)
            len += (size_t)snprintf(text + len, sizeof text - len, "\n  %zu: %s", row, complaints[row].text);
    }
    ck_assert_msg(wrong == 0, "%zu of %zu rows:%s", wrong, count, text);
}

/* ------------------------------------------------------------------------------------------------------------ trying -- */

struct series {
    trial_fn     *trial;
    const void   *table;
    complaint    *complaints;
    size_t        count;
    atomic_size_t next;
    bool          disturbed;
};

#define TRIES_MAX 3
#define STRETCH 4

/* How much a machine may be held up while a row is tried, for what is wrong to be the row's own. */
#define HELD_UP_MS 20

static _Thread_local int stretch = 1;

int stretched_ms(int ms) {
    return ms * stretch;
}

static void try_row(const struct series *self, size_t row) {
    complaint *wrong = &self->complaints[row];

    stretch = 1;
    for (int tries = 1; tries <= TRIES_MAX; tries++, stretch *= STRETCH) {
        double held_up = held_up_ms();

        *wrong = (complaint){.text = ""};
        self->trial(row, self->table, wrong);
        if (!wrong->text[0] || !wrong->of_time || held_up_ms() - held_up < HELD_UP_MS)
            break;
    }
    stretch = 1;
}

static void *try_rows(void *arg) {
    struct series *self = arg;
    disturbance    signals;
    size_t         row;

    if (self->disturbed)
        signals = disturbance_begin();
    while ((row = atomic_fetch_add(&self->next, 1)) < self->count)
        try_row(self, row);
    if (self->disturbed)
        disturbance_end(&signals);
    return NULL;
}

static void run_threads(struct series *self, size_t at_once) {
    pthread_t *threads = calloc(at_once, sizeof *threads);

    ck_assert_ptr_nonnull(threads);
    for (size_t i = 0; i < at_once; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, try_rows, self), 0);
    for (size_t i = 0; i < at_once; i++)
        pthread_join(threads[i], NULL);
    free(threads);
}

static void run(trial_fn *trial, const void *table, size_t count, size_t at_once, bool disturbed) {
    size_t        descriptors = count_descriptors(), threads = count_threads();
    struct series self = {.trial = trial, .table = table, .count = count, .disturbed = disturbed};

    lateness_watch();
    self.complaints = calloc(count, sizeof *self.complaints);
    ck_assert_ptr_nonnull(self.complaints);
    if (at_once > 0)
        run_threads(&self, at_once);
    else
        try_rows(&self);
    tell(self.complaints, count);
    free(self.complaints);
    expect_counts(descriptors, threads);
}

void trials_run(trial_fn *trial, const void *table, size_t count, size_t at_once) {
    run(trial, table, count, at_once < count ? at_once : count, false);
}

void trials_run_disturbed(trial_fn *trial, const void *table, size_t count, size_t at_once) {
    unsigned long before = disturbances();

    run(trial, table, count, at_once < count ? at_once : count, true);
    ck_assert_uint_gt(disturbances(), before);
}

void trials_run_here(trial_fn *trial, const void *table, size_t count) {
    run(trial, table, count, 0, false);
}
