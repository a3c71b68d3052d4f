/*
 * Values as MC_FORMAT_PYTHON stores and reads them, on real servers. Each test has two clients of one cluster: "python",
 * which deflates and inflates, and "raw", which sees what is stored.
 */
#include "mcclient/mcclient.h"

#include "support/allocation_failure.h"
#include "support/check_main.h"
#include "support/cluster.h"
#include "support/realloc_failure.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#define ABOVE 100
#define LIMIT 100000 /* max_value_size of python */
#define KEY mc_str("key")

typedef struct bench {
    cluster   *servers;
    mc_client *python, *raw;
    mc_value   value; /* what was last read */
} bench;

static mc_client *client_of(const cluster *servers, mc_value_format format, size_t max) {
    mc_options options = MC_OPTIONS_INIT;
    mc_client *client;

    options.value_format = format;
    options.compress_above = ABOVE;
    options.max_value_size = max;
    options.timeout_ms = 20000;
    client = mc_client_new_with_options(servers->hosts, NULL, &options);
    ck_assert_msg(client != NULL, "%s", mc_error_detail());
    return client;
}

static bench begin(int kind, size_t hosts) {
    bench self = {.servers = cluster_start((server_kind)kind, hosts), .value = MC_VALUE_INIT};

    self.python = client_of(self.servers, MC_FORMAT_PYTHON, LIMIT);
    self.raw = client_of(self.servers, MC_FORMAT_RAW, 1 << 20);
    return self;
}

static void end(bench *self) {
    mc_value_clear(&self->value);
    mc_client_free(self->python);
    mc_client_free(self->raw);
    cluster_stop(self->servers);
}

/* A value of text that deflates well, and one of noise that does not. The seed makes it unlike others. Freed by the caller.
 */
static mc_slice make_text(size_t len, unsigned seed) {
    char *data = malloc(len + 1);

    ck_assert_ptr_nonnull(data);
    for (size_t i = 0; i < len; i++)
        data[i] = (char)('a' + (i + seed) % 23);
    return mc_bytes(data, len);
}

static mc_slice make_noise(size_t len, unsigned seed) {
    char    *data = malloc(len + 1);
    uint64_t state = 88172645463325252U + seed;

    ck_assert_ptr_nonnull(data);
    for (size_t i = 0; i < len; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        data[i] = (char)(state >> 32);
    }
    return mc_bytes(data, len);
}

static mc_slice zlib_of(mc_slice plain) {
    uLong  len = compressBound((uLong)plain.len);
    Bytef *data = malloc(len);

    ck_assert_ptr_nonnull(data);
    ck_assert_int_eq(compress((Bytef *)data, &len, (const Bytef *)plain.data, (uLong)plain.len), Z_OK);
    return mc_bytes(data, len);
}

static void drop(mc_slice bytes) {
    free((void *)(uintptr_t)bytes.data);
}

static void expect(mc_status status, mc_status wanted) {
    ck_assert_msg(status == wanted, "%s in place of %s: %s", mc_status_name(status), mc_status_name(wanted),
                  mc_error_detail());
}

static void expect_value(const mc_value *value, mc_slice bytes, uint32_t flags) {
    ck_assert_uint_eq(value->flags, flags);
    ck_assert_uint_eq(value->len, bytes.len);
    ck_assert_mem_eq(value->data, bytes.data, bytes.len);
    ck_assert_int_eq(value->data[value->len], '\0');
}

/* What is stored is plain deflated where that pays, and plain otherwise; and what is read is plain. */
static void expect_stored(bench *self, mc_slice key, mc_slice plain, uint32_t flags, bool deflated) {
    mc_slice stored = deflated ? zlib_of(plain) : plain;

    expect(mc_get(self->raw, key, &self->value), MC_OK);
    expect_value(&self->value, stored, deflated ? flags | MC_FLAG_ZLIB : flags);
    expect(mc_get(self->python, key, &self->value), MC_OK);
    expect_value(&self->value, plain, flags);
    if (deflated)
        drop(stored);
}

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
    expect(mc_gets(client, KEY, &value), MC_OK);
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
    bench               self = begin(_i, 1);

    for (size_t way = 0; way < ROWS(ways_out); way++) {
        for (size_t i = 0; i < ROWS(lens); i++) {
            mc_slice text = make_text(lens[i], (unsigned)way), noise = make_noise(lens[i], (unsigned)way);
            expect(ways_out[way](self.python, text), MC_OK);
            expect_stored(&self, KEY, text, MC_FLAG_TEXT, lens[i] > ABOVE);
            expect(ways_out[way](self.python, noise), MC_OK);
            expect_stored(&self, KEY, noise, MC_FLAG_TEXT, false);
            drop(text);
            drop(noise);
        }
    }
    end(&self);
}
END_TEST

