#include "cli/route.h"

#include "cli/json.h"
#include "cli/outcome.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/words.h"

#include <stdio.h>

#define TRIES_MAX 10

static void print_json(cli_json *json, const cli_call *call, mc_slice key, const size_t *hosts, size_t tries) {
    cli_json_open(json, NULL, '{');
    cli_json_bytes(json, "key", key);
    cli_json_status(json, tries > 0 ? MC_OK : MC_BAD_KEY, NULL);
    if (tries > 0)
        cli_json_text(json, "host", call->hosts.addresses[hosts[0]]);
    if (tries > 0 && call->tries) {
        cli_json_open(json, "tries", '[');
        for (size_t i = 0; i < tries; i++)
            cli_json_text(json, NULL, call->hosts.addresses[hosts[i]]);
        cli_json_close(json, ']');
    }
    cli_json_close(json, '}');
}

static void print_line(const cli_call *call, mc_slice key, const size_t *hosts, size_t tries) {
    fwrite(key.data, 1, key.len, stdout);
    for (size_t i = 0; i < (call->tries ? tries : 1); i++)
        printf("\t%s", call->hosts.addresses[hosts[i]]);
    putchar('\n');
}

int cli_run_route(cli_call *call) {
    mc_client *client = cli_session_open(call);
    cli_json   json = {0};
    int        exit_status = CLI_DONE, ended;
    cli_words  words;
    mc_slice   key;
    char      *text;

    cli_words_open(&words, call);
    if (call->json)
        cli_json_open(&json, NULL, '[');
    while (cli_output_good() && cli_words_next(&words, &text, &key.len)) {
        size_t hosts[TRIES_MAX], tries;
        key.data = text;
        tries = mc_client_route(client, key, hosts, TRIES_MAX);
        if (call->json)
            print_json(&json, call, key, hosts, tries);
        else if (tries > 0)
            print_line(call, key, hosts, tries);
        if (tries == 0)
            cli_tell(MC_BAD_KEY, key, NULL, false);
        cli_add_status(&exit_status, tries > 0 ? MC_OK : MC_BAD_KEY);
    }
    if (call->json)
        cli_json_close(&json, ']');
    ended = cli_words_close(&words);
    mc_client_free(client);
    return ended > exit_status ? ended : exit_status;
}
