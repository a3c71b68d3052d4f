#include "base/lock.h"

#include "base/platform.h"

#include <errno.h>
#include <stdbool.h>

/* So often one looks again before he sleeps, which costs more than he waits for, unless who holds it was stopped. */
#define LOOKS 50

#if MC__HAVE_FUTEX

#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

static void wait_for_change(mc__lock *lock, unsigned times) {
    (void)times;
    syscall(SYS_futex, &lock->state, FUTEX_WAIT_PRIVATE, 2, NULL);
}

/* The lock may be gone: whoever else sleeps on this word meanwhile is woken for nothing, and looks. */
void mc__lock_wake(mc__lock *lock) {
    int error = errno;

    syscall(SYS_futex, &lock->state, FUTEX_WAKE_PRIVATE, 1);
    errno = error;
}

#else

#include <sched.h>
#include <time.h>

/* Who holds it needs but a moment; where it was stopped in the middle, yielding may not be enough to let it go on. */
#define YIELDS 16
#define NAP_NS 20000

static void wait_for_change(mc__lock *lock, unsigned times) {
    (void)lock;
    if (times < YIELDS)
        sched_yield();
    else
        nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
}

void mc__lock_wake(mc__lock *lock) {
    (void)lock;
}

#endif

static bool take_while_awake(mc__lock *lock) {
    for (int looks = 0; looks < LOOKS; looks++) {
        unsigned is_free = 0;
        if (atomic_load_explicit(&lock->state, memory_order_relaxed) == 0 &&
            atomic_compare_exchange_strong_explicit(&lock->state, &is_free, 1, memory_order_acquire, memory_order_relaxed))
            return true;
        mc__relax();
    }
    return false;
}

/* Who has waited does not know whether others still do, and so takes it as one that somebody may wait for. */
void mc__lock_take_slowly(mc__lock *lock) {
    int error = errno;

    if (take_while_awake(lock))
        return;
    for (unsigned times = 0; atomic_exchange_explicit(&lock->state, 2, memory_order_acquire) != 0; times++)
        wait_for_change(lock, times);
    errno = error;
}
