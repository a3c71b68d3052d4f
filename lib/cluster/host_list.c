#include "cluster/host_list.h"

#include <stdlib.h>

#include "base/status.h"

mc_status mc__weights_sum(const unsigned *weights, size_t count, size_t *sum) {
    size_t total = 0;

    if (count == 0)
        return mc__fail(MC_BAD_ARGUMENT, "hosts: none is given");
    if (count > MC__WEIGHT_SUM_MAX)
        return mc__fail(MC_BAD_ARGUMENT, "hosts: more than %d", MC__WEIGHT_SUM_MAX);
    for (size_t i = 0; i < count; i++) {
        size_t weight = weights ? weights[i] : 1;
        if (weight > MC__WEIGHT_SUM_MAX - total)
            return mc__fail(MC_BAD_ARGUMENT, "weights: their sum is over %d", MC__WEIGHT_SUM_MAX);
        total += weight;
    }
    if (total == 0)
        return mc__fail(MC_BAD_ARGUMENT, "weights: all are 0");
    *sum = total;
    return MC_OK;
}

mc_status mc__host_list_init(mc__host_list *list, mc__host_list_kind kind, const unsigned *weights, size_t count) {
    size_t    room = 0;
    mc_status status = mc__weights_sum(weights, count, &room);

    *list = (mc__host_list){0};
    if (status != MC_OK)
        return status;
    list->hosts = malloc(room * sizeof *list->hosts);
    if (list->hosts == NULL)
        return mc__fail(MC_NO_MEMORY, "hosts: no memory for a list of %zu", room);
    for (size_t i = 0; i < count; i++) {
        unsigned times = weights ? weights[i] : 1;
        if (kind == MC__HOST_LIST_ONCE && times > 1)
            times = 1;
        while (times-- > 0)
            list->hosts[list->length++] = (uint32_t)i;
    }
    return MC_OK;
}

void mc__host_list_free(mc__host_list *list) {
    free(list->hosts);
    *list = (mc__host_list){0};
}

size_t mc__host_list_at(const mc__host_list *list, int64_t number) {
    int64_t length = (int64_t)list->length;
    int64_t place = number % length;

    return list->hosts[place < 0 ? place + length : place];
}
