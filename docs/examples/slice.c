/*
 * A value with a NUL in its middle is as good as any other.
 */
#include <mcclient/mcclient.h>
#include <stdio.h>

int main(void) {
    const char         *hosts[] = {"127.0.0.1:12000", NULL};
    const unsigned char picture[] = {0x89, 'P', 'N', 'G', 0, 0xff};
    mc_client          *mc = mc_client_new(hosts, NULL);
    mc_value            value = MC_VALUE_INIT;

    if (!mc)
        return 1;
    if (mc_set(mc, mc_str("picture"), mc_bytes(picture, sizeof picture),
               0, 0) == MC_OK &&
        mc_get(mc, mc_str("picture"), &value) == MC_OK)
        printf("%zu bytes, %s\n", value.len,
               memcmp(value.data, picture, value.len) == 0 ? "the same"
                                                           : "others");

    mc_value_clear(&value);
    mc_client_free(mc);
    return 0;
}
