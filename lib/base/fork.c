#include "base/fork.h"

#include <pthread.h>

/* fork() is the whole process's, so the list is too; it holds nothing when no client exists. The ends meet in the anchor. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static mc__fork_guard  anchor = {.previous = &anchor, .next = &anchor};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int            install_error;

static void before_fork(void) {
    pthread_mutex_lock(&lock);
    for (mc__fork_guard *guard = anchor.next; guard != &anchor; guard = guard->next)
        guard->prepare(guard);
}

static void after_fork_in_parent(void) {
    for (mc__fork_guard *guard = anchor.previous; guard != &anchor; guard = guard->previous)
        guard->parent(guard);
    pthread_mutex_unlock(&lock);
}

/* The child's one thread is the one that took the lock, so it may release it. */
static void after_fork_in_child(void) {
    for (mc__fork_guard *guard = anchor.previous; guard != &anchor; guard = guard->previous)
        guard->child(guard);
    pthread_mutex_unlock(&lock);
}

static void install(void) {
    install_error = pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

mc_status mc__fork_register(mc__fork_guard *guard) {
    mc_status status = MC_OK;

    /* Outside the lock: a fork before the handlers stand must not leave the child with a lock that nobody releases. */
    pthread_once(&once, install);
    pthread_mutex_lock(&lock);
    if (install_error != 0)
        install();
    if (install_error != 0) {
        status = MC_NO_MEMORY;
    } else {
        guard->previous = anchor.previous;
        guard->next = &anchor;
        anchor.previous->next = guard;
        anchor.previous = guard;
    }
    pthread_mutex_unlock(&lock);
    return status;
}

void mc__fork_unregister(mc__fork_guard *guard) {
    pthread_mutex_lock(&lock);
    guard->previous->next = guard->next;
    guard->next->previous = guard->previous;
    pthread_mutex_unlock(&lock);
}
