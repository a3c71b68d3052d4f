#include "cli/input.h"

#include "cli/outcome.h"
#include "cli/refuse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 65536

static const char *name_of(const char *path) {
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

FILE *cli_input_open(const char *path) {
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");

    if (file == NULL)
        exit(cli_tell_errno(path));
    return file;
}

void cli_input_close(FILE *file) {
    if (file != stdin)
        fclose(file);
}

static int no_memory(void) {
    errno = ENOMEM;
    return cli_tell_errno("the value");
}

/* Doubles what is read at once with what has been read, for each time all of it is copied. */
static int read_to_end(FILE *file, const char *path, size_t max, mc_value *value) {
    char  *room = NULL;
    size_t size = 0, used = 0, got;
    int    result = CLI_DONE;

    do {
        if (used == size) {
            char *larger = realloc(room, size = size ? 2 * size : CHUNK);
            if (larger == NULL) {
                free(room);
                return no_memory();
            }
            room = larger;
        }
        got = fread(room + used, 1, size - used, file);
        used += got;
    } while (got > 0 && used <= max);
    if (ferror(file))
        result = cli_tell_errno(name_of(path));
    else if (mc_value_set(value, mc_bytes(room, used)) != MC_OK)
        result = no_memory();
    free(room);
    return result;
}

int cli_input_read(const char *path, size_t max, mc_value *value) {
    FILE *file = cli_input_open(path);
    int   result = read_to_end(file, path, max, value);

    cli_input_close(file);
    return result;
}
