#include "client/value.h"

#include "base/status.h"

#include <stdlib.h>

bool mc__value_grow(mc_value *value, size_t room) {
    char *data;

    if (room == SIZE_MAX)
        return false;
    data = realloc(value->data, room + 1);
    if (!data)
        return false;
    value->data = data;
    value->capacity = room + 1;
    return true;
}

void mc__value_empty(mc_value *value) {
    value->len = 0;
    value->flags = 0;
    value->cas = 0;
    if (value->data)
        value->data[0] = '\0';
}

mc_status mc_value_set(mc_value *value, mc_slice data) {
    if (!value || !mc__slice_valid(data))
        return mc__fail(MC_BAD_ARGUMENT, "value is NULL, or data is NULL with a length");
    if (!mc__value_reserve(value, data.len))
        return mc__fail(MC_NO_MEMORY, "out of memory for a value of %zu bytes", data.len);
    if (data.len > 0)
        memmove(value->data, data.data, data.len); /* data may be part of the value itself */
    value->data[data.len] = '\0';
    value->len = data.len;
    return MC_OK;
}

void mc_value_clear(mc_value *value) {
    const mc_value empty = MC_VALUE_INIT;

    if (!value)
        return;
    free(value->data);
    *value = empty;
}
