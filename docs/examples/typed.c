/*
 * Values as the Python clients store them.
 */
#include <inttypes.h>
#include <mcclient/mcclient.h>
#include <stdio.h>

static const char *const kinds[] = {"bytes", "text", "an integer",
                                    "a pickle", "of another kind"};

int main(void) {
    const char *hosts[] = {"127.0.0.1:12000", NULL};
    mc_client  *mc = mc_client_new(hosts, NULL);
    mc_value    value = MC_VALUE_INIT;
    char        room[MC_INT_SIZE];
    mc_entry    entries[2];
    int64_t     number;

    if (!mc)
        return 1;
    entries[0] = mc_entry_int(mc_str("year"), 1969, 0, room);
    entries[1] = mc_entry_text(mc_str("place"), mc_str("Oslo"), 0);
    mc_set_multi(mc, entries, 2);
    mc_set_int(mc, mc_str("balance"), -12, 0);

    if (mc_get(mc, mc_str("year"), &value) == MC_OK &&
        mc_value_int(&value, &number) == MC_OK)
        printf("year is %s: %" PRId64 "\n", kinds[mc_value_kind(&value)],
               number);
    if (mc_get(mc, mc_str("balance"), &value) == MC_OK &&
        mc_value_int(&value, &number) == MC_OK)
        printf("balance is %s: %" PRId64 "\n",
               kinds[mc_value_kind(&value)], number);
    if (mc_get(mc, mc_str("place"), &value) == MC_OK)
        printf("place is %s; as a number: %s\n",
               kinds[mc_value_kind(&value)],
               mc_status_name(mc_value_int(&value, &number)));

    mc_value_clear(&value);
    mc_client_free(mc);
    return 0;
}
