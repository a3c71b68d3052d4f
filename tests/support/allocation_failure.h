/*
 * Makes one allocation fail: by number, so that a test can go through them all. Programs that use it are linked with
 * --wrap=malloc, --wrap=calloc and --wrap=strndup; allocations inside libc are not seen.
 */
#ifndef MC_SUPPORT_ALLOCATION_FAILURE_H
#define MC_SUPPORT_ALLOCATION_FAILURE_H

#include <stdbool.h>
#include <stddef.h>

/* From here on allocations are counted anew, and the nth (from 1) fails; 0: none. */
void allocation_failure_at(size_t nth);

/* Whether one has failed since; from here on none does. */
bool allocation_failure_end(void);

#endif
