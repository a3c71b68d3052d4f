/* Calls that share a connection: what each of them must come to, whatever the host and the others do. */
#include "support/check_main.h"
#include "support/rides.h"

#define AT_ONCE 8

#define A_B "VALUE a 0 1\r\n1\r\nVALUE b 0 1\r\n2\r\n"

/* clang-format off */

/* ---------------------------------------------------------------------------------------------------- all goes well -- */

static const ride_row legal[] = {
    {"one line",
     {{"get a", TO "OK=1"}, {"get b", TO "OK=2"}, {"get c", TO "OK=3/7"}},
     {EXPECT("get a b c\r\n"), SEND(A_B "VALUE c 7 1\r\n3\r\nEND\r\n")}, KEPT},
    {"misses among them",
     {{"get a", TO "NOT_FOUND"}, {"get b", TO "OK=2"}, {"get c", TO "NOT_FOUND"}, {"get d", TO "OK="}},
     {EXPECT("get a b c d\r\n"), SEND("VALUE b 0 1\r\n2\r\nVALUE d 0 0\r\n\r\nEND\r\n")}, KEPT},
    {"misses",
     {{"get a", TO "NOT_FOUND"}, {"gets b", TO "NOT_FOUND"}, {"get c", TO "NOT_FOUND"}},
     {EXPECT("get a c\r\ngets b\r\n"), SEND("END\r\nEND\r\n")}, KEPT},
    {"another order",
     {{"get a", TO "OK=1"}, {"get b", TO "OK=2"}, {"get c", TO "OK=3"}, {"get d", TO "NOT_FOUND"}},
     {EXPECT("get a b c d\r\n"), SEND("VALUE c 0 1\r\n3\r\n" A_B "END\r\n")}, KEPT},
    {"the same key",
     {{"get a", TO "OK=1"}, {"get b", TO "OK=2"}, {"get a", TO "OK=3"}, {"get a", TO "NOT_FOUND"}},
     {EXPECT("get a b\r\nget a\r\nget a\r\n"), SEND(A_B "END\r\nVALUE a 0 1\r\n3\r\nEND\r\nEND\r\n")}, KEPT},
    {"keys that begin alike",
     {{"get a", TO "OK=1"}, {"get aa", TO "OK=2"}, {"get aaa", TO "NOT_FOUND"}},
     {EXPECT("get a aa aaa\r\n"), SEND("VALUE aa 0 1\r\n2\r\nVALUE a 0 1\r\n1\r\nEND\r\n")}, KEPT},
    {"reads of all kinds",
     {{"get a", TO "OK=1"}, {"gets b", TO "OK=2#7"}, {"gat 60 c", TO "OK=3"}, {"gats 60 d", TO "OK=4/1#8"}, {"gat 60 e", TO "OK=5"}},
     {EXPECT("get a\r\ngets b\r\ngat 60 c\r\ngats 60 d\r\ngat 60 e\r\n"),
      SEND("VALUE a 0 1\r\n1\r\nEND\r\nVALUE b 0 1 7\r\n2\r\nEND\r\nVALUE c 0 1\r\n3\r\nEND\r\nVALUE d 1 1 8\r\n4\r\nEND\r\n"
           "VALUE e 0 1\r\n5\r\nEND\r\n")}, KEPT},
    {"other times to live",
     {{"gat 60 a", TO "OK=1"}, {"gat 90 b", TO "OK=2"}, {"gat 60 c", TO "NOT_FOUND"}},
     {EXPECT("gat 60 a\r\ngat 90 b\r\ngat 60 c\r\n"), SEND("VALUE a 0 1\r\n1\r\nEND\r\nVALUE b 0 1\r\n2\r\nEND\r\nEND\r\n")}, KEPT},
    {"writes",
     {{"set a v", TO "OK"}, {"add b v", TO "NOT_STORED"}, {"replace c v", TO "OK"}, {"append d v", TO "NOT_STORED"}, {"prepend e v", TO "OK"},
      {"cas f v", TO "EXISTS"}},
     {EXPECT("set a 0 0 1\r\nv\r\nadd b 0 0 1\r\nv\r\nreplace c 0 0 1\r\nv\r\nappend d 0 0 1\r\nv\r\nprepend e 0 0 1\r\nv\r\n"
             "cas f 0 0 1 9\r\nv\r\n"),
      SEND("STORED\r\nNOT_STORED\r\nSTORED\r\nNOT_STORED\r\nSTORED\r\nEXISTS\r\n")}, KEPT},
    {"all the rest",
     {{"delete a", TO "OK"}, {"touch b 60", TO "NOT_FOUND"}, {"incr c 5", TO "OK=15"}, {"decr d 5", TO "OK=0"}, {"delete e", TO "NOT_FOUND"},
      {"incr c 5", TO "OK=20"}},
     {EXPECT("delete a\r\ndelete e\r\ntouch b 60\r\nincr c 5\r\nincr c 5\r\ndecr d 5\r\n"),
      SEND("DELETED\r\nNOT_FOUND\r\nNOT_FOUND\r\n15\r\n20\r\n0\r\n")}, KEPT},
    {"reads and writes",
     {{"set a v", TO "OK"}, {"get a", TO "OK=1"}, {"incr b 5", TO "OK=15"}, {"get c", TO "NOT_FOUND"}},
     {EXPECT("set a 0 0 1\r\nv\r\nget a c\r\nincr b 5\r\n"), SEND("STORED\r\nVALUE a 0 1\r\n1\r\nEND\r\n15\r\n")}, KEPT},
    {"prefixes",
     {{"get a", TO "OK=1"}, {"get a", TO "OK=2", .prefix = "p-"}, {"get a", TO "OK=3", .prefix = "\xff\x80~"}, {"set a v", TO "OK", .prefix = "p-"}},
     {EXPECT("get a p-a \xff\x80~a\r\nset p-a 0 0 1\r\nv\r\n"),
      SEND("VALUE a 0 1\r\n1\r\nVALUE p-a 0 1\r\n2\r\nVALUE \xff\x80~a 0 1\r\n3\r\nEND\r\nSTORED\r\n")}, KEPT},
    {"flags that are too wide",
     {{"get a", TO "BAD_VALUE"}, {"get b", TO "OK=2"}},
     {EXPECT("get a b\r\n"), SEND("VALUE a 4294967296 1\r\n1\r\nVALUE b 0 1\r\n2\r\nEND\r\n")}, KEPT, .says = "32 bits"},
    {"refusals of writes",
     {{"set a v", TO "SERVER_ERROR"}, {"get b", TO "OK=2"}, {"incr c 5", TO "SERVER_ERROR"}, {"delete d", TO "OK"}},
     {EXPECT("set a 0 0 1\r\nv\r\nget b\r\nincr c 5\r\ndelete d\r\n"),
      SEND("SERVER_ERROR no room\r\nVALUE b 0 1\r\n2\r\nEND\r\nSERVER_ERROR no room\r\nDELETED\r\n")}, KEPT, .says = "no room"},
    {"a refusal of a line of one key",
     {{"get a", TO "SERVER_ERROR"}, {"gets b", TO "NOT_FOUND"}},
     {EXPECT("get a\r\ngets b\r\n"), SEND("SERVER_ERROR no room\r\nEND\r\n")}, KEPT, .says = "no room"},
    {"more kinds than go together",
     {{"get z", TO "NOT_FOUND"}, {"gets a", TO "NOT_FOUND"}, {"set b v", TO "OK"}, {"add c v", TO "OK"}, {"replace d v", TO "OK"},
      {"cas e v", TO "OK"}, {"incr h 5", TO "OK=15"}, {"get y", TO "NOT_FOUND"}},
     {EXPECT("get z\r\ngets a\r\nset b 0 0 1\r\nv\r\nadd c 0 0 1\r\nv\r\nreplace d 0 0 1\r\nv\r\ncas e 0 0 1 9\r\nv\r\n"),
      SEND("END\r\nEND\r\nSTORED\r\nSTORED\r\nSTORED\r\nSTORED\r\n"), EXPECT("incr h 5\r\nget y\r\n"), SEND("15\r\nEND\r\n")}, KEPT},
    {"one that awaits no reply has its turn, and a connection of its own",
     {{"get a", TO "OK=1"}, {"get b", TO "NOT_FOUND"}, {"set c v", TO "OK", .silent = true}, {"get d", TO "NOT_FOUND"}, {"get e", TO "OK=5"}},
     {EXPECT("get a b\r\n"), SEND("VALUE a 0 1\r\n1\r\nEND\r\n"), EXPECT("set c 0 0 1 noreply\r\nv\r\nget d e\r\n"),
      SEND("VALUE e 0 1\r\n5\r\nEND\r\n")}, KEPT},
};

