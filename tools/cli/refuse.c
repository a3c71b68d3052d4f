#include "cli/refuse.h"

#include "cli/outcome.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Of the one command line that a process has. */
static char speaker[64] = "mc";

void cli_speak_for(const char *command) {
    snprintf(speaker, sizeof speaker, "mc%s%s", command ? " " : "", command ? command : "");
}

const char *cli_speaker(void) {
    return speaker;
}

static void say(const char *format, va_list arguments) {
    fprintf(stderr, "%s: ", speaker);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

void cli_refuse(const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
    fprintf(stderr, "Try %s --help.\n", speaker);
    exit(CLI_USAGE);
}

void cli_complain(const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}
