#include "measure/bars.h"

#include <math.h>

#define MARGIN 28
#define LABELS 220 /* the column of the rows' names */
#define BARS 520
#define NUMBERS 90
#define BAR 11
#define GAP 9 /* between rows */
#define HEAD 96
#define LEGEND 120 /* the least room for a name in it, where there is room for all */
#define LETTER 7   /* about as wide as one is */
#define WIDTH (MARGIN + LABELS + BARS + NUMBERS + MARGIN)

static const char style[] =
    "text{font-family:'Helvetica Neue',Helvetica,Arial,'DejaVu Sans',sans-serif;font-size:12.5px;fill:#24292f}"
    ".title{font-size:19px;font-weight:600}.quiet{fill:#6e7781;font-size:11px}.small{font-size:10.5px;paint-order:stroke;"
    "stroke:#ffffff;stroke-width:4px}"
    ".c0{fill:#afb8c1}.c1{fill:#2f6fbd}.c2{fill:#d9822b}.c3{fill:#4f9d5d}.c4{fill:#8e63b0}.c5{fill:#b5495b}"
    ".mark{stroke:#24292f;stroke-width:1;stroke-dasharray:3 3}";

/* Text of others, without what would end a text in SVG. */
static void write_text(const char *text, FILE *file) {
    for (; *text != '\0'; text++) {
        if (*text == '<')
            fputs("&lt;", file);
        else if (*text == '&')
            fputs("&amp;", file);
        else
            fputc(*text, file);
    }
}

static void draw_text(double x, double y, const char *class, const char *text, FILE *file) {
    fprintf(file, "<text x=\"%.0f\" y=\"%.1f\" class=\"%s\">", x, y, class);
    write_text(text, file);
    fputs("</text>\n", file);
}

static double largest_of(const measure_bars *bars) {
    double largest = bars->mark;

    for (size_t i = 0; i < bars->row_count * bars->series_count; i++)
        largest = fmax(largest, bars->values[i]);
    return largest;
}

/* How far a value reaches to the right; what is below 1 does not show on an axis of powers. */
static double length_of(const measure_bars *bars, double value, double largest) {
    if (bars->by_powers)
        return value <= 1 || largest <= 1 ? 0 : BARS * log(value) / log(largest);
    return largest <= 0 ? 0 : BARS * value / largest;
}

static double row_height(const measure_bars *bars) {
    return (double)bars->series_count * BAR + GAP;
}

static double height_of(const measure_bars *bars) {
    return HEAD + row_height(bars) * (double)bars->row_count + MARGIN;
}

static double name_width(const char *name) {
    double letters = 0;

    for (; *name != '\0'; name++)
        letters += (*name & 0xc0) != 0x80;
    return 34 + LETTER * letters;
}

static double legend_room(const measure_bars *bars) {
    double width = 0;

    for (size_t s = 0; s < bars->series_count; s++)
        width += fmax(LEGEND, name_width(bars->series[s]));
    return width <= BARS + NUMBERS ? LEGEND : 0;
}

static void draw_head(const measure_bars *bars, double top, FILE *file) {
    double x = MARGIN + LABELS, room = legend_room(bars);

    draw_text(MARGIN, top + 40, "title", bars->title, file);
    draw_text(MARGIN, top + 60, "quiet", bars->subtitle, file);
    for (size_t s = 0; s < bars->series_count; s++) {
        fprintf(file, "<rect x=\"%.0f\" y=\"%.1f\" width=\"11\" height=\"11\" rx=\"2\" class=\"c%zu\"/>", x, top + HEAD - 22,
                bars->first_colour + s);
        draw_text(x + 17, top + HEAD - 12, "name", bars->series[s], file);
        x += fmax(room, name_width(bars->series[s]));
    }
}

static void draw_row(const measure_bars *bars, size_t row, double top, double largest, FILE *file) {
    draw_text(MARGIN, top + (double)bars->series_count * BAR / 2 + 4, "name", bars->rows[row], file);
    for (size_t s = 0; s < bars->series_count; s++) {
        double y = top + (double)s * BAR;
        double value = bars->values[row * bars->series_count + s];
        double length = length_of(bars, value, largest);
        if (value < 0)
            continue;
        fprintf(file, "<rect x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" rx=\"1.5\" class=\"c%zu\"/>", MARGIN + LABELS,
                y, length, BAR - 1, bars->first_colour + s);
        fprintf(file, "<text x=\"%.1f\" y=\"%.1f\" class=\"small\">%.*f</text>\n", MARGIN + LABELS + length + 5, y + BAR - 2,
                (int)bars->decimals, value);
    }
}

static void draw_block(const measure_bars *bars, double top, FILE *file) {
    double largest = largest_of(bars);
    double mark = MARGIN + LABELS + length_of(bars, bars->mark, largest);

    draw_head(bars, top, file);
    if (bars->mark > 0)
        fprintf(file, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"mark\"/>\n", mark, top + HEAD - 4, mark,
                top + height_of(bars) - MARGIN);
    for (size_t row = 0; row < bars->row_count; row++)
        draw_row(bars, row, top + HEAD + row_height(bars) * (double)row, largest, file);
}

void measure_bars_draw(const measure_bars *blocks, size_t count, FILE *file) {
    double height = 0, top = 0;

    for (size_t i = 0; i < count; i++)
        height += height_of(&blocks[i]);
    fprintf(file, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %.0f\" width=\"%d\" height=\"%.0f\">\n", WIDTH,
            height, WIDTH, height);
    fprintf(file, "<style>%s</style>\n<rect width=\"100%%\" height=\"100%%\" rx=\"8\" fill=\"#ffffff\"/>\n", style);
    for (size_t i = 0; i < count; i++) {
        draw_block(&blocks[i], top, file);
        top += height_of(&blocks[i]);
    }
    fputs("</svg>\n", file);
}
