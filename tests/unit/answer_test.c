#include "protocol/answer.h"

#include "support/check_main.h"

/* What each reply says to each verb. 0: no reply to it. */
enum {
    PART = 100,
    O = MC_OK + 200, /* apart from 0 */
    NF = MC_NOT_FOUND,
    NS = MC_NOT_STORED,
    EX = MC_EXISTS,
    CE = MC_CLIENT_ERROR,
    SE = MC_SERVER_ERROR,
    TL = MC_TOO_LARGE
};

/* A value with and without a token are two columns, as is the one SERVER_ERROR that has a meaning. */
typedef enum column {
    STORED,
    NOT_STORED,
    EXISTS,
    NOT_FOUND,
    DELETED,
    TOUCHED,
    OK,
    END,
    RESET,
    VALUE,
    VALUE_CAS,
    NUMBER,
    VERSION,
    STAT,
    ERROR,
    CLIENT_ERROR,
    SERVER_ERROR,
    TOO_LARGE,
    COLUMNS
} column;

static const struct {
    mc__verb verb;
    int      says[COLUMNS];
} table[] = {
    /* clang-format off */
    /*                     STO NST EXI NFO DEL TOU OK  END RES VAL   VALC  NUM VER STAT  ER  CE  SE  TL */
    {MC__VERB_SET,        {O,  NS, 0,  0,  0,  0,  0,  0,  0,  0,    0,    0,  0,  0,    CE, CE, SE, TL}},
    {MC__VERB_ADD,        {O,  NS, 0,  0,  0,  0,  0,  0,  0,  0,    0,    0,  0,  0,    CE, CE, SE, TL}},
    {MC__VERB_REPLACE,    {O,  NS, 0,  0,  0,  0,  0,  0,  0,  0,    0,    0,  0,  0,    CE, CE, SE, TL}},
    {MC__VERB_APPEND,     {O,  NS, 0,  0,  0,  0,  0,  0,  0,  0,    0,    0,  0,  0,    CE, CE, SE, TL}},
    {MC__VERB_PREPEND,    {O,  NS, 0,  0,  0,  0,  0,  0,  0,  0,    0,    0,  0,  0,    CE, CE, SE, TL}},
    {MC__VERB_CAS,        {O,  0,  EX, NF, 0,  0,  0,  0,  0,  0,    0,    0,  0,  0,    CE, CE, SE, TL}},
    {MC__VERB_GET,        {0,  0,  0,  0,  0,  0,  0,  NF, 0,  PART, 0,    0,  0,  0,    CE, CE, SE, TL}},
    {MC__VERB_GETS,       {0,  0,  0,  0,  0,  0,  0,  NF, 0,  0,    PART, 0,  0,  0,    CE, CE, SE, TL}},
    {MC__VERB_GAT,        {0,  0,  0,  0,  0,  0,  0,  NF, 0,  PART, 0,    0,  0,  0,    CE, CE, SE, TL}},
    {MC__VERB_GATS,       {0,  0,  0,  0,  0,  0,  0,  NF, 0,  0,    PART, 0,  0,  0,    CE, CE, SE, TL}},
    {MC__VERB_DELETE,     {0,  0,  0,  NF, O,  0,  0,  0,  0,  0,    0,    0,  0,  0,    CE, CE, SE, TL}},
    {MC__VERB_TOUCH,      {0,  0,  0,  NF, 0,  O,  0,  0,  0,  0,    0,    0,  0,  0,    CE, CE, SE, TL}},
    {MC__VERB_INCR,       {0,  0,  0,  NF, 0,  0,  0,  0,  0,  0,    0,    O,  0,  0,    CE, CE, SE, TL}},
    {MC__VERB_DECR,       {0,  0,  0,  NF, 0,  0,  0,  0,  0,  0,    0,    O,  0,  0,    CE, CE, SE, TL}},
    {MC__VERB_FLUSH_ALL,  {0,  0,  0,  0,  0,  0,  O,  0,  0,  0,    0,    0,  0,  0,    CE, CE, SE, TL}},
    {MC__VERB_VERSION,    {0,  0,  0,  0,  0,  0,  0,  0,  0,  0,    0,    0,  O,  0,    CE, CE, SE, TL}},
    {MC__VERB_STATS,      {0,  0,  0,  0,  0,  0,  O,  O,  O,  0,    0,    0,  0,  PART, CE, CE, SE, TL}},
    /* clang-format on */
};

