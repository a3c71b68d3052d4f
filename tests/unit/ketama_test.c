#include "cluster/ketama.h"

#include "support/check_main.h"
#include "support/host_set.h"
#include "support/tsv.h"

#include "cluster/hash.h"

#include <stdlib.h>

static mc__ring ring_of(mc__ring_kind kind, const char *hosts) {
    host_set set;
    mc__ring ring;

    host_set_parse(hosts, &set);
    ck_assert_int_eq(mc__ring_init(&ring, kind, set.addresses, set.weights, set.count), MC_OK);
    host_set_clear(&set);
    return ring;
}

START_TEST(agrees_with_libmemcached) {
    tsv table = tsv_read("ketama.tsv");

    ck_assert_uint_eq(table.count, 600);
    for (size_t i = 0; i < table.count; i++) {
        char        **row = table.rows[i].columns;
        mc__ring_kind kind = strcmp(row[0], "ketama") == 0 ? MC__RING_ONE_AT_A_TIME : MC__RING_WEIGHTED;
        mc__ring      ring = ring_of(kind, row[1]);
        uint32_t      hash = mc__hash(mc__ring_hash(kind), mc_str(row[2]));

        ck_assert_msg(mc__ring_at(&ring, hash) == strtoul(row[3], NULL, 10), "line %zu", table.rows[i].line);
        mc__ring_free(&ring);
    }
    tsv_free(&table);
}
END_TEST

static const struct {
    mc__ring_kind kind;
    const char   *hosts;
    size_t        points[5]; /* of each host */
} size_rows[] = {
    {MC__RING_ONE_AT_A_TIME, "a:1:1,b:1:1,c:1:1", {100, 100, 100}},
    {MC__RING_MD5, "a:1:1,b:1:1,c:1:1", {100, 100, 100}},
    {MC__RING_MD5, "a:1:1,b:1:0,c:1:1", {100, 0, 100}},
    {MC__RING_WEIGHTED, "a:1:1,b:1:1,c:1:1", {160, 160, 160}},
    {MC__RING_WEIGHTED, "a:1:1", {160}},
    {MC__RING_WEIGHTED, "a:1:1,b:1:2,c:1:1", {120, 240, 120}},
    {MC__RING_ONE_AT_A_TIME, "a:1:1,b:1:2,c:1:1", {120, 240, 120}},
    {MC__RING_MD5, "a:1:1,b:1:2,c:1:1", {120, 240, 120}},
    {MC__RING_MD5, "a:1:2", {160}},
    /* 7 names of four points: 7.9999995 in single precision, 8 in double */
    {MC__RING_WEIGHTED, "a:1:1,b:1:1,c:1:1,d:1:11,e:1:11", {28, 28, 28, 352, 352}},
    /* a weight so small beside the others that it gives no point */
    {MC__RING_WEIGHTED, "a:1:1,b:1:1000", {0, 316}},
    /* left out as if it had not been named: the average is that of two hosts */
    {MC__RING_WEIGHTED, "a:1:0,b:1:3,c:1:1", {0, 240, 80}},
};

START_TEST(a_host_has_points_by_its_weight) {
    mc__ring ring = ring_of(size_rows[_i].kind, size_rows[_i].hosts);
    size_t   points[5] = {0};

    for (size_t i = 0; i < ring.count; i++)
        points[ring.points[i].host]++;
    for (size_t host = 0; host < 5; host++)
        ck_assert_uint_eq(points[host], size_rows[_i].points[host]);
    mc__ring_free(&ring);
}
END_TEST

/* Whether the ring has a point at value for host 0. */
static bool has_point(const mc__ring *ring, uint32_t value) {
    for (size_t i = 0; i < ring->count; i++)
        if (ring->points[i].value == value && ring->points[i].host == 0)
            return true;
    return false;
}

static const struct {
    const char *host;
    const char *first, *last; /* names of points on a ring without weights */
} name_rows[] = {
    {"cache:11211:1", "cache-0", "cache-99"},
    {"cache:11212:1", "cache:11212-0", "cache:11212-99"},
    {"inet:cache:11212:1", "cache:11212-0", "cache:11212-99"},
    {"10.0.0.1:80:1", "10.0.0.1:80-0", "10.0.0.1:80-99"},
    {"[::1]:11211:1", "::1-0", "::1-99"},
    {"[::1]:65535:1", "::1:65535-0", "::1:65535-99"},
    {"/run/a.sock:1", "/run/a.sock:0-0", "/run/a.sock:0-99"},
    {"unix:/run/a.sock:1", "/run/a.sock:0-0", "/run/a.sock:0-99"},
};

START_TEST(a_point_is_named_after_its_host) {
    mc__ring ring = ring_of(MC__RING_MD5, name_rows[_i].host);

    ck_assert(has_point(&ring, mc__hash(MC_HASH_MD5, mc_str(name_rows[_i].first))));
    ck_assert(has_point(&ring, mc__hash(MC_HASH_MD5, mc_str(name_rows[_i].last))));
    mc__ring_free(&ring);
}
END_TEST

