#include "net/stream.h"

#include "support/check_main.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define LONG_MS 200000 /* longer than a test may take: what waits this long fails */
#define SHORT_MS 30

static const int families[] = {AF_INET, AF_INET6, AF_UNIX};

/* A listener of the test, and the two ends of one connection to it. */
static int          listener = -1;
static mc__endpoint endpoint;
static mc__stream   stream = MC__STREAM_CLOSED;
static int          peer = -1;

static void close_fd(int *fd) {
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void close_all(void) {
    mc__stream_close(&stream);
    close_fd(&peer);
    close_fd(&listener);
}

/* On a port of the system's choice, or a unix socket with a name of its choice. False: this machine has no such family. */
static bool listen_on(int family, int backlog) {
    struct sockaddr_in  *inet = (struct sockaddr_in *)&endpoint.address;
    struct sockaddr_in6 *inet6 = (struct sockaddr_in6 *)&endpoint.address;

    memset(&endpoint, 0, sizeof endpoint);
    endpoint.address.ss_family = (sa_family_t)family;
    endpoint.len = sizeof(sa_family_t);
    if (family == AF_INET) {
        inet->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        endpoint.len = sizeof *inet;
    } else if (family == AF_INET6) {
        inet6->sin6_addr = in6addr_loopback;
        endpoint.len = sizeof *inet6;
    }
    listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0)
        return false;
    if (bind(listener, (struct sockaddr *)&endpoint.address, endpoint.len) != 0) {
        ck_assert_int_eq(family, AF_INET6);
        return false;
    }
    ck_assert_int_eq(listen(listener, backlog), 0);
    endpoint.len = sizeof endpoint.address;
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&endpoint.address, &endpoint.len), 0);
    return true;
}

static bool is_writable(int fd, int timeout_ms) {
    struct pollfd waited = {.fd = fd, .events = POLLOUT};

    return poll(&waited, 1, timeout_ms) == 1;
}

/* Sees a connection through; returns 0 or the errno. */
static int finish_connect(mc__stream *connecting, int error) {
    while (error == EINPROGRESS) {
        ck_assert(is_writable(connecting->fd, LONG_MS));
        error = mc__stream_connected(connecting, &endpoint);
    }
    return error;
}

static void connect_pair(int family, int io_timeout_ms) {
    ck_assert(listen_on(family, 8));
    ck_assert_int_eq(finish_connect(&stream, mc__stream_connect(&stream, &endpoint)), 0);
    peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    ck_assert_int_ge(peer, 0);
    ck_assert_int_eq(mc__stream_ready(&stream, io_timeout_ms), 0);
}

