#include "cluster/placement.h"

#include "support/allocation_failure.h"
#include "support/check_main.h"
#include "support/host_set.h"
#include "support/tsv.h"

#include <stdio.h>
#include <stdlib.h>

static mc__placement *placement_of(const host_set *set, mc_distribution distribution, mc_hash hash) {
    mc__placement *placement;

    ck_assert_int_eq(mc__placement_new(set->addresses, set->weights, set->count, distribution, hash, &placement), MC_OK);
    return placement;
}

/* Goes the ten tries of a way and compares them with the list of a table's row. */
static void check_tries(const mc__placement *placement, mc__route route, const char *list, const tsv_row *row) {
    unsigned expected[MC__ROUTE_TRIES];

    ck_assert_uint_eq(tsv_numbers(list, expected, MC__ROUTE_TRIES), MC__ROUTE_TRIES);
    for (unsigned try = 0; try < MC__ROUTE_TRIES; try++) {
        size_t host = mc__route_host(placement, &route);
        ck_assert_uint_eq(route.tries, try);
        ck_assert_msg(host == expected[try], "line %zu, try %u: host %u, not %zu", row->line, try, expected[try], host);
        ck_assert_int_eq(mc__route_next(placement, &route), try < MC__ROUTE_TRIES - 1);
    }
}

START_TEST(agrees_with_python_memcached) {
    tsv table = tsv_read("host_list.tsv");

    ck_assert_uint_eq(table.count, 360);
    for (size_t i = 0; i < table.count; i++) {
        char         **row = table.rows[i].columns;
        unsigned       weights[HOST_SET_MAX];
        host_set       set;
        mc__placement *placement;

        host_set_of_weights(weights, tsv_numbers(row[0], weights, HOST_SET_MAX), &set);
        placement = placement_of(&set, MC_DISTRIBUTION_HOST_LIST, MC_HASH_PYTHON_1_59);
        check_tries(placement, mc__route_of_key(placement, mc_str(row[1])), row[4], &table.rows[i]);
        mc__placement_free(placement);
        host_set_clear(&set);
    }
    tsv_free(&table);
}
END_TEST

static const struct {
    const char *name;
    mc_hash     hash;
} hash_names[] = {
    {"python", MC_HASH_PYTHON}, {"python_1_59", MC_HASH_PYTHON_1_59},     {"crc32", MC_HASH_CRC32}, {"crc", MC_HASH_PYTHON},
    {"md5", MC_HASH_MD5},       {"one_at_a_time", MC_HASH_ONE_AT_A_TIME},
};

static mc_hash hash_named(const char *name) {
    for (size_t i = 0; i < ROWS(hash_names); i++)
        if (strcmp(hash_names[i].name, name) == 0)
            return hash_names[i].hash;
    ck_abort_msg("no hash %s", name);
    return MC_HASH_PYTHON;
}

START_TEST(goes_python_memcached_s_ways) {
    tsv table = tsv_read("python_routes.tsv");

    ck_assert_uint_eq(table.count, 1296);
    for (size_t i = 0; i < table.count; i++) {
        char         **row = table.rows[i].columns;
        unsigned       weights[HOST_SET_MAX];
        host_set       set;
        mc__placement *placement;
        mc__route      route;

        host_set_of_weights(weights, tsv_numbers(row[1], weights, HOST_SET_MAX), &set);
        placement = placement_of(&set, MC_DISTRIBUTION_HOST_LIST, hash_named(row[0]));
        if (strcmp(row[2], "number") == 0)
            route = mc__route_of_number(strtoll(row[3], NULL, 10));
        else
            route = mc__route_of_key(placement, mc_str(row[3]));
        check_tries(placement, route, row[4], &table.rows[i]);
        mc__placement_free(placement);
        host_set_clear(&set);
    }
    tsv_free(&table);
}
END_TEST

static mc_distribution distribution_named(const char *name) {
    if (strcmp(name, "ketama") == 0)
        return MC_DISTRIBUTION_KETAMA;
    if (strcmp(name, "ketama_weighted") == 0)
        return MC_DISTRIBUTION_KETAMA_WEIGHTED;
    ck_assert_str_eq(name, "modulo");
    return MC_DISTRIBUTION_MODULO;
}

static void check_host(const host_set *set, const char *distribution, mc_hash hash, const tsv_row *row) {
    const char    *key = row->columns[row->count - 2];
    unsigned long  expected = strtoul(row->columns[row->count - 1], NULL, 10);
    mc__placement *placement = placement_of(set, distribution_named(distribution), hash);
    mc__route      route = mc__route_of_key(placement, mc_str(key));
    size_t         host = mc__route_host(placement, &route);

    ck_assert_msg(host == expected, "line %zu: host %lu, not %zu", row->line, expected, host);
    mc__placement_free(placement);
}

