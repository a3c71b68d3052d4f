/*
 * Counting, giving more time, removing.
 */
#include <inttypes.h>
#include <mcclient/mcclient.h>
#include <stdio.h>

int main(void) {
    const char *hosts[] = {"127.0.0.1:12000", NULL};
    mc_client  *mc = mc_client_new(hosts, NULL);
    mc_slice    visits = mc_str("visits");
    uint64_t    count;

    if (!mc)
        return 1;
    /* Whoever comes first makes the counter; add does nothing where there
     * is one. */
    mc_add(mc, visits, mc_str("0"), 0, 0);
    if (mc_incr(mc, visits, 3, &count) == MC_OK)
        printf("%" PRIu64 "\n", count);
    if (mc_decr(mc, visits, 10, &count) == MC_OK)
        printf("%" PRIu64 "\n", count);

    printf("touch: %s\n", mc_status_name(mc_touch(mc, visits, 3600)));
    printf("delete: %s\n", mc_status_name(mc_delete(mc, visits)));
    printf("delete: %s\n", mc_status_name(mc_delete(mc, visits)));
    printf("incr: %s\n", mc_status_name(mc_incr(mc, visits, 1, &count)));

    mc_client_free(mc);
    return 0;
}
