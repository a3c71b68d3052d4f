/* What comes of each reply to each request, however the bytes are cut. */
#include "protocol/pipeline.h"

#include "support/check_main.h"
#include "support/play.h"

#include <string.h>

#define MAX_VALUE_SIZE 1048576

/* A literal and its length, so that a NUL may stand in it. */
#define BYTES(text) text, sizeof(text) - 1

typedef struct reply_row {
    const char *ask;
    const char *replies;
    size_t      len;
    const char *log;
} reply_row;

#define PROTOCOL_ERROR "| broken PROTOCOL_ERROR"

static const reply_row storage_rows[] = {
    {"set k", BYTES("STORED\r\n"), "A0:OK | reusable"},
    {"set k", BYTES("NOT_STORED\r\n"), "A0:NOT_STORED | reusable"},
    {"add k", BYTES("STORED\r\n"), "A0:OK | reusable"},
    {"add k", BYTES("NOT_STORED\r\n"), "A0:NOT_STORED | reusable"},
    {"replace k", BYTES("NOT_STORED\r\n"), "A0:NOT_STORED | reusable"},
    {"append k", BYTES("STORED\r\n"), "A0:OK | reusable"},
    {"prepend k", BYTES("NOT_STORED\r\n"), "A0:NOT_STORED | reusable"},
    {"cas k", BYTES("STORED\r\n"), "A0:OK | reusable"},
    {"cas k", BYTES("EXISTS\r\n"), "A0:EXISTS | reusable"},
    {"cas k", BYTES("NOT_FOUND\r\n"), "A0:NOT_FOUND | reusable"},
    {"cas k", BYTES("NOT_STORED\r\n"), PROTOCOL_ERROR},
    {"set k", BYTES("EXISTS\r\n"), PROTOCOL_ERROR},
    {"set k", BYTES("NOT_FOUND\r\n"), PROTOCOL_ERROR},
    {"set k", BYTES("END\r\n"), PROTOCOL_ERROR},
    {"set k", BYTES("OK\r\n"), PROTOCOL_ERROR},
    {"set k", BYTES("1\r\n"), PROTOCOL_ERROR},
    {"set k", BYTES("VALUE k 0 1\r\nx\r\nEND\r\n"), PROTOCOL_ERROR},
    {"set k", BYTES("STAT a b\r\n"), PROTOCOL_ERROR},
    {"set k", BYTES("VERSION 1\r\n"), PROTOCOL_ERROR},
    {"set k", BYTES("SERVER_ERROR object too large for cache\r\n"), "A0:TOO_LARGE=object too large for cache | reusable"},
    {"set k", BYTES("SERVER_ERROR out of memory storing object\r\n"),
     "A0:SERVER_ERROR=out of memory storing object | reusable"},
    {"set k", BYTES("CLIENT_ERROR bad data chunk\r\n"), "A0:CLIENT_ERROR=bad data chunk | broken CLIENT_ERROR"},
    {"set k", BYTES("ERROR\r\n"), "A0:CLIENT_ERROR= | broken CLIENT_ERROR"},
    {"set k", BYTES("ERROR\r\nERROR\r\n"), "A0:CLIENT_ERROR= | broken CLIENT_ERROR"},
    {"set a b c", BYTES("STORED\r\nNOT_STORED\r\nSTORED\r\n"), "A0:OK A1:NOT_STORED A2:OK | reusable"},
    {"set a b c", BYTES("STORED\r\nSERVER_ERROR no\r\nSTORED\r\n"), "A0:OK A1:SERVER_ERROR=no A2:OK | reusable"},
    {"set a b c", BYTES("STORED\r\nERROR\r\nSTORED\r\n"), "A0:OK A1:CLIENT_ERROR= | broken CLIENT_ERROR"},
    {"set a b c", BYTES("STORED\r\nEND\r\nSTORED\r\n"), "A0:OK " PROTOCOL_ERROR},
    {"set a b", BYTES("STORED\r\n"), "A0:OK | waiting"},
};

