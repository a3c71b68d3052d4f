/*
 * Objects with locks that must be whole in a forked child. fork() holds every lock of every registered object, so that the
 * child finds each in order, and then tells it to drop what is its parent's.
 */
#ifndef MC_BASE_FORK_H
#define MC_BASE_FORK_H

#include "mcclient/mcclient.h"

/* Part of the object that is registered; the functions are set by its owner, the links are this file's. */
typedef struct mc__fork_guard {
    void (*prepare)(struct mc__fork_guard *guard); /* before the fork: take the object's locks */
    void (*parent)(struct mc__fork_guard *guard);  /* after it, in the parent: release them */
    void (*child)(struct mc__fork_guard *guard); /* after it, in the child: make them anew, drop the parent's connections */
    struct mc__fork_guard *previous, *next;
} mc__fork_guard;

/*
 * Registers an object for every fork from here on; its functions may be called before this returns. MC_OK, or MC_NO_MEMORY
 * and it is not registered. fork() prepares objects in the order of their registration and goes through them backwards
 * afterwards. Any thread that holds none of the locks that prepare takes, and not from within a guard's functions.
 */
mc_status mc__fork_register(mc__fork_guard *guard);

/* Takes a registered object out again, before it is freed; none of its functions runs any more. Threads: as above. */
void mc__fork_unregister(mc__fork_guard *guard);

#endif
