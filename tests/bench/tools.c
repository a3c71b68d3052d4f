#include "bench/tools.h"

#include "bench/basics.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGUMENTS_MAX (16 + BENCH_HOSTS_MAX * 2 + BENCH_WORKS_MAX * 2 + BENCH_ADAPTERS_MAX * 2)

typedef struct command {
    const char *arguments[ARGUMENTS_MAX];
    size_t      count;
    char        self[4096];
    char        works[BENCH_WORKS_MAX][64];
} command;

static void add(command *run, const char *argument) {
    run->arguments[run->count++] = argument;
}

static void add_option(command *run, const char *option, const char *value) {
    add(run, option);
    add(run, value);
}

/* This program, on the same servers, with the same works and clients. */
static void add_self(command *run, const bench_plan *plan) {
    ssize_t len = readlink("/proc/self/exe", run->self, sizeof run->self - 1);

    if (len < 0)
        bench_fail("/proc/self/exe");
    run->self[len] = '\0';
    add_option(run, run->self, "--play");
    for (unsigned i = 0; i < BENCH_HOSTS_MAX && plan->hosts[i]; i++)
        add_option(run, "--host", plan->hosts[i]);
    if (plan->threads_host)
        add_option(run, "--threads-host", plan->threads_host);
    if (plan->unix_host)
        add_option(run, "--unix-host", plan->unix_host);
    for (size_t i = 0; i < plan->work_count; i++) {
        snprintf(run->works[i], sizeof run->works[i], "=%s", plan->works[i]->name);
        add_option(run, "--work", run->works[i]);
    }
    for (size_t i = 0; i < plan->adapter_count; i++)
        add_option(run, "--client", plan->adapters[i]->name);
    add(run, NULL);
}

/* Whether it ran and ended well. What it says is not shown. */
static bool run_to_end(const command *run) {
    int   status;
    pid_t pid = fork();

    if (pid == 0) {
        int nowhere = open("/dev/null", O_RDWR);
        dup2(nowhere, STDIN_FILENO);
        dup2(nowhere, STDOUT_FILENO);
        dup2(nowhere, STDERR_FILENO);
        bench_run_on(BENCH_CORES_ALL);
        execvp(run->arguments[0], (char *const *)run->arguments);
        _exit(127);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void make_folder(char *folder, size_t size) {
    const char *parent = getenv("TMPDIR");

    snprintf(folder, size, "%s/client_bench-XXXXXX", parent ? parent : "/tmp");
    if (!mkdtemp(folder))
        bench_fail(folder);
}

static void remove_folder(const char *folder) {
    DIR                 *opened = opendir(folder);
    const struct dirent *entry;

    while (opened && (entry = readdir(opened)))
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(opened), entry->d_name, 0);
    if (opened)
        closedir(opened);
    rmdir(folder);
}

/* A line a system call, that of another thread may be finished in a second one; and lines on signals and ends. */
static bool is_call(const char *line) {
    return strchr(line, '(') && !strstr(line, " resumed>") && !strstr(line, "+++") && !strstr(line, "---");
}

static size_t count_lines(FILE *log, double *counts, size_t max) {
    char   line[4096];
    size_t count = 0;
    bool   counting = false;

    while (fgets(line, sizeof line, log) && count < max) {
        if (strstr(line, BENCH_MARK_BEGIN)) {
            counting = true;
            counts[count] = 0;
        } else if (strstr(line, BENCH_MARK_END)) {
            counting = false;
            count++;
        } else if (counting && is_call(line)) {
            counts[count]++;
        }
    }
    return count;
}

size_t bench_strace(const bench_plan *plan, double *counts, size_t max) {
    command run = {.count = 0};
    char    folder[512], path[600];
    size_t  count = 0;
    FILE   *log;

    make_folder(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/log", folder);
    add_option(&run, "strace", "-f");
    add_option(&run, "-s", "0");
    add_option(&run, "-o", path);
    add_self(&run, plan);
    if (run_to_end(&run) && (log = fopen(path, "re"))) {
        count = count_lines(log, counts, max);
        fclose(log);
    }
    remove_folder(folder);
    return count;
}

/* The sum that a dump of callgrind ends with; negative: there is no such dump. */
static double sum_of(const char *path) {
    char   line[4096];
    double sum = -1;
    FILE  *dump = fopen(path, "re");

    while (dump && fgets(line, sizeof line, dump))
        if (strncmp(line, "totals: ", 8) == 0 || strncmp(line, "summary: ", 9) == 0)
            sum = strtod(strchr(line, ' '), NULL);
    if (dump)
        fclose(dump);
    return sum;
}

size_t bench_callgrind(const bench_plan *plan, double *counts, size_t max) {
    command run = {.count = 0};
    char    folder[512], path[600], option[640];
    size_t  count = 0;

    make_folder(folder, sizeof folder);
    snprintf(option, sizeof option, "--callgrind-out-file=%s/dump", folder);
    add_option(&run, "valgrind", "--tool=callgrind");
    add_option(&run, option, "--combine-dumps=no");
    add_option(&run, "--zero-before=bench_mark_begin", "--dump-before=bench_mark_end");
    add_self(&run, plan);
    for (bool more = run_to_end(&run); more && count < max; count += more) {
        snprintf(path, sizeof path, "%s/dump.%zu", folder, count + 1);
        counts[count] = sum_of(path);
        more = counts[count] >= 0;
    }
    remove_folder(folder);
    return count;
}