START_TEST(any_flags_but_those_of_integers) {
    static const struct {
        uint32_t flags;
        bool     deflates;
    } rows[] = {{0, true},        {MC_FLAG_PICKLE, true},   {MC_FLAG_TEXT, true},
                {1u << 31, true}, {MC_FLAG_INTEGER, false}, {MC_FLAG_LONG, false}};
    bench    self = begin(_i, 1);
    mc_slice digits = make_text(5000, 0);

    memset((void *)(uintptr_t)digits.data, '7', digits.len);
    for (size_t i = 0; i < ROWS(rows); i++) {
        mc_entry entry = {.key = KEY, .value = digits, .flags = rows[i].flags};
        expect(mc_set(self.python, KEY, digits, rows[i].flags, 0), MC_OK);
        expect_stored(&self, KEY, digits, rows[i].flags, rows[i].deflates);
        expect(mc_set_multi(self.python, &entry, 1), MC_OK);
        expect_stored(&self, KEY, digits, rows[i].flags, rows[i].deflates);
    }
    drop(digits);
    end(&self);
}
END_TEST

START_TEST(what_is_deflated_already_is_sent_as_it_is) {
    bench    self = begin(_i, 1);
    mc_slice text = make_text(5000, 1), stored = zlib_of(text);
    mc_entry entry = {.key = KEY, .value = stored, .flags = MC_FLAG_TEXT | MC_FLAG_ZLIB};

    expect(mc_set(self.python, KEY, stored, MC_FLAG_TEXT | MC_FLAG_ZLIB, 0), MC_OK);
    expect_stored(&self, KEY, text, MC_FLAG_TEXT, true);
    expect(mc_set_multi(self.python, &entry, 1), MC_OK);
    expect_stored(&self, KEY, text, MC_FLAG_TEXT, true);
    drop(text);
    drop(stored);
    end(&self);
}
END_TEST

START_TEST(appending_and_prepending_never_deflate) {
    bench    self = begin(_i, 1);
    mc_slice text = make_text(500, 2);
    char     whole[1010];

    expect(mc_set(self.python, KEY, mc_str("0123456789"), 0, 0), MC_OK);
    expect(mc_append(self.python, KEY, text), MC_OK);
    expect(mc_prepend(self.python, KEY, text), MC_OK);
    memcpy(whole, text.data, 500);
    memcpy(whole + 500, "0123456789", 10);
    memcpy(whole + 510, text.data, 500);
    expect_stored(&self, KEY, mc_bytes(whole, sizeof whole), 0, false);
    drop(text);
    end(&self);
}
END_TEST

START_TEST(a_raw_client_transforms_nothing) {
    bench    self = begin(_i, 1);
    mc_slice text = make_text(5000, 3), stored = zlib_of(text);

    for (size_t way = 0; way < ROWS(ways_out); way++) {
        expect(ways_out[way](self.raw, text), MC_OK);
        expect(mc_get(self.raw, KEY, &self.value), MC_OK);
        expect_value(&self.value, text, MC_FLAG_TEXT);
    }
    expect(mc_set(self.raw, KEY, stored, MC_FLAG_ZLIB, 0), MC_OK);
    expect(mc_get(self.raw, KEY, &self.value), MC_OK);
    expect_value(&self.value, stored, MC_FLAG_ZLIB);
    ck_assert_int_eq(mc_value_kind(&self.value), MC_KIND_UNKNOWN);
    drop(text);
    drop(stored);
    end(&self);
}
END_TEST

