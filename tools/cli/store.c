#include "cli/store.h"

#include "cli/answer.h"
#include "cli/input.h"
#include "cli/outcome.h"
#include "cli/refuse.h"
#include "cli/session.h"

#define ABSENT "the key is not there; nothing was stored"

typedef mc_status store_fn(mc_client *client, const cli_call *call, mc_slice key, mc_slice value);

static mc_status set(mc_client *client, const cli_call *call, mc_slice key, mc_slice value) {
    return mc_set(client, key, value, call->flags, call->ttl_s);
}

static mc_status add(mc_client *client, const cli_call *call, mc_slice key, mc_slice value) {
    return mc_add(client, key, value, call->flags, call->ttl_s);
}

static mc_status replace(mc_client *client, const cli_call *call, mc_slice key, mc_slice value) {
    return mc_replace(client, key, value, call->flags, call->ttl_s);
}

static mc_status append(mc_client *client, const cli_call *call, mc_slice key, mc_slice value) {
    (void)call;
    return mc_append(client, key, value);
}

static mc_status prepend(mc_client *client, const cli_call *call, mc_slice key, mc_slice value) {
    (void)call;
    return mc_prepend(client, key, value);
}

static mc_status cas(mc_client *client, const cli_call *call, mc_slice key, mc_slice value) {
    return mc_cas(client, key, value, call->flags, call->ttl_s, call->cas);
}

/* The value, from where the call says; read is what holds it when it is not the argument. Returns an exit status. */
static int find_value(const cli_call *call, mc_value *read, mc_slice *value) {
    const char *argument = call->operand_count > 1 ? call->operands[1] : NULL;
    bool        is_input = argument != NULL && argument[0] == '-' && argument[1] == '\0';
    int         exit_status;

    if (argument != NULL && call->file != NULL)
        cli_refuse("there are two values: an argument, and --file");
    if (argument == NULL && call->file == NULL)
        cli_refuse("there is no value: give VALUE, - for standard input, or --file FILE");
    if (argument != NULL && !is_input) {
        *value = mc_str(argument);
        return CLI_DONE;
    }
    exit_status = cli_input_read(is_input ? "-" : call->file, call->options.max_value_size, read);
    *value = mc_bytes(read->data, read->len);
    return exit_status;
}

/* Of what was not read to its end, nobody knows how long it is. */
static int give_too_large(const cli_call *call, cli_answer *answer) {
    char detail[512];

    snprintf(detail, sizeof detail, "the value of \"%.250s\" has more than %zu bytes", call->operands[0],
             call->options.max_value_size);
    answer->detail = detail;
    answer->status = MC_TOO_LARGE;
    return cli_answer_give(call, answer);
}

static int store(cli_call *call, store_fn *fn, const char *refusal) {
    cli_answer answer = {.key = mc_str(call->operands[0]), .refusal = refusal};
    mc_value   read = MC_VALUE_INIT;
    mc_slice   value = mc_str(NULL);
    mc_client *client = cli_session_open(call);
    int        exit_status = find_value(call, &read, &value);

    if (exit_status == CLI_DONE && value.len <= call->options.max_value_size) {
        exit_status = cli_answer_end(call, &answer, client, fn(client, call, answer.key, value));
    } else {
        if (exit_status == CLI_DONE)
            exit_status = give_too_large(call, &answer);
        mc_client_free(client);
    }
    mc_value_clear(&read);
    return exit_status;
}

int cli_run_set(cli_call *call) {
    return store(call, set, NULL);
}

int cli_run_add(cli_call *call) {
    return store(call, add, "the key is there already; nothing was stored");
}

int cli_run_replace(cli_call *call) {
    return store(call, replace, ABSENT);
}

int cli_run_append(cli_call *call) {
    return store(call, append, ABSENT);
}

int cli_run_prepend(cli_call *call) {
    return store(call, prepend, ABSENT);
}

int cli_run_cas(cli_call *call) {
    if (!call->has_cas)
        cli_refuse("--cas TOKEN is missing; mc gets shows it");
    return store(call, cas, NULL);
}
