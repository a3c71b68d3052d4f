/* Pictures of a report, as SVG. */
#ifndef MC_BENCH_CHART_H
#define MC_BENCH_CHART_H

#include "bench/report.h"

/* Writes speed.svg, latency.svg and instructions.svg into the folder, which exists. Ends the program where it cannot. */
void bench_chart_write(const bench_report *report, const char *folder);

#endif
