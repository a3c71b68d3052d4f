#include "support/lateness.h"

#include "support/scale.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#define WATCHERS_MAX 64
#define SLEEP_MS 5

/* What a wake may be late on a machine that nobody holds up. */
#define ORDINARY_MS 5

#define LATENESS_MS SCALED(500, 2000)

struct watcher {
    int            processor;
    pthread_t      thread;
    _Atomic double due_ms; /* when it wakes, if nothing holds it up; 0: it has not begun */
    _Atomic double worst_ms, total_ms;
};

static struct watcher  watchers[WATCHERS_MAX];
static atomic_size_t   watcher_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool     watching, over;

static double clock_now_ms(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void *watch(void *arg) {
    static const struct timespec pause = {.tv_nsec = SLEEP_MS * 1000000};
    struct watcher              *self = arg;
    cpu_set_t                    processor;

    CPU_ZERO(&processor);
    CPU_SET((size_t)self->processor, &processor);
    sched_setaffinity(0, sizeof processor, &processor);
    while (!atomic_load(&over)) {
        double late_ms;

        atomic_store(&self->due_ms, clock_now_ms() + SLEEP_MS);
        nanosleep(&pause, NULL);
        late_ms = clock_now_ms() - atomic_load(&self->due_ms);
        if (late_ms > atomic_load(&self->worst_ms))
            atomic_store(&self->worst_ms, late_ms);
        if (late_ms > ORDINARY_MS)
            atomic_store(&self->total_ms, atomic_load(&self->total_ms) + late_ms);
    }
    return NULL;
}

/* In a child, which has none and begins no watch. */
static void forget_watchers(void) {
    atomic_store(&watcher_count, 0);
}

static void start_watchers(void) {
    static bool registered;
    cpu_set_t   processors;
    sigset_t    all, before;
    size_t      count = 0;

    if (sched_getaffinity(0, sizeof processors, &processors) != 0)
        return;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int i = 0; i < CPU_SETSIZE && count < WATCHERS_MAX; i++) {
        if (!CPU_ISSET((size_t)i, &processors))
            continue;
        watchers[count].processor = i;
        if (pthread_create(&watchers[count].thread, NULL, watch, &watchers[count]) == 0)
            count++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    atomic_store(&watcher_count, count);
    if (!registered)
        pthread_atfork(NULL, NULL, forget_watchers);
    registered = true;
}

void lateness_watch(void) {
    if (atomic_load(&watching))
        return;
    pthread_mutex_lock(&lock);
    if (!atomic_load(&watching))
        start_watchers();
    atomic_store(&watching, true);
    pthread_mutex_unlock(&lock);
}

void lateness_rest(void) {
    pthread_mutex_lock(&lock);
    atomic_store(&over, true);
    for (size_t i = 0; i < lateness_watchers(); i++) {
        pthread_join(watchers[i].thread, NULL);
        atomic_store(&watchers[i].due_ms, 0);
    }
    atomic_store(&watcher_count, 0);
    atomic_store(&over, false);
    atomic_store(&watching, false);
    pthread_mutex_unlock(&lock);
}

size_t lateness_watchers(void) {
    return atomic_load(&watcher_count);
}

double now_ms(void) {
    lateness_watch();
    return clock_now_ms();
}

/* How late a watcher is that should have woken by now. */
static double overdue_ms(const struct watcher *self) {
    double due_ms = atomic_load(&self->due_ms);

    return due_ms > 0 ? clock_now_ms() - due_ms : 0;
}

double held_up_ms(void) {
    double sum = 0;

    for (size_t i = 0; i < lateness_watchers(); i++) {
        double overdue = overdue_ms(&watchers[i]);
        sum += atomic_load(&watchers[i].total_ms) + (overdue > ORDINARY_MS ? overdue : 0);
    }
    return sum;
}

double latest_wake_ms(void) {
    double worst = 0;

    for (size_t i = 0; i < WATCHERS_MAX; i++) {
        double overdue = i < lateness_watchers() ? overdue_ms(&watchers[i]) : 0, late = atomic_load(&watchers[i].worst_ms);
        worst = overdue > worst ? overdue : worst;
        worst = late > worst ? late : worst;
    }
    return worst;
}

double lateness_allowed_ms(void) {
    return LATENESS_MS + 4 * latest_wake_ms();
}

bool in_time(double began_ms, double timeout_ms) {
    return now_ms() - began_ms <= timeout_ms + lateness_allowed_ms();
}
