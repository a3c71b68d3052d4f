/* The classic commands: what mcserver answers, and that memcached answers the same where it is not noted otherwise. */
#include "support/check_main.h"
#include "support/cluster.h"
#include "support/raw_exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define K50 "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
#define K250 K50 K50 K50 K50 K50
#define K251 K250 "k"
#define BAD_LINE "CLIENT_ERROR bad command line format\r\n"
#define BAD_EXPTIME "CLIENT_ERROR invalid exptime argument\r\n"
#define BAD_DELTA "CLIENT_ERROR invalid numeric delta argument\r\n"
#define NO_NUMBER "CLIENT_ERROR cannot increment or decrement non-numeric value\r\n"
#define USAGE "CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]\r\n"
#define SET(value) "set k 7 0 " value

typedef struct row {
    const char *send;
    const char *answer;
} row;

/* As memcached 1.6.18. */
static const row rows[] = {
    /* storing and fetching */
    {"set k 5 0 2\r\nab\r\nget k\r\n", "STORED\r\nVALUE k 5 2\r\nab\r\nEND\r\n"},
    {"set k 0 0 0\r\n\r\nget k\r\n", "STORED\r\nVALUE k 0 0\r\n\r\nEND\r\n"},
    {"set k 0 0 4\r\n\r\n\r\n\r\nget k\r\n", "STORED\r\nVALUE k 0 4\r\n\r\n\r\n\r\nEND\r\n"},
    {"get a b c\r\n", "END\r\n"},
    {"set a 0 0 1\r\n1\r\nset c 0 0 1\r\n3\r\nget a b c a\r\n",
     "STORED\r\nSTORED\r\nVALUE a 0 1\r\n1\r\nVALUE c 0 1\r\n3\r\nVALUE a 0 1\r\n1\r\nEND\r\n"},
    {"add k 1 0 1\r\na\r\nadd k 2 0 1\r\nb\r\nget k\r\n", "STORED\r\nNOT_STORED\r\nVALUE k 1 1\r\na\r\nEND\r\n"},
    {"replace k 1 0 1\r\na\r\nset k 1 0 1\r\nb\r\nreplace k 2 0 1\r\nc\r\nget k\r\n",
     "NOT_STORED\r\nSTORED\r\nSTORED\r\nVALUE k 2 1\r\nc\r\nEND\r\n"},
    {"append k 9 9 1\r\na\r\nset k 3 0 1\r\nb\r\nappend k 9 9 2\r\ncd\r\nprepend k 8 8 1\r\na\r\nget k\r\n",
     "NOT_STORED\r\nSTORED\r\nSTORED\r\nSTORED\r\nVALUE k 3 4\r\nabcd\r\nEND\r\n"},
    {"prepend k 0 0 1\r\na\r\n", "NOT_STORED\r\n"},
    {"cas k 0 0 1 1\r\na\r\nset k 0 0 1\r\na\r\ncas k 0 0 1 18446744073709551615\r\nb\r\n",
     "NOT_FOUND\r\nSTORED\r\nEXISTS\r\n"},
    {"set " K250 " 0 0 1\r\na\r\nget " K250 "\r\n", "STORED\r\nVALUE " K250 " 0 1\r\na\r\nEND\r\n"},
    /* ends of lines, spaces, unknown words */
    {"set k 0 0 1\na\r\nget k\n", "STORED\r\nVALUE k 0 1\r\na\r\nEND\r\n"},
    {"get   k   j  \r\n", "END\r\n"},
    {"nonsense\r\nGET k\r\nget k\r\n", "ERROR\r\nERROR\r\nEND\r\n"},
    {"incr k 1 2 3\r\ntouch k 1 2 3\r\ndelete k 1 2 3\r\n", "ERROR\r\nERROR\r\nERROR\r\n"},
    {"set k 0 0 1 noreply more\r\n", "ERROR\r\n"},
    /* keys that are too long */
    {"get " K251 "\r\n", BAD_LINE},
    {"get a " K251 " b\r\n", BAD_LINE},
    {"delete " K251 "\r\n", BAD_LINE},
    {"incr " K251 " 1\r\n", BAD_LINE},
    {"touch " K251 " 0\r\n", BAD_LINE},
    {"gat 0 " K251 "\r\n", BAD_LINE},
    /* numbers of a storage command: the block is swallowed where its length is known */
    {"set k 4294967295 0 1\r\na\r\nget k\r\n", "STORED\r\nVALUE k 4294967295 1\r\na\r\nEND\r\n"},
    {"set k 0 0 -1\r\nget k\r\n", BAD_LINE "END\r\n"},
    {"set k 0 0 2147483647\r\nget k\r\n", BAD_LINE "END\r\n"},
    {"set k 0 0 4294967295\r\nget k\r\n", BAD_LINE "END\r\n"},
    {"set k 0 0 18446744073709551616\r\nget k\r\n", BAD_LINE "END\r\n"},
    {"set k 0 0 1a\r\nget k\r\n", BAD_LINE "END\r\n"},
    /* blocks of another length than said */
    {"set k 0 0 2\r\nabcdef\r\nget k\r\n", "CLIENT_ERROR bad data chunk\r\nERROR\r\nEND\r\n"},
    {"set k 0 0 6\r\nab\r\nget k\r\nget k\r\n", "CLIENT_ERROR bad data chunk\r\nERROR\r\nEND\r\n"},
    {"set k 0 0 2\r\nab\nget k\r\nget k\r\n", "CLIENT_ERROR bad data chunk\r\nERROR\r\nEND\r\n"},
    /* expiry */
    {"set k 0 -1 1\r\na\r\nget k\r\n", "STORED\r\nEND\r\n"},
    {"set k 0 2592000 1\r\na\r\nget k\r\n", "STORED\r\nVALUE k 0 1\r\na\r\nEND\r\n"},
    {"set k 0 2592001 1\r\na\r\nget k\r\n", "STORED\r\nEND\r\n"},
    {"set k 0 2147483647 1\r\na\r\nget k\r\n", "STORED\r\nVALUE k 0 1\r\na\r\nEND\r\n"},
    {"touch k 10\r\nset k 0 0 1\r\na\r\ntouch k 10\r\ntouch k abc\r\ntouch k -1\r\nget k\r\n",
     "NOT_FOUND\r\nSTORED\r\nTOUCHED\r\n" BAD_EXPTIME "TOUCHED\r\nEND\r\n"},
    {"gat 10 k\r\nset k 4 0 1\r\na\r\ngat 10 k j\r\ngat abc k\r\ngats abc k\r\ngat -1 k\r\nget k\r\n",
     "END\r\nSTORED\r\nVALUE k 4 1\r\na\r\nEND\r\n" BAD_EXPTIME BAD_EXPTIME "VALUE k 4 1\r\na\r\nEND\r\nEND\r\n"},
    /* delete */
    {"delete k\r\nset k 0 0 1\r\na\r\ndelete k\r\nget k\r\n", "NOT_FOUND\r\nSTORED\r\nDELETED\r\nEND\r\n"},
    {"set k 0 0 1\r\na\r\ndelete k 5\r\ndelete k 10 noreply\r\ndelete a b c\r\ndelete k 0\r\n",
     "STORED\r\n" USAGE USAGE "DELETED\r\n"},
    {"set k 0 0 1\r\na\r\ndelete k 0 noreply\r\nget k\r\n", "STORED\r\nEND\r\n"},
    /* incr, decr */
    {"incr k 1\r\ndecr k 1\r\n", "NOT_FOUND\r\nNOT_FOUND\r\n"},
    {SET("2\r\n10\r\n") "decr k 1\r\nget k\r\nincr k 90\r\n", "STORED\r\n9\r\nVALUE k 7 2\r\n9 \r\nEND\r\n99\r\n"},
    {SET("2\r\n99\r\n") "incr k 1\r\nget k\r\n", "STORED\r\n100\r\nVALUE k 7 3\r\n100\r\nEND\r\n"},
    {SET("3\r\n007\r\n") "incr k 1\r\nget k\r\n", "STORED\r\n8\r\nVALUE k 7 3\r\n8  \r\nEND\r\n"},
    {SET("2\r\n5 \r\n") "incr k 1\r\n", "STORED\r\n6\r\n"},
    {SET("20\r\n18446744073709551615\r\n") "incr k 1\r\nget k\r\n",
     "STORED\r\n0\r\nVALUE k 7 20\r\n0                   \r\nEND\r\n"},
    {SET("1\r\n5\r\n") "decr k 6\r\ndecr k 1\r\n", "STORED\r\n0\r\n0\r\n"},
    {SET("3\r\nabc\r\n") "incr k 1\r\n", "STORED\r\n" NO_NUMBER},
    {SET("2\r\n-5\r\n") "decr k 1\r\n", "STORED\r\n" NO_NUMBER},
    {SET("0\r\n\r\n") "incr k 1\r\n", "STORED\r\n" NO_NUMBER},
    {SET("3\r\n10a\r\n") "incr k 1\r\n", "STORED\r\n" NO_NUMBER},
    {SET("20\r\n18446744073709551616\r\n") "incr k 1\r\n", "STORED\r\n" NO_NUMBER},
    {SET("21\r\n184467440737095516150\r\n") "incr k 1\r\n", "STORED\r\n" NO_NUMBER},
    {SET("1\r\n5\r\n") "incr k abc\r\nincr k -1\r\nincr k 18446744073709551616\r\nincr k 18446744073709551615\r\n",
     "STORED\r\n" BAD_DELTA BAD_DELTA BAD_DELTA "4\r\n"},
    /* noreply */
    {"set k 0 0 1 noreply\r\na\r\nget k\r\n", "VALUE k 0 1\r\na\r\nEND\r\n"},
    {"add k 0 0 1 noreply\r\na\r\nadd k 0 0 1 noreply\r\nb\r\nreplace j 0 0 1 noreply\r\nc\r\nget k j\r\n",
     "VALUE k 0 1\r\na\r\nEND\r\n"},
    {"set k 0 0 1 noreply\r\nb\r\nappend k 0 0 1 noreply\r\nc\r\nprepend k 0 0 1 noreply\r\na\r\nget k\r\n",
     "VALUE k 0 3\r\nabc\r\nEND\r\n"},
    {"set k 0 0 1 noreply\r\n1\r\ncas k 0 0 1 999999999 noreply\r\n7\r\ncas j 0 0 1 1 noreply\r\n7\r\nincr k 2 noreply\r\n"
     "decr k 1 noreply\r\ntouch k 0 noreply\r\ntouch j 0 noreply\r\nverbosity 0 noreply\r\nget k\r\n",
     "VALUE k 0 1\r\n2\r\nEND\r\n"},
    {"set k 0 0 1\r\na\r\ndelete k noreply\r\ndelete k noreply\r\nget k\r\n", "STORED\r\nEND\r\n"},
    {"set k 0 0 1\r\na\r\nflush_all noreply\r\nget k\r\nset k 0 0 1\r\nb\r\nflush_all 0 noreply\r\nget k\r\n",
     "STORED\r\nEND\r\nSTORED\r\nEND\r\n"},
    {"set k 0 0 2000000 noreply\r\n", ""},
    /* the whole server */
    {"set k 0 0 1\r\na\r\nflush_all\r\nget k\r\nset k 0 0 1\r\nb\r\nget k\r\n",
     "STORED\r\nOK\r\nEND\r\nSTORED\r\nVALUE k 0 1\r\nb\r\nEND\r\n"},
    {"flush_all abc\r\nflush_all 1 2 3\r\nflush_all -1\r\n", BAD_EXPTIME "ERROR\r\nOK\r\n"},
    {"verbosity\r\nverbosity 0\r\nverbosity abc\r\nverbosity 1 2 3\r\n", "ERROR\r\nOK\r\n" BAD_LINE "ERROR\r\n"},
    {"stats bogus\r\nstats reset\r\n", "ERROR\r\nRESET\r\n"},
    {"stats detail on\r\nget n:k\r\nset n:k:l 0 0 1\r\na\r\nget k n:k:l n:j\r\ngat 0 n:k:l\r\nmg n:k:l\r\ndelete n:k\r\n"
     "ms n:k:l 1\r\na\r\nincr n:k 1\r\nstats detail dump\r\n",
     "OK\r\nEND\r\nSTORED\r\nVALUE n:k:l 0 1\r\na\r\nEND\r\nVALUE n:k:l 0 1\r\na\r\nEND\r\nHD\r\nNOT_FOUND\r\nHD\r\n"
     "NOT_FOUND\r\nPREFIX n get 4 hit 2 set 1 del 1\r\nEND\r\n"},
    {"stats detail off\r\nget n:x\r\nstats reset\r\nstats detail dump\r\nstats detail\r\n",
     "OK\r\nEND\r\nRESET\r\nEND\r\nCLIENT_ERROR usage: stats detail on|off|dump\r\n"},
    {"stats cachedump\r\nstats cachedump 1\r\nstats cachedump 1 x\r\nstats cachedump 64 1\r\n",
     "CLIENT_ERROR bad command line\r\nCLIENT_ERROR bad command line\r\n" BAD_LINE "CLIENT_ERROR Illegal slab id\r\n"},
    {"set k 0 0 4\r\n\t 5 \r\nincr k 1\r\nget k\r\nset k 0 0 3\r\n5 x\r\nincr k 2\r\nset k 0 0 3\r\n 5x\r\nincr k 1\r\n",
     "STORED\r\n6\r\nVALUE k 0 4\r\n6   \r\nEND\r\nSTORED\r\n7\r\nSTORED\r\n" NO_NUMBER},
    {"cache_memlimit\r\ncache_memlimit 7\r\ncache_memlimit x\r\ncache_memlimit 64\r\ncache_memlimit 64 noreply\r\n",
     "ERROR\r\nMEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m\r\nERROR\r\nOK\r\n"},
    {"shutdown\r\n", "ERROR: shutdown not enabled\r\n"},
    {"get k\r\nquit\r\nget k\r\n", "END\r\n"},
    /* other protocols */
    {"GET / HTTP/1.1\r\nHost: x\r\n\r\nget k\r\n", ""},
    {"POST /x HTTP/1.0\r\n\r\nset k 0 0 1\r\na\r\n", ""},
    {"get k\r\nPUT / HTTP/1.1\r\nget k\r\n", "END\r\n"},
};

