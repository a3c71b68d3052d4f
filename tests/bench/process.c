#include "bench/process.h"

#include "bench/basics.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_TRIES 2000
#define START_PAUSE_NS 5000000

static cpu_set_t given; /* the cores of this program, once they have been asked for */

static void ask_for_cores(void) {
    if (CPU_COUNT(&given) == 0 && sched_getaffinity(0, sizeof given, &given) != 0)
        bench_fail("sched_getaffinity");
}

unsigned bench_core_count(void) {
    ask_for_cores();
    return (unsigned)CPU_COUNT(&given);
}

void bench_run_on(int core) {
    cpu_set_t chosen;
    int       nth = 0;

    ask_for_cores();
    if (core == BENCH_CORES_ALL) {
        sched_setaffinity(0, sizeof given, &given);
        return;
    }
    CPU_ZERO(&chosen);
    for (size_t at = 0; at < CPU_SETSIZE; at++)
        if (CPU_ISSET(at, &given) && nth++ == core)
            CPU_SET(at, &chosen);
    if (CPU_COUNT(&chosen) == 1)
        sched_setaffinity(0, sizeof chosen, &chosen);
}

static int connect_inet(const char *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int                fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int                on = 1;

    address.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    if (fd >= 0)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static int connect_unix(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int                fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

int bench_connect(const char *address) {
    const char *colon = strchr(address, ':');

    return address[0] == '/' ? connect_unix(address) : connect_inet(colon ? colon + 1 : address);
}

/* A port that is free now, though another program may be faster. */
static unsigned free_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t          len = sizeof address;
    int                fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) < 0)
        bench_fail("no free port");
    close(fd);
    return ntohs(address.sin_port);
}

/* In the child. */
static _Noreturn void become(const char *program, unsigned threads, const char *port, const char *path, pid_t parent) {
    char        threads_text[16];
    const char *user = geteuid() == 0 ? "root" : "nobody"; /* without being root it counts for nothing */

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    snprintf(threads_text, sizeof threads_text, "%u", threads);
    if (path)
        execlp(program, program, "-s", path, "-t", threads_text, "-u", user, "-m", "256", (char *)NULL);
    else
        execlp(program, program, "-l", "127.0.0.1", "-p", port, "-t", threads_text, "-u", user, "-m", "256", (char *)NULL);
    perror(program);
    _exit(127); /* what the parent does at its exit is not the child's */
}

void bench_process_start(bench_process *process, const char *program, unsigned threads, int core, const char *path) {
    struct timespec pause = {.tv_nsec = START_PAUSE_NS};
    unsigned        port = path ? 0 : free_port();
    char            port_text[16];
    pid_t           parent = getpid();
    int             fd = -1;

    snprintf(port_text, sizeof port_text, "%u", port);
    if (path)
        snprintf(process->address, sizeof process->address, "%s", path);
    else
        snprintf(process->address, sizeof process->address, "127.0.0.1:%u", port);
    process->pid = fork();
    if (process->pid == 0) {
        bench_run_on(core);
        become(program, threads, port_text, path, parent);
    }
    for (int i = 0; i < START_TRIES && (fd = bench_connect(process->address)) < 0; i++) {
        if (waitpid(process->pid, NULL, WNOHANG) == process->pid)
            break;
        nanosleep(&pause, NULL);
    }
    if (fd < 0)
        bench_fail("the server did not start");
    close(fd);
}

void bench_process_stop(bench_process *process) {
    if (process->pid == 0)
        return;
    kill(process->pid, SIGTERM);
    while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    process->pid = 0;
    if (process->address[0] == '/')
        unlink(process->address);
}

double bench_process_cpu_s(const bench_process *process) {
    struct timespec used;
    clockid_t       clock;

    if (process->pid == 0 || clock_getcpuclockid(process->pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
        return 0;
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}
