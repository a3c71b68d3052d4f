#include "bench/ring.h"

#include "mcclient/mcclient.h"

#include "bench/basics.h"

#include <stdio.h>
#include <time.h>

#define HOSTS 100
#define KEYS 10000
#define KEY_LEN 20
#define ROUNDS 51

/* Nobody is asked whether they are there. */
static char        names[HOSTS][sizeof "10.0.0.255:11211"];
static const char *hosts[HOSTS + 1];
static char        keys[KEYS][KEY_LEN + 1];

static const struct {
    const char     *name;
    mc_distribution distribution;
    mc_hash         hash;
} rings[] = {
    {"ketama, one-at-a-time", MC_DISTRIBUTION_KETAMA, MC_HASH_ONE_AT_A_TIME},
    {"ketama, MD5", MC_DISTRIBUTION_KETAMA, MC_HASH_MD5},
    {"weighted ketama, MD5", MC_DISTRIBUTION_KETAMA_WEIGHTED, MC_HASH_MD5},
};

static double now_ns(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static mc_client *open_client(size_t ring) {
    mc_options options = MC_OPTIONS_INIT;
    mc_client *client;

    options.distribution = rings[ring].distribution;
    options.hash = rings[ring].hash;
    client = mc_client_new_with_options(hosts, NULL, &options);
    if (!client)
        bench_fail(mc_error_detail());
    return client;
}

static double build_ns(size_t ring) {
    double     begin = now_ns(), end;
    mc_client *client = open_client(ring);

    end = now_ns();
    mc_client_free(client);
    return end - begin;
}

/* Each key depends on the host of the one before, as if there were a call in between. */
static double look_up_ns(const mc_client *client) {
    double begin = now_ns();
    size_t at = 0;

    for (unsigned i = 0; i < KEYS; i++) {
        size_t host = 0;
        if (mc_client_route(client, mc_bytes(keys[(i + at) % KEYS], KEY_LEN), &host, 1) == 0)
            bench_fail(mc_error_detail());
        at = host;
    }
    return (now_ns() - begin) / KEYS;
}

static double smaller(double a, double b) {
    return a < b ? a : b;
}

static void measure(size_t ring) {
    mc_client *client = open_client(ring);
    double     build = build_ns(ring), look_up = look_up_ns(client);

    for (unsigned round = 1; round < ROUNDS; round++) {
        build = smaller(build, build_ns(ring));
        look_up = smaller(look_up, look_up_ns(client));
    }
    printf("%-24s %12.2f %12.0f\n", rings[ring].name, build / 1e6, look_up);
    mc_client_free(client);
}

void bench_ring_run(void) {
    for (unsigned i = 0; i < HOSTS; i++) {
        snprintf(names[i], sizeof names[i], "10.0.0.%u:11211", i + 1);
        hosts[i] = names[i];
    }
    for (unsigned i = 0; i < KEYS; i++)
        snprintf(keys[i], sizeof keys[i], "user:%015u", i * 2654435761u);
    printf("A ring of %d hosts, the best of %d rounds. Built: a whole client, with its hosts. A look-up: mc_client_route "
           "for a\n"
           "key of %d bytes, its check and its hash with it.\n\n%-24s %12s %12s\n",
           HOSTS, ROUNDS, KEY_LEN, "", "built, ms", "look-up, ns");
    for (size_t ring = 0; ring < sizeof rings / sizeof *rings; ring++)
        measure(ring);
    printf("%-24s %12s %12s\n", "goal", "< 10", "< 100");
    printf("\nMost of a look-up by MD5 is MD5 itself, which the other clients of such rings ask for.\n");
}