/* On purpose not as 1.6.18, but mostly as later versions: the data block of a wrong line is swallowed, too few words are a
 * CLIENT_ERROR, numbers are strict. */
static const row own_rows[] = {
    {"cas k 0 0 1 18446744073709551616\r\na\r\n", BAD_LINE},
    {"cas k 0 0 1 -1\r\na\r\n", BAD_LINE},
    {"cas k 0 0 1\r\na\r\n", BAD_LINE},
    {"\r\n \r\nversions\r\n", BAD_LINE BAD_LINE "ERROR\r\n"},
    {"get\r\ngets\r\ngat\r\ngats\r\ngat 0\r\ntouch\r\ntouch k\r\nincr\r\nincr k\r\ndelete\r\nset k\r\nset k 0 0\r\n",
     BAD_LINE BAD_LINE BAD_LINE BAD_LINE BAD_LINE BAD_LINE BAD_LINE BAD_LINE BAD_LINE BAD_LINE BAD_LINE BAD_LINE},
    {"set a 0 0 1\r\n1\r\nget a " K251 "\r\n", "STORED\r\n" BAD_LINE},
    {"set " K251 " 0 0 5\r\nget k\r\nget k\r\n", BAD_LINE "END\r\n"},
    {"set k abc 0 5\r\nget k\r\nget k\r\n", BAD_LINE "END\r\n"},
    {"set k 0 abc 5\r\nget k\r\nget k\r\n", BAD_LINE "END\r\n"},
    {"set k -1 0 5\r\nget k\r\nget k\r\n", BAD_LINE "END\r\n"},
    {"set k 4294967297 0 1\r\na\r\nget k\r\n", BAD_LINE "END\r\n"},
    {"set k 0 0 4294967296\r\nget k\r\n", BAD_LINE "END\r\n"},
    {"set k 0 0 1\r\na\r\nset k 0 0 1\r\nab\r\n\r\nget k\r\n",
     "STORED\r\nCLIENT_ERROR bad data chunk\r\n" BAD_LINE BAD_LINE "VALUE k 0 1\r\na\r\nEND\r\n"},
    {"set k 0 9999999999 1\r\na\r\nget k\r\n", "STORED\r\nVALUE k 0 1\r\na\r\nEND\r\n"},
    {"set k 0 9223372036854775807 1\r\na\r\nget k\r\n", "STORED\r\nVALUE k 0 1\r\na\r\nEND\r\n"},
    {"set k 0 -9223372036854775807 1\r\na\r\nget k\r\n", "STORED\r\nEND\r\n"},
    {"set " K251 " 0 0 1 noreply\r\na\r\n", BAD_LINE},
};