/* Each of them is asked again on its own, for the error may be due to one. */
static const ride_row refused_lines[] = {
    {"a line is refused",
     {{"get a", TO "SERVER_ERROR"}, {"get b", TO "SERVER_ERROR"}, {"get c", TO "SERVER_ERROR"}},
     {EXPECT("get a b c\r\n"), SEND("SERVER_ERROR no room\r\n"),
      READ_LINE, SEND("SERVER_ERROR no room\r\n"), READ_LINE, SEND("SERVER_ERROR no room\r\n"), READ_LINE, SEND("SERVER_ERROR no room\r\n")},
     KEPT, .says = "no room"},
    {"a line is refused behind a value",
     {{"get a", TO "OK=1"}, {"get b", TO "NOT_FOUND"}},
     {EXPECT("get a b\r\n"), SEND("VALUE a 0 1\r\n1\r\nSERVER_ERROR no room\r\n"), EXPECT("get b\r\n"), SEND("END\r\n")}, KEPT},
    {"the rest goes on",
     {{"get a", TO "OK=4"}, {"set b v", TO "OK"}, {"get c", TO "OK=1"}},
     {EXPECT("get a c\r\nset b 0 0 1\r\nv\r\n"), SEND("VALUE c 0 1\r\n1\r\nSERVER_ERROR no room\r\nSTORED\r\n"),
      EXPECT("get a\r\n"), SEND("VALUE a 0 1\r\n4\r\nEND\r\n")}, KEPT},
};

