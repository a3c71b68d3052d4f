/*
 * Which distribution should a cluster have? Counts, for hosts and weights, how many of a million keys each host would hold,
 * and how many keys would change their host, which loses what is cached of them, when a host comes, goes, or is down.
 * Nothing is connected to.
 *
 *     hostmap [--keys N] [--svg FILE] HOST[=WEIGHT] HOST[=WEIGHT]...
 */
#include "hostmap.h"

#include <stdlib.h>

const hostmap_rule rules[RULES] = {
    {"host list", "python-memcached", MC_DISTRIBUTION_HOST_LIST, MC_HASH_PYTHON},
    {"ketama", "pylibmc: ketama", MC_DISTRIBUTION_KETAMA, MC_HASH_ONE_AT_A_TIME},
    {"weighted ketama", "php-memcached: libketama", MC_DISTRIBUTION_KETAMA_WEIGHTED, MC_HASH_MD5},
    {"modulo", "libmemcached's default", MC_DISTRIBUTION_MODULO, MC_HASH_ONE_AT_A_TIME},
};

const char *hostmap_change_text(const hostmap *map, hostmap_change change, char *text, size_t size) {
    if (change == ADDED)
        snprintf(text, size, "a host of weight %u is added", map->weights[map->count - 1]);
    else
        snprintf(text, size, "%s is %s", map->hosts[map->count - 1], change == REMOVED ? "removed" : "down");
    return text;
}

const char *hostmap_grouped(size_t number, char *text, size_t size) {
    if (number >= 1000000)
        snprintf(text, size, "%zu,%03zu,%03zu", number / 1000000, number / 1000 % 1000, number % 1000);
    else if (number >= 1000)
        snprintf(text, size, "%zu,%03zu", number / 1000, number % 1000);
    else
        snprintf(text, size, "%zu", number);
    return text;
}

double hostmap_fair_share(const hostmap *map, size_t host) {
    return map->weights[host] / map->total_weight;
}

double hostmap_least_moved(const hostmap *map, hostmap_change change) {
    double weight = map->weights[map->count - 1];

    return change == ADDED ? weight / (map->total_weight + weight) : weight / map->total_weight;
}

/* A client on the first count hosts, of which the list has room for one more. */
static mc_client *client_on(const hostmap *map, const hostmap_rule *rule, size_t count) {
    mc_options  options = MC_OPTIONS_INIT;
    const char *behind = map->hosts[count];
    mc_client  *client;

    options.distribution = rule->distribution;
    options.hash = rule->hash;
    map->hosts[count] = NULL;
    client = mc_client_new_with_options(map->hosts, map->weights, &options);
    map->hosts[count] = behind;
    if (client == NULL)
        fprintf(stderr, "hostmap: %s\n", mc_error_detail());
    return client;
}

static size_t home_of(const mc_client *client, mc_slice key) {
    size_t host = 0;

    mc_client_route(client, key, &host, 1);
    return host;
}

/* Whether a key of the last host has somewhere to go when that host is down. */
static bool has_refuge(const mc_client *client, mc_slice key, size_t last) {
    size_t hosts[10], tries = mc_client_route(client, key, hosts, 10);

    for (size_t i = 1; i < tries; i++)
        if (hosts[i] != last)
            return true;
    return false;
}

static void count_keys(hostmap *map, size_t rule, const mc_client *now, const mc_client *grown, const mc_client *shrunk) {
    size_t last = map->count - 1;

    for (size_t i = 0; i < map->keys; i++) {
        char     text[32];
        mc_slice key = mc_bytes(text, (size_t)snprintf(text, sizeof text, "key:%zu", i));
        size_t   home = home_of(now, key);

        map->held[rule][home]++;
        map->moved[rule][ADDED] += home_of(grown, key) != home;
        map->moved[rule][REMOVED] += home_of(shrunk, key) != home;
        map->moved[rule][DOWN] += home == last;
        map->nowhere[rule] += home == last && !has_refuge(now, key, last);
    }
}

static bool measure(hostmap *map, size_t rule) {
    mc_client *now = client_on(map, &rules[rule], map->count);
    mc_client *grown = now ? client_on(map, &rules[rule], map->count + 1) : NULL;
    mc_client *shrunk = grown ? client_on(map, &rules[rule], map->count - 1) : NULL;

    map->held[rule] = calloc(map->count, sizeof *map->held[rule]);
    if (shrunk != NULL && map->held[rule] != NULL)
        count_keys(map, rule, now, grown, shrunk);
    mc_client_free(now);
    mc_client_free(grown);
    mc_client_free(shrunk);
    return shrunk != NULL && map->held[rule] != NULL;
}

