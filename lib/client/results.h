/* The memory behind mc_results: items, and the bytes of their values in blocks that are kept for the next call. */
#ifndef MC_CLIENT_RESULTS_H
#define MC_CLIENT_RESULTS_H

#include "mcclient/mcclient.h"

/* Readies results for count items, each MC_NOT_FOUND without value; what they held is gone, the memory stays. false: no
 * memory; results hold nothing then. */
bool mc__results_begin(mc_results *results, size_t count);

/* room bytes and one more for a NUL, valid until the results are reused or cleared. NULL: no memory. */
char *mc__results_space(mc_results *results, size_t room);

#endif