/* The limit is on what the application sees, also where the deflated value would be far below it. */
START_TEST(a_value_over_the_limit_is_not_sent) {
    bench    self = begin(_i, 1);
    mc_slice text = make_text(LIMIT + 1, 4);
    mc_entry entries[] = {{.key = KEY, .value = text}, {.key = mc_str("other"), .value = mc_str("fits")}};

    expect(mc_set(self.python, KEY, text, 0, 0), MC_TOO_LARGE);
    expect(mc_set_multi(self.python, entries, 2), MC_PARTIAL);
    expect(entries[0].status, MC_TOO_LARGE);
    expect(entries[1].status, MC_OK);
    expect(mc_get(self.raw, KEY, &self.value), MC_NOT_FOUND);
    drop(text);
    end(&self);
}
END_TEST

START_TEST(no_reply_is_awaited_for_a_deflated_value) {
    bench      self = begin(_i, 1);
    mc_view    settings = MC_VIEW_INIT;
    mc_slice   text = make_text(5000, 5), other = make_text(5000, 6);
    mc_entry   entry = mc_entry_text(mc_str("other"), other, 0);
    mc_client *view;

    settings.noreply = true;
    view = mc_client_view(self.python, &settings);
    ck_assert_ptr_nonnull(view);
    expect(mc_set_text(view, KEY, text, 0), MC_OK);
    expect(mc_set_multi(view, &entry, 1), MC_OK);
    /* What is asked behind them on their connection is answered after them. */
    expect(mc_get(view, KEY, &self.value), MC_OK);
    expect_stored(&self, KEY, text, MC_FLAG_TEXT, true);
    expect_stored(&self, mc_str("other"), other, MC_FLAG_TEXT, true);
    mc_client_free(view);
    drop(text);
    drop(other);
    end(&self);
}
END_TEST

/* ----------------------------------------------------------------------------------------------------------- on the way in
 */

START_TEST(every_command_that_reads_inflates) {
    bench      self = begin(_i, 1);
    mc_slice   text = make_text(30000, 7), keys[] = {KEY};
    mc_results results = MC_RESULTS_INIT;

    expect(mc_set_text(self.python, KEY, text, 0), MC_OK);
    expect(mc_get(self.python, KEY, &self.value), MC_OK);
    expect_value(&self.value, text, MC_FLAG_TEXT);
    expect(mc_gat(self.python, KEY, 100, &self.value), MC_OK);
    expect_value(&self.value, text, MC_FLAG_TEXT);
    expect(mc_gets(self.python, KEY, &self.value), MC_OK);
    expect_value(&self.value, text, MC_FLAG_TEXT);
    ck_assert_uint_ne(self.value.cas, 0);
    expect(mc_gats(self.python, KEY, 100, &self.value), MC_OK);
    expect_value(&self.value, text, MC_FLAG_TEXT);
    expect(mc_gets_multi(self.python, keys, 1, &results), MC_OK);
    ck_assert_uint_eq(results.items[0].cas, self.value.cas);
    ck_assert_uint_eq(results.items[0].flags, MC_FLAG_TEXT);
    ck_assert_int_eq(mc_result_kind(&results.items[0]), MC_KIND_TEXT);
    ck_assert_uint_eq(results.items[0].value.len, text.len);
    ck_assert_mem_eq(results.items[0].value.data, text.data, text.len);
    ck_assert_int_eq(results.items[0].value.data[text.len], '\0');
    expect(mc_cas(self.python, KEY, mc_str("next"), 0, 0, self.value.cas), MC_OK);
    mc_results_clear(&results);
    drop(text);
    end(&self);
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
    drop(plain);
    drop(larger);
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

static void store_harmed(const bench *self, mc_slice key, harm_fn *harm) {
    mc_slice text = make_text(3000, 9), stored = zlib_of(text);
    char    *copy = malloc(stored.len + 4096);

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, stored.data, stored.len);
    expect(mc_set(self->raw, key, mc_bytes(copy, harm(copy, stored.len)), MC_FLAG_TEXT | MC_FLAG_ZLIB, 0), MC_OK);
    free(copy);
    drop(text);
    drop(stored);
}

static void expect_words(const bench *self, const char *words) {
    char detail[512];

    snprintf(detail, sizeof detail, "%s", mc_error_detail());
    ck_assert_msg(strstr(detail, words) && strstr(detail, self->servers->hosts[0]) && strstr(detail, "\"key\""),
                  "\"%s\" does not name the host, the key and \"%s\"", detail, words);
}

