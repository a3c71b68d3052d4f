/* A large value that does not come, or go, as it should: the same is said of it on a connection that is new as on one on
 * which such a value has come before, where less is looked at on the way. */
#include "support/check_main.h"
#include "support/scripted_host.h"

#include "client/client.h"
#include "mcclient/mcclient.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEN 200000
#define MORE (2 * LEN) /* more than there is memory for behind a value of LEN bytes */
#define PLENTY_MS 20000
#define LITTLE_MS 1000 /* within which a machine that is held up has sent all */
#define STEPS_MAX 24

static char   data[MORE];
static char   reply[MORE + 64];  /* a value of LEN bytes */
static char   longer[MORE + 64]; /* and one of MORE */
static size_t reply_len, longer_len, head_len;

static void make_data(void) {
    for (size_t i = 0; i < MORE; i++)
        data[i] = (char)('!' + i % 90);
    head_len = (size_t)sprintf(reply, "VALUE k 0 %d\r\n", LEN);
    memcpy(reply + head_len, data, LEN);
    reply_len = head_len + LEN;
    reply_len += (size_t)sprintf(reply + reply_len, "\r\nEND\r\n");
    longer_len = (size_t)sprintf(longer, "VALUE k 0 %d\r\n", MORE);
    memcpy(longer + longer_len, data, MORE);
    longer_len += MORE;
    longer_len += (size_t)sprintf(longer + longer_len, "\r\nEND\r\n");
}

/* Steps of a script, one behind another. */
struct script {
    host_step steps[STEPS_MAX];
    size_t    count;
};

static void add(struct script *script, host_step step) {
    ck_assert_uint_lt(script->count, STEPS_MAX);
    script->steps[script->count++] = step;
}

/* A client, and what it calls the host by when that is not to answer: without patience, so that only this call ends soon. */
struct caller {
    mc_client *client, *hasty;
};

static struct caller caller_of(scripted_host *host) {
    const char   *hosts[] = {scripted_host_address(host), NULL};
    mc_options    options = MC_OPTIONS_INIT;
    mc_view       view = MC_VIEW_INIT;
    struct caller caller;

    options.timeout_ms = PLENTY_MS;
    options.failover = MC_FAILOVER_NONE;
    caller.client = mc_client_new_with_options(hosts, NULL, &options);
    ck_assert_ptr_nonnull(caller.client);
    view.timeout_ms = LITTLE_MS;
    caller.hasty = mc_client_view(caller.client, &view);
    ck_assert_ptr_nonnull(caller.hasty);
    return caller;
}

/* Nobody is counted as using what nobody uses any more. */
static void free_caller(const struct caller *caller) {
    mc__pool *pool = &caller->client->core->roster->hosts[0]->pool;

    ck_assert_uint_eq(pool->leading, 0);
    ck_assert_uint_eq(mc__pool_riding(pool), 0);
    mc_client_free(caller->hasty);
    mc_client_free(caller->client);
}

static mc_client *client_for(const struct caller *caller, mc_status expected) {
    return expected == MC_TIMEOUT ? caller->hasty : caller->client;
}

/* ------------------------------------------------------------------------------------------------------------- gets -- */

/* What the host does with the get: sends bytes of the reply, changes, and what comes behind. */
enum { WHOLE = LEN + 1000000 };

