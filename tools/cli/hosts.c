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

static bool append(cli_hosts *hosts, char *address, unsigned weight) {
    const char **addresses = realloc(hosts->addresses, (hosts->count + 2) * sizeof *addresses);
    unsigned    *weights = NULL;

    if (addresses != NULL) {
        hosts->addresses = addresses;
        addresses[hosts->count] = NULL;
        weights = realloc(hosts->weights, (hosts->count + 1) * sizeof *weights);
    }
    if (weights == NULL)
        return false;
    hosts->weights = weights;
    weights[hosts->count] = weight;
    addresses[hosts->count++] = address;
    addresses[hosts->count] = NULL;
    return true;
}

static const char *add_one(cli_hosts *hosts, const char *text, const char *sign, const char *end) {
    const char *address_end = sign ? sign : end;
    uint64_t    weight = 1;
    char       *address;

    if (address_end == text)
        return "there is no address";
    if (sign && !cli_number_of(mc_bytes(sign + 1, (size_t)(end - sign - 1)), WEIGHT_MAX, &weight))
        return "behind \"=\" there is no weight from 0 to 1048576 (in a path, write \"\\=\")";
    address = plain_copy(text, (size_t)(address_end - text));
    if (address != NULL && append(hosts, address, (unsigned)weight))
        return NULL;
    free(address);
    return "there is no memory for it";
}

const char *cli_hosts_add(cli_hosts *hosts, const char *list, const char **part, size_t *part_len) {
    for (;;) {
        const char *sign, *end = end_of_host(list, &sign);
        const char *wrong = add_one(hosts, list, sign, end);
        *part = list;
        *part_len = (size_t)(end - list);
        if (wrong || *end == '\0')
            return wrong;
        list = end + 1;
    }
}

void cli_hosts_clear(cli_hosts *hosts) {
    for (size_t i = 0; i < hosts->count; i++)
        free((char *)hosts->addresses[i]);
    free(hosts->addresses);
    free(hosts->weights);
    *hosts = (cli_hosts){0};
}
