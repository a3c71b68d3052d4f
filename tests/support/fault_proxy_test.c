#include "support/fault_proxy.h"

#include "support/check_main.h"
#include "support/plain_client.h"
#include "support/scripted_host.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const host_step answers_once[] = {READ_LINE, SEND("0123456789"), DRAIN, END};

/* A proxy with a fault before a host that answers a line with ten digits, and a client that has sent such a line. */
struct scene {
    scripted_host *host;
    fault_proxy   *proxy;
    int            fd;
};

static struct scene set_up(const proxy_fault *fault) {
    struct scene made;

    made.host = scripted_host_play(answers_once);
    made.proxy = fault_proxy_start(LISTENER_TCP, scripted_host_address(made.host));
    fault_proxy_set(made.proxy, fault);
    made.fd = plain_connect(fault_proxy_address(made.proxy));
    ck_assert_int_ge(made.fd, 0);
    plain_send(made.fd, "question\n");
    return made;
}

static void tear_down(struct scene *scene) {
    close(scene->fd);
    fault_proxy_stop(scene->proxy);
    scripted_host_stop(scene->host);
}

static int ms_since(const struct timespec *then) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int)((now.tv_sec - then->tv_sec) * 1000 + (now.tv_nsec - then->tv_nsec) / 1000000);
}

START_TEST(without_a_fault_everything_passes) {
    struct scene scene = set_up(NULL);

    plain_expect(scene.fd, "0123456789");
    ck_assert_uint_eq(fault_proxy_connections(scene.proxy), 1);
    scripted_host_await(scene.host, 0, 2);
    ck_assert_uint_eq(scripted_host_count(scene.host, "question\n"), 1);
    tear_down(&scene);
}
END_TEST

/* What the client sees of the answer under each fault. end: 0 FIN, ECONNRESET, -1 nothing more comes. */
static const struct {
    proxy_fault fault;
    const char *seen;
    int         end;
} rows[] = {
    {{FAULT_CLOSE, FAULT_TO_CLIENT, 0, 0, 0}, "", 0},
    {{FAULT_CLOSE, FAULT_TO_CLIENT, 4, 0, 0}, "0123", 0},
    {{FAULT_CLOSE, FAULT_TO_CLIENT, 10, 0, 0}, "0123456789", -1},
    {{FAULT_CLOSE, FAULT_TO_SERVER, 3, 0, 0}, "", 0},
    {{FAULT_RESET, FAULT_TO_CLIENT, 0, 0, 0}, "", ECONNRESET},
    {{FAULT_STALL, FAULT_TO_CLIENT, 0, 0, 0}, "", -1},
    {{FAULT_STALL, FAULT_TO_CLIENT, 9, 0, 0}, "012345678", -1},
    {{FAULT_STALL, FAULT_TO_SERVER, 5, 0, 0}, "", -1},
    {{FAULT_DROP, FAULT_TO_CLIENT, 0, 1, 0}, "123456789", -1},
    {{FAULT_DROP, FAULT_TO_CLIENT, 2, 3, 0}, "0156789", -1},
    {{FAULT_DROP, FAULT_TO_CLIENT, 8, 99, 0}, "01234567", -1},
    {{FAULT_CHANGE, FAULT_TO_CLIENT, 1, 2, 0},
     "0\xce\xcd"
     "3456789",
     -1},
    {{FAULT_SPLIT, FAULT_TO_CLIENT, 0, 1, 0}, "0123456789", -1},
    {{FAULT_SPLIT, FAULT_TO_CLIENT, 5, 2, 2}, "0123456789", -1},
    {{FAULT_SPLIT, FAULT_TO_SERVER, 0, 1, 0}, "0123456789", -1},
    {{FAULT_DELAY, FAULT_TO_CLIENT, 3, 0, 20}, "0123456789", -1},
};

START_TEST(does_to_the_answer_what_the_fault_says) {
    struct scene  scene = set_up(&rows[_i].fault);
    struct pollfd readable = {.fd = scene.fd, .events = POLLIN};
    int           end = -1;
    char          byte;

    plain_expect(scene.fd, rows[_i].seen);
    if (rows[_i].end == -1) {
        ck_assert_int_eq(poll(&readable, 1, 20), 0);
    } else {
        ck_assert_uint_eq(plain_read(scene.fd, &byte, 1, &end), 0);
        ck_assert_int_eq(end, rows[_i].end);
    }
    tear_down(&scene);
}
END_TEST

START_TEST(a_delay_takes_its_time) {
    struct timespec start;
    proxy_fault     delay = {.action = FAULT_DELAY, .direction = FAULT_TO_SERVER, .ms = 30};
    struct scene    scene;

    clock_gettime(CLOCK_MONOTONIC, &start);
    scene = set_up(&delay);
    plain_expect(scene.fd, "0123456789");
    ck_assert_int_ge(ms_since(&start), 29);
    tear_down(&scene);
}
END_TEST

START_TEST(a_fault_holds_for_connections_that_come_after_it) {
    proxy_fault  close_at_once = {.action = FAULT_CLOSE, .direction = FAULT_TO_CLIENT};
    struct scene scene = set_up(NULL);
    int          second;
    char         byte;

    plain_expect(scene.fd, "0123456789");
    fault_proxy_set(scene.proxy, &close_at_once);
    plain_send(scene.fd, "still there\n");
    second = plain_connect(fault_proxy_address(scene.proxy));
    plain_send(second, "question\n");
    ck_assert_uint_eq(plain_read(second, &byte, 1, NULL), 0);
    close(second);
    ck_assert_uint_eq(fault_proxy_connections(scene.proxy), 2);
    tear_down(&scene);
}
END_TEST

START_TEST(an_end_passes_through) {
    struct scene scene = set_up(NULL);
    int          end = -1;
    char         byte;

    plain_expect(scene.fd, "0123456789");
    shutdown(scene.fd, SHUT_WR);
    ck_assert_uint_eq(plain_read(scene.fd, &byte, 1, &end), 0);
    ck_assert_int_eq(end, 0);
    tear_down(&scene);
}
END_TEST

START_TEST(where_no_server_is_it_closes) {
    fault_proxy *proxy = fault_proxy_start(LISTENER_UNIX, "unix:/nowhere/at/all");
    int          fd = plain_connect(fault_proxy_address(proxy));
    int          end = -1;
    char         byte;

    ck_assert_int_ge(fd, 0);
    ck_assert_uint_eq(plain_read(fd, &byte, 1, &end), 0);
    ck_assert_int_eq(end, 0);
    close(fd);
    fault_proxy_stop(proxy);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("fault_proxy");
    TCase *tcase = test_case(suite, "fault_proxy", 30);

    tcase_add_test(tcase, without_a_fault_everything_passes);
    test_rows(tcase, does_to_the_answer_what_the_fault_says, rows);
    tcase_add_test(tcase, a_delay_takes_its_time);
    tcase_add_test(tcase, a_fault_holds_for_connections_that_come_after_it);
    tcase_add_test(tcase, an_end_passes_through);
    tcase_add_test(tcase, where_no_server_is_it_closes);
    return suite;
}
