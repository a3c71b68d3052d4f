#include "protocol/request.h"

#include "support/check_main.h"
#include "support/realloc_failure.h"

#include <stdlib.h>
#include <string.h>

#define KEY_50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define KEY_250 KEY_50 KEY_50 KEY_50 KEY_50 KEY_50

typedef struct line_row {
    mc__verb    verb;
    bool        noreply;
    const char *prefix;
    const char *key;
    size_t      value_len;
    uint32_t    flags;
    int64_t     exptime;
    uint64_t    number;
    const char *line;
} line_row;

/* SIZE_MAX in decimal. */
#if SIZE_MAX > UINT32_MAX
#define LONGEST "18446744073709551615"
#else
#define LONGEST "4294967295"
#endif

static const line_row line_rows[] = {
    {MC__VERB_SET, false, "", "k", 3, 0, 0, 0, "set k 0 0 3\r\n"},
    {MC__VERB_SET, true, "", "k", 0, 7, 100, 9, "set k 7 100 0 noreply\r\n"},
    {MC__VERB_ADD, false, "app:", "k", 10, 1, -1, 0, "add app:k 1 -1 10\r\n"},
    {MC__VERB_ADD, true, "", "k", 10, 1, 0, 0, "add k 1 0 10 noreply\r\n"},
    {MC__VERB_REPLACE, false, "", "k", 1, 16, 2147483647, 0, "replace k 16 2147483647 1\r\n"},
    {MC__VERB_REPLACE, true, "", "k", 1, 0, 0, 0, "replace k 0 0 1 noreply\r\n"},
    {MC__VERB_APPEND, false, "", "k", 2, 0, 0, 0, "append k 0 0 2\r\n"},
    {MC__VERB_APPEND, true, "", "k", 2, 0, 0, 0, "append k 0 0 2 noreply\r\n"},
    {MC__VERB_PREPEND, false, "p", "k", 2, 0, 0, 0, "prepend pk 0 0 2\r\n"},
    {MC__VERB_PREPEND, true, "p", "k", 2, 0, 0, 0, "prepend pk 0 0 2 noreply\r\n"},
    {MC__VERB_CAS, false, "", "k", 5, 2, 3, 4, "cas k 2 3 5 4\r\n"},
    {MC__VERB_CAS, true, "", "k", 5, 2, 3, 4, "cas k 2 3 5 4 noreply\r\n"},
    {MC__VERB_GET, false, "", "k", 0, 0, 0, 0, "get k\r\n"},
    {MC__VERB_GETS, false, "a:b:", "k", 0, 0, 0, 0, "gets a:b:k\r\n"},
    {MC__VERB_GAT, false, "", "k", 0, 0, 60, 0, "gat 60 k\r\n"},
    {MC__VERB_GATS, false, "x", "k", 0, 0, -1, 0, "gats -1 xk\r\n"},
    {MC__VERB_DELETE, false, "", "k", 0, 5, 5, 5, "delete k\r\n"},
    {MC__VERB_DELETE, true, "pre", "k", 0, 0, 0, 0, "delete prek noreply\r\n"},
    {MC__VERB_TOUCH, false, "", "k", 0, 0, 0, 0, "touch k 0\r\n"},
    {MC__VERB_TOUCH, true, "", "k", 0, 0, -1, 0, "touch k -1 noreply\r\n"},
    {MC__VERB_INCR, false, "", "k", 0, 0, 0, 1, "incr k 1\r\n"},
    {MC__VERB_INCR, true, "", "k", 0, 0, 0, 0, "incr k 0 noreply\r\n"},
    {MC__VERB_DECR, false, "p:", "k", 0, 0, 0, 10, "decr p:k 10\r\n"},
    {MC__VERB_DECR, true, "", "k", 0, 0, 0, 10, "decr k 10 noreply\r\n"},
    {MC__VERB_FLUSH_ALL, false, "p:", "", 0, 0, 0, 0, "flush_all\r\n"},
    {MC__VERB_FLUSH_ALL, false, "", "", 0, 0, 30, 0, "flush_all 30\r\n"},
    {MC__VERB_FLUSH_ALL, true, "", "", 0, 0, 0, 0, "flush_all noreply\r\n"},
    {MC__VERB_FLUSH_ALL, true, "", "", 0, 0, 4294967295, 0, "flush_all 4294967295 noreply\r\n"},
    {MC__VERB_VERSION, false, "p:", "", 0, 0, 0, 0, "version\r\n"},
    {MC__VERB_STATS, false, "p:", "", 0, 0, 0, 0, "stats\r\n"},
    {MC__VERB_STATS, false, "p:", "items", 0, 0, 0, 0, "stats items\r\n"},
    {MC__VERB_STATS, false, "", "detail on", 0, 0, 0, 0, "stats detail on\r\n"},

    /* the widest of everything */
    {MC__VERB_SET, true, "", KEY_250, SIZE_MAX, UINT32_MAX, INT64_MIN, 0,
     "set " KEY_250 " 4294967295 -9223372036854775808 " LONGEST " noreply\r\n"},
    {MC__VERB_PREPEND, true, KEY_50, KEY_50 KEY_50 KEY_50 KEY_50, SIZE_MAX, UINT32_MAX, INT64_MIN, 0,
     "prepend " KEY_250 " 4294967295 -9223372036854775808 " LONGEST " noreply\r\n"},
    {MC__VERB_CAS, true, "", KEY_250, SIZE_MAX, UINT32_MAX, INT64_MIN, UINT64_MAX,
     "cas " KEY_250 " 4294967295 -9223372036854775808 " LONGEST " 18446744073709551615 noreply\r\n"},
    {MC__VERB_CAS, false, "", "k", 1048576, 2147483648, INT64_MAX, 9223372036854775808u,
     "cas k 2147483648 9223372036854775807 1048576 9223372036854775808\r\n"},
    {MC__VERB_GATS, false, KEY_50, KEY_50, 0, 0, INT64_MIN, 0, "gats -9223372036854775808 " KEY_50 KEY_50 "\r\n"},
    {MC__VERB_TOUCH, true, "", KEY_250, 0, 0, INT64_MIN, 0, "touch " KEY_250 " -9223372036854775808 noreply\r\n"},
    {MC__VERB_INCR, true, "", KEY_250, 0, 0, 0, UINT64_MAX, "incr " KEY_250 " 18446744073709551615 noreply\r\n"},
    {MC__VERB_STATS, false, KEY_250, KEY_250, 0, 0, 0, 0, "stats " KEY_250 "\r\n"},
};

