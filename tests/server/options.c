#include "server/options.h"

#include "base/number.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEGABYTE ((size_t)1 << 20)

static const char help[] =
    "mcserver " MC_SERVER_VERSION ": a memcached server that speaks the text protocol\n"
    "\n"
    "usage: mcserver [options]\n"
    "\n"
    "  -p, --port=<number>            TCP port (default: 11211; 0: any free one, which is printed)\n"
    "  -l, --listen=<address>,...     addresses to listen on, each with or without :port (default: 127.0.0.1)\n"
    "  -s, --unix-socket=<path>       listen on a unix socket instead\n"
    "  -a, --unix-mask=<octal>        permissions of the unix socket (default: 700)\n"
    "  -c, --conn-limit=<number>      connections at a time, one of them for listening (default: 1024)\n"
    "  -b, --listen-backlog=<number>  connections that may wait to be accepted (default: 1024)\n"
    "  -t, --threads=<number>         threads that serve connections (default: 4)\n"
    "\n"
    "  -m, --memory-limit=<number>    megabytes for items (default: 64)\n"
    "  -I, --max-item-size=<size>     largest item, in bytes or with k or m (default: 1m)\n"
    "  -M, --disable-evictions        refuse to store when memory is out, instead of evicting\n"
    "  -F, --disable-flush-all        refuse flush_all\n"
    "  -C, --disable-cas              give every item the cas id 0\n"
    "  -A, --enable-shutdown          obey the command shutdown\n"
    "  -B, --protocol=<name>          auto or ascii; with binary, which is not spoken, every client is turned away\n"
    "\n"
    "  -d, --daemon                   run in the background; returns once connections are accepted\n"
    "  -P, --pidfile=<path>           write the process id there while running\n"
    "  -u, --user=<name>              become this user after binding (needed when started as root)\n"
    "  -r, --enable-coredumps         allow core dumps\n"
    "  -v, --verbose                  tell what goes wrong on stderr; -vv: every command too\n"
    "  -h, --help                     print this and exit\n"
    "  -V, --version                  print the version and exit\n"
    "\n"
    "Of memcached's other options -D -f -i -k -L -n -N -o -R -S -U -W -X are accepted and do nothing; -U must be "
    "0.\n";

static const char letters[] = "p:l:s:a:c:b:t:m:I:MkFdP:u:rvhVU:R:B:f:n:o:D:N:ACLSWXi";

static const struct option long_options[] = {
    {"port", required_argument, NULL, 'p'},
    {"listen", required_argument, NULL, 'l'},
    {"unix-socket", required_argument, NULL, 's'},
    {"unix-mask", required_argument, NULL, 'a'},
    {"conn-limit", required_argument, NULL, 'c'},
    {"listen-backlog", required_argument, NULL, 'b'},
    {"threads", required_argument, NULL, 't'},
    {"memory-limit", required_argument, NULL, 'm'},
    {"max-item-size", required_argument, NULL, 'I'},
    {"disable-evictions", no_argument, NULL, 'M'},
    {"lock-memory", no_argument, NULL, 'k'},
    {"disable-flush-all", no_argument, NULL, 'F'},
    {"daemon", no_argument, NULL, 'd'},
    {"pidfile", required_argument, NULL, 'P'},
    {"user", required_argument, NULL, 'u'},
    {"enable-coredumps", no_argument, NULL, 'r'},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {"udp-port", required_argument, NULL, 'U'},
    {"max-reqs-per-event", required_argument, NULL, 'R'},
    {"protocol", required_argument, NULL, 'B'},
    {"slab-growth-factor", required_argument, NULL, 'f'},
    {"slab-min-size", required_argument, NULL, 'n'},
    {"extended", required_argument, NULL, 'o'},
    {"napi_ids", required_argument, NULL, 'N'},
    {"enable-shutdown", no_argument, NULL, 'A'},
    {"disable-cas", no_argument, NULL, 'C'},
    {"enable-largepages", no_argument, NULL, 'L'},
    {"enable-sasl", no_argument, NULL, 'S'},
    {"disable-watch", no_argument, NULL, 'W'},
    {"disable-dumping", no_argument, NULL, 'X'},
    {"license", no_argument, NULL, 'i'},
    {NULL, 0, NULL, 0},
};

static bool complain(int option, const char *text, const char *wanted) {
    fprintf(stderr, "mcserver: -%c %s: must be %s\n", option, text, wanted);
    return false;
}

static bool read_number(int option, const char *text, uint64_t least, uint64_t most, uint64_t *number) {
    char wanted[80];

    if (mc__number_parse_padded(text, strlen(text), number) == MC__NUMBER_OK && *number >= least && *number <= most)
        return true;
    snprintf(wanted, sizeof wanted, "a number from %llu to %llu", (unsigned long long)least, (unsigned long long)most);
    return complain(option, text, wanted);
}

static bool read_unsigned(int option, uint64_t least, uint64_t most, unsigned *out) {
    uint64_t number;

    if (!read_number(option, optarg, least, most, &number))
        return false;
    *out = (unsigned)number;
    return true;
}

/* Bytes, or with a k, m or g behind. */
static bool read_size(int option, char *text, size_t *size) {
    size_t   len = strlen(text);
    char     unit = len > 0 ? text[len - 1] : '\0';
    unsigned shift = unit == 'k' || unit == 'K' ? 10 : unit == 'm' || unit == 'M' ? 20 : unit == 'g' || unit == 'G' ? 30 : 0;
    uint64_t number;

    if (shift > 0)
        text[len - 1] = '\0';
    if (!read_number(option, text, 1, 1024 * MEGABYTE, &number))
        return false;
    if (number << shift < 1024 || number << shift > 1024 * MEGABYTE)
        return complain(option, text, "from 1k to 1024m");
    *size = (size_t)number << shift;
    return true;
}

