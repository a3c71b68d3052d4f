#include "cli/hosts.h"

#include "cli/number.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define WEIGHT_MAX 1048576

/* The end of the host that begins at text: a comma, or the end of the list. *sign is its last "=", or NULL. */
static const char *end_of_host(const char *text, const char **sign) {
    *sign = NULL;
    for (; *text != '\0' && *text != ','; text++)
        if (text[0] == '\\' && text[1] != '\0')
            text++;
        else if (*text == '=')
            *sign = text;
    return text;
}

/* A copy of the text without its backslashes. NULL: no memory. */
static char *plain_copy(const char *text, size_t len) {
    char  *copy = malloc(len + 1);
    size_t used = 0;

    if (copy == NULL)
        return NULL;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\\' && i + 1 < len)
            i++;
        copy[used++] = text[i];
    }
    copy[used] = '\0';
    return copy;
}

/* Makes room for one more, and for the NULL behind it. */
static bool grow(cli_hosts *hosts) {
    const char **addresses = calloc(hosts->count + 2, sizeof *addresses);
    unsigned    *weights = calloc(hosts->count + 1, sizeof *weights);

    if (addresses == NULL || weights == NULL) {
        free(addresses);
        free(weights);
        return false;
    }
    for (size_t i = 0; i < hosts->count; i++) {
        addresses[i] = hosts->addresses[i];
        weights[i] = hosts->weights[i];
    }
    free(hosts->addresses);
    free(hosts->weights);
    hosts->addresses = addresses;
    hosts->weights = weights;
    return true;
}

static const char *add_one(cli_hosts *hosts, const char *text, const char *sign, const char *end) {
    const char *address_end = sign ? sign : end;
    uint64_t    weight = 1;

    if (address_end == text)
        return "there is no address";
    if (sign && !cli_number_of(mc_bytes(sign + 1, (size_t)(end - sign - 1)), WEIGHT_MAX, &weight))
        return "behind \"=\" there is no weight from 0 to 1048576 (in a path, write \"\\=\")";
    if (!grow(hosts))
        return "there is no memory for it";
    hosts->weights[hosts->count] = (unsigned)weight;
    hosts->addresses[hosts->count] = plain_copy(text, (size_t)(address_end - text));
    if (hosts->addresses[hosts->count] == NULL)
        return "there is no memory for it";
    hosts->count++;
    return NULL;
}

const char *cli_hosts_add(cli_hosts *hosts, const char *list, const char **part, size_t *part_len) {
    const char *begin = list, *end, *sign, *wrong;

    do {
        end = end_of_host(begin, &sign);
        wrong = add_one(hosts, begin, sign, end);
        list = begin;
        begin = end + 1;
    } while (!wrong && *end != '\0');
    *part = list;
    *part_len = (size_t)(end - list);
    return wrong;
}

void cli_hosts_clear(cli_hosts *hosts) {
    for (size_t i = 0; i < hosts->count; i++)
        free((char *)hosts->addresses[i]);
    free(hosts->addresses);
    free(hosts->weights);
    *hosts = (cli_hosts){0};
}
