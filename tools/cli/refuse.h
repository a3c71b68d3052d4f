/* The end of a program whose command line is wrong. */
#ifndef MC_CLI_REFUSE_H
#define MC_CLI_REFUSE_H

/* Names the command that messages are about, for all that follow: "get" makes them begin with "mc get: ". NULL: none. */
void cli_speak_for(const char *command);

/* "mc get", or "mc". */
const char *cli_speaker(void);

/* Says what is wrong, and where help is, on standard error, and exits with CLI_USAGE. */
_Noreturn void cli_refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Says what is wrong on standard error and goes on. */
void cli_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
