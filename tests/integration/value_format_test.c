/* Values as MC_FORMAT_PYTHON stores and reads them, one by one. */
#include "support/check_main.h"
#include "support/format_bench.h"

#include <stdio.h>
#include <stdlib.h>

/* ---------------------------------------------------------------------------------------------------------- on the way out
 */

static mc_status copy_out(const mc_value *current, mc_value *next, void *arg) {
    const mc_slice *plain = arg;

    (void)current;
    next->flags = MC_FLAG_TEXT;
    return mc_value_set(next, *plain);
}

static mc_status by_set(mc_client *client, mc_slice plain) {
    return mc_set(client, KEY, plain, MC_FLAG_TEXT, 0);
}

static mc_status by_add(mc_client *client, mc_slice plain) {
    mc_delete(client, KEY);
    return mc_add(client, KEY, plain, MC_FLAG_TEXT, 0);
}

static mc_status by_replace(mc_client *client, mc_slice plain) {
    mc_set(client, KEY, mc_str("old"), 0, 0);
    return mc_replace(client, KEY, plain, MC_FLAG_TEXT, 0);
}

static mc_status by_cas(mc_client *client, mc_slice plain) {
    mc_value  value = MC_VALUE_INIT;
    mc_status status;

    mc_set(client, KEY, mc_str("old"), 0, 0);
    expect_status(mc_gets(client, KEY, &value), MC_OK);
    status = mc_cas(client, KEY, plain, MC_FLAG_TEXT, 0, value.cas);
    mc_value_clear(&value);
    return status;
}

static mc_status by_set_text(mc_client *client, mc_slice plain) {
    return mc_set_text(client, KEY, plain, 0);
}

static mc_status by_set_multi(mc_client *client, mc_slice plain) {
    mc_entry entry = mc_entry_text(KEY, plain, 0);

    return mc_set_multi(client, &entry, 1);
}

static mc_status by_update_of_none(mc_client *client, mc_slice plain) {
    mc_delete(client, KEY);
    return mc_update(client, KEY, copy_out, &plain, 0);
}

static mc_status by_update(mc_client *client, mc_slice plain) {
    mc_set(client, KEY, mc_str("old"), 0, 0);
    return mc_update(client, KEY, copy_out, &plain, 0);
}

static mc_status (*const ways_out[])(mc_client *client, mc_slice plain) = {
    by_set, by_add, by_replace, by_cas, by_set_text, by_set_multi, by_update_of_none, by_update,
};

START_TEST(every_command_that_stores_a_value_deflates_it) {
    static const size_t lens[] = {0, 1, ABOVE - 1, ABOVE, ABOVE + 1, 10000, LIMIT};
    format_bench        self = format_bench_begin(_i, 1);

    for (size_t way = 0; way < ROWS(ways_out); way++) {
        for (size_t i = 0; i < ROWS(lens); i++) {
            mc_slice text = make_text(lens[i], (unsigned)way), noise = make_noise(lens[i], (unsigned)way);
            expect_status(ways_out[way](self.python, text), MC_OK);
            expect_stored(&self, KEY, text, MC_FLAG_TEXT, lens[i] > ABOVE);
            expect_status(ways_out[way](self.python, noise), MC_OK);
            expect_stored(&self, KEY, noise, MC_FLAG_TEXT, false);
            drop_bytes(text);
            drop_bytes(noise);
        }
    }
    format_bench_end(&self);
}
END_TEST

START_TEST(any_flags_but_those_of_integers) {
    static const struct {
        uint32_t flags;
        bool     deflates;
    } rows[] = {{0, true},        {MC_FLAG_PICKLE, true},   {MC_FLAG_TEXT, true},
                {1u << 31, true}, {MC_FLAG_INTEGER, false}, {MC_FLAG_LONG, false}};
    format_bench self = format_bench_begin(_i, 1);
    mc_slice     digits = make_text(5000, 0);

    memset((void *)(uintptr_t)digits.data, '7', digits.len);
    for (size_t i = 0; i < ROWS(rows); i++) {
        mc_entry entry = {.key = KEY, .value = digits, .flags = rows[i].flags};
        expect_status(mc_set(self.python, KEY, digits, rows[i].flags, 0), MC_OK);
        expect_stored(&self, KEY, digits, rows[i].flags, rows[i].deflates);
        expect_status(mc_set_multi(self.python, &entry, 1), MC_OK);
        expect_stored(&self, KEY, digits, rows[i].flags, rows[i].deflates);
    }
    drop_bytes(digits);
    format_bench_end(&self);
}
END_TEST

