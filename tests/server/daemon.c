#include "server/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int ready_fd = -1; /* the child's end of the pipe that its parent waits on */

bool mcs__daemon_start(int *status, char *error, size_t size) {
    int   ends[2];
    char  byte;
    pid_t child;

    if (pipe(ends) < 0 || (child = fork()) < 0) {
        snprintf(error, size, "cannot run in the background: %s", strerror(errno));
        return false;
    }
    if (child == 0) {
        close(ends[0]);
        fcntl(ends[1], F_SETFD, FD_CLOEXEC);
        ready_fd = ends[1];
        setsid();
        *status = -1;
        return true;
    }
    close(ends[1]);
    *status = read(ends[0], &byte, 1) == 1 ? 0 : 1;
    close(ends[0]);
    return true;
}

void mcs__daemon_ready(void) {
    int null_fd = open("/dev/null", O_RDWR);

    if (chdir("/") < 0)
        fprintf(stderr, "mcserver: cannot leave the working folder\n");
    if (null_fd >= 0) {
        fflush(stdout);
        for (int fd = 0; fd <= 2; fd++)
            dup2(null_fd, fd);
        if (null_fd > 2)
            close(null_fd);
    }
    if (write(ready_fd, "1", 1) == 1)
        close(ready_fd);
}

static bool is_root(void) {
    return getuid() == 0 || geteuid() == 0;
}

bool mcs__user_is_right(const char *user, char *error, size_t size) {
    if (!is_root())
        return true;
    if (!user) {
        snprintf(error, size, "can't run as root without the -u switch");
        return false;
    }
    if (!getpwnam(user)) {
        snprintf(error, size, "can't find the user %s to switch to", user);
        return false;
    }
    return true;
}

bool mcs__become_user(const char *user, char *error, size_t size) {
    struct passwd *entry;

    if (!user || !is_root())
        return true;
    entry = getpwnam(user);
    if (entry && initgroups(user, entry->pw_gid) == 0 && setgid(entry->pw_gid) == 0 && setuid(entry->pw_uid) == 0)
        return true;
    snprintf(error, size, "failed to become the user %s", user);
    return false;
}

static bool write_pid(const char *path, const char *user) {
    FILE                *file = fopen(path, "w");
    const struct passwd *entry = is_root() && user ? getpwnam(user) : NULL;
    bool                 written;

    if (!file)
        return false;
    written = fprintf(file, "%ld\n", (long)getpid()) > 0;
    if (entry && fchown(fileno(file), entry->pw_uid, entry->pw_gid) < 0)
        written = false;
    return fclose(file) == 0 && written;
}

bool mcs__pid_write(const char *path, const char *user, char *error, size_t size) {
    char other[4096];

    if (!path)
        return true;
    snprintf(other, sizeof other, "%s.tmp", path);
    if (write_pid(other, user) && rename(other, path) == 0)
        return true;
    snprintf(error, size, "cannot write the pid file %s: %s", path, strerror(errno));
    unlink(other);
    return false;
}

void mcs__pid_remove(const char *path) {
    if (path)
        unlink(path);
}