static mc__reply reply_of(column which) {
    static const mc__reply_kind kinds[COLUMNS] = {
        [STORED] = MC__REPLY_STORED,
        [NOT_STORED] = MC__REPLY_NOT_STORED,
        [EXISTS] = MC__REPLY_EXISTS,
        [NOT_FOUND] = MC__REPLY_NOT_FOUND,
        [DELETED] = MC__REPLY_DELETED,
        [TOUCHED] = MC__REPLY_TOUCHED,
        [OK] = MC__REPLY_OK,
        [END] = MC__REPLY_END,
        [RESET] = MC__REPLY_RESET,
        [VALUE] = MC__REPLY_VALUE,
        [VALUE_CAS] = MC__REPLY_VALUE,
        [NUMBER] = MC__REPLY_NUMBER,
        [VERSION] = MC__REPLY_VERSION,
        [STAT] = MC__REPLY_STAT,
        [ERROR] = MC__REPLY_ERROR,
        [CLIENT_ERROR] = MC__REPLY_CLIENT_ERROR,
        [SERVER_ERROR] = MC__REPLY_SERVER_ERROR,
        [TOO_LARGE] = MC__REPLY_SERVER_ERROR,
    };
    mc__reply reply = {.kind = kinds[which], .has_cas = which == VALUE_CAS};

    if (which == TOO_LARGE)
        reply.text = mc_str("object too large for cache");
    return reply;
}

START_TEST(each_reply_to_each_verb) {
    for (column which = STORED; which < COLUMNS; which++) {
        mc__reply  reply = reply_of(which);
        int        expected = table[_i].says[which];
        mc_status  status = MC_BAD_ARGUMENT;
        mc__answer answer = mc__answer_to(table[_i].verb, &reply, &status);

        if (expected == 0) {
            ck_assert_msg(answer == MC__ANSWER_ILLEGAL, "column %d", (int)which);
        } else if (expected == PART) {
            ck_assert_msg(answer == MC__ANSWER_PART, "column %d", (int)which);
        } else {
            ck_assert_msg(answer == MC__ANSWER_STATUS, "column %d", (int)which);
            ck_assert_int_eq(status, expected == O ? MC_OK : expected);
        }
    }
}
END_TEST

START_TEST(the_table_names_each_verb_once) {
    ck_assert_uint_eq(ROWS(table), MC__VERB_STATS + 1);
    for (size_t i = 0; i < ROWS(table); i++)
        ck_assert_uint_eq(table[i].verb, i);
}
END_TEST

static const char *const not_quite_too_large[] = {
    "",
    "object too large for cach",
    "object too large for cache ",
    " object too large for cache",
    "Object too large for cache",
    "out of memory storing object",
};

START_TEST(only_memcacheds_own_words_mean_too_large) {
    mc__reply reply = {.kind = MC__REPLY_SERVER_ERROR, .text = mc_str(not_quite_too_large[_i])};
    mc_status status = MC_OK;

    ck_assert_int_eq(mc__answer_to(MC__VERB_SET, &reply, &status), MC__ANSWER_STATUS);
    ck_assert_int_eq(status, MC_SERVER_ERROR);
}
END_TEST

static const char *const error_texts[] = {"", "bad data chunk", "object too large for cache", "line format"};

START_TEST(a_client_error_is_one_whatever_it_says) {
    mc__reply reply = {.kind = MC__REPLY_CLIENT_ERROR, .text = mc_str(error_texts[_i])};
    mc_status status = MC_OK;

    ck_assert_int_eq(mc__answer_to(MC__VERB_SET, &reply, &status), MC__ANSWER_STATUS);
    ck_assert_int_eq(status, MC_CLIENT_ERROR);
    reply.kind = MC__REPLY_ERROR;
    ck_assert_int_eq(mc__answer_to(MC__VERB_STATS, &reply, &status), MC__ANSWER_STATUS);
    ck_assert_int_eq(status, MC_CLIENT_ERROR);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("answer");
    TCase *tcase = test_case(suite, "answer", 10);

    test_rows(tcase, each_reply_to_each_verb, table);
    tcase_add_test(tcase, the_table_names_each_verb_once);
    test_rows(tcase, only_memcacheds_own_words_mean_too_large, not_quite_too_large);
    test_rows(tcase, a_client_error_is_one_whatever_it_says, error_texts);
    return suite;
}
