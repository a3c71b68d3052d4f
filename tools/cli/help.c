#include "cli/help.h"

#include "cli/options.h"
#include "cli/outcome.h"
#include "cli/output.h"

#include <stdio.h>
#include <string.h>

#define NAMES 32 /* the column of options */

static void print_option(const cli_option *option) {
    char        name[64];
    const char *line = option->help, *end;

    snprintf(name, sizeof name, "  %c%c%s--%s%s%s", option->letter ? '-' : ' ', option->letter ? option->letter : ' ',
             option->letter ? ", " : "  ", option->name, option->value ? " " : "", option->value ? option->value : "");
    printf("%-*s ", NAMES, name);
    while ((end = strchr(line, '\n')) != NULL) {
        printf("%.*s\n%*s ", (int)(end - line), line, NAMES, "");
        line = end + 1;
    }
    printf("%s\n", line);
}

/* The options of a command that are of these groups, under a title. */
static void print_options(const char *title, unsigned groups, unsigned of_command) {
    bool any = false;

    for (size_t i = 0; i < cli_option_count; i++) {
        if (!(cli_options[i].groups & groups & of_command))
            continue;
        if (!any)
            printf("\n%s:\n", title);
        any = true;
        print_option(&cli_options[i]);
    }
}

static void print_command(const cli_command *command) {
    const char *line = command->synopsis, *end;
    const char *before = "Usage:";

    for (;; line = end + 1, before = "      ") {
        end = strchr(line, '\n');
        printf("%s mc %s [OPTION]...%s%.*s\n", before, command->name, *line ? " " : "",
               (int)(end ? (size_t)(end - line) : strlen(line)), line);
        if (end == NULL)
            break;
    }
    printf("\n%s\n", command->summary);
    if (command->text[0])
        printf("\n%s", command->text);
    print_options("Options", ~(unsigned)(CLI_GROUP_CLUSTER | CLI_GROUP_NETWORK), command->groups | CLI_GROUP_ANY);
    print_options("Servers", CLI_GROUP_CLUSTER | CLI_GROUP_NETWORK, command->groups);
    printf("\n%s", cli_exit_help);
}

static void print_commands(const char *first_word) {
    size_t len = first_word ? strlen(first_word) : 0;

    for (const cli_command *command = cli_commands; command->name; command++)
        if (first_word == NULL || (strncmp(command->name, first_word, len) == 0 && command->name[len] == ' '))
            printf("  %-13s %s\n", command->name, command->summary);
}

static void print_all(void) {
    printf("Usage: mc COMMAND [OPTION]... [ARGUMENT]...\n"
           "\n"
           "Works on a cluster of memcached servers from the command line.\n"
           "\n"
           "  export MC_HOSTS=10.0.0.1:11211,10.0.0.2:11211=2     two servers, the second of weight 2\n"
           "  mc set greeting hello --ttl 60\n"
           "  mc get greeting\n"
           "\n"
           "Commands:\n");
    print_commands(NULL);
    printf("\nmc COMMAND --help tells more of one.\n");
    print_options("Options", CLI_GROUP_ANY, CLI_GROUP_ANY);
    printf("\n%s", cli_exit_help);
}

void cli_help_print(const cli_command *command, const char *first_word) {
    if (command != NULL) {
        print_command(command);
    } else if (first_word != NULL) {
        printf("Usage: mc %s COMMAND [OPTION]... [ARGUMENT]...\n\nCommands:\n", first_word);
        print_commands(first_word);
    } else {
        print_all();
    }
}

void cli_help_version(void) {
    printf("mc %s (libmcclient %s)\n", MCCLIENT_VERSION, mc_library_version());
}

int cli_help_end(void) {
    return cli_output_end(CLI_DONE);
}
