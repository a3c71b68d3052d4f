#include "bench/chart.h"

#include "bench/basics.h"

#include <math.h>

#define MARGIN 28
#define LABELS 220 /* the column of the works' names */
#define BARS 520
#define NUMBERS 90
#define BAR 11
#define GAP 9 /* between works */
#define HEAD 96
#define WIDTH (MARGIN + LABELS + BARS + NUMBERS + MARGIN)

static const char style[] =
    "text{font-family:'Helvetica Neue',Helvetica,Arial,'DejaVu Sans',sans-serif;font-size:12.5px;fill:#24292f}"
    ".title{font-size:19px;font-weight:600}.quiet{fill:#6e7781;font-size:11px}.small{font-size:10.5px;paint-order:stroke;"
    "stroke:#ffffff;stroke-width:4px}"
    ".c0{fill:#afb8c1}.c1{fill:#2f6fbd}.c2{fill:#d9822b}.mark{stroke:#24292f;stroke-width:1;stroke-dasharray:3 3}";

/* One chart: a bar for each client of each work. */
typedef struct chart {
    const char *file, *title, *subtitle;
    double (*value)(const bench_report *report, size_t work, size_t adapter); /* negative: no bar */
    size_t first;     /* client: 1 leaves raw out, where it is 1 by definition */
    double mark;      /* a line at this value; 0: none */
    bool   by_powers; /* of ten: the axis is logarithmic */
} chart;

static double speed(const bench_report *report, size_t w, size_t a) {
    return report->figures[w][a].ratio;
}

static double slowest(const bench_report *report, size_t w, size_t a) {
    return report->figures[w][a].p999_us;
}

static double instructions(const bench_report *report, size_t w, size_t a) {
    double a_call = report->costs.a_call[BENCH_INSTRUCTIONS][w][a];

    return a_call < 0 ? -1 : a_call / report->plan->works[w]->keys;
}

static const chart charts[] = {
    {"speed.svg", "Speed beside a hand-written limit", "calls a second, divided by those of raw sockets in the same round",
     speed, 1, 1, false},
    {"latency.svg", "The slowest call in a thousand", "99.9th percentile, µs; the axis is logarithmic", slowest, 0, 0, true},
    {"instructions.svg", "Work of the client's processor", "instructions of the user's side, a key; the axis is logarithmic",
     instructions, 0, 0, true},
};

static double largest_of(const bench_report *report, const chart *drawn) {
    double largest = drawn->mark;

    for (size_t w = 0; w < report->plan->work_count; w++)
        for (size_t a = drawn->first; a < report->plan->adapter_count; a++)
            largest = fmax(largest, drawn->value(report, w, a));
    return largest;
}

/* How far a value reaches to the right; what is below 1 does not show on an axis of powers. */
static double length_of(const chart *drawn, double value, double largest) {
    if (drawn->by_powers)
        return value <= 1 || largest <= 1 ? 0 : BARS * log(value) / log(largest);
    return largest <= 0 ? 0 : BARS * value / largest;
}

static void draw_head(const bench_report *report, const chart *drawn, double height, FILE *file) {
    double x = MARGIN + LABELS;

    fprintf(file, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %.0f\" width=\"%d\" height=\"%.0f\">\n", WIDTH,
            height, WIDTH, height);
    fprintf(file, "<style>%s</style>\n<rect width=\"100%%\" height=\"100%%\" rx=\"8\" fill=\"#ffffff\"/>\n", style);
    fprintf(file, "<text x=\"%d\" y=\"40\" class=\"title\">%s</text>\n", MARGIN, drawn->title);
    fprintf(file, "<text x=\"%d\" y=\"60\" class=\"quiet\">%s; %s</text>\n", MARGIN, drawn->subtitle, report->cores);
    for (size_t a = drawn->first; a < report->plan->adapter_count; a++, x += 120) {
        fprintf(file, "<rect x=\"%.0f\" y=\"%d\" width=\"11\" height=\"11\" rx=\"2\" class=\"c%zu\"/>", x, HEAD - 22, a);
        fprintf(file, "<text x=\"%.0f\" y=\"%d\">%s</text>\n", x + 17, HEAD - 12, report->plan->adapters[a]->name);
    }
}

static void draw_work(const bench_report *report, const chart *drawn, size_t w, double y, double largest, FILE *file) {
    size_t bars = report->plan->adapter_count - drawn->first;

    fprintf(file, "<text x=\"%d\" y=\"%.1f\">%s</text>\n", MARGIN, y + (double)bars * BAR / 2 + 4,
            report->plan->works[w]->name);
    for (size_t a = drawn->first; a < report->plan->adapter_count; a++, y += BAR) {
        double value = drawn->value(report, w, a);
        double length = length_of(drawn, value, largest);
        if (value < 0)
            continue;
        fprintf(file, "<rect x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" rx=\"1.5\" class=\"c%zu\"/>", MARGIN + LABELS,
                y, length, BAR - 1, a);
        fprintf(file, "<text x=\"%.1f\" y=\"%.1f\" class=\"small\">", MARGIN + LABELS + length + 5, y + BAR - 2);
        fprintf(file, drawn->by_powers ? "%.0f" : "%.2f", value);
        fprintf(file, "</text>\n");
    }
}

static void draw(const bench_report *report, const chart *drawn, FILE *file) {
    double row = (double)(report->plan->adapter_count - drawn->first) * BAR + GAP;
    double height = HEAD + row * (double)report->plan->work_count + MARGIN;
    double largest = largest_of(report, drawn);
    double mark = MARGIN + LABELS + length_of(drawn, drawn->mark, largest);

    draw_head(report, drawn, height, file);
    if (drawn->mark > 0)
        fprintf(file, "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%.1f\" class=\"mark\"/>\n", mark, HEAD - 4, mark,
                height - MARGIN);
    for (size_t w = 0; w < report->plan->work_count; w++)
        draw_work(report, drawn, w, HEAD + row * (double)w, largest, file);
    fprintf(file, "</svg>\n");
}

void bench_chart_write(const bench_report *report, const char *folder) {
    char path[4096];

    for (size_t i = 0; i < sizeof charts / sizeof *charts; i++) {
        FILE *file;
        snprintf(path, sizeof path, "%s/%s", folder, charts[i].file);
        file = fopen(path, "we");
        if (!file)
            bench_fail(path);
        draw(report, &charts[i], file);
        if (ferror(file) | fclose(file))
            bench_fail(path);
    }
}
