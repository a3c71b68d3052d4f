/*
 * Prints hashes and placements as libmemcached computes them, for hash.tsv and libmemcached.tsv. Needs Debian's package
 * libmemcached-dev (1.1.4).
 *
 *     cc -o libmemcached_placements libmemcached_placements.c -lmemcached -lhashkit
 *     ./libmemcached_placements hash > hash.tsv
 *     ./libmemcached_placements place > libmemcached.tsv
 *
 * Servers are added after the distribution is chosen, as pylibmc and php-memcached do it.
 */
#include <libhashkit/hashkit.h>
#include <libmemcached/memcached.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERVERS_MAX 100
#define KEY_MAX 250

typedef struct server {
    char     name[256]; /* as libmemcached is given it */
    int      port;
    unsigned weight;
} server;

static uint64_t state;

/* A number below limit; the same ones in every run (SplitMix64). */
static unsigned pick(unsigned limit) {
    uint64_t z = (state += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return (unsigned)((z ^ (z >> 31)) % limit);
}

static void fill(char *key, size_t len) {
    for (size_t i = 0; i < len; i++)
        key[i] = (char)(0x21 + pick(0x7f - 0x21));
    key[len] = '\0';
}

static void fill_utf8(char *key, unsigned letters) {
    static const char *const alphabet[] = {"a", "n", "ä", "ß", "é", "ж", "я", "λ", "シ", "キ", "缓", "存", "鍵", "😀"};

    key[0] = '\0';
    while (letters-- > 0)
        strcat(key, alphabet[pick(sizeof alphabet / sizeof *alphabet)]);
}

static const char *make_key(unsigned i) {
    static char key[KEY_MAX + 1];

    switch (i) {
    case 0:
        return "k";
    case 1:
        fill(key, KEY_MAX);
        return key;
    case 2:
        memset(key, 0, sizeof key);
        while (strlen(key) < KEY_MAX)
            strcat(key, "ü");
        return key;
    default:
        break;
    }
    if (i % 4 == 0)
        fill_utf8(key, 1 + pick(20));
    else if (i % 4 == 1)
        snprintf(key, sizeof key, "user:%u:profile", pick(1000000000));
    else
        fill(key, 1 + pick(40));
    return key;
}

static void print_hashes(void) {
    printf("# Made by libmemcached_placements.c.\n#hash\tkey\tvalue\n");
    state = 1;
    for (unsigned i = 0; i < 60; i++) {
        const char *key = make_key(i);
        size_t      len = strlen(key);
        printf("one_at_a_time\t%s\t%u\n", key, libhashkit_one_at_a_time(key, len));
        printf("md5\t%s\t%u\n", key, libhashkit_md5(key, len));
        printf("crc\t%s\t%u\n", key, libhashkit_crc32(key, len));
    }
}

static size_t add(server *servers, size_t count, const char *name, int port, unsigned weight) {
    snprintf(servers[count].name, sizeof servers[count].name, "%s", name);
    servers[count].port = port;
    servers[count].weight = weight;
    return count + 1;
}

static size_t add_range(server *servers, size_t count, unsigned hosts, int two_ports, unsigned weights) {
    char name[32];

    for (unsigned i = 0; i < hosts; i++) {
        snprintf(name, sizeof name, "10.1.%u.%u", i / 50, i % 50 + 1);
        count = add(servers, count, name, two_ports && i % 3 == 1 ? 11212 : 11211, 1 + i * 7 % weights);
    }
    return count;
}

static size_t make_set(const char *set, server *servers) {
    size_t n = 0;

    if (strcmp(set, "one") == 0) {
        n = add(servers, n, "cache", 12000, 3);
    } else if (strcmp(set, "float") == 0) {
        for (unsigned i = 0; i < 5; i++)
            n = add(servers, n, "127.0.0.1", 12000 + (int)i, i < 3 ? 1 : 11);
    } else if (strcmp(set, "names") == 0) {
        n = add(servers, n, "cache-a.example.com", 11211, 1);
        n = add(servers, n, "cache-b.example.com", 11212, 1);
        n = add(servers, n, "localhost", 11211, 1);
        n = add(servers, n, "LOCALHOST", 1, 1);
        n = add(servers, n, "a_rather_long_name.of-a-host-that-somebody-has.in.a.data.center.far.away.example.org", 65535,
                1);
    } else if (strcmp(set, "mixed") == 0) {
        n = add(servers, n, "/run/memcached/a.sock", 0, 1);
        n = add(servers, n, "/run/memcached/b.sock", 0, 2);
        n = add(servers, n, "::1", 11211, 1);
        n = add(servers, n, "fe80::2", 11213, 4);
        n = add(servers, n, "10.0.0.1", 11211, 3);
    } else if (strcmp(set, "sockets") == 0) {
        n = add(servers, n, "/run/memcached/a.sock", 0, 1);
        n = add(servers, n, "/run/memcached/b.sock", 0, 1);
    } else if (strcmp(set, "twice") == 0) {
        n = add(servers, n, "10.0.0.2", 11211, 1);
        n = add(servers, n, "10.0.0.1", 11211, 1);
        n = add(servers, n, "10.0.0.2", 11211, 1);
    } else if (strcmp(set, "steep") == 0) {
        n = add(servers, n, "10.0.0.1", 11211, 1);
        n = add(servers, n, "10.0.0.2", 11211, 1000);
        n = add(servers, n, "10.0.0.3", 11211, 1000000);
        n = add(servers, n, "10.0.0.4", 11211, 7);
    } else if (strcmp(set, "thirty-three") == 0) {
        n = add_range(servers, n, 33, 1, 1);
    } else if (strcmp(set, "thirty-three weighted") == 0) {
        n = add_range(servers, n, 33, 1, 11);
    } else if (strcmp(set, "hundred") == 0) {
        n = add_range(servers, n, 100, 0, 1);
    } else if (strcmp(set, "hundred weighted") == 0) {
        n = add_range(servers, n, 100, 0, 97);
    }
    return n;
}

/* Host by host as address:weight. */
static void print_set(const char *set, const server *servers, size_t count) {
    printf("%s\t", set);
    for (size_t i = 0; i < count; i++) {
        const server *s = &servers[i];
        const char   *comma = i > 0 ? "," : "";
        if (s->name[0] == '/')
            printf("%s%s:%u", comma, s->name, s->weight);
        else if (strchr(s->name, ':') != NULL)
            printf("%s[%s]:%d:%u", comma, s->name, s->port, s->weight);
        else
            printf("%s%s:%d:%u", comma, s->name, s->port, s->weight);
    }
    printf("\n");
}

static memcached_st *make_client(const char *distribution, const char *hash, const server *servers, size_t count) {
    memcached_st *client = memcached_create(NULL);

    if (strcmp(hash, "md5") == 0)
        memcached_behavior_set(client, MEMCACHED_BEHAVIOR_HASH, MEMCACHED_HASH_MD5);
    else if (strcmp(hash, "crc") == 0)
        memcached_behavior_set(client, MEMCACHED_BEHAVIOR_HASH, MEMCACHED_HASH_CRC);
    if (strcmp(distribution, "ketama") == 0)
        memcached_behavior_set(client, MEMCACHED_BEHAVIOR_KETAMA, 1);
    else if (strcmp(distribution, "ketama_weighted") == 0)
        memcached_behavior_set(client, MEMCACHED_BEHAVIOR_KETAMA_WEIGHTED, 1);
    for (size_t i = 0; i < count; i++) {
        const server      *s = &servers[i];
        memcached_return_t done = s->name[0] == '/'
                                      ? memcached_server_add_unix_socket_with_weight(client, s->name, s->weight)
                                      : memcached_server_add_with_weight(client, s->name, (in_port_t)s->port, s->weight);
        if (done != MEMCACHED_SUCCESS) {
            fprintf(stderr, "%s: %s\n", s->name, memcached_strerror(client, done));
            exit(1);
        }
    }
    return client;
}

static void print_placements(const char *set, const server *servers, size_t count) {
    static const char *const rules[][2] = {{"ketama", "one_at_a_time"}, {"ketama", "md5"}, {"ketama_weighted", "md5"},
                                           {"modulo", "one_at_a_time"}, {"modulo", "md5"}, {"modulo", "crc"}};

    for (size_t rule = 0; rule < sizeof rules / sizeof *rules; rule++) {
        memcached_st *client = make_client(rules[rule][0], rules[rule][1], servers, count);
        for (unsigned i = 0; i < 40; i++) {
            const char *key = make_key(i);
            printf("%s\t%s\t%s\t%s\t%u\n", set, rules[rule][0], rules[rule][1], key,
                   memcached_generate_hash(client, key, strlen(key)));
        }
        memcached_free(client);
    }
}

static void print_all_placements(void) {
    static const char *const sets[] = {
        "one",     "float",           "names", "mixed", "sockets", "twice", "steep", "thirty-three", "thirty-three weighted",
        "hundred", "hundred weighted"};

    printf("# Made by libmemcached_placements.c. Rows of two columns name a set of hosts, each as address:weight.\n"
           "#set\tdistribution\thash\tkey\tindex of the host\n");
    state = 2;
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        server servers[SERVERS_MAX];
        size_t count = make_set(sets[i], servers);
        print_set(sets[i], servers, count);
        print_placements(sets[i], servers, count);
    }
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "hash") == 0)
        print_hashes();
    else if (argc == 2 && strcmp(argv[1], "place") == 0)
        print_all_placements();
    else
        return fprintf(stderr, "usage: %s hash|place\n", argv[0]), 2;
    return 0;
}
