#include "client/options.h"

#include "support/check_main.h"

#include <limits.h>
#include <stdbool.h>

#define DAY_MS 86400000

static mc_options options, read;

static void init(void) {
    mc_options_init(&options);
    memset(&read, 0x5a, sizeof read);
}

/* Whether the options are taken; if not, the words name the field. */
static void check_read(bool taken, const char *field) {
    mc_status status = mc__options_read(&options, &read);

    ck_assert_msg(status == (taken ? MC_OK : MC_BAD_ARGUMENT), "%s: %s", field, mc_status_name(status));
    if (!taken)
        ck_assert_msg(strstr(mc_error_detail(), field) != NULL, "\"%s\" does not name %s", mc_error_detail(), field);
}

START_TEST(the_defaults_are_those_that_are_documented) {
    const mc_options initial = MC_OPTIONS_INIT;

    ck_assert_int_eq(mc__options_read(NULL, &read), MC_OK);
    ck_assert_uint_eq(read.size, sizeof(mc_options));
    ck_assert_int_eq(read.timeout_ms, 3000);
    ck_assert_int_eq(read.connect_timeout_ms, 1000);
    ck_assert_int_eq(read.dead_retry_ms, 30000);
    ck_assert_int_eq(read.failover, MC_FAILOVER_REHASH);
    ck_assert_int_eq(read.distribution, MC_DISTRIBUTION_HOST_LIST);
    ck_assert_int_eq(read.hash, MC_HASH_PYTHON);
    ck_assert_uint_eq(read.max_connections, 16);
    ck_assert_uint_eq(read.max_value_size, 1048576);
    ck_assert_ptr_null(read.key_prefix);
    ck_assert(!read.flush_on_reconnect);
    ck_assert_int_eq(read.value_format, MC_FORMAT_RAW);
    ck_assert_uint_eq(read.compress_above, 0);
    ck_assert(read.log == NULL);
    ck_assert_ptr_null(read.log_arg);
    ck_assert_int_eq(read.spin_us, 0);
    ck_assert_uint_eq(initial.size, options.size);
    ck_assert_int_eq(initial.timeout_ms, options.timeout_ms);
    check_read(true, "MC_OPTIONS_INIT");
}
END_TEST

static const struct {
    const char *field;
    long long   least, most;
} rows[] = {
    {"timeout_ms", 1, DAY_MS},     {"connect_timeout_ms", 1, DAY_MS},
    {"dead_retry_ms", 0, DAY_MS},  {"failover", 0, 1},
    {"distribution", 0, 3},        {"hash", 0, 4},
    {"max_connections", 1, 65535}, {"max_value_size", 1, 2147483647},
    {"value_format", 0, 1},        {"spin_us", 0, 1000000},
};

static void set_field(size_t row, long long value) {
    switch (row) {
    case 0:
        options.timeout_ms = (int)value;
        break;
    case 1:
        options.connect_timeout_ms = (int)value;
        break;
    case 2:
        options.dead_retry_ms = (int)value;
        break;
    case 3:
        options.failover = (mc_failover)value;
        break;
    case 4:
        options.distribution = (mc_distribution)value;
        break;
    case 5:
        options.hash = (mc_hash)value;
        break;
    case 6:
        options.max_connections = (unsigned)value;
        break;
    case 7:
        options.max_value_size = (size_t)value;
        break;
    case 9:
        options.spin_us = (int)value;
        break;
    default:
        options.value_format = (mc_value_format)value;
        break;
    }
}

START_TEST(each_field_has_its_range) {
    const long long far[] = {INT_MIN, INT_MAX};
    size_t          row = (size_t)_i;

    set_field(row, rows[row].least);
    check_read(true, rows[row].field);
    set_field(row, rows[row].most);
    check_read(true, rows[row].field);
    set_field(row, rows[row].least - 1);
    check_read(false, rows[row].field);
    set_field(row, rows[row].most + 1);
    check_read(false, rows[row].field);
    for (size_t i = 0; i < ROWS(far); i++) {
        set_field(row, far[i]);
        check_read(far[i] >= rows[row].least && far[i] <= rows[row].most, rows[row].field);
    }
}
END_TEST

