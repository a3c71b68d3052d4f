/*
 * Makes one call of realloc fail: by number, so that a test can go through them all. Buffers grow with realloc and nothing
 * else in the lower rooms allocates. Programs that use it are linked with --wrap=realloc.
 */
#ifndef MC_SUPPORT_REALLOC_FAILURE_H
#define MC_SUPPORT_REALLOC_FAILURE_H

#include <stddef.h>

/* From here on calls are counted anew, and the nth (from 1) fails; 0: none. */
void realloc_failure_at(size_t nth);

/* How many calls there were since. */
size_t realloc_failure_calls(void);

#endif
