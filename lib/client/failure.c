#include "client/failure.h"

#include "base/status.h"

#include <stdio.h>

static const char *what_is_wrong(mc_slice prefix, mc_slice key) {
    if (key.len == 0)
        return "it is empty";
    if (key.len > MC_KEY_MAX || prefix.len > MC_KEY_MAX - key.len)
        return "it is longer than 250 bytes, prefix included";
    return "it has a space or a control character";
}

mc_status mc__fail_bad_key(mc_slice prefix, mc_slice key) {
    char     escaped[MC__ESCAPED_MAX];
    mc_slice shown = mc_bytes(key.data, key.len < MC_KEY_MAX ? key.len : MC_KEY_MAX);

    if (key.len > MC_KEY_MAX)
        shown.len = 0; /* a length that large may be a mistake: the bytes are not read */
    return mc__fail(MC_BAD_KEY, "key \"%s\" of %zu bytes is not legal: %s", mc__escape(shown, escaped), key.len,
                    what_is_wrong(prefix, key));
}

mc_status mc__fail_too_large(mc_slice key, size_t len, size_t max) {
    char escaped[MC__ESCAPED_MAX];

    return mc__fail(MC_TOO_LARGE, "the value of key \"%s\" has %zu bytes, more than max_value_size, %zu",
                    mc__escape(key, escaped), len, max);
}

mc_status mc__fail_at(mc_status status, const mc__host *host, mc__verb verb, mc_slice key, const char *reason) {
    mc_slice name = mc__verb_name(verb);
    char     escaped[MC__ESCAPED_MAX];

    if (key.len == 0)
        return mc__fail(status, "%s: %s (%.*s)", host->address.name, reason, (int)name.len, name.data);
    return mc__fail(status, "%s: %s (%.*s \"%s\")", host->address.name, reason, (int)name.len, name.data,
                    mc__escape(key, escaped));
}

mc_status mc__fail_dead(const mc_client *client, const mc__host *last, mc__verb verb, mc_slice key) {
    if (client->core->options.failover == MC_FAILOVER_NONE)
        return mc__fail_at(MC_UNREACHABLE, last, verb, key, "marked dead, and not tried again yet");
    return mc__fail_at(MC_NO_SERVER, last, verb, key, "this and every other host that the key may go to is dead");
}

const char *mc__refusal_text(mc_status status, const mc__reply *reply, char *out) {
    static const char *const words[] = {"ERROR", "CLIENT_ERROR", "SERVER_ERROR"};
    char                     escaped[MC__ESCAPED_MAX];

    out[0] = '\0';
    if (!reply || reply->kind < MC__REPLY_ERROR || mc__status_is_answer(status))
        return out;
    mc__escape(reply->text, escaped);
    snprintf(out, MC__ESCAPED_MAX, "%s%s%.240s", words[reply->kind - MC__REPLY_ERROR], escaped[0] ? " " : "", escaped);
    return out;
}
