#include "client/commands.h"

#include "support/check_main.h"

#include <inttypes.h>

#define NOW 1700000000
#define LAST 2147483647

static const struct {
    int64_t ttl_s, now_s, wire;
} rows[] = {
    {0, NOW, 0},
    {1, NOW, 1},
    {60, NOW, 60},
    {2591999, NOW, 2591999},
    {2592000, NOW, 2592000},
    {2592001, NOW, NOW + 2592001},
    {5184000, NOW, NOW + 5184000},
    {LAST - NOW - 1, NOW, LAST - 1},
    {LAST - NOW, NOW, LAST},
    {LAST - NOW + 1, NOW, LAST},
    {LAST, NOW, LAST},
    {(int64_t)LAST + 1, NOW, LAST},
    {INT64_MAX - 1, NOW, LAST},
    {INT64_MAX, NOW, LAST},
    {-1, NOW, -1},
    {-2, NOW, -1},
    {-2592001, NOW, -1},
    {-NOW, NOW, -1},
    {INT64_MIN + 1, NOW, -1},
    {INT64_MIN, NOW, -1},
    /* clocks that are far off */
    {2592001, 0, 2592001},
    {2592000, LAST, 2592000},
    {2592001, LAST, LAST},
    {2592001, LAST - 2592001, LAST},
    {2592001, (int64_t)LAST + 1, LAST},
    {2592001, INT64_MAX, LAST},
    {INT64_MAX, INT64_MAX, LAST},
    {INT64_MAX, 0, LAST},
};

START_TEST(a_time_to_live_on_the_wire) {
    int64_t wire = mc__exptime(rows[_i].ttl_s, rows[_i].now_s);

    ck_assert_msg(wire == rows[_i].wire, "%" PRId64 " seconds at %" PRId64 ": %" PRId64 " instead of %" PRId64,
                  rows[_i].ttl_s, rows[_i].now_s, wire, rows[_i].wire);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("exptime");

    test_rows(test_case(suite, "exptime", 10), a_time_to_live_on_the_wire, rows);
    return suite;
}
