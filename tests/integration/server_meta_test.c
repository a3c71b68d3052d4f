/* The meta commands: what mcserver answers, and that memcached answers the same where it knows the flag. */
#include "support/check_main.h"
#include "support/cluster.h"
#include "support/raw_exchange.h"

#include <stdlib.h>
#include <string.h>

#define K50 "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
#define K251 K50 K50 K50 K50 K50 "k"
#define O31 "Oaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define BAD_LINE "CLIENT_ERROR bad command line format\r\n"
#define BAD_TOKEN "CLIENT_ERROR bad token in command line format\r\n"
#define BAD_FLAG "CLIENT_ERROR invalid flag\r\n"
#define BAD_OR_DUPLICATE "CLIENT_ERROR invalid or duplicate flag\r\n"
#define BAD_KEY "CLIENT_ERROR error decoding key\r\n"
#define BAD_MODE "CLIENT_ERROR invalid mode for ms M token\r\n"
#define BAD_MODE_LENGTH "CLIENT_ERROR incorrect length for M token\r\n"
#define SET_K "set k 5 100 2 noreply\r\nhi\r\n"
#define SET_N "set n 0 0 2 noreply\r\n10\r\n"

typedef struct row {
    const char *send;
    const char *answer;
} row;

/* As memcached 1.6.18. */
static const row rows[] = {
    {"mn\r\nmn x\r\n", "MN\r\nMN\r\n"},
    /* mg */
    {SET_K "mg k\r\nmg k v\r\nmg k s v f t k O1 q\r\n", "HD\r\nVA 2\r\nhi\r\nVA 2 s2 f5 t100 kk O1\r\nhi\r\n"},
    {SET_K "mg k h l\r\nmg k h\r\n", "HD h0 l0\r\nHD h1\r\n"},
    {SET_K "mg k h u\r\nmg k h\r\n", "HD h0\r\nHD h0\r\n"},
    {"mg miss\r\nmg miss k O1\r\nmg miss v q\r\nmg miss k O1 q\r\nmn\r\n", "EN\r\nEN kmiss O1\r\nMN\r\n"},
    {SET_K "mg k k q\r\nmg k P/hint L/hint v5\r\n", "HD kk\r\nVA 2\r\nhi\r\n"},
    {SET_K "mg k v v\r\nmg k !\r\nmg k S5\r\nmg k a\r\nmg k m o o o\r\n",
     "CLIENT_ERROR duplicate flag\r\n" BAD_FLAG BAD_FLAG BAD_FLAG BAD_FLAG},
    {SET_K "mg k " O31 "\r\nmg k " O31 "a\r\n", "HD " O31 "\r\nCLIENT_ERROR opaque token too long\r\n"},
    {SET_K "mg k T500 t\r\nmg k T0 t\r\nmg k T-1\r\nmg k\r\n", "HD t500\r\nHD t-1\r\nHD\r\nEN\r\n"},
    {SET_K "mg k Tabc\r\nmg k T\r\nmg k N\r\nmg k Rx\r\n", BAD_TOKEN BAD_TOKEN BAD_TOKEN BAD_TOKEN},
    {"mg " K251 " q\r\n", BAD_LINE},
    /* winning and staleness */
    {"mg k N30 v t\r\nmg k N30 v t\r\nmg k v\r\n", "VA 0 t30 W\r\n\r\nVA 0 t30 Z\r\n\r\nVA 0 Z\r\n\r\n"},
    {SET_K "mg k R30 v t\r\nmg k R200 v t\r\nmg k R200 v t\r\n",
     "VA 2 t100\r\nhi\r\nVA 2 t100 W\r\nhi\r\nVA 2 t100 Z\r\nhi\r\n"},
    {SET_K "md k I T30\r\nmg k v t\r\nmg k v t\r\n", "HD\r\nVA 2 t30 X W\r\nhi\r\nVA 2 t30 Z X\r\nhi\r\n"},
    {SET_K "md k I\r\nmg k t\r\n", "HD\r\nHD t100 X W\r\n"},
    {SET_K "md k I\r\nms k 1 C1\r\nx\r\nms k 1 C1 I\r\ny\r\nmg k v\r\nmg k v\r\nms k 1\r\nz\r\nmg k v\r\n",
     "HD\r\nEX\r\nHD\r\nVA 1 X W\r\ny\r\nVA 1 Z X\r\ny\r\nHD\r\nVA 1\r\nz\r\n"},
    {"mg k N30\r\nmg k\r\nmd k I\r\nmg k\r\n", "HD W\r\nHD Z\r\nHD\r\nHD X W\r\n"},
    /* ms */
    {"ms k 2\r\nab\r\nmg k v f t\r\n", "HD\r\nVA 2 f0 t-1\r\nab\r\n"},
    {"ms k 2 T30 F7 k O9\r\nab\r\nmg k v f t\r\n", "HD kk O9\r\nVA 2 f7 t30\r\nab\r\n"},
    {"ms k 2 q\r\nab\r\nmn\r\nget k\r\n", "MN\r\nVALUE k 0 2\r\nab\r\nEND\r\n"},
    {SET_K "ms k 2 C999999\r\nab\r\nms k 2 C999999 q\r\nab\r\nms j 2 C1 q k\r\nab\r\nmn\r\n", "EX\r\nEX\r\nNF kj\r\nMN\r\n"},
    {SET_K "ms k 2 ME q\r\nab\r\nms j 2 ME\r\nab\r\nms x 2 MR q\r\nab\r\nms j 2 MR\r\ncd\r\n", "NS\r\nHD\r\nNS\r\nHD\r\n"},
    {SET_K "ms k 2 MA\r\nab\r\nms k 1 MP\r\nx\r\nmg k v f\r\nms j 2 MA\r\nab\r\nms k 1 MS\r\ny\r\n",
     "HD\r\nHD\r\nVA 5 f5\r\nxhiab\r\nNS\r\nHD\r\n"},
    {"ms k 1 MR C1\r\na\r\nms k 1 MA C1\r\na\r\nms k 1 MP C1 q\r\na\r\nms k 1 ME C1\r\na\r\n", "NF\r\nNS\r\nNS\r\nHD\r\n"},
    {"ms k 2 MX\r\nab\r\nms k 2 MXX\r\nab\r\nms k 2 M\r\nab\r\nmn\r\n", BAD_MODE BAD_MODE_LENGTH BAD_MODE_LENGTH "MN\r\n"},
    {"ms k 2 !\r\nab\r\nms k 2 Fabc\r\nab\r\nms k 2 Cabc\r\nab\r\nms k 2 Tabc q\r\nab\r\nmn\r\n",
     BAD_FLAG BAD_LINE BAD_TOKEN BAD_TOKEN "MN\r\n"},
    {"ms k\r\nms k abc\r\nms k -1\r\nms k S2\r\n", BAD_LINE BAD_LINE BAD_LINE BAD_LINE},
    {"ms k 2 q\r\nabcdef\r\nmn\r\n", "CLIENT_ERROR bad data chunk\r\nERROR\r\nMN\r\n"},
    {"ms k 2 " O31 "a\r\nab\r\nmn\r\n", "CLIENT_ERROR opaque token too long\r\nMN\r\n"},
    /* keys in base64 */
    {SET_K "mg aw== b v k\r\n", "VA 2 kk\r\nhi\r\n"},
    {"ms a2V5 2 b k\r\nab\r\nmg key v\r\nmg a2V5 b k v\r\nmd a2V5 b k\r\n",
     "HD ka2V5 b\r\nVA 2\r\nab\r\nVA 2 ka2V5 b\r\nab\r\n"
     "HD ka2V5 b\r\n"},
    {"mg aw= b\r\nmg !!!! b\r\nmg aw== b k\r\nms k 2 b\r\nab\r\nmn\r\n", BAD_KEY BAD_KEY "EN kaw== b\r\n" BAD_KEY "MN\r\n"},
    /* md */
    {SET_K "md k k O1\r\nmd k k O1\r\n", "HD kk O1\r\nNF kk O1\r\n"},
    {SET_K "md k C999999\r\nmd k C999999 q\r\nmd k q\r\nmd k q\r\nmn\r\n", "EX\r\nEX\r\nNF\r\nMN\r\n"},
    {SET_K "md k !\r\nmd k k k\r\nmd k Cabc\r\nmd k b\r\n",
     BAD_OR_DUPLICATE BAD_OR_DUPLICATE BAD_OR_DUPLICATE BAD_OR_DUPLICATE},
    /* ma */
    {SET_N "ma n\r\nma n v\r\nma n MD D5 v\r\nma n M- v\r\nma n MI D100 v\r\nma n M+\r\nmg n v\r\n",
     "HD\r\nVA 2\r\n12\r\nVA 1\r\n7\r\nVA 1\r\n6\r\nVA 3\r\n106\r\nHD\r\nVA 3\r\n107\r\n"},
    {SET_N "ma n q\r\nma n q v\r\nma j q\r\nma n C999999 q\r\nmn\r\n", "NF\r\nEX\r\nMN\r\n"},
    {"ma j\r\nma j N30 J13 v t k\r\nma j N30 J13 v t\r\n", "NF\r\nVA 2 t30 kj\r\n13\r\nVA 2 t30\r\n14\r\n"},
    {"ma j N0 q\r\nmn\r\nma j q\r\nmn\r\n", "HD\r\nMN\r\nMN\r\n"},
    {SET_N "ma n T90 v t\r\n", "VA 2 t90\r\n11\r\n"},
    {SET_K "ma k\r\nma k q\r\n", "CLIENT_ERROR cannot increment or decrement non-numeric value\r\n"
                                 "CLIENT_ERROR cannot increment or decrement non-numeric value\r\n"},
    {SET_N "ma n MX\r\nma n Dx\r\nma n Jx N0\r\nma n M\r\n",
     "CLIENT_ERROR invalid mode for ma M token\r\n" BAD_OR_DUPLICATE BAD_OR_DUPLICATE BAD_OR_DUPLICATE},
    {"set n 0 0 20 noreply\r\n18446744073709551615\r\nma n v\r\nma n MD D5 v\r\n", "VA 1\r\n0\r\nVA 1\r\n0\r\n"},
    /* me */
    {"me k\r\n", "EN\r\n"},
};

