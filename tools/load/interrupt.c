#include "load/interrupt.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

/* Lock-free, as what a signal handler writes and threads read must be. */
static atomic_bool interrupted;

static void note(int signal) {
    (void)signal;
    atomic_store(&interrupted, true);
}

void load_interrupt_watch(void) {
    struct sigaction action = {.sa_handler = note, .sa_flags = (int)SA_RESETHAND | SA_RESTART};

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool load_interrupted(void) {
    return atomic_load_explicit(&interrupted, memory_order_relaxed);
}