START_TEST(what_is_deflated_already_is_sent_as_it_is) {
    format_bench self = format_bench_begin(_i, 1);
    mc_slice     text = make_text(5000, 1), stored = zlib_of(text);
    mc_entry     entry = {.key = KEY, .value = stored, .flags = MC_FLAG_TEXT | MC_FLAG_ZLIB};

    expect_status(mc_set(self.python, KEY, stored, MC_FLAG_TEXT | MC_FLAG_ZLIB, 0), MC_OK);
    expect_stored(&self, KEY, text, MC_FLAG_TEXT, true);
    expect_status(mc_set_multi(self.python, &entry, 1), MC_OK);
    expect_stored(&self, KEY, text, MC_FLAG_TEXT, true);
    drop_bytes(text);
    drop_bytes(stored);
    format_bench_end(&self);
}
END_TEST

START_TEST(appending_and_prepending_never_deflate) {
    format_bench self = format_bench_begin(_i, 1);
    mc_slice     text = make_text(500, 2);
    char         whole[1010];

    expect_status(mc_set(self.python, KEY, mc_str("0123456789"), 0, 0), MC_OK);
    expect_status(mc_append(self.python, KEY, text), MC_OK);
    expect_status(mc_prepend(self.python, KEY, text), MC_OK);
    memcpy(whole, text.data, 500);
    memcpy(whole + 500, "0123456789", 10);
    memcpy(whole + 510, text.data, 500);
    expect_stored(&self, KEY, mc_bytes(whole, sizeof whole), 0, false);
    drop_bytes(text);
    format_bench_end(&self);
}
END_TEST

START_TEST(a_raw_client_transforms_nothing) {
    format_bench self = format_bench_begin(_i, 1);
    mc_slice     text = make_text(5000, 3), stored = zlib_of(text);

    for (size_t way = 0; way < ROWS(ways_out); way++) {
        expect_status(ways_out[way](self.raw, text), MC_OK);
        expect_status(mc_get(self.raw, KEY, &self.value), MC_OK);
        expect_value(&self.value, text, MC_FLAG_TEXT);
    }
    expect_status(mc_set(self.raw, KEY, stored, MC_FLAG_ZLIB, 0), MC_OK);
    expect_status(mc_get(self.raw, KEY, &self.value), MC_OK);
    expect_value(&self.value, stored, MC_FLAG_ZLIB);
    ck_assert_int_eq(mc_value_kind(&self.value), MC_KIND_UNKNOWN);
    drop_bytes(text);
    drop_bytes(stored);
    format_bench_end(&self);
}
END_TEST

/* The limit is on what the application sees, also where the deflated value would be far below it. */
START_TEST(a_value_over_the_limit_is_not_sent) {
    format_bench self = format_bench_begin(_i, 1);
    mc_slice     text = make_text(LIMIT + 1, 4);
    mc_entry     entries[] = {{.key = KEY, .value = text}, {.key = mc_str("other"), .value = mc_str("fits")}};

    expect_status(mc_set(self.python, KEY, text, 0, 0), MC_TOO_LARGE);
    expect_status(mc_set_multi(self.python, entries, 2), MC_PARTIAL);
    expect_status(entries[0].status, MC_TOO_LARGE);
    expect_status(entries[1].status, MC_OK);
    expect_status(mc_get(self.raw, KEY, &self.value), MC_NOT_FOUND);
    drop_bytes(text);
    format_bench_end(&self);
}
END_TEST