static cluster *server;

static void start_bundled(void) {
    server = cluster_start(SERVER_BUNDLED, 1);
}

static void start_memcached(void) {
    server = cluster_start(SERVER_MEMCACHED, 1);
}

static void stop(void) {
    cluster_stop(server);
}

static void flush_all(void) {
    raw_expect(server->hosts[0], "flush_all\r\n", "OK\r\n");
}

START_TEST(answers) {
    flush_all();
    raw_expect(server->hosts[0], rows[_i].send, rows[_i].answer);
}
END_TEST

START_TEST(answers_in_its_own_way) {
    raw_expect(server->hosts[0], own_rows[_i].send, own_rows[_i].answer);
}
END_TEST

/* One byte in a segment of its own after the other. */
static void expect_byte_by_byte(const row *expected) {
    char *answer = raw_exchange(server->hosts[0], expected->send, strlen(expected->send), 1, NULL);

    ck_assert_str_eq(answer, expected->answer);
    free(answer);
}

START_TEST(answers_byte_by_byte) {
    expect_byte_by_byte(&rows[_i]);
}
END_TEST

START_TEST(answers_in_its_own_way_byte_by_byte) {
    expect_byte_by_byte(&own_rows[_i]);
}
END_TEST

/* The first token of cas after "VALUE k 0 1 ". */
static unsigned long long cas_of(const char *key) {
    char               command[64];
    char              *answer, *at;
    unsigned long long cas;

    snprintf(command, sizeof command, "gets %s\r\n", key);
    answer = raw_exchange(server->hosts[0], command, strlen(command), 0, NULL);
    at = strstr(answer, " 0 1 ");
    ck_assert_ptr_nonnull(at);
    cas = strtoull(at + 5, NULL, 10);
    free(answer);
    return cas;
}

