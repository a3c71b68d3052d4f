/* clang-format off */
/*
 * The library behind a pipe, for the tests in Python: reads one command a line from standard input, and writes one line for
 * each. Words have single spaces between them; keys and values are in hex, an empty one is "-".
 *
 *     client DISTRIBUTION HASH FORMAT ABOVE HOST=WEIGHT...   another client: numbers of the public header's enums
 *     like LIKE ABOVE HOST=WEIGHT...                         another client, as mc_options_like makes it
 *     view PREFIX [ROUTE]                                    what follows goes through this view of it; "view -": through none
 *     route KEY                                      -> the hosts of all tries
 *     set KEY FLAGS VALUE, add ..., delete KEY       -> STATUS
 *     set_int KEY NUMBER, set_text KEY VALUE, append KEY VALUE -> STATUS
 *     set_ttl KEY TTL VALUE                          -> STATUS
 *     gets KEY                                       -> STATUS CAS
 *     cas KEY CAS VALUE                              -> STATUS
 *     incr KEY DELTA                                 -> STATUS NUMBER
 *     get KEY                                        -> STATUS FLAGS VALUE
 *     set_multi KEY FLAGS VALUE KEY FLAGS VALUE ...  -> STATUS STATUS...
 *     get_multi KEY KEY ...                          -> STATUS, and for each key STATUS FLAGS VALUE
 *     kinds KEY KEY ...                              -> for each key KIND NUMBER, or KIND - where it is no number of 64 bits
 *     delete_multi KEY KEY ...                       -> STATUS STATUS...
 */
/* clang-format on */
#include <mcclient/mcclient.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct interop_peer {
    mc_client *client; /* NULL before the first "client" */
    mc_client *view;   /* NULL: none */
} interop_peer;

typedef struct word_list {
    char **items;
    size_t count;
} word_list;

/* An error of the test itself: no answer helps. */
static void die(const char *why) {
    fprintf(stderr, "interop_peer: %s\n", why);
    exit(2);
}

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count + 1, size);

    if (memory == NULL)
        die("no memory");
    return memory;
}

static unsigned digit(char letter) {
    const char *digits = "0123456789abcdef", *at = strchr(digits, letter);

    if (letter == '\0' || at == NULL)
        die("not hex");
    return (unsigned)(at - digits);
}

/* Decodes a word in place. */
static mc_slice from_hex(char *word) {
    size_t len = strlen(word) / 2;

    if (strcmp(word, "-") == 0)
        return mc_bytes(word, 0);
    for (size_t i = 0; i < len; i++)
        word[i] = (char)(digit(word[2 * i]) << 4 | digit(word[2 * i + 1]));
    return mc_bytes(word, len);
}

static void write_hex(mc_slice bytes) {
    if (bytes.len == 0)
        putchar('-');
    for (size_t i = 0; i < bytes.len; i++)
        printf("%02x", (unsigned)(unsigned char)bytes.data[i]);
}

static void write_item(mc_status status, uint32_t flags, mc_slice value) {
    printf("%s %lu ", mc_status_name(status), (unsigned long)flags);
    write_hex(value);
}

static int number(const char *word) {
    return (int)strtol(word, NULL, 10);
}

static mc_client *current(const interop_peer *peer) {
    return peer->view ? peer->view : peer->client;
}

static void drop_view(interop_peer *peer) {
    mc_client_free(peer->view);
    peer->view = NULL;
}

/* Makes the client of these options and of the words HOST=WEIGHT. */
static void renew_client(interop_peer *peer, const mc_options *options, char **words, size_t count) {
    const char **hosts = allocate(count, sizeof *hosts);
    unsigned    *weights = allocate(count, sizeof *weights);

    for (size_t i = 0; i < count; i++) {
        char *sign = strrchr(words[i], '=');
        if (sign == NULL)
            die("client: no weight");
        *sign = '\0';
        hosts[i] = words[i];
        weights[i] = (unsigned)strtoul(sign + 1, NULL, 10);
    }
    drop_view(peer);
    mc_client_free(peer->client);
    peer->client = mc_client_new_with_options(hosts, weights, options);
    printf("%s", peer->client ? "MC_OK" : mc_error_detail());
    free(hosts);
    free(weights);
}

static void do_client(interop_peer *peer, word_list words) {
    mc_options options = MC_OPTIONS_INIT;

    options.distribution = (mc_distribution)number(words.items[0]);
    options.hash = (mc_hash)number(words.items[1]);
    options.value_format = (mc_value_format)number(words.items[2]);
    options.compress_above = strtoul(words.items[3], NULL, 10);
    renew_client(peer, &options, words.items + 4, words.count - 4);
}

