/*
 * JSON (RFC 8259) on standard output, written as it comes. Bytes that are UTF-8 are a string; others are base64 (RFC 4648,
 * 4) under a name that ends in "_base64". Look at cli_output_good() afterwards.
 */
#ifndef MC_CLI_JSON_H
#define MC_CLI_JSON_H

#include <mcclient/mcclient.h>

#define CLI_JSON_DEPTH 8

/* Starts as zeros. */
typedef struct cli_json {
    unsigned depth;
    bool     has_before[CLI_JSON_DEPTH]; /* whether something stands before in this object or array */
} cli_json;

/* Objects and arrays; name is NULL in arrays and at the top. Elements of an array at the top have a line each. */
void cli_json_open(cli_json *json, const char *name, char bracket);
void cli_json_close(cli_json *json, char bracket);

/* Members of the object that is open. */
void cli_json_bytes(cli_json *json, const char *name, mc_slice bytes);
void cli_json_text(cli_json *json, const char *name, const char *text); /* UTF-8, or what is not is replaced */
void cli_json_number(cli_json *json, const char *name, uint64_t number);
void cli_json_real(cli_json *json, const char *name, double number, unsigned decimals);
void cli_json_bool(cli_json *json, const char *name, bool yes);

/* The members that tell of a status: "status", its name, and "detail", where there is something to say. */
void cli_json_status(cli_json *json, mc_status status, const char *detail);

#endif
