#include "cli/options.h"

#include "cli/number.h"
#include "cli/refuse.h"

#include <stdio.h>
#include <string.h>

/* A text for each number of an enum, ended by NULL. */
static const char *const likes[] = {"python-memcached", "python-memcached-1.59", "pylibmc-ketama",
                                    "php-ketama",       "libmemcached",          NULL};
static const char *const distributions[] = {"host-list", "ketama", "ketama-weighted", "modulo", NULL};
static const char *const hashes[] = {"python", "python-1.59", "crc32", "md5", "one-at-a-time", NULL};
static const char *const failovers[] = {"rehash", "none", NULL};

static int choose(const char *option, const char *const *choices, const char *text) {
    char   all[256];
    size_t used = 0;

    for (int i = 0; choices[i]; i++) {
        if (strcmp(choices[i], text) == 0)
            return i;
        used += (size_t)snprintf(all + used, sizeof all - used, " %s", choices[i]);
    }
    cli_refuse("--%s: \"%s\" is none of%s", option, text, all);
}

static uint64_t number(const char *option, const char *text, uint64_t least, uint64_t most) {
    uint64_t found;

    if (!cli_number_of(mc_str(text), most, &found) || found < least)
        cli_refuse("--%s: \"%s\" is not a number from %llu to %llu", option, text, (unsigned long long)least,
                   (unsigned long long)most);
    return found;
}

static size_t size(const char *option, const char *text, uint64_t least, uint64_t most) {
    uint64_t found;

    if (!cli_size_of(mc_str(text), most, &found) || found < least)
        cli_refuse("--%s: \"%s\" is not a number of bytes from %llu to %llu, such as 500, 64k or 2m", option, text,
                   (unsigned long long)least, (unsigned long long)most);
    return (size_t)found;
}

static uint64_t milliseconds(const char *option, const char *text) {
    uint64_t found;

    if (!cli_seconds_of(mc_str(text), 86400000, &found))
        cli_refuse("--%s: \"%s\" is not a number of seconds from 0.001 to 86400", option, text);
    return found;
}

void cli_options_take_hosts(cli_hosts *hosts, const char *source, const char *list) {
    const char *part;
    size_t      part_len;
    const char *wrong = cli_hosts_add(hosts, list, &part, &part_len);

    if (wrong)
        cli_refuse("%s: \"%.*s\": %s", source, (int)part_len, part, wrong);
}

static void take_hosts(cli_call *call, const char *text) {
    cli_options_take_hosts(&call->hosts, "--hosts", text);
}

static void take_timeout(cli_call *call, const char *text) {
    call->options.timeout_ms = (int)milliseconds("timeout", text);
}

static void take_connect_timeout(cli_call *call, const char *text) {
    call->options.connect_timeout_ms = (int)milliseconds("connect-timeout", text);
}

static void take_like(cli_call *call, const char *text) {
    call->like = choose("like", likes, text);
}

static void take_distribution(cli_call *call, const char *text) {
    call->distribution = choose("distribution", distributions, text);
}

static void take_hash(cli_call *call, const char *text) {
    call->hash = choose("hash", hashes, text);
}

static void take_failover(cli_call *call, const char *text) {
    call->failover = choose("failover", failovers, text);
}

static void take_prefix(cli_call *call, const char *text) {
    call->options.key_prefix = text;
}

static void take_max_value(cli_call *call, const char *text) {
    call->options.max_value_size = size("max-value", text, 1, INT32_MAX);
    call->has_max_value = true;
}

static void take_file(cli_call *call, const char *text) {
    call->file = text;
}

static void take_flags(cli_call *call, const char *text) {
    call->flags = (uint32_t)number("flags", text, 0, UINT32_MAX);
}

static void take_ttl(cli_call *call, const char *text) {
    if (!cli_signed_of(mc_str(text), &call->ttl_s))
        cli_refuse("--ttl: \"%s\" is not a number of seconds", text);
}

static void take_cas(cli_call *call, const char *text) {
    call->cas = number("cas", text, 0, UINT64_MAX);
    call->has_cas = true;
}

static void take_delay(cli_call *call, const char *text) {
    call->delay_s = (uint32_t)number("delay", text, 0, UINT32_MAX);
}

static void take_tries(cli_call *call, const char *text) {
    (void)text;
    call->tries = true;
}

static void take_json(cli_call *call, const char *text) {
    (void)text;
    call->json = true;
}

static void take_quiet(cli_call *call, const char *text) {
    (void)text;
    call->quiet = true;
}

static void take_verbose(cli_call *call, const char *text) {
    (void)text;
    call->options.log = mc_log_stderr;
}

static void take_against(cli_call *call, const char *text) {
    cli_options_take_hosts(&call->load.against, "--against", text);
}

static void take_threads(cli_call *call, const char *text) {
    call->load.threads = (unsigned)number("threads", text, 1, LOAD_THREADS_MAX);
}

static void take_size(cli_call *call, const char *text) {
    call->load.value_size = size("size", text, 0, 1 << 30);
}

static void take_keys(cli_call *call, const char *text) {
    call->load.keys = (uint32_t)number("keys", text, 1, LOAD_KEYS_MAX);
}

