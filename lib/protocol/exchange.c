#include "protocol/exchange.h"

#include "protocol/quiet.h"

size_t mc__exchange_unit_end(const mc__exchange *exchange, size_t i) {
    size_t end = i + 1;

    if (mc__verb_retrieves(exchange->command.verb))
        end = i - i % MC__LINE_KEYS + MC__LINE_KEYS;
    return end < exchange->count ? end : exchange->count;
}

size_t mc__exchange_answer_end(const mc__exchange *exchange, size_t i) {
    size_t end;

    if (!exchange->command.quiet)
        return mc__exchange_unit_end(exchange, i);
    end = i - i % exchange->window + exchange->window;
    return end < exchange->count ? end : exchange->count;
}

void mc__exchange_request(const mc__exchange *exchange, size_t i, mc__request *request) {
    exchange->ops->request(exchange, i, request);
    if (exchange->command.quiet || exchange->command.verb == MC__VERB_META)
        request->number = i;
}

size_t mc__exchange_unit_size(const mc__exchange *exchange, size_t first) {
    size_t      end = mc__exchange_unit_end(exchange, first);
    mc__request request;
    size_t      size;

    mc__exchange_request(exchange, first, &request);
    if (exchange->command.quiet)
        return mc__quiet_size(&exchange->command, &request, mc__exchange_answer_end(exchange, first) == end);
    if (exchange->command.verb == MC__VERB_META)
        return mc__quiet_question(first).len;
    size = mc__request_line_size(&exchange->command, &request);
    if (mc__verb_stores(exchange->command.verb))
        return size + request.value.len + 2;
    for (size_t i = first + 1; i < end; i++) {
        exchange->ops->request(exchange, i, &request);
        size += 1 + exchange->command.prefix.len + request.key.len;
    }
    return size;
}

void mc__exchange_end(mc__exchange *exchange, mc_status sent, mc_status unsent) {
    const mc__exchange_ops *ops = exchange->ops;
    size_t                  first = exchange->answered;
    size_t                  may_have_arrived = exchange->sent;
    size_t                  count = exchange->count;

    /* The owner may reuse the exchange from within its last answer. */
    exchange->answered = count;
    for (size_t i = first; i < count; i++)
        ops->answer(exchange, i, i < may_have_arrived ? sent : unsent, NULL);
}
