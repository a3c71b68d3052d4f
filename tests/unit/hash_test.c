#include "cluster/hash.h"

#include "support/check_main.h"
#include "support/guard_page.h"
#include "support/tsv.h"

#include <stdlib.h>
#include <zlib.h>

static const struct {
    const char *text;
    uint32_t    crc32;
    uint32_t    md5[MC__MD5_WORDS];
} known_rows[] = {
    /* the check values of the CRC's catalogue and of RFC 1321, A.5 */
    {"", 0, {0xd98c1dd4, 0x04b2008f, 0x980980e9, 0x7e42f8ec}},
    {"123456789", 0xcbf43926, {0x94e7f925, 0x38453b32, 0x1f18f585, 0x0b4d621b}},
    {"abc", 0x352441c2, {0x98500190, 0xb04fd23c, 0x7d3f96d6, 0x727fe128}},
    {"message digest", 0x20159d7f, {0x7d696bf9, 0x8d93b77c, 0x312f5a52, 0xd061f1aa}},
    {"abcdefghijklmnopqrstuvwxyz", 0x4c2750bd, {0xd7d3fcc3, 0x00e49261, 0x6c49fb7d, 0x3be167ca}},
};

START_TEST(agrees_with_published_values) {
    uint32_t words[MC__MD5_WORDS];

    ck_assert_uint_eq(mc__hash_crc32(mc_str(known_rows[_i].text)), known_rows[_i].crc32);
    mc__hash_md5(mc_str(known_rows[_i].text), words);
    ck_assert_mem_eq(words, known_rows[_i].md5, sizeof words);
}
END_TEST

START_TEST(agrees_with_zlib_at_every_length) {
    char bytes[300];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * i + 7 * i);
    for (size_t len = 0; len <= sizeof bytes; len++) {
        guard_page page = guard_page_new(len);

        memcpy(page.data, bytes, len);
        ck_assert_uint_eq(mc__hash_crc32(mc_bytes(page.data, len)), crc32_z(0, (const unsigned char *)bytes, len));
        guard_page_free(&page);
    }
}
END_TEST

START_TEST(agrees_with_libmemcached) {
    tsv table = tsv_read("hash.tsv");

    ck_assert_uint_eq(table.count, 180);
    for (size_t i = 0; i < table.count; i++) {
        char   **row = table.rows[i].columns;
        mc_slice key = mc_str(row[1]);
        uint32_t value = (uint32_t)strtoul(row[2], NULL, 10);
        uint32_t got = 0;

        if (strcmp(row[0], "one_at_a_time") == 0) {
            got = mc__hash_one_at_a_time(key);
            ck_assert_uint_eq(mc__hash(MC_HASH_ONE_AT_A_TIME, key), got);
        } else if (strcmp(row[0], "md5") == 0) {
            got = mc__hash(MC_HASH_MD5, key);
        } else if (strcmp(row[0], "crc") == 0) {
            got = mc__hash(MC_HASH_PYTHON, key);
        }
        ck_assert_msg(got == value, "line %zu: %s of %s is %u, not %u", table.rows[i].line, row[0], row[1], value, got);
    }
    tsv_free(&table);
}
END_TEST

START_TEST(only_1_59_turns_zero_into_one) {
    static const char *const keys[] = {"ob", "k25"};

    for (size_t i = 0; i < ROWS(keys); i++) {
        ck_assert_uint_eq(mc__hash(MC_HASH_PYTHON, mc_str(keys[i])), 0);
        ck_assert_uint_eq(mc__hash(MC_HASH_PYTHON_1_59, mc_str(keys[i])), 1);
    }
    ck_assert_uint_eq(mc__hash(MC_HASH_PYTHON, mc_str("abc")), 0x3524);
    ck_assert_uint_eq(mc__hash(MC_HASH_PYTHON_1_59, mc_str("abc")), 0x3524);
    ck_assert_uint_eq(mc__hash(MC_HASH_PYTHON, mc_str("123456789")), 0x4bf4); /* 15 bits, not 16 */
    ck_assert_uint_eq(mc__hash(MC_HASH_CRC32, mc_str("123456789")), 0xcbf43926);
}
END_TEST

START_TEST(takes_every_byte_and_no_more) {
    guard_page page = guard_page_new(3);
    uint32_t   words[MC__MD5_WORDS];

    memcpy(page.data, "abc", 3);
    ck_assert_uint_eq(mc__hash_crc32(mc_bytes(page.data, 3)), 0x352441c2);
    mc__hash_md5(mc_bytes(page.data, 3), words);
    ck_assert_uint_eq(words[0], 0x98500190);
    ck_assert_uint_eq(mc__hash_one_at_a_time(mc_bytes(page.data, 3)), 0xed131f5b);
    ck_assert_uint_ne(mc__hash_crc32(mc_bytes("a\0b", 3)), mc__hash_crc32(mc_bytes("a\0c", 3)));
    ck_assert_uint_ne(mc__hash_one_at_a_time(mc_bytes("a\0b", 3)), mc__hash_one_at_a_time(mc_bytes("a", 1)));
    guard_page_free(&page);
}
END_TEST

START_TEST(nothing_has_a_hash_too) {
    mc_slice nothing = mc_bytes(NULL, 0);

    ck_assert_uint_eq(mc__hash(MC_HASH_PYTHON, nothing), 0);
    ck_assert_uint_eq(mc__hash(MC_HASH_MD5, nothing), 0xd98c1dd4);
    ck_assert_uint_eq(mc__hash(MC_HASH_ONE_AT_A_TIME, nothing), 0);
}
END_TEST

START_TEST(knows_its_own) {
    for (int hash = MC_HASH_PYTHON; hash <= MC_HASH_ONE_AT_A_TIME; hash++)
        ck_assert(mc__hash_known((mc_hash)hash));
    ck_assert(!mc__hash_known((mc_hash)(MC_HASH_ONE_AT_A_TIME + 1)));
    ck_assert(!mc__hash_known((mc_hash)-1));
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("hash");
    TCase *tcase = test_case(suite, "hash", 10);

    test_rows(tcase, agrees_with_published_values, known_rows);
    tcase_add_test(tcase, agrees_with_zlib_at_every_length);
    tcase_add_test(tcase, agrees_with_libmemcached);
    tcase_add_test(tcase, only_1_59_turns_zero_into_one);
    tcase_add_test(tcase, takes_every_byte_and_no_more);
    tcase_add_test(tcase, nothing_has_a_hash_too);
    tcase_add_test(tcase, knows_its_own);
    return suite;
}
