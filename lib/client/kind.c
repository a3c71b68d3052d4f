#include "base/number.h"
#include "base/status.h"

static mc_kind kind_of(uint32_t flags) {
    switch (flags) {
    case 0:
        return MC_KIND_BYTES;
    case MC_FLAG_TEXT:
        return MC_KIND_TEXT;
    case MC_FLAG_INTEGER:
    case MC_FLAG_LONG:
        return MC_KIND_INTEGER;
    case MC_FLAG_PICKLE:
        return MC_KIND_PICKLE;
    default:
        return MC_KIND_UNKNOWN;
    }
}

mc_kind mc_value_kind(const mc_value *value) {
    return value ? kind_of(value->flags) : MC_KIND_UNKNOWN;
}

mc_kind mc_result_kind(const mc_result *result) {
    return result && result->status == MC_OK ? kind_of(result->flags) : MC_KIND_UNKNOWN;
}

static bool parse(mc_slice text, int64_t *number) {
    bool     negative = text.len > 0 && text.data[0] == '-';
    uint64_t size, limit = (uint64_t)INT64_MAX + (negative ? 1 : 0);

    while (text.len > 0 && text.data[text.len - 1] == ' ')
        text.len--;
    if (negative)
        text = mc_bytes(text.data + 1, text.len - 1);
    if (mc__number_parse_padded(text.data, text.len, &size) != MC__NUMBER_OK || size > limit)
        return false;
    *number = negative && size > 0 ? -(int64_t)(size - 1) - 1 : (int64_t)size; /* -2^63 has no positive */
    return true;
}

static mc_status read_int(mc_slice text, int64_t *number) {
    if (!number)
        return mc__fail(MC_BAD_ARGUMENT, "number is NULL");
    if (!parse(text, number))
        return mc__fail(MC_BAD_VALUE, "the value is no decimal number of 64 bits with a sign");
    return MC_OK;
}

mc_status mc_value_int(const mc_value *value, int64_t *number) {
    if (!value)
        return mc__fail(MC_BAD_ARGUMENT, "value is NULL");
    return read_int(mc_bytes(value->data, value->len), number);
}

mc_status mc_result_int(const mc_result *result, int64_t *number) {
    if (!result)
        return mc__fail(MC_BAD_ARGUMENT, "result is NULL");
    return read_int(result->status == MC_OK ? result->value : mc_str(NULL), number);
}

mc_entry mc_entry_int(mc_slice key, int64_t number, int64_t ttl_s, char *text) {
    mc_entry entry = {.key = key, .value = mc_bytes(NULL, 1), .flags = MC_FLAG_INTEGER, .ttl_s = ttl_s};

    if (text) /* without it, mc_set_multi refuses the entry */
        entry.value = mc_bytes(text, mc__number_format_signed(number, text));
    return entry;
}

mc_entry mc_entry_text(mc_slice key, mc_slice utf8, int64_t ttl_s) {
    return (mc_entry){.key = key, .value = utf8, .flags = MC_FLAG_TEXT, .ttl_s = ttl_s};
}
