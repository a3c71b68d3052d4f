#include "net/dial.h"

#include "base/platform.h"
#include "base/status.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

static mc__dial_state fail(mc__dial *dial, const char *phase, const char *why) {
    snprintf(dial->reason, sizeof dial->reason, "%s: %s", phase, why);
    mc__stream_close(&dial->stream);
    if (dial->lookup && !dial->local)
        mc__host_forget_lookup(dial->host, dial->lookup);
    mc__lookup_release(dial->lookup);
    dial->lookup = NULL;
    return MC__DIAL_FAILED;
}

static mc__dial_state fail_with(mc__dial *dial, const char *phase, int error) {
    char text[80];

    dial->local = mc__errno_is_local(error);
    dial->broken = error == ECONNRESET || error == ECONNABORTED || error == ENOTCONN || error == EPIPE;
    dial->no_memory = error == ENOMEM;
    return fail(dial, phase, error == ETIMEDOUT ? "timed out" : mc__errno_text(error, text, sizeof text));
}

static mc__dial_state connected(mc__dial *dial, size_t endpoint) {
    if (dial->lookup)
        atomic_store(&dial->host->preferred, endpoint);
    mc__lookup_release(dial->lookup);
    dial->lookup = NULL;
    return MC__DIAL_CONNECTED;
}

/* Whether another address of the host may fare better. EADDRNOTAVAIL is also the word for an address of a family that this
 * machine has no address in. */
static bool goes_on_after(int error) {
    return error == EADDRNOTAVAIL || !mc__errno_is_local(error);
}

/* Tries the endpoints from the one that worked last on, around; error is what the last one came to. Each has its share of
 * the time that is left, so that one that swallows everything leaves some for the others. */
static mc__dial_state connect_next(mc__dial *dial, mc__time now, int error) {
    while (dial->tried < dial->count && goes_on_after(error) && now < dial->deadline) {
        size_t   at = (dial->first + dial->tried) % dial->count;
        mc__time share = (dial->deadline - now) / (mc__time)(dial->count - dial->tried);
        dial->tried++;
        error = mc__stream_connect(&dial->stream, &dial->endpoints[at]);
        if (error == 0)
            return connected(dial, at);
        if (error == EINPROGRESS) {
            dial->until = now + share;
            return MC__DIAL_PENDING;
        }
    }
    return fail_with(dial, "connect", error ? error : ETIMEDOUT);
}

static mc__dial_state looked_up(mc__dial *dial, mc__time now) {
    const char *words;

    dial->looking_up = false;
    dial->endpoints = mc__lookup_result(dial->lookup, &dial->count, &words);
    if (dial->count == 0) {
        dial->local = mc__lookup_failed_locally(dial->lookup);
        mc__host_forget_lookup(dial->host, dial->lookup);
        return fail(dial, "look-up", words);
    }
    dial->first = atomic_load(&dial->host->preferred) % dial->count;
    return connect_next(dial, now, 0);
}

static mc__dial_state step_lookup(mc__dial *dial, mc__time now) {
    if (mc__lookup_done(dial->lookup))
        return looked_up(dial, now);
    if (now < dial->deadline)
        return MC__DIAL_PENDING;
    /* The look-up stays the host's, so that a resolver that hangs holds one thread and not one for each call. */
    mc__lookup_release(dial->lookup);
    dial->lookup = NULL;
    return fail(dial, "look-up", "timed out");
}

mc__dial_state mc__dial_step(mc__dial *dial, mc__time now) {
    size_t at;
    int    error;

    if (dial->looking_up)
        return step_lookup(dial, now);
    at = (dial->first + dial->tried - 1) % dial->count;
    error = mc__stream_connected(&dial->stream, &dial->endpoints[at]);
    if (error == EINPROGRESS && now < dial->until)
        return MC__DIAL_PENDING;
    if (error == 0)
        return connected(dial, at);
    mc__stream_close(&dial->stream);
    return connect_next(dial, now, error == EINPROGRESS ? ETIMEDOUT : error);
}

static mc__dial_state begin_lookup(mc__dial *dial, mc__time now) {
    int       error = 0;
    mc_status status = mc__host_look_up(dial->host, &dial->lookup, &error);

    dial->looking_up = true;
    if (status != MC_OK)
        return fail_with(dial, "look-up", status == MC_NO_MEMORY ? ENOMEM : error);
    return step_lookup(dial, now);
}

mc__dial_state mc__dial_begin(mc__dial *dial, mc__host *host, mc__time now, mc__time deadline) {
    dial->host = host;
    dial->lookup = NULL;
    dial->stream = (mc__stream)MC__STREAM_CLOSED;
    dial->deadline = mc__earlier(deadline, mc__deadline_after_ms(now, host->settings->connect_timeout_ms));
    dial->until = dial->deadline;
    dial->local = dial->no_memory = dial->broken = dial->looking_up = false;
    dial->first = dial->tried = 0;
    if (!host->has_number)
        return begin_lookup(dial, now);
    dial->endpoints = &host->number;
    dial->count = 1;
    return connect_next(dial, now, 0);
}

int mc__dial_wants(const mc__dial *dial, short *events) {
    *events = dial->looking_up ? POLLIN : POLLOUT;
    return dial->looking_up ? mc__lookup_fd(dial->lookup) : dial->stream.fd;
}

void mc__dial_cancel(mc__dial *dial) {
    mc__stream_close(&dial->stream);
    mc__lookup_release(dial->lookup);
    dial->lookup = NULL;
}
