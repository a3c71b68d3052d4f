/*
 * A shopping list that several processes add to; none loses what another
 * one has added.
 */
#include <mcclient/mcclient.h>
#include <stdio.h>

#define LIST_MAX 1000

static mc_status add_line(const mc_value *current, mc_value *next,
                          void *arg) {
    const char *item = (const char *)arg;
    char        text[LIST_MAX + 1];
    int         len = snprintf(text, sizeof text, "%s%s\n",
                       current ? current->data : "", item);

    if (len < 0 || len > LIST_MAX)
        return MC_TOO_LARGE; /* stops here; mc_update returns it */
    return mc_value_set(next, mc_bytes(text, (size_t)len));
}

int main(void) {
    const char *hosts[] = {"127.0.0.1:12000", NULL};
    mc_client  *mc = mc_client_new(hosts, NULL);
    mc_value    list = MC_VALUE_INIT;
    char        bread[] = "bread", milk[] = "milk";

    if (!mc ||
        mc_update(mc, mc_str("shopping"), add_line, bread, 3600) !=
            MC_OK ||
        mc_update(mc, mc_str("shopping"), add_line, milk, 3600) !=
            MC_OK ||
        mc_get(mc, mc_str("shopping"), &list) != MC_OK)
        fprintf(stderr, "%s\n", mc_error_detail());
    else
        printf("%s", list.data);

    mc_value_clear(&list);
    mc_client_free(mc);
    return 0;
}
