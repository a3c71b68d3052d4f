#include "bench/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const bench_adapter *const adapters[] = {
    &bench_raw,          &bench_lib,
#ifdef MC_BENCH_LIBMEMCACHED
    &bench_libmemcached,
#endif
#ifdef MC_BENCH_LIBMC
    &bench_libmc,
#endif
#ifdef MC_BENCH_MCMC
    &bench_mcmc,
#endif
    &bench_quiet, /* last, for it takes part only where it is named */
};

static const char usage[] =
    "Usage: client_bench [option]...\n"
    "\n"
    "Measures this library beside the limit (raw sockets, written by hand) and whichever of libmemcached, libmc and mcmc\n"
    "are built in, round by round on the same servers. Every value is checked first, in a pass that is not timed. A\n"
    "client that has no notion of a work has only \"-\" there.\n"
    "\n"
    "  --quick              fewer and shorter rounds: under a minute\n"
    "  --rounds N           51; up to 501\n"
    "  --turn-ms N          20: how long a client works in a round\n"
    "  --cores same|own|any same: client and servers share one core; own: the client has one, the servers another.\n"
    "                       Works of many threads always run on any\n"
    "  --work TEXT          only works whose names have the text in them (=TEXT: this one alone); may be given again\n"
    "  --client NAME        only this one beside raw: lib, libmemcached, libmc, mcmc, quiet (raw sockets whose many sets\n"
    "                       and deletes are quiet meta commands); may be given again\n"
    "  --server PROGRAM     memcached: what is started as server, with memcached's options\n"
    "  --host ADDRESS       127.0.0.1:PORT of a server that is running, in place of starting some; give 32 for all works\n"
    "  --threads-host ADDRESS, --unix-host PATH\n"
    "                       the same, for the works of many threads and those over a unix socket\n"
    "  --spin-us N          the library's option of this name, for cores to spare: see --cores own\n"
    "  --no-costs           do not count system calls, instructions and allocations\n"
    "  --plot FOLDER        write charts and a table into it, which exists: speed.svg, latency.svg, instructions.svg, "
    "data.tsv\n"
    "  --check              nothing timed: whether the library's instructions are within 15 % of what is written down\n"
    "  --ring               no servers: how long a ring of 100 hosts takes to build, and a key's host to find on it\n"
    "  --play               nothing measured: only the calls, for tools that count\n";

static _Noreturn void refuse(const char *what) {
    fprintf(stderr, "client_bench: %s\nTry client_bench --help.\n", what);
    exit(2);
}

enum {
    OPTION_CORES = 256,
    OPTION_WORK,
    OPTION_CLIENT,
    OPTION_SERVER,
    OPTION_HOST,
    OPTION_THREADS_HOST,
    OPTION_UNIX_HOST,
    OPTION_SPIN
};

/* Those that only set a number or a mode have letters, though none that are documented. */
static const struct option known[] = {{"quick", no_argument, NULL, 'q'},
                                      {"rounds", required_argument, NULL, 'r'},
                                      {"turn-ms", required_argument, NULL, 'm'},
                                      {"no-costs", no_argument, NULL, 'n'},
                                      {"plot", required_argument, NULL, 'p'},
                                      {"check", no_argument, NULL, 'c'},
                                      {"play", no_argument, NULL, 'y'},
                                      {"ring", no_argument, NULL, 'i'},
                                      {"help", no_argument, NULL, 'h'},
                                      {"cores", required_argument, NULL, OPTION_CORES},
                                      {"work", required_argument, NULL, OPTION_WORK},
                                      {"client", required_argument, NULL, OPTION_CLIENT},
                                      {"server", required_argument, NULL, OPTION_SERVER},
                                      {"host", required_argument, NULL, OPTION_HOST},
                                      {"threads-host", required_argument, NULL, OPTION_THREADS_HOST},
                                      {"unix-host", required_argument, NULL, OPTION_UNIX_HOST},
                                      {"spin-us", required_argument, NULL, OPTION_SPIN},
                                      {NULL, 0, NULL, 0}};

static void add_works(bench_plan *plan, const char *text) {
    size_t before = plan->work_count;

    for (size_t i = 0; i < bench_work_count && plan->work_count < BENCH_WORKS_MAX; i++)
        if (text[0] == '=' ? strcmp(bench_works[i].name, text + 1) == 0 : strstr(bench_works[i].name, text) != NULL)
            plan->works[plan->work_count++] = &bench_works[i];
    if (plan->work_count == before)
        refuse("--work: no work has that in its name");
}

