/* What a load has shown, for people, for programs, and as a picture. */
#ifndef MC_LOAD_REPORT_H
#define MC_LOAD_REPORT_H

#include "load/rounds.h"

/* How fast the first side is beside the second: rates of the same round, divided. Of rounds that are done. */
typedef struct load_ratio {
    double median, low, high; /* low and high: the quartiles */
} load_ratio;

load_ratio load_ratio_of(const load_rounds *rounds);

void load_report_table(const load_rounds *rounds);
void load_report_json(const load_rounds *rounds);

/* Draws the picture into a file. Returns an exit status, which it has explained. */
int load_report_plot(const load_rounds *rounds, const char *path);

#endif