/* ------------------------------------------------------------------------------------------------- the host breaks off -- */

static const host_step a_set[] = {READ_LINE, READ_LINE, SEND("STORED\r\n"), READ_LINE, SEND("END\r\n"), END};

#define MIXED {{"get a", TO "NOT_FOUND"}, {"incr b 5", TO "CONNECTION_LOST"}, {"get c", TO "NOT_FOUND"}, {"cas d v", TO "CONNECTION_LOST"}}
#define MIXED_ASKED EXPECT("get a c\r\nincr b 5\r\ncas d 0 0 1 9\r\nv\r\n")

static const ride_row broken[] = {
    {"closed without a word", MIXED, {MIXED_ASKED, CLOSE}, CLOSED, .says = "closed"},
    {"reset without a word", MIXED, {MIXED_ASKED, RESET}, CLOSED},
    {"closed before all is read", MIXED, {EXPECT("get a c\r\nincr b"), CLOSE}, CLOSED},
    {"closed behind the first line", {{"get a", TO "OK=1"}, {"incr b 5", TO "CONNECTION_LOST"}, {"get c", TO "NOT_FOUND"}, {"delete d", TO "NOT_FOUND"}},
     {EXPECT("get a c\r\nincr b 5\r\ndelete d\r\n"), SEND("VALUE a 0 1\r\n1\r\nEND\r\n"), CLOSE}, CLOSED,
     .later = (const host_step[]){EXPECT("delete d\r\n"), SEND("NOT_FOUND\r\n"), READ_LINE, SEND("END\r\n"), END}},
    {"closed before END", {{"get a", TO "OK=1"}, {"get b", TO "OK=2"}, {"add c v", TO "CONNECTION_LOST"}},
     {EXPECT("get a b\r\nadd c 0 0 1\r\nv\r\n"), SEND(A_B), CLOSE}, CLOSED},
    {"closed in END", {{"get a", TO "OK=1"}, {"get b", TO "OK=2"}}, {EXPECT("get a b\r\n"), SEND(A_B "EN"), CLOSE}, CLOSED},
    {"closed in a number", {{"incr a 5", TO "OK=15"}, {"incr b 5", TO "CONNECTION_LOST"}, {"incr c 5", TO "CONNECTION_LOST"}},
     {EXPECT("incr a 5\r\nincr b 5\r\nincr c 5\r\n"), SEND("15\r\n1"), CLOSE}, CLOSED},
    {"closed in a value", {{"get a", TO "OK=1"}, {"get b", TO "CONNECTION_LOST"}, {"get c", TO "NOT_FOUND"}, {"append d v", TO "CONNECTION_LOST"}},
     {EXPECT("get a b c\r\nappend d 0 0 1\r\nv\r\n"), SEND("VALUE a 0 1\r\n1\r\nVALUE b 0 5\r\nhe"), CLOSE}, CLOSED},
    {"reset in a value", {{"get a", TO "CONNECTION_LOST"}, {"get b", TO "NOT_FOUND"}, {"get c", TO "NOT_FOUND"}},
     {EXPECT("get a b c\r\n"), SEND("VALUE a 0 5\r\nhell"), RESET}, CLOSED},
    {"a set is repeated", {{"set a v", TO "OK"}, {"incr b 5", TO "CONNECTION_LOST"}},
     {EXPECT("set a 0 0 1\r\nv\r\nincr b 5\r\n"), CLOSE}, CLOSED, .later = a_set},
};