START_TEST(a_value_that_does_not_inflate_is_told_for_its_key) {
    bench self = begin(_i, 1);

    for (size_t i = 0; i < ROWS(harms); i++) {
        store_harmed(&self, KEY, harms[i].harm);
        expect(mc_get(self.python, KEY, &self.value), MC_BAD_VALUE);
        expect_words(&self, harms[i].words);
        ck_assert_uint_eq(self.value.len, 0);
        ck_assert_uint_eq(self.value.flags, 0);
        expect(mc_gets(self.python, KEY, &self.value), MC_BAD_VALUE);
        ck_assert_uint_eq(self.value.cas, 0);
        expect(mc_gat(self.python, KEY, 100, &self.value), MC_BAD_VALUE);
        /* it is there for those who want its bytes, and may be written over */
        expect(mc_get(self.raw, KEY, &self.value), MC_OK);
        expect(mc_set(self.python, KEY, mc_str("new"), 0, 0), MC_OK);
        expect(mc_get(self.python, KEY, &self.value), MC_OK);
        expect_value(&self.value, mc_str("new"), 0);
    }
    end(&self);
}
END_TEST

START_TEST(one_bad_value_costs_no_other_key_its_answer) {
    bench      self = begin(_i, 2);
    mc_slice   text = make_text(3000, 10), keys[40];
    char       names[40][16];
    mc_results results = MC_RESULTS_INIT;

    for (size_t i = 0; i < 40; i++) {
        snprintf(names[i], sizeof names[i], "k%zu", i);
        keys[i] = mc_str(names[i]);
        if (i % 3 == 0)
            store_harmed(&self, keys[i], harms[i % ROWS(harms)].harm);
        else if (i % 3 == 1)
            expect(mc_set_text(self.python, keys[i], text, 0), MC_OK);
    }
    for (int round = 0; round < 2; round++) {
        expect(mc_get_multi(self.python, keys, 40, &results), MC_PARTIAL);
        for (size_t i = 0; i < 40; i++) {
            static const mc_status wanted[] = {MC_BAD_VALUE, MC_OK, MC_NOT_FOUND};
            expect(results.items[i].status, wanted[i % 3]);
            ck_assert_uint_eq(results.items[i].value.len, i % 3 == 1 ? text.len : 0);
            ck_assert_uint_eq(results.items[i].flags, i % 3 == 1 ? MC_FLAG_TEXT : 0);
            if (i % 3 == 1)
                ck_assert_mem_eq(results.items[i].value.data, text.data, text.len);
        }
    }
    mc_results_clear(&results);
    drop(text);
    end(&self);
}
END_TEST

START_TEST(the_limit_holds_to_the_byte) {
    bench self = begin(_i, 1);

    for (size_t len = LIMIT - 1; len <= LIMIT + 1; len++) {
        mc_slice text = make_text(len, 11), stored = zlib_of(text);
        expect(mc_set(self.raw, KEY, stored, MC_FLAG_ZLIB, 0), MC_OK);
        expect(mc_get(self.python, KEY, &self.value), len <= LIMIT ? MC_OK : MC_BAD_VALUE);
        if (len <= LIMIT)
            expect_value(&self.value, text, 0);
        drop(text);
        drop(stored);
    }
    end(&self);
}
END_TEST

/* --------------------------------------------------------------------------------------------------------------- numbers */

START_TEST(numbers_are_stored_as_text_and_read_back) {
    static const int64_t numbers[] = {0, 7, -7, INT64_MAX, INT64_MIN};
    bench                self = begin(_i, 1);

    for (size_t i = 0; i < ROWS(numbers); i++) {
        char    text[32];
        int64_t number = 12345;
        snprintf(text, sizeof text, "%lld", (long long)numbers[i]);
        expect(mc_set_int(i % 2 ? self.raw : self.python, KEY, numbers[i], 0), MC_OK);
        expect_stored(&self, KEY, mc_str(text), MC_FLAG_INTEGER, false);
        ck_assert_int_eq(mc_value_kind(&self.value), MC_KIND_INTEGER);
        expect(mc_value_int(&self.value, &number), MC_OK);
        ck_assert_int_eq(number, numbers[i]);
    }
    end(&self);
}
END_TEST

