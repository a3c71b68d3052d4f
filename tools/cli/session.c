#include "cli/session.h"

#include "cli/refuse.h"

#define READ_MAX (1u << 30) /* the most that memcached's -I allows */

/* A preset first, so that the order of the options does not matter. */
static mc_options options_of(const cli_call *call) {
    mc_options options = call->options;

    if (call->like >= 0)
        mc_options_like(&options, (mc_like)call->like);
    if (call->distribution >= 0)
        options.distribution = (mc_distribution)call->distribution;
    if (call->hash >= 0)
        options.hash = (mc_hash)call->hash;
    if (call->failover >= 0)
        options.failover = (mc_failover)call->failover;
    return options;
}

mc_client *cli_session_open_on(const cli_call *call, const cli_hosts *hosts) {
    mc_options options = options_of(call);
    mc_client *client = mc_client_new_with_options(hosts->addresses, hosts->weights, &options);

    if (client == NULL)
        cli_refuse("%s", mc_error_detail());
    return client;
}

mc_client *cli_session_open(const cli_call *call) {
    return cli_session_open_on(call, &call->hosts);
}

mc_client *cli_session_open_to_read(const cli_call *call) {
    cli_call reading = *call;

    if (!call->has_max_value)
        reading.options.max_value_size = READ_MAX;
    return cli_session_open(&reading);
}

mc_client *cli_session_open_alone(const cli_call *call, size_t host) {
    const char *alone[] = {call->hosts.addresses[host], NULL};
    unsigned    weight[] = {1};

    return cli_session_open_on(call, &(cli_hosts){.addresses = alone, .weights = weight, .count = 1});
}
