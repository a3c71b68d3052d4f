#include "bench/data.h"

#include "bench/basics.h"
#include "bench/process.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define COUNTER "1000000000"
#define SCATTER 2654435761u /* odd, so that it can be undone: numbers of keys that look like any */
#define GATHER 244002641u   /* SCATTER * GATHER = 1, modulo 2^32 */
#define HOST_BUFFER (1 << 16)
#define PATTERN 8191 /* prime, so that keys up to there begin at places of their own */

static void make_key(bench_data *data, unsigned index) {
    bench_key *key = &data->keys[index];

    key->len = (size_t)snprintf(key->text, sizeof key->text, "user:%08x:%zu", index * SCATTER, data->work->value_size);
    key->host = (unsigned)(crc32(0, (const Bytef *)key->text, (uInt)key->len) >> 16 & 0x7fff) % data->work->hosts;
}

static void make_pattern(char *pattern) {
    uint32_t state = 12345;

    for (size_t i = 0; i < PATTERN; i++) {
        state = state * 1664525u + 1013904223u;
        pattern[i] = (char)('!' + (state >> 24) % 90);
    }
}

/* Printable bytes: the pattern, from another place on for each key. */
static void make_value(bench_data *data, unsigned index, const char *pattern) {
    char  *value = data->values + index * data->work->value_size;
    size_t size = data->work->value_size;
    size_t from = index * 7 % PATTERN;

    if (data->work->operation == BENCH_INCR) {
        memcpy(value, COUNTER, sizeof COUNTER - 1);
        return;
    }
    for (size_t done = 0; done < size; from = 0) {
        size_t len = PATTERN - from < size - done ? PATTERN - from : size - done;
        memcpy(value + done, pattern + from, len);
        done += len;
    }
}

static void open_host(bench_data *data, unsigned host) {
    int fd = bench_connect(data->addresses[host]);

    if (fd < 0)
        bench_fail(data->addresses[host]);
    data->to[host] = fdopen(fd, "w");
    data->from[host] = fdopen(dup(fd), "r");
    if (!data->to[host] || !data->from[host])
        bench_fail("fdopen");
    setvbuf(data->to[host], NULL, _IOFBF, HOST_BUFFER);
    setvbuf(data->from[host], NULL, _IOFBF, HOST_BUFFER);
}

void bench_data_open(bench_data *data, const bench_work *work, const char *const *addresses) {
    char pattern[PATTERN];

    make_pattern(pattern);
    *data = (bench_data){.work = work, .count = bench_work_keys(work)};
    data->batches = data->count / work->keys;
    data->keys = bench_allocate(data->count, sizeof *data->keys);
    data->values = bench_allocate(data->count, work->value_size);
    for (unsigned i = 0; i < data->count; i++) {
        make_key(data, i);
        make_value(data, i, pattern);
    }
    for (unsigned i = 0; i < work->hosts; i++) {
        data->addresses[i] = addresses[i];
        open_host(data, i);
    }
}

void bench_data_close(bench_data *data) {
    for (unsigned i = 0; i < data->work->hosts; i++) {
        fclose(data->to[i]);
        fclose(data->from[i]);
    }
    free(data->keys);
    free(data->values);
}

const char *bench_data_value(const bench_data *data, unsigned index) {
    return data->values + index * data->work->value_size;
}

/* One more answer on each host: all that was asked before has been done. */
static void await_all(const bench_data *data) {
    char line[256];

    for (unsigned i = 0; i < data->work->hosts; i++) {
        fputs("version\r\n", data->to[i]);
        fflush(data->to[i]);
    }
    for (unsigned i = 0; i < data->work->hosts; i++) {
        errno = 0;
        if (!fgets(line, sizeof line, data->from[i]) || strncmp(line, "VERSION ", 8) != 0)
            bench_fail("filling a server with data");
    }
}

static void store_all(const bench_data *data, bool spoilt) {
    size_t size = data->work->value_size;

    for (unsigned i = 0; i < data->count; i++) {
        const bench_key *key = &data->keys[i];
        FILE            *host = data->to[key->host];
        fprintf(host, "set %s 0 0 %zu noreply\r\n", key->text, size);
        /* Spoilt: what belongs to the next key. */
        fwrite(bench_data_value(data, spoilt ? (i + 1) % data->count : i), 1, size, host);
        fputs("\r\n", host);
    }
    await_all(data);
}

void bench_data_fill(const bench_data *data) {
    store_all(data, false);
}

void bench_data_spoil(const bench_data *data) {
    store_all(data, true);
}

/* Asks for a key; fills value, which has room for what it should be. Returns 1 when it came, 0 for a miss, -1 otherwise. */
static int read_back(const bench_data *data, unsigned index, char *value) {
    const bench_key *key = &data->keys[index];
    FILE            *host = data->from[key->host];
    size_t           size = data->work->value_size;
    char             line[128], expected[128];

    fprintf(data->to[key->host], "get %s\r\n", key->text);
    fflush(data->to[key->host]);
    snprintf(expected, sizeof expected, "VALUE %s 0 %zu\r\n", key->text, size);
    if (!fgets(line, sizeof line, host))
        return -1;
    if (strcmp(line, "END\r\n") == 0)
        return 0;
    if (strcmp(line, expected) != 0 || fread(value, 1, size, host) != size)
        return -1;
    if (!fgets(line, sizeof line, host) || !fgets(line, sizeof line, host) || strcmp(line, "END\r\n") != 0)
        return -1;
    return 1;
}

bool bench_data_is_there(const bench_data *data) {
    size_t size = data->work->value_size;
    char  *value = bench_allocate(1, size);
    bool   same = true;

    for (unsigned i = 0; i < data->batches * data->work->keys && same; i++)
        same = read_back(data, i, value) == 1 && memcmp(value, bench_data_value(data, i), size) == 0;
    free(value);
    return same;
}

bool bench_data_is_gone(const bench_data *data) {
    char *value = bench_allocate(1, data->work->value_size);
    bool  gone = true;

    for (unsigned i = 0; i < data->batches * data->work->keys && gone; i++)
        gone = read_back(data, i, value) == 0;
    free(value);
    return gone;
}

void bench_data_saw(bench_data *data, unsigned index, const char *value, size_t len) {
    if (data->checking && len == data->work->value_size && memcmp(value, bench_data_value(data, index), len) == 0)
        data->seen++;
}

void bench_data_saw_key(bench_data *data, const char *key, size_t key_len, const char *value, size_t len) {
    uint32_t index;

    if (!data->checking || key_len < sizeof "user:00000000")
        return;
    index = (uint32_t)strtoul(key + 5, NULL, 16) * GATHER;
    if (index < data->count && key_len == data->keys[index].len && memcmp(key, data->keys[index].text, key_len) == 0)
        bench_data_saw(data, index, value, len);
}
