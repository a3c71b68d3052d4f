/* The memory of a value that was read. */
#ifndef MC_CLIENT_VALUE_H
#define MC_CLIENT_VALUE_H

#include "mcclient/mcclient.h"

/* mc__value_reserve where there is not enough. */
bool mc__value_grow(mc_value *value, size_t room);

/* Makes room for that many bytes and a NUL, keeping what is there. false: no memory, the value is as before. */
static inline bool mc__value_reserve(mc_value *value, size_t room) {
    return room < value->capacity || mc__value_grow(value, room);
}

/* No bytes, no flags, no token; the memory stays. */
void mc__value_empty(mc_value *value);

#endif
