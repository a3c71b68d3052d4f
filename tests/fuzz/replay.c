/* Runs a fuzz target without libFuzzer: over every file of the folders named, whole and cut at each of its bytes. */
#include "fuzz/fuzz_target.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX 65536
#define CUT_MAX 512

/* A copy of exactly this size, so that a sanitizer sees a byte too much. */
static void run(const uint8_t *data, size_t size) {
    uint8_t *copy = malloc(size > 0 ? size : 1);

    FUZZ_REQUIRE(copy != NULL);
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void run_file(const char *path) {
    static uint8_t data[FILE_MAX];
    FILE          *file = fopen(path, "rb");
    size_t         size;

    FUZZ_REQUIRE(file != NULL);
    size = fread(data, 1, sizeof data, file);
    fclose(file);
    fprintf(stderr, "%s\n", path);
    run(data, size);
    for (size_t cut = 0; cut < size && cut < CUT_MAX; cut++)
        run(data, cut);
}

static size_t run_folder(const char *folder) {
    DIR           *entries = opendir(folder);
    struct dirent *entry;
    size_t         files = 0;

    FUZZ_REQUIRE(entries != NULL);
    while ((entry = readdir(entries)) != NULL) {
        char        path[4096];
        struct stat about;

        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (stat(path, &about) != 0 || !S_ISREG(about.st_mode))
            continue;
        run_file(path);
        files++;
    }
    closedir(entries);
    return files;
}

int main(int argc, char **argv) {
    size_t files = 0;

    for (int i = 1; i < argc; i++)
        files += run_folder(argv[i]);
    printf("%zu inputs\n", files);
    return files > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
