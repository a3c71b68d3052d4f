/* mc_options_like: what each other client's way is, and that nothing else is touched. */
#include "mcclient/mcclient.h"

#include "support/check_main.h"

static const struct {
    mc_like         like;
    mc_distribution distribution;
    mc_hash         hash;
    mc_failover     failover;
    int             dead_retry_ms;
    mc_value_format value_format;
} rows[] = {
    {MC_LIKE_PYTHON_MEMCACHED, MC_DISTRIBUTION_HOST_LIST, MC_HASH_PYTHON, MC_FAILOVER_REHASH, 30000, MC_FORMAT_PYTHON},
    {MC_LIKE_PYTHON_MEMCACHED_1_59, MC_DISTRIBUTION_HOST_LIST, MC_HASH_PYTHON_1_59, MC_FAILOVER_REHASH, 30000,
     MC_FORMAT_PYTHON},
    {MC_LIKE_PYLIBMC_KETAMA, MC_DISTRIBUTION_KETAMA, MC_HASH_ONE_AT_A_TIME, MC_FAILOVER_NONE, 2000, MC_FORMAT_PYTHON},
    {MC_LIKE_PHP_MEMCACHED_KETAMA, MC_DISTRIBUTION_KETAMA_WEIGHTED, MC_HASH_MD5, MC_FAILOVER_NONE, 2000, MC_FORMAT_RAW},
    {MC_LIKE_LIBMEMCACHED, MC_DISTRIBUTION_MODULO, MC_HASH_ONE_AT_A_TIME, MC_FAILOVER_NONE, 2000, MC_FORMAT_RAW},
};

/* Options in which every field has a value that is neither a default nor a preset's. */
static mc_options unusual(void) {
    mc_options options = MC_OPTIONS_INIT;

    options.timeout_ms = 111;
    options.connect_timeout_ms = 55;
    options.dead_retry_ms = 77;
    options.max_connections = 3;
    options.max_value_size = 999;
    options.key_prefix = "prefix:";
    options.flush_on_reconnect = true;
    options.compress_above = 500;
    options.log = mc_log_stderr;
    options.log_arg = &options.log_arg;
    return options;
}

START_TEST(sets_what_decides_where_and_how) {
    mc_options options = unusual();

    ck_assert_int_eq(mc_options_like(&options, rows[_i].like), MC_OK);
    ck_assert_int_eq(options.distribution, rows[_i].distribution);
    ck_assert_int_eq(options.hash, rows[_i].hash);
    ck_assert_int_eq(options.failover, rows[_i].failover);
    ck_assert_int_eq(options.dead_retry_ms, rows[_i].dead_retry_ms);
    ck_assert_int_eq(options.value_format, rows[_i].value_format);
}
END_TEST

START_TEST(leaves_the_rest) {
    mc_options before = unusual(), options = before;

    ck_assert_int_eq(mc_options_like(&options, rows[_i].like), MC_OK);
    ck_assert_uint_eq(options.size, before.size);
    ck_assert_int_eq(options.timeout_ms, 111);
    ck_assert_int_eq(options.connect_timeout_ms, 55);
    ck_assert_uint_eq(options.max_connections, 3);
    ck_assert_uint_eq(options.max_value_size, 999);
    ck_assert_str_eq(options.key_prefix, "prefix:");
    ck_assert(options.flush_on_reconnect);
    ck_assert_uint_eq(options.compress_above, 500);
    ck_assert(options.log == mc_log_stderr);
    ck_assert_ptr_eq(options.log_arg, before.log_arg);
}
END_TEST

START_TEST(gives_options_that_a_client_takes) {
    const char *hosts[] = {"127.0.0.1:1", "127.0.0.1:2", NULL};
    unsigned    weights[] = {1, 2};
    mc_options  options = MC_OPTIONS_INIT;
    mc_client  *client;

    ck_assert_int_eq(mc_options_like(&options, rows[_i].like), MC_OK);
    client = mc_client_new_with_options(hosts, weights, &options);
    ck_assert_msg(client != NULL, "%s", mc_error_detail());
    mc_client_free(client);
}
END_TEST

START_TEST(refuses_what_it_does_not_know) {
    mc_options options = unusual(), zeroed = {0};

    ck_assert_int_eq(mc_options_like(NULL, MC_LIKE_LIBMEMCACHED), MC_BAD_ARGUMENT);
    ck_assert_int_eq(mc_options_like(&zeroed, MC_LIKE_LIBMEMCACHED), MC_BAD_ARGUMENT);
    ck_assert_int_eq(zeroed.distribution, 0);
    ck_assert_int_eq(mc_options_like(&options, (mc_like)5), MC_BAD_ARGUMENT);
    ck_assert_int_eq(mc_options_like(&options, (mc_like)-1), MC_BAD_ARGUMENT);
    ck_assert_int_eq(options.dead_retry_ms, 77);
    ck_assert_int_eq(options.value_format, MC_FORMAT_RAW);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("like");
    TCase *tcase = test_case(suite, "like", 10);

    test_rows(tcase, sets_what_decides_where_and_how, rows);
    test_rows(tcase, leaves_the_rest, rows);
    test_rows(tcase, gives_options_that_a_client_takes, rows);
    tcase_add_test(tcase, refuses_what_it_does_not_know);
    return suite;
}
