#include "measure/progress.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH 40
#define LINE_MAX 255

/* How much of a line can be written without beginning another, which would not be taken away. */
static int line_room(void) {
    struct winsize window;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) < 0 || window.ws_col == 0)
        return 79;
    return window.ws_col < LINE_MAX ? window.ws_col - 1 : LINE_MAX;
}

void measure_progress_show(size_t done, size_t all, const char *next) {
    size_t filled = all > 0 ? WIDTH * done / all : WIDTH;
    char   bar[WIDTH + 1], line[LINE_MAX + 1] = "";

    if (!isatty(STDERR_FILENO))
        return;
    for (size_t i = 0; i < WIDTH; i++)
        bar[i] = i < filled ? '#' : '.';
    bar[WIDTH] = '\0';
    if (done < all)
        snprintf(line, sizeof line, "[%s] %zu/%zu %s", bar, done, all, next);
    fprintf(stderr, "\r\033[K%.*s", line_room(), line);
    fflush(stderr);
}
