/* Hosts and weights as the tables of test data write them: "10.0.0.1:11211:1,[::1]:11213:4,/run/a.sock:2". */
#ifndef MC_SUPPORT_HOST_SET_H
#define MC_SUPPORT_HOST_SET_H

#include "cluster/address.h"

#define HOST_SET_MAX 128

typedef struct host_set {
    mc__address addresses[HOST_SET_MAX];
    unsigned    weights[HOST_SET_MAX];
    size_t      count;
} host_set;

/* Reads a list of address:weight, to be cleared with host_set_clear. Fails the test when it is not one. */
void host_set_parse(const char *list, host_set *set);

/* Makes a set of the hosts "h0:11211" and so on with these weights. */
void host_set_of_weights(const unsigned *weights, size_t count, host_set *set);

void host_set_clear(host_set *set);

#endif
