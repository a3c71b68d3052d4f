/*
 * Several keys in one call. Each entry and each result has a status of
 * its own.
 */
#include <mcclient/mcclient.h>
#include <stdio.h>

int main(void) {
    const char *hosts[] = {"127.0.0.1:12000", "127.0.0.1:12001",
                           "127.0.0.1:12002", NULL};
    mc_client  *mc = mc_client_new(hosts, NULL);
    mc_results  results = MC_RESULTS_INIT;
    mc_entry    entries[] = {
           {.key = mc_str("red"), .value = mc_str("#f00"), .ttl_s = 60},
           {.key = mc_str("green"), .value = mc_str("#0f0"), .ttl_s = 60},
           {.key = mc_str("light blue"),
            .value = mc_str("#88f"),
            .ttl_s = 60},
    };
    mc_slice  keys[] = {mc_str("red"), mc_str("green"), mc_str("blue")};
    mc_status gone[3];

    if (!mc)
        return 1;
    if (mc_set_multi(mc, entries, 3) != MC_OK)
        for (int i = 0; i < 3; i++)
            if (entries[i].status != MC_OK)
                printf("%s not stored: %s\n", entries[i].key.data,
                       mc_status_text(entries[i].status));

    /* MC_OK: every key was answered, some perhaps with a miss. */
    if (mc_get_multi(mc, keys, 3, &results) == MC_OK)
        for (size_t i = 0; i < results.count; i++)
            printf("%s: %s\n", keys[i].data,
                   results.items[i].status == MC_OK
                       ? results.items[i].value.data
                       : "not there");

    mc_delete_multi(mc, keys, 3, gone);
    for (int i = 0; i < 3; i++)
        printf("%s: %s\n", keys[i].data, mc_status_name(gone[i]));

    mc_results_clear(&results);
    mc_client_free(mc);
    return 0;
}
