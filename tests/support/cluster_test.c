#include "support/cluster.h"

#include "support/check_main.h"
#include "support/plain_client.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void check_stores(const char *address) {
    int fd = plain_connect(address);

    ck_assert_int_ge(fd, 0);
    plain_send(fd, "get k\r\nset k 0 0 2\r\nv1\r\nget k\r\n");
    plain_expect(fd, "END\r\nSTORED\r\nVALUE k 0 2\r\nv1\r\nEND\r\n");
    close(fd);
}

START_TEST(servers_are_independent) {
    cluster *servers = cluster_start((server_kind)_i, 3);

    ck_assert_uint_eq(servers->count, 3);
    ck_assert_ptr_null(servers->hosts[3]);
    for (size_t i = 0; i < 3; i++)
        check_stores(servers->hosts[i]);
    cluster_stop(servers);
}
END_TEST

START_TEST(one_dies_and_comes_back_empty) {
    cluster    *servers = cluster_start((server_kind)_i, 2);
    const char *address = servers->hosts[0];
    int         fd = plain_connect(address);
    int         end = -1;
    char        byte;

    check_stores(address);
    cluster_kill(servers, 0);
    ck_assert_uint_eq(plain_read(fd, &byte, 1, &end), 0);
    close(fd);
    ck_assert_int_eq(plain_connect(address), -1);
    ck_assert_int_eq(errno, ECONNREFUSED);
    check_stores(servers->hosts[1]);
    cluster_restart(servers, 0);
    ck_assert_ptr_eq(servers->hosts[0], address);
    check_stores(address);
    cluster_stop(servers);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("cluster");
    TCase *tcase = test_case(suite, "cluster", 60);

    tcase_add_loop_test(tcase, servers_are_independent, 0, SERVER_KINDS);
    tcase_add_loop_test(tcase, one_dies_and_comes_back_empty, 0, SERVER_KINDS);
    return suite;
}
