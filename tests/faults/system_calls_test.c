/* The lowest part of the net room while the calls that it makes of the system fail, each call with each error. */
#include "base/fork.h"
#include "net/resolve.h"
#include "net/wakeup.h"
#include "support/check_main.h"
#include "support/nth_call.h"

#include <dirent.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#define LONG_MS 200000
#define IO_TIMEOUT_MS 100000

static int          listener = -1;
static mc__endpoint endpoint;

static void open_listener(void) {
    struct sockaddr_in *address = (struct sockaddr_in *)&endpoint.address;

    nth_call_disarm();
    memset(&endpoint, 0, sizeof endpoint);
    address->sin_family = AF_INET;
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    endpoint.len = sizeof *address;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)address, sizeof *address), 0);
    ck_assert_int_eq(listen(listener, 16), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)address, &endpoint.len), 0);
}

static void close_listener(void) {
    nth_call_disarm();
    close(listener);
}

static int count_descriptors(void) {
    DIR *folder = opendir("/proc/self/fd");
    int  count = 0;

    ck_assert_ptr_nonnull(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

/* All of it must be sent and received; a wait that a signal ends goes on. Each returns 0 or the errno. */

static int send_all(const mc__stream *stream) {
    mc_slice  slices[] = {MC__LITERAL("get "), MC__LITERAL("key\r\n")};
    size_t    at = 0;
    ptrdiff_t sent;

    while (at < ROWS(slices)) {
        sent = mc__stream_send(stream, slices + at, ROWS(slices) - at, true);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return errno;
        while (at < ROWS(slices) && (size_t)sent >= slices[at].len)
            sent -= (ptrdiff_t)slices[at++].len;
        if (at < ROWS(slices))
            slices[at] = mc_bytes(slices[at].data + sent, slices[at].len - (size_t)sent);
    }
    return 0;
}

static int receive_all(const mc__stream *stream) {
    char      reply[9] = "";
    size_t    got = 0;
    ptrdiff_t result;

    while (got < sizeof reply) {
        size_t   half = (sizeof reply - got) / 2;
        mc__area areas[] = {{reply + got, half}, {reply + got + half, sizeof reply - got - half}};
        result = mc__stream_receive(stream, areas, 2, true);
        if (result < 0 && errno == EINTR)
            continue;
        if (result <= 0)
            return result < 0 ? errno : EPIPE;
        got += (size_t)result;
    }
    ck_assert_mem_eq(reply, "get key\r\n", sizeof reply);
    return 0;
}

static int echo(mc__stream *stream) {
    char text[9];
    int  peer = accept(listener, NULL, NULL), error;

    ck_assert_int_ge(peer, 0);
    error = send_all(stream);
    if (error == 0) {
        ck_assert_int_eq(recv(peer, text, sizeof text, MSG_WAITALL), (ssize_t)sizeof text);
        ck_assert_int_eq(send(peer, text, sizeof text, MSG_NOSIGNAL), (ssize_t)sizeof text);
        error = receive_all(stream);
    }
    close(peer);
    return error;
}

/* One connection from beginning to end: 0, or the errno of the step that failed. */
static int use_a_connection(void) {
    mc__stream stream;
    int        error = mc__stream_connect(&stream, &endpoint);

    while (error == EINPROGRESS) {
        struct pollfd waited = {.fd = stream.fd, .events = POLLOUT};
        ck_assert_int_eq(poll(&waited, 1, LONG_MS), 1);
        error = mc__stream_connected(&stream, &endpoint);
    }
    if (error != 0) {
        ck_assert_int_eq(stream.fd, -1);
        return error;
    }
    ck_assert_int_gt(stream.fd, 2);
    error = mc__stream_ready(&stream, IO_TIMEOUT_MS);
    if (error == 0)
        error = echo(&stream);
    if (error == 0 && mc__stream_look(&stream) == MC__LOOK_STRAY)
        error = EPROTO;
    mc__stream_close(&stream);
    return error;
}

/* What nobody has accepted would be the next one's. */
static void drain_listener(void) {
    struct pollfd waited = {.fd = listener, .events = POLLIN};

    while (poll(&waited, 1, 0) == 1)
        close(accept(listener, NULL, NULL));
}

static const nth_function connection_functions[] = {NTH_SOCKET, NTH_CONNECT, NTH_SETSOCKOPT, NTH_GETSOCKNAME,
                                                    NTH_FCNTL,  NTH_POLL,    NTH_SEND,       NTH_SENDMSG,
                                                    NTH_RECV,   NTH_RECVMSG, NTH_CLOSE};

/* The time-outs, which are set first, are needed; the rest only tunes. */
static bool is_needed(nth_function function, size_t nth, int error) {
    switch (function) {
    case NTH_SETSOCKOPT:
        return nth <= 2;
    case NTH_CLOSE:
    case NTH_RECV: /* only the look: the connection is retired */
        return false;
    default:
        return error != EINTR;
    }
}

START_TEST(a_connection_survives_or_fails_as_the_call_did) {
    nth_function function = connection_functions[_i];
    int          before = count_descriptors();

    for (const int *error = nth_call_errors(function); *error != 0; error++) {
        size_t hits = 1;
        for (size_t nth = 1; hits > 0; nth++) {
            int result;
            nth_call_fail(function, nth, *error, NTH_ONCE);
            result = use_a_connection();
            hits = nth_call_hits(function);
            nth_call_disarm();
            ck_assert_msg(result == (hits > 0 && is_needed(function, nth, *error) ? *error : 0),
                          "call %zu of %s failed with %d, and %d came out", nth, nth_call_name(function), *error, result);
            drain_listener();
            ck_assert_int_eq(count_descriptors(), before);
            ck_assert_uint_lt(nth, 50);
        }
        ck_assert_int_eq(use_a_connection(), 0);
    }
}
END_TEST

static const nth_function transfers[] = {NTH_SEND, NTH_SENDMSG, NTH_RECV, NTH_RECVMSG};

START_TEST(a_connection_is_whole_when_bytes_go_one_by_one) {
    for (size_t i = 0; i < ROWS(transfers); i++)
        nth_call_move_one_byte(transfers[i], 1, NTH_FROM_THEN_ON);
    ck_assert_int_eq(use_a_connection(), 0);
    ck_assert_uint_gt(nth_call_hits(NTH_SENDMSG), 2);
    ck_assert_uint_gt(nth_call_hits(NTH_RECVMSG), 7);
}
END_TEST

/* Waiting in vain, then the reason: 0, or the errno; MC_NO_MEMORY is ENOMEM. */
static int look_up(mc__address_kind kind, const char *host) {
    mc__address         address = {.kind = kind, .host = (char *)(uintptr_t)host, .port = 11211};
    struct pollfd       waited = {.events = POLLIN};
    const mc__endpoint *endpoints;
    const char         *words;
    mc__lookup         *lookup;
    size_t              count;
    int                 error = 0;
    mc_status           status = mc__lookup_start(&address, &lookup, &error);

    if (status != MC_OK) {
        ck_assert_ptr_null(lookup);
        return status == MC_NO_MEMORY ? ENOMEM : error;
    }
    waited.fd = mc__lookup_fd(lookup);
    if (waited.fd >= 0)
        ck_assert_int_eq(poll(&waited, 1, LONG_MS), 1);
    ck_assert(mc__lookup_done(lookup));
    endpoints = mc__lookup_result(lookup, &count, &words);
    error = 0;
    if (count == 0) {
        ck_assert_ptr_nonnull(words);
        ck_assert_uint_gt(strlen(words), 0);
        error = mc__lookup_failed_locally(lookup) ? ENOMEM : ENOENT;
    } else {
        ck_assert_int_eq(endpoints[0].address.ss_family, AF_INET);
    }
    mc__lookup_release(lookup);
    return error;
}

/* A thread's last act may come after that of who waited for it. */
static void await_descriptors(int count) {
    while (count_descriptors() > count)
        usleep(1000);
}

static const struct {
    nth_function function;
    int          error;
    int          result;
} lookup_failures[] = {
    {NTH_PIPE, EMFILE, EMFILE},
    {NTH_PIPE, ENFILE, ENFILE},
    {NTH_THREAD, EAGAIN, EAGAIN},
    {NTH_THREAD, EINVAL, 0}, /* once: a stack of the usual size will do */
    {NTH_ALLOCATE, ENOMEM, ENOMEM},
    {NTH_GETADDRINFO, EAI_NONAME, ENOENT},
    {NTH_GETADDRINFO, EAI_AGAIN, ENOENT},
    {NTH_GETADDRINFO, EAI_FAIL, ENOENT},
    {NTH_GETADDRINFO, EAI_MEMORY, ENOMEM},
    {NTH_GETADDRINFO, EMFILE, ENOMEM},
    {NTH_GETADDRINFO, EIO, ENOENT},
    {NTH_CLOSE, EIO, 0},
};

START_TEST(a_look_up_fails_as_the_call_did) {
    int    before = count_descriptors();
    size_t hits = 1;

    for (size_t nth = 1; hits > 0; nth++) {
        int result;
        nth_call_fail(lookup_failures[_i].function, nth, lookup_failures[_i].error, NTH_ONCE);
        result = look_up(MC__ADDRESS_INET, "localhost");
        await_descriptors(before);
        hits = nth_call_hits(lookup_failures[_i].function);
        nth_call_disarm();
        ck_assert_int_eq(result, hits > 0 ? lookup_failures[_i].result : 0);
        ck_assert_int_eq(look_up(MC__ADDRESS_INET, "localhost"), 0);
        await_descriptors(before);
    }
}
END_TEST

START_TEST(a_number_needs_memory_alone) {
    for (int function = 0; function < NTH_FUNCTIONS; function++) {
        if (function != NTH_ALLOCATE)
            nth_call_fail((nth_function)function, 1, EMFILE, NTH_FROM_THEN_ON);
    }
    ck_assert_int_eq(look_up(MC__ADDRESS_INET, "127.0.0.1"), 0);
    nth_call_fail(NTH_ALLOCATE, 1, ENOMEM, NTH_FROM_THEN_ON);
    ck_assert_int_eq(look_up(MC__ADDRESS_INET, "127.0.0.1"), ENOMEM);
}
END_TEST

START_TEST(no_thread_at_all_is_told) {
    int before = count_descriptors();

    nth_call_fail(NTH_THREAD, 1, EINVAL, NTH_FROM_THEN_ON);
    ck_assert_int_eq(look_up(MC__ADDRESS_ANY, "localhost"), EINVAL);
    ck_assert_int_eq(count_descriptors(), before);
}
END_TEST

static int prepared;

static void prepare(mc__fork_guard *guard) {
    (void)guard;
    prepared++;
}

static void release(mc__fork_guard *guard) {
    (void)guard;
}

/* The first registration in this process, whichever test comes first. */
START_TEST(a_fork_handler_that_failed_is_tried_again) {
    mc__fork_guard guard = {.prepare = prepare, .parent = release, .child = release};
    int            status;
    pid_t          child;

    nth_call_fail(NTH_ATFORK, 1, ENOMEM, NTH_FROM_THEN_ON);
    ck_assert_int_eq(mc__fork_register(&guard), MC_NO_MEMORY);
    ck_assert_int_eq(mc__fork_register(&guard), MC_NO_MEMORY);
    nth_call_disarm();
    ck_assert_int_eq(mc__fork_register(&guard), MC_OK);
    child = fork();
    if (child == 0)
        _exit(prepared == 1 ? 0 : 1);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(prepared, 1);
    mc__fork_unregister(&guard);
    ck_assert_uint_eq(nth_call_count(NTH_ATFORK), 1);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("system_calls");
    TCase *tcase = test_case(suite, "system calls", 100);

    tcase_add_checked_fixture(tcase, open_listener, close_listener);
    test_rows(tcase, a_connection_survives_or_fails_as_the_call_did, connection_functions);
    tcase_add_test(tcase, a_connection_is_whole_when_bytes_go_one_by_one);
    test_rows(tcase, a_look_up_fails_as_the_call_did, lookup_failures);
    tcase_add_test(tcase, a_number_needs_memory_alone);
    tcase_add_test(tcase, no_thread_at_all_is_told);
    tcase_add_test(tcase, a_fork_handler_that_failed_is_tried_again);
    return suite;
}