/* The value's bytes are not read when a line is written, only its length is. */
static mc__request request_of(const line_row *row) {
    return (mc__request){.key = mc_str(row->key),
                         .value = mc_bytes("", row->value_len),
                         .flags = row->flags,
                         .exptime = row->exptime,
                         .number = row->number};
}

static mc__command command_of(const line_row *row) {
    return (mc__command){.verb = row->verb, .noreply = row->noreply, .prefix = mc_str(row->prefix)};
}

static void assert_holds(const mc__buffer *buffer, const char *text) {
    mc_slice bytes = mc__buffer_readable(buffer);

    ck_assert_msg(bytes.len == strlen(text) && memcmp(bytes.data, text, bytes.len) == 0, "\"%.*s\" is not \"%s\"",
                  (int)bytes.len, bytes.data, text);
}

START_TEST(each_line_is_written_byte_for_byte) {
    const line_row *row = &line_rows[_i];
    mc__command     command = command_of(row);
    mc__request     request = request_of(row);
    mc__buffer      out = {0};

    ck_assert(mc__request_write_line(&command, &request, &out));
    assert_holds(&out, row->line);
    mc__buffer_free(&out);
}
END_TEST

START_TEST(the_size_is_known_without_writing) {
    const line_row *row = &line_rows[_i];
    mc__command     command = command_of(row);
    mc__request     request = request_of(row);

    ck_assert_uint_eq(mc__request_line_size(&command, &request), strlen(row->line));
}
END_TEST