START_TEST(agrees_with_libmemcached) {
    tsv      table = tsv_read("libmemcached.tsv");
    host_set set = {0};

    ck_assert_uint_eq(table.count, 11 + 2640);
    for (size_t i = 0; i < table.count; i++) {
        const tsv_row *row = &table.rows[i];
        if (row->count == 2) {
            host_set_clear(&set);
            host_set_parse(row->columns[1], &set);
        } else {
            check_host(&set, row->columns[1], hash_named(row->columns[2]), row);
        }
    }
    host_set_clear(&set);
    tsv_free(&table);
}
END_TEST

START_TEST(agrees_with_libmemcached_s_ketama) {
    tsv table = tsv_read("ketama.tsv");

    ck_assert_uint_eq(table.count, 600);
    for (size_t i = 0; i < table.count; i++) {
        host_set set;
        host_set_parse(table.rows[i].columns[1], &set);
        check_host(&set, table.rows[i].columns[0], MC_HASH_PYTHON, &table.rows[i]);
        host_set_clear(&set);
    }
    tsv_free(&table);
}
END_TEST

/* Whether two placements agree on the ten tries of a thousand keys, where host i of b is host map[i] of a. */
static bool agree(const mc__placement *a, const mc__placement *b, const size_t *map) {
    char key[32];

    for (int i = 0; i < 1000; i++) {
        int       len = snprintf(key, sizeof key, "key:%d", i);
        mc__route of_a = mc__route_of_key(a, mc_bytes(key, (size_t)len));
        mc__route of_b = mc__route_of_key(b, mc_bytes(key, (size_t)len));
        do {
            if (mc__route_host(a, &of_a) != map[mc__route_host(b, &of_b)])
                return false;
        } while (mc__route_next(a, &of_a) && mc__route_next(b, &of_b));
    }
    return true;
}

static const mc_distribution distributions[] = {MC_DISTRIBUTION_HOST_LIST, MC_DISTRIBUTION_KETAMA,
                                                MC_DISTRIBUTION_KETAMA_WEIGHTED, MC_DISTRIBUTION_MODULO};

/* Whether the homes of every second of many keys are those of each by itself. */
static void check_homes(const mc__placement *placement) {
    static char     texts[100][16];
    static mc_slice keys[100];
    size_t          order[50];
    uint32_t        homes[50];

    for (size_t i = 0; i < 100; i++)
        keys[i] = mc_bytes(texts[i], (size_t)snprintf(texts[i], sizeof texts[i], "key:%zu", i));
    for (size_t i = 0; i < 50; i++)
        order[i] = 49 - i;
    mc__placement_homes(placement, keys, 2 * sizeof *keys, order, 50, homes);
    for (size_t i = 0; i < 50; i++)
        ck_assert_uint_eq(homes[i], mc__placement_home(placement, keys[2 * order[i]]));
}

START_TEST(many_keys_have_the_homes_of_each) {
    static const mc_hash hashes[] = {MC_HASH_PYTHON, MC_HASH_PYTHON_1_59, MC_HASH_CRC32, MC_HASH_MD5, MC_HASH_ONE_AT_A_TIME};
    host_set             set;

    host_set_parse("a:1:1,b:2:2,c:3:3,d:4:1,e:5:0", &set);
    for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++) {
        mc__placement *placement = placement_of(&set, distributions[_i], hashes[i]);
        check_homes(placement);
        mc__placement_free(placement);
    }
    host_set_clear(&set);
}
END_TEST

START_TEST(a_weight_of_zero_leaves_a_host_out) {
    static const size_t map[] = {1, 3, 4};
    host_set            all, some;
    mc__placement      *a, *b;

    host_set_parse("a:1:0,b:2:1,c:3:0,d:4:3,e:5:1,f:6:0", &all);
    host_set_parse("b:2:1,d:4:3,e:5:1", &some);
    a = placement_of(&all, distributions[_i], MC_HASH_PYTHON);
    b = placement_of(&some, distributions[_i], MC_HASH_PYTHON);
    ck_assert(agree(a, b, map));
    mc__placement_free(a);
    mc__placement_free(b);
    host_set_clear(&all);
    host_set_clear(&some);
}
END_TEST

