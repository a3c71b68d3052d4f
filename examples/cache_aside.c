/*
 * A cache in front of a slow source: ask the cache; on a miss ask the source and put what it said into the cache. When the
 * cache cannot answer, the program goes on without it.
 *
 *     cache_aside 127.0.0.1:12000 127.0.0.1:12001
 */
#include <mcclient/mcclient.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TTL_S 60

static long now_us(void) {
    struct timespec now;

    timespec_get(&now, TIME_UTC);
    return (long)(now.tv_sec * 1000000L + now.tv_nsec / 1000);
}

/* The slow source: a database, a computation, another service. */
static mc_status load_from_source(int user, mc_value *profile) {
    char text[64];
    long until_us = now_us() + 50000;

    while (now_us() < until_us)
        continue;
    snprintf(text, sizeof text, "{\"user\": %d, \"name\": \"user number %d\"}", user, user);
    return mc_value_set(profile, mc_str(text));
}

/* Reads a profile through the cache. *from says where it came from. */
static mc_status load_profile(mc_client *mc, int user, mc_value *profile, const char **from) {
    char      key[64];
    mc_status cached;
    mc_status status;

    snprintf(key, sizeof key, "cache_aside:profile:%d", user);
    cached = mc_get(mc, mc_str(key), profile);
    *from = "cache";
    if (cached == MC_OK)
        return MC_OK;

    *from = cached == MC_NOT_FOUND ? "source (a miss)" : "source (the cache did not answer)";
    status = load_from_source(user, profile);
    if (status != MC_OK)
        return status;

    /* add, not set: somebody may have stored a newer profile since. Whether it worked decides only how fast the next read
       will be, so a failure is told and forgotten. */
    cached = mc_add(mc, mc_str(key), mc_bytes(profile->data, profile->len), 0, TTL_S);
    if (cached != MC_OK && cached != MC_NOT_STORED)
        fprintf(stderr, "cache_aside: not cached: %s (%s)\n", mc_status_text(cached), mc_error_detail());
    return MC_OK;
}

/* When the source changes, the cached copy goes; the next read brings the new one. */
static void forget_profile(mc_client *mc, int user) {
    char      key[64];
    mc_status status;

    snprintf(key, sizeof key, "cache_aside:profile:%d", user);
    status = mc_delete(mc, mc_str(key));
    if (status != MC_OK && status != MC_NOT_FOUND)
        fprintf(stderr, "cache_aside: user %d may be read old for %d s: %s\n", user, TTL_S, mc_status_text(status));
}

int main(int argc, char **argv) {
    static const char *const default_hosts[] = {"127.0.0.1:11211", NULL};
    static const int         visitors[] = {1, 2, 1, 1, 2, 3, 1};
    mc_options               options = MC_OPTIONS_INIT;
    mc_value                 profile = MC_VALUE_INIT;
    mc_client               *mc;
    int                      failed = 0;

    options.timeout_ms = 100; /* a cache that is slower than the source is of no use */
    options.connect_timeout_ms = 50;
    options.log = mc_log_stderr;
    mc = mc_client_new_with_options(argc > 1 ? (const char *const *)argv + 1 : default_hosts, NULL, &options);
    if (!mc) {
        fprintf(stderr, "cache_aside: %s\n", mc_error_detail());
        return EXIT_FAILURE;
    }

    for (size_t i = 0; i < sizeof visitors / sizeof visitors[0]; i++) {
        const char *from;
        long        start_us = now_us();
        mc_status   status = load_profile(mc, visitors[i], &profile, &from);

        if (status != MC_OK) {
            fprintf(stderr, "cache_aside: user %d: %s\n", visitors[i], mc_status_text(status));
            failed = 1;
            continue;
        }
        printf("%6ld us, from the %s: %s\n", now_us() - start_us, from, profile.data);
    }
    for (int user = 1; user <= 3; user++)
        forget_profile(mc, user);

    mc_value_clear(&profile);
    mc_client_free(mc);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
