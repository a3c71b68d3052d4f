/*
 * A cache that must answer fast or not at all, in a cluster that Python
 * programs use too.
 */
#include <mcclient/mcclient.h>
#include <stdio.h>

int main(void) {
    const char *hosts[] = {"127.0.0.1:12000", "127.0.0.1:12001", NULL};
    mc_options  options = MC_OPTIONS_INIT;
    mc_client  *mc;
    mc_status   status;

    mc_options_like(&options, MC_LIKE_PYTHON_MEMCACHED);
    options.timeout_ms = 100;
    options.connect_timeout_ms = 50;
    options.key_prefix = "shop:";
    options.compress_above = 1000;
    options.log = mc_log_stderr;
    mc = mc_client_new_with_options(hosts, NULL, &options);
    if (!mc)
        return 1;
    status = mc_set_text(mc, mc_str("motto"), mc_str("hello"), 0);
    printf("set: %s\n", mc_status_name(status));
    mc_client_free(mc);

    options.timeout_ms = 0;
    if (!mc_client_new_with_options(hosts, NULL, &options))
        printf("refused: %s\n", mc_error_detail());
    return 0;
}