/* With room for exactly what is there, so that a sanitizer sees a byte too much. */
static mc__buffer full_buffer(const char *text) {
    mc__buffer buffer = {0};

    buffer.capacity = buffer.end = strlen(text);
    buffer.data = malloc(buffer.capacity);
    ck_assert_ptr_nonnull(buffer.data);
    memcpy(buffer.data, text, buffer.end);
    return buffer;
}

START_TEST(a_line_goes_behind_what_is_there) {
    const line_row *row = &line_rows[_i];
    mc__command     command = command_of(row);
    mc__request     request = request_of(row);
    mc__buffer      out = full_buffer("before");
    char            expected[1024] = "before";

    ck_assert(mc__request_write_line(&command, &request, &out));
    assert_holds(&out, strcat(expected, row->line));
    mc__buffer_free(&out);
}
END_TEST

START_TEST(without_memory_nothing_is_written) {
    const line_row *row = &line_rows[_i];
    mc__command     command = command_of(row);
    mc__request     request = request_of(row);
    mc__buffer      out = full_buffer("before");
    bool            written;

    realloc_failure_at(1);
    written = mc__request_write_line(&command, &request, &out);
    realloc_failure_at(0);
    ck_assert(!written);
    assert_holds(&out, "before");
    mc__buffer_free(&out);
}
END_TEST

START_TEST(a_value_of_any_bytes_is_only_counted) {
    static const char value[] = "\r\nset x 0 0 1\r\n\0";
    mc__command       command = {.verb = MC__VERB_SET};
    mc__request       request = {.key = mc_str("k"), .value = {value, sizeof value - 1}};
    mc__buffer        out = {0};

    ck_assert(mc__request_write_line(&command, &request, &out));
    assert_holds(&out, "set k 0 0 16\r\n");
    mc__buffer_free(&out);
}
END_TEST

START_TEST(a_key_of_high_bytes_goes_through) {
    static const char key[] = "\x80\xff\xc3\xa4";
    mc__command       command = {.verb = MC__VERB_GET};
    mc__request       request = {.key = mc_str(key)};
    mc__buffer        out = {0};

    ck_assert(mc__request_write_line(&command, &request, &out));
    assert_holds(&out, "get \x80\xff\xc3\xa4\r\n");
    mc__buffer_free(&out);
}
END_TEST

static const struct {
    mc__verb    verb;
    const char *line;
} keys_rows[] = {
    {MC__VERB_GET, "get p:a p:bb p:ccc\r\n"},
    {MC__VERB_GETS, "gets p:a p:bb p:ccc\r\n"},
    {MC__VERB_GAT, "gat 9 p:a p:bb p:ccc\r\n"},
    {MC__VERB_GATS, "gats 9 p:a p:bb p:ccc\r\n"},
};

static const mc_slice three_keys[] = {{"a", 1}, {"bb", 2}, {"ccc", 3}};

START_TEST(a_line_of_keys_is_written_as_it_stands_or_in_order) {
    static const mc_slice mixed[] = {{"ccc", 3}, {"no", 2}, {"a", 1}, {"bb", 2}};
    static const size_t   order[] = {2, 3, 0};
    mc__command           command = {.verb = keys_rows[_i].verb, .prefix = mc_str("p:")};
    mc__key_list          lists[] = {{three_keys, NULL, 3}, {mixed, order, 3}};

    for (size_t i = 0; i < ROWS(lists); i++) {
        mc__buffer out = {0};
        ck_assert(mc__request_write_keys(&command, &lists[i], 9, &out));
        assert_holds(&out, keys_rows[_i].line);
        ck_assert_uint_eq(mc__request_keys_size(&command, &lists[i], 9), strlen(keys_rows[_i].line));
        mc__buffer_free(&out);
    }
}
END_TEST

START_TEST(nothing_of_a_line_of_keys_is_written_without_memory) {
    mc__command  command = {.verb = MC__VERB_GET, .prefix = mc_str("p:")};
    mc__key_list list = {three_keys, NULL, 3};
    mc__buffer   out = full_buffer("before");
    bool         written;

    realloc_failure_at(1);
    written = mc__request_write_keys(&command, &list, 0, &out);
    realloc_failure_at(0);
    ck_assert(!written);
    assert_holds(&out, "before");
    mc__buffer_free(&out);
}
END_TEST

