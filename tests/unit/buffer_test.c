#include "base/buffer.h"

#include "support/check_main.h"

#include <stdint.h>
#include <stdlib.h>

/* Byte i of an endless stream whose period, a prime, meets no buffer size. */
static char stream_byte(size_t i) {
    return (char)(i % 251);
}

static void check_readable(const mc__buffer *buffer, size_t first, size_t len) {
    mc_slice readable = mc__buffer_readable(buffer);
    size_t   same = 0;

    ck_assert_uint_eq(readable.len, len);
    ck_assert_uint_eq(mc__buffer_len(buffer), len);
    while (same < len && readable.data[same] == stream_byte(first + same))
        same++;
    ck_assert_uint_eq(same, len);
}

static void append_stream(mc__buffer *buffer, size_t first, size_t len) {
    char *bytes = malloc(len + 1);

    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < len; i++)
        bytes[i] = stream_byte(first + i);
    ck_assert(mc__buffer_append(buffer, mc_bytes(bytes, len)));
    free(bytes);
}

START_TEST(zeroed_memory_is_an_empty_buffer) {
    mc__buffer buffer = {0};

    ck_assert_uint_eq(mc__buffer_len(&buffer), 0);
    ck_assert_uint_eq(mc__buffer_room(&buffer), 0);
    ck_assert_uint_eq(mc__buffer_readable(&buffer).len, 0);
    ck_assert(mc__slice_valid(mc__buffer_readable(&buffer)));
    mc__buffer_consume(&buffer, 0);
    mc__buffer_trim(&buffer, 0);
    mc__buffer_free(&buffer);
    mc__buffer_free(&buffer);
}
END_TEST

START_TEST(an_empty_append_needs_no_memory) {
    mc__buffer buffer = {0};

    ck_assert(mc__buffer_append(&buffer, mc_bytes(NULL, 0)));
    ck_assert(mc__buffer_append(&buffer, mc_str("")));
    ck_assert_ptr_null(buffer.data);
}
END_TEST

START_TEST(a_reserve_of_nothing_gives_a_place_to_write) {
    mc__buffer buffer = {0};

    ck_assert(mc__buffer_reserve(&buffer, 0));
    ck_assert_ptr_nonnull(mc__buffer_tail(&buffer));
    mc__buffer_free(&buffer);
}
END_TEST

static const size_t reserve_rows[] = {1, 511, 512, 513, 1024, 1025, 65536, 1048577};

START_TEST(reserved_room_can_be_written_whole) {
    mc__buffer buffer = {0};
    size_t     room = reserve_rows[_i];

    ck_assert(mc__buffer_reserve(&buffer, room));
    ck_assert_uint_ge(mc__buffer_room(&buffer), room);
    for (size_t i = 0; i < room; i++)
        mc__buffer_tail(&buffer)[i] = stream_byte(i);
    mc__buffer_commit(&buffer, room);
    check_readable(&buffer, 0, room);
    mc__buffer_free(&buffer);
}
END_TEST

START_TEST(growing_keeps_the_bytes) {
    mc__buffer buffer = {0};
    size_t     len = 0;

    for (size_t step = 1; len < 100000; step += 997) {
        append_stream(&buffer, len, step);
        len += step;
        check_readable(&buffer, 0, len);
    }
    ck_assert_uint_lt(buffer.capacity, 2 * len + 1);
    mc__buffer_free(&buffer);
}
END_TEST

START_TEST(room_in_front_is_used_before_growing) {
    mc__buffer buffer = {0};
    size_t     capacity;
    char      *data;

    append_stream(&buffer, 0, 512);
    capacity = buffer.capacity;
    data = buffer.data;
    for (size_t at = 0; at < 10000; at += 300) {
        mc__buffer_consume(&buffer, 300);
        append_stream(&buffer, at + 512, 300);
        check_readable(&buffer, at + 300, 512);
    }
    ck_assert_uint_eq(buffer.capacity, capacity);
    ck_assert_ptr_eq(buffer.data, data);
    mc__buffer_free(&buffer);
}
END_TEST