START_TEST(no_reply_is_awaited_for_a_deflated_value) {
    format_bench self = format_bench_begin(_i, 1);
    mc_view      settings = MC_VIEW_INIT;
    mc_slice     text = make_text(5000, 5), other = make_text(5000, 6);
    mc_entry     entry = mc_entry_text(mc_str("other"), other, 0);
    mc_client   *view;

    settings.noreply = true;
    view = mc_client_view(self.python, &settings);
    ck_assert_ptr_nonnull(view);
    expect_status(mc_set_text(view, KEY, text, 0), MC_OK);
    expect_status(mc_set_multi(view, &entry, 1), MC_OK);
    /* What is asked behind them on their connection is answered after them. */
    expect_status(mc_get(view, KEY, &self.value), MC_OK);
    expect_stored(&self, KEY, text, MC_FLAG_TEXT, true);
    expect_stored(&self, mc_str("other"), other, MC_FLAG_TEXT, true);
    mc_client_free(view);
    drop_bytes(text);
    drop_bytes(other);
    format_bench_end(&self);
}
END_TEST

/* ----------------------------------------------------------------------------------------------------------- on the way in
 */

START_TEST(every_command_that_reads_inflates) {
    format_bench self = format_bench_begin(_i, 1);
    mc_slice     text = make_text(30000, 7), keys[] = {KEY};
    mc_results   results = MC_RESULTS_INIT;

    expect_status(mc_set_text(self.python, KEY, text, 0), MC_OK);
    expect_status(mc_get(self.python, KEY, &self.value), MC_OK);
    expect_value(&self.value, text, MC_FLAG_TEXT);
    expect_status(mc_gat(self.python, KEY, 100, &self.value), MC_OK);
    expect_value(&self.value, text, MC_FLAG_TEXT);
    expect_status(mc_gets(self.python, KEY, &self.value), MC_OK);
    expect_value(&self.value, text, MC_FLAG_TEXT);
    ck_assert_uint_ne(self.value.cas, 0);
    expect_status(mc_gats(self.python, KEY, 100, &self.value), MC_OK);
    expect_value(&self.value, text, MC_FLAG_TEXT);
    expect_status(mc_gets_multi(self.python, keys, 1, &results), MC_OK);
    ck_assert_uint_eq(results.items[0].cas, self.value.cas);
    ck_assert_uint_eq(results.items[0].flags, MC_FLAG_TEXT);
    ck_assert_int_eq(mc_result_kind(&results.items[0]), MC_KIND_TEXT);
    ck_assert_uint_eq(results.items[0].value.len, text.len);
    ck_assert_mem_eq(results.items[0].value.data, text.data, text.len);
    ck_assert_int_eq(results.items[0].value.data[text.len], '\0');
    expect_status(mc_cas(self.python, KEY, mc_str("next"), 0, 0, self.value.cas), MC_OK);
    mc_results_clear(&results);
    drop_bytes(text);
    format_bench_end(&self);
}
END_TEST

/* What must not be taken for a value, made of a good stream. Returns its length. */
typedef size_t harm_fn(char *stream, size_t len);

static size_t cut_short(char *stream, size_t len) {
    (void)stream;
    return len - 1;
}

static size_t cut_to_nothing(char *stream, size_t len) {
    (void)stream, (void)len;
    return 0;
}

static size_t flip_checksum(char *stream, size_t len) {
    stream[len - 1] = (char)(stream[len - 1] ^ 1);
    return len;
}

static size_t flip_header(char *stream, size_t len) {
    stream[0] = (char)(stream[0] ^ 1);
    return len;
}

static size_t append_byte(char *stream, size_t len) {
    stream[len] = 'x';
    return len + 1;
}

static size_t bomb(char *stream, size_t len) {
    mc_slice plain = make_text(LIMIT + 1, 8), larger = zlib_of(plain);

    ck_assert_uint_le(larger.len, len + 4096);
    memcpy(stream, larger.data, larger.len);
    len = larger.len;
    drop_bytes(plain);
    drop_bytes(larger);
    return len;
}

static const struct {
    harm_fn    *harm;
    const char *words;
} harms[] = {
    {cut_short, "its zlib stream ends early"},     {cut_to_nothing, "its zlib stream ends early"},
    {flip_checksum, "its zlib stream is damaged"}, {flip_header, "its zlib stream is damaged"},
    {append_byte, "bytes follow its zlib stream"}, {bomb, "it inflates to more than max_value_size"},
};

