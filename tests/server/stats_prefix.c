#include "server/stats_prefix.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define DELIMITER ':'
#define PREFIXES_MAX 4096 /* further ones are not counted: clients choose the keys */

static int compare(mc_slice text, const mcs__prefix *prefix) {
    size_t shorter = text.len < prefix->len ? text.len : prefix->len;
    int    order = memcmp(text.data, prefix->text, shorter);

    return order != 0 ? order : (text.len > prefix->len) - (text.len < prefix->len);
}

/* Where the prefix is, or would be. */
static size_t find(const mcs__prefixes *prefixes, mc_slice text, bool *found) {
    size_t low = 0, high = prefixes->count;

    *found = false;
    while (low < high && !*found) {
        size_t middle = low + (high - low) / 2;
        int    order = compare(text, &prefixes->items[middle]);

        *found = order == 0;
        if (order > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return *found ? high : low;
}

/* NULL: no memory, or too many. */
static mcs__prefix *insert(mcs__prefixes *prefixes, size_t at, mc_slice text) {
    mcs__prefix *items;

    if (prefixes->count == PREFIXES_MAX)
        return NULL;
    items = realloc(prefixes->items, (prefixes->count + 1) * sizeof *items);
    if (!items)
        return NULL;
    memmove(items + at + 1, items + at, (prefixes->count - at) * sizeof *items);
    prefixes->items = items;
    prefixes->count++;
    items[at] = (mcs__prefix){.len = (uint8_t)text.len};
    memcpy(items[at].text, text.data, text.len);
    return &items[at];
}

void mcs__prefixes_count_enabled(mcs__prefixes *prefixes, mc_slice key, mcs__prefix_event event) {
    const char  *end = memchr(key.data, DELIMITER, key.len);
    mc_slice     text;
    mcs__prefix *prefix;
    size_t       at;
    bool         found;

    if (!end)
        return;
    text = mc_bytes(key.data, (size_t)(end - key.data));
    pthread_mutex_lock(&prefixes->lock);
    at = find(prefixes, text, &found);
    prefix = found ? &prefixes->items[at] : insert(prefixes, at, text);
    if (prefix)
        prefix->counts[event]++;
    pthread_mutex_unlock(&prefixes->lock);
}

void mcs__prefixes_tell(mcs__prefixes *prefixes, mcs__output *output) {
    char line[MC_KEY_MAX + 128];

    pthread_mutex_lock(&prefixes->lock);
    for (size_t i = 0; i < prefixes->count; i++) {
        const mcs__prefix *prefix = &prefixes->items[i];
        const uint64_t    *counts = prefix->counts;
        int                len =
            snprintf(line, sizeof line, "PREFIX %.*s get %" PRIu64 " hit %" PRIu64 " set %" PRIu64 " del %" PRIu64 "\r\n",
                     (int)prefix->len, prefix->text, counts[MCS__PREFIX_MISS] + counts[MCS__PREFIX_HIT],
                     counts[MCS__PREFIX_HIT], counts[MCS__PREFIX_SET], counts[MCS__PREFIX_DELETE]);
        mcs__output_text(output, mc_bytes(line, (size_t)len));
    }
    pthread_mutex_unlock(&prefixes->lock);
}

void mcs__prefixes_clear(mcs__prefixes *prefixes) {
    pthread_mutex_lock(&prefixes->lock);
    free(prefixes->items);
    prefixes->items = NULL;
    prefixes->count = 0;
    pthread_mutex_unlock(&prefixes->lock);
}