static void take_ratio(cli_call *call, const char *text) {
    const char *colon = strchr(text, ':');
    uint64_t    gets = 0, sets = 0;

    if (!colon || !cli_number_of(mc_bytes(text, (size_t)(colon - text)), 1000, &gets) ||
        !cli_number_of(mc_str(colon + 1), 1000, &sets) || gets + sets == 0)
        cli_refuse("--ratio: \"%s\" is not GETS:SETS, two numbers up to 1000 that are not both 0", text);
    call->load.gets = (unsigned)gets;
    call->load.sets = (unsigned)sets;
}

static void take_duration(cli_call *call, const char *text) {
    call->load.duration_ms = milliseconds("duration", text);
}

static void take_count(cli_call *call, const char *text) {
    call->load.count = number("count", text, 1, UINT64_C(1) << 50);
}

static void take_multi(cli_call *call, const char *text) {
    call->load.batch = (uint32_t)number("multi", text, 1, LOAD_BATCH_MAX);
}

static void take_rounds(cli_call *call, const char *text) {
    call->load.rounds = (unsigned)number("rounds", text, 1, LOAD_ROUNDS_MAX);
}

static void take_plot(cli_call *call, const char *text) {
    call->load.plot = text;
}

const cli_option cli_options[] = {
    {"file", 'f', "FILE", "read from FILE; - is standard input", CLI_GROUP_FILE, take_file},
    {"flags", 'F', "N", "the value's flags, 0 to 4294967295 (default 0)", CLI_GROUP_STORE, take_flags},
    {"ttl", 't', "SECONDS", "time to live; 0 is for ever (default 0)", CLI_GROUP_STORE, take_ttl},
    {"cas", 'c', "TOKEN", "the token that mc gets has shown", CLI_GROUP_CAS, take_cas},
    {"delay", 'd', "SECONDS", "so many seconds later (default 0)", CLI_GROUP_FLUSH, take_delay},
    {"tries", 0, NULL, "behind the home of a key, where fail-over would go", CLI_GROUP_ROUTE, take_tries},
    {"against", 'a', "LIST", "measure these hosts, too, in turns with the others", CLI_GROUP_LOAD, take_against},
    {"threads", 0, "N", "how many work at once, 1 to 256 (default 4)", CLI_GROUP_LOAD, take_threads},
    {"duration", 0, "SECONDS", "how long each list of hosts is measured (default 5)", CLI_GROUP_LOAD, take_duration},
    {"count", 0, "N", "how many calls instead, for each list", CLI_GROUP_LOAD, take_count},
    {"ratio", 0, "GETS:SETS", "how many of each (default 9:1)", CLI_GROUP_LOAD, take_ratio},
    {"size", 0, "BYTES", "of a value; k, m and g may stand behind (default 100)", CLI_GROUP_LOAD, take_size},
    {"keys", 0, "N", "how many different ones (default 10000)", CLI_GROUP_LOAD, take_keys},
    {"multi", 0, "N", "so many keys in a call; 1: single commands (default 1)", CLI_GROUP_LOAD, take_multi},
    {"rounds", 0, "N", "turns that a list of hosts has, 1 to 1000 (default 20)", CLI_GROUP_LOAD, take_rounds},
    {"plot", 0, "FILE", "draw the result as an SVG picture", CLI_GROUP_LOAD, take_plot},
    {"json", 'j', NULL, "print JSON", CLI_GROUP_JSON, take_json},
    {"quiet", 'q', NULL, "let the exit status alone tell that the server says no", CLI_GROUP_QUIET, take_quiet},
    {"hosts", 'H', "LIST", "the servers: HOST[=WEIGHT],...; without this option, MC_HOSTS", CLI_GROUP_CLUSTER, take_hosts},
    {"prefix", 'p', "TEXT", "put this before every key", CLI_GROUP_CLUSTER, take_prefix},
    {"like", 'l', "CLIENT",
     "place keys as python-memcached, python-memcached-1.59,\npylibmc-ketama, php-ketama or libmemcached", CLI_GROUP_CLUSTER,
     take_like},
    {"distribution", 0, "RULE", "host-list, ketama, ketama-weighted or modulo", CLI_GROUP_CLUSTER, take_distribution},
    {"hash", 0, "HASH", "python, python-1.59, crc32, md5 or one-at-a-time", CLI_GROUP_CLUSTER, take_hash},
    {"failover", 0, "RULE", "when a host is down: rehash (try others) or none", CLI_GROUP_CLUSTER, take_failover},
    {"timeout", 0, "SECONDS", "for a whole call (default 3)", CLI_GROUP_NETWORK, take_timeout},
    {"connect-timeout", 0, "SECONDS", "for look-up and connect, within --timeout (default 1)", CLI_GROUP_NETWORK,
     take_connect_timeout},
    {"max-value", 0, "BYTES", "the largest value; k, m and g may stand behind\n(default 1m to write, 1g to read)",
     CLI_GROUP_VALUE, take_max_value},
    {"verbose", 'v', NULL, "tell of hosts that are down on standard error", CLI_GROUP_NETWORK, take_verbose},
    {"help", 'h', NULL, "this text", CLI_GROUP_ANY, NULL},
    {"version", 'V', NULL, "the version of mc and of the library", CLI_GROUP_ANY, NULL},
};

const size_t cli_option_count = sizeof cli_options / sizeof *cli_options;
