#include "load/data.h"

#include "support/check_main.h"

static const size_t sizes[] = {0, 1, 7, 8, 9, 100, 5000};

#define SIZES (sizeof sizes / sizeof *sizes)
#define VALUE_MAX 5000

static load_data data;
static char      value[VALUE_MAX];

START_TEST(values_are_those_of_their_key) {
    ck_assert(load_data_make(&data, sizes[_i]));
    for (uint32_t key = 0; key < 300; key += 7)
        for (uint32_t version = 0; version < 100000; version += 9973) {
            load_data_value(&data, key, version, value);
            ck_assert(load_data_is_value(&data, key, mc_bytes(value, sizes[_i])));
            if (sizes[_i] >= 8)
                ck_assert(!load_data_is_value(&data, key + 1, mc_bytes(value, sizes[_i])));
        }
    load_data_clear(&data);
}
END_TEST

START_TEST(one_wrong_byte_is_seen) {
    ck_assert(load_data_make(&data, sizes[_i]));
    load_data_value(&data, 5, 99, value);
    for (size_t i = 0; i < sizes[_i]; i++) {
        value[i] = (char)(value[i] ^ 1);
        ck_assert(!load_data_is_value(&data, 5, mc_bytes(value, sizes[_i])));
        value[i] = (char)(value[i] ^ 1);
    }
    ck_assert(load_data_is_value(&data, 5, mc_bytes(value, sizes[_i])));
    ck_assert(!load_data_is_value(&data, 5, mc_bytes(value, sizes[_i] + 1)));
    if (sizes[_i] > 0)
        ck_assert(!load_data_is_value(&data, 5, mc_bytes(value, sizes[_i] - 1)));
    load_data_clear(&data);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("load_data");
    TCase *tcase = test_case(suite, "load_data", 30);

    tcase_add_loop_test(tcase, values_are_those_of_their_key, 0, (int)SIZES);
    tcase_add_loop_test(tcase, one_wrong_byte_is_seen, 0, (int)SIZES);
    return suite;
}
