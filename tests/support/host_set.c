#include "support/host_set.h"

#include "support/check_main.h"

#include <stdio.h>
#include <stdlib.h>

static void add(host_set *set, const char *address, unsigned weight) {
    ck_assert_uint_lt(set->count, HOST_SET_MAX);
    ck_assert_int_eq(mc__address_parse(address, &set->addresses[set->count]), MC_OK);
    set->weights[set->count++] = weight;
}

void host_set_parse(const char *list, host_set *set) {
    char *copy = strdup(list), *rest = copy, *host;

    ck_assert_ptr_nonnull(copy);
    set->count = 0;
    while ((host = strsep(&rest, ",")) != NULL) {
        char *colon = strrchr(host, ':');
        ck_assert_ptr_nonnull(colon);
        *colon = '\0';
        add(set, host, (unsigned)strtoul(colon + 1, NULL, 10));
    }
    free(copy);
}

void host_set_of_weights(const unsigned *weights, size_t count, host_set *set) {
    char address[32];

    set->count = 0;
    for (size_t i = 0; i < count; i++) {
        snprintf(address, sizeof address, "h%zu:11211", i);
        add(set, address, weights[i]);
    }
}

void host_set_clear(host_set *set) {
    for (size_t i = 0; i < set->count; i++)
        mc__address_clear(&set->addresses[i]);
    set->count = 0;
}
