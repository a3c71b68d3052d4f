/*
 * mcmc, as its README has it: a parser and a socket, to which the program brings requests, buffers and the receiving. Here
 * that is a blocking socket, one request formatted into one buffer and sent by mcmc, receiving into one buffer in which mcmc
 * finds the answers; values are used where they came. It has no notion of several hosts, nor of unix sockets.
 */
#include "bench/adapter.h"
#include "bench/basics.h"
#include "bench/put.h"

#include <mcmc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define LINE_MAX_LEN 96 /* of a request for a key or of an answer, without its value */
#define WAIT_FOR_ALL_FROM 65536
#define BY_PARTS_FROM 65536 /* a value so long is sent from where it is */

typedef struct session {
    bench_data *data;
    void       *client;
    char        host[64], *port;
    char       *out, *in;
    size_t      in_len, in_size;
} session;

/* --------------------------------------------------------------------------------------------------------- requests -- */

static char *put_set(const session *s, char *at, unsigned index) {
    const bench_key *key = &s->data->keys[index];

    at = bench_put(bench_put(at, "set ", 4), key->text, key->len);
    at = bench_put_number(bench_put(at, " 0 0 ", 5), s->data->work->value_size);
    return bench_put(at, "\r\n", 2);
}

static char *put_request(const session *s, char *at, unsigned index) {
    const bench_key *key = &s->data->keys[index];

    switch (s->data->work->operation) {
    case BENCH_SET:
    case BENCH_SET_MULTI:
        at = bench_put(put_set(s, at, index), bench_data_value(s->data, index), s->data->work->value_size);
        return bench_put(at, "\r\n", 2);
    case BENCH_DELETE_MULTI:
        at = bench_put(bench_put(at, "delete ", 7), key->text, key->len);
        return bench_put(at, "\r\n", 2);
    case BENCH_INCR:
        at = bench_put(bench_put(at, "incr ", 5), key->text, key->len);
        return bench_put(at, " 1\r\n", 4);
    default:
        return bench_put(bench_put(at, " ", 1), key->text, key->len);
    }
}

static bool send_request(session *s, unsigned first) {
    bool  reads = bench_work_reads(s->data->work);
    char *at = s->out;

    if (reads)
        at = bench_put(at, "get", 3);
    for (unsigned i = first; i < first + s->data->work->keys; i++)
        at = put_request(s, at, i);
    if (reads)
        at = bench_put(at, "\r\n", 2);
    return mcmc_send_request(s->client, s->out, (int)(at - s->out), 1) == MCMC_OK;
}

static bool send_large(session *s, unsigned index) {
    size_t       head = (size_t)(put_set(s, s->out, index) - s->out);
    struct iovec parts[] = {
        {s->out, head}, {(char *)bench_data_value(s->data, index), s->data->work->value_size}, {s->out + head, 2}};
    ssize_t sent;

    bench_put(s->out + head, "\r\n", 2);
    return mcmc_request_writev(s->client, parts, 3, &sent, 1) == MCMC_OK;
}

/* ---------------------------------------------------------------------------------------------------------- answers -- */

/* Receives what is there, or exactly missing bytes where they are many. */
static bool receive(session *s, size_t missing) {
    bool    all = missing >= WAIT_FOR_ALL_FROM;
    size_t  room = s->in_size - s->in_len;
    ssize_t got = recv(mcmc_fd(s->client), s->in + s->in_len, all ? missing : room, all ? MSG_WAITALL : 0);

    if (got <= 0)
        return false;
    s->in_len += (size_t)got;
    return true;
}

/* The line at a place in what has been received. */
static int parse(session *s, size_t at, mcmc_resp_t *answer) {
#ifdef MC_BENCH_MCMC_PARSES_BY_CONNECTION
    return mcmc_parse_buf(s->client, s->in + at, s->in_len - at, answer);
#else
    return mcmc_parse_buf(s->in + at, s->in_len - at, answer);
#endif
}

/* The same, once it is there as a whole. */
static bool next(session *s, size_t at, mcmc_resp_t *answer) {
    int status = at < s->in_len ? parse(s, at, answer) : MCMC_ERR;

    while (status != MCMC_OK && (at == s->in_len || answer->code == MCMC_WANT_READ)) {
        if (!receive(s, 0))
            return false;
        status = parse(s, at, answer);
    }
    return status == MCMC_OK;
}

