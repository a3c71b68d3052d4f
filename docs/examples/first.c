#include <mcclient/mcclient.h>
#include <stdio.h>

int main(void) {
    const char *hosts[] = {"127.0.0.1:12000", "127.0.0.1:12001",
                           "127.0.0.1:12002", NULL};
    unsigned    weights[] = {1, 2, 1};
    mc_value    value = MC_VALUE_INIT;

    mc_client *mc = mc_client_new(hosts, weights);
    if (!mc || mc_set(mc, mc_str("k1"), mc_str("v1"), 0, 0) != MC_OK)
        fprintf(stderr, "%s\n", mc_error_detail());
    else if (mc_get(mc, mc_str("k1"), &value) == MC_OK)
        printf("%.*s\n", (int)value.len, value.data);

    mc_value_clear(&value);
    mc_client_free(mc);
    return 0;
}
