#include "base/status.h"
#include "client/options.h"

/* What mc_options_like sets; the header says where each comes from. */
static const struct {
    mc_distribution distribution;
    mc_hash         hash;
    mc_failover     failover;
    int             dead_retry_ms;
    mc_value_format value_format;
} presets[] = {
    [MC_LIKE_PYTHON_MEMCACHED] = {MC_DISTRIBUTION_HOST_LIST, MC_HASH_PYTHON, MC_FAILOVER_REHASH, 30000, MC_FORMAT_PYTHON},
    [MC_LIKE_PYTHON_MEMCACHED_1_59] = {MC_DISTRIBUTION_HOST_LIST, MC_HASH_PYTHON_1_59, MC_FAILOVER_REHASH, 30000,
                                       MC_FORMAT_PYTHON},
    [MC_LIKE_PYLIBMC_KETAMA] = {MC_DISTRIBUTION_KETAMA, MC_HASH_ONE_AT_A_TIME, MC_FAILOVER_NONE, 2000, MC_FORMAT_PYTHON},
    [MC_LIKE_PHP_MEMCACHED_KETAMA] = {MC_DISTRIBUTION_KETAMA_WEIGHTED, MC_HASH_MD5, MC_FAILOVER_NONE, 2000, MC_FORMAT_RAW},
    [MC_LIKE_LIBMEMCACHED] = {MC_DISTRIBUTION_MODULO, MC_HASH_ONE_AT_A_TIME, MC_FAILOVER_NONE, 2000, MC_FORMAT_RAW},
};

mc_status mc_options_like(mc_options *options, mc_like like) {
    size_t which = (size_t)like;

    if (!options || !mc__options_started(options))
        return mc__fail(MC_BAD_ARGUMENT, "options is NULL, or was not started from MC_OPTIONS_INIT");
    if (which >= sizeof presets / sizeof *presets)
        return mc__fail(MC_BAD_ARGUMENT, "like is %d; it is no mc_like", (int)like);
    options->distribution = presets[which].distribution;
    options->hash = presets[which].hash;
    options->failover = presets[which].failover;
    options->dead_retry_ms = presets[which].dead_retry_ms;
    options->value_format = presets[which].value_format;
    return MC_OK;
}