/* ---------------------------------------------------------------------------------------------------- out of step -- */

static const ride_row hostile[] = {
    {"garbage for one", {{"set a v", TO "PROTOCOL_ERROR"}, {"incr b 5", TO "CONNECTION_LOST"}, {"get c", TO "NOT_FOUND"}},
     {EXPECT("set a 0 0 1\r\nv\r\nincr b 5\r\nget c\r\n"), SEND("HELLO\r\nSTORED\r\n15\r\nEND\r\n"), DRAIN}, CLOSED, .says = "not a reply of memcached"},
    {"garbage for a line", {{"get a", TO "NOT_FOUND"}, {"get b", TO "NOT_FOUND"}, {"incr c 5", TO "CONNECTION_LOST"}},
     {EXPECT("get a b\r\nincr c 5\r\n"), SEND("HELLO\r\nEND\r\n15\r\n"), DRAIN}, CLOSED},
    {"garbage behind a value", {{"get a", TO "OK=1"}, {"get b", TO "NOT_FOUND"}, {"decr c 5", TO "CONNECTION_LOST"}},
     {EXPECT("get a b\r\ndecr c 5\r\n"), SEND("VALUE a 0 1\r\n1\r\nHELLO\r\n15\r\n"), DRAIN}, CLOSED},
    {"a value of another key", {{"get a", TO "OK=1"}, {"get b", TO "NOT_FOUND"}, {"incr c 5", TO "CONNECTION_LOST"}},
     {EXPECT("get a b\r\nincr c 5\r\n"), SEND("VALUE a 0 1\r\n1\r\nVALUE c 0 1\r\n3\r\nEND\r\n15\r\n"), DRAIN}, CLOSED},
    {"a value of a key without its prefix", {{"get a", TO "NOT_FOUND", .prefix = "p-"}, {"get b", TO "NOT_FOUND"}},
     {EXPECT("get p-a b\r\n"), SEND("VALUE a 0 1\r\n1\r\nVALUE b 0 1\r\n2\r\nEND\r\n"), DRAIN}, CLOSED},
    {"a value twice", {{"get a", TO "OK=1"}, {"get b", TO "NOT_FOUND"}},
     {EXPECT("get a b\r\n"), SEND("VALUE a 0 1\r\n1\r\nVALUE a 0 1\r\n1\r\nEND\r\n"), DRAIN}, CLOSED},
    {"a value of another line", {{"get a", TO "NOT_FOUND"}, {"gets b", TO "NOT_FOUND"}, {"get c", TO "NOT_FOUND"}},
     {EXPECT("get a c\r\ngets b\r\n"), SEND("VALUE b 0 1 7\r\n2\r\nEND\r\nVALUE a 0 1\r\n1\r\nEND\r\n"), DRAIN}, CLOSED},
    {"a value without its line end", {{"get a", TO "OK=1"}, {"get b", TO "PROTOCOL_ERROR"}, {"get c", TO "NOT_FOUND"}},
     {EXPECT("get a b c\r\n"), SEND("VALUE a 0 1\r\n1\r\nVALUE b 0 1\r\n22\r\nEND\r\n"), DRAIN}, CLOSED},
    {"a value that is too large", {{"get a", TO "OK=1"}, {"get b", TO "NOT_FOUND"}, {"get c", TO "NOT_FOUND"}},
     {EXPECT("get a b c\r\n"), SEND("VALUE a 0 1\r\n1\r\nVALUE b 0 200001\r\n22"), DRAIN}, CLOSED},
    {"a value that is too large, alone in its line", {{"get a", TO "PROTOCOL_ERROR"}, {"set b v", TO "OK"}},
     {EXPECT("get a\r\nset b 0 0 1\r\nv\r\n"), SEND("VALUE a 0 200001\r\n22"), DRAIN}, CLOSED, .says = "max_value_size",
     .later = (const host_step[]){READ_LINE, READ_LINE, SEND("STORED\r\n"), READ_LINE, SEND("END\r\n"), END}},
    {"an answer to another command", {{"incr a 5", TO "PROTOCOL_ERROR"}, {"get b", TO "NOT_FOUND"}, {"incr c 5", TO "CONNECTION_LOST"}},
     {EXPECT("incr a 5\r\nincr c 5\r\nget b\r\n"), SEND("STORED\r\n15\r\nEND\r\n"), DRAIN}, CLOSED, .says = "STORED"},
    {"END for a number", {{"get a", TO "NOT_FOUND"}, {"incr b 5", TO "PROTOCOL_ERROR"}, {"get c", TO "NOT_FOUND"}},
     {EXPECT("get a c\r\nincr b 5\r\n"), SEND("END\r\nEND\r\n"), DRAIN}, CLOSED},
    {"surplus", {{"get a", TO "OK=1"}, {"set b v", TO "OK"}},
     {EXPECT("get a\r\nset b 0 0 1\r\nv\r\n"), SEND("VALUE a 0 1\r\n1\r\nEND\r\nSTORED\r\nSTORED\r\n"), DRAIN}, CLOSED},
    {"surplus that is a value", {{"get a", TO "NOT_FOUND"}, {"get b", TO "OK=2"}},
     {EXPECT("get a b\r\n"), SEND("VALUE b 0 1\r\n2\r\nEND\r\nVALUE next 0 1\r\n1\r\nEND\r\n"), DRAIN}, CLOSED},
    {"a write is called wrong", {{"set a v", TO "CLIENT_ERROR"}, {"get b", TO "NOT_FOUND"}, {"incr c 5", TO "CONNECTION_LOST"}},
     {EXPECT("set a 0 0 1\r\nv\r\nget b\r\nincr c 5\r\n"), SEND("CLIENT_ERROR bad data chunk\r\nERROR\r\nEND\r\n15\r\n"), DRAIN},
     CLOSED, .says = "bad data chunk"},
    {"a line is called wrong", {{"get a", TO "NOT_FOUND"}, {"get b", TO "NOT_FOUND"}, {"incr c 5", TO "CONNECTION_LOST"}},
     {EXPECT("get a b\r\nincr c 5\r\n"), SEND("CLIENT_ERROR line too long\r\n15\r\n"), DRAIN}, CLOSED},
    {"an unknown command", {{"touch a 60", TO "CLIENT_ERROR"}, {"get b", TO "NOT_FOUND"}},
     {EXPECT("touch a 60\r\nget b\r\n"), SEND("ERROR\r\nEND\r\n"), DRAIN}, CLOSED, .says = "ERROR"},
};

