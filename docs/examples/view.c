/*
 * The same connections under a prefix and a deadline of their own: the
 * view's "name" is the client's "user:7:name".
 */
#include <mcclient/mcclient.h>
#include <stdio.h>

int main(void) {
    const char *hosts[] = {"127.0.0.1:12000", NULL};
    mc_client  *mc = mc_client_new(hosts, NULL);
    mc_view     view = MC_VIEW_INIT;
    mc_client  *user;
    mc_value    value = MC_VALUE_INIT;

    view.key_prefix = "user:7:";
    view.timeout_ms = 500;
    user = mc ? mc_client_view(mc, &view) : NULL;
    if (!user) {
        fprintf(stderr, "%s\n", mc_error_detail());
        mc_client_free(mc);
        return 1;
    }

    if (mc_set(user, mc_str("name"), mc_str("Ada"), 0, 60) == MC_OK &&
        mc_get(mc, mc_str("user:7:name"), &value) == MC_OK)
        printf("%s\n", value.data);

    mc_value_clear(&value);
    mc_client_free(user); /* the view first */
    mc_client_free(mc);
    return 0;
}
