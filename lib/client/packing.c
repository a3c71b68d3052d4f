#include "client/packing.h"

#include "client/format.h"

#include <stdlib.h>

void mc__packing_init(mc__packing *packing, const mc_entry *given, size_t count) {
    *packing = (mc__packing){.sent = given, .given = given, .count = count};
}

static bool make_copy(mc__packing *packing) {
    if (packing->copy)
        return true;
    packing->copy = malloc(packing->count * sizeof *packing->copy);
    if (!packing->copy)
        return false;
    memcpy(packing->copy, packing->given, packing->count * sizeof *packing->copy);
    packing->sent = packing->copy;
    return true;
}

bool mc__packing_deflate(mc__packing *packing, size_t i) {
    mc_slice value = packing->given[i].value;
    uint32_t flags = packing->given[i].flags;
    char    *kept;

    if (!make_copy(packing) || !mc__format_deflate(&value, &flags, &packing->scratch))
        return false;
    if (value.data == packing->given[i].value.data)
        return true;
    kept = malloc(value.len);
    if (!kept)
        return false;
    memcpy(kept, value.data, value.len);
    packing->copy[i].value = mc_bytes(kept, value.len);
    packing->copy[i].flags = flags;
    return true;
}

void mc__packing_free(mc__packing *packing) {
    for (size_t i = 0; packing->copy && i < packing->count; i++) {
        if (packing->copy[i].value.data != packing->given[i].value.data)
            free((void *)packing->copy[i].value.data);
    }
    free(packing->copy);
    mc__buffer_free(&packing->scratch);
}
