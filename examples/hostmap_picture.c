/* The map as a picture: a column for each distribution, a row for each host and for each change. */
#include "hostmap.h"

#define MARGIN 28
#define LABELS 236 /* the column of the rows' names */
#define COLUMN 186
#define BAR_ROOM 118 /* what is left of a column is for the number behind the bar */
#define BAR_HEIGHT 16
#define ROW 28
#define HEAD 132
#define GAP 58 /* between the two blocks of rows */
#define FOOT 62
#define WIDTH (MARGIN + LABELS + RULES * COLUMN + MARGIN)

static const char style[] =
    "text{font-family:'Helvetica Neue',Helvetica,Arial,'DejaVu Sans',sans-serif;font-size:13px;"
    "fill:#24292f}.title{font-size:19px;font-weight:600}.head{font-weight:600}"
    ".quiet{fill:#6e7781;font-size:11.5px}.track{fill:#eef1f4}.held{fill:#3b76c4}.moved{fill:#d9822b}"
    ".mark{stroke:#24292f;stroke-width:2}.rule{stroke:#d0d7de}";

/* Text of others, without what would end a text in SVG. */
static void write_text(FILE *file, const char *text) {
    for (; *text != '\0'; text++) {
        if (*text == '<')
            fputs("&lt;", file);
        else if (*text == '&')
            fputs("&amp;", file);
        else
            fputc(*text, file);
    }
}

static void draw_text(FILE *file, double x, double y, const char *class, const char *text) {
    fprintf(file, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y, class);
    write_text(file, text);
    fprintf(file, "</text>\n");
}

static double column_x(size_t rule) {
    return MARGIN + LABELS + (double)rule * COLUMN;
}

/* A bar for a share of the keys beside the mark where it should end; full is the share that fills the room. */
static void draw_bar(FILE *file, double x, double y, const char *class, double share, double mark, double full) {
    double top = y - 13, length = share / full * BAR_ROOM, mark_x = x + mark / full * BAR_ROOM;
    char   number[32];

    fprintf(file, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%d\" rx=\"2\" class=\"track\"/>\n", x, top, BAR_ROOM,
            BAR_HEIGHT);
    fprintf(file, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" rx=\"2\" class=\"%s\"/>\n", x, top, length,
            BAR_HEIGHT, class);
    fprintf(file, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"mark\"/>\n", mark_x, top - 3, mark_x,
            top + BAR_HEIGHT + 3);
    snprintf(number, sizeof number, "%.1f%%", 100 * share);
    draw_text(file, x + BAR_ROOM + 7, y, "number", number);
}

static double share_of(const hostmap *map, size_t keys) {
    return (double)keys / (double)map->keys;
}

/* The largest share that a bar or a mark of the first block shows. */
static double largest_share(const hostmap *map) {
    double largest = 0;

    for (size_t host = 0; host < map->count; host++) {
        if (hostmap_fair_share(map, host) > largest)
            largest = hostmap_fair_share(map, host);
        for (size_t rule = 0; rule < RULES; rule++)
            if (share_of(map, map->held[rule][host]) > largest)
                largest = share_of(map, map->held[rule][host]);
    }
    return largest;
}

static void draw_head(const hostmap *map, FILE *file, double height) {
    char text[128], number[32];

    fprintf(file, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %.0f\" width=\"%d\" height=\"%.0f\">\n", WIDTH,
            height, WIDTH, height);
    fprintf(file, "<style>%s</style>\n", style);
    fprintf(file, "<rect width=\"100%%\" height=\"100%%\" rx=\"8\" fill=\"#ffffff\"/>\n");
    snprintf(text, sizeof text, "Where %s keys go on %zu hosts", hostmap_grouped(map->keys, number, sizeof number),
             map->count);
    draw_text(file, MARGIN, 44, "title", text);
    for (size_t rule = 0; rule < RULES; rule++) {
        draw_text(file, column_x(rule), 84, "head", rules[rule].name);
        draw_text(file, column_x(rule), 101, "quiet", rules[rule].client);
    }
}

/* The name of a block of rows, over a thin line. */
static void draw_block(FILE *file, double y, const char *title) {
    draw_text(file, MARGIN, y, "head", title);
    fprintf(file, "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" class=\"rule\"/>\n", MARGIN, y + 10, WIDTH - MARGIN,
            y + 10);
}

static double draw_shares(const hostmap *map, FILE *file, double y) {
    double full = largest_share(map) * 1.05;
    char   text[256];

    draw_block(file, y - ROW - 3, "A host's share of the keys");
    for (size_t host = 0; host < map->count; host++) {
        snprintf(text, sizeof text, "%.22s, weight %u", map->hosts[host], map->weights[host]);
        draw_text(file, MARGIN, y, "label", text);
        for (size_t rule = 0; rule < RULES; rule++)
            draw_bar(file, column_x(rule), y, "held", share_of(map, map->held[rule][host]), hostmap_fair_share(map, host),
                     full);
        y += ROW;
    }
    return y;
}

static double draw_moves(const hostmap *map, FILE *file, double y) {
    char text[256];

    draw_block(file, y - ROW - 3, "Keys that move when");
    for (int change = ADDED; change < CHANGES; change++) {
        hostmap_change_text(map, (hostmap_change)change, text, sizeof text);
        draw_text(file, MARGIN, y, "label", text);
        for (size_t rule = 0; rule < RULES; rule++)
            draw_bar(file, column_x(rule), y, "moved", share_of(map, map->moved[rule][change]),
                     hostmap_least_moved(map, (hostmap_change)change), 1);
        y += ROW;
    }
    return y;
}

void hostmap_draw(const hostmap *map, FILE *file) {
    double height = HEAD + (double)map->count * ROW + GAP + CHANGES * ROW + FOOT;
    double y = HEAD + 20;

    draw_head(map, file, height);
    y = draw_shares(map, file, y);
    y = draw_moves(map, file, y + GAP);
    fprintf(file, "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" class=\"mark\"/>\n", MARGIN + 4, y + 1, MARGIN + 4,
            y + 17);
    draw_text(file, MARGIN + 14, y + 13, "quiet",
              "what the weights ask for: a fair share above, the least that must move below");
    fprintf(file, "</svg>\n");
}