START_TEST(the_longest_name_is_not_cut) {
    char     host[MC__HOST_NAME_MAX + sizeof ":65535:1"], point[sizeof host + 3];
    mc__ring ring;

    memset(host, 'h', MC__HOST_NAME_MAX);
    strcpy(host + MC__HOST_NAME_MAX, ":65535:1");
    ring = ring_of(MC__RING_MD5, host);
    memcpy(point, host, MC__HOST_NAME_MAX);
    strcpy(point + MC__HOST_NAME_MAX, ":65535-99");
    ck_assert(has_point(&ring, mc__hash(MC_HASH_MD5, mc_str(point))));
    mc__ring_free(&ring);
}
END_TEST

START_TEST(points_are_in_order_and_equal_ones_by_host) {
    mc__ring ring = ring_of(MC__RING_WEIGHTED, "b:1:2,a:1:3,b:1:2,b:1:2");
    size_t   ties = 0;

    for (size_t i = 1; i < ring.count; i++) {
        const mc__ring_point *before = &ring.points[i - 1], *point = &ring.points[i];
        ck_assert(before->value <= point->value);
        if (before->value == point->value) {
            ck_assert_uint_lt(before->host, point->host);
            ties++;
        }
    }
    ck_assert_uint_gt(ties, 100);
    mc__ring_free(&ring);
}
END_TEST

/* Looks at one point after another. */
static size_t host_of(const mc__ring *ring, uint32_t value) {
    for (size_t i = 0; i < ring->count; i++)
        if (ring->points[i].value >= value)
            return ring->points[i].host;
    return ring->points[0].host;
}

static const char *const rings[] = {"a:1:1", "a:1:1,b:1:0", "a:1:1,b:1:1,c:1:1", "a:1:1,a:1:1",
                                    "a:1:1,b:1:7,c:1:2,d:1:1,e:1:3"};

START_TEST(a_key_goes_to_the_first_point_at_or_after_it) {
    for (mc__ring_kind kind = MC__RING_ONE_AT_A_TIME; kind <= MC__RING_WEIGHTED; kind++) {
        mc__ring ring = ring_of(kind, rings[_i]);

        ck_assert_uint_eq(mc__ring_at(&ring, 0), host_of(&ring, 0));
        ck_assert_uint_eq(mc__ring_at(&ring, UINT32_MAX), host_of(&ring, UINT32_MAX));
        for (size_t i = 0; i < ring.count; i++) {
            uint32_t value = ring.points[i].value;
            ck_assert_uint_eq(mc__ring_at(&ring, value - 1), host_of(&ring, value - 1));
            ck_assert_uint_eq(mc__ring_at(&ring, value), host_of(&ring, value));
            ck_assert_uint_eq(mc__ring_at(&ring, value + 1), host_of(&ring, value + 1));
        }
        mc__ring_free(&ring);
    }
}
END_TEST

START_TEST(without_weights_all_are_one) {
    mc__ring with = ring_of(MC__RING_WEIGHTED, "a:1:1,b:2:1"), without;
    host_set set;

    host_set_parse("a:1:1,b:2:1", &set);
    ck_assert_int_eq(mc__ring_init(&without, MC__RING_WEIGHTED, set.addresses, NULL, set.count), MC_OK);
    ck_assert_uint_eq(with.count, without.count);
    ck_assert_mem_eq(with.points, without.points, with.count * sizeof *with.points);
    host_set_clear(&set);
    mc__ring_free(&with);
    mc__ring_free(&without);
}
END_TEST

START_TEST(weights_that_make_no_list_make_no_ring) {
    host_set set;
    mc__ring ring = {.points = (mc__ring_point *)&set, .count = 3};

    host_set_parse("a:1:0,b:2:0", &set);
    ck_assert_int_eq(mc__ring_init(&ring, MC__RING_WEIGHTED, set.addresses, set.weights, set.count), MC_BAD_ARGUMENT);
    ck_assert_ptr_null(ring.points);
    ck_assert_uint_eq(ring.count, 0);
    ck_assert_int_eq(mc__ring_init(&ring, MC__RING_MD5, set.addresses, NULL, 0), MC_BAD_ARGUMENT);
    set.weights[0] = 1000000000;
    ck_assert_int_eq(mc__ring_init(&ring, MC__RING_MD5, set.addresses, set.weights, set.count), MC_BAD_ARGUMENT);
    ck_assert_ptr_null(ring.points);
    mc__ring_free(&ring);
    host_set_clear(&set);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("ketama");
    TCase *tcase = test_case(suite, "ketama", 30);

    tcase_add_test(tcase, agrees_with_libmemcached);
    test_rows(tcase, a_host_has_points_by_its_weight, size_rows);
    test_rows(tcase, a_point_is_named_after_its_host, name_rows);
    tcase_add_test(tcase, the_longest_name_is_not_cut);
    tcase_add_test(tcase, points_are_in_order_and_equal_ones_by_host);
    test_rows(tcase, a_key_goes_to_the_first_point_at_or_after_it, rings);
    tcase_add_test(tcase, without_weights_all_are_one);
    tcase_add_test(tcase, weights_that_make_no_list_make_no_ring);
    return suite;
}
