/*
 * A miss is an answer; that nobody answered is none.
 */
#include <mcclient/mcclient.h>
#include <stdio.h>

static void show(mc_client *mc, const char *key, mc_value *value) {
    mc_status status = mc_get(mc, mc_str(key), value);

    if (status == MC_OK)
        printf("%s: \"%s\", %zu bytes, flags %u\n", key, value->data,
               value->len, (unsigned)value->flags);
    else if (status == MC_NOT_FOUND)
        printf("%s: not there\n", key);
    else
        printf("%s: not known: %s\n", key, mc_status_text(status));
}

int main(void) {
    const char *hosts[] = {"127.0.0.1:12000", NULL};
    mc_client  *mc = mc_client_new(hosts, NULL);
    mc_value    value = MC_VALUE_INIT; /* its memory serves every call */

    if (!mc ||
        mc_set(mc, mc_str("greeting"), mc_str("hello"), 5, 0) != MC_OK) {
        fprintf(stderr, "%s\n", mc_error_detail());
        mc_client_free(mc);
        return 1;
    }
    show(mc, "greeting", &value);
    show(mc, "farewell", &value);
    show(mc, "two words", &value);
    if (mc_gat(mc, mc_str("greeting"), 3600, &value) == MC_OK)
        printf("read once more, and kept for an hour\n");

    mc_value_clear(&value);
    mc_client_free(mc);
    return 0;
}
