#include "protocol/whole_value.h"

#include "support/check_main.h"
#include "support/guard_page.h"
#include "support/play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX 16

/* What it takes, and with it what the careful way says of the same bytes. */
static const struct {
    const char *input;
    bool        with_cas;
    const char *key, *data;
    uint32_t    flags;
    uint64_t    cas;
} whole_rows[] = {
    {"VALUE k 0 1\r\nv\r\n", false, "k", "v", 0, 0},
    {"VALUE k 0 0\r\n\r\n", false, "k", "", 0, 0},
    {"VALUE k 0 0\r\n\r\nVALUE l 0 ", false, "k", "", 0, 0},
    {"VALUE k 0 16\r\n0123456789abcdef\r\nEND\r\n", false, "k", "0123456789abcdef", 0, 0},
    {"VALUE k 999999999 3\r\nabc\r\nEND\r\n", false, "k", "abc", 999999999, 0},
    {"VALUE a\x80\xffz 7 16\r\n0123456789abcdef\r\nVALUE", false, "a\x80\xffz", "0123456789abcdef", 7, 0},
    {"VALUE k 1 2\r\n\r\n\r\n", false, "k", "\r\n", 1, 0},
    {"VALUE k 1 5 1\r\nEND\r\n\r\n", true, "k", "END\r\n", 1, 1},
    {"VALUE k 1 1 9999999999999999999\r\nx\r\n", true, "k", "x", 1, 9999999999999999999U},
    {"VALUE k 0 1 0\r\nx\r\nSTORED\r\n", true, "k", "x", 0, 0},
};

static bool read_value(mc_slice input, bool with_cas, mc__whole_value *value) {
    return mc__whole_value_read(input.data, input.data + input.len, with_cas, MAX, value);
}

START_TEST(takes_a_whole_value_as_the_careful_way_does) {
    mc_slice        input = mc_str(whole_rows[_i].input);
    mc__whole_value value;
    mc__reply       careful;
    size_t          line;

    ck_assert(read_value(input, whole_rows[_i].with_cas, &value));
    ck_assert_int_eq(mc__reply_parse(input.data, input.len, &careful, &line), MC__PARSE_DONE);
    ck_assert_int_eq(careful.kind, MC__REPLY_VALUE);
    ck_assert_uint_eq(careful.flags, value.flags);
    ck_assert_uint_eq(careful.length, value.data.len);
    ck_assert_uint_eq(careful.cas, value.cas);
    ck_assert(careful.has_cas == whole_rows[_i].with_cas && !careful.flags_too_wide);
    ck_assert(careful.key.data == value.key.data && careful.key.len == value.key.len);
    ck_assert(value.data.data == input.data + line && value.end == value.data.data + value.data.len + 2);

    ck_assert_uint_eq(value.key.len, strlen(whole_rows[_i].key));
    ck_assert_mem_eq(value.key.data, whole_rows[_i].key, value.key.len);
    ck_assert_uint_eq(value.data.len, strlen(whole_rows[_i].data));
    ck_assert_mem_eq(value.data.data, whole_rows[_i].data, value.data.len);
    ck_assert_uint_eq(value.flags, whole_rows[_i].flags);
    ck_assert_uint_eq(value.cas, whole_rows[_i].cas);
}
END_TEST

/* An exchange that asks for keys of which the second is the input's, and what comes of that: for the way in which values of
 * a line are taken, which compares with the key that it expects. */
typedef struct taker {
    mc__exchange exchange;
    mc__key_line line;
    mc_slice     keys[3];
    unsigned     calls;
    mc__found    found;
} taker;

static void take_found(mc__exchange *exchange, const mc__found *found, size_t count) {
    taker *self = (taker *)(void *)exchange; /* its first member */

    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(found->data.data[found->data.len], '\0');
    self->calls++;
    self->found = *found;
}

static const mc__exchange_ops taker_ops = {.values = take_found};

/* expected: the key at the line's cursor is the input's; else it is found by the search. */
static bool take_value(taker *self, mc__buffer *input, bool with_cas, const char *key, bool expected) {
    *self = (taker){.exchange = {.ops = &taker_ops, .count = 3}, .keys = {mc_str("A"), mc_str(key), mc_str("B")}};
    self->exchange.command.verb = with_cas ? MC__VERB_GETS : MC__VERB_GET;
    self->exchange.keys = self->keys;
    self->line.cursor = expected ? 1 : 2;
    return mc__whole_values_take(&self->line, &self->exchange, MAX, input);
}