static const struct get_row {
    const char *name;
    size_t      bytes;  /* of the reply come; WHOLE: all */
    const char *behind; /* comes in place of the rest */
    int         wait_ms;
    size_t      late; /* bytes come then; WHOLE: the rest */
    host_action then; /* HOST_END: it stays */
    mc_status   status;
    size_t      len;  /* of what is handed out */
    bool        kept; /* the connection */
} gets[] = {
    {"whole", WHOLE, "", 0, 0, HOST_END, MC_OK, LEN, true},
    {"its second half late", LEN / 2, "", 30, WHOLE, HOST_END, MC_OK, LEN, true},
    {"its last byte late", LEN + 22, "", 30, WHOLE, HOST_END, MC_OK, LEN, true},
    {"its line late", 5, "", 30, WHOLE, HOST_END, MC_OK, LEN, true},
    {"all but its beginning late", 500, "", 30, WHOLE, HOST_END, MC_OK, LEN, true},
    {"closed behind its beginning", 500, "", 0, 0, HOST_CLOSE, MC_CONNECTION_LOST, 0, false},
    {"closed late behind its beginning", 500, "", 30, 0, HOST_CLOSE, MC_CONNECTION_LOST, 0, false},
    {"closed within the value", LEN / 2, "", 0, 0, HOST_CLOSE, MC_CONNECTION_LOST, 0, false},
    {"closed late", LEN / 2, "", 30, 0, HOST_CLOSE, MC_CONNECTION_LOST, 0, false},
    {"closed before the end", LEN + 20, "", 0, 0, HOST_CLOSE, MC_CONNECTION_LOST, 0, false},
    {"reset within the value", LEN / 2, "", 0, 0, HOST_RESET, MC_CONNECTION_LOST, 0, false},
    {"silent within the value", LEN / 2, "", 0, 0, HOST_SILENCE, MC_TIMEOUT, 0, false},
    {"silent before the end", LEN + 20, "", 0, 0, HOST_SILENCE, MC_TIMEOUT, 0, false},
    {"without its line end", LEN + 18, "xxEND\r\n", 0, 0, HOST_END, MC_PROTOCOL_ERROR, 0, false},
    {"without its END", LEN + 20, "STORED\r\n", 0, 0, HOST_END, MC_PROTOCOL_ERROR, 0, false},
    {"another value behind", LEN + 20, "VALUE x 0 1\r\ny\r\nEND\r\n", 0, 0, HOST_END, MC_PROTOCOL_ERROR, 0, false},
    {"more than was asked for", WHOLE, "END\r\n", 0, 0, HOST_END, MC_OK, LEN, false},
    {"small now", 0, "VALUE k 0 5\r\n!\"#$%\r\nEND\r\n", 0, 0, HOST_END, MC_OK, 5, true},
    {"empty now", 0, "VALUE k 0 0\r\n\r\nEND\r\n", 0, 0, HOST_END, MC_OK, 0, true},
    {"gone now", 0, "END\r\n", 0, 0, HOST_END, MC_NOT_FOUND, 0, true},
    {"refused now", 0, "SERVER_ERROR no\r\n", 0, 0, HOST_END, MC_SERVER_ERROR, 0, true},
    {"of another key", 0, "VALUE x 0 200000\r\n", 0, 0, HOST_END, MC_PROTOCOL_ERROR, 0, false},
    {"of a length that is none", 0, "VALUE k 0 0200000\r\n", 0, 0, HOST_END, MC_PROTOCOL_ERROR, 0, false},
};

static host_step send_bytes(const char *bytes, size_t len) {
    return (host_step){HOST_SEND, bytes, len, 0};
}

static const host_step asked = EXPECT("get k\r\n");

static void add_whole(struct script *script) {
    add(script, asked);
    add(script, send_bytes(reply, reply_len));
}

static char changed[LEN + 128];

static void add_get(struct script *script, const struct get_row *row) {
    size_t bytes = row->bytes == WHOLE ? reply_len : row->bytes;
    size_t late = row->late == WHOLE ? reply_len - bytes : row->late;

    add(script, asked);
    memcpy(changed, reply, bytes);
    memcpy(changed + bytes, row->behind, strlen(row->behind));
    if (bytes + strlen(row->behind) > 0)
        add(script, send_bytes(changed, bytes + strlen(row->behind)));
    if (row->wait_ms > 0)
        add(script, (host_step){HOST_WAIT, NULL, 0, row->wait_ms});
    if (late > 0)
        add(script, send_bytes(reply + bytes, late));
    if (row->then != HOST_END)
        add(script, (host_step){row->then, NULL, 0, 0});
}

static void assert_got(const mc_value *value, mc_status status, size_t len, const char *name) {
    ck_assert_msg(value->len == len, "%s: %s with %zu bytes", name, mc_status_name(status), value->len);
    ck_assert_msg(len == 0 || memcmp(value->data, data, len) == 0, "%s: other bytes", name);
}

