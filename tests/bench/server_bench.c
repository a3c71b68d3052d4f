/*
 * mcserver against memcached: the same loads on both in turns, in one run, on loopback.
 *
 *     server_bench [-t threads] [-r rounds] [-m milliseconds] [-w work] <mcserver> [<memcached>]
 *
 * Prints commands per second of each and their ratio, the median over the rounds: above 1, mcserver is faster. Then, where
 * strace is installed, the system calls that each server makes for a command.
 */
#include "bench/basics.h"
#include "bench/process.h"
#include "measure/clock.h"
#include "measure/quantile.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONNECTIONS_MAX 64
#define ROUNDS_MAX 101
#define SERVERS 2
#define TRACED_BATCHES 2000

typedef struct work {
    const char *name;
    unsigned    connections;
    unsigned    commands; /* in a batch on one connection */
    char       *request;  /* a batch */
    size_t      request_len, reply_len;
} work;

typedef struct running {
    bench_process process;
    int           fds[CONNECTIONS_MAX];
    char          calls[64]; /* a command, as text */
    double        rates[ROUNDS_MAX];
} running;

static char replies[1 << 20];

/* ------------------------------------------------------------------------------------------------------------ loads -- */

static void send_all(int fd, const char *data, size_t len) {
    while (len > 0) {
        ssize_t sent = send(fd, data, len, MSG_NOSIGNAL);
        if (sent <= 0)
            bench_fail("send");
        data += sent;
        len -= (size_t)sent;
    }
}

static void receive_all(int fd, size_t len) {
    while (len > 0) {
        ssize_t got = recv(fd, replies, len < sizeof replies ? len : sizeof replies, 0);
        if (got <= 0)
            bench_fail("recv");
        len -= (size_t)got;
    }
}

/* A batch on every connection: all are sent before the first reply is waited for. */
static void run_batch(const running *server, const work *load) {
    for (unsigned i = 0; i < load->connections; i++)
        send_all(server->fds[i], load->request, load->request_len);
    for (unsigned i = 0; i < load->connections; i++)
        receive_all(server->fds[i], load->reply_len);
}

static double measure(const running *server, const work *load, double seconds) {
    uint64_t start = measure_now_ns();
    double   passed_s;
    unsigned batches = 0;

    do {
        run_batch(server, load);
        batches++;
        passed_s = (double)(measure_now_ns() - start) / 1e9;
    } while (passed_s < seconds);
    return (double)batches * load->connections * load->commands / passed_s;
}

static void open_connections(running *server, const work *load) {
    for (unsigned i = 0; i < load->connections; i++)
        if ((server->fds[i] = bench_connect(server->process.address)) < 0)
            bench_fail("connect");
}

static void close_connections(const running *server, const work *load) {
    for (unsigned i = 0; i < load->connections; i++)
        close(server->fds[i]);
}

/* ------------------------------------------------------------------------------------------------------ system calls -- */

