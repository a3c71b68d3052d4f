#include "cli/servers.h"

#include "cli/each_host.h"
#include "cli/json.h"
#include "cli/number.h"
#include "cli/outcome.h"
#include "cli/output.h"
#include "measure/clock.h"

#include <stdio.h>
#include <stdlib.h>

/* Prints what a host has said: members of an object that is open, or lines. */
typedef void print_fn(const cli_host_answer *answer, cli_json *json);

/* Asks every host, and prints what each has said in the order in which they were given. */
static int ask_all(const cli_call *call, cli_ask_fn *ask, print_fn *print) {
    cli_host_answer *answers = cli_each_host(call, ask);
    cli_json         json = {0};
    int              exit_status = CLI_DONE;

    if (call->json)
        cli_json_open(&json, NULL, '[');
    for (size_t i = 0; i < call->hosts.count; i++) {
        cli_host_answer *answer = &answers[i];
        if (call->json) {
            cli_json_open(&json, NULL, '{');
            cli_json_text(&json, "host", answer->host);
            cli_json_status(&json, answer->status, answer->detail);
        }
        print(answer, &json);
        if (call->json)
            cli_json_close(&json, '}');
        cli_output_good();
        cli_tell(answer->status, mc_str(NULL), answer->detail, false);
        cli_add_status(&exit_status, answer->status);
        free(answer->text);
    }
    if (call->json)
        cli_json_close(&json, ']');
    free(answers);
    return exit_status;
}

static void keep_version(const char *host, mc_status status, mc_slice version, void *arg) {
    cli_host_answer *answer = arg;

    (void)host;
    free(answer->text);
    answer->text = strndup(version.data ? version.data : "", version.len);
    answer->status = answer->text ? status : MC_NO_MEMORY;
}

static void ask_version(cli_host_answer *answer) {
    mc_version(answer->client, keep_version, answer);
}

static void print_version(const cli_host_answer *answer, cli_json *json) {
    if (answer->status == MC_OK && answer->call->json)
        cli_json_text(json, "version", answer->text);
    else if (answer->status == MC_OK)
        printf("%s\t%s\n", answer->host, answer->text);
}

int cli_run_version(cli_call *call) {
    return ask_all(call, ask_version, print_version);
}

/* The first time connects; the second is what is measured. */
static void ask_ping(cli_host_answer *answer) {
    uint64_t started_ns;

    ask_version(answer);
    if (answer->status != MC_OK)
        return;
    started_ns = measure_now_ns();
    ask_version(answer);
    answer->ms = (double)(measure_now_ns() - started_ns) / 1e6;
}

static void print_ping(const cli_host_answer *answer, cli_json *json) {
    if (answer->call->json && answer->status == MC_OK) {
        cli_json_real(json, "ms", answer->ms, 3);
        cli_json_text(json, "version", answer->text);
    } else if (!answer->call->json && answer->status == MC_OK) {
        printf("%s\tup\t%.3f ms\t%s\n", answer->host, answer->ms, answer->text);
    } else if (!answer->call->json) {
        printf("%s\tdown\n", answer->host);
    }
}

int cli_run_ping(cli_call *call) {
    return ask_all(call, ask_ping, print_ping);
}

/* mc_flush_all says MC_PARTIAL of any failure; mc_version before it says why a host cannot be reached. */
static void ask_flush(cli_host_answer *answer) {
    ask_version(answer);
    if (answer->status == MC_OK)
        answer->status = mc_flush_all(answer->client, answer->call->delay_s);
}

static void print_nothing(const cli_host_answer *answer, cli_json *json) {
    (void)answer;
    (void)json;
}

int cli_run_flush(cli_call *call) {
    return ask_all(call, ask_flush, print_nothing);
}

/* Statistics are kept as they come: name, tab, value, line end. */
typedef struct listening {
    cli_host_answer *answer;
    FILE            *file;
} listening;

static void keep_stat(const char *host, mc_status status, mc_slice name, mc_slice value, void *arg) {
    listening *heard = arg;

    (void)host;
    heard->answer->status = status;
    if (status == MC_OK)
        fprintf(heard->file, "%.*s\t%.*s\n", (int)name.len, name.data, (int)value.len, value.data);
}

static void ask_stats(cli_host_answer *answer) {
    const cli_call *call = answer->call;
    size_t          size = 0;
    listening       heard = {.answer = answer, .file = open_memstream(&answer->text, &size)};
    mc_status       status = MC_NO_MEMORY;

    if (heard.file)
        status = mc_stats(answer->client, mc_str(call->operand_count > 0 ? call->operands[0] : NULL), keep_stat, &heard);
    if (status != MC_OK && status != MC_PARTIAL)
        answer->status = status;
    if (heard.file && fclose(heard.file) != 0)
        answer->status = MC_NO_MEMORY;
}

/* What looks like a number is one: that is what programs ask statistics for. */
static void print_stat_json(cli_json *json, const char *name, const char *value) {
    uint64_t number;

    if (cli_number_of(mc_str(value), UINT64_MAX, &number) && (value[0] != '0' || value[1] == '\0'))
        cli_json_number(json, name, number);
    else
        cli_json_bytes(json, name, mc_str(value));
}

static void print_stats(const cli_host_answer *answer, cli_json *json) {
    bool  is_json = answer->call->json, is_terminal = cli_output_is_terminal();
    char *rest = answer->text;

    if (answer->status != MC_OK)
        return;
    if (is_json)
        cli_json_open(json, "stats", '{');
    else if (is_terminal)
        printf("%s\n", answer->host);
    for (char *line; (line = strsep(&rest, "\n")) != NULL && rest != NULL;) {
        char *value = strchr(line, '\t');
        if (value == NULL) /* behind a line feed inside of a value */
            continue;
        *value++ = '\0';
        if (is_json)
            print_stat_json(json, line, value);
        else if (is_terminal)
            printf("  %-28s %s\n", line, value);
        else
            printf("%s\t%s\t%s\n", answer->host, line, value);
    }
    if (is_json)
        cli_json_close(json, '}');
}

int cli_run_stats(cli_call *call) {
    return ask_all(call, ask_stats, print_stats);
}
