#include "support/plain_client.h"

#include "support/check_main.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Fills *storage and returns its size; 0 for an address that is of no known form. */
static socklen_t parse(const char *address, struct sockaddr_storage *storage) {
    struct sockaddr_in  v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    struct sockaddr_un  path = {.sun_family = AF_UNIX};
    const char         *colon = strrchr(address, ':');
    unsigned short      port = colon ? (unsigned short)strtoul(colon + 1, NULL, 10) : 0;
    char                name[64] = "";

    if (strncmp(address, "unix:", 5) == 0) {
        snprintf(path.sun_path, sizeof path.sun_path, "%s", address + 5);
        memcpy(storage, &path, sizeof path);
        return sizeof path;
    }
    if (colon && address[0] == '[') {
        snprintf(name, sizeof name, "%.*s", (int)(colon - address) - 2, address + 1);
        v6.sin6_port = htons(port);
        memcpy(storage, &v6, sizeof v6);
        return inet_pton(AF_INET6, name, &((struct sockaddr_in6 *)storage)->sin6_addr) == 1 ? sizeof v6 : 0;
    }
    if (colon) {
        snprintf(name, sizeof name, "%.*s", (int)(colon - address), address);
        v4.sin_port = htons(port);
        memcpy(storage, &v4, sizeof v4);
        return inet_pton(AF_INET, name, &((struct sockaddr_in *)storage)->sin_addr) == 1 ? sizeof v4 : 0;
    }
    return 0;
}

int plain_connect(const char *address) {
    return plain_connect_within(address, 0);
}

int plain_connect_within(const char *address, int ms) {
    struct timeval          patience = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000}; /* 0: without limit */
    struct sockaddr_storage storage = {0};
    socklen_t               size = parse(address, &storage);
    int                     fd;
    int                     error;

    if (size == 0) {
        errno = EINVAL;
        return -1;
    }
    fd = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience); /* bounds connect too */
    if (fd >= 0 && connect(fd, (struct sockaddr *)&storage, size) != 0) {
        error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

void plain_send(int fd, const char *text) {
    size_t len = strlen(text);
    size_t done = 0;

    while (done < len) {
        ssize_t sent = send(fd, text + done, len - done, MSG_NOSIGNAL);

        ck_assert_int_gt(sent, 0);
        done += (size_t)sent;
    }
}

size_t plain_read(int fd, char *data, size_t len, int *end) {
    size_t done = 0;
    int    why = -1;

    while (done < len) {
        ssize_t got = recv(fd, data + done, len - done, 0);

        if (got <= 0) {
            why = got == 0 ? 0 : errno;
            break;
        }
        done += (size_t)got;
    }
    if (end)
        *end = why;
    return done;
}

void plain_expect(int fd, const char *text) {
    size_t len = strlen(text);
    char  *data = calloc(1, len + 1);

    ck_assert_ptr_nonnull(data);
    plain_read(fd, data, len, NULL);
    ck_assert_str_eq(data, text);
    free(data);
}
