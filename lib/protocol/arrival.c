#include "protocol/arrival.h"

/* With this many bytes to come, receiving them straight into their memory saves more than another area costs. */
#define DIRECT_FROM 4096

static size_t at_most(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t length_of(const mc__arrival *arrival) {
    return (size_t)arrival->head.length; /* at most max_value_size */
}

static void ask_for_space(mc__arrival *arrival, mc__exchange *exchange, size_t room) {
    arrival->room = at_most(length_of(arrival), room);
    arrival->space = exchange->ops->space(exchange, arrival->request, arrival->have, &arrival->room);
}

void mc__arrival_begin(mc__arrival *arrival, mc__exchange *exchange, size_t request, const mc__reply *head) {
    *arrival = (mc__arrival){.head = *head, .request = request};
    arrival->head.key = (mc_slice){0}; /* its bytes are about to leave the input */
    ask_for_space(arrival, exchange, MC__ARRIVAL_FIRST_ROOM);
}

/* When the room is full, twice as much. */
static void make_room(mc__arrival *arrival, mc__exchange *exchange) {
    if (arrival->space && arrival->have >= arrival->room)
        ask_for_space(arrival, exchange, 2 * arrival->have);
}

bool mc__arrival_is_large(const mc__arrival *arrival) {
    return length_of(arrival) - arrival->have >= DIRECT_FROM;
}

bool mc__arrival_area(mc__arrival *arrival, mc__exchange *exchange, mc__area *area) {
    arrival->direct = 0;
    if (exchange->shared || !mc__arrival_is_large(arrival))
        return false;
    make_room(arrival, exchange);
    if (!arrival->space)
        return false;
    arrival->direct = at_most(arrival->room, length_of(arrival)) - arrival->have;
    *area = (mc__area){arrival->space + arrival->have, arrival->direct};
    return true;
}

bool mc__arrival_ends_in_area(const mc__arrival *arrival) {
    return arrival->have + arrival->direct == length_of(arrival);
}

size_t mc__arrival_received(mc__arrival *arrival, size_t len) {
    size_t direct = at_most(len, arrival->direct);

    arrival->have += direct;
    arrival->direct = 0;
    return direct;
}

bool mc__arrival_take(mc__arrival *arrival, mc__exchange *exchange, mc__buffer *in) {
    while (arrival->have < length_of(arrival) && mc__buffer_len(in) > 0) {
        mc_slice bytes = mc__buffer_readable(in);
        size_t   part = at_most(bytes.len, length_of(arrival) - arrival->have);
        make_room(arrival, exchange);
        if (arrival->space) {
            part = at_most(part, arrival->room - arrival->have);
            memcpy(arrival->space + arrival->have, bytes.data, part);
        }
        arrival->have += part;
        mc__buffer_consume(in, part);
    }
    return arrival->have == length_of(arrival);
}

void mc__arrival_forget(mc__arrival *arrival) {
    arrival->space = NULL;
}

mc_status mc__arrival_status(const mc__arrival *arrival) {
    if (!arrival->space)
        return MC_NO_MEMORY;
    return arrival->head.flags_too_wide ? MC_BAD_VALUE : MC_OK;
}
