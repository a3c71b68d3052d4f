#include "cli/words.h"

#include "cli/input.h"
#include "cli/outcome.h"
#include "cli/refuse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void cli_words_open(cli_words *words, const cli_call *call) {
    bool is_input = call->operand_count == 1 && strcmp(call->operands[0], "-") == 0;

    if (call->file && call->operand_count > 0)
        cli_refuse("there are both arguments and --file");
    if (!call->file && call->operand_count == 0)
        cli_refuse("what about? Give %s", call->command->synopsis);
    *words = (cli_words){.call = call, .path = is_input ? "-" : call->file};
    if (words->path)
        words->file = cli_input_open(words->path);
}

bool cli_words_next(cli_words *words, char **text, size_t *len) {
    ssize_t got;

    if (words->file == NULL) {
        if (words->next_operand == words->call->operand_count)
            return false;
        *text = words->call->operands[words->next_operand++];
        *len = strlen(*text);
        return true;
    }
    do {
        got = getline(&words->line, &words->line_size, words->file);
        words->line_number++;
        if (got > 0 && words->line[got - 1] == '\n')
            words->line[--got] = '\0';
    } while (got == 0);
    if (got < 0 && !feof(words->file))
        words->failure = errno;
    *text = words->line;
    *len = (size_t)got;
    return got > 0;
}

int cli_words_close(cli_words *words) {
    int exit_status = CLI_DONE;

    if (words->failure != 0) {
        errno = words->failure;
        exit_status = cli_tell_errno(words->path);
    }
    if (words->file)
        cli_input_close(words->file);
    free(words->line);
    return exit_status;
}
