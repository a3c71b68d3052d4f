/*
 * How many items each host holds, and which do not answer.
 */
#include <mcclient/mcclient.h>
#include <stdio.h>
#include <stdlib.h>

static void add_items(const char *host, mc_status status, mc_slice name,
                      mc_slice value, void *arg) {
    long *items = (long *)arg;
    char  digits[24];

    if (status != MC_OK) {
        fprintf(stderr, "%s: %s\n", host, mc_status_text(status));
    } else if (name.len == 10 &&
               memcmp(name.data, "curr_items", 10) == 0) {
        snprintf(digits, sizeof digits, "%.*s", (int)value.len,
                 value.data);
        *items += strtol(digits, NULL, 10);
    }
}

static void count_host(const char *host, mc_status status,
                       mc_slice version, void *arg) {
    int *hosts = (int *)arg;

    if (status == MC_OK && version.len > 0)
        *hosts += 1;
    else
        fprintf(stderr, "%s: %s\n", host, mc_status_text(status));
}

int main(void) {
    const char *hosts[] = {"127.0.0.1:12000", "127.0.0.1:12001", NULL};
    mc_client  *mc = mc_client_new(hosts, NULL);
    int         answered = 0;
    long        items = 0;

    if (!mc)
        return 1;
    mc_set(mc, mc_str("k1"), mc_str("v1"), 0, 0);
    mc_set(mc, mc_str("k2"), mc_str("v2"), 0, 0);

    mc_version(mc, count_host, &answered);
    mc_stats(mc, mc_str(""), add_items, &items);
    printf("%d hosts, %ld items\n", answered, items);

    if (mc_flush_all(mc, 0) == MC_OK)
        printf("all empty\n");
    mc_client_free(mc);
    return 0;
}