/* Takes the value of an answer that stands at a place, once it is there as a whole. False when it is not what was asked. */
static bool take_value(session *s, size_t at, const mcmc_resp_t *answer, unsigned index) {
    const bench_key *key = &s->data->keys[index];
    const char      *value = answer->value;
    size_t           len = answer->vlen - 2, end = at + answer->reslen + answer->vlen;

    if (answer->type != MCMC_RESP_GET || answer->klen != key->len || memcmp(answer->key, key->text, key->len) != 0 ||
        len > s->data->work->value_size)
        return false;
    while (s->in_len < end)
        if (!receive(s, s->data->work->keys == 1 ? end + 5 - s->in_len : 0))
            return false;
    if (value[len] != '\r' || value[len + 1] != '\n')
        return false;
    bench_data_saw(s->data, index, value, len);
    return true;
}

static bool receive_values(session *s, unsigned first) {
    mcmc_resp_t answer;
    size_t      at = 0;

    for (unsigned i = first; i < first + s->data->work->keys; i++) {
        if (!next(s, at, &answer) || !take_value(s, at, &answer, i))
            return false;
        at += answer.reslen + answer.vlen;
    }
    return next(s, at, &answer) && answer.type == MCMC_RESP_END && at + answer.reslen == s->in_len;
}

static bool receive_codes(session *s, short code) {
    mcmc_resp_t answer;
    size_t      at = 0;

    for (unsigned i = 0; i < s->data->work->keys; i++) {
        if (!next(s, at, &answer) || answer.code != code)
            return false;
        at += answer.reslen;
    }
    return at == s->in_len;
}

/* mcmc says only that there is a number. */
static bool receive_number(session *s) {
    mcmc_resp_t answer;
    char       *end;

    if (!next(s, 0, &answer) || answer.type != MCMC_RESP_NUMERIC)
        return false;
    s->data->number = strtoull(s->in, &end, 10);
    return *end == '\r' && end + 2 == s->in + answer.reslen;
}

/* ------------------------------------------------------------------------------------------------------------ calls -- */

static bool connect_to_host(session *s) {
    int on = 1;

    return mcmc_connect(s->client, s->host, s->port, MCMC_OPTION_BLANK) == MCMC_CONNECTED &&
           setsockopt(mcmc_fd(s->client), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0;
}

static bool exchange(session *s, unsigned first) {
    const bench_work *work = s->data->work;
    bool              large = work->operation == BENCH_SET && work->value_size >= BY_PARTS_FROM;

    s->in_len = 0;
    if (large ? !send_large(s, first) : !send_request(s, first))
        return false;
    switch (work->operation) {
    case BENCH_SET:
    case BENCH_SET_MULTI:
        return receive_codes(s, MCMC_CODE_STORED);
    case BENCH_DELETE_MULTI:
        return receive_codes(s, MCMC_CODE_DELETED);
    case BENCH_INCR:
        return receive_number(s);
    default:
        return receive_values(s, first);
    }
}

static bool call(void *opened, unsigned batch) {
    session *s = opened;
    unsigned first = batch * s->data->work->keys;
    bool     good;

    if (s->data->work->operation != BENCH_CONNECT)
        return exchange(s, first);
    good = connect_to_host(s) && exchange(s, first);
    mcmc_disconnect(s->client);
    return good;
}

static void *open_session(bench_data *data, void *first) {
    session *s = bench_allocate(1, sizeof *s);
    size_t   size = data->work->keys * (LINE_MAX_LEN + data->work->value_size) + mcmc_min_buffer_size(MCMC_OPTION_BLANK);

    (void)first;
    s->data = data;
    s->client = bench_allocate(1, mcmc_size(MCMC_OPTION_BLANK));
    s->in_size = size;
    s->in = bench_allocate(1, size);
    s->out = bench_allocate(1, size);
    snprintf(s->host, sizeof s->host, "%s", data->addresses[0]);
    s->port = strrchr(s->host, ':');
    if (!s->port)
        bench_fail(data->addresses[0]);
    *s->port++ = '\0';
    if (data->work->operation != BENCH_CONNECT && !connect_to_host(s))
        bench_fail(data->addresses[0]);
    return s;
}

static void close_session(void *opened) {
    session *s = opened;

    mcmc_disconnect(s->client);
    free(s->client);
    free(s->in);
    free(s->out);
    free(s);
}

static bool does(const bench_work *work) {
    return work->hosts == 1 && work->place != BENCH_UNIX;
}

const bench_adapter bench_mcmc = {"mcmc", open_session, call, close_session, does};
