/*
 * Three hosts, one of them with twice the share. Where keys go is known
 * without a connection.
 */
#include <mcclient/mcclient.h>
#include <stdio.h>

int main(void) {
    const char *hosts[] = {"127.0.0.1:12000", "127.0.0.1:12001",
                           "127.0.0.1:12002", NULL};
    unsigned    weights[] = {1, 2, 1};
    const char *keys[] = {"k1", "k2", "k3"};
    mc_client  *mc = mc_client_new(hosts, weights);

    if (!mc) {
        fprintf(stderr, "%s\n", mc_error_detail());
        return 1;
    }
    for (int i = 0; i < 3; i++) {
        size_t route[10];
        size_t tries = mc_client_route(mc, mc_str(keys[i]), route, 10);

        printf("%s lives on host %zu; when that is down, try host %zu; "
               "%zu tries in all\n",
               keys[i], route[0], route[1], tries);
    }
    mc_client_free(mc);

    const char *wrong[] = {"127.0.0.1:notaport", NULL};
    if (!mc_client_new(wrong, NULL))
        printf("refused: %s\n", mc_error_detail());
    return 0;
}
