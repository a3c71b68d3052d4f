#include "net/wakeup.h"

#include "base/platform.h"
#include "net/descriptor.h"

#include <errno.h>
#include <unistd.h>

int mc__wakeup_open(mc__wakeup *wakeup) {
    int fds[2];
    int error;

    *wakeup = (mc__wakeup)MC__WAKEUP_NONE;
    if (mc__platform_pipe(fds) != 0)
        return errno;
    wakeup->read_fd = mc__descriptor_above_stdio(fds[0]);
    wakeup->write_fd = mc__descriptor_above_stdio(fds[1]);
    if (wakeup->read_fd >= 0 && wakeup->write_fd >= 0)
        return 0;
    error = errno;
    mc__wakeup_close(wakeup);
    return error;
}

void mc__wakeup_raise(const mc__wakeup *wakeup) {
    ssize_t written;
    int     error = errno;

    /* A byte, not a close: a forked child may hold the write end too, and two threads may raise at once. A pipe that is full
     * was raised before; an empty one takes a byte without waiting, so no signal comes between. */
    do
        written = write(wakeup->write_fd, "", 1);
    while (written < 0 && errno == EINTR);
    errno = error;
}

void mc__wakeup_close(mc__wakeup *wakeup) {
    mc__descriptor_close(wakeup->read_fd);
    mc__descriptor_close(wakeup->write_fd);
    *wakeup = (mc__wakeup)MC__WAKEUP_NONE;
}
