#include "load/data.h"

#include <stdio.h>
#include <stdlib.h>

#define OFFSETS 4096 /* where the noise of a value may begin */

/* The bytes before it: the version, and a mark of key and version. Shorter values are noise alone, of one version. */
#define HEAD 8

bool load_data_make(load_data *data, size_t value_size) {
    uint32_t state = 2463534242u;

    data->value_size = value_size;
    data->noise = malloc(value_size + OFFSETS);
    for (size_t i = 0; data->noise && i < value_size + OFFSETS; i++) {
        state ^= state << 13; /* Marsaglia's xorshift: any bytes do that do not repeat soon */
        state ^= state >> 17;
        state ^= state << 5;
        data->noise[i] = (char)(state >> 24);
    }
    return data->noise != NULL;
}

void load_data_clear(load_data *data) {
    free(data->noise);
    data->noise = NULL;
}

mc_slice load_data_key(uint32_t number, char text[LOAD_KEY_SIZE]) {
    return mc_bytes(text, (size_t)snprintf(text, LOAD_KEY_SIZE, "%lu", (unsigned long)number));
}

/* A number of its own for each key and version: MurmurHash3's last steps, which change half of the bits when one changes. */
static uint32_t mix(uint32_t key, uint32_t version) {
    uint32_t mixed = key * 2654435769u + version;

    mixed = (mixed ^ (mixed >> 16)) * 0x85ebca6bu;
    mixed = (mixed ^ (mixed >> 13)) * 0xc2b2ae35u;
    return mixed ^ (mixed >> 16);
}

void load_data_value(const load_data *data, uint32_t key, uint32_t version, char *out) {
    bool     has_head = data->value_size >= HEAD;
    uint32_t mark = mix(key, has_head ? version : 0);

    if (has_head) {
        memcpy(out, &version, sizeof version);
        memcpy(out + sizeof version, &mark, sizeof mark);
        out += HEAD;
    }
    memcpy(out, data->noise + mark % OFFSETS, data->value_size - (has_head ? HEAD : 0));
}

bool load_data_is_value(const load_data *data, uint32_t key, mc_slice value) {
    uint32_t version = 0, mark, seen_mark;

    if (value.len != data->value_size)
        return false;
    if (value.len < HEAD)
        return value.len == 0 || memcmp(value.data, data->noise + mix(key, 0) % OFFSETS, value.len) == 0;
    memcpy(&version, value.data, sizeof version);
    memcpy(&seen_mark, value.data + sizeof version, sizeof seen_mark);
    mark = mix(key, version);
    return seen_mark == mark && memcmp(value.data + HEAD, data->noise + mark % OFFSETS, value.len - HEAD) == 0;
}