static void print_row(const hostmap *map, const char *title, double least, const size_t keys[RULES]) {
    printf("%-38.38s %6.1f%%", title, 100 * least);
    for (size_t rule = 0; rule < RULES; rule++)
        printf(" %15.1f%%", 100.0 * (double)keys[rule] / (double)map->keys);
    printf("\n");
}

static void print_head(const char *title, const char *least) {
    printf("\n%-38s %7s", title, least);
    for (size_t rule = 0; rule < RULES; rule++)
        printf(" %16s", rules[rule].name);
    printf("\n");
}

static void print_table(const hostmap *map) {
    char   text[256];
    size_t keys[RULES];

    printf("%s keys on %zu hosts\n", hostmap_grouped(map->keys, text, sizeof text), map->count);
    print_head("A host's share of the keys", "fair");
    for (size_t host = 0; host < map->count; host++) {
        for (size_t rule = 0; rule < RULES; rule++)
            keys[rule] = map->held[rule][host];
        snprintf(text, sizeof text, "%s, weight %u", map->hosts[host], map->weights[host]);
        print_row(map, text, hostmap_fair_share(map, host), keys);
    }
    print_head("Keys that move when", "least");
    for (int change = ADDED; change < CHANGES; change++) {
        for (size_t rule = 0; rule < RULES; rule++)
            keys[rule] = map->moved[rule][change];
        hostmap_change_text(map, (hostmap_change)change, text, sizeof text);
        print_row(map, text, hostmap_least_moved(map, (hostmap_change)change), keys);
    }
    print_row(map, "  and find no other host by ten tries", 0, map->nowhere);
}

/* Takes HOST or HOST=WEIGHT; the argument is cut at the sign. */
static bool take_host(hostmap *map, char *argument) {
    char         *sign = strrchr(argument, '=');
    char         *end = "";
    unsigned long weight = sign ? strtoul(sign + 1, &end, 10) : 1;

    if (*end != '\0' || weight > 1000000)
        return false;
    if (sign != NULL)
        *sign = '\0';
    map->hosts[map->count] = argument;
    map->weights[map->count++] = (unsigned)weight;
    map->total_weight += (double)weight;
    return true;
}

static bool take_arguments(hostmap *map, const char **svg, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--svg") == 0 && i + 1 < argc)
            *svg = argv[++i];
        else if (strcmp(argv[i], "--keys") == 0 && i + 1 < argc)
            map->keys = strtoul(argv[++i], NULL, 10);
        else if (argv[i][0] == '-' || !take_host(map, argv[i]))
            return false;
    }
    if (map->count < 2 || map->keys == 0)
        return false;
    map->hosts[map->count] = "one-more-host";
    map->weights[map->count] = map->weights[map->count - 1];
    return true;
}

static bool draw(const hostmap *map, const char *path) {
    FILE *file = fopen(path, "w");
    bool  done = file != NULL;

    if (done) {
        hostmap_draw(map, file);
        done = !ferror(file);
        done = fclose(file) == 0 && done;
    }
    if (!done)
        perror(path);
    return done;
}

int main(int argc, char **argv) {
    hostmap     map = {.keys = 1000000};
    const char *svg = NULL;
    bool        done;

    map.hosts = calloc((size_t)argc + 2, sizeof *map.hosts);
    map.weights = calloc((size_t)argc + 2, sizeof *map.weights);
    done = map.hosts != NULL && map.weights != NULL;
    if (done && !take_arguments(&map, &svg, argc, argv)) {
        fprintf(stderr, "usage: hostmap [--keys N] [--svg FILE] HOST[=WEIGHT] HOST[=WEIGHT]...\n");
        done = false;
    }
    for (size_t rule = 0; done && rule < RULES; rule++)
        done = measure(&map, rule);
    if (done)
        print_table(&map);
    if (done && svg != NULL)
        done = draw(&map, svg);
    for (size_t rule = 0; rule < RULES; rule++)
        free(map.held[rule]);
    free(map.hosts);
    free(map.weights);
    return done ? 0 : 1;
}
