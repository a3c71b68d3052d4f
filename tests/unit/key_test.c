#include "protocol/key.h"

#include "support/check_main.h"
#include "support/guard_page.h"

#include <string.h>

static const mc_slice nothing = {NULL, 0};

static bool byte_allowed(int byte) {
    return byte >= 0x21 && byte != 0x7f;
}

/* Keys are read several bytes at a time: every length that makes a difference. */
START_TEST(each_byte_at_each_place) {
    for (size_t len = 1; len <= 50; len++) {
        for (size_t place = 0; place < len; place++) {
            char key[50];

            memset(key, 'k', sizeof key);
            key[place] = (char)_i;
            ck_assert_msg(mc__key_legal(nothing, mc_bytes(key, len)) == byte_allowed(_i), "byte %d at %zu of %zu", _i, place,
                          len);
            ck_assert(mc__key_bytes_legal(mc_bytes(key, len)) == byte_allowed(_i));
        }
    }
}
END_TEST

static const struct {
    size_t prefix_len;
    size_t key_len;
    bool   legal;
} length_rows[] = {
    {0, 0, false},   {0, 1, true},    {0, 249, true},   {0, 250, true},    {0, 251, false},
    {1, 0, false},   {1, 249, true},  {1, 250, false},  {249, 1, true},    {250, 0, false},
    {250, 1, false}, {251, 1, false}, {125, 125, true}, {125, 126, false}, {126, 125, false},
};

START_TEST(prefix_and_key_share_the_limit) {
    char     bytes[300] = {0};
    mc_slice prefix = mc_bytes(bytes, length_rows[_i].prefix_len);
    mc_slice key = mc_bytes(bytes, length_rows[_i].key_len);

    memset(bytes, 'k', sizeof bytes);
    ck_assert(mc__key_legal(prefix, key) == length_rows[_i].legal);
}
END_TEST

static const size_t huge_lengths[] = {251, (size_t)1 << 31, SIZE_MAX - 250, SIZE_MAX - 1, SIZE_MAX};

START_TEST(a_key_that_is_too_long_is_not_read) {
    guard_page page = guard_page_new(0);

    ck_assert(!mc__key_legal(nothing, mc_bytes(page.data, huge_lengths[_i])));
    ck_assert(!mc__key_legal(mc_str("p"), mc_bytes(page.data, huge_lengths[_i])));
    ck_assert(!mc__key_legal(mc_bytes(page.data, huge_lengths[_i]), mc_str("k")));
    guard_page_free(&page);
}
END_TEST

START_TEST(reads_no_byte_past_the_key) {
    guard_page page = guard_page_new(MC_KEY_MAX);

    memset(page.data, 'k', page.size);
    for (size_t len = 1; len <= MC_KEY_MAX; len++)
        ck_assert(mc__key_legal(nothing, mc_bytes(page.data + page.size - len, len)));
    guard_page_free(&page);
}
END_TEST

static const struct {
    const char *key;
    size_t      len;
    bool        legal;
} key_rows[] = {
    {"k\r\nset pwned 0 0 3\r\nyes", 23, false},
    {"two words", 9, false},
    {" first", 6, false},
    {"last ", 5, false},
    {"tab\tbed", 7, false},
    {"nul\0byte", 8, false},
    {"\xc3\xa4\xc3\xb6\xc3\xbc", 6, true},
    {"user:42/name?x=[y]", 18, true},
};

START_TEST(keys_of_people_and_of_attackers) {
    ck_assert(mc__key_legal(nothing, mc_bytes(key_rows[_i].key, key_rows[_i].len)) == key_rows[_i].legal);
}
END_TEST

START_TEST(a_prefix_may_be_empty) {
    ck_assert(mc__key_bytes_legal(nothing));
    ck_assert(mc__key_bytes_legal(mc_str("app:")));
    ck_assert(!mc__key_bytes_legal(mc_str("app ")));
}
END_TEST

/* As one by one, until the first that is not legal. */
START_TEST(many_keys) {
    char           longest[MC_KEY_MAX + 1];
    const mc_slice all[] = {mc_str("k"),
                            mc_str("user:42/name?x=[y]"),
                            mc_bytes(longest, MC_KEY_MAX - 1),
                            mc_bytes(longest, MC_KEY_MAX),
                            mc_str("two words"),
                            mc_bytes(longest, MC_KEY_MAX + 1),
                            mc_str(""),
                            mc_bytes(NULL, 1),
                            mc_bytes(NULL, 0),
                            mc_bytes(longest, SIZE_MAX)};
    const size_t   count = sizeof all / sizeof *all;
    const mc_slice prefixes[] = {nothing, mc_str("p"), mc_bytes(longest, MC_KEY_MAX)};

    memset(longest, 'k', sizeof longest);
    for (size_t prefix = 0; prefix < sizeof prefixes / sizeof *prefixes; prefix++) {
        for (size_t first = 0; first <= count; first++) {
            size_t end = first;
            while (end < count && all[end].data && mc__key_legal(prefixes[prefix], all[end]))
                end++;
            ck_assert_uint_eq(mc__keys_legal(prefixes[prefix], all + first, count - first), end - first);
        }
    }
    ck_assert_uint_eq(mc__keys_legal(nothing, all, count), 4);
    ck_assert_uint_eq(mc__keys_legal(mc_str("p"), all, count), 3);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("key");
    TCase *tcase = test_case(suite, "key", 10);

    tcase_add_loop_test(tcase, each_byte_at_each_place, 0, 256);
    test_rows(tcase, prefix_and_key_share_the_limit, length_rows);
    test_rows(tcase, a_key_that_is_too_long_is_not_read, huge_lengths);
    tcase_add_test(tcase, reads_no_byte_past_the_key);
    test_rows(tcase, keys_of_people_and_of_attackers, key_rows);
    tcase_add_test(tcase, a_prefix_may_be_empty);
    tcase_add_test(tcase, many_keys);
    return suite;
}
