/* A bar on standard error while it is a terminal. */
#ifndef MC_MEASURE_PROGRESS_H
#define MC_MEASURE_PROGRESS_H

#include <stddef.h>

/* Shows how much of all is done, and what comes next; takes the bar away when done is all. */
void measure_progress_show(size_t done, size_t all, const char *next);

#endif