static void do_like(interop_peer *peer, word_list words) {
    mc_options options = MC_OPTIONS_INIT;

    if (mc_options_like(&options, (mc_like)number(words.items[0])) != MC_OK)
        die("like: no such client");
    options.compress_above = strtoul(words.items[1], NULL, 10);
    renew_client(peer, &options, words.items + 2, words.count - 2);
}

static void do_view(interop_peer *peer, word_list words) {
    mc_view  view = MC_VIEW_INIT;
    mc_slice prefix = from_hex(words.items[0]);
    char     text[MC_KEY_MAX + 1];

    drop_view(peer);
    if (prefix.len > MC_KEY_MAX)
        die("view: the prefix is too long");
    memcpy(text, prefix.data, prefix.len);
    text[prefix.len] = '\0';
    view.key_prefix = text;
    view.has_route = words.count > 1;
    if (view.has_route)
        view.route = strtoll(words.items[1], NULL, 10);
    if (view.has_route || prefix.len > 0)
        peer->view = mc_client_view(peer->client, &view);
    printf("%s", peer->view || words.count == 1 ? "MC_OK" : mc_error_detail());
}

static void do_route(interop_peer *peer, word_list words) {
    size_t hosts[64], tries = mc_client_route(current(peer), from_hex(words.items[0]), hosts, 64);

    for (size_t i = 0; i < tries && i < 64; i++)
        printf("%s%zu", i > 0 ? " " : "", hosts[i]);
}

static void do_set(interop_peer *peer, word_list words) {
    mc_slice  key = from_hex(words.items[0]), value = from_hex(words.items[2]);
    mc_status status = mc_set(current(peer), key, value, (uint32_t)strtoul(words.items[1], NULL, 10), 0);

    printf("%s", mc_status_name(status));
}

static void do_set_ttl(interop_peer *peer, word_list words) {
    mc_slice key = from_hex(words.items[0]), value = from_hex(words.items[2]);

    printf("%s", mc_status_name(mc_set(current(peer), key, value, 0, number(words.items[1]))));
}

static void do_gets(interop_peer *peer, word_list words) {
    mc_value  value = MC_VALUE_INIT;
    mc_status status = mc_gets(current(peer), from_hex(words.items[0]), &value);

    printf("%s %llu", mc_status_name(status), (unsigned long long)value.cas);
    mc_value_clear(&value);
}

static void do_cas(interop_peer *peer, word_list words) {
    mc_slice key = from_hex(words.items[0]), value = from_hex(words.items[2]);
    uint64_t token = strtoull(words.items[1], NULL, 10);

    printf("%s", mc_status_name(mc_cas(current(peer), key, value, 0, 0, token)));
}

static void do_add(interop_peer *peer, word_list words) {
    mc_slice  key = from_hex(words.items[0]), value = from_hex(words.items[2]);
    mc_status status = mc_add(current(peer), key, value, (uint32_t)strtoul(words.items[1], NULL, 10), 0);

    printf("%s", mc_status_name(status));
}

static void do_append(interop_peer *peer, word_list words) {
    mc_slice key = from_hex(words.items[0]);

    printf("%s", mc_status_name(mc_append(current(peer), key, from_hex(words.items[1]))));
}

static void do_set_int(interop_peer *peer, word_list words) {
    int64_t value = strtoll(words.items[1], NULL, 10);

    printf("%s", mc_status_name(mc_set_int(current(peer), from_hex(words.items[0]), value, 0)));
}

static void do_set_text(interop_peer *peer, word_list words) {
    mc_slice key = from_hex(words.items[0]);

    printf("%s", mc_status_name(mc_set_text(current(peer), key, from_hex(words.items[1]), 0)));
}

static void do_delete(interop_peer *peer, word_list words) {
    printf("%s", mc_status_name(mc_delete(current(peer), from_hex(words.items[0]))));
}

static void do_incr(interop_peer *peer, word_list words) {
    uint64_t  result = 0;
    mc_status status = mc_incr(current(peer), from_hex(words.items[0]), strtoull(words.items[1], NULL, 10), &result);

    printf("%s %llu", mc_status_name(status), (unsigned long long)result);
}

static void do_get(interop_peer *peer, word_list words) {
    mc_value  value = MC_VALUE_INIT;
    mc_status status = mc_get(current(peer), from_hex(words.items[0]), &value);

    write_item(status, value.flags, mc_bytes(value.data, value.len));
    mc_value_clear(&value);
}

