#include "bench/work.h"

#define KB 1024
#define LARGE (500 * KB)

/* A command for one key, on one host by one thread. */
#define SINGLE(name, operation, size, goal, instructions)                                                                   \
    { name, operation, 1, size, 1, 1, BENCH_HOSTS, goal, instructions }
/* A command for many keys. */
#define MULTI(name, operation, keys, size, hosts, goal, instructions)                                                       \
    { name, operation, keys, size, hosts, 1, BENCH_HOSTS, goal, instructions }
/* A get of 100 bytes by several threads, wherever the kernel puts them. Not by one: whether it comes to the core that the
 * server's thread is on makes five times as much as anything that a client does; one on that core is among the others. */
#define THREADS(name, threads, goal)                                                                                        \
    { name, BENCH_GET, 1, 100, 1, threads, BENCH_THREADS, goal, 0 }
/* The same command over a unix socket. */
#define UNIX(name, operation, keys, size)                                                                                   \
    { name, operation, keys, size, 1, 1, BENCH_UNIX, 0, 0 }

const bench_work bench_works[] = {
    SINGLE("get 100 B", BENCH_GET, 100, 0.96, 880),
    SINGLE("get 4 KB", BENCH_GET, 4 * KB, 0.96, 1283),
    SINGLE("set 100 B", BENCH_SET, 100, 0.96, 882),
    SINGLE("set 4 KB", BENCH_SET, 4 * KB, 0.96, 1274),
    SINGLE("incr", BENCH_INCR, 10, 0.96, 898),
    SINGLE("get 500 KB", BENCH_GET, LARGE, 0.98, 0),
    SINGLE("set 500 KB", BENCH_SET, LARGE, 1.05, 1034),
    SINGLE("connect, get 100 B, close", BENCH_CONNECT, 100, 0.95, 6229),
    MULTI("get_multi 10 x 100 B", BENCH_GET_MULTI, 10, 100, 1, 0.97, 331),
    MULTI("get_multi 100 x 100 B", BENCH_GET_MULTI, 100, 100, 1, 0.97, 230),
    MULTI("get_multi 1000 x 100 B", BENCH_GET_MULTI, 1000, 100, 1, 0.97, 222),
    MULTI("get_multi 100 x 4 KB", BENCH_GET_MULTI, 100, 4 * KB, 1, 0.98, 237),
    MULTI("get_multi 100, 4 hosts", BENCH_GET_MULTI, 100, 100, 4, 0.97, 407),
    MULTI("get_multi 100, 16 hosts", BENCH_GET_MULTI, 100, 100, 16, 0.97, 495),
    MULTI("get_multi 100, 32 hosts", BENCH_GET_MULTI, 100, 100, 32, 0.97, 605),
    MULTI("set_multi 100 x 100 B", BENCH_SET_MULTI, 100, 100, 1, 1.75, 226),
    MULTI("set_multi 100 x 4 KB", BENCH_SET_MULTI, 100, 4 * KB, 1, 1.80, 0),
    MULTI("delete_multi 100", BENCH_DELETE_MULTI, 100, 100, 1, 1.90, 130),
    MULTI("set_multi 100, 4 hosts", BENCH_SET_MULTI, 100, 100, 4, 1.15, 404),
    MULTI("set_multi 100 x 4 KB, 4 hosts", BENCH_SET_MULTI, 100, 4 * KB, 4, 1.15, 0),
    MULTI("delete_multi 100, 4 hosts", BENCH_DELETE_MULTI, 100, 100, 4, 1.15, 308),
    THREADS("get 100 B, 2 threads", 2, 0.92),
    THREADS("get 100 B, 8 threads", 8, 1.25),
    THREADS("get 100 B, 32 threads", 32, 2.10),
    UNIX("get 100 B, unix socket", BENCH_GET, 1, 100),
    UNIX("set 100 B, unix socket", BENCH_SET, 1, 100),
    UNIX("get 500 KB, unix socket", BENCH_GET, 1, LARGE),
    UNIX("get_multi 100, unix socket", BENCH_GET_MULTI, 100, 100),
};

const size_t bench_work_count = sizeof bench_works / sizeof *bench_works;

bool bench_work_reads(const bench_work *work) {
    return work->operation == BENCH_GET || work->operation == BENCH_CONNECT || work->operation == BENCH_GET_MULTI;
}

unsigned bench_work_keys(const bench_work *work) {
    if (work->operation == BENCH_DELETE_MULTI)
        return 32 * work->keys;
    return work->value_size > 64 * KB ? 8 : 1000;
}
