#include "measure/progress.h"

#include <stdio.h>
#include <unistd.h>

#define WIDTH 40

void measure_progress_show(size_t done, size_t all, const char *next) {
    size_t filled = all > 0 ? WIDTH * done / all : WIDTH;

    if (!isatty(STDERR_FILENO))
        return;
    fputs("\r\033[K", stderr);
    if (done < all) {
        fputc('[', stderr);
        for (size_t i = 0; i < WIDTH; i++)
            fputc(i < filled ? '#' : '.', stderr);
        fprintf(stderr, "] %zu/%zu %s", done, all, next);
    }
    fflush(stderr);
}