START_TEST(a_number_that_has_become_shorter) {
    bench      self = begin(_i, 1);
    uint64_t   sum = 0;
    int64_t    number = 0;
    mc_slice   keys[] = {KEY};
    mc_results results = MC_RESULTS_INIT;

    expect(mc_set_int(self.python, KEY, 1000, 0), MC_OK);
    expect(mc_decr(self.python, KEY, 991, &sum), MC_OK);
    ck_assert_uint_eq(sum, 9);
    expect(mc_get(self.python, KEY, &self.value), MC_OK);
    expect_value(&self.value, mc_str("9   "), MC_FLAG_INTEGER);
    expect(mc_value_int(&self.value, &number), MC_OK);
    ck_assert_int_eq(number, 9);
    expect(mc_get_multi(self.python, keys, 1, &results), MC_OK);
    expect(mc_result_int(&results.items[0], &number), MC_OK);
    ck_assert_int_eq(number, 9);
    mc_results_clear(&results);
    end(&self);
}
END_TEST

START_TEST(typed_entries_of_a_multi) {
    bench      self = begin(_i, 2);
    char       room[2][MC_INT_SIZE];
    mc_entry   entries[] = {mc_entry_int(mc_str("i"), INT64_MIN, 0, room[0]), mc_entry_int(mc_str("j"), 42, 60, room[1]),
                            mc_entry_text(mc_str("t"), mc_str("\xc3\xbc"), 0), mc_entry_int(mc_str("n"), 1, 0, NULL)};
    mc_slice   keys[] = {mc_str("i"), mc_str("j"), mc_str("t"), mc_str("n")};
    mc_results results = MC_RESULTS_INIT;
    int64_t    number = 0;

    expect(mc_set_multi(self.python, entries, 4), MC_PARTIAL);
    expect(entries[3].status, MC_BAD_ARGUMENT);
    expect(mc_get_multi(self.python, keys, 4, &results), MC_OK);
    expect(mc_result_int(&results.items[0], &number), MC_OK);
    ck_assert_int_eq(number, INT64_MIN);
    expect(mc_result_int(&results.items[1], &number), MC_OK);
    ck_assert_int_eq(number, 42);
    ck_assert_int_eq(mc_result_kind(&results.items[1]), MC_KIND_INTEGER);
    ck_assert_int_eq(mc_result_kind(&results.items[2]), MC_KIND_TEXT);
    expect(mc_result_int(&results.items[2], &number), MC_BAD_VALUE);
    expect(results.items[3].status, MC_NOT_FOUND);
    mc_results_clear(&results);
    end(&self);
}
END_TEST

/* ----------------------------------------------------------------------------------------------------------- many at once
 */

#define MANY 300

/* Values of every sort: short, long, of noise, integers, too large. */
typedef struct collection {
    mc_entry entries[MANY];
    mc_slice keys[MANY];
    char     names[MANY][16];
    bool     deflated[MANY];
} collection;

static void collect(collection *all) {
    for (size_t i = 0; i < MANY; i++) {
        static const size_t lens[] = {ABOVE, ABOVE + 1, 2000, 0, LIMIT + 1};
        size_t              len = lens[i % 5];
        bool                noise = i % 7 == 0, integer = i % 11 == 0;
        snprintf(all->names[i], sizeof all->names[i], "many%zu", i);
        all->keys[i] = mc_str(all->names[i]);
        all->entries[i] = (mc_entry){.key = all->keys[i], .flags = integer ? MC_FLAG_INTEGER : MC_FLAG_TEXT};
        all->entries[i].value = noise ? make_noise(len, (unsigned)i) : make_text(len, (unsigned)i);
        all->deflated[i] = len > ABOVE && len <= LIMIT && !noise && !integer;
    }
}

