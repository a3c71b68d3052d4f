/* The items that a load reads: stored before it, removed after it. */
#ifndef MC_LOAD_FILL_H
#define MC_LOAD_FILL_H

#include "load/rounds.h"

/* Stores every key on every side, showing how far it is. Returns an exit status: of the first failure, which it has
 * explained. An interruption ends it early. */
int load_fill(load_rounds *rounds);

/* Removes what was stored, as far as hosts can be reached. */
void load_empty(load_rounds *rounds);

#endif