START_TEST(consumed_to_the_end_it_starts_again_at_the_front) {
    mc__buffer buffer = {0};

    append_stream(&buffer, 0, 100);
    mc__buffer_consume(&buffer, 60);
    check_readable(&buffer, 60, 40);
    mc__buffer_consume(&buffer, 40);
    ck_assert_uint_eq(mc__buffer_len(&buffer), 0);
    ck_assert_uint_eq(mc__buffer_room(&buffer), buffer.capacity);
    mc__buffer_free(&buffer);
}
END_TEST

static const size_t impossible_rows[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 99, SIZE_MAX / 2, SIZE_MAX / 2 + 2};

START_TEST(a_failed_reserve_changes_nothing) {
    mc__buffer empty = {0};
    mc__buffer buffer = {0};

    append_stream(&buffer, 0, 200);
    mc__buffer_consume(&buffer, 100);
    ck_assert(!mc__buffer_reserve(&buffer, impossible_rows[_i]));
    ck_assert(!mc__buffer_append(&buffer, mc_bytes("", impossible_rows[_i])));
    check_readable(&buffer, 100, 100);
    append_stream(&buffer, 200, 1000);
    check_readable(&buffer, 100, 1100);
    mc__buffer_free(&buffer);

    ck_assert(!mc__buffer_reserve(&empty, impossible_rows[_i]));
    ck_assert_ptr_null(empty.data);
}
END_TEST

START_TEST(trim_gives_back_only_what_is_empty_and_large) {
    mc__buffer buffer = {0};

    append_stream(&buffer, 0, 10000);
    mc__buffer_trim(&buffer, 100);
    check_readable(&buffer, 0, 10000);
    mc__buffer_consume(&buffer, 10000);
    mc__buffer_trim(&buffer, buffer.capacity);
    ck_assert_ptr_nonnull(buffer.data);
    mc__buffer_trim(&buffer, buffer.capacity - 1);
    ck_assert_ptr_null(buffer.data);
    ck_assert_uint_eq(buffer.capacity, 0);
}
END_TEST

/* Needed again before it has been of no use for long enough, it stays. */
START_TEST(memory_is_given_back_when_it_was_not_needed_for_a_while) {
    mc__buffer     buffer = {0};
    mc__buffer_use use = {0};

    for (unsigned i = 0; i <= 2 * MC__BUFFER_SMALL_USES; i++) {
        size_t len = i == 0 || i == MC__BUFFER_SMALL_USES ? 10000 : 1000;
        append_stream(&buffer, 0, len);
        mc__buffer_note_use(&buffer, &use);
        mc__buffer_consume(&buffer, len);
        ck_assert(mc__buffer_rest(&buffer, &use, 5000) == (i == 2 * MC__BUFFER_SMALL_USES));
        ck_assert((buffer.data == NULL) == (i == 2 * MC__BUFFER_SMALL_USES));
    }
}
END_TEST

START_TEST(memory_with_bytes_in_it_stays) {
    mc__buffer     buffer = {0};
    mc__buffer_use use = {0};

    append_stream(&buffer, 0, 10000);
    for (unsigned i = 0; i < 2 * MC__BUFFER_SMALL_USES; i++)
        ck_assert(!mc__buffer_rest(&buffer, &use, 100));
    check_readable(&buffer, 0, 10000);
    mc__buffer_free(&buffer);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("buffer");
    TCase *tcase = test_case(suite, "buffer", 20);

    tcase_add_test(tcase, zeroed_memory_is_an_empty_buffer);
    tcase_add_test(tcase, an_empty_append_needs_no_memory);
    tcase_add_test(tcase, a_reserve_of_nothing_gives_a_place_to_write);
    test_rows(tcase, reserved_room_can_be_written_whole, reserve_rows);
    tcase_add_test(tcase, growing_keeps_the_bytes);
    tcase_add_test(tcase, room_in_front_is_used_before_growing);
    tcase_add_test(tcase, consumed_to_the_end_it_starts_again_at_the_front);
    test_rows(tcase, a_failed_reserve_changes_nothing, impossible_rows);
    tcase_add_test(tcase, trim_gives_back_only_what_is_empty_and_large);
    tcase_add_test(tcase, memory_is_given_back_when_it_was_not_needed_for_a_while);
    tcase_add_test(tcase, memory_with_bytes_in_it_stays);
    return suite;
}