static void check_collection(bench *self, const collection *all) {
    mc_results results = MC_RESULTS_INIT;

    expect(mc_get_multi(self->python, all->keys, MANY, &results), MC_OK);
    for (size_t i = 0; i < MANY; i++) {
        const mc_entry *entry = &all->entries[i];
        if (entry->value.len > LIMIT) {
            expect(entry->status, MC_TOO_LARGE);
            expect(results.items[i].status, MC_NOT_FOUND);
            continue;
        }
        expect(entry->status, MC_OK);
        expect(results.items[i].status, MC_OK);
        ck_assert_uint_eq(results.items[i].flags, entry->flags);
        ck_assert_uint_eq(results.items[i].value.len, entry->value.len);
        ck_assert_mem_eq(results.items[i].value.data, entry->value.data, entry->value.len);
        expect_stored(self, entry->key, entry->value, entry->flags, all->deflated[i]);
    }
    mc_results_clear(&results);
}

START_TEST(a_set_of_many_leaves_the_callers_entries_alone) {
    bench      self = begin(_i, 3);
    collection all;
    mc_entry   before[MANY];

    collect(&all);
    memcpy(before, all.entries, sizeof before);
    expect(mc_set_multi(self.python, all.entries, MANY), MC_PARTIAL);
    for (size_t i = 0; i < MANY; i++) {
        ck_assert_ptr_eq(all.entries[i].key.data, before[i].key.data);
        ck_assert_ptr_eq(all.entries[i].value.data, before[i].value.data);
        ck_assert_uint_eq(all.entries[i].value.len, before[i].value.len);
        ck_assert_uint_eq(all.entries[i].flags, before[i].flags);
    }
    check_collection(&self, &all);
    for (size_t i = 0; i < MANY; i++)
        drop(all.entries[i].value);
    end(&self);
}
END_TEST

/* What a dead host was to have goes, deflated once, to where fail-over sends it. */
START_TEST(deflated_values_of_a_dead_host_go_elsewhere) {
    bench      self = begin(_i, 3);
    collection all;

    collect(&all);
    cluster_kill(self.servers, 1);
    expect(mc_set_multi(self.python, all.entries, MANY), MC_PARTIAL);
    check_collection(&self, &all);
    for (size_t i = 0; i < MANY; i++)
        drop(all.entries[i].value);
    end(&self);
}
END_TEST

/* ----------------------------------------------------------------------------------------------------------------- update
 */

typedef struct change {
    mc_slice expected; /* what is there */
    mc_slice next;
    int      calls;
    bench   *meddler; /* changes the value behind the first call; NULL: nobody does */
} change;

static mc_status change_value(const mc_value *current, mc_value *next, void *arg) {
    change *self = arg;

    ck_assert_ptr_nonnull(current);
    expect_value(current, self->expected, MC_FLAG_TEXT);
    ck_assert_uint_eq(next->flags, MC_FLAG_TEXT);
    if (self->calls++ == 0 && self->meddler) {
        expect(mc_set_text(self->meddler->python, KEY, self->next, 0), MC_OK);
        self->expected = self->next;
    }
    return mc_value_set(next, self->next);
}

START_TEST(an_update_sees_and_makes_plain_values) {
    bench    self = begin(_i, 1);
    mc_slice first = make_text(4000, 12), second = make_text(6000, 13);
    change   alone = {.expected = first, .next = second};
    change   disturbed = {.expected = first, .next = second, .meddler = &self};

    expect(mc_set_text(self.python, KEY, first, 0), MC_OK);
    expect(mc_update(self.python, KEY, change_value, &alone, 0), MC_OK);
    ck_assert_int_eq(alone.calls, 1);
    expect_stored(&self, KEY, second, MC_FLAG_TEXT, true);
    expect(mc_set_text(self.python, KEY, first, 0), MC_OK);
    expect(mc_update(self.python, KEY, change_value, &disturbed, 0), MC_OK);
    ck_assert_int_eq(disturbed.calls, 2);
    expect_stored(&self, KEY, second, MC_FLAG_TEXT, true);
    drop(first);
    drop(second);
    end(&self);
}
END_TEST

START_TEST(an_update_stops_at_a_value_that_does_not_inflate) {
    bench  self = begin(_i, 1);
    change never = {.next = mc_str("x")};

    store_harmed(&self, KEY, cut_short);
    expect(mc_update(self.python, KEY, change_value, &never, 0), MC_BAD_VALUE);
    ck_assert_int_eq(never.calls, 0);
    end(&self);
}
END_TEST

/* ----------------------------------------------------------------------------------------------------------------- memory
 */

static bool is_outcome_of_no_memory(mc_status status) {
    return status == MC_OK || status == MC_NO_MEMORY;
}

