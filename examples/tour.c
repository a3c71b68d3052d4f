/*
 * A walk through the interface on a small cluster: what each command answers, misses and refusals included, and which host
 * each key went to. Exits with 0 when every answer was the expected one.
 */
#include <mcclient/mcclient.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define HOSTS_MAX 8

static mc_client *mc;
static char     **hosts; /* ended by NULL */
static int        surprises;

/* Prints one line of the tour: the command, what came back, and the host on which the key lives. */
static void show(const char *command, mc_slice key, mc_status status, mc_status expected) {
    size_t      home;
    const char *host = mc_client_route(mc, key, &home, 1) > 0 ? hosts[home] : "no host";

    printf("  %-36s %-16s %s\n", command, mc_status_name(status), host);
    if (status > MC_EXISTS)
        printf("    %s\n", mc_error_detail());
    if (status != expected) {
        surprises++;
        printf("    expected %s, and not that %s\n", mc_status_name(expected), mc_status_text(status));
    }
}

static void show_value(const char *command, mc_slice key, mc_status status, const mc_value *value) {
    show(command, key, status, MC_OK);
    if (status == MC_OK)
        printf("    \"%.*s\", flags %" PRIu32 "\n", (int)value->len, value->data, value->flags);
}

static void storing_and_reading(mc_slice k1, mc_slice absent, mc_value *value) {
    puts("\nStoring and reading");
    show("set k1 v1", k1, mc_set(mc, k1, mc_str("v1"), 7, 0), MC_OK);
    show_value("get k1", k1, mc_get(mc, k1, value), value);
    show("get absent: a miss", absent, mc_get(mc, absent, value), MC_NOT_FOUND);
    show("add k1: it is there already", k1, mc_add(mc, k1, mc_str("other"), 0, 0), MC_NOT_STORED);
    show("replace k1 two", k1, mc_replace(mc, k1, mc_str("two"), 7, 0), MC_OK);
    show("replace absent: nothing to replace", absent, mc_replace(mc, absent, mc_str("v"), 0, 0), MC_NOT_STORED);
    show("append k1 -three", k1, mc_append(mc, k1, mc_str("-three")), MC_OK);
    show("prepend k1 one-", k1, mc_prepend(mc, k1, mc_str("one-")), MC_OK);
    show("append absent: nothing there", absent, mc_append(mc, absent, mc_str("x")), MC_NOT_STORED);
    show_value("get k1", k1, mc_get(mc, k1, value), value);
    show("get \"two words\": not a legal key", mc_str("two words"), mc_get(mc, mc_str("two words"), value), MC_BAD_KEY);
}

static void counting(mc_slice counter, mc_slice k1) {
    uint64_t number = 0;

    puts("\nCounting");
    show("set counter 10", counter, mc_set(mc, counter, mc_str("10"), 0, 0), MC_OK);
    show("incr counter 5", counter, mc_incr(mc, counter, 5, &number), MC_OK);
    printf("    %" PRIu64 "\n", number);
    show("decr counter 100: stops at 0", counter, mc_decr(mc, counter, 100, &number), MC_OK);
    printf("    %" PRIu64 "\n", number);
    show("incr k1: refused, it is no number", k1, mc_incr(mc, k1, 1, NULL), MC_CLIENT_ERROR);
}

static void only_if_unchanged(mc_slice k1, mc_slice absent, mc_value *value) {
    puts("\nStoring only what nobody else has changed");
    show_value("gets k1", k1, mc_gets(mc, k1, value), value);
    show("cas k1 with its token", k1, mc_cas(mc, k1, mc_str("mine"), 0, 0, value->cas), MC_OK);
    show("cas k1 with the old token", k1, mc_cas(mc, k1, mc_str("late"), 0, 0, value->cas), MC_EXISTS);
    show("cas absent", absent, mc_cas(mc, absent, mc_str("v"), 0, 0, value->cas), MC_NOT_FOUND);
}

static void many_keys(const mc_slice *keys, size_t count) {
    mc_results results = MC_RESULTS_INIT;

    puts("\nMany keys at once: each has its own answer");
    if (mc_get_multi(mc, keys, count, &results) != MC_OK)
        surprises++;
    for (size_t i = 0; i < results.count; i++)
        show(keys[i].data, keys[i], results.items[i].status, i < count - 1 ? MC_OK : MC_NOT_FOUND);
    mc_results_clear(&results);
}

static void time_to_live_and_end(mc_slice k1, mc_slice counter, mc_slice absent, mc_value *value) {
    puts("\nTime to live, and the end");
    show("touch k1: 60 more seconds", k1, mc_touch(mc, k1, 60), MC_OK);
    show("touch absent", absent, mc_touch(mc, absent, 60), MC_NOT_FOUND);
    show_value("gat k1: read, 120 more seconds", k1, mc_gat(mc, k1, 120, value), value);
    show("delete k1", k1, mc_delete(mc, k1), MC_OK);
    show("delete k1 again", k1, mc_delete(mc, k1), MC_NOT_FOUND);
    show("delete counter", counter, mc_delete(mc, counter), MC_OK);
}

int main(int argc, char **argv) {
    unsigned weights[HOSTS_MAX] = {1, 2, 1, 1, 1, 1, 1, 1};
    mc_value value = MC_VALUE_INIT;
    mc_slice keys[] = {mc_str("tour:k1"), mc_str("tour:counter"), mc_str("tour:absent")};

    hosts = argv + 1;
    mc = argc - 1 <= HOSTS_MAX ? mc_client_new((const char *const *)hosts, weights) : NULL;
    if (!mc) {
        fprintf(stderr, "usage: tour HOST:PORT... (1 to %d hosts)\n%s\n", HOSTS_MAX, mc_error_detail());
        return EXIT_FAILURE;
    }
    puts("The list in memory. A key's hash modulo the length of the list picks the host.");
    for (int i = 0, place = 0; hosts[i]; i++)
        for (unsigned n = 0; n < weights[i]; n++)
            printf("  [%d] %s\n", place++, hosts[i]);

    storing_and_reading(keys[0], keys[2], &value);
    counting(keys[1], keys[0]);
    only_if_unchanged(keys[0], keys[2], &value);
    many_keys(keys, 3);
    time_to_live_and_end(keys[0], keys[1], keys[2], &value);

    mc_value_clear(&value);
    mc_client_free(mc);
    printf("\n%s\n", surprises == 0 ? "Every answer was the expected one." : "Not every answer was the expected one.");
    return surprises == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