static void add_adapter(bench_plan *plan, const char *name) {
    for (size_t i = 0; i < sizeof adapters / sizeof *adapters; i++)
        if (strcmp(adapters[i]->name, name) == 0) {
            for (size_t a = 0; a < plan->adapter_count; a++)
                if (plan->adapters[a] == adapters[i])
                    return;
            plan->adapters[plan->adapter_count++] = adapters[i];
            return;
        }
    refuse("--client: not built in, or unknown");
}

static void add_host(bench_plan *plan, const char *address) {
    for (size_t i = 0; i < BENCH_HOSTS_MAX; i++)
        if (!plan->hosts[i]) {
            plan->hosts[i] = address;
            return;
        }
}

static bench_cores cores_of(const char *text) {
    if (strcmp(text, "same") == 0)
        return BENCH_CORES_SAME;
    if (strcmp(text, "own") == 0)
        return BENCH_CORES_OWN;
    if (strcmp(text, "any") == 0)
        return BENCH_CORES_ANY;
    refuse("--cores is same, own or any");
}

static unsigned long number_of(const char *text, unsigned long max) {
    char         *end;
    unsigned long number = strtoul(text, &end, 10);

    if (*end || end == text || number < 1 || number > max)
        refuse("a number is out of range");
    return number;
}

static void take_setting(bench_options *options, int option, const char *text) {
    switch (option) {
    case 'q':
        options->pace = (bench_pace){.rounds = 9, .turn_ns = 10000000};
        break;
    case 'r':
        options->pace.rounds = (unsigned)number_of(text, BENCH_ROUNDS_MAX);
        break;
    case 'm':
        options->pace.turn_ns = number_of(text, 10000) * 1000000u;
        break;
    case OPTION_SPIN:
        bench_lib_spin_us = (int)number_of(text, 1000000);
        break;
    case 'n':
        options->count_costs = false;
        break;
    case 'p':
        options->folder = text;
        break;
    case 'c':
        options->mode = BENCH_CHECK_COSTS;
        break;
    case 'y':
        options->mode = BENCH_PLAY;
        break;
    case 'i':
        options->mode = BENCH_RING;
        break;
    case 'h':
        fputs(usage, stdout);
        exit(EXIT_SUCCESS);
    default:
        refuse("an option is unknown or lacks its value");
    }
}

static void take(bench_options *options, bench_plan *plan, int option, const char *text) {
    switch (option) {
    case OPTION_CORES:
        options->cores = cores_of(text);
        break;
    case OPTION_WORK:
        add_works(plan, text);
        break;
    case OPTION_CLIENT:
        add_adapter(plan, text);
        break;
    case OPTION_SERVER:
        options->server = text;
        break;
    case OPTION_HOST:
        add_host(plan, text);
        break;
    case OPTION_THREADS_HOST:
        plan->threads_host = text;
        break;
    case OPTION_UNIX_HOST:
        plan->unix_host = text;
        break;
    default:
        take_setting(options, option, text);
        break;
    }
}

/* raw, which all is compared with, goes first. */
static void choose_adapters(bench_plan *plan) {
    bench_plan chosen = {.adapter_count = 0};

    if (plan->adapter_count == 0)
        for (size_t i = 0; i < sizeof adapters / sizeof *adapters - 1; i++)
            add_adapter(plan, adapters[i]->name);
    add_adapter(&chosen, bench_raw.name);
    for (size_t i = 0; i < plan->adapter_count; i++)
        add_adapter(&chosen, plan->adapters[i]->name);
    memcpy(plan->adapters, chosen.adapters, sizeof chosen.adapters);
    plan->adapter_count = chosen.adapter_count;
}

void bench_options_read(bench_options *options, bench_plan *plan, int argc, char **argv) {
    int option;

    *plan = (bench_plan){.work_count = 0};
    *options = (bench_options){.server = "memcached", .count_costs = true, .pace = {.rounds = 51, .turn_ns = 20000000}};
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
        take(options, plan, option, optarg);
    if (optind < argc)
        refuse("there are only options");
    if (plan->work_count == 0)
        add_works(plan, "");
    if (options->mode == BENCH_CHECK_COSTS) {
        plan->adapter_count = 0;
        add_adapter(plan, bench_lib.name);
    } else if (options->mode == BENCH_MEASURE) {
        choose_adapters(plan);
    }
}
