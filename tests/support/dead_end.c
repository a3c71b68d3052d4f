#include "support/dead_end.h"

#include "support/check_main.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static dead_end bound_port(struct sockaddr_in *address) {
    dead_end  end = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    socklen_t size = sizeof *address;

    for (int i = 0; i < DEAD_END_FILLERS; i++)
        end.fillers[i] = -1;
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    ck_assert_int_ge(end.fd, 0);
    ck_assert_int_eq(bind(end.fd, (struct sockaddr *)address, size), 0);
    ck_assert_int_eq(getsockname(end.fd, (struct sockaddr *)address, &size), 0);
    snprintf(end.address, sizeof end.address, "127.0.0.1:%u", ntohs(address->sin_port));
    return end;
}

dead_end dead_end_refusing(void) {
    struct sockaddr_in address;

    return bound_port(&address);
}

/* Starts a connection; returns whether it came about at once. */
static int connects(int fd, const struct sockaddr_in *address) {
    struct pollfd ready = {.fd = fd, .events = POLLOUT};

    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0)
        return 1;
    ck_assert_int_eq(errno, EINPROGRESS);
    return poll(&ready, 1, 100) == 1;
}

dead_end dead_end_black_hole(void) {
    struct sockaddr_in address;
    dead_end           end = bound_port(&address);

    ck_assert_int_eq(listen(end.fd, 0), 0);
    for (int i = 0; i < DEAD_END_FILLERS; i++) {
        end.fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        ck_assert_int_ge(end.fillers[i], 0);
        if (!connects(end.fillers[i], &address))
            return end;
    }
    ck_abort_msg("the backlog of %s never filled", end.address);
    return end;
}

void dead_end_free(dead_end *end) {
    for (int i = 0; i < DEAD_END_FILLERS; i++)
        if (end->fillers[i] >= 0)
            close(end->fillers[i]);
    close(end->fd);
}