static void say(const char *text) {
    ck_assert_int_eq(send(peer, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static void reset_by_peer(void) {
    struct linger at_once = {.l_onoff = 1};

    setsockopt(peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close_fd(&peer);
}

/* Waits until something is to be read, without reading it. */
static void await_input(void) {
    struct pollfd waited = {.fd = stream.fd, .events = POLLIN};

    ck_assert_int_eq(poll(&waited, 1, LONG_MS), 1);
}

static bool has_input(void) {
    struct pollfd looked = {.fd = stream.fd, .events = POLLIN};

    return poll(&looked, 1, 0) == 1;
}

static ptrdiff_t send_text(const char *text, bool wait) {
    mc_slice slice = mc_str(text);

    return mc__stream_send(&stream, &slice, 1, wait);
}

static ptrdiff_t receive_into(char *data, size_t len, bool wait) {
    mc__area area = {data, len};

    return mc__stream_receive(&stream, &area, 1, wait);
}

static int option_of(int level, int name) {
    int       value = -1;
    socklen_t len = sizeof value;

    ck_assert_int_eq(getsockopt(stream.fd, level, name, &value, &len), 0);
    return value;
}

static int64_t timeout_us(int name) {
    struct timeval timeout;
    socklen_t      len = sizeof timeout;

    ck_assert_int_eq(getsockopt(stream.fd, SOL_SOCKET, name, &timeout, &len), 0);
    return (int64_t)timeout.tv_sec * 1000000 + timeout.tv_usec;
}

static void expect_child_success(int (*program)(void)) {
    int   status;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0)
        _exit(program());
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child ended with status %#x", (unsigned)status);
}

/* connect */

START_TEST(connects_and_carries_bytes_both_ways) {
    char text[8] = "";

    if (!listen_on(families[_i], 8))
        return;
    close_fd(&listener);
    connect_pair(families[_i], LONG_MS);
    ck_assert_int_gt(stream.fd, 2);
    ck_assert_int_eq(fcntl(stream.fd, F_GETFD), FD_CLOEXEC);
    ck_assert_int_eq(send_text("to peer", true), 7);
    ck_assert_int_eq(recv(peer, text, sizeof text, 0), 7);
    ck_assert_str_eq(text, "to peer");
    say("back");
    ck_assert_int_eq(receive_into(text, sizeof text, true), 4);
    ck_assert_mem_eq(text, "back", 4);
    ck_assert(mc__stream_look(&stream) == MC__LOOK_QUIET);
}
END_TEST

START_TEST(is_non_blocking_until_it_is_ready) {
    ck_assert(listen_on(families[_i] == AF_INET6 ? AF_INET : families[_i], 8));
    ck_assert_int_eq(finish_connect(&stream, mc__stream_connect(&stream, &endpoint)), 0);
    ck_assert_int_eq(fcntl(stream.fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    ck_assert_int_eq(mc__stream_ready(&stream, 1), 0);
    ck_assert_int_eq(fcntl(stream.fd, F_GETFL) & O_NONBLOCK, 0);
}
END_TEST

START_TEST(refused_is_told_and_closes) {
    int error;

    if (!listen_on(families[_i], 8))
        return;
    close_fd(&listener);
    error = mc__stream_connect(&stream, &endpoint);
    ck_assert_int_eq(finish_connect(&stream, error), ECONNREFUSED);
    ck_assert_int_eq(stream.fd, -1);
}
END_TEST

START_TEST(a_missing_path_is_told_at_once) {
    struct sockaddr_un *address = (struct sockaddr_un *)&endpoint.address;

    address->sun_family = AF_UNIX;
    strcpy(address->sun_path, "/dev/null/nowhere");
    endpoint.len = sizeof *address;
    ck_assert_int_eq(mc__stream_connect(&stream, &endpoint), ENOTDIR);
    ck_assert_int_eq(stream.fd, -1);
    strcpy(address->sun_path, "/there/is/no/such/socket");
    ck_assert_int_eq(mc__stream_connect(&stream, &endpoint), ENOENT);
    ck_assert_int_eq(stream.fd, -1);
}
END_TEST

START_TEST(an_unknown_family_is_an_errno) {
    endpoint.address.ss_family = 12345;
    endpoint.len = sizeof endpoint.address;
    ck_assert_int_eq(mc__stream_connect(&stream, &endpoint), EAFNOSUPPORT);
    ck_assert_int_eq(stream.fd, -1);
}
END_TEST

/* A listener whose queue is full answers nobody. */
START_TEST(a_black_hole_stays_in_progress) {
    mc__stream fillers[16];
    size_t     filled = 0;
    bool       stuck = false;

    ck_assert(listen_on(AF_INET, 0));
    while (!stuck) {
        int error;
        ck_assert_uint_lt(filled, ROWS(fillers));
        error = mc__stream_connect(&fillers[filled], &endpoint);
        ck_assert(error == 0 || error == EINPROGRESS);
        stuck = error != 0 && !is_writable(fillers[filled].fd, 200);
        ck_assert_int_eq(mc__stream_connected(&fillers[filled], &endpoint), stuck ? EINPROGRESS : 0);
        ck_assert_int_ge(fillers[filled].fd, 0);
        filled++;
    }
    ck_assert_uint_gt(filled, 1);
    ck_assert_int_eq(mc__stream_connected(&fillers[filled - 1], &endpoint), EINPROGRESS);
    for (size_t i = 0; i < filled; i++)
        mc__stream_close(&fillers[i]);
}
END_TEST

START_TEST(a_full_unix_queue_is_a_refusal) {
    mc__stream fillers[16];
    size_t     filled = 0;
    int        error = 0;

    ck_assert(listen_on(AF_UNIX, 1));
    while (error == 0) {
        ck_assert_uint_lt(filled, ROWS(fillers));
        error = mc__stream_connect(&fillers[filled++], &endpoint);
    }
    ck_assert_int_eq(error, ECONNREFUSED);
    ck_assert_int_eq(fillers[filled - 1].fd, -1);
    for (size_t i = 0; i < filled; i++)
        mc__stream_close(&fillers[i]);
}
END_TEST

START_TEST(a_connection_to_itself_is_refused) {
    int family = families[_i];

    if (family == AF_UNIX || !listen_on(family, 8))
        return;
    close_fd(&listener);
    stream.fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(stream.fd, (struct sockaddr *)&endpoint.address, endpoint.len), 0);
    ck_assert_int_eq(connect(stream.fd, (struct sockaddr *)&endpoint.address, endpoint.len), 0);
    ck_assert_int_eq(mc__stream_connected(&stream, &endpoint), ECONNREFUSED);
    ck_assert_int_eq(stream.fd, -1);
}
END_TEST

START_TEST(what_is_no_socket_is_told) {
    int fd = dup(STDERR_FILENO);

    ck_assert_int_ge(fd, 0);
    close(fd);
    stream.fd = fd;
    ck_assert_int_eq(mc__stream_connected(&stream, &endpoint), EBADF);
    ck_assert_int_eq(stream.fd, -1);
}
END_TEST

START_TEST(a_socket_that_never_connects_is_told) {
    stream.fd = socket(families[_i], SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (stream.fd < 0)
        return;
    ck_assert_int_eq(mc__stream_connected(&stream, &endpoint), ENOTCONN);
    ck_assert_int_eq(stream.fd, -1);
}
END_TEST

/* In children, whose standard descriptors nobody misses. */

static int connect_without_standard_descriptors(void) {
    for (int fd = 0; fd <= 2; fd++)
        close(fd);
    for (int i = 0; i < 4; i++) {
        mc__stream connected;
        if (finish_connect(&connected, mc__stream_connect(&connected, &endpoint)) != 0)
            return 1;
        if (connected.fd <= 2 || fcntl(connected.fd, F_GETFD) != FD_CLOEXEC)
            return 2;
        if (mc__stream_ready(&connected, 1) != 0 || mc__stream_look(&connected) != MC__LOOK_QUIET)
            return 3;
    }
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) != -1)
            return 4;
    }
    return 0;
}

static int connect_without_room_to_move(void) {
    mc__stream connected = {.fd = 77};

    while (dup(listener) >= 0)
        continue;
    if (mc__stream_connect(&connected, &endpoint) != EMFILE || connected.fd != -1)
        return 1;
    close(0);
    if (mc__stream_connect(&connected, &endpoint) != EMFILE || connected.fd != -1)
        return 2;
    return fcntl(0, F_GETFD) == -1 ? 0 : 3;
}

static int (*const child_programs[])(void) = {connect_without_standard_descriptors, connect_without_room_to_move};

START_TEST(holds_with_few_descriptors) {
    ck_assert(listen_on(AF_INET, 8));
    expect_child_success(child_programs[_i]);
}
END_TEST

/* ready */

START_TEST(ready_sets_what_bounds_the_waits) {
    connect_pair(AF_INET, 1250);
    ck_assert_int_eq(stream.io_timeout_ms, 1250);
    /* The kernel rounds up to its ticks. */
    ck_assert_int_ge(timeout_us(SO_RCVTIMEO), 1250000);
    ck_assert_int_le(timeout_us(SO_RCVTIMEO), 1270000);
    ck_assert_int_ge(timeout_us(SO_SNDTIMEO), 1250000);
    ck_assert_int_le(timeout_us(SO_SNDTIMEO), 1270000);
    ck_assert_int_ne(option_of(IPPROTO_TCP, TCP_NODELAY), 0);
    ck_assert_int_ne(option_of(SOL_SOCKET, SO_KEEPALIVE), 0);
    ck_assert_int_le(option_of(IPPROTO_TCP, TCP_KEEPIDLE), 60);
    ck_assert_int_le(option_of(IPPROTO_TCP, TCP_KEEPINTVL), 20);
    ck_assert_int_le(option_of(IPPROTO_TCP, TCP_KEEPCNT), 5);
    ck_assert_int_eq(option_of(IPPROTO_TCP, TCP_USER_TIMEOUT), 60000);
    ck_assert_int_eq(mc__stream_ready(&stream, 600000), 0);
    ck_assert_int_eq(option_of(IPPROTO_TCP, TCP_USER_TIMEOUT), 600000);
}
END_TEST

/* Nagle's algorithm would hold back what follows a short message. */
START_TEST(only_a_first_short_message_goes_without_nodelay) {
    ck_assert(listen_on(AF_INET, 8));
    ck_assert_int_eq(finish_connect(&stream, mc__stream_connect(&stream, &endpoint)), 0);
    ck_assert(!stream.is_prompt);
    mc__stream_prepare(&stream, _i == 0 ? 100 : 2000);
    ck_assert(stream.is_prompt == (_i != 0));
    ck_assert_int_eq(option_of(IPPROTO_TCP, TCP_NODELAY) != 0, _i != 0);
    mc__stream_prepare(&stream, 1);
    ck_assert(stream.is_prompt);
    ck_assert_int_ne(option_of(IPPROTO_TCP, TCP_NODELAY), 0);
}
END_TEST

START_TEST(a_stream_that_is_not_ready_may_not_wait) {
    ck_assert(listen_on(AF_INET, 8));
    ck_assert_int_eq(finish_connect(&stream, mc__stream_connect(&stream, &endpoint)), 0);
    ck_assert(!mc__stream_is_ready(&stream));
    ck_assert(!mc__stream_shorten(&stream, SHORT_MS));
    ck_assert(!mc__stream_is_ready(&stream));
    ck_assert_int_eq(mc__stream_ready(&stream, LONG_MS), 0);
    ck_assert(mc__stream_is_ready(&stream));
    ck_assert(stream.is_prompt);
}
END_TEST

/* What the server says of itself, or its end, may come before the connection is asked for. */
START_TEST(who_spoke_first_is_seen) {
    ck_assert(listen_on(AF_INET, 8));
    stream.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(connect(stream.fd, (struct sockaddr *)&endpoint.address, endpoint.len), 0);
    ck_assert_int_eq(mc__stream_connected(&stream, &endpoint), 0);
    ck_assert(!stream.spoke_first);
    peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (_i == 0)
        say("hello");
    else
        close_fd(&peer);
    await_input();
    ck_assert_int_eq(mc__stream_connected(&stream, &endpoint), 0);
    ck_assert(stream.spoke_first);
    ck_assert(mc__stream_look(&stream) == (_i == 0 ? MC__LOOK_STRAY : MC__LOOK_CLOSED));
}
END_TEST

START_TEST(a_reset_in_the_first_moment_is_told) {
    ck_assert(listen_on(AF_INET, 8));
    stream.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(connect(stream.fd, (struct sockaddr *)&endpoint.address, endpoint.len), 0);
    peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    reset_by_peer();
    await_input();
    ck_assert_int_eq(mc__stream_connected(&stream, &endpoint), ECONNRESET);
    ck_assert_int_eq(stream.fd, -1);
}
END_TEST

START_TEST(a_time_of_nothing_is_not_for_ever) {
    connect_pair(AF_INET, 0);
    ck_assert_int_gt(timeout_us(SO_RCVTIMEO), 0);
    ck_assert_int_gt(timeout_us(SO_SNDTIMEO), 0);
}
END_TEST

START_TEST(ready_tells_of_a_socket_that_cannot_be) {
    ck_assert_int_eq(mc__stream_ready(&stream, 1), EBADF);
}
END_TEST

/* look */

START_TEST(look_sees_quiet_stray_and_closed) {
    char text[4];

    if (families[_i] == AF_INET6)
        return;
    connect_pair(families[_i], LONG_MS);
    ck_assert(mc__stream_look(&stream) == MC__LOOK_QUIET);
    say("abc");
    await_input();
    ck_assert(mc__stream_look(&stream) == MC__LOOK_STRAY);
    ck_assert(mc__stream_look(&stream) == MC__LOOK_STRAY);
    ck_assert_int_eq(receive_into(text, sizeof text, true), 3);
    ck_assert(mc__stream_look(&stream) == MC__LOOK_QUIET);
    close_fd(&peer);
    await_input();
    ck_assert(mc__stream_look(&stream) == MC__LOOK_CLOSED);
    mc__stream_close(&stream);
    ck_assert(mc__stream_look(&stream) == MC__LOOK_CLOSED);
}
END_TEST

START_TEST(look_sees_a_reset) {
    connect_pair(AF_INET, LONG_MS);
    reset_by_peer();
    await_input();
    ck_assert(mc__stream_look(&stream) == MC__LOOK_CLOSED);
}
END_TEST

/* send */

static volatile sig_atomic_t signals;

static void count_signal(int number) {
    (void)number;
    signals++;
}

static struct sigaction catch_signal(int number) {
    struct sigaction action = {.sa_handler = count_signal}, before; /* without SA_RESTART */

    signals = 0;
    ck_assert_int_eq(sigaction(number, &action, &before), 0);
    return before;
}

static ptrdiff_t send_until_it_fails(const mc_slice *slices, size_t count, bool wait) {
    ptrdiff_t sent;

    do
        sent = mc__stream_send(&stream, slices, count, wait);
    while (sent > 0);
    return sent;
}

START_TEST(a_closed_peer_raises_no_signal) {
    struct sigaction before = catch_signal(SIGPIPE);
    const mc_slice   slices[] = {MC__LITERAL("one"), MC__LITERAL("two")};

    connect_pair(families[_i] == AF_INET6 ? AF_INET : families[_i], LONG_MS);
    close_fd(&peer);
    ck_assert_int_eq(send_until_it_fails(slices, 1, true), -1);
    ck_assert(errno == EPIPE || errno == ECONNRESET);
    ck_assert_int_eq(send_until_it_fails(slices, 2, true), -1);
    ck_assert_int_eq(send_until_it_fails(slices, 2, false), -1);
    ck_assert_int_eq(signals, 0);
    sigaction(SIGPIPE, &before, NULL);
}
END_TEST

START_TEST(send_ends_when_nothing_fits) {
    size_t    len = 8 << 20;
    char     *data = calloc(1, len);
    mc_slice  slices[] = {mc_bytes(data, len), mc_bytes(data, len)};
    bool      wait = _i & 1;
    ptrdiff_t sent;

    ck_assert_ptr_nonnull(data);
    connect_pair(_i & 2 ? AF_UNIX : AF_INET, SHORT_MS);
    sent = mc__stream_send(&stream, slices, 2, wait);
    ck_assert_int_gt(sent, 0);
    ck_assert_int_lt(sent, 8 << 20);
    ck_assert_int_eq(send_until_it_fails(slices, 2, wait), -1);
    ck_assert_int_eq(errno, EAGAIN);
    free(data);
}
END_TEST

/* A time-out that the kernel begins anew at each part of a long message would be no bound. */
START_TEST(a_waiting_send_on_a_unix_socket_is_one_part) {
    static char data[100000];
    mc_slice    slices[] = {mc_bytes(data, 20000), mc_bytes(data, 20000), mc_bytes(data, 20000)};

    connect_pair(AF_UNIX, LONG_MS);
    ck_assert_int_eq(mc__stream_send(&stream, slices, 3, true), 32768);
    ck_assert_int_eq(mc__stream_send(&stream, slices, 1, true), 20000);
    ck_assert_int_eq(mc__stream_send(&stream, slices, 3, false), 60000);
}
END_TEST

/* Sends all of slices, in as many calls as it takes, and then what is at the peer must be text. */
static void expect_carried(mc_slice *slices, size_t count, bool wait, const char *text, size_t len) {
    char  *data = malloc(len);
    size_t at = 0;

    ck_assert_ptr_nonnull(data);
    while (at < count) {
        ptrdiff_t sent;
        if (slices[at].len == 0) {
            at++;
            continue;
        }
        sent = mc__stream_send(&stream, slices + at, count - at, wait);
        ck_assert_int_gt(sent, 0);
        while (sent > 0) {
            size_t gone = (size_t)sent < slices[at].len ? (size_t)sent : slices[at].len;
            if (gone > 0)
                slices[at] = mc_bytes(slices[at].data + gone, slices[at].len - gone);
            sent -= (ptrdiff_t)gone;
            at += slices[at].len == 0;
        }
    }
    ck_assert_int_eq(recv(peer, data, len, MSG_WAITALL), (ssize_t)len);
    ck_assert_mem_eq(data, text, len);
    ck_assert_int_eq(recv(peer, data, len, MSG_DONTWAIT), -1);
    free(data);
}

START_TEST(pieces_go_in_order_and_empty_ones_count_for_nothing) {
    mc_slice slices[] = {{NULL, 0},          MC__LITERAL("set "),   {NULL, 0}, {"", 0},
                         MC__LITERAL("key"), MC__LITERAL("\0\r\n"), {"x", 0}};
    mc_slice one[] = {{NULL, 0}, MC__LITERAL("alone"), {NULL, 0}};

    connect_pair(AF_INET, LONG_MS);
    expect_carried(slices, ROWS(slices), _i, "set key\0\r\n", 10);
    expect_carried(one, ROWS(one), _i, "alone", 5);
}
END_TEST

START_TEST(any_number_of_pieces_goes) {
    char     text[1000];
    mc_slice slices[2000];

    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = (char)('a' + i % 26);
        slices[2 * i] = mc_bytes(NULL, 0);
        slices[2 * i + 1] = mc_bytes(text + i, 1);
    }
    connect_pair(AF_INET, LONG_MS);
    expect_carried(slices, ROWS(slices), _i, text, sizeof text);
}
END_TEST

/* receive */

START_TEST(receive_fills_areas_in_order) {
    char     a[3] = "", b[2] = "", c[8] = "";
    mc__area areas[] = {{NULL, 0}, {a, 3}, {NULL, 0}, {b, 2}, {c, 8}};

    connect_pair(AF_INET, LONG_MS);
    say("1234567");
    await_input();
    ck_assert_int_eq(mc__stream_receive(&stream, areas, ROWS(areas), _i), 7);
    ck_assert_mem_eq(a, "123", 3);
    ck_assert_mem_eq(b, "45", 2);
    ck_assert_mem_eq(c, "67", 3);
    ck_assert_int_eq(mc__stream_receive(&stream, areas, ROWS(areas), false), -1);
    ck_assert_int_eq(errno, EAGAIN);
    say("89");
    await_input();
    ck_assert_int_eq(mc__stream_receive(&stream, areas, 3, _i), 2);
    ck_assert_mem_eq(a, "893", 3);
    close_fd(&peer);
    await_input();
    ck_assert_int_eq(mc__stream_receive(&stream, areas, ROWS(areas), _i), 0);
    ck_assert_int_eq(mc__stream_receive(&stream, areas, 2, _i), 0);
}
END_TEST

START_TEST(more_areas_than_one_call_takes_are_filled_in_order) {
    char     text[200] = "";
    mc__area areas[200];
    size_t   at = 0;

    for (size_t i = 0; i < ROWS(areas); i++)
        areas[i] = (mc__area){text + i, 1};
    connect_pair(AF_INET, LONG_MS);
    say("Never a wrong answer. Never longer than the deadline. The caller always knows what happened, key by key.");
    while (at < 100) {
        ptrdiff_t got = mc__stream_receive(&stream, areas + at, ROWS(areas) - at, true);
        ck_assert_int_gt(got, 0);
        at += (size_t)got;
    }
    ck_assert_str_eq(
        text, "Never a wrong answer. Never longer than the deadline. The caller always knows what happened, key by key.");
}
END_TEST

/* How often this thread has given its processor away because it had to wait. */
static long waits_so_far(void) {
    struct rusage usage;

    ck_assert_int_eq(getrusage(RUSAGE_THREAD, &usage), 0);
    return usage.ru_nvcsw;
}

/* That it waits is counted, not timed: the system counts such a wait in ticks, and where a processor was held up several of
 * them may come at once. A stream that waits for longer than it should is ended by the test's own limit. */
START_TEST(a_waiting_receive_ends_in_time) {
    char     byte;
    mc__area areas[] = {{&byte, 1}, {&byte, 1}};

    connect_pair(families[_i] == AF_INET6 ? AF_INET : families[_i], SHORT_MS);
    for (size_t count = 1; count <= 2; count++) {
        long before = waits_so_far();
        ck_assert_int_eq(mc__stream_receive(&stream, areas, count, true), -1);
        ck_assert_int_eq(errno, EAGAIN);
        ck_assert_int_gt(waits_so_far(), before);
    }
}
END_TEST

START_TEST(a_polling_receive_ends_in_time_or_with_bytes) {
    char     bytes[4];
    mc__area area = {bytes, sizeof bytes};
    mc__time until;

    ck_assert(listen_on(AF_INET, 8));
    ck_assert_int_eq(finish_connect(&stream, mc__stream_connect(&stream, &endpoint)), 0);
    peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    until = mc__time_now() + SHORT_MS * MC__MS;
    ck_assert_int_eq(mc__stream_receive_polling(&stream, area, until), -1);
    ck_assert_int_eq(errno, EAGAIN);
    ck_assert_int_ge(mc__time_now(), until);
    say("here");
    ck_assert_int_eq(mc__stream_receive_polling(&stream, area, MC__NEVER), 4);
    ck_assert_mem_eq(bytes, "here", 4);
    close_fd(&peer);
    ck_assert_int_eq(mc__stream_receive_polling(&stream, area, MC__NEVER), 0);
}
END_TEST

/* Two words in two parts are waited for; of more than comes, there is what has come by the end of the wait. */
START_TEST(receives_all_or_what_comes_in_time) {
    char     bytes[12];
    mc__area areas[] = {{bytes, 4}, {bytes + 4, 6}};
    pid_t    other;

    connect_pair(families[_i] == AF_INET6 ? AF_INET : families[_i], LONG_MS);
    say("first");
    other = fork();
    if (other == 0) {
        while (has_input()) /* until the first word is taken */
            continue;
        say("later");
        _exit(0);
    }
    ck_assert_int_eq(mc__stream_receive_all(&stream, areas, 2), 10);
    ck_assert_mem_eq(bytes, "firstlater", 10);
    waitpid(other, NULL, 0);
    ck_assert(mc__stream_shorten(&stream, SHORT_MS));
    say("half");
    ck_assert_int_eq(mc__stream_receive_all(&stream, areas, 2), 4);
    close_fd(&peer);
    ck_assert_int_eq(mc__stream_receive_all(&stream, areas, 2), 0);
}
END_TEST

/* What would wait for longer than the test may take ends soon; and what is shorter already stays so. */
START_TEST(waits_can_be_made_shorter) {
    static const int wanted[] = {SHORT_MS, LONG_MS, SHORT_MS};
    static char      bytes[1 << 20];
    mc_slice         all = {bytes, sizeof bytes};
    char             byte;

    connect_pair(families[_i] == AF_INET6 ? AF_INET : families[_i], LONG_MS);
    for (size_t i = 0; i < ROWS(wanted); i++) {
        ck_assert(mc__stream_shorten(&stream, wanted[i]));
        ck_assert_int_eq(stream.io_timeout_ms, SHORT_MS);
        ck_assert_int_eq(receive_into(&byte, 1, true), -1);
        ck_assert_int_eq(errno, EAGAIN);
    }
    while (mc__stream_send(&stream, &all, 1, true) > 0)
        continue;
    ck_assert_int_eq(errno, EAGAIN);
    close_all();
    ck_assert(!mc__stream_shorten(&stream, SHORT_MS - 1));
}
END_TEST

START_TEST(receive_tells_of_a_reset) {
    char byte;

    connect_pair(AF_INET, LONG_MS);
    reset_by_peer();
    ck_assert_int_eq(receive_into(&byte, 1, true), -1);
    ck_assert_int_eq(errno, ECONNRESET);
}
END_TEST

/* The timer goes off again and again, so that it also comes after the call has begun to wait. */
static void start_alarms(void) {
    struct itimerval often = {.it_value = {0, 5000}, .it_interval = {0, 5000}};

    ck_assert_int_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
}

static void stop_alarms(void) {
    struct itimerval never = {.it_value = {0, 0}};

    ck_assert_int_eq(setitimer(ITIMER_REAL, &never, NULL), 0);
}

START_TEST(a_signal_ends_a_wait_with_eintr) {
    struct sigaction before = catch_signal(SIGALRM);
    static char      data[1 << 16];
    mc_slice         slice = mc_bytes(data, sizeof data);
    ptrdiff_t        result;
    int              error;

    connect_pair(AF_INET, LONG_MS);
    if (_i == 1)
        send_until_it_fails(&slice, 1, false);
    start_alarms();
    if (_i == 0)
        result = receive_into(data, sizeof data, true);
    else if (_i == 2)
        result = mc__stream_receive_polling(&stream, (mc__area){data, sizeof data}, MC__NEVER);
    else
        do
            result = mc__stream_send(&stream, &slice, 1, true);
        while (result > 0);
    error = errno;
    stop_alarms();
    sigaction(SIGALRM, &before, NULL);
    ck_assert_int_eq(result, -1);
    ck_assert_int_eq(error, EINTR);
    ck_assert_int_gt(signals, 0);
}
END_TEST

/* close */

START_TEST(close_may_be_repeated_and_keeps_errno) {
    connect_pair(AF_INET, LONG_MS);
    errno = 1234;
    mc__stream_close(&stream);
    ck_assert_int_eq(stream.fd, -1);
    mc__stream_close(&stream);
    ck_assert_int_eq(errno, 1234);
    ck_assert_int_eq(recv(peer, &(char){0}, 1, 0), 0);
}
END_TEST

/* The copy is what a forked parent has. */
START_TEST(close_leaves_the_connection_to_another_holder) {
    int  copy;
    char text[4];

    connect_pair(AF_INET, LONG_MS);
    copy = dup(stream.fd);
    mc__stream_close(&stream);
    ck_assert_int_eq(recv(peer, text, sizeof text, MSG_DONTWAIT), -1);
    ck_assert_int_eq(errno, EAGAIN);
    ck_assert_int_eq(send(copy, "ok", 2, MSG_NOSIGNAL), 2);
    ck_assert_int_eq(recv(peer, text, sizeof text, 0), 2);
    close(copy);
}
END_TEST

static const struct {
    int  error;
    bool is_local;
} errors[] = {
    {EMFILE, true},
    {ENFILE, true},
    {ENOMEM, true},
    {ENOBUFS, true},
    {EAGAIN, true},
    {EADDRNOTAVAIL, true},
    {0, false},
    {ECONNREFUSED, false},
    {ECONNRESET, false},
    {EPIPE, false},
    {ETIMEDOUT, false},
    {EHOSTUNREACH, false},
    {ENETUNREACH, false},
    {ENETDOWN, false},
    {ENOENT, false},
    {EACCES, false},
    {EINTR, false},
    {EINPROGRESS, false},
    {EAFNOSUPPORT, false},
    {ENOTCONN, false},
};

START_TEST(local_failures_are_known) {
    ck_assert_int_eq(mc__errno_is_local(errors[_i].error), errors[_i].is_local);
}
END_TEST

static void add_connect_tests(Suite *suite) {
    TCase *tcase = test_case(suite, "connect", 60);

    tcase_add_checked_fixture(tcase, NULL, close_all);
    test_rows(tcase, connects_and_carries_bytes_both_ways, families);
    test_rows(tcase, is_non_blocking_until_it_is_ready, families);
    test_rows(tcase, refused_is_told_and_closes, families);
    tcase_add_test(tcase, a_missing_path_is_told_at_once);
    tcase_add_test(tcase, an_unknown_family_is_an_errno);
    tcase_add_test(tcase, a_black_hole_stays_in_progress);
    tcase_add_test(tcase, a_full_unix_queue_is_a_refusal);
    tcase_add_test(tcase, what_is_no_socket_is_told);
    test_rows(tcase, a_connection_to_itself_is_refused, families);
    test_rows(tcase, a_socket_that_never_connects_is_told, families);
    test_rows(tcase, holds_with_few_descriptors, child_programs);
}

static void add_ready_tests(Suite *suite) {
    TCase *tcase = test_case(suite, "ready", 60);

    tcase_add_checked_fixture(tcase, NULL, close_all);
    tcase_add_test(tcase, ready_sets_what_bounds_the_waits);
    tcase_add_loop_test(tcase, only_a_first_short_message_goes_without_nodelay, 0, 2);
    tcase_add_test(tcase, a_stream_that_is_not_ready_may_not_wait);
    tcase_add_loop_test(tcase, who_spoke_first_is_seen, 0, 2);
    tcase_add_test(tcase, a_reset_in_the_first_moment_is_told);
    tcase_add_test(tcase, a_time_of_nothing_is_not_for_ever);
    tcase_add_test(tcase, ready_tells_of_a_socket_that_cannot_be);
    test_rows(tcase, look_sees_quiet_stray_and_closed, families);
    tcase_add_test(tcase, look_sees_a_reset);
    tcase_add_test(tcase, close_may_be_repeated_and_keeps_errno);
    tcase_add_test(tcase, close_leaves_the_connection_to_another_holder);
    test_rows(tcase, local_failures_are_known, errors);
}

static void add_transfer_tests(Suite *suite) {
    TCase *tcase = test_case(suite, "transfer", 60);

    tcase_add_checked_fixture(tcase, NULL, close_all);
    test_rows(tcase, a_closed_peer_raises_no_signal, families);
    tcase_add_loop_test(tcase, send_ends_when_nothing_fits, 0, 4);
    tcase_add_test(tcase, a_waiting_send_on_a_unix_socket_is_one_part);
    tcase_add_loop_test(tcase, pieces_go_in_order_and_empty_ones_count_for_nothing, 0, 2);
    tcase_add_loop_test(tcase, any_number_of_pieces_goes, 0, 2);
    tcase_add_loop_test(tcase, receive_fills_areas_in_order, 0, 2);
    tcase_add_test(tcase, more_areas_than_one_call_takes_are_filled_in_order);
    test_rows(tcase, a_waiting_receive_ends_in_time, families);
    tcase_add_test(tcase, a_polling_receive_ends_in_time_or_with_bytes);
    test_rows(tcase, receives_all_or_what_comes_in_time, families);
    test_rows(tcase, waits_can_be_made_shorter, families);
    tcase_add_test(tcase, receive_tells_of_a_reset);
    tcase_add_loop_test(tcase, a_signal_ends_a_wait_with_eintr, 0, 3);
}

Suite *test_suite(void) {
    Suite *suite = suite_create("stream");

    add_connect_tests(suite);
    add_ready_tests(suite);
    add_transfer_tests(suite);
    return suite;
}