/* Starts strace on the server; the summary goes to the pipe. */
static pid_t trace(const running *server, FILE **summary) {
    char  pid_text[16];
    int   ends[2];
    char  byte;
    pid_t tracer;

    if (pipe(ends) < 0)
        bench_fail("pipe");
    snprintf(pid_text, sizeof pid_text, "%d", (int)server->process.pid);
    tracer = fork();
    if (tracer == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        execlp("strace", "strace", "-f", "-c", "-U", "calls,name", "-p", pid_text, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    *summary = fdopen(ends[0], "r");
    /* Its first line says that it is attached. */
    do {
        if (fread(&byte, 1, 1, *summary) != 1)
            return -1;
    } while (byte != '\n');
    return tracer;
}

static void count_calls(running *server, const work *load) {
    FILE *summary;
    char  line[256];
    long  total = 0;
    pid_t tracer = trace(server, &summary);

    snprintf(server->calls, sizeof server->calls, "-");
    if (tracer > 0) {
        unsigned batches = TRACED_BATCHES / (load->connections * load->commands) + 5;
        for (unsigned i = 0; i < batches; i++)
            run_batch(server, load);
        kill(tracer, SIGINT);
        while (fgets(line, sizeof line, summary)) {
            char name[64];
            long calls;
            if (sscanf(line, "%ld %63s", &calls, name) == 2 && strcmp(name, "total") == 0)
                total = calls;
        }
        if (total > 0)
            snprintf(server->calls, sizeof server->calls, "%.2f",
                     (double)total / ((double)batches * load->connections * load->commands));
    }
    fclose(summary);
    while (waitpid(tracer, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* ------------------------------------------------------------------------------------------------------------- works -- */

static void append(char **text, size_t *len, const char *more) {
    size_t more_len = strlen(more);

    *text = realloc(*text, *len + more_len + 1);
    if (!*text)
        bench_fail("memory");
    memcpy(*text + *len, more, more_len + 1);
    *len += more_len;
}

static char value_100[101];

static work sets(const char *name, unsigned connections, unsigned commands) {
    work made = {.name = name, .connections = connections, .commands = commands};
    char command[256];

    for (unsigned i = 0; i < commands; i++) {
        snprintf(command, sizeof command, "set key:%u 0 0 100\r\n%s\r\n", i, value_100);
        append(&made.request, &made.request_len, command);
        made.reply_len += strlen("STORED\r\n");
    }
    return made;
}

static work gets(const char *name, unsigned connections, unsigned commands, bool in_one) {
    work made = {.name = name, .connections = connections, .commands = in_one ? 1 : commands};
    char text[64];

    for (unsigned i = 0; i < commands; i++) {
        snprintf(text, sizeof text, "%s key:%u%s", in_one && i > 0 ? "" : "get", i,
                 in_one && i + 1 < commands ? "" : "\r\n");
        append(&made.request, &made.request_len, text);
        made.reply_len += (size_t)snprintf(text, sizeof text, "VALUE key:%u 0 100\r\n", i) + 102;
        if (!in_one || i + 1 == commands)
            made.reply_len += strlen("END\r\n");
    }
    return made;
}

static void compare_on(running servers[SERVERS], const work *load, unsigned rounds, double seconds) {
    double ratios[ROUNDS_MAX];

    for (int i = 0; i < SERVERS; i++) {
        open_connections(&servers[i], load);
        measure(&servers[i], load, 0.02);
    }
    for (unsigned round = 0; round < rounds; round++) {
        for (int i = 0; i < SERVERS; i++) {
            int turn = round % 2 ? SERVERS - 1 - i : i;
            servers[turn].rates[round] = measure(&servers[turn], load, seconds);
        }
        ratios[round] = servers[0].rates[round] / servers[1].rates[round];
    }
    for (int i = 0; i < SERVERS; i++) {
        count_calls(&servers[i], load);
        close_connections(&servers[i], load);
    }
    printf("%-28s %12.0f %12.0f %8.2f %10s %10s\n", load->name, measure_median(servers[0].rates, rounds),
           measure_median(servers[1].rates, rounds), measure_median(ratios, rounds), servers[0].calls, servers[1].calls);
    fflush(stdout);
}

int main(int argc, char **argv) {
    running     servers[SERVERS] = {0};
    unsigned    threads = 1;
    const char *only = "";
    unsigned    rounds = 51;
    double      seconds = 0.03;
    int         option;

    while ((option = getopt(argc, argv, "t:r:m:w:")) != -1) {
        if (option == 't')
            threads = (unsigned)strtoul(optarg, NULL, 10);
        else if (option == 'r')
            rounds = (unsigned)strtoul(optarg, NULL, 10);
        else if (option == 'm')
            seconds = strtod(optarg, NULL) / 1000;
        else if (option == 'w')
            only = optarg;
        else
            return EXIT_FAILURE;
    }
    if (optind >= argc || rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: server_bench [-t threads] [-r rounds] [-m ms] [-w work] <mcserver> [<memcached>]\n");
        return EXIT_FAILURE;
    }
    memset(value_100, 'v', sizeof value_100 - 1);
    bench_process_start(&servers[0].process, argv[optind], threads, BENCH_CORES_ALL, NULL);
    bench_process_start(&servers[1].process, optind + 1 < argc ? argv[optind + 1] : "memcached", threads, BENCH_CORES_ALL,
                        NULL);
    printf("%-28s %12s %12s %8s %10s %10s\n", "commands a second, -t", "mcserver", "memcached", "ratio", "calls", "calls");
    {
        work works[] = {
            sets("set, 50 pipelined", 1, 50),        gets("get, 1 connection", 1, 1, false),
            gets("get, 8 connections", 8, 1, false), gets("get, 64 connections", 64, 1, false),
            sets("set, 1 connection", 1, 1),         sets("set, 8 connections", 8, 1),
            sets("set, 64 connections", 64, 1),      gets("get, 50 pipelined", 1, 50, false),
            gets("get of 50 keys", 1, 50, true),
        };
        for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
            if (i == 0 || strstr(works[i].name, only))
                compare_on(servers, &works[i], rounds, seconds);
            free(works[i].request);
        }
    }
    for (int i = 0; i < SERVERS; i++)
        bench_process_stop(&servers[i].process);
    return EXIT_SUCCESS;
}
