/*
 * What to do about each kind of status. Port 1 has no server, so here it
 * is the third.
 */
#include <mcclient/mcclient.h>
#include <stdio.h>

static const char *advice(mc_status status) {
    switch (status) {
    case MC_OK:
        return "go on";
    case MC_NOT_FOUND:
        return "ask the database, and store what it says";
    case MC_NO_MEMORY:
    case MC_UNREACHABLE:
    case MC_NO_SERVER:
        return "nothing was done: go on without the cache";
    default:
        return mc_status_outcome_unknown(status)
                   ? "it may have been done: read, or delete the key "
                     "later"
                   : "tell a human";
    }
}

int main(void) {
    const char *hosts[] = {"127.0.0.1:1", NULL};
    mc_client  *mc = mc_client_new(hosts, NULL);
    mc_value    value = MC_VALUE_INIT;
    mc_status   status;

    if (!mc)
        return 1;
    status = mc_get(mc, mc_str("k1"), &value);
    printf("%s: %s\n", mc_status_name(status), advice(status));
    printf("%s\n", mc_error_detail());

    mc_value_clear(&value);
    mc_client_free(mc);
    return 0;
}
