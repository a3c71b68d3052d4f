/* The clock that measurements go by. */
#ifndef MC_MEASURE_CLOCK_H
#define MC_MEASURE_CLOCK_H

#include <stdint.h>

/* The monotonic clock. */
uint64_t measure_now_ns(void);

#endif
