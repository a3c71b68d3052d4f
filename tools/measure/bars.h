/* Bars beside names, as an SVG picture: for each row as many bars as there are series. */
#ifndef MC_MEASURE_BARS_H
#define MC_MEASURE_BARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What one block of bars shows. Texts are UTF-8; the caller owns everything. */
typedef struct measure_bars {
    const char        *title, *subtitle;
    size_t             row_count, series_count;
    const char *const *rows, *const *series; /* their names */
    const double *values;                    /* of each row those of the series; negative: no bar */
    size_t        first_colour;              /* of the first series, of grey, blue, orange, green, violet and red */
    double        mark;                      /* a line at this value; 0: none */
    bool          by_powers;                 /* of ten: the axis is logarithmic */
    unsigned      decimals;                  /* of the numbers behind the bars */
} measure_bars;

/* Draws blocks below one another. Look at ferror(file) afterwards. */
void measure_bars_draw(const measure_bars *blocks, size_t count, FILE *file);

#endif
