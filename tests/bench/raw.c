/*
 * The limit: what a C program that knows its servers and its keys would write by hand. A blocking socket a host, one request
 * formatted into one buffer, one send, receiving into one buffer that is reused, keys matched, numbers parsed strictly. No
 * deadline, no check of keys, no retry. "quiet" is the same, but that many sets and deletes are memcached's quiet meta
 * commands with one "mn" behind them: the limit of what a client can have of a server for which it needs not be answered.
 */
#include "bench/adapter.h"
#include "bench/basics.h"
#include "bench/process.h"
#include "bench/put.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINE_MAX_LEN 96 /* of a request for a key or of an answer, without its value */
#define WAIT_FOR_ALL_FROM 65536

/* One host: its socket, and what is asked of it in a call. */
typedef struct lane {
    int       fd;
    char     *out, *in;
    size_t    out_len, in_len, in_size;
    unsigned *order; /* indexes of the keys, as they were asked */
    unsigned  asked;
} lane;

typedef struct session {
    bench_data *data;
    bool        quiet; /* many sets and deletes are */
    lane        lanes[BENCH_HOSTS_MAX];
} session;

/* --------------------------------------------------------------------------------------------------------- requests -- */

static void ask_get(session *s, unsigned first) {
    for (unsigned i = first; i < first + s->data->work->keys; i++) {
        const bench_key *key = &s->data->keys[i];
        lane            *host = &s->lanes[key->host];
        char            *at = host->out + host->out_len;
        if (host->asked == 0)
            at = bench_put(at, "get", 3);
        *at++ = ' ';
        at = bench_put(at, key->text, key->len);
        host->order[host->asked++] = i;
        host->out_len = (size_t)(at - host->out);
    }
    for (unsigned i = 0; i < s->data->work->hosts; i++) {
        lane *host = &s->lanes[i];
        if (host->asked > 0)
            host->out_len = (size_t)(bench_put(host->out + host->out_len, "\r\n", 2) - host->out);
    }
}

static void ask_set(session *s, unsigned first) {
    size_t size = s->data->work->value_size;

    for (unsigned i = first; i < first + s->data->work->keys; i++) {
        const bench_key *key = &s->data->keys[i];
        lane            *host = &s->lanes[key->host];
        char            *at = bench_put(host->out + host->out_len, "set ", 4);
        at = bench_put(at, key->text, key->len);
        at = bench_put_number(bench_put(at, " 0 0 ", 5), size);
        at = bench_put(bench_put(at, "\r\n", 2), bench_data_value(s->data, i), size);
        host->out_len = (size_t)(bench_put(at, "\r\n", 2) - host->out);
        host->asked++;
    }
}

/* "delete <key>" or "incr <key> 1": one line a key. */
static void ask_line(session *s, unsigned first, const char *verb, size_t verb_len, const char *end, size_t end_len) {
    for (unsigned i = first; i < first + s->data->work->keys; i++) {
        const bench_key *key = &s->data->keys[i];
        lane            *host = &s->lanes[key->host];
        char            *at = bench_put(host->out + host->out_len, verb, verb_len);
        at = bench_put(bench_put(at, key->text, key->len), end, end_len);
        host->out_len = (size_t)(at - host->out);
        host->asked++;
    }
}

/* "ms <key> <size> q", as the library has it: flags and ttl that are 0 are not named. */
static void ask_quiet_set(session *s, unsigned first) {
    size_t size = s->data->work->value_size;

    for (unsigned i = first; i < first + s->data->work->keys; i++) {
        const bench_key *key = &s->data->keys[i];
        lane            *host = &s->lanes[key->host];
        char            *at = bench_put(host->out + host->out_len, "ms ", 3);
        at = bench_put_number(bench_put(bench_put(at, key->text, key->len), " ", 1), size);
        at = bench_put(bench_put(at, " q\r\n", 4), bench_data_value(s->data, i), size);
        host->out_len = (size_t)(bench_put(at, "\r\n", 2) - host->out);
        host->asked++;
    }
}

/* "md <key> q O<number>", so that a miss could be told. */
static void ask_quiet_delete(session *s, unsigned first) {
    for (unsigned i = first; i < first + s->data->work->keys; i++) {
        const bench_key *key = &s->data->keys[i];
        lane            *host = &s->lanes[key->host];
        char            *at = bench_put(host->out + host->out_len, "md ", 3);
        at = bench_put_number(bench_put(bench_put(at, key->text, key->len), " q O", 4), i - first);
        host->out_len = (size_t)(bench_put(at, "\r\n", 2) - host->out);
        host->asked++;
    }
}

