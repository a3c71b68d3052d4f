#include "support/disturbance.h"

#include "support/check_main.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

#define PERIOD_NS 1000000

static atomic_ulong count;

static void handle(int number) {
    (void)number;
    atomic_fetch_add(&count, 1);
}

unsigned long disturbances(void) {
    return atomic_load(&count);
}

disturbance disturbance_begin(void) {
    struct sigaction  action = {.sa_handler = handle}; /* without SA_RESTART */
    struct itimerspec every = {{0, PERIOD_NS}, {0, PERIOD_NS}};
    struct sigevent   event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM};
    disturbance       self;

    event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
    ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
    ck_assert_int_eq(timer_create(CLOCK_MONOTONIC, &event, &self.timer), 0);
    ck_assert_int_eq(timer_settime(self.timer, 0, &every, NULL), 0);
    return self;
}

void disturbance_end(disturbance *self) {
    timer_delete(self->timer);
}
