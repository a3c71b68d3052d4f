#include "load/fill.h"

#include "cli/outcome.h"
#include "load/interrupt.h"
#include "measure/progress.h"

#include <errno.h>
#include <stdlib.h>

#define BATCH_KEYS 500u
#define BATCH_BYTES (4u << 20)

/* Keys, and entries for them, of some calls' worth. */
typedef struct batch {
    char (*texts)[LOAD_KEY_SIZE];
    mc_slice *keys;
    mc_entry *entries;
    char     *values;
    uint32_t  most; /* in one call */
} batch;

static bool make(batch *b, size_t value_size) {
    b->most = value_size > BATCH_BYTES / BATCH_KEYS ? (uint32_t)(BATCH_BYTES / value_size + 1) : BATCH_KEYS;
    b->texts = calloc(b->most, sizeof *b->texts);
    b->keys = calloc(b->most, sizeof *b->keys);
    b->entries = calloc(b->most, sizeof *b->entries);
    b->values = calloc(b->most, value_size > 0 ? value_size : 1);
    return b->texts && b->keys && b->entries && b->values;
}

static void clear(batch *b) {
    free(b->texts);
    free(b->keys);
    free(b->entries);
    free(b->values);
}

/* Takes the keys from a number on; returns how many. */
static uint32_t take_keys(batch *b, uint32_t first, uint32_t all) {
    uint32_t count = all - first < b->most ? all - first : b->most;

    for (uint32_t i = 0; i < count; i++)
        b->keys[i] = load_data_key(first + i, b->texts[i]);
    return count;
}

static int store(const load_rounds *rounds, mc_client *client, batch *b, uint32_t first, uint32_t count) {
    size_t size = rounds->data.value_size;

    for (uint32_t i = 0; i < count; i++) {
        load_data_value(&rounds->data, first + i, 0, b->values + i * size);
        b->entries[i] = (mc_entry){.key = b->keys[i], .value = mc_bytes(b->values + i * size, size), .ttl_s = LOAD_TTL_S};
    }
    mc_set_multi(client, b->entries, count);
    for (uint32_t i = 0; i < count; i++)
        if (b->entries[i].status != MC_OK) {
            measure_progress_show(1, 1, "");
            cli_tell(b->entries[i].status, b->keys[i], mc_error_detail(), false);
            return cli_exit_of(b->entries[i].status);
        }
    return CLI_DONE;
}

static int no_memory(void) {
    errno = ENOMEM;
    return cli_tell_errno("the values");
}

int load_fill(load_rounds *rounds) {
    uint32_t keys = rounds->settings->keys;
    batch    b = {0};
    int      exit_status = make(&b, rounds->data.value_size) ? CLI_DONE : no_memory();

    for (size_t s = 0; s < rounds->side_count && exit_status == CLI_DONE; s++)
        for (uint32_t first = 0, count; first < keys && exit_status == CLI_DONE && !load_interrupted(); first += count) {
            if (first / b.most % 16 == 0)
                measure_progress_show(first + s * keys, rounds->side_count * keys, "storing the keys");
            count = take_keys(&b, first, keys);
            exit_status = store(rounds, rounds->sides[s].client, &b, first, count);
        }
    measure_progress_show(1, 1, "");
    clear(&b);
    return exit_status;
}

void load_empty(load_rounds *rounds) {
    uint32_t keys = rounds->settings->keys;
    batch    b = {0};

    if (make(&b, 0))
        for (size_t s = 0; s < rounds->side_count; s++)
            for (uint32_t first = 0, count; first < keys; first += count) {
                count = take_keys(&b, first, keys);
                if (mc_delete_multi(rounds->sides[s].client, b.keys, count, NULL) != MC_OK)
                    break; /* they expire by themselves */
            }
    clear(&b);
}
