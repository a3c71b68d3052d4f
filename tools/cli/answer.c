#include "cli/answer.h"

#include "cli/json.h"
#include "cli/outcome.h"
#include "cli/output.h"

#include <stdio.h>

/* The bytes as they are; on a terminal, the prompt that follows shall have a line of its own. */
static void print_value(const cli_answer *answer) {
    const mc_value *value = answer->value;

    if (answer->with_token)
        printf("%llu %u %zu\n", (unsigned long long)value->cas, (unsigned)value->flags, value->len);
    fwrite(value->data, 1, value->len, stdout);
    if (value->len > 0 && value->data[value->len - 1] != '\n' && cli_output_is_terminal())
        putchar('\n');
}

static void print_json(const cli_answer *answer, const char *detail) {
    cli_json json = {0};
    char     token[24];

    cli_json_open(&json, NULL, '{');
    cli_json_bytes(&json, "key", answer->key);
    cli_json_status(&json, answer->status, detail);
    if (answer->status == MC_OK && answer->value) {
        cli_json_bytes(&json, "value", mc_bytes(answer->value->data, answer->value->len));
        cli_json_number(&json, "flags", answer->value->flags);
    }
    if (answer->status == MC_OK && answer->with_token) {
        snprintf(token, sizeof token, "%llu", (unsigned long long)answer->value->cas);
        cli_json_text(&json, "cas", token);
    }
    if (answer->status == MC_OK && answer->number)
        cli_json_number(&json, "number", *answer->number);
    cli_json_close(&json, '}');
}

int cli_answer_give(const cli_call *call, const cli_answer *answer) {
    int         exit_status = cli_exit_of(answer->status);
    const char *detail = exit_status > CLI_NO ? answer->detail : NULL;

    if (answer->status == MC_NOT_STORED)
        detail = answer->refusal;
    if (call->json)
        print_json(answer, detail);
    else if (answer->status == MC_OK && answer->value)
        print_value(answer);
    else if (answer->status == MC_OK && answer->number)
        printf("%llu\n", (unsigned long long)*answer->number);
    cli_output_good();
    cli_tell(answer->status, answer->key, detail, call->quiet || call->json);
    return exit_status;
}

int cli_answer_end(const cli_call *call, cli_answer *answer, mc_client *client, mc_status status) {
    int exit_status;

    answer->status = status;
    answer->detail = mc_error_detail();
    exit_status = cli_answer_give(call, answer);
    mc_client_free(client);
    return exit_status;
}