static void store_harmed(const format_bench *self, mc_slice key, harm_fn *harm) {
    mc_slice text = make_text(3000, 9), stored = zlib_of(text);
    char    *copy = malloc(stored.len + 4096);

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, stored.data, stored.len);
    expect_status(mc_set(self->raw, key, mc_bytes(copy, harm(copy, stored.len)), MC_FLAG_TEXT | MC_FLAG_ZLIB, 0), MC_OK);
    free(copy);
    drop_bytes(text);
    drop_bytes(stored);
}

static void expect_words(const format_bench *self, const char *words) {
    char detail[512];

    snprintf(detail, sizeof detail, "%s", mc_error_detail());
    ck_assert_msg(strstr(detail, words) && strstr(detail, self->servers->hosts[0]) && strstr(detail, "\"key\""),
                  "\"%s\" does not name the host, the key and \"%s\"", detail, words);
}

START_TEST(a_value_that_does_not_inflate_is_told_for_its_key) {
    format_bench self = format_bench_begin(_i, 1);

    for (size_t i = 0; i < ROWS(harms); i++) {
        store_harmed(&self, KEY, harms[i].harm);
        expect_status(mc_get(self.python, KEY, &self.value), MC_BAD_VALUE);
        expect_words(&self, harms[i].words);
        ck_assert_uint_eq(self.value.len, 0);
        ck_assert_uint_eq(self.value.flags, 0);
        expect_status(mc_gets(self.python, KEY, &self.value), MC_BAD_VALUE);
        ck_assert_uint_eq(self.value.cas, 0);
        expect_status(mc_gat(self.python, KEY, 100, &self.value), MC_BAD_VALUE);
        /* it is there for those who want its bytes, and may be written over */
        expect_status(mc_get(self.raw, KEY, &self.value), MC_OK);
        expect_status(mc_set(self.python, KEY, mc_str("new"), 0, 0), MC_OK);
        expect_status(mc_get(self.python, KEY, &self.value), MC_OK);
        expect_value(&self.value, mc_str("new"), 0);
    }
    format_bench_end(&self);
}
END_TEST

START_TEST(one_bad_value_costs_no_other_key_its_answer) {
    format_bench self = format_bench_begin(_i, 2);
    mc_slice     key = KEY, text = make_text(3000, 10), noise = make_noise(60000, 10), keys[40];
    char         names[40][16];
    mc_results   results = MC_RESULTS_INIT;

    for (size_t i = 0; i < 40; i++) {
        snprintf(names[i], sizeof names[i], "k%zu", i);
        keys[i] = mc_str(names[i]);
        if (i % 3 == 0)
            store_harmed(&self, keys[i], harms[i % ROWS(harms)].harm);
        else if (i % 3 == 1)
            expect_status(mc_set_text(self.python, keys[i], text, 0), MC_OK);
    }
    expect_status(mc_set(self.raw, KEY, noise, 0, 0), MC_OK);
    expect_status(mc_get_multi(self.python, &key, 1, &results), MC_OK); /* leaves its bytes in the results */
    for (int round = 0; round < 2; round++) {
        expect_status(mc_get_multi(self.python, keys, 40, &results), MC_PARTIAL);
        for (size_t i = 0; i < 40; i++) {
            static const mc_status wanted[] = {MC_BAD_VALUE, MC_OK, MC_NOT_FOUND};
            expect_status(results.items[i].status, wanted[i % 3]);
            ck_assert_uint_eq(results.items[i].value.len, i % 3 == 1 ? text.len : 0);
            ck_assert_uint_eq(results.items[i].flags, i % 3 == 1 ? MC_FLAG_TEXT : 0);
            if (i % 3 == 1)
                ck_assert_mem_eq(results.items[i].value.data, text.data, text.len + 1); /* with the NUL behind */
        }
    }
    mc_results_clear(&results);
    drop_bytes(text);
    drop_bytes(noise);
    format_bench_end(&self);
}
END_TEST

