#include "client/roster.h"

#include "base/status.h"

#include <stdlib.h>

/* A list longer than this is a missing NULL at its end. */
#define HOSTS_MAX 65536

static mc_status count_hosts(const char *const *hosts, size_t *count) {
    *count = 0;
    if (!hosts)
        return mc__fail(MC_BAD_ARGUMENT, "hosts is NULL: name at least one host");
    while (hosts[*count]) {
        if (++*count > HOSTS_MAX)
            return mc__fail(MC_BAD_ARGUMENT, "more than %d hosts: does the list end with NULL?", HOSTS_MAX);
    }
    if (*count == 0)
        return mc__fail(MC_BAD_ARGUMENT, "no host is named");
    return MC_OK;
}

/* Addresses up to this many are read without an allocation. */
#define FEW 4

static void clear_addresses(mc__address *addresses, size_t count) {
    for (size_t i = 0; i < count; i++)
        mc__address_clear(&addresses[i]);
}

/* After a failure none is held. */
static mc_status parse_addresses(const char *const *hosts, size_t count, mc__address *addresses) {
    for (size_t i = 0; i < count; i++) {
        mc_status status = mc__address_parse(hosts[i], &addresses[i]);
        if (status != MC_OK) {
            clear_addresses(addresses, i);
            return status;
        }
    }
    return MC_OK;
}

static mc__host *find(mc__host *const *hosts, size_t count, const char *name, size_t *at) {
    for (*at = 0; *at < count; ++*at) {
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): the first count of them are there */
        if (strcmp(hosts[*at]->address.name, name) == 0)
            return hosts[*at];
    }
    return NULL;
}

/* The host of an address: one that the roster has already, one of the old roster, or a new one. */
static mc_status add_member(mc__roster *roster, mc__address *address, const mc__net_settings *settings,
                            const mc__roster *old) {
    mc__host *host = NULL;
    size_t    at;

    if (!find(roster->hosts, roster->host_count, address->name, &at)) {
        size_t ignored;
        if (old)
            host = find(old->hosts, old->host_count, address->name, &ignored);
        if (host)
            mc__host_retain(host);
        else if (mc__host_new(address, settings, &host) != MC_OK)
            return mc__fail(MC_NO_MEMORY, "%s: out of memory", address->name);
        at = roster->host_count;
        roster->hosts[roster->host_count++] = host;
    }
    roster->members[roster->count++] = at;
    return MC_OK;
}

static mc_status fill(mc__roster *roster, mc__address *addresses, const unsigned *weights, size_t count,
                      const mc_options *options, const mc__net_settings *settings, const mc__roster *old) {
    mc_status status =
        mc__placement_new(addresses, weights, count, options->distribution, options->hash, &roster->placement);

    if (status != MC_OK)
        return status;
    for (size_t i = 0; i < count && status == MC_OK; i++)
        status = add_member(roster, &addresses[i], settings, old);
    return status;
}

/* A roster with room for count hosts, in one block. */
static mc__roster *new_roster(size_t count) {
    mc__roster *roster = malloc(sizeof *roster + count * (sizeof(mc__host *) + sizeof *roster->members));

    if (!roster)
        return NULL;
    *roster = (mc__roster){0};
    atomic_init(&roster->references, 1);
    roster->hosts = (mc__host **)(void *)(roster + 1);
    roster->members = (size_t *)(void *)(roster->hosts + count);
    return roster;
}

static mc_status make(const char *const *hosts, size_t count, mc__address *addresses, const unsigned *weights,
                      const mc_options *options, const mc__net_settings *settings, const mc__roster *old,
                      mc__roster **result) {
    mc_status   status = parse_addresses(hosts, count, addresses);
    mc__roster *roster;

    if (status != MC_OK)
        return status;
    roster = new_roster(count);
    if (roster)
        status = fill(roster, addresses, weights, count, options, settings, old);
    else
        status = mc__fail(MC_NO_MEMORY, "out of memory for %zu hosts", count);
    clear_addresses(addresses, count);
    if (status == MC_OK)
        *result = roster;
    else
        mc__roster_release(roster);
    return status;
}

mc_status mc__roster_new(const char *const *hosts, const unsigned *weights, const mc_options *options,
                         const mc__net_settings *settings, const mc__roster *old, mc__roster **result) {
    mc__address  few[FEW];
    mc__address *addresses = few;
    size_t       count;
    mc_status    status = count_hosts(hosts, &count);

    *result = NULL;
    if (status != MC_OK)
        return status;
    if (count > FEW)
        addresses = calloc(count, sizeof *addresses);
    if (!addresses)
        return mc__fail(MC_NO_MEMORY, "out of memory for %zu hosts", count);
    status = make(hosts, count, addresses, weights, options, settings, old, result);
    if (addresses != few)
        free(addresses);
    return status;
}

void mc__roster_release(mc__roster *roster) {
    if (!roster || atomic_fetch_sub(&roster->references, 1) > 1)
        return;
    for (size_t i = 0; i < roster->host_count; i++)
        mc__host_release(roster->hosts[i]);
    mc__placement_free(roster->placement);
    free(roster);
}
