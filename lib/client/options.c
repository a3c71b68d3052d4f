#include "client/options.h"

#include "base/status.h"
#include "protocol/key.h"

#define TIMEOUT_MAX_MS 86400000
#define SPIN_MAX_US 1000000

/* The size of each struct in its first release: a smaller one was not started from its init value. */
#define OPTIONS_SIZE_FIRST sizeof(mc_options)
#define VIEW_SIZE_FIRST sizeof(mc_view)

static mc_status check_range(const char *name, int64_t value, int64_t least, int64_t most) {
    if (value >= least && value <= most)
        return MC_OK;
    return mc__fail(MC_BAD_ARGUMENT, "options.%s is %lld; it must be %lld to %lld", name, (long long)value, (long long)least,
                    (long long)most);
}

mc_status mc__prefix_check(const char *prefix, size_t len) {
    mc_slice bytes = mc_str(prefix);
    char     escaped[MC__ESCAPED_MAX];

    if (bytes.len + len >= MC_KEY_MAX)
        return mc__fail(MC_BAD_ARGUMENT, "key_prefix has %zu bytes; it must leave room for a key in %d", bytes.len,
                        MC_KEY_MAX);
    if (!mc__key_bytes_legal(bytes))
        return mc__fail(MC_BAD_ARGUMENT, "key_prefix \"%s\" has a space or a control character", mc__escape(bytes, escaped));
    return MC_OK;
}

static mc_status check_options(const mc_options *options) {
    const struct {
        const char *name;
        int64_t     value, least, most;
    } ranges[] = {
        {"timeout_ms", options->timeout_ms, 1, TIMEOUT_MAX_MS},
        {"connect_timeout_ms", options->connect_timeout_ms, 1, TIMEOUT_MAX_MS},
        {"dead_retry_ms", options->dead_retry_ms, 0, TIMEOUT_MAX_MS},
        {"failover", options->failover, MC_FAILOVER_REHASH, MC_FAILOVER_NONE},
        {"distribution", options->distribution, MC_DISTRIBUTION_HOST_LIST, MC_DISTRIBUTION_MODULO},
        {"hash", options->hash, MC_HASH_PYTHON, MC_HASH_ONE_AT_A_TIME},
        {"max_connections", options->max_connections, 1, 65535},
        {"value_format", options->value_format, MC_FORMAT_RAW, MC_FORMAT_PYTHON},
        {"spin_us", options->spin_us, 0, SPIN_MAX_US},
    };
    mc_status status = MC_OK;

    for (size_t i = 0; i < sizeof ranges / sizeof *ranges && status == MC_OK; i++)
        status = check_range(ranges[i].name, ranges[i].value, ranges[i].least, ranges[i].most);
    if (status == MC_OK && (options->max_value_size == 0 || options->max_value_size > INT32_MAX))
        status = mc__fail(MC_BAD_ARGUMENT, "options.max_value_size is %zu; it must be 1 to %ld", options->max_value_size,
                          (long)INT32_MAX);
    return status == MC_OK ? mc__prefix_check(options->key_prefix, 0) : status;
}

bool mc__options_started(const mc_options *options) {
    return options->size >= OPTIONS_SIZE_FIRST && options->size <= 65536;
}

mc_status mc__options_read(const mc_options *given, mc_options *options) {
    mc_options_init(options);
    if (!given)
        return MC_OK;
    if (!mc__options_started(given))
        return mc__fail(MC_BAD_ARGUMENT, "options.size is %zu: start from MC_OPTIONS_INIT", given->size);
    memcpy(options, given, given->size < sizeof *options ? given->size : sizeof *options);
    options->size = sizeof *options;
    return check_options(options);
}

mc_status mc__view_read(const mc_view *given, mc_view *view) {
    const mc_view defaults = MC_VIEW_INIT;

    *view = defaults;
    if (!given || given->size < VIEW_SIZE_FIRST || given->size > 65536)
        return mc__fail(MC_BAD_ARGUMENT, "view.size is not set: start from MC_VIEW_INIT");
    memcpy(view, given, given->size < sizeof *view ? given->size : sizeof *view);
    if (view->timeout_ms < 0 || view->timeout_ms > TIMEOUT_MAX_MS)
        return mc__fail(MC_BAD_ARGUMENT, "view.timeout_ms is %d; it must be 0 to %d", view->timeout_ms, TIMEOUT_MAX_MS);
    return MC_OK;
}
