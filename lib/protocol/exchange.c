#include "protocol/exchange.h"

#include "protocol/quiet.h"

void mc__exchange_line(const mc__exchange *exchange, size_t first, mc__key_list *list, int64_t *exptime) {
    mc__request request;

    *exptime = 0;
    if (exchange->command.verb == MC__VERB_GAT || exchange->command.verb == MC__VERB_GATS) {
        exchange->ops->request(exchange, first, &request);
        *exptime = request.exptime;
    }
    list->keys = exchange->order ? exchange->keys : exchange->keys + first;
    list->order = exchange->order ? exchange->order + first : NULL;
    list->count = mc__exchange_unit_end(exchange, first) - first;
}

size_t mc__exchange_answer_end(const mc__exchange *exchange, size_t i) {
    size_t end;

    if (!exchange->command.quiet)
        return mc__exchange_unit_end(exchange, i);
    end = i - i % exchange->window + exchange->window;
    return end < exchange->count ? end : exchange->count;
}

size_t mc__exchange_unit_size(const mc__exchange *exchange, size_t first) {
    mc__key_list list;
    mc__request  request;
    int64_t      exptime;
    size_t       size;

    if (mc__verb_retrieves(exchange->command.verb)) {
        mc__exchange_line(exchange, first, &list, &exptime);
        return mc__request_keys_size(&exchange->command, &list, exptime);
    }
    if (exchange->command.verb == MC__VERB_META)
        return mc__quiet_question(first).len;
    if (exchange->command.quiet)
        return mc__quiet_size(exchange, first);
    exchange->ops->request(exchange, first, &request);
    size = mc__request_line_size(&exchange->command, &request);
    return mc__verb_stores(exchange->command.verb) ? size + request.value.len + 2 : size;
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
