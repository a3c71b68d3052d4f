#include "protocol/output.h"

#include "protocol/quiet.h"

/* As much is formatted at a time: with several small writes the server is woken between them, and answers later than it
 * would to one; one huge write costs memory. */
#define WINDOW 262144

/* Values from this size on are sent from the owner's memory; copying smaller ones costs less than another slice. */
#define BORROW_FROM 32768

void mc__output_add(mc__output *output, mc__exchange *exchange) {
    exchange->formatted = exchange->partly_sent = exchange->wholly_sent = exchange->answered;
    if (!output->formatting)
        output->formatting = exchange;
    if (!output->sending)
        output->sending = exchange;
}

void mc__output_drop(mc__output *output, const mc__exchange *exchange) {
    if (output->sending == exchange)
        output->sending = exchange->next;
}

void mc__output_clear(mc__output *output) {
    mc__buffer_free(&output->bytes);
    *output = (mc__output){0};
}

/* -------------------------------------------------------------------------------------------------------- formatting -- */

static bool format_line_of_keys(mc__output *output, const mc__exchange *exchange) {
    mc__key_list list;
    int64_t      exptime;

    mc__exchange_line(exchange, exchange->formatted, &list, &exptime);
    return mc__request_write_keys(&exchange->command, &list, exptime, &output->bytes);
}

static bool format_request(mc__output *output, const mc__exchange *exchange) {
    mc__request request;

    exchange->ops->request(exchange, exchange->formatted, &request);
    if (!mc__verb_stores(exchange->command.verb) || request.value.len < BORROW_FROM)
        return mc__request_write(&exchange->command, &request, &output->bytes);
    if (!mc__request_write_line(&exchange->command, &request, &output->bytes))
        return false;
    output->borrowed = request.value;
    output->ending = MC__LITERAL("\r\n");
    return true;
}

/* As many as the window takes. false: no memory for the first. */
static bool format_quiet(mc__output *output, mc__exchange *exchange) {
    mc__quiet_borrowed borrowed = {{0}, {0}};
    size_t             first = exchange->formatted;

    exchange->formatted = mc__quiet_write(exchange, first, WINDOW, BORROW_FROM, &output->bytes, &borrowed);
    output->borrowed = borrowed.value;
    output->ending = borrowed.ending;
    return exchange->formatted > first;
}

static bool format(mc__output *output, const mc__exchange *exchange) {
    if (exchange->command.verb == MC__VERB_META)
        return mc__buffer_append(&output->bytes, mc__quiet_question(exchange->formatted));
    return mc__verb_retrieves(exchange->command.verb) ? format_line_of_keys(output, exchange)
                                                      : format_request(output, exchange);
}

/* false: no memory, and nothing of the unit is in the output. */
static bool format_unit(mc__output *output, mc__exchange *exchange) {
    if (exchange->command.quiet)
        return format_quiet(output, exchange);
    if (!format(output, exchange))
        return false;
    exchange->formatted = mc__exchange_unit_end(exchange, exchange->formatted);
    return true;
}

/* Formats until the window is full, a borrowed value ends it, or nothing is left to format. */
static mc_status fill_window(mc__output *output) {
    while (output->formatting && output->ending.len == 0 && mc__buffer_len(&output->bytes) < WINDOW) {
        mc__exchange *exchange = output->formatting;
        if (!format_unit(output, exchange))
            return mc__output_len(output) > 0 ? MC_OK : MC_NO_MEMORY;
        if (exchange->formatted == exchange->count)
            output->formatting = exchange->next;
    }
    return MC_OK;
}

mc_status mc__output_show(mc__output *output, mc_slice slices[MC__OUTPUT_SLICES], size_t *count) {
    *count = 0;
    if (mc__output_len(output) == 0) {
        mc_status status = fill_window(output);
        if (status != MC_OK)
            return status;
        mc__buffer_note_use(&output->bytes, &output->use);
    }
    if (mc__buffer_len(&output->bytes) > 0)
        slices[(*count)++] = mc__buffer_readable(&output->bytes);
    if (output->borrowed.len > 0)
        slices[(*count)++] = output->borrowed;
    if (output->ending.len > 0)
        slices[(*count)++] = output->ending;
    return MC_OK;
}

/* ----------------------------------------------------------------------------------------------------------- sending -- */

static size_t at_most(size_t a, size_t b) {
    return a < b ? a : b;
}

static void take_off(mc__output *output, size_t len) {
    size_t part = at_most(len, mc__buffer_len(&output->bytes));

    mc__buffer_consume(&output->bytes, part);
    len -= part;
    part = at_most(len, output->borrowed.len);
    if (part > 0) {
        output->borrowed.data += part;
        output->borrowed.len -= part;
        len -= part;
    }
    part = at_most(len, output->ending.len);
    if (part > 0) {
        output->ending.data += part;
        output->ending.len -= part;
    }
}

static void begin_unit(mc__output *output) {
    mc__exchange *exchange = output->sending;

    while (exchange->wholly_sent == exchange->formatted)
        exchange = exchange->next;
    output->sending = exchange;
    output->unit_left = mc__exchange_unit_size(exchange, exchange->wholly_sent);
    exchange->partly_sent = mc__exchange_unit_end(exchange, exchange->wholly_sent);
}

/* Where the unit's exchange has left, the next one is at sending, of which nothing has begun: this changes nothing there. */
static void end_unit(mc__output *output) {
    output->sending->wholly_sent = output->sending->partly_sent;
}

/* Counts the units in len bytes that have left. Their sizes are computed anew: most output leaves as a whole, and a list of
 * sizes would be paid for by all of it. */
static void count_units(mc__output *output, size_t len) {
    while (len > 0) {
        size_t part;
        if (output->unit_left == 0)
            begin_unit(output);
        part = at_most(len, output->unit_left);
        output->unit_left -= part;
        len -= part;
        if (output->unit_left == 0)
            end_unit(output);
    }
}

static void count_all(mc__output *output) {
    for (mc__exchange *exchange = output->sending; exchange; exchange = exchange->next)
        exchange->partly_sent = exchange->wholly_sent = exchange->formatted;
    output->sending = output->formatting;
    output->unit_left = 0;
}

void mc__output_sent(mc__output *output, size_t len) {
    size_t before = mc__output_len(output);

    if (len < before) {
        take_off(output, len);
        count_units(output, len);
        return;
    }
    output->bytes.start = output->bytes.end = 0;
    output->borrowed.len = output->ending.len = 0;
    count_all(output);
}
