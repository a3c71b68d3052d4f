/* Servers as processes of their own, on free ports of 127.0.0.1 or on unix sockets. They end with this program. */
#ifndef MC_BENCH_PROCESS_H
#define MC_BENCH_PROCESS_H

#include <stddef.h>
#include <sys/types.h>

#define BENCH_ADDRESS_MAX 108

/* Any core. */
#define BENCH_CORES_ALL -1

typedef struct bench_process {
    pid_t pid;                        /* 0: not started by us */
    char  address[BENCH_ADDRESS_MAX]; /* "127.0.0.1:40001", or the path of a unix socket */
} bench_process;

/*
 * Starts program (memcached, or one with the same options) with that many threads on that core, and waits until it accepts
 * connections. path: of a unix socket to be made; NULL: a free port. Ends the program when it cannot.
 */
void bench_process_start(bench_process *process, const char *program, unsigned threads, int core, const char *path);

/* Ends it. Nothing for one that was not started here. */
void bench_process_stop(bench_process *process);

/* The processor time that it has used, in seconds; 0 when it cannot be told. */
double bench_process_cpu_s(const bench_process *process);

/* A blocking socket, without Nagle's delay, that is connected to "127.0.0.1:port" or a path; -1 with errno. */
int bench_connect(const char *address);

/* Has the calling thread run on that core alone, counted from 0 among those that this program was given; or on all. */
void bench_run_on(int core);

/* How many cores this program was given. */
unsigned bench_core_count(void);

#endif
