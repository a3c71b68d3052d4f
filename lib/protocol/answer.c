#include "protocol/answer.h"

#define BIT(kind) (1u << (kind))

/* For each verb the replies of protocol.txt; the three errors answer every verb. set may be told NOT_STORED, which the
 * document allows to every storage command. */
static const unsigned legal[] = {
    [MC__VERB_SET] = BIT(MC__REPLY_STORED) | BIT(MC__REPLY_NOT_STORED),
    [MC__VERB_ADD] = BIT(MC__REPLY_STORED) | BIT(MC__REPLY_NOT_STORED),
    [MC__VERB_REPLACE] = BIT(MC__REPLY_STORED) | BIT(MC__REPLY_NOT_STORED),
    [MC__VERB_APPEND] = BIT(MC__REPLY_STORED) | BIT(MC__REPLY_NOT_STORED),
    [MC__VERB_PREPEND] = BIT(MC__REPLY_STORED) | BIT(MC__REPLY_NOT_STORED),
    [MC__VERB_CAS] = BIT(MC__REPLY_STORED) | BIT(MC__REPLY_EXISTS) | BIT(MC__REPLY_NOT_FOUND),
    [MC__VERB_GET] = BIT(MC__REPLY_VALUE) | BIT(MC__REPLY_END),
    [MC__VERB_GETS] = BIT(MC__REPLY_VALUE) | BIT(MC__REPLY_END),
    [MC__VERB_GAT] = BIT(MC__REPLY_VALUE) | BIT(MC__REPLY_END),
    [MC__VERB_GATS] = BIT(MC__REPLY_VALUE) | BIT(MC__REPLY_END),
    [MC__VERB_DELETE] = BIT(MC__REPLY_DELETED) | BIT(MC__REPLY_NOT_FOUND),
    [MC__VERB_TOUCH] = BIT(MC__REPLY_TOUCHED) | BIT(MC__REPLY_NOT_FOUND),
    [MC__VERB_INCR] = BIT(MC__REPLY_NUMBER) | BIT(MC__REPLY_NOT_FOUND),
    [MC__VERB_DECR] = BIT(MC__REPLY_NUMBER) | BIT(MC__REPLY_NOT_FOUND),
    [MC__VERB_FLUSH_ALL] = BIT(MC__REPLY_OK),
    [MC__VERB_VERSION] = BIT(MC__REPLY_VERSION),
    [MC__VERB_STATS] = BIT(MC__REPLY_STAT) | BIT(MC__REPLY_END) | BIT(MC__REPLY_RESET) | BIT(MC__REPLY_OK),
    [MC__VERB_META] = 0, /* see protocol/quiet.h */
};

/* A value's cas token comes when it was asked for, and only then. */
static bool cas_as_asked(mc__verb verb, const mc__reply *reply) {
    return reply->has_cas == mc__verb_gives_cas(verb);
}

static mc_status server_error(const mc__reply *reply) {
    /* memcached's words for a value over its limit; it has swallowed the data block. */
    return mc__slice_equal(reply->text, MC__LITERAL("object too large for cache")) ? MC_TOO_LARGE : MC_SERVER_ERROR;
}

mc__answer mc__answer_to(mc__verb verb, const mc__reply *reply, mc_status *status) {
    mc__answer answer = MC__ANSWER_STATUS;

    switch (reply->kind) {
    case MC__REPLY_ERROR:
    case MC__REPLY_CLIENT_ERROR:
        *status = MC_CLIENT_ERROR;
        return MC__ANSWER_STATUS;
    case MC__REPLY_SERVER_ERROR:
        *status = server_error(reply);
        return MC__ANSWER_STATUS;
    case MC__REPLY_VALUE:
        if (!cas_as_asked(verb, reply))
            return MC__ANSWER_ILLEGAL;
        answer = MC__ANSWER_PART;
        break;
    case MC__REPLY_STAT:
        answer = MC__ANSWER_PART;
        break;
    case MC__REPLY_NOT_STORED:
        *status = MC_NOT_STORED;
        break;
    case MC__REPLY_EXISTS:
        *status = MC_EXISTS;
        break;
    case MC__REPLY_NOT_FOUND:
        *status = MC_NOT_FOUND;
        break;
    case MC__REPLY_END: /* of a retrieval: keys without a VALUE are misses */
        *status = mc__verb_retrieves(verb) ? MC_NOT_FOUND : MC_OK;
        break;
    default:
        *status = MC_OK;
        break;
    }
    return legal[verb] & BIT(reply->kind) ? answer : MC__ANSWER_ILLEGAL;
}
