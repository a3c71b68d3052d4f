/* Tables of test data: lines of columns parted by tabs, kept in tests/data. Lines that begin with # are comments. */
#ifndef MC_SUPPORT_TSV_H
#define MC_SUPPORT_TSV_H

#include <stddef.h>

#define TSV_COLUMNS_MAX 8

typedef struct tsv_row {
    char  *columns[TSV_COLUMNS_MAX];
    size_t count;
    size_t line; /* in the file, from 1 */
} tsv_row;

typedef struct tsv {
    char    *text;
    tsv_row *rows;
    size_t   count;
} tsv;

/* Reads the table of that file name in tests/data; it is freed with tsv_free. Fails the test when it cannot. */
tsv tsv_read(const char *name);

void tsv_free(tsv *table);

/* Reads a list of at most max decimal numbers with commas between them; returns how many there are. Fails the test when it
 * is anything else. */
size_t tsv_numbers(const char *list, unsigned *numbers, size_t max);

#endif