/* A copy in memory of its own size, so that a byte too much is seen. */
static mc__buffer buffer_of(const char *bytes, size_t len) {
    mc__buffer buffer = {0, 0, len, len};

    buffer.data = malloc(len > 0 ? len : 1);
    ck_assert_ptr_nonnull(buffer.data);
    memcpy(buffer.data, bytes, len);
    return buffer;
}

static void check_taken(size_t row, bool expected) {
    mc_slice        input = mc_str(whole_rows[row].input);
    mc__buffer      buffer = buffer_of(input.data, input.len);
    mc__whole_value value;
    taker           self;

    ck_assert(read_value(input, whole_rows[row].with_cas, &value));
    ck_assert(take_value(&self, &buffer, whole_rows[row].with_cas, whole_rows[row].key, expected));
    ck_assert(self.calls == 1 && self.found.request == 1);
    ck_assert_uint_eq(self.found.data.len, value.data.len);
    ck_assert_mem_eq(self.found.data.data, value.data.data, value.data.len);
    ck_assert(self.found.flags == value.flags && self.found.cas == value.cas);
    ck_assert_uint_eq(mc__buffer_len(&buffer), (size_t)(input.data + input.len - value.end));
    ck_assert(mc__key_line_is_found(&self.line, 1) && self.line.cursor == 2 && self.line.found_count == 1);
    mc__buffer_free(&buffer);
}

START_TEST(takes_the_value_that_is_expected_or_searched_for) {
    check_taken((size_t)_i, true);
    check_taken((size_t)_i, false);
}
END_TEST

START_TEST(takes_no_value_of_another_key) {
    mc_slice   input = mc_str(whole_rows[_i].input);
    mc__buffer buffer = buffer_of(input.data, input.len);
    taker      self;

    ck_assert(!take_value(&self, &buffer, whole_rows[_i].with_cas, "kk", true));
    ck_assert(!take_value(&self, &buffer, whole_rows[_i].with_cas, "another", false));
    ck_assert(self.calls == 0 && mc__buffer_len(&buffer) == input.len);
    mc__buffer_free(&buffer);
}
END_TEST

/* Cut short anywhere it is not whole, and no byte behind the cut is read. */
START_TEST(takes_nothing_less_than_a_whole_value) {
    mc_slice        input = mc_str(whole_rows[_i].input);
    bool            with_cas = whole_rows[_i].with_cas;
    mc__whole_value value;
    taker           self;

    ck_assert(read_value(input, with_cas, &value));
    for (size_t len = 0; len < (size_t)(value.end - input.data); len++) {
        mc__whole_value none;
        guard_page      page = guard_page_new(len);
        mc__buffer      buffer = {page.data, 0, len, len};

        memcpy(page.data, input.data, len);
        ck_assert_msg(!read_value(mc_bytes(page.data, len), with_cas, &none), "cut at %zu", len);
        ck_assert_msg(!take_value(&self, &buffer, with_cas, whole_rows[_i].key, true), "cut at %zu", len);
        ck_assert(self.calls == 0 && mc__buffer_len(&buffer) == len);
        guard_page_free(&page);
    }
}
END_TEST

/* What it leaves to the careful way, be it wrong or only rare. */
static const struct {
    const char *input;
    bool        with_cas;
} other_rows[] = {
    {"END\r\n", false},
    {"VALUE  0 1\r\nv\r\n", false},
    {"VALUE k 0 17\r\n0123456789abcdefg\r\n", false},
    {"VALUE k 0 1 5\r\nv\r\n", false},
    {"VALUE k 0 1\r\nv\r\n", true},
    {"VALUE k 00 1\r\nv\r\n", false},
    {"VALUE k 0 01\r\nv\r\n", false},
    {"VALUE k 0 1 01\r\nv\r\n", true},
    {"VALUE k 0 010\r\n0123456789\r\n", false},
    {"VALUE k 0 00\r\n\r\nEND\r\n", false},
    {"VALUE k 0 0000000010\r\n0123456789\r\n", false},
    {"VALUE k 0 :\r\n0123456789\r\n", false},
    {"VALUE k 0 \r\n0123456789\r\n", false},
    {"VALUE k 0 9999999999", false},
    {"VALUE k 0 18446744073709551617\r\nv\r\n", false},
    {"VALUE k 1000000000 1\r\nv\r\n", false},
    {"VALUE k 0 1000000000\r\nv\r\n", false},
    {"VALUE k 0 1 18446744073709551615\r\nv\r\n", true},
    {"VALUE k 0 1 18446744073709551616\r\nv\r\n", true},
    {"VALUE k -1 1\r\nv\r\n", false},
    {"VALUE k 0 +1\r\nv\r\n", false},
    {"VALUE k  0 1\r\nv\r\n", false},
    {"VALUE k 0 1 \r\nv\r\n", false},
    {"VALUE k 0 1\nv\r\n", false},
    {"VALUE k 0 1\r\nvv\r\n", false},
    {"VALUE k 0 1\r\nv\n\r", false},
    {"VALUE k 0 1\r\nv\rX", false},
    {"value k 0 1\r\nv\r\n", false},
    {"VALUEk 0 1\r\nv\r\n", false},
};

