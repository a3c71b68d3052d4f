/* Where most of some numbers lie. */
#ifndef MC_MEASURE_QUANTILE_H
#define MC_MEASURE_QUANTILE_H

#include <stddef.h>

/* The median of numbers, which are sorted by this. 0 of none. */
double measure_median(double *numbers, size_t count);

/* The share (0 to 1) of sorted numbers. 0 of none. */
double measure_quantile(const double *sorted, size_t count, double share);

#endif