static const reply_row retrieval_rows[] = {
    {"get k", BYTES("END\r\n"), "A0:NOT_FOUND~ | reusable"},
    {"get k", BYTES("VALUE k 0 5\r\nhello\r\nEND\r\n"), "A0:OK=hello | reusable"},
    {"get k", BYTES("VALUE k 7 0\r\n\r\nEND\r\n"), "A0:OK=/7 | reusable"},
    {"get k", BYTES("VALUE k 4294967295 1\r\nx\r\nEND\r\n"), "A0:OK=x/4294967295 | reusable"},
    {"get k", BYTES("VALUE k 4294967296 1\r\nx\r\nEND\r\n"), "A0:BAD_VALUE | reusable"},
    {"get a b", BYTES("VALUE a 99999999999999999999999 1\r\nx\r\nVALUE b 0 1\r\ny\r\nEND\r\n"),
     "A0:BAD_VALUE A1:OK=y | reusable"},
    {"get k", BYTES("VALUE k -1 1\r\nx\r\nEND\r\n"), PROTOCOL_ERROR},
    {"get k", BYTES("VALUE k 0 7\r\n\r\nEND\r\n\r\nEND\r\n"), "A0:OK=\\x0d\\x0aEND\\x0d\\x0a | reusable"},
    {"get k", BYTES("VALUE k 0 4\r\n\0\r\n\xff\r\nEND\r\n"), "A0:OK=\\x00\\x0d\\x0a\\xff | reusable"},
    {"gets k", BYTES("VALUE k 0 1 99\r\nx\r\nEND\r\n"), "A0:OK=x#99 | reusable"},
    {"gat k", BYTES("VALUE k 0 1\r\nx\r\nEND\r\n"), "A0:OK=x | reusable"},
    {"gats k", BYTES("VALUE k 3 1 18446744073709551615\r\nx\r\nEND\r\n"), "A0:OK=x/3#18446744073709551615 | reusable"},
    {"gat k", BYTES("END\r\n"), "A0:NOT_FOUND~ | reusable"},
    {"gats k", BYTES("END\r\n"), "A0:NOT_FOUND~ | reusable"},
    {"gets k", BYTES("VALUE k 0 1\r\nx\r\nEND\r\n"), PROTOCOL_ERROR},
    {"get k", BYTES("VALUE k 0 1 99\r\nx\r\nEND\r\n"), PROTOCOL_ERROR},
    {"gats k", BYTES("VALUE k 0 1\r\nx\r\nEND\r\n"), PROTOCOL_ERROR},
    {"gat k", BYTES("VALUE k 0 1 1\r\nx\r\nEND\r\n"), PROTOCOL_ERROR},
    {"get k", BYTES("STORED\r\n"), PROTOCOL_ERROR},
    {"get k", BYTES("NOT_FOUND\r\n"), PROTOCOL_ERROR},

    /* several keys: in order, with misses, out of order */
    {"get a b c", BYTES("VALUE a 0 1\r\n1\r\nVALUE b 0 1\r\n2\r\nVALUE c 0 1\r\n3\r\nEND\r\n"),
     "A0:OK=1 A1:OK=2 A2:OK=3 | reusable"},
    {"get a b c", BYTES("VALUE b 0 1\r\n2\r\nEND\r\n"), "A1:OK=2 A0:NOT_FOUND~ A2:NOT_FOUND~ | reusable"},
    {"get a b c", BYTES("END\r\n"), "A0:NOT_FOUND~ A1:NOT_FOUND~ A2:NOT_FOUND~ | reusable"},
    {"get a b c", BYTES("VALUE c 0 1\r\n3\r\nVALUE a 0 1\r\n1\r\nVALUE b 0 1\r\n2\r\nEND\r\n"),
     "A2:OK=3 A0:OK=1 A1:OK=2 | reusable"},
    {"get a b c", BYTES("VALUE c 0 1\r\n3\r\nVALUE b 0 1\r\n2\r\nEND\r\n"), "A2:OK=3 A1:OK=2 A0:NOT_FOUND~ | reusable"},
    {"gets a b", BYTES("VALUE a 0 1 5\r\n1\r\nVALUE b 0 1 6\r\n2\r\nEND\r\n"), "A0:OK=1#5 A1:OK=2#6 | reusable"},

    /* keys that were not asked for, or not so often */
    {"get k", BYTES("VALUE x 0 1\r\nx\r\nEND\r\n"), PROTOCOL_ERROR},
    {"get key", BYTES("VALUE ke 0 1\r\nx\r\nEND\r\n"), PROTOCOL_ERROR},
    {"get key", BYTES("VALUE keyy 0 1\r\nx\r\nEND\r\n"), PROTOCOL_ERROR},
    {"get key", BYTES("VALUE Key 0 1\r\nx\r\nEND\r\n"), PROTOCOL_ERROR},
    {"get k", BYTES("VALUE k 0 1\r\nx\r\nVALUE k 0 1\r\nx\r\nEND\r\n"), "A0:OK=x " PROTOCOL_ERROR},
    {"get a b", BYTES("VALUE b 0 1\r\nx\r\nVALUE b 0 1\r\nx\r\nEND\r\n"), "A1:OK=x " PROTOCOL_ERROR},
    {"get a b", BYTES("VALUE a 0 1\r\nx\r\nVALUE c 0 1\r\nx\r\nEND\r\n"), "A0:OK=x " PROTOCOL_ERROR},

    /* a key that is asked for twice has two answers */
    {"get a a", BYTES("VALUE a 0 1\r\n1\r\nVALUE a 0 1\r\n2\r\nEND\r\n"), "A0:OK=1 A1:OK=2 | reusable"},
    {"get a b a", BYTES("VALUE a 0 1\r\n1\r\nVALUE a 0 1\r\n2\r\nEND\r\n"), "A0:OK=1 A2:OK=2 A1:NOT_FOUND~ | reusable"},
    {"get a a", BYTES("VALUE a 0 1\r\n1\r\nVALUE a 0 1\r\n2\r\nVALUE a 0 1\r\n3\r\nEND\r\n"),
     "A0:OK=1 A1:OK=2 " PROTOCOL_ERROR},

    /* prefixes */
    {"prefix=p: get k", BYTES("VALUE p:k 0 1\r\nx\r\nEND\r\n"), "A0:OK=x | reusable"},
    {"prefix=p: get k", BYTES("VALUE k 0 1\r\nx\r\nEND\r\n"), PROTOCOL_ERROR},
    {"prefix=p: get k", BYTES("VALUE q:k 0 1\r\nx\r\nEND\r\n"), PROTOCOL_ERROR},
    {"prefix=p: get k", BYTES("VALUE p: 0 1\r\nx\r\nEND\r\n"), PROTOCOL_ERROR},
    {"prefix=p: get k", BYTES("VALUE p:l 0 1\r\nx\r\nEND\r\n"), PROTOCOL_ERROR},
    {"prefix=p: get k l", BYTES("VALUE p:l 0 1\r\nx\r\nEND\r\n"), "A1:OK=x A0:NOT_FOUND~ | reusable"},

    /* the end of the data, and of the whole */
    {"get k", BYTES("VALUE k 0 1\r\nx\nEND\r\n"), PROTOCOL_ERROR},
    {"get k", BYTES("VALUE k 0 1\r\nxEND\r\n"), PROTOCOL_ERROR},
    {"get k", BYTES("VALUE k 0 1\r\nx\rXEND\r\n"), PROTOCOL_ERROR},
    {"get k", BYTES("VALUE k 0 1\r\nxX\nEND\r\n"), PROTOCOL_ERROR},
    {"get k", BYTES("VALUE k 0 1\r\nxy\r\nEND\r\n"), PROTOCOL_ERROR},
    {"get k", BYTES("VALUE k 0 2\r\nx\r\nEND\r\n"), PROTOCOL_ERROR},
    {"get k", BYTES("VALUE k 0 1\r\n\r\nEND\r\n"), PROTOCOL_ERROR},
    {"get k", BYTES("VALUE k 0 1\r\nx\r\n"), "A0:OK=x | waiting"},
    {"get k", BYTES("VALUE k 0 1\r\nx\r\nEND"), "A0:OK=x | waiting"},
    {"get k", BYTES("VALUE k 0 1\r\nx\r\nENDX\r\n"), "A0:OK=x " PROTOCOL_ERROR},
    {"get k", BYTES("VALUE k 0 1\r\nx\r\nSTORED\r\n"), "A0:OK=x " PROTOCOL_ERROR},
    {"get k", BYTES("VALUE k 0 1\r\nx\r\n\r\nEND\r\n"), "A0:OK=x " PROTOCOL_ERROR},
    {"get k", BYTES("END\r\nEND\r\n"), "A0:NOT_FOUND~ | idle"},
    {"get k", BYTES("END\r\nVALUE k 0 1\r\nx\r\n"), "A0:NOT_FOUND~ | idle"},
    {"get k", BYTES("END\r\nX"), "A0:NOT_FOUND~ | idle"},
    {"get k", BYTES("END\r\n\r\n"), "A0:NOT_FOUND~ | idle"},

    /* lengths */
    {"get k", BYTES("VALUE k 0 1048577\r\n"), PROTOCOL_ERROR},
    {"get k", BYTES("VALUE k 0 4294967296\r\n"), PROTOCOL_ERROR},
    {"get k", BYTES("VALUE k 0 18446744073709551614\r\n"), PROTOCOL_ERROR},
    {"get k", BYTES("VALUE k 0 18446744073709551615\r\n"), PROTOCOL_ERROR},
    {"get k", BYTES("VALUE k 0 18446744073709551616\r\n"), PROTOCOL_ERROR},
    {"get k", BYTES("VALUE k 0 1048576\r\nx"), "| waiting"},
    {"get k", BYTES("VALUE k 0 -1\r\n"), PROTOCOL_ERROR},

    /* errors, before, among and after values: what was delivered stays, nothing becomes a miss */
    {"get a b c", BYTES("SERVER_ERROR out\r\n"), "A0:SERVER_ERROR=out A1:SERVER_ERROR=out A2:SERVER_ERROR=out | reusable"},
    {"get a b c", BYTES("VALUE b 0 1\r\n2\r\nSERVER_ERROR out\r\n"),
     "A1:OK=2 A0:SERVER_ERROR=out A2:SERVER_ERROR=out | reusable"},
    {"get a b", BYTES("VALUE a 0 1\r\n1\r\nVALUE b 0 1\r\n2\r\nSERVER_ERROR out\r\n"), "A0:OK=1 A1:OK=2 | reusable"},
    {"get a b", BYTES("ERROR\r\n"), "A0:CLIENT_ERROR= A1:CLIENT_ERROR= | broken CLIENT_ERROR"},
    {"get a b", BYTES("VALUE b 0 1\r\n2\r\nCLIENT_ERROR no\r\n\r\n"), "A1:OK=2 A0:CLIENT_ERROR=no | broken CLIENT_ERROR"},
    {"get a b", BYTES("VALUE a 0 1\r\n1\r\nVALUE b 0 1\r\n2\r\nERROR\r\n"), "A0:OK=1 A1:OK=2 | broken CLIENT_ERROR"},
    {"get a", BYTES("SERVER_ERROR object too large for cache\r\n"), "A0:TOO_LARGE=object too large for cache | reusable"},
};