START_TEST(cas_ids_grow_over_all_keys) {
    unsigned long long first, second, third;

    raw_expect(server->hosts[0], "set a 0 0 1\r\n1\r\nset b 0 0 1\r\n1\r\n", "STORED\r\nSTORED\r\n");
    first = cas_of("a");
    second = cas_of("b");
    ck_assert_uint_gt(second, first);
    raw_expect(server->hosts[0], "incr a 1\r\n", "2\r\n");
    third = cas_of("a");
    ck_assert_uint_gt(third, second);
    raw_expect(server->hosts[0], "touch a 0\r\ngat 0 a\r\n", "TOUCHED\r\nVALUE a 0 1\r\n2\r\nEND\r\n");
    ck_assert_uint_eq(cas_of("a"), third);
}
END_TEST

START_TEST(cas_stores_with_the_right_token) {
    char command[128];

    raw_expect(server->hosts[0], "set a 0 0 1\r\n1\r\n", "STORED\r\n");
    snprintf(command, sizeof command, "cas a 0 0 1 %llu\r\n2\r\n", cas_of("a"));
    raw_expect(server->hosts[0], command, "STORED\r\n");
    raw_expect(server->hosts[0], command, "EXISTS\r\n");
    raw_expect(server->hosts[0], "get a\r\n", "VALUE a 0 1\r\n2\r\nEND\r\n");
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("server_commands");
    TCase *bundled = test_case(suite, "mcserver", 60);
    TCase *debian = test_case(suite, "memcached", 60);

    tcase_add_checked_fixture(bundled, start_bundled, stop);
    test_rows(bundled, answers, rows);
    test_rows(bundled, answers_byte_by_byte, rows);
    test_rows(bundled, answers_in_its_own_way, own_rows);
    test_rows(bundled, answers_in_its_own_way_byte_by_byte, own_rows);
    tcase_add_test(bundled, cas_ids_grow_over_all_keys);
    tcase_add_test(bundled, cas_stores_with_the_right_token);

    tcase_add_unchecked_fixture(debian, start_memcached, stop);
    test_rows(debian, answers, rows);
    return suite;
}
