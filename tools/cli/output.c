#include "cli/output.h"

#include "cli/outcome.h"
#include "cli/refuse.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Why the first write that failed did so; 0: none has. */
static int  failure;
static bool is_terminal;

void cli_output_begin(void) {
    int fd;

    signal(SIGPIPE, SIG_IGN);
    is_terminal = isatty(STDOUT_FILENO);
    /* The lowest that is free is taken. What is closed for the caller shall fail here, too, so it is opened the other way.
     */
    do
        fd = open("/dev/null", fcntl(STDIN_FILENO, F_GETFD) < 0 ? O_WRONLY : O_RDONLY);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

bool cli_output_is_terminal(void) {
    return is_terminal;
}

bool cli_output_good(void) {
    if (ferror(stdout) && failure == 0)
        failure = errno != 0 ? errno : EIO;
    return failure == 0;
}

int cli_output_end(int exit_status) {
    bool good = cli_output_good();

    if (fclose(stdout) != 0 && good)
        failure = errno;
    if (failure == 0)
        return exit_status;
    if (failure != EPIPE)
        cli_complain("standard output: %s", strerror(failure));
    return CLI_LOCAL;
}
