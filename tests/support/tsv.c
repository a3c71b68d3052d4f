#include "support/tsv.h"

#include "support/check_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_file(const char *path) {
    FILE  *file = fopen(path, "rb");
    long   size;
    char  *text;
    size_t got;

    ck_assert_msg(file != NULL, "%s cannot be opened", path);
    ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
    size = ftell(file);
    ck_assert_int_gt(size, 0);
    rewind(file);
    text = malloc((size_t)size + 1);
    ck_assert_ptr_nonnull(text);
    got = fread(text, 1, (size_t)size, file);
    ck_assert_uint_eq(got, (size_t)size);
    text[size] = '\0';
    fclose(file);
    return text;
}

static size_t count_lines(const char *text) {
    size_t lines = 1;

    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

static void split_row(char *line, tsv_row *row) {
    char *column;

    while ((column = strsep(&line, "\t")) != NULL) {
        ck_assert_uint_lt(row->count, TSV_COLUMNS_MAX);
        row->columns[row->count++] = column;
    }
}

tsv tsv_read(const char *name) {
    tsv    table = {0};
    char   path[1024];
    char  *rest, *line;
    size_t number = 0;

    snprintf(path, sizeof path, "%s/%s", MC_TEST_DATA, name);
    table.text = read_file(path);
    table.rows = calloc(count_lines(table.text), sizeof *table.rows);
    ck_assert_ptr_nonnull(table.rows);
    rest = table.text;
    while ((line = strsep(&rest, "\n")) != NULL) {
        number++;
        if (line[0] == '\0' || line[0] == '#')
            continue;
        table.rows[table.count].line = number;
        split_row(line, &table.rows[table.count++]);
    }
    return table;
}

void tsv_free(tsv *table) {
    free(table->rows);
    free(table->text);
    *table = (tsv){0};
}

size_t tsv_numbers(const char *list, unsigned *numbers, size_t max) {
    size_t count = 0;

    for (;;) {
        char *end;
        ck_assert_uint_lt(count, max);
        numbers[count++] = (unsigned)strtoul(list, &end, 10);
        ck_assert_msg(end != list && (*end == ',' || *end == '\0'), "not a list of numbers: %s", list);
        if (*end == '\0')
            return count;
        list = end + 1;
    }
}
