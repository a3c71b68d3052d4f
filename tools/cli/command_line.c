#include "cli/command_line.h"

#include "cli/help.h"
#include "cli/options.h"
#include "cli/refuse.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_LONG 256 /* what getopt_long returns for the first of cli_options */
#define OPTIONS_MAX 48
/* What many commands take, and what may stand before the command. */
#define COMMON (CLI_GROUP_ANY | CLI_GROUP_CLUSTER | CLI_GROUP_NETWORK | CLI_GROUP_JSON | CLI_GROUP_QUIET | CLI_GROUP_VALUE)

/* What is being read. */
typedef struct reading {
    cli_call   *call;
    const char *first_word;          /* of a command of two words, until the second has come */
    bool        before[OPTIONS_MAX]; /* which of cli_options stood before the command */
    bool        wants_help;
} reading;

static bool has_first_word(const cli_command *command, const char *word) {
    size_t len = strlen(word);

    return strncmp(command->name, word, len) == 0 && command->name[len] == ' ';
}

static bool is_named(const cli_command *command, const char *first, const char *word) {
    if (first == NULL)
        return strcmp(command->name, word) == 0;
    return has_first_word(command, first) && strcmp(command->name + strlen(first) + 1, word) == 0;
}

/* Takes a word that is no option: of the command, or an operand. */
static void take_word(reading *state, char *word) {
    cli_call *call = state->call;

    if (call->command != NULL) {
        call->operands[call->operand_count++] = word;
        return;
    }
    for (const cli_command *command = cli_commands; command->name; command++)
        if (is_named(command, state->first_word, word)) {
            call->command = command;
            cli_speak_for(command->name);
            return;
        }
    for (const cli_command *command = cli_commands; state->first_word == NULL && command->name; command++)
        if (has_first_word(command, word)) {
            state->first_word = word;
            cli_speak_for(word);
            return;
        }
    if (state->first_word != NULL)
        cli_refuse("\"%s\" is none of its commands", word);
    if (strcmp(word, "help") == 0)
        state->wants_help = true;
    else
        cli_refuse("there is no command \"%s\"", word);
}

/* The option that getopt_long has returned, or, behind '?', has left in optopt; NULL: there is none. */
static const cli_option *option_of(int returned) {
    for (size_t i = 0; i < cli_option_count; i++)
        if (returned != 0 && (returned == FIRST_LONG + (int)i || returned == cli_options[i].letter))
            return &cli_options[i];
    return NULL;
}

static bool is_known(const cli_call *call, const cli_option *option) {
    return option->groups & (call->command ? call->command->groups | CLI_GROUP_ANY : COMMON);
}

/* argument is where the option stands. */
static _Noreturn void refuse_place(const cli_call *call, const cli_option *option, const char *argument) {
    const char *hint = argument[1] == '-' ? "" : "; write -- before an argument that begins with \"-\"";

    if (call->command != NULL)
        cli_refuse("\"%s\" is no option of mc %s%s", argument, call->command->name, hint);
    cli_refuse("--%s belongs behind the command", option->name);
}

static void take_option(reading *state, const cli_option *option, const char *text, const char *argument) {
    cli_call *call = state->call;

    if (!is_known(call, option))
        refuse_place(call, option, argument);
    if (call->command == NULL)
        state->before[option - cli_options] = true;
    if (option->take != NULL) {
        option->take(call, text);
    } else if (option->letter == 'V') {
        cli_help_version();
        exit(cli_help_end());
    } else {
        state->wants_help = true;
    }
}

/* What getopt_long did not take: argument is where it stands. */
static _Noreturn void refuse_option(const cli_call *call, int returned, const char *argument) {
    const cli_option *option = option_of(optopt);

    if (option != NULL && !is_known(call, option))
        refuse_place(call, option, argument);
    if (option != NULL && returned == ':')
        cli_refuse("--%s needs a value: %s", option->name, option->value);
    if (option != NULL)
        cli_refuse("--%s takes no value", option->name);
    if (argument[1] == '-')
        cli_refuse("there is no option \"%s\", or more than one begins so", argument);
    cli_refuse("\"%s\" is no option; write -- before an argument that begins with \"-\"", argument);
}