START_TEST(no_weights_are_weights_of_one) {
    static const size_t map[] = {0, 1, 2};
    host_set            set;
    mc__placement      *a, *b;

    host_set_parse("a:1:1,b:2:1,c:3:1", &set);
    a = placement_of(&set, distributions[_i], MC_HASH_MD5);
    ck_assert_int_eq(mc__placement_new(set.addresses, NULL, set.count, distributions[_i], MC_HASH_MD5, &b), MC_OK);
    ck_assert(agree(a, b, map));
    mc__placement_free(a);
    mc__placement_free(b);
    host_set_clear(&set);
}
END_TEST

static const struct {
    mc_distribution distribution;
    const char     *hosts;
    mc_hash         one, other;
    bool            same;
} hash_rows[] = {
    {MC_DISTRIBUTION_KETAMA, "a:1:1,b:2:1,c:3:1", MC_HASH_PYTHON, MC_HASH_ONE_AT_A_TIME, true},
    {MC_DISTRIBUTION_KETAMA, "a:1:1,b:2:1,c:3:1", MC_HASH_CRC32, MC_HASH_ONE_AT_A_TIME, true},
    {MC_DISTRIBUTION_KETAMA, "a:1:1,b:2:1,c:3:1", MC_HASH_MD5, MC_HASH_ONE_AT_A_TIME, false},
    {MC_DISTRIBUTION_KETAMA, "a:1:1,b:2:2,c:3:1", MC_HASH_MD5, MC_HASH_ONE_AT_A_TIME, false},
    {MC_DISTRIBUTION_KETAMA_WEIGHTED, "a:1:1,b:2:1,c:3:1", MC_HASH_MD5, MC_HASH_PYTHON, true},
    {MC_DISTRIBUTION_KETAMA_WEIGHTED, "a:1:1,b:2:2,c:3:1", MC_HASH_MD5, MC_HASH_ONE_AT_A_TIME, true},
    {MC_DISTRIBUTION_MODULO, "a:1:1,b:2:2,c:3:1", MC_HASH_MD5, MC_HASH_ONE_AT_A_TIME, false},
    {MC_DISTRIBUTION_MODULO, "a:1:1,b:2:2,c:3:1", MC_HASH_MD5, MC_HASH_PYTHON, false},
    {MC_DISTRIBUTION_HOST_LIST, "a:1:1,b:2:2,c:3:1", MC_HASH_CRC32, MC_HASH_PYTHON, false},
};

START_TEST(a_distribution_has_its_hashes) {
    static const size_t map[] = {0, 1, 2};
    host_set            set;
    mc__placement      *a, *b;

    host_set_parse(hash_rows[_i].hosts, &set);
    a = placement_of(&set, hash_rows[_i].distribution, hash_rows[_i].one);
    b = placement_of(&set, hash_rows[_i].distribution, hash_rows[_i].other);
    ck_assert_int_eq(agree(a, b, map), hash_rows[_i].same);
    mc__placement_free(a);
    mc__placement_free(b);
    host_set_clear(&set);
}
END_TEST

START_TEST(one_host_holds_every_key) {
    host_set       set;
    mc__placement *placement;
    mc__route      route;

    host_set_parse("a:1:0,b:2:5,c:3:0", &set);
    placement = placement_of(&set, distributions[_i], MC_HASH_PYTHON);
    route = mc__route_of_key(placement, mc_str("k1"));
    do {
        ck_assert_uint_eq(mc__route_host(placement, &route), 1);
    } while (mc__route_next(placement, &route));
    mc__placement_free(placement);
    host_set_clear(&set);
}
END_TEST

START_TEST(a_ring_takes_a_number_modulo_two_to_the_32) {
    host_set       set;
    mc__placement *placement;

    host_set_parse("a:1:1,b:2:1,c:3:1,d:4:1,e:5:1", &set);
    placement = placement_of(&set, MC_DISTRIBUTION_KETAMA, MC_HASH_MD5);
    for (int64_t i = 0; i < 1000; i++) {
        int64_t   number = i * 4294967 - 5;
        mc__route low = mc__route_of_number(number), high = mc__route_of_number(number - ((int64_t)7 << 32));
        ck_assert_uint_eq(mc__route_host(placement, &low), mc__route_host(placement, &high));
    }
    mc__placement_free(placement);
    host_set_clear(&set);
}
END_TEST

