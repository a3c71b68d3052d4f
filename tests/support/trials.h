/*
 * The rows of a table, each tried by itself, many at once in threads. A row that finds something wrong says so in its
 * complaint and goes on; all complaints together fail the test. After the last row the process has as many descriptors and
 * threads as before the first.
 */
#ifndef MC_SUPPORT_TRIALS_H
#define MC_SUPPORT_TRIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct complaint {
    char text[768]; /* "" as long as nothing is wrong; the first thing that is, else */
} complaint;

/* Notes what is wrong. */
void complain(complaint *self, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A condition that must hold; complains in words where it does not, and is then false. */
#define demand(self, condition, ...) ((condition) ? true : (complain((self), __VA_ARGS__), false))

/* Tries one row. Runs in a thread of its own. */
typedef void trial_fn(size_t row, const void *table, complaint *wrong);

/* Tries rows 0 to count - 1, at most that many at once. Fails the test with every row's complaint. */
void trials_run(trial_fn *trial, const void *table, size_t count, size_t at_once);

/* The same, and all the while a thousand signals a second come in each row's thread. */
void trials_run_disturbed(trial_fn *trial, const void *table, size_t count, size_t at_once);

/* The same one after another, in the calling thread, without signals. */
void trials_run_here(trial_fn *trial, const void *table, size_t count);

/* How many descriptors, and how many threads, this process has. */
size_t count_descriptors(void);
size_t count_threads(void);

/* The monotonic clock in milliseconds. */
double now_ms(void);

/*
 * Whether a call that began at began_ms, with a deadline after timeout_ms, has ended in time. A machine that is busy or
 * watched by a sanitizer makes everything late, so what counts as late follows from how late this machine's own sleeps are.
 */
bool in_time(double began_ms, double timeout_ms);

/* How much later than its deadline a call may end now, in milliseconds. */
double lateness_allowed_ms(void);

#endif