static bool read_mode(const char *text, unsigned *mode) {
    char         *end;
    unsigned long number = strtoul(text, &end, 8);

    if (*text < '0' || *text > '7' || *end || number > 0777)
        return complain('a', text, "an octal number up to 777");
    *mode = (unsigned)number;
    return true;
}

/* One or more addresses with commas between them, added to those before. */
static bool read_addresses(mcs__options *options, char *text) {
    size_t count = 0;
    char  *state;

    while (options->addresses[count])
        count++;
    for (char *address = strtok_r(text, ",", &state); address; address = strtok_r(NULL, ",", &state)) {
        if (count == MCS__ADDRESSES_MAX)
            return complain('l', address, "one of at most 64 addresses");
        options->addresses[count++] = address;
    }
    if (count == 0)
        return complain('l', text, "an address");
    options->server.addresses = options->addresses;
    return true;
}

static bool ignore(mcs__options *options, int letter) {
    size_t len = strlen(options->letters);

    if (len + 2 <= sizeof options->letters && !strchr(options->letters, letter))
        options->letters[len] = (char)letter;
    return true;
}

static bool read_udp_port(mcs__options *options) {
    unsigned port;

    if (!read_unsigned('U', 0, 65535, &port))
        return false;
    if (port != 0)
        fprintf(stderr, "mcserver: -U %u: nothing listens there, UDP is not spoken\n", port);
    return ignore(options, 'U');
}

/* The binary protocol is refused connection by connection; who asks for it alone is served nothing else either. */
static bool read_protocol(mcs__options *options) {
    if (strcmp(optarg, "auto") != 0 && strcmp(optarg, "ascii") != 0 && strcmp(optarg, "binary") != 0)
        return complain('B', optarg, "auto, ascii or binary");
    options->server.ascii_only = strcmp(optarg, "ascii") == 0;
    options->server.binary_only = strcmp(optarg, "binary") == 0;
    return true;
}

static bool read_network_option(mcs__options *options, int letter) {
    mc_server_options *server = &options->server;
    unsigned           backlog;

    switch (letter) {
    case 'p':
        return read_unsigned('p', 0, 65535, &server->port);
    case 'l':
        return read_addresses(options, optarg);
    case 's':
        server->unix_path = optarg;
        return true;
    case 'a':
        return read_mode(optarg, &server->unix_mode);
    case 'c':
        return read_unsigned('c', 1, 1000000, &server->max_connections);
    case 'b':
        if (!read_unsigned('b', 1, INT_MAX, &backlog))
            return false;
        server->backlog = (int)backlog;
        return true;
    case 'U':
        return read_udp_port(options);
    case 'B':
        return read_protocol(options);
    default:
        return false;
    }
}

static bool read_memory_limit(mc_server_options *server) {
    uint64_t megabytes;

    if (!read_number('m', optarg, 1, SIZE_MAX / MEGABYTE, &megabytes))
        return false;
    server->memory_limit = (size_t)megabytes * MEGABYTE;
    return true;
}

/* An option that is a switch or a text. false: none of them. */
static bool read_plain_option(mcs__options *options, int letter) {
    switch (letter) {
    case 'M':
        options->server.no_evictions = true;
        return true;
    case 'F':
        options->server.no_flush_all = true;
        return true;
    case 'C':
        options->server.no_cas = true;
        return true;
    case 'A':
        options->server.shutdown_enabled = true;
        return true;
    case 'd':
        options->daemonize = true;
        return true;
    case 'r':
        options->core_dumps = true;
        return true;
    case 'v':
        options->server.verbosity++;
        return true;
    case 'P':
        options->pid_path = optarg;
        return true;
    case 'u':
        options->user = optarg;
        return true;
    default:
        return strchr("RkfnoDNLSWXi", letter) && ignore(options, letter);
    }
}

static bool read_option(mcs__options *options, int letter) {
    switch (letter) {
    case 't':
        return read_unsigned('t', 1, 256, &options->server.threads);
    case 'm':
        return read_memory_limit(&options->server);
    case 'I':
        return read_size('I', optarg, &options->server.max_item_size);
    default:
        if (strchr("plsacbUB", letter))
            return read_network_option(options, letter);
        return read_plain_option(options, letter); /* getopt has complained about unknown ones */
    }
}

static bool sizes_fit(const mc_server_options *server) {
    if (server->max_item_size <= server->memory_limit)
        return true;
    fprintf(stderr, "mcserver: -I: must not be more than the memory of -m\n");
    return false;
}

mcs__options_result mcs__options_read(int argc, char **argv, mcs__options *options) {
    int letter;

    *options = (mcs__options){.server = MC_SERVER_OPTIONS_INIT};
    options->server.port = 11211;
    options->ignored = options->letters;
    optind = 1;
    while ((letter = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
        if (letter == 'h' || letter == 'V') {
            fputs(letter == 'h' ? help : "mcserver " MC_SERVER_VERSION "\n", stdout);
            return MCS__OPTIONS_SHOWN;
        }
        if (letter == '?' || !read_option(options, letter))
            return MCS__OPTIONS_WRONG;
    }
    if (optind < argc) {
        fprintf(stderr, "mcserver: %s: not an option\n", argv[optind]);
        return MCS__OPTIONS_WRONG;
    }
    return sizes_fit(&options->server) ? MCS__OPTIONS_RUN : MCS__OPTIONS_WRONG;
}