START_TEST(sizes_that_no_release_had_are_refused) {
    const size_t sizes[] = {0, 1, sizeof(mc_options) - 1, 65537, SIZE_MAX};

    for (size_t i = 0; i < ROWS(sizes); i++) {
        options.size = sizes[i];
        check_read(false, "options.size");
    }
}
END_TEST

START_TEST(a_struct_of_a_later_release_is_taken) {
    struct {
        mc_options known;
        char       later[64];
    } grown;

    memset(&grown, 0, sizeof grown);
    mc_options_init(&grown.known);
    grown.known.size = sizeof grown;
    grown.known.timeout_ms = 77;
    ck_assert_int_eq(mc__options_read(&grown.known, &read), MC_OK);
    ck_assert_uint_eq(read.size, sizeof(mc_options));
    ck_assert_int_eq(read.timeout_ms, 77);
}
END_TEST

START_TEST(a_prefix_leaves_room_for_a_key) {
    char prefix[MC_KEY_MAX + 1] = "";

    options.key_prefix = prefix;
    check_read(true, "key_prefix");
    memset(prefix, 'p', MC_KEY_MAX - 1);
    check_read(true, "key_prefix");
    memset(prefix, 'p', MC_KEY_MAX);
    check_read(false, "key_prefix");
    ck_assert_int_eq(mc__prefix_check("ab", MC_KEY_MAX - 3), MC_OK);
    ck_assert_int_eq(mc__prefix_check("abc", MC_KEY_MAX - 3), MC_BAD_ARGUMENT);
    ck_assert_int_eq(mc__prefix_check(NULL, MC_KEY_MAX - 1), MC_OK);
}
END_TEST

static const char *const bad_prefixes[] = {" ", "a b", "a ", "\t", "a\r", "\na", "\x7f", "a\x01z"};

START_TEST(a_prefix_with_a_byte_of_no_key_is_refused) {
    options.key_prefix = bad_prefixes[_i];
    check_read(false, "key_prefix");
}
END_TEST

static const struct {
    int  timeout_ms;
    bool taken;
} view_timeouts[] = {{INT_MIN, false}, {-1, false}, {0, true}, {1, true}, {DAY_MS, true}, {DAY_MS + 1, false}};

START_TEST(a_view_has_its_range) {
    mc_view view = MC_VIEW_INIT, taken;

    view.timeout_ms = view_timeouts[_i].timeout_ms;
    ck_assert_int_eq(mc__view_read(&view, &taken), view_timeouts[_i].taken ? MC_OK : MC_BAD_ARGUMENT);
    if (!view_timeouts[_i].taken)
        ck_assert_ptr_nonnull(strstr(mc_error_detail(), "view.timeout_ms"));
}
END_TEST

START_TEST(a_view_that_was_not_started_is_refused) {
    mc_view view = MC_VIEW_INIT, taken;

    view.size = 0;
    ck_assert_int_eq(mc__view_read(&view, &taken), MC_BAD_ARGUMENT);
    view.size = SIZE_MAX;
    ck_assert_int_eq(mc__view_read(&view, &taken), MC_BAD_ARGUMENT);
    ck_assert_int_eq(mc__view_read(NULL, &taken), MC_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(mc_error_detail(), "MC_VIEW_INIT"));
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("options");
    TCase *tcase = test_case(suite, "options", 10);

    tcase_add_checked_fixture(tcase, init, NULL);
    tcase_add_test(tcase, the_defaults_are_those_that_are_documented);
    test_rows(tcase, each_field_has_its_range, rows);
    tcase_add_test(tcase, sizes_that_no_release_had_are_refused);
    tcase_add_test(tcase, a_struct_of_a_later_release_is_taken);
    tcase_add_test(tcase, a_prefix_leaves_room_for_a_key);
    test_rows(tcase, a_prefix_with_a_byte_of_no_key_is_refused, bad_prefixes);
    test_rows(tcase, a_view_has_its_range, view_timeouts);
    tcase_add_test(tcase, a_view_that_was_not_started_is_refused);
    return suite;
}
