/* Ctrl-C ends a load early, with the results so far; a second one ends the program. */
#ifndef MC_LOAD_INTERRUPT_H
#define MC_LOAD_INTERRUPT_H

#include <stdbool.h>

/* From now on SIGINT and SIGTERM are only noted, once each. */
void load_interrupt_watch(void);

/* Whether one has come. Any thread. */
bool load_interrupted(void);

#endif
