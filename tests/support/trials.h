/*
 * The rows of a table, each tried by itself, many at once in threads. A row that finds something wrong says so in its
 * complaint and goes on; all complaints together fail the test. After the last row the process has as many descriptors and
 * threads as before the first.
 */
#ifndef MC_SUPPORT_TRIALS_H
#define MC_SUPPORT_TRIALS_H

#include "mcclient/mcclient.h"
#include "support/lateness.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct complaint {
    char text[768]; /* "" as long as nothing is wrong; the first thing that is, else */
    bool of_time;   /* that may be so because the machine was held up */
} complaint;

/* Notes what is wrong. */
void complain(complaint *self, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same, where a call came to this status: there may have been no time to ask, or to be answered. */
void complain_of_status(complaint *self, mc_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A condition that must hold; complains in words where it does not, and is then false. */
#define demand(self, condition, ...) ((condition) ? true : (complain((self), __VA_ARGS__), false))

/* The same for a condition of a call that came to this status. */
#define demand_of_status(self, status, condition, ...)                                                                      \
    ((condition) ? true : (complain_of_status((self), (status), __VA_ARGS__), false))

/* Tries one row. Runs in a thread of its own. Where the machine was held up meanwhile, and a complaint may be due to that,
 * the row is tried again, with more time: what is wrong with the library is wrong each time. */
typedef void trial_fn(size_t row, const void *table, complaint *wrong);

/* For a deadline, or a host's pause, of a trial: so long the first time, four times and sixteen times as long thereafter. */
int stretched_ms(int ms);

/* Tries rows 0 to count - 1, at most that many at once. Fails the test with every row's complaint. */
void trials_run(trial_fn *trial, const void *table, size_t count, size_t at_once);

/* The same, and all the while a thousand signals a second come in each row's thread. */
void trials_run_disturbed(trial_fn *trial, const void *table, size_t count, size_t at_once);

/* The same one after another, in the calling thread, without signals. */
void trials_run_here(trial_fn *trial, const void *table, size_t count);

/* How many descriptors, and how many threads, this process has. */
size_t count_descriptors(void);
size_t count_threads(void);

#endif