/* One go at everything, and what came of it. Nothing is asserted meanwhile: Check's own allocations are not to fail. */
typedef struct attempt {
    mc_status  set, get, set_multi, get_multi;
    mc_entry   entries[2];
    mc_results results;
} attempt;

static attempt attempt_all(bench *self, mc_slice text) {
    attempt  all = {.entries = {mc_entry_text(KEY, text, 0), mc_entry_text(mc_str("other"), text, 0)}};
    mc_slice keys[] = {KEY, mc_str("other")};

    all.set = mc_set_text(self->python, KEY, text, 0);
    all.get = mc_get(self->python, KEY, &self->value);
    all.set_multi = mc_set_multi(self->python, all.entries, 2);
    all.get_multi = mc_get_multi(self->python, keys, 2, &all.results);
    return all;
}

static void expect_text_or_no_memory(mc_status status, mc_slice value, mc_slice text) {
    ck_assert_msg(is_outcome_of_no_memory(status), "%s", mc_error_detail());
    ck_assert_uint_eq(value.len, status == MC_OK ? text.len : 0);
    ck_assert(status != MC_OK || memcmp(value.data, text.data, text.len) == 0);
}

/* What is answered is right, or it is no memory. */
static void check_attempt(bench *self, attempt *all, mc_slice text) {
    ck_assert_msg(is_outcome_of_no_memory(all->set), "%s", mc_error_detail());
    expect_text_or_no_memory(all->get, mc_bytes(self->value.data, self->value.len), text);
    ck_assert(is_outcome_of_no_memory(all->set_multi) || all->set_multi == MC_PARTIAL);
    ck_assert(is_outcome_of_no_memory(all->get_multi) || all->get_multi == MC_PARTIAL);
    for (size_t i = 0; i < 2 && all->set_multi != MC_NO_MEMORY; i++)
        ck_assert(is_outcome_of_no_memory(all->entries[i].status));
    for (size_t i = 0; i < all->results.count; i++)
        expect_text_or_no_memory(all->results.items[i].status, all->results.items[i].value, text);
    mc_results_clear(&all->results);
    mc_value_clear(&self->value);
}

/* In this test the server is another process, so that every allocation that fails is the library's. */
START_TEST(any_allocation_may_fail) {
    bench    self = begin(SERVER_MEMCACHED, 1);
    mc_slice text = make_text(20000, 14);
    bool     failed = true;
    size_t   growths = 1, nth = 1;
    attempt  all;

    expect(mc_set_text(self.python, KEY, text, 0), MC_OK); /* a first connection, and both keys there */
    expect(mc_set_text(self.python, mc_str("other"), text, 0), MC_OK);
    for (; failed; nth++) {
        allocation_failure_at(nth);
        all = attempt_all(&self, text);
        failed = allocation_failure_end();
        check_attempt(&self, &all, text);
    }
    ck_assert_uint_gt(nth, 20);
    for (nth = 1; nth <= growths; nth++) {
        realloc_failure_at(nth);
        all = attempt_all(&self, text);
        if (nth == 1 || realloc_failure_calls() > growths)
            growths = realloc_failure_calls();
        realloc_failure_at(0);
        check_attempt(&self, &all, text);
    }
    ck_assert_uint_gt(nth, 5);
    expect_stored(&self, KEY, text, MC_FLAG_TEXT, true);
    drop(text);
    end(&self);
}
END_TEST

static void on_each_kind(TCase *tcase, const TTest *test) {
    tcase_add_loop_test(tcase, test, 0, SERVER_KINDS);
}

Suite *test_suite(void) {
    Suite *suite = suite_create("value_format");
    TCase *out = test_case(suite, "out", 30), *in = test_case(suite, "in", 30), *many = test_case(suite, "many", 60);

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
    on_each_kind(many, typed_entries_of_a_multi);
    on_each_kind(many, a_set_of_many_leaves_the_callers_entries_alone);
    on_each_kind(many, deflated_values_of_a_dead_host_go_elsewhere);
    on_each_kind(many, an_update_sees_and_makes_plain_values);
    on_each_kind(many, an_update_stops_at_a_value_that_does_not_inflate);
    tcase_add_test(many, any_allocation_may_fail);
    return suite;
}