START_TEST(leaves_the_rest_to_the_careful_way) {
    mc_slice        input = mc_str(other_rows[_i].input);
    mc__buffer      buffer = buffer_of(input.data, input.len);
    mc__whole_value value;
    taker           self;

    ck_assert(!read_value(input, other_rows[_i].with_cas, &value));
    ck_assert(!take_value(&self, &buffer, other_rows[_i].with_cas, "k", true));
    ck_assert(self.calls == 0 && mc__buffer_len(&buffer) == input.len);
    mc__buffer_free(&buffer);
}
END_TEST

START_TEST(a_key_has_up_to_250_bytes) {
    char            input[300];
    mc__whole_value value;

    for (size_t len = 249; len <= 252; len++) {
        size_t at = 6;
        memcpy(input, "VALUE ", 6);
        memset(input + at, 'k', len);
        at += len;
        memcpy(input + at, " 0 1\r\nv\r\n", 9);
        ck_assert(read_value(mc_bytes(input, at + 9), false, &value) == (len <= MC_KEY_MAX));
    }
}
END_TEST

/* Of "v0123", without a NUL. */
static unsigned number_of(const char *value) {
    unsigned number = 0;

    for (int i = 1; i < 5; i++)
        number = number * 10 + (unsigned)(value[i] - '0');
    return number;
}

/* Many values, of which every seventh is missing and the last ones come first, are each taken once. */
START_TEST(takes_a_line_of_many) {
    enum { KEYS = 200 };
    static char text[KEYS * 40], names[KEYS][8];
    mc__request asked[KEYS];
    size_t      len = 0;
    played      play;

    for (unsigned i = 0; i < KEYS; i++) {
        snprintf(names[i], sizeof names[i], "k%u", i);
        asked[i] = (mc__request){.key = mc_str(names[i])};
    }
    for (unsigned i = 0; i < KEYS; i++) {
        unsigned key = (i + KEYS - 20) % KEYS;
        if (key % 7 != 0)
            len += (size_t)snprintf(text + len, sizeof text - len, "VALUE k%u %u 5\r\nv%04u\r\n", key, key % 2, key);
    }
    len += (size_t)snprintf(text + len, sizeof text - len, "END\r\n");
    play_init(&play, 1000);
    play.quiet = play.lends = true;
    play.lend_room = sizeof text;
    play_ask_requests(&play, (mc__command){.verb = MC__VERB_GET}, asked, KEYS);
    play_send(&play, SIZE_MAX, 0);
    play_receive(&play, text, len, 0);
    for (unsigned i = 0; i < KEYS; i++) {
        const play_request *request = &play.exchanges[0].requests[i];
        ck_assert_uint_eq(request->answers, 1);
        ck_assert_int_eq(request->status, i % 7 == 0 ? MC_NOT_FOUND : MC_OK);
        if (request->status == MC_OK)
            ck_assert(request->value_len == 5 && number_of(request->value) == i);
    }
    ck_assert_uint_eq(play.values_lent, KEYS - (KEYS + 6) / 7);
    ck_assert(mc__pipeline_reusable(&play.pipeline));
    play_free(&play);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("whole_value");
    TCase *tcase = test_case(suite, "whole_value", 10);

    test_rows(tcase, takes_a_whole_value_as_the_careful_way_does, whole_rows);
    test_rows(tcase, takes_the_value_that_is_expected_or_searched_for, whole_rows);
    test_rows(tcase, takes_no_value_of_another_key, whole_rows);
    test_rows(tcase, takes_nothing_less_than_a_whole_value, whole_rows);
    test_rows(tcase, leaves_the_rest_to_the_careful_way, other_rows);
    tcase_add_test(tcase, a_key_has_up_to_250_bytes);
    tcase_add_test(tcase, takes_a_line_of_many);
    return suite;
}