static const reply_row other_rows[] = {
    {"delete k", BYTES("DELETED\r\n"), "A0:OK | reusable"},
    {"delete k", BYTES("NOT_FOUND\r\n"), "A0:NOT_FOUND | reusable"},
    {"delete k", BYTES("OK\r\n"), PROTOCOL_ERROR},
    {"delete a b", BYTES("NOT_FOUND\r\nDELETED\r\n"), "A0:NOT_FOUND A1:OK | reusable"},
    {"touch k", BYTES("TOUCHED\r\n"), "A0:OK | reusable"},
    {"touch k", BYTES("NOT_FOUND\r\n"), "A0:NOT_FOUND | reusable"},
    {"touch k", BYTES("STORED\r\n"), PROTOCOL_ERROR},
    {"incr k", BYTES("0\r\n"), "A0:OK=0 | reusable"},
    {"incr k", BYTES("18446744073709551615\r\n"), "A0:OK=18446744073709551615 | reusable"},
    {"incr k", BYTES("18446744073709551616\r\n"), PROTOCOL_ERROR},
    {"incr k", BYTES("NOT_FOUND\r\n"), "A0:NOT_FOUND | reusable"},
    {"incr k", BYTES("\r\n"), PROTOCOL_ERROR},
    {"incr k", BYTES("-1\r\n"), PROTOCOL_ERROR},
    {"incr k", BYTES("5 \r\n"), PROTOCOL_ERROR},
    {"incr k", BYTES("5x\r\n"), PROTOCOL_ERROR},
    {"incr k", BYTES("100000000000000000000\r\n"), PROTOCOL_ERROR},
    {"decr k", BYTES("9\r\n"), "A0:OK=9 | reusable"},
    {"decr k", BYTES("CLIENT_ERROR not a number\r\n"), "A0:CLIENT_ERROR=not a number | broken CLIENT_ERROR"},
    {"flush_all", BYTES("OK\r\n"), "A0:OK | reusable"},
    {"flush_all", BYTES("RESET\r\n"), PROTOCOL_ERROR},
    {"version", BYTES("VERSION 1.6.18\r\n"), "A0:OK=1.6.18 | reusable"},
    {"version", BYTES("OK\r\n"), PROTOCOL_ERROR},
    {"stats", BYTES("END\r\n"), "A0:OK | reusable"},
    {"stats", BYTES("STAT pid 42\r\nSTAT version 1.6 x\r\nSTAT e \r\nEND\r\n"),
     "A:stat(pid=42) A:stat(version=1.6 x) A:stat(e=) A0:OK | reusable"},
    {"stats reset", BYTES("RESET\r\n"), "A0:OK | reusable"},
    {"stats detail", BYTES("OK\r\n"), "A0:OK | reusable"},
    {"stats", BYTES("STAT pid 42\r\nSERVER_ERROR out\r\n"), "A:stat(pid=42) A0:SERVER_ERROR=out | reusable"},
    {"stats", BYTES("STAT pid 42\r\nERROR\r\n"), "A:stat(pid=42) A0:CLIENT_ERROR= | broken CLIENT_ERROR"},
    {"stats", BYTES("STAT pid\r\nEND\r\n"), PROTOCOL_ERROR},
    {"stats", BYTES("STAT pid 42\r\nSTORED\r\n"), "A:stat(pid=42) " PROTOCOL_ERROR},
    {"stats", BYTES("STAT pid 42\r\nRESET\r\n"), "A:stat(pid=42) " PROTOCOL_ERROR},
    {"stats", BYTES("VALUE k 0 1\r\nx\r\n"), PROTOCOL_ERROR},

    /* other protocols */
    {"get k", BYTES("HTTP/1.1 400 Bad Request\r\n"), PROTOCOL_ERROR},
    {"set k", BYTES("-ERR unknown command\r\n"), PROTOCOL_ERROR},
    {"get k", BYTES("SSH-2.0-OpenSSH\r\n"), PROTOCOL_ERROR},
    {"get k", BYTES("\x15\x03\x01\0\x02\x02\n"), PROTOCOL_ERROR},

    /* a server at its limit of connections; the same words later are an error like any other */
    {"get k", BYTES("ERROR Too many open connections\r\n"), "| broken UNREACHABLE"},
    {"set a b", BYTES("ERROR Too many open connections\r\n"), "| broken UNREACHABLE"},
    {"set a b", BYTES("STORED\r\nERROR Too many open connections\r\n"),
     "A0:OK A1:CLIENT_ERROR=Too many open connections | broken CLIENT_ERROR"},
    {"get k", BYTES("ERROR Too many open connections!\r\n"),
     "A0:CLIENT_ERROR=Too many open connections! | broken CLIENT_ERROR"},
    {"get k", BYTES("SERVER_ERROR Too many open connections\r\n"), "A0:SERVER_ERROR=Too many open connections | reusable"},
};

