#include "support/listener.h"

#include "support/check_main.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void bind_tcp(listener *self) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t          size = sizeof address;

    ck_assert_int_eq(bind(self->fd, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(getsockname(self->fd, (struct sockaddr *)&address, &size), 0);
    snprintf(self->address, sizeof self->address, "127.0.0.1:%u", ntohs(address.sin_port));
}

static void bind_tcp6(listener *self) {
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    socklen_t           size = sizeof address;

    ck_assert_int_eq(bind(self->fd, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(getsockname(self->fd, (struct sockaddr *)&address, &size), 0);
    snprintf(self->address, sizeof self->address, "[::1]:%u", ntohs(address.sin6_port));
}

static void bind_unix(listener *self) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(self->folder, sizeof self->folder, "/tmp/mcclient-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(self->folder));
    snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", self->folder);
    ck_assert_int_eq(bind(self->fd, (struct sockaddr *)&address, sizeof address), 0);
    snprintf(self->address, sizeof self->address, "unix:%s", address.sun_path);
}

listener listener_open(listener_kind kind, int backlog) {
    static const struct {
        int family;
        void (*bind)(listener *);
    } kinds[] = {
        [LISTENER_TCP] = {AF_INET, bind_tcp},
        [LISTENER_TCP6] = {AF_INET6, bind_tcp6},
        [LISTENER_UNIX] = {AF_UNIX, bind_unix},
    };
    listener self = {0};

    self.fd = socket(kinds[kind].family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(self.fd, 0);
    kinds[kind].bind(&self);
    ck_assert_int_eq(listen(self.fd, backlog), 0);
    return self;
}

void listener_close(listener *self) {
    if (self->fd < 0)
        return;
    close(self->fd);
    self->fd = -1;
    if (self->folder[0]) {
        unlink(self->address + sizeof "unix:" - 1);
        rmdir(self->folder);
    }
}
