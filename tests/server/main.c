/* mcserver: the server as a program, with what a program has beside: signals, a pid file, a user, the background. */
#include "server/daemon.h"
#include "server/options.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

/* Descriptors beside those of clients. */
#define OWN_DESCRIPTORS 64

static int fail(const char *text) {
    fprintf(stderr, "mcserver: %s\n", text);
    return 1;
}

/* The signals that end the server, waited for by the main thread alone; a shell may have left some of them ignored. */
static void prepare_signals(sigset_t *ends) {
    static const int ending[] = {SIGINT, SIGTERM, SIGUSR1};

    sigemptyset(ends);
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++) {
        signal(ending[i], SIG_DFL); /* one that is ignored would never arrive */
        sigaddset(ends, ending[i]);
    }
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, ends, NULL);
}

static void prepare_limits(const mcs__options *options) {
    rlim_t        needed = (rlim_t)options->server.max_connections + OWN_DESCRIPTORS;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < needed) {
        limit.rlim_cur = needed;
        if (limit.rlim_max < needed)
            limit.rlim_max = needed; /* root may */
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0) {
            getrlimit(RLIMIT_NOFILE, &limit);
            limit.rlim_cur = limit.rlim_max;
            setrlimit(RLIMIT_NOFILE, &limit);
            fprintf(stderr, "mcserver: only %llu descriptors for -c %u\n", (unsigned long long)limit.rlim_cur,
                    options->server.max_connections);
        }
    }
    if (options->core_dumps) {
        limit = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
        if (setrlimit(RLIMIT_CORE, &limit) < 0)
            fprintf(stderr, "mcserver: core dumps stay as limited as they are\n");
    }
}

static void tell(const mcs__options *options, const mc_server *server) {
    if (options->server.port == 0 && !options->server.unix_path) {
        printf("%u\n", mc_server_port(server));
        fflush(stdout);
    }
    if (options->server.verbosity > 0 && options->ignored[0])
        fprintf(stderr, "mcserver: accepted and without effect: -%s\n", options->ignored);
}

/* Everything from the bound port to the last signal; in the background with -d. */
static int serve(const mcs__options *options) {
    char       error[512];
    sigset_t   ends;
    mc_server *server;
    int        which;

    prepare_signals(&ends);
    prepare_limits(options);
    server = mc_server_start_or_tell(&options->server, error, sizeof error);
    if (!server)
        return fail(error);
    if (!mcs__pid_write(options->pid_path, options->user, error, sizeof error) ||
        !mcs__become_user(options->user, error, sizeof error)) {
        mc_server_stop(server);
        return fail(error);
    }
    tell(options, server);
    if (options->daemonize)
        mcs__daemon_ready();
    sigwait(&ends, &which);
    mc_server_stop(server);
    mcs__pid_remove(options->pid_path);
    return 0;
}

int main(int argc, char **argv) {
    mcs__options options;
    char         error[512];

    switch (mcs__options_read(argc, argv, &options)) {
    case MCS__OPTIONS_RUN:
        break;
    case MCS__OPTIONS_SHOWN:
        return 0;
    case MCS__OPTIONS_WRONG:
        return 1;
    }
    if (!mcs__user_is_right(options.user, error, sizeof error))
        return fail(error);
    if (options.daemonize) {
        int status;
        if (!mcs__daemon_start(&status, error, sizeof error))
            return fail(error);
        if (status >= 0)
            return status; /* the parent, which has seen how the child started */
    }
    return serve(&options);
}