static const reply_row queue_rows[] = {
    {"get a; set b; incr n; get c", BYTES("VALUE a 0 1\r\n1\r\nEND\r\nSTORED\r\n8\r\nEND\r\n"),
     "A0:OK=1 B0:OK C0:OK=8 D0:NOT_FOUND~ | reusable"},
    {"get a; get a", BYTES("VALUE a 0 1\r\n1\r\nEND\r\nVALUE a 0 1\r\n2\r\nEND\r\n"), "A0:OK=1 B0:OK=2 | reusable"},
    {"get a; get b", BYTES("VALUE b 0 1\r\n1\r\nEND\r\nEND\r\n"), PROTOCOL_ERROR},
    {"get a; get b", BYTES("END\r\nVALUE a 0 1\r\n1\r\nEND\r\n"), "A0:NOT_FOUND~ " PROTOCOL_ERROR},
    {"get a; get b", BYTES("VALUE a 0 1\r\n1\r\nEND\r\nEND\r\nEND\r\n"), "A0:OK=1 B0:NOT_FOUND~ | idle"},
    {"stats; version; flush_all", BYTES("STAT a b\r\nEND\r\nVERSION 1\r\nOK\r\n"),
     "A:stat(a=b) A0:OK B0:OK=1 C0:OK | reusable"},
    {"get a b; get a b", BYTES("VALUE b 0 1\r\n1\r\nSERVER_ERROR x\r\nVALUE a 0 1\r\n2\r\nEND\r\n"),
     "A1:OK=1 A0:SERVER_ERROR=x B0:OK=2 B1:NOT_FOUND~ | reusable"},
    {"set a; get b", BYTES("ERROR\r\nERROR\r\n"), "A0:CLIENT_ERROR= | broken CLIENT_ERROR"},

    /* requests without reply are answered when they are sent, and take no reply */
    {"set a b noreply", BYTES(""), "A0:OK~ A1:OK~ | reusable"},
    {"set a noreply; get a", BYTES("VALUE a 0 1\r\n1\r\nEND\r\n"), "A0:OK~ B0:OK=1 | reusable"},
    {"get a; set b noreply; set c", BYTES("END\r\nSTORED\r\n"), "B0:OK~ A0:NOT_FOUND~ C0:OK | reusable"},
    {"set a; delete b c noreply", BYTES("STORED\r\n"), "B0:OK~ B1:OK~ A0:OK | reusable"},
    {"flush_all noreply; version", BYTES("VERSION 1\r\n"), "A0:OK~ B0:OK=1 | reusable"},
    {"set a noreply", BYTES("STORED\r\n"), "A0:OK~ | idle"},

    /* an error behind them may be of one of them */
    {"set a noreply; set b", BYTES("SERVER_ERROR x\r\n"), "A0:OK~ " PROTOCOL_ERROR},
    {"set a noreply; set b", BYTES("ERROR\r\n"), "A0:OK~ " PROTOCOL_ERROR},
    {"set a noreply; set b c", BYTES("STORED\r\nSERVER_ERROR x\r\n"), "A0:OK~ B0:OK B1:SERVER_ERROR=x | reusable"},
    {"set a noreply; get b", BYTES("VALUE b 0 1\r\nx\r\nSERVER_ERROR x\r\n"), "A0:OK~ B0:OK=x | reusable"},
    {"set a; set b noreply; set c", BYTES("SERVER_ERROR x\r\nSTORED\r\n"), "B0:OK~ A0:SERVER_ERROR=x C0:OK | reusable"},
};

