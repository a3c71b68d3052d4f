#include "support/homes.h"

#include "support/check_main.h"

#include <stdio.h>

#define CANDIDATES 1000000

size_t home_of(const mc_client *client, mc_slice key) {
    size_t host = 0;

    ck_assert_uint_gt(mc_client_route(client, key, &host, 1), 0);
    return host;
}

void home_key(const mc_client *client, size_t host, size_t nth, char key[HOME_KEY_SIZE]) {
    for (size_t i = 0; i < CANDIDATES; i++) {
        int len = snprintf(key, HOME_KEY_SIZE, "key-%zu", i);
        if (home_of(client, mc_bytes(key, (size_t)len)) == host && nth-- == 0)
            return;
    }
    ck_abort_msg("no key has its home at host %zu", host);
}

mc_client *client_of(const char *const *hosts, mc_failover failover, int timeout_ms) {
    mc_options options = MC_OPTIONS_INIT;
    mc_client *client;

    options.timeout_ms = options.connect_timeout_ms = timeout_ms;
    options.failover = failover;
    client = mc_client_new_with_options(hosts, NULL, &options);
    ck_assert_msg(client != NULL, "%s", mc_error_detail());
    return client;
}

mc_client *client_of_one(const char *host, int timeout_ms) {
    const char *hosts[] = {host, NULL};

    return client_of(hosts, MC_FAILOVER_REHASH, timeout_ms);
}

bool has_text(mc_client *client, const char *key, const char *text) {
    mc_value value = MC_VALUE_INIT;
    bool     has = mc_get(client, mc_str(key), &value) == MC_OK && strcmp(value.data, text) == 0;

    mc_value_clear(&value);
    return has;
}
