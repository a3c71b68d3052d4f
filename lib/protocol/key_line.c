#include "protocol/key_line.h"

static bool key_is(const mc__exchange *exchange, size_t i, mc_slice key) {
    mc_slice prefix = exchange->command.prefix;
    mc_slice asked = mc__exchange_key(exchange, i);

    return key.len == prefix.len + asked.len && mc__slice_equal(mc_bytes(key.data, prefix.len), prefix) &&
           mc__slice_equal(mc_bytes(key.data + prefix.len, asked.len), asked);
}

/* Servers answer in the order asked, so the search begins behind the last one found; proxies may not, so it goes once
 * around. */
bool mc__key_line_find(mc__key_line *line, const mc__exchange *exchange, mc_slice key, size_t *request) {
    size_t first = exchange->answered;
    size_t len = mc__exchange_unit_end(exchange, first) - first;

    for (size_t step = 0; step < len; step++) {
        size_t at = line->cursor + step < len ? line->cursor + step : line->cursor + step - len;
        if (mc__key_line_is_found(line, at) || !key_is(exchange, first + at, key))
            continue;
        line->cursor = at;
        mc__key_line_mark(line, 1);
        *request = first + at;
        return true;
    }
    return false;
}