/* Plays a row with the replies cut at two places, and compares. */
static void play_once(const reply_row *row, bool lends, size_t cut, size_t second_cut, size_t send_step,
                      size_t receive_step) {
    played play;

    play_init(&play, MAX_VALUE_SIZE);
    play.lends = lends;
    play.lend_fails = cut % 5;
    play_ask(&play, row->ask);
    play_send(&play, SIZE_MAX, send_step);
    play_receive(&play, row->replies, cut, receive_step);
    play_receive(&play, row->replies + cut, second_cut - cut, receive_step);
    play_receive(&play, row->replies + second_cut, row->len - second_cut, receive_step);
    play_note_state(&play);
    ck_assert_msg(strcmp(play_log(&play), row->log) == 0, "%s, %scut at %zu and %zu:\n%s\n%s", row->ask,
                  lends ? "lent, " : "", cut, second_cut, play_log(&play), row->log);
    play_free(&play);
}

/* By the pipeline's own memory, and by the exchanges'. */
static void play_row(const reply_row *row, size_t cut, size_t second_cut, size_t send_step, size_t receive_step) {
    play_once(row, false, cut, second_cut, send_step, receive_step);
    play_once(row, true, cut, second_cut, send_step, receive_step);
}

static void play_every_way(const reply_row *row) {
    play_row(row, row->len, row->len, 0, 0);
    play_row(row, row->len, row->len, 1, 0);
    play_row(row, row->len, row->len, 0, 1);
    for (size_t cut = 0; cut <= row->len; cut++) {
        for (size_t second_cut = cut; second_cut <= row->len; second_cut++)
            play_row(row, cut, second_cut, 0, 0);
    }
}

/* However far the replies have come, each request is answered once in the end. */
static void cut_off_at_each_byte(const reply_row *row) {
    for (size_t way = 0; way < 2 * (row->len + 1); way++) {
        size_t len = way / 2;
        played play;

        play_init(&play, MAX_VALUE_SIZE);
        play.lends = way % 2 == 1;
        play_ask(&play, row->ask);
        play_send(&play, SIZE_MAX, 0);
        play_receive(&play, row->replies, len, 0);
        mc__pipeline_abandon(&play.pipeline, MC_CONNECTION_LOST);
        ck_assert(!mc__pipeline_reusable(&play.pipeline) && mc__pipeline_idle(&play.pipeline));
        for (size_t e = 0; e < play.count; e++) {
            mc__exchange_end(&play.exchanges[e].exchange, MC_TIMEOUT, MC_UNREACHABLE);
            for (size_t i = 0; i < play.exchanges[e].exchange.count; i++)
                ck_assert_uint_eq(play.exchanges[e].requests[i].answers, 1);
        }
        ck_assert_msg(play.complaints == 0, "%s", play_log(&play));
        play_free(&play);
    }
}

START_TEST(storage) {
    play_every_way(&storage_rows[_i]);
    cut_off_at_each_byte(&storage_rows[_i]);
}
END_TEST

START_TEST(retrieval) {
    play_every_way(&retrieval_rows[_i]);
    cut_off_at_each_byte(&retrieval_rows[_i]);
}
END_TEST

START_TEST(other_commands) {
    play_every_way(&other_rows[_i]);
    cut_off_at_each_byte(&other_rows[_i]);
}
END_TEST

START_TEST(several_in_the_queue) {
    play_every_way(&queue_rows[_i]);
    cut_off_at_each_byte(&queue_rows[_i]);
}
END_TEST

/* What an owner who wants it is told of a line's end, before the misses. */
static const reply_row line_rows[] = {
    {"get k", BYTES("END\r\n"), "A:end(NOT_FOUND~) A0:NOT_FOUND~ | reusable"},
    {"get k", BYTES("VALUE k 0 1\r\nx\r\nEND\r\n"), "A0:OK=x A:end(NOT_FOUND~) | reusable"},
    {"get a b", BYTES("VALUE a 0 1\r\nx\r\nEND\r\n"), "A0:OK=x A:end(NOT_FOUND~) A1:NOT_FOUND~ | reusable"},
    {"get k; get l", BYTES("VALUE k 0 1\r\nx\r\nEND\r\nEND\r\n"),
     "A0:OK=x A:end(NOT_FOUND~) B:end(NOT_FOUND~) B0:NOT_FOUND~ | reusable"},
    {"get k", BYTES("VALUE k 0 1\r\nx\r\nSERVER_ERROR no\r\n"), "A0:OK=x A:end(SERVER_ERROR=no) | reusable"},
    {"get k", BYTES("VALUE k 0 1\r\nx\r\nERROR\r\n"), "A0:OK=x A:end(CLIENT_ERROR=) | broken CLIENT_ERROR"},
    {"get k", BYTES("SERVER_ERROR no\r\n"), "A:end(SERVER_ERROR=no) A0:SERVER_ERROR=no | reusable"},
    {"set k", BYTES("STORED\r\n"), "A0:OK | reusable"},
    {"stats", BYTES("END\r\n"), "A0:OK | reusable"},
};

