#include "support/memcached.h"

#include "support/check_main.h"
#include "support/plain_client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGUMENTS_MAX 32
#define START_TRIES_MS 10000

/* The program's path; an empty one where there is none. Looked up before the fork, after which little is allowed. */
static void find_program(char *path, size_t size) {
    const char *chosen = getenv("MEMCACHED");
    const char *folders = getenv("PATH");

    snprintf(path, size, "%s", chosen ? chosen : "");
    while (!chosen && folders && *folders) {
        size_t len = strcspn(folders, ":");

        snprintf(path, size, "%.*s/memcached", (int)len, folders);
        if (access(path, X_OK) == 0)
            return;
        path[0] = '\0';
        folders += len + (folders[len] == ':');
    }
}

/* In the child: becomes memcached. */
static void become(const char *path, char *const *arguments, char *const *environment, pid_t parent) {
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent) /* else the parent was gone before it could be told of its death */
        execve(path, arguments, environment);
    _exit(127);
}

/* Where there is such a thing: what a library does in a child at a fork is of no use to a program that is about to be
 * another, and may use an allocator that does not survive a fork among threads, as those of the sanitizers. */
#ifndef __GLIBC_PREREQ
#define __GLIBC_PREREQ(major, minor) 0
#endif
static pid_t fork_without_handlers(void) {
#if __GLIBC_PREREQ(2, 34)
    return _Fork();
#else
    return fork();
#endif
}

static pid_t spawn(const char *const *own, const char *const *further, const char *port_file) {
    char   path[4096];
    char   port_variable[256];
    char  *environment[] = {port_variable, NULL};
    char  *arguments[ARGUMENTS_MAX + 1] = {path};
    size_t count = 1;
    pid_t  parent = getpid();
    pid_t  pid;

    find_program(path, sizeof path);
    ck_assert_msg(path[0], "memcached is not installed");
    snprintf(port_variable, sizeof port_variable, "MEMCACHED_PORT_FILENAME=%s", port_file);
    for (; *own; own++)
        arguments[count++] = (char *)*own;
    for (; further && *further && count < ARGUMENTS_MAX; further++)
        arguments[count++] = (char *)*further;

    pid = fork_without_handlers();
    if (pid == 0)
        become(path, arguments, environment, parent);
    ck_assert_int_gt(pid, 0);
    return pid;
}

/* The port that memcached has written into the file once it listens; 0 when it has not yet. */
static unsigned read_port(const char *port_file) {
    unsigned port = 0;
    FILE    *file = fopen(port_file, "re");

    if (!file)
        return 0;
    if (fscanf(file, "TCP INET: %u", &port) != 1)
        port = 0;
    fclose(file);
    return port;
}

static bool exited(pid_t pid) {
    return waitpid(pid, NULL, WNOHANG) == pid;
}

/* Starts it on server->port, or on any where that is 0. */
static void start(memcached *server) {
    char        folder[] = "/tmp/mcclient-memcached-XXXXXX";
    char        port_file[64];
    char        port[16];
    const char *own[] = {"-u", "root", "-l", "127.0.0.1", "-U", "0", "-p", port, NULL};

    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(port_file, sizeof port_file, "%s/port", folder);
    snprintf(port, sizeof port, "%d", server->port ? (int)server->port : -1);
    server->pid = spawn(geteuid() == 0 ? own : own + 2, server->arguments, port_file);
    server->port = 0;
    for (int waited_ms = 0; waited_ms < START_TRIES_MS && server->port == 0; waited_ms++) {
        if (exited(server->pid)) {
            server->pid = 0;
            break;
        }
        poll(NULL, 0, 1);
        server->port = read_port(port_file);
    }
    unlink(port_file);
    rmdir(folder);
    ck_assert_msg(server->port != 0, "memcached did not start on port %s", port);
    snprintf(server->address, sizeof server->address, "127.0.0.1:%u", server->port);
}

memcached memcached_start(const char *const *arguments) {
    memcached server = {.arguments = arguments};

    start(&server);
    return server;
}

void memcached_kill(memcached *server) {
    if (server->pid == 0)
        return;
    kill(server->pid, SIGKILL);
    while (waitpid(server->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    server->pid = 0;
}

void memcached_restart(memcached *server) {
    memcached_kill(server);
    start(server);
}

void memcached_pause(const memcached *server) {
    int status;

    ck_assert_int_eq(kill(server->pid, SIGSTOP), 0);
    while (waitpid(server->pid, &status, WUNTRACED) < 0 && errno == EINTR)
        continue;
}

void memcached_resume(const memcached *server) {
    ck_assert_int_eq(kill(server->pid, SIGCONT), 0);
}
