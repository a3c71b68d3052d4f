/*
 * What each way of storing does on a key that is there, and on one that
 * is not.
 */
#include <mcclient/mcclient.h>
#include <stdio.h>

static void tell(const char *what, mc_status status) {
    printf("%-20s %s\n", what, mc_status_name(status));
}

int main(void) {
    const char *hosts[] = {"127.0.0.1:12000", NULL};
    mc_client  *mc = mc_client_new(hosts, NULL);
    mc_slice    here = mc_str("here"), gone = mc_str("gone");

    if (!mc)
        return 1;
    tell("set", mc_set(mc, here, mc_str("b"), 0, 60)); /* for a minute */
    tell("add, there", mc_add(mc, here, mc_str("x"), 0, 60));
    tell("add, not there", mc_add(mc, mc_str("new"), mc_str("x"), 0, 60));
    tell("replace, not there", mc_replace(mc, gone, mc_str("x"), 0, 60));
    tell("append", mc_append(mc, here, mc_str("c")));
    tell("prepend", mc_prepend(mc, here, mc_str("a")));
    tell("append, not there", mc_append(mc, gone, mc_str("c")));

    mc_value value = MC_VALUE_INIT;
    if (mc_gets(mc, here, &value) == MC_OK) {
        printf("%s\n", value.data);
        tell("cas", mc_cas(mc, here, mc_str("mine"), 0, 60, value.cas));
        tell("cas, overtaken",
             mc_cas(mc, here, mc_str("late"), 0, 60, value.cas));
    }
    tell("a key with a space",
         mc_set(mc, mc_str("two words"), mc_str("x"), 0, 0));

    mc_value_clear(&value);
    mc_client_free(mc);
    return 0;
}