/* Tries a row, behind so many gets that go well. */
static void try_get(const struct get_row *row, int before) {
    struct script          first = {.count = 0}, second = {.count = 0};
    const host_step *const scripts[] = {first.steps, second.steps, NULL};
    mc_value               value = MC_VALUE_INIT;
    scripted_host         *host;
    struct caller          caller;
    mc_status              status;

    for (int i = 0; i < before; i++)
        add_whole(&first);
    add_get(&first, row);
    if (row->then == HOST_END && row->kept)
        add_whole(&first);
    add(&first, (host_step)END);
    add_whole(&second);
    add(&second, (host_step)END);
    host = scripted_host_start(&(scripted_host_options){.scripts = scripts});
    caller = caller_of(host);
    for (int i = 0; i < before; i++)
        ck_assert_int_eq(mc_get(caller.client, mc_str("k"), &value), MC_OK);
    status = mc_get(client_for(&caller, row->status), mc_str("k"), &value);
    ck_assert_msg(status == row->status, "%s, behind %d: %s: %s", row->name, before, mc_status_name(status),
                  mc_error_detail());
    assert_got(&value, status, row->len, row->name);
    status = mc_get(caller.client, mc_str("k"), &value); /* as if nothing had been */
    ck_assert_msg(status == MC_OK, "%s, behind %d, then: %s", row->name, before, mc_error_detail());
    assert_got(&value, status, LEN, row->name);
    ck_assert_uint_eq(scripted_host_connections(host), row->kept ? 1 : 2);
    mc_value_clear(&value);
    free_caller(&caller);
    scripted_host_discard(host);
}

START_TEST(a_value_that_comes_otherwise) {
    make_data();
    for (int before = 0; before <= 3; before++)
        try_get(&gets[_i], before);
}
END_TEST

/* More than there is memory for is received all the same, and what was there before is not overrun. */
START_TEST(a_value_that_has_grown) {
    struct script  script = {.count = 0};
    mc_value       value = MC_VALUE_INIT;
    scripted_host *host;
    struct caller  caller;

    make_data();
    add_whole(&script);
    add_whole(&script);
    add(&script, asked);
    add(&script, send_bytes(longer, longer_len));
    add(&script, asked);
    add(&script, send_bytes(longer, longer_len));
    add_whole(&script);
    add(&script, (host_step)END);
    host = scripted_host_play(script.steps);
    caller = caller_of(host);
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(mc_get(caller.client, mc_str("k"), &value), MC_OK);
        assert_got(&value, MC_OK, i == 2 || i == 3 ? MORE : LEN, "grown");
    }
    ck_assert_uint_eq(scripted_host_connections(host), 1);
    mc_value_clear(&value);
    free_caller(&caller);
    scripted_host_stop(host);
}
END_TEST

