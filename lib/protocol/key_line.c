#include "protocol/key_line.h"

static bool key_is(const mc__exchange *exchange, size_t i, mc_slice key) {
    mc_slice    prefix = exchange->command.prefix;
    mc__request request;

    exchange->ops->request(exchange, i, &request);
    return key.len == prefix.len + request.key.len && mc__slice_equal(mc_bytes(key.data, prefix.len), prefix) &&
           mc__slice_equal(mc_bytes(key.data + prefix.len, request.key.len), request.key);
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
        line->found[at / 64] |= (uint64_t)1 << (at % 64);
        line->cursor = at + 1;
        *request = first + at;
        return true;
    }
    return false;
}