/* As later versions of memcached. */
static const row own_rows[] = {
    {"mg\r\nms\r\nmd\r\nma\r\nme\r\nms k 2 q\r\nab\r\nmn\r\n", BAD_LINE BAD_LINE BAD_LINE BAD_LINE BAD_LINE "MN\r\n"},
    {"ms " K251 " 4\r\nmg k\r\nmn\r\n", BAD_LINE "MN\r\n"},
    {"ms k 2 F4294967296\r\nab\r\nmn\r\n", BAD_LINE "MN\r\n"},
    {"ms k 2 E77 c\r\nab\r\nmg k c\r\nms k 1 C77 E99 c\r\nx\r\nmd k I E123\r\nmg k c\r\n",
     "HD c77\r\nHD c77\r\nHD c99\r\nHD\r\nHD c123 X W\r\n"},
    {SET_N "ma n E55 c v\r\nmg n c\r\nma n C55 E56 c\r\n", "VA 2 c55\r\n11\r\nHD c55\r\nHD c56\r\n"},
    {"ms k 2 MA N30 s\r\nab\r\nms k 1 MA N60 s\r\nc\r\nmg k v t\r\n", "HD s2\r\nHD s3\r\nVA 3 t30\r\nabc\r\n"},
    {"ms k 1 C5 c\r\na\r\nms k 1\r\na\r\nms k 1 C5 E6 c\r\na\r\n", "NF c0\r\nHD\r\nEX c0\r\n"},
    {SET_K "md k x\r\nmg k v f t\r\n", "HD\r\nVA 0 f0 t-1\r\n\r\n"},
    {SET_K "md k x I T30\r\nmg k v f t\r\n", "HD\r\nVA 0 f0 t30 X W\r\n\r\n"},
    {"ms k 2000000 q\r\n", "SERVER_ERROR object too large for cache\r\n"},
    {SET_K "mg k T-1 t\r\n", "HD t0\r\n"},
    {"ms k 2 E7 q\r\nab\r\nme k\r\nmg k q\r\nme aw== b\r\n",
     "ME k exp=-1 la=0 cas=7 fetch=no cls=1 size=62\r\nHD\r\nME aw== exp=-1 la=0 cas=7 fetch=yes cls=1 size=62\r\n"},
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

START_TEST(answers) {
    raw_expect(server->hosts[0], "flush_all\r\n", "OK\r\n");
    raw_expect(server->hosts[0], rows[_i].send, rows[_i].answer);
}
END_TEST

START_TEST(answers_as_later_versions) {
    raw_expect(server->hosts[0], own_rows[_i].send, own_rows[_i].answer);
}
END_TEST

static void expect_byte_by_byte(const row *expected) {
    char *answer = raw_exchange(server->hosts[0], expected->send, strlen(expected->send), 1, NULL);

    ck_assert_str_eq(answer, expected->answer);
    free(answer);
}

START_TEST(answers_byte_by_byte) {
    expect_byte_by_byte(&rows[_i]);
}
END_TEST

START_TEST(answers_as_later_versions_byte_by_byte) {
    expect_byte_by_byte(&own_rows[_i]);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("server_meta");
    TCase *bundled = test_case(suite, "mcserver", 60);
    TCase *debian = test_case(suite, "memcached", 60);

    tcase_add_checked_fixture(bundled, start_bundled, stop);
    test_rows(bundled, answers, rows);
    test_rows(bundled, answers_byte_by_byte, rows);
    test_rows(bundled, answers_as_later_versions, own_rows);
    test_rows(bundled, answers_as_later_versions_byte_by_byte, own_rows);

    tcase_add_unchecked_fixture(debian, start_memcached, stop);
    test_rows(debian, answers, rows);
    return suite;
}
