#include "server/session.h"

#include "server/execute.h"

#include <stdio.h>

#define INPUT_ROOM ((size_t)64 << 10)
#define DIRECT_MIN ((size_t)16 << 10) /* data blocks with more to come than this are received in place */
#define BINARY_REQUEST 0x80           /* first byte of the binary protocol, which is not spoken here */

void mcs__session_init(mcs__session *session, mcs__worker *worker) {
    *session = (mcs__session){.worker = worker};
}

void mcs__session_free(mcs__session *session) {
    mcs__store *store = session->worker->store;

    if (session->phase == MCS__PHASE_VALUE)
        mcs__item_release(store, session->upload.item);
    mcs__output_free(&session->output, store);
    mc__buffer_free(&session->input);
}

void mcs__session_swallow(mcs__session *session, uint64_t value_len) {
    session->swallow = value_len + 2;
    session->phase = MCS__PHASE_SWALLOW;
}

/* -------------------------------------------------------------------------------------------------------- receiving -- */

static size_t block_left(const mcs__upload *upload) {
    return upload->item->value_len + 2 - upload->got;
}

/* Whether the next bytes go straight to the item. */
static bool direct(const mcs__session *session) {
    return session->phase == MCS__PHASE_VALUE && mc__buffer_len(&session->input) == 0 &&
           block_left(&session->upload) > DIRECT_MIN;
}

char *mcs__session_room(mcs__session *session, size_t *room) {
    if (direct(session)) {
        *room = block_left(&session->upload);
        return mcs__item_value(session->upload.item) + session->upload.got;
    }
    if (!mc__buffer_reserve(&session->input, 1) ||
        (mc__buffer_room(&session->input) < INPUT_ROOM / 4 && !mc__buffer_reserve(&session->input, INPUT_ROOM)))
        return NULL;
    *room = mc__buffer_room(&session->input);
    return mc__buffer_tail(&session->input);
}

void mcs__session_received(mcs__session *session, size_t len) {
    if (direct(session))
        session->upload.got += len;
    else
        mc__buffer_commit(&session->input, len);
}

/* ---------------------------------------------------------------------------------------------------------- working -- */

static void log_line(const mcs__session *session, mc_slice line) {
    if (atomic_load_explicit(&session->worker->server->verbosity, memory_order_relaxed) >= 2)
        fprintf(stderr, "< %.*s\n", (int)(line.len < 1024 ? line.len : 1024), line.data);
}

/* A line without an end so far. Only a get may be long, since only it has any number of words. */
static bool line_may_go_on(mc_slice start) {
    mcs__verb verb;

    if (start.len <= MCS__SHORT_LINE_MAX)
        return true;
    if (start.len > MCS__LINE_MAX)
        return false;
    start.len = 100;
    verb = mcs__verb_take(&start);
    return verb == MCS__VERB_GET || verb == MCS__VERB_GETS;
}

/* false: the line is not complete. */
static bool run_line(mcs__session *session) {
    mc_slice    input = mc__buffer_readable(&session->input);
    const char *end = memchr(input.data + session->scanned, '\n', input.len - session->scanned);
    size_t      line_end;
    mc_slice    line;

    if (!end) {
        session->scanned = input.len;
        if (!line_may_go_on(input))
            session->phase = MCS__PHASE_CLOSE;
        return false;
    }
    session->scanned = 0;
    line_end = (size_t)(end - input.data) + 1;
    line = mc_bytes(input.data, line_end - 1);
    if (line.len > 0 && line.data[line.len - 1] == '\r')
        line.len--;
    log_line(session, line);
    mcs__execute(session, line);
    if (session->phase == MCS__PHASE_KEYS)
        session->retrieval.line_end = line_end;
    else
        mc__buffer_consume(&session->input, line_end);
    return true;
}

/* The three below return false when they need more input, or, for the keys, when output has to go first. */
static bool run_keys(mcs__session *session) {
    if (!mcs__execute_keys(session))
        return false;
    mc__buffer_consume(&session->input, session->retrieval.line_end);
    session->phase = MCS__PHASE_LINE;
    return true;
}

static bool run_block(mcs__session *session) {
    mcs__upload *upload = &session->upload;
    mc_slice     input = mc__buffer_readable(&session->input);
    size_t       left = block_left(upload);
    size_t       part = input.len < left ? input.len : left;

    if (part > 0) {
        memcpy(mcs__item_value(upload->item) + upload->got, input.data, part);
        upload->got += part;
        mc__buffer_consume(&session->input, part);
    }
    if (part < left)
        return false;
    mcs__execute_upload(session);
    return true;
}

static bool run_swallow(mcs__session *session) {
    size_t   len = mc__buffer_len(&session->input);
    uint64_t part = len < session->swallow ? len : session->swallow;

    mc__buffer_consume(&session->input, (size_t)part);
    session->swallow -= part;
    if (session->swallow > 0)
        return false;
    session->phase = MCS__PHASE_LINE;
    return true;
}

static bool run_step(mcs__session *session) {
    switch (session->phase) {
    case MCS__PHASE_LINE:
        return mc__buffer_len(&session->input) > 0 && run_line(session);
    case MCS__PHASE_KEYS:
        return run_keys(session);
    case MCS__PHASE_VALUE:
        return run_block(session);
    case MCS__PHASE_SWALLOW:
        return run_swallow(session);
    case MCS__PHASE_CLOSE:
        break;
    }
    return false;
}

mcs__wish mcs__session_run(mcs__session *session) {
    if (!session->spoken && mc__buffer_len(&session->input) > 0) {
        session->spoken = true;
        if (session->worker->server->options.binary_only ||
            (unsigned char)mc__buffer_readable(&session->input).data[0] == BINARY_REQUEST)
            session->phase = MCS__PHASE_CLOSE;
    }
    while (run_step(session))
        if (session->output.pending >= MCS__OUTPUT_HIGH)
            return MCS__WISH_OUTPUT;
    if (session->phase == MCS__PHASE_CLOSE)
        return MCS__WISH_CLOSE;
    return session->phase == MCS__PHASE_KEYS ? MCS__WISH_OUTPUT : MCS__WISH_INPUT;
}
