#include "support/crew.h"

#include "support/check_main.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHILD_LIMIT_S 60

struct member {
    crew     *crew;
    size_t    index;
    pthread_t thread;
};

struct crew {
    crew_fn          *work;
    void             *arg;
    size_t            count;
    pthread_barrier_t start;
    struct member    *members;
};

static void *run(void *arg) {
    struct member *self = arg;

    pthread_barrier_wait(&self->crew->start);
    self->crew->work(self->index, self->crew->arg);
    return NULL;
}

crew *crew_start(size_t count, crew_fn *work, void *arg) {
    crew *self = calloc(1, sizeof *self);

    ck_assert_ptr_nonnull(self);
    self->members = calloc(count, sizeof *self->members);
    ck_assert_ptr_nonnull(self->members);
    self->work = work;
    self->arg = arg;
    self->count = count;
    ck_assert_int_eq(pthread_barrier_init(&self->start, NULL, (unsigned)count), 0);
    for (size_t i = 0; i < count; i++) {
        self->members[i].crew = self;
        self->members[i].index = i;
        ck_assert_int_eq(pthread_create(&self->members[i].thread, NULL, run, &self->members[i]), 0);
    }
    return self;
}

void crew_join(crew *self) {
    for (size_t i = 0; i < self->count; i++)
        pthread_join(self->members[i].thread, NULL);
    pthread_barrier_destroy(&self->start);
    free(self->members);
    free(self);
}

void crew_run(size_t count, crew_fn *work, void *arg) {
    crew_join(crew_start(count, work, arg));
}

pid_t child_start(child_fn *work, void *arg) {
    pid_t pid = fork();

    if (pid == 0) {               /* before any check: Check has a lock that another thread of the parent may have held */
        signal(SIGALRM, SIG_DFL); /* Check's own way to end a test would end whoever is of the same process group */
        alarm(CHILD_LIMIT_S);
        _exit(work(arg));
    }
    ck_assert_int_gt(pid, 0);
    return pid;
}

int child_wait(pid_t pid) {
    int status;

    while (waitpid(pid, &status, 0) < 0)
        ck_assert_int_eq(errno, EINTR);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

double clock_ms(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}
