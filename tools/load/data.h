/* The keys and values of a load. Each value tells which key it belongs to, so that a wrong one is seen. */
#ifndef MC_LOAD_DATA_H
#define MC_LOAD_DATA_H

#include <mcclient/mcclient.h>

/* Room for the text of a key. */
#define LOAD_KEY_SIZE 11

typedef struct load_data {
    size_t value_size;
    char  *noise; /* value_size bytes begin at any of many places in it */
} load_data;

/* Returns false when there is no memory. */
bool load_data_make(load_data *data, size_t value_size);
void load_data_clear(load_data *data);

/* The key with a number, written at text. */
mc_slice load_data_key(uint32_t number, char text[LOAD_KEY_SIZE]);

/* Writes one of the key's values at out, which has room for value_size bytes: the version tells them apart. */
void load_data_value(const load_data *data, uint32_t key, uint32_t version, char *out);

/* Whether the value is one of the key's, to the last byte. */
bool load_data_is_value(const load_data *data, uint32_t key, mc_slice value);

#endif