START_TEST(there_are_ten_tries) {
    host_set       set;
    mc__placement *placement;
    mc__route      route, last;

    host_set_parse("a:1:1,b:2:1", &set);
    placement = placement_of(&set, MC_DISTRIBUTION_HOST_LIST, MC_HASH_PYTHON);
    route = mc__route_of_key(placement, mc_str("k1"));
    for (int i = 0; i < MC__ROUTE_TRIES - 1; i++)
        ck_assert(mc__route_next(placement, &route));
    last = route;
    ck_assert(!mc__route_next(placement, &route));
    ck_assert(!mc__route_next(placement, &route));
    ck_assert_int_eq(route.hash, last.hash);
    ck_assert_uint_eq(route.tries, last.tries);
    mc__placement_free(placement);
    host_set_clear(&set);
}
END_TEST

static const struct {
    unsigned    weights[2];
    size_t      count;
    int         distribution;
    int         hash;
    const char *detail;
} refused_rows[] = {
    {{1, 1}, 0, MC_DISTRIBUTION_HOST_LIST, MC_HASH_PYTHON, "none is given"},
    {{1, 1}, 0, MC_DISTRIBUTION_KETAMA, MC_HASH_PYTHON, "none is given"},
    {{0, 0}, 2, MC_DISTRIBUTION_HOST_LIST, MC_HASH_PYTHON, "all are 0"},
    {{0, 0}, 2, MC_DISTRIBUTION_KETAMA_WEIGHTED, MC_HASH_PYTHON, "all are 0"},
    {{0, 0}, 2, MC_DISTRIBUTION_MODULO, MC_HASH_PYTHON, "all are 0"},
    {{1, 1000000000}, 2, MC_DISTRIBUTION_HOST_LIST, MC_HASH_PYTHON, "over 1048576"},
    {{1, 1000000000}, 2, MC_DISTRIBUTION_KETAMA, MC_HASH_PYTHON, "over 1048576"},
    {{1, 1000000000}, 2, MC_DISTRIBUTION_MODULO, MC_HASH_PYTHON, "over 1048576"},
    {{1, 1}, 2, 4, MC_HASH_PYTHON, "distribution: 4"},
    {{1, 1}, 2, -1, MC_HASH_PYTHON, "distribution: -1"},
    {{1, 1}, 2, MC_DISTRIBUTION_KETAMA, 5, "hash: 5"},
};

START_TEST(what_cannot_be_placed_is_refused) {
    host_set       set;
    mc__placement *placement = (mc__placement *)&set;

    host_set_of_weights(refused_rows[_i].weights, 2, &set);
    ck_assert_int_eq(mc__placement_new(set.addresses, set.weights, refused_rows[_i].count,
                                       (mc_distribution)refused_rows[_i].distribution, (mc_hash)refused_rows[_i].hash,
                                       &placement),
                     MC_BAD_ARGUMENT);
    ck_assert_ptr_null(placement);
    ck_assert_ptr_nonnull(strstr(mc_error_detail(), refused_rows[_i].detail));
    mc__placement_free(placement);
    host_set_clear(&set);
}
END_TEST

START_TEST(no_memory_is_told) {
    host_set       set;
    mc__placement *placement;
    mc_status      status;
    size_t         nth = 0;
    bool           failed;

    host_set_parse("a:1:1,b:2:2,c:3:1", &set);
    do {
        allocation_failure_at(++nth);
        status = mc__placement_new(set.addresses, set.weights, set.count, distributions[_i], MC_HASH_PYTHON, &placement);
        failed = allocation_failure_end();
        ck_assert_int_eq(status, failed ? MC_NO_MEMORY : MC_OK);
        ck_assert_int_eq(placement == NULL, failed);
        mc__placement_free(placement);
    } while (failed);
    ck_assert_uint_eq(nth, 3);
    host_set_clear(&set);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("placement");
    TCase *clients = test_case(suite, "other clients", 60);
    TCase *rules = test_case(suite, "rules", 10);

    tcase_add_test(clients, agrees_with_python_memcached);
    tcase_add_test(clients, goes_python_memcached_s_ways);
    tcase_add_test(clients, agrees_with_libmemcached);
    tcase_add_test(clients, agrees_with_libmemcached_s_ketama);
    test_rows(rules, a_weight_of_zero_leaves_a_host_out, distributions);
    test_rows(rules, many_keys_have_the_homes_of_each, distributions);
    test_rows(rules, no_weights_are_weights_of_one, distributions);
    test_rows(rules, a_distribution_has_its_hashes, hash_rows);
    test_rows(rules, one_host_holds_every_key, distributions);
    tcase_add_test(rules, a_ring_takes_a_number_modulo_two_to_the_32);
    tcase_add_test(rules, there_are_ten_tries);
    test_rows(rules, what_cannot_be_placed_is_refused, refused_rows);
    test_rows(rules, no_memory_is_told, distributions);
    return suite;
}
