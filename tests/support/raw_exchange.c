#include "support/raw_exchange.h"

#include "support/plain_client.h"

#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_MS 20000

typedef struct reader {
    char  *data;
    size_t len, capacity;
    int    ended;
} reader;

static void read_some(reader *in, int fd) {
    ssize_t got;

    if (in->capacity - in->len < 65536) {
        in->capacity = in->capacity * 2 + 131072;
        in->data = realloc(in->data, in->capacity);
        ck_assert_ptr_nonnull(in->data);
    }
    got = recv(fd, in->data + in->len, in->capacity - in->len - 1, MSG_DONTWAIT);
    if (got > 0)
        in->len += (size_t)got;
    else if (got == 0 || errno == ECONNRESET)
        in->ended = 1;
    in->data[in->len] = '\0';
}

/* Sends the next bytes; 0: the socket takes none, or the server has closed. */
static size_t send_some(int fd, const char *bytes, size_t len) {
    ssize_t sent = send(fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);

    return sent > 0 ? (size_t)sent : 0;
}

char *raw_exchange(const char *address, const char *bytes, size_t len, size_t step, size_t *answer_len) {
    int    fd = plain_connect(address);
    int    on = 1;
    size_t sent = 0;
    reader in = {0};

    ck_assert_int_ge(fd, 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (len == 0)
        shutdown(fd, SHUT_WR);
    while (!in.ended) {
        struct pollfd wait = {.fd = fd, .events = (short)(sent < len ? POLLIN | POLLOUT : POLLIN)};

        ck_assert_int_gt(poll(&wait, 1, PATIENCE_MS), 0);
        if (wait.revents & POLLOUT && sent < len) {
            size_t part = step > 0 && step < len - sent ? step : len - sent;
            sent += send_some(fd, bytes + sent, part);
            if (sent == len)
                shutdown(fd, SHUT_WR);
        }
        if (wait.revents & (POLLIN | POLLHUP | POLLERR))
            read_some(&in, fd);
    }
    close(fd);
    if (answer_len)
        *answer_len = in.len;
    return in.data;
}

void raw_expect(const char *address, const char *text, const char *answer) {
    char *got = raw_exchange(address, text, strlen(text), 0, NULL);

    ck_assert_msg(strcmp(got, answer) == 0, "sent \"%.300s\"\n  expected \"%.500s\"\n  got      \"%.500s\"", text, answer,
                  got);
    free(got);
}