START_TEST(the_end_of_a_line_is_told) {
    const reply_row *row = &line_rows[_i];
    played           play;

    play_init(&play, MAX_VALUE_SIZE);
    play.line_ends = true;
    play_ask(&play, row->ask);
    play_send(&play, SIZE_MAX, 0);
    play_receive(&play, row->replies, row->len, 0);
    play_note_state(&play);
    ck_assert_str_eq(play_log(&play), row->log);
    play_free(&play);
}
END_TEST

START_TEST(a_line_that_is_cut_off_has_its_end_too) {
    played play;

    play_init(&play, MAX_VALUE_SIZE);
    play.line_ends = true;
    play_ask(&play, "get a b; get c");
    play_send(&play, SIZE_MAX, 0);
    play_receive(&play, BYTES("VALUE a 0 1\r\nx\r\n"), 0);
    mc__pipeline_abandon(&play.pipeline, MC_TIMEOUT);
    ck_assert_str_eq(play_log(&play), "A0:OK=x A:end(TIMEOUT~) A1:TIMEOUT~");
    play_free(&play);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------- other states -- */

START_TEST(the_output_is_the_requests_in_order) {
    static const char expected[] =
        "get a b\r\nset c 5 0 2\r\nvc\r\nadd d 5 0 2 noreply\r\nvd\r\nadd e 5 0 2 noreply\r\nve\r\n"
        "cas p:f 5 0 2 7\r\nvf\r\nincr g 7\r\ntouch h 0\r\nflush_all\r\nstats items\r\nversion\r\n";
    played play;

    play_init(&play, MAX_VALUE_SIZE);
    play_ask(&play, "get a b; set c; add d e noreply; prefix=p: cas f; incr g; touch h; flush_all; stats items; version");
    ck_assert(mc__pipeline_wants_output(&play.pipeline));
    play_send(&play, SIZE_MAX, (size_t)_i);
    ck_assert(!mc__pipeline_wants_output(&play.pipeline));
    ck_assert(mc__slice_equal(mc__buffer_readable(&play.wire), mc_str(expected)));
    play_free(&play);
}
END_TEST

START_TEST(an_exchange_without_requests_is_no_exchange) {
    played      play;
    mc__command command = {.verb = MC__VERB_GET};

    play_init(&play, MAX_VALUE_SIZE);
    play_ask_requests(&play, command, NULL, 0);
    ck_assert(!mc__pipeline_wants_output(&play.pipeline));
    play_note_state(&play);
    ck_assert_str_eq(play_log(&play), "| reusable");
    play_free(&play);
}
END_TEST

START_TEST(one_connection_serves_many_times) {
    played play;

    play_init(&play, MAX_VALUE_SIZE);
    for (size_t i = 0; i < PLAY_EXCHANGES_MAX; i++) {
        play_ask(&play, "get a b");
        play_send(&play, SIZE_MAX, 0);
        play_receive(&play, BYTES("VALUE b 0 1\r\nx\r\nEND\r\n"), 0);
        ck_assert(mc__pipeline_reusable(&play.pipeline));
        ck_assert(play.exchanges[i].requests[0].status == MC_NOT_FOUND && play.exchanges[i].requests[1].status == MC_OK);
    }
    play_free(&play);
}
END_TEST

static const struct {
    const char *bytes;
    const char *log;
} early_rows[] = {
    {"X", PROTOCOL_ERROR},
    {"END\r\n", PROTOCOL_ERROR},
    {"\r\n", PROTOCOL_ERROR},
    {"220 hello\r\n", PROTOCOL_ERROR},
    {"ERROR\r\n", PROTOCOL_ERROR},
    {"SERVER_ERROR busy\r\n", PROTOCOL_ERROR},
    {"ERROR Too many open connections\r\n", "| broken UNREACHABLE"},
    {"ERROR Too many open connections\r\nX", "| broken UNREACHABLE"},
    {"ERROR Too many open connectionz", PROTOCOL_ERROR},
    {"E", "| waiting"},
    {"ERROR Too many open connections\r", "| waiting"},
};

static void receive_early(const char *bytes, const char *log, bool shown) {
    mc_slice slices[MC__OUTPUT_SLICES];
    size_t   count;
    played   play;

    play_init(&play, MAX_VALUE_SIZE);
    play_ask(&play, "get k");
    if (shown)
        ck_assert_int_eq(mc__pipeline_output(&play.pipeline, slices, &count), MC_OK);
    play_receive(&play, bytes, strlen(bytes), 0);
    play_note_state(&play);
    ck_assert_str_eq(play_log(&play), log);
    play_free(&play);
}

START_TEST(bytes_before_a_request_are_no_reply_to_it) {
    receive_early(early_rows[_i].bytes, early_rows[_i].log, false);
    receive_early(early_rows[_i].bytes, early_rows[_i].log, true);
}
END_TEST

START_TEST(a_server_may_turn_away_before_and_after_it_is_asked) {
    static const char words[] = "ERROR Too many open connections\r\n";
    size_t            before = (size_t)_i;
    played            play;

    play_init(&play, MAX_VALUE_SIZE);
    play_ask(&play, "get k");
    play_receive(&play, words, before, 0);
    play_send(&play, SIZE_MAX, 0);
    play_receive(&play, words + before, strlen(words) - before, 0);
    mc__pipeline_abandon(&play.pipeline, play.pipeline.broken);
    ck_assert_int_eq(play.pipeline.broken, MC_UNREACHABLE);
    ck_assert_uint_eq(play.exchanges[0].exchange.sent, 0);
    ck_assert_str_eq(play_log(&play), "");
    play_free(&play);
}
END_TEST

START_TEST(what_begins_like_a_refusal_is_no_answer_to_what_is_asked_then) {
    played play;

    play_init(&play, MAX_VALUE_SIZE);
    play_ask(&play, "get k");
    play_receive(&play, "E", 1, 0);
    play_send(&play, SIZE_MAX, 0);
    play_receive(&play, BYTES("ND\r\n"), 0);
    play_note_state(&play);
    ck_assert_str_eq(play_log(&play), PROTOCOL_ERROR);
    play_free(&play);
}
END_TEST

START_TEST(a_server_that_has_answered_turns_nobody_away) {
    played play;

    play_init(&play, MAX_VALUE_SIZE);
    play_ask(&play, "get k");
    play_send(&play, SIZE_MAX, 0);
    play_receive(&play, BYTES("END\r\n"), 0);
    play_ask(&play, "get l");
    play_receive(&play, "E", 1, 0);
    play_note_state(&play);
    ck_assert_str_eq(play_log(&play), "A0:NOT_FOUND~ " PROTOCOL_ERROR);
    play_free(&play);
}
END_TEST

START_TEST(bytes_on_an_idle_connection_are_no_reply_to_the_next) {
    played play;

    play_init(&play, MAX_VALUE_SIZE);
    play_receive(&play, BYTES("END\r\n"), 0);
    ck_assert(!mc__pipeline_reusable(&play.pipeline));
    play_ask(&play, "get k");
    play_send(&play, SIZE_MAX, 0);
    play_receive(&play, BYTES("END\r\n"), 0);
    play_note_state(&play);
    ck_assert_str_eq(play_log(&play), PROTOCOL_ERROR);
    play_free(&play);
}
END_TEST

START_TEST(an_answer_to_half_a_request_is_none) {
    static const char line[] = "set k 5 0 2\r\nvk\r\n";
    size_t            sent = (size_t)_i;
    played            play;

    play_init(&play, MAX_VALUE_SIZE);
    play_ask(&play, "set k");
    ck_assert_uint_eq(play_send(&play, sent, 0), sent);
    play_receive(&play, BYTES("STORED\r\n"), 0);
    play_note_state(&play);
    ck_assert_str_eq(play_log(&play), sent == strlen(line) ? "A0:OK | reusable" : PROTOCOL_ERROR);
    play_free(&play);
}
END_TEST

START_TEST(half_a_request_may_be_refused) {
    static const char line[] = "set k 5 0 2\r\nvk\r\n";
    size_t            sent = (size_t)_i;
    played            play;

    play_init(&play, MAX_VALUE_SIZE);
    play_ask(&play, "set k; get l");
    ck_assert_uint_eq(play_send(&play, sent, 0), sent);
    play_receive(&play, BYTES("SERVER_ERROR full\r\n"), 0);
    play_send(&play, SIZE_MAX, 0);
    play_receive(&play, BYTES("END\r\n"), 0);
    play_note_state(&play);
    ck_assert_str_eq(play_log(&play), sent == 0 ? PROTOCOL_ERROR : "A0:SERVER_ERROR=full B0:NOT_FOUND~ | reusable");
    ck_assert_uint_ge(strlen(line), sent);
    play_free(&play);
}
END_TEST

static const struct {
    const char *ask;
    const char *replies;
    const char *reason;
} reason_rows[] = {
    {"get k", "HTTP/1.1 400\r\n", "not a reply of memcached: \"HTTP/1.1 400\""},
    {"get k", "VALUE x 0 1\r\n", "a value of a key that was not asked for: \"VALUE x 0 1\""},
    {"get k", "VALUE k 0 99999999\r\n", "a value over max_value_size: \"VALUE k 0 99999999\""},
    {"get k", "VALUE k 0 1\r\nxyz\r\n", "a value without its line end"},
    {"get k", "STORED\r\n", "not an answer to what was asked: \"STORED\""},
    {"set k", "CLIENT_ERROR \x01\r\n", "refused: \"CLIENT_ERROR \\x01\""},
    {"set k", "ERROR Too many open connections\r\n",
     "the server turned the connection away: \"ERROR Too many open connections\""},
};

START_TEST(the_reason_says_what_came) {
    played play;

    play_init(&play, MAX_VALUE_SIZE);
    play_ask(&play, reason_rows[_i].ask);
    play_send(&play, SIZE_MAX, 0);
    play_receive(&play, reason_rows[_i].replies, strlen(reason_rows[_i].replies), 0);
    ck_assert_str_eq(play.pipeline.reason, reason_rows[_i].reason);
    play_free(&play);
}
END_TEST

START_TEST(a_broken_pipeline_stays_broken) {
    played play;

    play_init(&play, MAX_VALUE_SIZE);
    play_ask(&play, "set a b");
    play_send(&play, SIZE_MAX, 0);
    ck_assert_int_eq(play_receive(&play, BYTES("END\r\n"), 0), MC_PROTOCOL_ERROR);
    for (int i = 0; i < 3; i++) {
        mc__area areas[MC__INPUT_SPACES];
        size_t   count;

        ck_assert_int_eq(mc__pipeline_space(&play.pipeline, areas, &count), MC_OK);
        memcpy(areas[0].data, "STORED\r\n", 8);
        ck_assert_int_eq(mc__pipeline_received(&play.pipeline, 8), MC_PROTOCOL_ERROR);
    }
    ck_assert_str_eq(play_log(&play), "");
    play_free(&play);
}
END_TEST

START_TEST(a_line_without_end_breaks_it_at_the_cap) {
    char   line[MC__LINE_MAX];
    played play;

    memset(line, 'x', sizeof line);
    memcpy(line, "ERROR ", 6);
    play_init(&play, MAX_VALUE_SIZE);
    play_ask(&play, "get k");
    play_send(&play, SIZE_MAX, 0);
    ck_assert_int_eq(play_receive(&play, line, sizeof line - 1, 100), MC_OK);
    ck_assert_int_eq(play_receive(&play, line, 1, 0), MC_PROTOCOL_ERROR);
    play_free(&play);
}
END_TEST

START_TEST(without_memory_for_a_statistic_the_rest_is_thrown_away) {
    played play;

    play_init(&play, MAX_VALUE_SIZE);
    play.stats_fail = 2;
    play_ask(&play, "stats; stats; get k");
    play_send(&play, SIZE_MAX, 0);
    play_receive(&play, BYTES("STAT a 1\r\nSTAT b 2\r\nSTAT c 3\r\nEND\r\nSTAT d 4\r\nEND\r\nEND\r\n"), (size_t)_i);
    play_note_state(&play);
    ck_assert_str_eq(play_log(&play), "A:stat(a=1) A0:NO_MEMORY B:stat(d=4) B0:OK C0:NOT_FOUND~ | reusable");
    play_free(&play);
}
END_TEST

/* Sets, then statistics, of so many bytes. Exchanges are taken by ones that have been there before. */
static void use_memory(played *play, const char *bytes, size_t len) {
    mc__request request = {.key = mc_str("k"), .value = mc_bytes(bytes, len)};

    play_free_exchanges(play);
    play_ask_requests(play, (mc__command){.verb = MC__VERB_SET}, &request, 1);
    play_ask(play, "stats");
    play_send(play, SIZE_MAX, 0);
    play_receive(play, BYTES("STORED\r\n"), 0);
    play_receive(play, bytes, len, 0);
    play_receive(play, BYTES("END\r\n"), 0);
    ck_assert(mc__pipeline_reusable(&play->pipeline));
    mc__pipeline_trim(&play->pipeline, 16384);
}

START_TEST(memory_that_is_not_needed_for_a_while_is_given_back) {
    static char statistics[30000];
    played      play;

    for (size_t at = 0; at < sizeof statistics; at += 10)
        memcpy(statistics + at, "STAT a b\r\n", 10);
    play_init(&play, MAX_VALUE_SIZE);
    play.quiet = true;
    for (unsigned use = 0; use < 2 + MC__BUFFER_SMALL_USES; use++) {
        bool kept = use < 1 + MC__BUFFER_SMALL_USES;
        use_memory(&play, statistics, use < 2 ? sizeof statistics : 10);
        ck_assert((play.pipeline.output.bytes.capacity > 16384) == kept);
        ck_assert((play.pipeline.in.capacity > 16384) == kept);
    }
    use_memory(&play, statistics, 10);
    ck_assert_uint_le(play.pipeline.in.capacity, 16384);
    play_free(&play);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("pipeline");
    TCase *tcase = test_case(suite, "replies", 60);

    test_rows(tcase, storage, storage_rows);
    test_rows(tcase, retrieval, retrieval_rows);
    test_rows(tcase, other_commands, other_rows);
    test_rows(tcase, several_in_the_queue, queue_rows);
    test_rows(tcase, the_end_of_a_line_is_told, line_rows);
    tcase_add_test(tcase, a_line_that_is_cut_off_has_its_end_too);

    tcase = test_case(suite, "states", 30);
    tcase_add_loop_test(tcase, the_output_is_the_requests_in_order, 0, 4);
    tcase_add_test(tcase, an_exchange_without_requests_is_no_exchange);
    tcase_add_test(tcase, one_connection_serves_many_times);
    tcase_add_test(tcase, memory_that_is_not_needed_for_a_while_is_given_back);
    tcase_add_loop_test(tcase, without_memory_for_a_statistic_the_rest_is_thrown_away, 0, 3);

    tcase = test_case(suite, "out of step", 30);
    test_rows(tcase, bytes_before_a_request_are_no_reply_to_it, early_rows);
    tcase_add_loop_test(tcase, a_server_may_turn_away_before_and_after_it_is_asked, 0, 34);
    tcase_add_test(tcase, what_begins_like_a_refusal_is_no_answer_to_what_is_asked_then);
    tcase_add_test(tcase, a_server_that_has_answered_turns_nobody_away);
    tcase_add_test(tcase, bytes_on_an_idle_connection_are_no_reply_to_the_next);
    tcase_add_loop_test(tcase, an_answer_to_half_a_request_is_none, 0, 18);
    tcase_add_loop_test(tcase, half_a_request_may_be_refused, 0, 18);
    test_rows(tcase, the_reason_says_what_came, reason_rows);
    tcase_add_test(tcase, a_broken_pipeline_stays_broken);
    tcase_add_test(tcase, a_line_without_end_breaks_it_at_the_cap);
    return suite;
}