START_TEST(a_request_is_its_line_and_its_data_block) {
    mc__command command = {.verb = MC__VERB_SET};
    mc__request request = {.key = mc_str("k"), .value = {"\r\n\0x", 4}};
    mc__buffer  out = full_buffer("before");
    mc_slice    bytes;

    ck_assert(mc__request_write(&command, &request, &out));
    bytes = mc__buffer_readable(&out);
    ck_assert(mc__slice_equal(bytes, MC__LITERAL("beforeset k 0 0 4\r\n\r\n\0x\r\n")));
    mc__buffer_free(&out);
    command.verb = MC__VERB_DELETE;
    ck_assert(mc__request_write(&command, &request, &out));
    assert_holds(&out, "delete k\r\n");
    mc__buffer_free(&out);
}
END_TEST

START_TEST(nothing_of_a_request_is_written_without_memory) {
    mc__command command = {.verb = MC__VERB_SET};
    mc__request request = {.key = mc_str("k"), .value = mc_str("v")};
    mc__buffer  out = full_buffer("before");
    bool        written;

    realloc_failure_at(1);
    written = mc__request_write(&command, &request, &out);
    realloc_failure_at(0);
    ck_assert(!written);
    request.value.len = SIZE_MAX - 1;
    ck_assert(!mc__request_write(&command, &request, &out));
    assert_holds(&out, "before");
    mc__buffer_free(&out);
}
END_TEST

static const struct {
    mc__verb    verb;
    const char *name;
    bool        stores, retrieves, repeatable;
} verb_rows[] = {
    {MC__VERB_SET, "set", true, false, true},
    {MC__VERB_ADD, "add", true, false, false},
    {MC__VERB_REPLACE, "replace", true, false, true},
    {MC__VERB_APPEND, "append", true, false, false},
    {MC__VERB_PREPEND, "prepend", true, false, false},
    {MC__VERB_CAS, "cas", true, false, false},
    {MC__VERB_GET, "get", false, true, true},
    {MC__VERB_GETS, "gets", false, true, true},
    {MC__VERB_GAT, "gat", false, true, true},
    {MC__VERB_GATS, "gats", false, true, true},
    {MC__VERB_DELETE, "delete", false, false, true},
    {MC__VERB_TOUCH, "touch", false, false, true},
    {MC__VERB_INCR, "incr", false, false, false},
    {MC__VERB_DECR, "decr", false, false, false},
    {MC__VERB_FLUSH_ALL, "flush_all", false, false, true},
    {MC__VERB_VERSION, "version", false, false, true},
    {MC__VERB_STATS, "stats", false, false, true},
};

START_TEST(facts_of_each_verb) {
    mc__verb verb = verb_rows[_i].verb;

    ck_assert(mc__slice_equal(mc__verb_name(verb), mc_str(verb_rows[_i].name)));
    ck_assert(mc__verb_stores(verb) == verb_rows[_i].stores);
    ck_assert(mc__verb_retrieves(verb) == verb_rows[_i].retrieves);
    ck_assert(mc__verb_repeatable(verb) == verb_rows[_i].repeatable);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("request");
    TCase *tcase = test_case(suite, "lines", 10);

    test_rows(tcase, each_line_is_written_byte_for_byte, line_rows);
    test_rows(tcase, the_size_is_known_without_writing, line_rows);
    test_rows(tcase, a_line_goes_behind_what_is_there, line_rows);
    test_rows(tcase, without_memory_nothing_is_written, line_rows);
    tcase_add_test(tcase, a_value_of_any_bytes_is_only_counted);
    tcase_add_test(tcase, a_key_of_high_bytes_goes_through);
    test_rows(tcase, a_line_of_keys_is_written_as_it_stands_or_in_order, keys_rows);
    tcase_add_test(tcase, nothing_of_a_line_of_keys_is_written_without_memory);
    tcase_add_test(tcase, a_request_is_its_line_and_its_data_block);
    tcase_add_test(tcase, nothing_of_a_request_is_written_without_memory);

    tcase = test_case(suite, "verbs", 10);
    test_rows(tcase, facts_of_each_verb, verb_rows);
    return suite;
}