/* ------------------------------------------------------------------------------------------------------- deadlines -- */

static const ride_row hurried[] = {
    {"a follower's deadline", {{"get a", TO "OK=1"}, {"get b", TO "TIMEOUT", HURRIED}, {"get c", TO "OK=3"}},
     {EXPECT("get a b c\r\n"), AWAIT_GO, SEND(A_B "VALUE c 0 1\r\n3\r\nEND\r\n")}, KEPT, .says = "deadline"},
    {"the leader's deadline", {{"get a", TO "TIMEOUT", HURRIED}, {"get b", TO "OK=2"}, {"get c", TO "NOT_FOUND"}},
     {EXPECT("get a b c\r\n"), AWAIT_GO, SEND(A_B "END\r\n")}, KEPT},
    {"the deadline of two leaders", {{"get a", TO "TIMEOUT", HURRIED}, {"get b", TO "TIMEOUT", HURRIED}, {"get c", TO "OK=3"}},
     {EXPECT("get a b c\r\n"), AWAIT_GO, SEND(A_B "VALUE c 0 1\r\n3\r\nEND\r\n")}, KEPT},
    {"in the middle of its value", {{"get a", TO "OK=1"}, {"get b", TO "TIMEOUT", HURRIED}, {"get c", TO "OK=3"}},
     {EXPECT("get a b c\r\n"), SEND("VALUE a 0 1\r\n1\r\nVALUE b 0 10\r\n01234"), AWAIT_GO,
      SEND("56789\r\nVALUE c 0 1\r\n3\r\nEND\r\n")}, KEPT},
    {"behind its value's last byte", {{"get a", TO "OK=1"}, {"get b", TO "TIMEOUT", HURRIED}, {"get c", TO "NOT_FOUND"}},
     {EXPECT("get a b c\r\n"), SEND("VALUE a 0 1\r\n1\r\nVALUE b 0 10\r\n0123456789"), AWAIT_GO, SEND("\r\nEND\r\n")}, KEPT},
    {"before its value's first byte", {{"get a", TO "TIMEOUT", HURRIED}, {"get b", TO "OK=2"}},
     {EXPECT("get a b\r\n"), SEND("VALUE a 0 10\r\n"), AWAIT_GO, SEND("0123456789\r\nVALUE b 0 1\r\n2\r\nEND\r\n")}, KEPT},
    {"in the middle of its head", {{"get a", TO "TIMEOUT", HURRIED}, {"get b", TO "OK=2"}},
     {EXPECT("get a b\r\n"), SEND("VALUE a 0"), AWAIT_GO, SEND(" 10\r\n0123456789\r\nVALUE b 0 1\r\n2\r\nEND\r\n")}, KEPT},
    {"a number that comes late", {{"incr a 5", TO "TIMEOUT", HURRIED}, {"incr b 5", TO "OK=15"}, {"get c", TO "OK=3"}},
     {EXPECT("incr a 5\r\nincr b 5\r\nget c\r\n"), AWAIT_GO, SEND("99\r\n15\r\nVALUE c 0 1\r\n3\r\nEND\r\n")}, KEPT},
    {"an error that comes late", {{"set a v", TO "TIMEOUT", HURRIED}, {"set b v", TO "OK"}},
     {EXPECT("set a 0 0 1\r\nv\r\nset b 0 0 1\r\nv\r\n"), AWAIT_GO, SEND("SERVER_ERROR no room\r\nSTORED\r\n")}, KEPT},
    {"garbage for one who has left", {{"set a v", TO "TIMEOUT", HURRIED}, {"get b", TO "NOT_FOUND"}, {"incr c 5", TO "CONNECTION_LOST"}},
     {EXPECT("set a 0 0 1\r\nv\r\nget b\r\nincr c 5\r\n"), AWAIT_GO, SEND("HELLO\r\nEND\r\n15\r\n"), DRAIN}, CLOSED},
    {"the leader's answer comes first", {{"get a", TO "OK=1", EARLY}, {"incr b 5", TO "OK=15"}, {"get c", TO "NOT_FOUND", EARLY}},
     {EXPECT("get a c\r\nincr b 5\r\n"), SEND("VALUE a 0 1\r\n1\r\nEND\r\n"), AWAIT_GO, SEND("15\r\n")}, KEPT},
    {"another's answer comes first", {{"get a", TO "NOT_FOUND"}, {"get b", TO "OK=2", EARLY}, {"get c", TO "OK=3", EARLY}},
     {EXPECT("get a b c\r\n"), SEND("VALUE b 0 1\r\n2\r\nVALUE c 0 1\r\n3\r\n"), AWAIT_GO, SEND("END\r\n")}, KEPT},
    {"one leads after another", {{"incr a 5", TO "OK=1", EARLY}, {"incr b 5", TO "TIMEOUT", HURRIED}, {"incr c 5", TO "TIMEOUT", HURRIED}, {"incr d 5", TO "OK=4"}},
     {EXPECT("incr a 5\r\nincr b 5\r\nincr c 5\r\nincr d 5\r\n"), SEND("1\r\n"), AWAIT_GO, SEND("2\r\n3\r\n4\r\n")}, KEPT},
    {"nobody is left", {{"get a", TO "TIMEOUT", HURRIED}, {"get b", TO "TIMEOUT", HURRIED}},
     {EXPECT("get a b\r\n"), AWAIT_GO, SEND(A_B "END\r\n"), DRAIN}, CLOSED},
    {"nobody is left but one who has his answer", {{"get a", TO "OK=1", EARLY}, {"get b", TO "TIMEOUT", HURRIED}},
     {EXPECT("get a b\r\n"), SEND("VALUE a 0 1\r\n1\r\n"), AWAIT_GO, DRAIN}, CLOSED},
    {"a silent host", {{"incr a 5", TO "TIMEOUT", HURRIED}, {"get b", TO "TIMEOUT", HURRIED}},
     {EXPECT("incr a 5\r\nget b\r\n"), SILENCE}, CLOSED},
};
/* clang-format on */

START_TEST(legal_replies) {
    trials_run(ride_trial_all_ways, legal, ROWS(legal), AT_ONCE);
}
END_TEST

START_TEST(lines_that_are_refused) {
    trials_run(ride_trial_all_ways, refused_lines, ROWS(refused_lines), AT_ONCE);
}
END_TEST

START_TEST(hosts_that_break_off) {
    trials_run(ride_trial_all_ways, broken, ROWS(broken), AT_ONCE);
}
END_TEST

START_TEST(hosts_out_of_step) {
    trials_run(ride_trial_all_ways, hostile, ROWS(hostile), AT_ONCE);
}
END_TEST

START_TEST(deadlines_of_some) {
    trials_run(ride_trial_whole, hurried, ROWS(hurried), AT_ONCE);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("sharing");
    TCase *tcase = test_case(suite, "tables", 110);

    tcase_add_test(tcase, legal_replies);
    tcase_add_test(tcase, lines_that_are_refused);
    tcase_add_test(tcase, hosts_that_break_off);
    tcase_add_test(tcase, hosts_out_of_step);
    tcase_add_test(tcase, deadlines_of_some);
    return suite;
}