START_TEST(the_limit_holds_to_the_byte) {
    format_bench self = format_bench_begin(_i, 1);

    for (size_t len = LIMIT - 1; len <= LIMIT + 1; len++) {
        mc_slice text = make_text(len, 11), stored = zlib_of(text);
        expect_status(mc_set(self.raw, KEY, stored, MC_FLAG_ZLIB, 0), MC_OK);
        expect_status(mc_get(self.python, KEY, &self.value), len <= LIMIT ? MC_OK : MC_BAD_VALUE);
        if (len <= LIMIT)
            expect_value(&self.value, text, 0);
        drop_bytes(text);
        drop_bytes(stored);
    }
    format_bench_end(&self);
}
END_TEST

/* --------------------------------------------------------------------------------------------------------------- numbers */

START_TEST(numbers_are_stored_as_text_and_read_back) {
    static const int64_t numbers[] = {0, 7, -7, INT64_MAX, INT64_MIN};
    format_bench         self = format_bench_begin(_i, 1);

    for (size_t i = 0; i < ROWS(numbers); i++) {
        char    text[32];
        int64_t number = 12345;
        snprintf(text, sizeof text, "%lld", (long long)numbers[i]);
        expect_status(mc_set_int(i % 2 ? self.raw : self.python, KEY, numbers[i], 0), MC_OK);
        expect_stored(&self, KEY, mc_str(text), MC_FLAG_INTEGER, false);
        ck_assert_int_eq(mc_value_kind(&self.value), MC_KIND_INTEGER);
        expect_status(mc_value_int(&self.value, &number), MC_OK);
        ck_assert_int_eq(number, numbers[i]);
    }
    format_bench_end(&self);
}
END_TEST

START_TEST(a_number_that_has_become_shorter) {
    format_bench self = format_bench_begin(_i, 1);
    uint64_t     sum = 0;
    int64_t      number = 0;
    mc_slice     keys[] = {KEY};
    mc_results   results = MC_RESULTS_INIT;

    expect_status(mc_set_int(self.python, KEY, 1000, 0), MC_OK);
    expect_status(mc_decr(self.python, KEY, 991, &sum), MC_OK);
    ck_assert_uint_eq(sum, 9);
    expect_status(mc_get(self.python, KEY, &self.value), MC_OK);
    expect_value(&self.value, mc_str("9   "), MC_FLAG_INTEGER);
    expect_status(mc_value_int(&self.value, &number), MC_OK);
    ck_assert_int_eq(number, 9);
    expect_status(mc_get_multi(self.python, keys, 1, &results), MC_OK);
    expect_status(mc_result_int(&results.items[0], &number), MC_OK);
    ck_assert_int_eq(number, 9);
    mc_results_clear(&results);
    format_bench_end(&self);
}
END_TEST

static void on_each_kind(TCase *tcase, const TTest *test) {
    tcase_add_loop_test(tcase, test, 0, SERVER_KINDS);
}

Suite *test_suite(void) {
    Suite *suite = suite_create("value_format");
    TCase *out = test_case(suite, "out", 30), *in = test_case(suite, "in", 30);

    on_each_kind(out, every_command_that_stores_a_value_deflates_it);
    on_each_kind(out, any_flags_but_those_of_integers);
    on_each_kind(out, what_is_deflated_already_is_sent_as_it_is);
    on_each_kind(out, appending_and_prepending_never_deflate);
    on_each_kind(out, a_raw_client_transforms_nothing);
    on_each_kind(out, a_value_over_the_limit_is_not_sent);
    on_each_kind(out, no_reply_is_awaited_for_a_deflated_value);
    on_each_kind(in, every_command_that_reads_inflates);
    on_each_kind(in, a_value_that_does_not_inflate_is_told_for_its_key);
    on_each_kind(in, one_bad_value_costs_no_other_key_its_answer);
    on_each_kind(in, the_limit_holds_to_the_byte);
    on_each_kind(in, numbers_are_stored_as_text_and_read_back);
    on_each_kind(in, a_number_that_has_become_shorter);
    return suite;
}
