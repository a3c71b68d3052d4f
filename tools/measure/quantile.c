#include "measure/quantile.h"

#include <stdlib.h>

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double measure_median(double *numbers, size_t count) {
    qsort(numbers, count, sizeof *numbers, compare);
    return measure_quantile(numbers, count, 0.5);
}

double measure_quantile(const double *sorted, size_t count, double share) {
    size_t at = (size_t)(share * (double)count);

    if (count == 0)
        return 0;
    return sorted[at < count ? at : count - 1];
}