/* For getopt_long: words in their order, a missing value is ':', and it prints nothing. */
static void prepare(struct option *longs, char *shorts) {
    *shorts++ = '-';
    *shorts++ = ':';
    for (size_t i = 0; i < cli_option_count; i++) {
        longs[i] = (struct option){.name = cli_options[i].name,
                                   .has_arg = cli_options[i].value ? required_argument : no_argument,
                                   .val = FIRST_LONG + (int)i};
        if (cli_options[i].letter) {
            *shorts++ = cli_options[i].letter;
            if (cli_options[i].value)
                *shorts++ = ':';
        }
    }
    *shorts = '\0';
}

/* Whether it is a number below zero, which is no option but an operand. */
static bool is_negative(const char *argument) {
    return argument[0] == '-' && argument[1] != '\0' && argument[1 + strspn(argument + 1, "0123456789")] == '\0';
}

static void read_words(reading *state, int argc, char **argv) {
    struct option longs[OPTIONS_MAX] = {{0}};
    char          shorts[2 * OPTIONS_MAX + 3];
    int           returned, at = 1, negative = 0;

    prepare(longs, shorts);
    while ((returned = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        const cli_option *option = option_of(returned);
        bool              is_again = at == negative; /* getopt_long takes such a number for one option a digit */
        if (returned == '?' && is_negative(argv[at])) {
            if (!is_again)
                take_word(state, argv[at]);
            negative = at;
        } else if (returned == 1) {
            take_word(state, optarg);
        } else if (option != NULL) {
            take_option(state, option, optarg, argv[at]);
        } else {
            refuse_option(state->call, returned, argv[at]);
        }
        at = optind;
    }
    while (optind < argc)
        take_word(state, argv[optind++]);
}

static void check_operands(const cli_call *call) {
    const cli_command *command = call->command;

    if (call->operand_count < command->least)
        cli_refuse("an argument is missing: mc %s %s", command->name, command->synopsis);
    if (command->most >= 0 && call->operand_count > command->most)
        cli_refuse("\"%s\" is one argument too many", call->operands[command->most]);
}

static void find_hosts(cli_call *call) {
    const char *list = getenv("MC_HOSTS");

    if (call->hosts.count == 0 && list != NULL && list[0] != '\0')
        cli_options_take_hosts(&call->hosts, "MC_HOSTS", list);
    if (call->hosts.count == 0)
        cli_refuse("no hosts: give --hosts HOST:PORT,... or set MC_HOSTS");
}

void cli_command_line_read(cli_call *call, int argc, char **argv) {
    reading state = {.call = call};

    *call = (cli_call){.options = MC_OPTIONS_INIT,
                       .operands = calloc((size_t)argc + 1, sizeof *call->operands),
                       .like = -1,
                       .distribution = -1,
                       .hash = -1,
                       .failover = -1,
                       .load = LOAD_SETTINGS_INIT};
    if (call->operands == NULL)
        cli_refuse("there is no memory");
    read_words(&state, argc, argv);
    if (state.wants_help) {
        cli_help_print(call->command, state.first_word);
        exit(cli_help_end());
    }
    if (call->command == NULL && state.first_word != NULL)
        cli_refuse("which one?");
    if (call->command == NULL)
        cli_refuse("which command?");
    check_operands(call);
    for (size_t i = 0; i < cli_option_count; i++)
        if (state.before[i] && !is_known(call, &cli_options[i]))
            cli_refuse("--%s is no option of mc %s", cli_options[i].name, call->command->name);
    find_hosts(call);
}

void cli_command_line_clear(cli_call *call) {
    cli_hosts_clear(&call->hosts);
    cli_hosts_clear(&call->load.against);
    free(call->operands);
}
