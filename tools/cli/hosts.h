/*
 * Hosts and their weights, as a list in one text:
 *
 *     host[,host]...       host: address or address=weight
 *
 * An address is any that mc_client_new takes: name, name:port, [v6], [v6]:port, inet:name:port, inet6:[v6]:port, unix:/path,
 * /path. A weight is 0 to 1,048,576; without one it is 1. In an address, "\," "\=" and "\\" stand for the sign itself.
 */
#ifndef MC_CLI_HOSTS_H
#define MC_CLI_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

/* Starts as zeros. addresses ends with NULL as soon as it holds one. */
typedef struct cli_hosts {
    const char **addresses;
    unsigned    *weights;
    size_t       count;
} cli_hosts;

/*
 * Adds the hosts of a list. Returns NULL; or what is wrong, in words that are valid until the next call: *part and *part_len
 * are then the host that is meant. What stood before the wrong one has been added.
 */
const char *cli_hosts_add(cli_hosts *hosts, const char *list, const char **part, size_t *part_len);

/* Frees what it holds; it is zeros again. */
void cli_hosts_clear(cli_hosts *hosts);

#endif
