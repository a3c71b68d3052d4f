#include "net/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int mc__descriptor_above_stdio(int fd) {
    int moved;

    if (fd < 0 || fd > STDERR_FILENO)
        return fd;
    moved = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    mc__descriptor_close(fd);
    return moved;
}

void mc__descriptor_close(int fd) {
    int error = errno;

    /* Not again after EINTR: the number may be another thread's by then. */
    if (fd >= 0)
        close(fd);
    errno = error;
}
