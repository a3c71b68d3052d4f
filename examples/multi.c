/*
 * Many keys at once: one call writes to all hosts in parallel and reads from them in parallel, and every key has its own
 * answer.
 *
 *     multi 127.0.0.1:12000 127.0.0.1:12001 127.0.0.1:12002
 */
#include <mcclient/mcclient.h>

#include <stdio.h>
#include <stdlib.h>

#define COUNT 1000

static char keys[COUNT][32];
static char values[COUNT][32];

/* Stores every entry; says which were not, and why. */
static int store(mc_client *mc) {
    static mc_entry entries[COUNT];
    mc_status       status;

    for (size_t i = 0; i < COUNT; i++) {
        snprintf(keys[i], sizeof keys[i], "multi:%zu", i);
        snprintf(values[i], sizeof values[i], "value of %zu", i);
        entries[i] = (mc_entry){.key = mc_str(keys[i]), .value = mc_str(values[i]), .ttl_s = 60};
    }
    status = mc_set_multi(mc, entries, COUNT);
    printf("set_multi of %d keys: %s\n", COUNT, mc_status_text(status));
    for (size_t i = 0; i < COUNT; i++)
        if (entries[i].status != MC_OK)
            printf("  %s: %s\n", keys[i], mc_status_text(entries[i].status));
    return status == MC_OK ? 0 : -1;
}

/* Reads every key, and one that is not there. Items stand in the order of the keys. */
static int read_back(mc_client *mc) {
    mc_slice   wanted[COUNT + 1];
    mc_results results = MC_RESULTS_INIT;
    mc_status  status;
    size_t     hits = 0, misses = 0, unanswered = 0;

    for (size_t i = 0; i < COUNT; i++)
        wanted[i] = mc_str(keys[i]);
    wanted[COUNT] = mc_str("multi:absent");

    status = mc_get_multi(mc, wanted, COUNT + 1, &results);
    for (size_t i = 0; i < results.count; i++) {
        const mc_result *item = &results.items[i];

        if (item->status == MC_OK)
            hits++;
        else if (item->status == MC_NOT_FOUND)
            misses++;
        else
            unanswered++; /* neither a hit nor a miss: nobody knows */
    }
    printf("get_multi of %d keys: %s; %zu hits, %zu misses, %zu unanswered\n", COUNT + 1, mc_status_text(status), hits,
           misses, unanswered);
    if (results.count > 42 && results.items[42].status == MC_OK)
        printf("  %s = \"%.*s\"\n", keys[42], (int)results.items[42].value.len, results.items[42].value.data);
    mc_results_clear(&results);
    return status == MC_OK ? 0 : -1;
}

static int delete_all(mc_client *mc) {
    mc_slice  unwanted[COUNT];
    mc_status statuses[COUNT];
    mc_status status;
    size_t    deleted = 0;

    for (size_t i = 0; i < COUNT; i++)
        unwanted[i] = mc_str(keys[i]);
    status = mc_delete_multi(mc, unwanted, COUNT, statuses);
    for (size_t i = 0; i < COUNT; i++)
        deleted += statuses[i] == MC_OK;
    printf("delete_multi of %d keys: %s; %zu deleted\n", COUNT, mc_status_text(status), deleted);
    return status == MC_OK ? 0 : -1;
}

int main(int argc, char **argv) {
    static const char *const default_hosts[] = {"127.0.0.1:11211", NULL};
    mc_client               *mc = mc_client_new(argc > 1 ? (const char *const *)argv + 1 : default_hosts, NULL);
    int                      failed;

    if (!mc) {
        fprintf(stderr, "multi: %s\n", mc_error_detail());
        return EXIT_FAILURE;
    }
    failed = store(mc) != 0 || read_back(mc) != 0 || delete_all(mc) != 0;
    if (failed)
        fprintf(stderr, "multi: %s\n", mc_error_detail());
    mc_client_free(mc);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