/* A host that closes behind each answer: what was kept for the next call is of no use, and takes no place. */
START_TEST(connections_that_are_closed_meanwhile) {
    struct script  script = {.count = 0};
    const char    *hosts[2] = {NULL, NULL};
    mc_options     options = MC_OPTIONS_INIT;
    mc_value       value = MC_VALUE_INIT;
    scripted_host *host;
    mc_client     *client;

    make_data();
    add_whole(&script);
    add(&script, (host_step)CLOSE);
    host = scripted_host_play(script.steps);
    hosts[0] = scripted_host_address(host);
    options.timeout_ms = PLENTY_MS;
    options.max_connections = 2;
    client = mc_client_new_with_options(hosts, NULL, &options);
    ck_assert_ptr_nonnull(client);
    for (int i = 0; i < 6; i++) {
        ck_assert_int_eq(mc_get(client, mc_str("k"), &value), MC_OK);
        assert_got(&value, MC_OK, LEN, "closed");
    }
    ck_assert_uint_le(client->core->roster->hosts[0]->pool.open, 1);
    mc_value_clear(&value);
    mc_client_free(client);
    scripted_host_discard(host);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------------- sets -- */

static const struct set_row {
    const char *name;
    const char *early;  /* is sent before the value is read */
    const char *answer; /* and behind it */
    host_action then;
    mc_status   status;
    bool        kept;
} sets[] = {
    {"stored", "", "STORED\r\n", HOST_END, MC_OK, true},
    {"too large", "", "SERVER_ERROR object too large for cache\r\n", HOST_END, MC_TOO_LARGE, true},
    {"too large, said early", "SERVER_ERROR object too large for cache\r\n", "", HOST_END, MC_TOO_LARGE, true},
    {"no memory", "", "SERVER_ERROR out of memory storing object\r\n", HOST_END, MC_SERVER_ERROR, true},
    {"another answer", "", "DELETED\r\n", HOST_END, MC_PROTOCOL_ERROR, false},
    {"two answers", "", "STORED\r\nSTORED\r\n", HOST_END, MC_OK, false},
    {"closed", "", "STOR", HOST_CLOSE, MC_CONNECTION_LOST, false},
    {"reset", "", "S", HOST_RESET, MC_CONNECTION_LOST, false},
    {"silent", "", "", HOST_SILENCE, MC_TIMEOUT, false},
};

static char line[] = "set k 0 0 200000\r\n";

static void add_set(struct script *script, const struct set_row *row) {
    add(script, (host_step){HOST_EXPECT, line, sizeof line - 1, 0});
    if (row->early[0])
        add(script, send_bytes(row->early, strlen(row->early)));
    add(script, (host_step){HOST_EXPECT, data, LEN, 0});
    add(script, (host_step)EXPECT("\r\n"));
    if (row->answer[0])
        add(script, send_bytes(row->answer, strlen(row->answer)));
    if (row->then != HOST_END)
        add(script, (host_step){row->then, NULL, 0, 0});
}

static void try_set(const struct set_row *row, int before) {
    struct script          first = {.count = 0}, second = {.count = 0};
    const host_step *const scripts[] = {first.steps, second.steps, NULL};
    scripted_host         *host;
    struct caller          caller;
    mc_status              status;

    for (int i = 0; i < before; i++)
        add_set(&first, &sets[0]);
    add_set(&first, row);
    if (row->then == HOST_END && row->kept)
        add_set(&first, &sets[0]);
    add(&first, (host_step)END);
    add_set(&second, &sets[0]);
    add(&second, (host_step)END);
    host = scripted_host_start(&(scripted_host_options){.scripts = scripts});
    caller = caller_of(host);
    for (int i = 0; i < before; i++)
        ck_assert_int_eq(mc_set(caller.client, mc_str("k"), mc_bytes(data, LEN), 0, 0), MC_OK);
    status = mc_set(client_for(&caller, row->status), mc_str("k"), mc_bytes(data, LEN), 0, 0);
    ck_assert_msg(status == row->status, "%s, behind %d: %s: %s", row->name, before, mc_status_name(status),
                  mc_error_detail());
    status = mc_set(caller.client, mc_str("k"), mc_bytes(data, LEN), 0, 0);
    ck_assert_msg(status == MC_OK, "%s, behind %d, then: %s", row->name, before, mc_error_detail());
    ck_assert_uint_eq(scripted_host_connections(host), row->kept ? 1 : 2);
    free_caller(&caller);
    scripted_host_discard(host);
}

START_TEST(a_value_that_goes_otherwise) {
    make_data();
    for (int before = 0; before <= 2; before++)
        try_set(&sets[_i], before);
}
END_TEST

/* More than the sockets hold, on a host that does not read for a while: the send ends before all of it is sent. */
#define HUGE_LEN 16000000

START_TEST(a_value_that_goes_in_parts) {
    static char            huge[HUGE_LEN];
    static const host_step late[] = {EXPECT("set k 0 0 16000000\r\n"),
                                     WAIT(40),
                                     EXPECT_BYTES(huge, HUGE_LEN),
                                     EXPECT("\r\n"),
                                     SEND("STORED\r\n"),
                                     REPEAT};
    const char            *hosts[2] = {NULL, NULL};
    mc_options             options = MC_OPTIONS_INIT;
    scripted_host         *host;
    mc_client             *client;

    for (size_t i = 0; i < HUGE_LEN; i++)
        huge[i] = (char)('!' + i % 89);
    host = scripted_host_play(late);
    hosts[0] = scripted_host_address(host);
    options.timeout_ms = PLENTY_MS;
    options.max_value_size = HUGE_LEN;
    client = mc_client_new_with_options(hosts, NULL, &options);
    ck_assert_ptr_nonnull(client);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(mc_set(client, mc_str("k"), mc_bytes(huge, HUGE_LEN), 0, 0), MC_OK);
    ck_assert_uint_eq(scripted_host_connections(host), 1);
    mc_client_free(client);
    scripted_host_stop(host);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("large values");
    TCase *tcase = test_case(suite, "faults", 60);

    tcase_add_loop_test(tcase, a_value_that_comes_otherwise, 0, ROWS(gets));
    tcase_add_test(tcase, a_value_that_has_grown);
    tcase_add_test(tcase, connections_that_are_closed_meanwhile);
    tcase_add_loop_test(tcase, a_value_that_goes_otherwise, 0, ROWS(sets));
    tcase_add_test(tcase, a_value_that_goes_in_parts);
    return suite;
}