static void do_set_multi(interop_peer *peer, word_list words) {
    size_t    count = words.count / 3;
    mc_entry *entries = allocate(count, sizeof *entries);

    for (size_t i = 0; i < count; i++) {
        entries[i].key = from_hex(words.items[3 * i]);
        entries[i].flags = (uint32_t)strtoul(words.items[3 * i + 1], NULL, 10);
        entries[i].value = from_hex(words.items[3 * i + 2]);
    }
    printf("%s", mc_status_name(mc_set_multi(current(peer), entries, count)));
    for (size_t i = 0; i < count; i++)
        printf(" %s", mc_status_name(entries[i].status));
    free(entries);
}

static mc_slice *take_keys(word_list words) {
    mc_slice *keys = allocate(words.count, sizeof *keys);

    for (size_t i = 0; i < words.count; i++)
        keys[i] = from_hex(words.items[i]);
    return keys;
}

static void do_get_multi(interop_peer *peer, word_list words) {
    mc_slice  *keys = take_keys(words);
    mc_results results = MC_RESULTS_INIT;

    printf("%s", mc_status_name(mc_get_multi(current(peer), keys, words.count, &results)));
    for (size_t i = 0; i < results.count; i++) {
        putchar(' ');
        write_item(results.items[i].status, results.items[i].flags, results.items[i].value);
    }
    mc_results_clear(&results);
    free(keys);
}

/* The kind and number of a key read alone, which must be those of its result among many. */
static void write_kind(interop_peer *peer, mc_slice key, const mc_result *result) {
    mc_value value = MC_VALUE_INIT;
    int64_t  alone = 0, among = 0;
    bool     is_number;

    mc_get(current(peer), key, &value);
    is_number = mc_value_kind(&value) == MC_KIND_INTEGER && mc_value_int(&value, &alone) == MC_OK;
    if (mc_result_kind(result) != mc_value_kind(&value) || (is_number && mc_result_int(result, &among) != MC_OK) ||
        alone != among)
        die("kinds: one says this and many say that");
    if (is_number)
        printf("%d %lld", (int)mc_value_kind(&value), (long long)alone);
    else
        printf("%d -", (int)mc_value_kind(&value));
    mc_value_clear(&value);
}

static void do_kinds(interop_peer *peer, word_list words) {
    mc_slice  *keys = take_keys(words);
    mc_results results = MC_RESULTS_INIT;

    mc_get_multi(current(peer), keys, words.count, &results);
    for (size_t i = 0; i < results.count; i++) {
        printf("%s", i > 0 ? " " : "");
        write_kind(peer, keys[i], &results.items[i]);
    }
    mc_results_clear(&results);
    free(keys);
}

static void do_delete_multi(interop_peer *peer, word_list words) {
    mc_slice  *keys = take_keys(words);
    mc_status *statuses = allocate(words.count, sizeof *statuses);

    printf("%s", mc_status_name(mc_delete_multi(current(peer), keys, words.count, statuses)));
    for (size_t i = 0; i < words.count; i++)
        printf(" %s", mc_status_name(statuses[i]));
    free(statuses);
    free(keys);
}

static const struct {
    const char *name;
    size_t      words; /* at least */
    void (*run)(interop_peer *peer, word_list words);
} commands[] = {
    {"client", 5, do_client},
    {"like", 3, do_like},
    {"view", 1, do_view},
    {"route", 1, do_route},
    {"set", 3, do_set},
    {"add", 3, do_add},
    {"set_ttl", 3, do_set_ttl},
    {"gets", 1, do_gets},
    {"cas", 3, do_cas},
    {"append", 2, do_append},
    {"set_int", 2, do_set_int},
    {"set_text", 2, do_set_text},
    {"delete", 1, do_delete},
    {"incr", 2, do_incr},
    {"get", 1, do_get},
    {"set_multi", 3, do_set_multi},
    {"get_multi", 1, do_get_multi},
    {"delete_multi", 1, do_delete_multi},
    {"kinds", 1, do_kinds},
};

static void run_line(interop_peer *peer, char *line) {
    word_list words = {allocate(strlen(line), sizeof *words.items), 0};
    char     *name = strsep(&line, " "), *word;

    while ((word = strsep(&line, " ")) != NULL)
        words.items[words.count++] = word;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(commands[i].name, name) != 0)
            continue;
        if (words.count < commands[i].words)
            die("too few words");
        commands[i].run(peer, words);
        putchar('\n');
        fflush(stdout);
        free(words.items);
        return;
    }
    die("no such command");
}

int main(void) {
    interop_peer peer = {NULL, NULL};
    char        *line = NULL;
    size_t       room = 0;
    ssize_t      len;

    while ((len = getline(&line, &room, stdin)) > 0) {
        line[len - 1] = '\0';
        run_line(&peer, line);
    }
    free(line);
    mc_client_free(peer.view);
    mc_client_free(peer.client);
    return 0;
}
