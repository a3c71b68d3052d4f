/* Threads that do the same at once, and child processes that do something and say how it went. */
#ifndef MC_SUPPORT_CREW_H
#define MC_SUPPORT_CREW_H

#include <stddef.h>
#include <sys/types.h>

/* What one of them does; index counts from 0. */
typedef void crew_fn(size_t index, void *arg);

typedef struct crew crew;

/* Starts count threads, none of which begins before all are there. Fails the test when it cannot. */
crew *crew_start(size_t count, crew_fn *work, void *arg);

/* Waits until all have ended, and frees the crew. */
void crew_join(crew *self);

/* Both. */
void crew_run(size_t count, crew_fn *work, void *arg);

/* What a child does; 0 is well. It ends with _exit, so nothing of the parent's is flushed a second time. It checks nothing
 * with Check where the parent has threads that do. */
typedef int child_fn(void *arg);

/* Forks. A child that has not ended after 60 s is ended by SIGALRM. */
pid_t child_start(child_fn *work, void *arg);

/* Waits for a child; returns what its function returned, or -1 where a signal ended it. */
int child_wait(pid_t pid);

/* Whether a child of a process with busy threads may use memory: libc's allocator lets it, those of the sanitizers do not.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define FORKS_AMONG_THREADS 0
#else
#define FORKS_AMONG_THREADS 1
#endif

/* The monotonic clock in milliseconds. */
double clock_ms(void);

#endif
