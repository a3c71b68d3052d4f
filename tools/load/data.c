#include "load/data.h"

#include <stdio.h>
#include <stdlib.h>

#define OFFSETS 4096 /* where the noise of a value may begin */
#define HEAD 8       /* bytes before it: key and version; values that are shorter have noise alone, and one version */

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

/* Multiplied by the golden ratio, for neighbours shall begin at places far apart. */
static const char *noise_of(const load_data *data, uint32_t key, uint32_t version) {
    return data->noise + ((key * 2654435769u + version * 40503u) >> 20) % OFFSETS;
}

void load_data_value(const load_data *data, uint32_t key, uint32_t version, char *out) {
    if (data->value_size < HEAD) {
        memcpy(out, noise_of(data, key, 0), data->value_size);
        return;
    }
    memcpy(out, &key, sizeof key);
    memcpy(out + sizeof key, &version, sizeof version);
    memcpy(out + HEAD, noise_of(data, key, version), data->value_size - HEAD);
}

bool load_data_is_value(const load_data *data, uint32_t key, mc_slice value) {
    uint32_t seen_key, version;

    if (value.len != data->value_size)
        return false;
    if (value.len < HEAD)
        return value.len == 0 || memcmp(value.data, noise_of(data, key, 0), value.len) == 0;
    memcpy(&seen_key, value.data, sizeof seen_key);
    memcpy(&version, value.data + sizeof seen_key, sizeof version);
    return seen_key == key && memcmp(value.data + HEAD, noise_of(data, key, version), value.len - HEAD) == 0;
}
