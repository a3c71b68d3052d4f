/*
 * What any client may send to the bundled server: the session takes it whole and in pieces (of as many bytes as the first
 * byte says), answers the same, keeps its output bounded, and leaves no item behind that is not in the table.
 */
#include "base/buffer.h"
#include "fuzz/fuzz_target.h"
#include "server/session.h"

#include <string.h>

#define MEMORY ((size_t)256 << 10)
#define ITEM_MAX ((size_t)16 << 10)
#define DIGITS_MAX 7

typedef struct fuzz_client {
    mc_server   *server;
    mcs__session session;
    mc__buffer   replies;
    bool         closed;
} fuzz_client;

static void connect_client(fuzz_client *client) {
    mc_server_options options = MC_SERVER_OPTIONS_INIT;

    options.threads = 1;
    options.memory_limit = MEMORY;
    options.max_item_size = ITEM_MAX;
    memset(client, 0, sizeof *client);
    client->server = mcs__server_new(&options);
    FUZZ_REQUIRE(client->server != NULL);
    client->server->workers[0].now = 1000000;
    mcs__session_init(&client->session, &client->server->workers[0]);
}

static void disconnect_client(fuzz_client *client) {
    mcs__session_free(&client->session);
    mc_server_stop(client->server);
    mc__buffer_free(&client->replies);
}

/* Sends what waits, as a socket would that takes a little at a time. */
static void drain(fuzz_client *client) {
    mcs__output *output = &client->session.output;

    FUZZ_REQUIRE(!output->failed);
    FUZZ_REQUIRE(output->pending < MCS__OUTPUT_HIGH + (4 << 20));
    while (output->pending > 0) {
        mcs__segment *segment = &output->segments[output->first];
        const char   *at = segment->item ? segment->at : mc__buffer_readable(&output->text).data;
        size_t        part = segment->len < 1000 ? segment->len : 1000;

        FUZZ_REQUIRE(mc__buffer_append(&client->replies, mc_bytes(at, part)));
        mcs__output_consume(output, client->server->store, part);
    }
}

static void work(fuzz_client *client) {
    mcs__wish wish;

    do {
        wish = mcs__session_run(&client->session);
        drain(client);
    } while (wish == MCS__WISH_OUTPUT);
    client->closed = wish == MCS__WISH_CLOSE;
}

static void feed(fuzz_client *client, const uint8_t *data, size_t size, size_t step) {
    while (size > 0 && !client->closed) {
        size_t room;
        char  *at = mcs__session_room(&client->session, &room);
        size_t part = size < step ? size : step;

        FUZZ_REQUIRE(at != NULL && room > 0);
        part = part < room ? part : room;
        memcpy(at, data, part);
        mcs__session_received(&client->session, part);
        data += part;
        size -= part;
        work(client);
    }
}

/* Statistics and absolute times have the moment in their answers; a line that is cut as too long depends on the pieces. */
static bool comparable(const uint8_t *data, size_t size) {
    size_t digits = 0, line = 0;

    if (memmem(data, size, "stats", 5))
        return false;
    for (size_t i = 0; i < size; i++) {
        digits = data[i] >= '0' && data[i] <= '9' ? digits + 1 : 0;
        line = data[i] == '\n' ? 0 : line + 1;
        if (digits > DIGITS_MAX || line > MCS__SHORT_LINE_MAX)
            return false;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_client whole, pieces;

    if (size < 2)
        return 0;
    connect_client(&whole);
    connect_client(&pieces);
    feed(&whole, data + 1, size - 1, SIZE_MAX);
    feed(&pieces, data + 1, size - 1, data[0] % 32 + 1U);
    if (comparable(data + 1, size - 1)) {
        FUZZ_REQUIRE(whole.closed == pieces.closed);
        FUZZ_REQUIRE(mc__slice_equal(mc__buffer_readable(&whole.replies), mc__buffer_readable(&pieces.replies)));
    }
    disconnect_client(&whole);
    disconnect_client(&pieces);
    return 0;
}
