#include "cli/single.h"

#include "cli/answer.h"
#include "cli/number.h"
#include "cli/refuse.h"
#include "cli/session.h"

static int64_t seconds_of(const char *text) {
    int64_t ttl_s;

    if (!cli_signed_of(mc_str(text), &ttl_s))
        cli_refuse("TTL: \"%s\" is not a number of seconds", text);
    return ttl_s;
}

typedef mc_status read_fn(mc_client *client, mc_slice key, mc_value *value, int64_t ttl_s);

static mc_status get(mc_client *client, mc_slice key, mc_value *value, int64_t ttl_s) {
    (void)ttl_s;
    return mc_get(client, key, value);
}

static mc_status gets(mc_client *client, mc_slice key, mc_value *value, int64_t ttl_s) {
    (void)ttl_s;
    return mc_gets(client, key, value);
}

static mc_status gat(mc_client *client, mc_slice key, mc_value *value, int64_t ttl_s) {
    return mc_gat(client, key, ttl_s, value);
}

static mc_status gats(mc_client *client, mc_slice key, mc_value *value, int64_t ttl_s) {
    return mc_gats(client, key, ttl_s, value);
}

static int read_value(cli_call *call, read_fn *read, bool with_token) {
    int64_t    ttl_s = call->operand_count > 1 ? seconds_of(call->operands[1]) : 0;
    mc_value   value = MC_VALUE_INIT;
    cli_answer answer = {.key = mc_str(call->operands[0]), .value = &value, .with_token = with_token};
    mc_client *client;
    int        exit_status;

    client = cli_session_open_to_read(call);
    exit_status = cli_answer_end(call, &answer, client, read(client, answer.key, &value, ttl_s));
    mc_value_clear(&value);
    return exit_status;
}

int cli_run_get(cli_call *call) {
    return read_value(call, get, false);
}

int cli_run_gets(cli_call *call) {
    return read_value(call, gets, true);
}

int cli_run_gat(cli_call *call) {
    return read_value(call, gat, false);
}

int cli_run_gats(cli_call *call) {
    return read_value(call, gats, true);
}

int cli_run_delete(cli_call *call) {
    mc_client *client = cli_session_open(call);
    cli_answer answer = {.key = mc_str(call->operands[0])};

    return cli_answer_end(call, &answer, client, mc_delete(client, answer.key));
}

int cli_run_touch(cli_call *call) {
    int64_t    ttl_s = seconds_of(call->operands[1]);
    mc_client *client = cli_session_open(call);
    cli_answer answer = {.key = mc_str(call->operands[0])};

    return cli_answer_end(call, &answer, client, mc_touch(client, answer.key, ttl_s));
}

typedef mc_status count_fn(mc_client *client, mc_slice key, uint64_t delta, uint64_t *result);

static int count(cli_call *call, count_fn *change) {
    uint64_t   delta = 1, number = 0;
    cli_answer answer = {.key = mc_str(call->operands[0]), .number = &number};
    mc_client *client;

    if (call->operand_count > 1 && !cli_number_of(mc_str(call->operands[1]), UINT64_MAX, &delta))
        cli_refuse("DELTA: \"%s\" is not a number from 0 to 18446744073709551615", call->operands[1]);
    client = cli_session_open(call);
    return cli_answer_end(call, &answer, client, change(client, answer.key, delta, &number));
}

int cli_run_incr(cli_call *call) {
    return count(call, mc_incr);
}

int cli_run_decr(cli_call *call) {
    return count(call, mc_decr);
}