static void ask_all_done(session *s) {
    for (unsigned i = 0; i < s->data->work->hosts; i++) {
        lane *host = &s->lanes[i];
        if (host->asked > 0)
            host->out_len = (size_t)(bench_put(host->out + host->out_len, "mn\r\n", 4) - host->out);
    }
}

static bool send_out(lane *host) {
    for (size_t done = 0; done < host->out_len;) {
        ssize_t sent = send(host->fd, host->out + done, host->out_len - done, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        done += (size_t)sent;
    }
    return true;
}

/* ---------------------------------------------------------------------------------------------------------- answers -- */

/* Receives what is there, or exactly missing bytes where they are many. */
static bool receive(lane *host, size_t missing) {
    bool    all = missing >= WAIT_FOR_ALL_FROM;
    size_t  room = host->in_size - host->in_len;
    ssize_t got = recv(host->fd, host->in + host->in_len, all ? missing : room, all ? MSG_WAITALL : 0);

    if (got <= 0)
        return false;
    host->in_len += (size_t)got;
    return true;
}

/* Digits, then end. Returns what stands behind it; NULL for anything else, and for numbers of 16 digits and more. */
static const char *take_number(const char *at, char end, uint64_t *number) {
    const char *first = at;

    for (*number = 0; *at >= '0' && *at <= '9' && at - first < 16; at++)
        *number = *number * 10 + (uint64_t)(*at - '0');
    return at > first && *at == end ? at + 1 : NULL;
}

/* "VALUE <key> <flags> <bytes>\r\n" for the key. Returns what stands behind it; NULL for anything else. */
static const char *take_header(const char *at, const bench_key *key, uint64_t *len) {
    uint64_t flags;

    if (memcmp(at, "VALUE ", 6) != 0 || memcmp(at + 6, key->text, key->len) != 0 || at[6 + key->len] != ' ')
        return NULL;
    at = take_number(at + 7 + key->len, ' ', &flags);
    if (at)
        at = take_number(at, '\r', len);
    return at && flags <= UINT32_MAX && *at == '\n' ? at + 1 : NULL;
}

/*
 * Takes values from what has come, from *at on, until all have been taken or more must come. missing: what is known to be
 * missing of the last one. False when it is not what was asked for.
 */
static bool take_values(session *s, lane *host, size_t *at, unsigned *taken, size_t *missing) {
    const char *end = host->in + host->in_len;

    *missing = 0;
    while (*taken < host->asked) {
        const char *line = host->in + *at, *value;
        uint64_t    claimed;
        size_t      len;
        if (!memchr(line, '\n', (size_t)(end - line)))
            return true;
        value = take_header(line, &s->data->keys[host->order[*taken]], &claimed);
        if (!value || claimed > s->data->work->value_size)
            return false;
        len = (size_t)claimed;
        if ((size_t)(end - value) < len + 2) {
            *missing = len + 2 + 5 - (size_t)(end - value);
            return true;
        }
        if (value[len] != '\r' || value[len + 1] != '\n')
            return false;
        bench_data_saw(s->data, host->order[*taken], value, len);
        *at = (size_t)(value + len + 2 - host->in);
        ++*taken;
    }
    return true;
}

static bool receive_values(session *s, lane *host) {
    size_t   at = 0, missing = 0;
    unsigned taken = 0;

    while (taken < host->asked || host->in_len - at < 5) {
        if (!receive(host, host->asked == 1 ? missing : 0) || !take_values(s, host, &at, &taken, &missing))
            return false;
    }
    return host->in_len - at == 5 && memcmp(host->in + at, "END\r\n", 5) == 0;
}

/* The same line for each key. */
static bool receive_lines(lane *host, const char *line, size_t len) {
    while (host->in_len < host->asked * len)
        if (!receive(host, 0))
            return false;
    for (unsigned i = 0; i < host->asked; i++)
        if (memcmp(host->in + i * len, line, len) != 0)
            return false;
    return host->in_len == host->asked * len;
}

/* Nothing but the answer to the "mn": all were done. */
static bool receive_all_done(lane *host) {
    while (host->in_len < 4)
        if (!receive(host, 0))
            return false;
    return host->in_len == 4 && memcmp(host->in, "MN\r\n", 4) == 0;
}

static bool receive_number(session *s, lane *host) {
    const char *end;

    while (!memchr(host->in, '\n', host->in_len))
        if (!receive(host, 0))
            return false;
    end = take_number(host->in, '\r', &s->data->number);
    return end && *end == '\n' && end + 1 == host->in + host->in_len;
}

/* ------------------------------------------------------------------------------------------------------------ calls -- */

static bool is_quiet(const session *s) {
    bench_operation operation = s->data->work->operation;

    return s->quiet && (operation == BENCH_SET_MULTI || operation == BENCH_DELETE_MULTI);
}

static void format_requests(session *s, unsigned first) {
    if (is_quiet(s)) {
        if (s->data->work->operation == BENCH_SET_MULTI)
            ask_quiet_set(s, first);
        else
            ask_quiet_delete(s, first);
        ask_all_done(s);
        return;
    }
    switch (s->data->work->operation) {
    case BENCH_SET:
    case BENCH_SET_MULTI:
        ask_set(s, first);
        break;
    case BENCH_DELETE_MULTI:
        ask_line(s, first, "delete ", 7, "\r\n", 2);
        break;
    case BENCH_INCR:
        ask_line(s, first, "incr ", 5, " 1\r\n", 4);
        break;
    default:
        ask_get(s, first);
        break;
    }
}

static bool receive_answers(session *s, lane *host) {
    if (is_quiet(s))
        return receive_all_done(host);
    switch (s->data->work->operation) {
    case BENCH_SET:
    case BENCH_SET_MULTI:
        return receive_lines(host, "STORED\r\n", 8);
    case BENCH_DELETE_MULTI:
        return receive_lines(host, "DELETED\r\n", 9);
    case BENCH_INCR:
        return receive_number(s, host);
    default:
        return receive_values(s, host);
    }
}

/* All requests go out before the first answer is waited for. */
static bool exchange(session *s, unsigned batch) {
    unsigned hosts = s->data->work->hosts;
    bool     good = true;

    for (unsigned i = 0; i < hosts; i++)
        s->lanes[i].asked = 0, s->lanes[i].out_len = 0, s->lanes[i].in_len = 0;
    format_requests(s, batch * s->data->work->keys);
    for (unsigned i = 0; i < hosts && good; i++)
        good = s->lanes[i].asked == 0 || send_out(&s->lanes[i]);
    for (unsigned i = 0; i < hosts && good; i++)
        good = s->lanes[i].asked == 0 || receive_answers(s, &s->lanes[i]);
    return good;
}

static bool call(void *opened, unsigned batch) {
    session *s = opened;
    bool     good;

    if (s->data->work->operation != BENCH_CONNECT)
        return exchange(s, batch);
    s->lanes[0].fd = bench_connect(s->data->addresses[0]);
    good = s->lanes[0].fd >= 0 && exchange(s, batch);
    close(s->lanes[0].fd);
    s->lanes[0].fd = -1;
    return good;
}

static session *open_sockets(bench_data *data, bool quiet) {
    session *s = bench_allocate(1, sizeof *s);
    size_t   size = data->work->keys * (LINE_MAX_LEN + data->work->value_size) + LINE_MAX_LEN;

    s->data = data;
    s->quiet = quiet;
    for (unsigned i = 0; i < data->work->hosts; i++) {
        lane *host = &s->lanes[i];
        host->in_size = size;
        host->in = bench_allocate(1, size);
        host->out = bench_allocate(1, size);
        host->order = bench_allocate(data->work->keys, sizeof *host->order);
        host->fd = data->work->operation == BENCH_CONNECT ? -1 : bench_connect(data->addresses[i]);
        if (host->fd < 0 && data->work->operation != BENCH_CONNECT)
            bench_fail(data->addresses[i]);
    }
    return s;
}

static void *open_session(bench_data *data, void *first) {
    (void)first;
    return open_sockets(data, false);
}

static void *open_quiet_session(bench_data *data, void *first) {
    (void)first;
    return open_sockets(data, true);
}

static void close_session(void *opened) {
    session *s = opened;

    for (unsigned i = 0; i < s->data->work->hosts; i++) {
        if (s->lanes[i].fd >= 0)
            close(s->lanes[i].fd);
        free(s->lanes[i].in);
        free(s->lanes[i].out);
        free(s->lanes[i].order);
    }
    free(s);
}

const bench_adapter bench_raw = {"raw", open_session, call, close_session, NULL};
const bench_adapter bench_quiet = {"quiet", open_quiet_session, call, close_session, NULL};
