#include "server/operation.h"

#include "base/number.h"

#include <time.h>

#define RELATIVE_MAX_S ((int64_t)60 * 60 * 24 * 30)
#define FAR_FUTURE_S (INT64_MAX / 4000)

mcs__ms mcs__expiry(int64_t exptime_s, mcs__ms now) {
    struct timespec wall;
    mcs__ms         at;

    if (exptime_s == 0 || exptime_s >= FAR_FUTURE_S)
        return MCS__NEVER;
    if (exptime_s < 0)
        return 0;
    if (exptime_s <= RELATIVE_MAX_S)
        return now + exptime_s * 1000;
    clock_gettime(CLOCK_REALTIME, &wall);
    at = now + exptime_s * 1000 - ((mcs__ms)wall.tv_sec * 1000 + wall.tv_nsec / 1000000);
    return at > 0 ? at : 0;
}

bool mcs__size_allowed(const mcs__worker *worker, size_t key_len, uint64_t value_len) {
    return key_len + value_len + MCS__ITEM_OVERHEAD <= worker->server->options.max_item_size;
}

/* ---------------------------------------------------------------------------------------------------------- storing -- */

/* A new item of old's key, flags and expiry, with the two values one after the other. */
static mcs__item *join(mcs__worker *worker, mcs__item *old, mcs__item *first, mcs__item *second) {
    mcs__item *joined =
        mcs__item_new_under_lock(worker->store, mcs__item_key(old), old->hash, (size_t)first->value_len + second->value_len);

    if (!joined)
        return NULL;
    joined->flags = old->flags;
    joined->expires = old->expires;
    joined->marks = old->marks & MCS__BINARY;
    memcpy(mcs__item_value(joined), mcs__item_value(first), first->value_len);
    memcpy(mcs__item_value(joined) + first->value_len, mcs__item_value(second), second->value_len);
    return joined;
}

static mcs__outcome put(mcs__worker *worker, mcs__shard *shard, mcs__item *item, mcs__item *old, mcs__storing *storing) {
    mcs__shard_put(shard, item, old, worker->now);
    if (storing->give_cas)
        item->cas = storing->new_cas;
    storing->cas = item->cas;
    storing->value_len = item->value_len;
    return MCS__DONE;
}

static mcs__outcome extend(mcs__worker *worker, mcs__shard *shard, mcs__item *item, mcs__item *old, mcs__storing *storing) {
    bool         append = storing->mode == MCS__MODE_APPEND;
    mcs__item   *joined;
    mcs__outcome outcome;

    if (!mcs__size_allowed(worker, item->key_len, (uint64_t)old->value_len + item->value_len))
        return MCS__NOT_STORED;
    joined = append ? join(worker, old, old, item) : join(worker, old, item, old);
    if (!joined)
        return MCS__NO_MEMORY;
    outcome = put(worker, shard, joined, old, storing);
    mcs__item_release(worker->store, joined);
    return outcome;
}

/* The old item's cas id against the one asked for. true: go on. */
static bool compare(mcs__worker *worker, mcs__item *item, const mcs__item *old, const mcs__storing *storing) {
    if (old->cas == storing->cas) {
        mcs__count(&worker->counters, MCS__cas_hits);
        return true;
    }
    if (storing->stale && storing->cas < old->cas) {
        /* The late answer to an invalidation: better than nothing, but whoever was told to fetch anew still has to. */
        item->marks |= (uint8_t)(MCS__STALE | (old->marks & MCS__WON));
        item->expires = old->expires;
        return true;
    }
    mcs__count(&worker->counters, MCS__cas_badval);
    return false;
}

static mcs__outcome store_locked(mcs__worker *worker, mcs__shard *shard, mcs__item *item, mcs__storing *storing) {
    mcs__item *old = mcs__shard_find(shard, mcs__item_key(item), item->hash, worker->now);

    if (old && storing->mode == MCS__MODE_ADD) {
        mcs__shard_touch(shard, old, worker->now);
        return MCS__NOT_STORED;
    }
    if (old && storing->compare && !compare(worker, item, old, storing))
        return MCS__EXISTS;
    switch (storing->mode) {
    case MCS__MODE_APPEND:
    case MCS__MODE_PREPEND:
        if (old)
            return extend(worker, shard, item, old, storing);
        if (!storing->vivify)
            return MCS__NOT_STORED;
        item->expires = storing->vivify_expires;
        break;
    case MCS__MODE_REPLACE:
    case MCS__MODE_SET:
        if (!old && storing->compare) {
            mcs__count(&worker->counters, MCS__cas_misses);
            return MCS__NOT_FOUND;
        }
        if (!old && storing->mode == MCS__MODE_REPLACE)
            return MCS__NOT_STORED;
        break;
    case MCS__MODE_ADD:
        break;
    }
    return put(worker, shard, item, old, storing);
}

mcs__outcome mcs__store_value(mcs__worker *worker, mcs__item *item, mcs__storing *storing) {
    mcs__shard  *shard;
    mcs__outcome outcome;

    mcs__count(&worker->counters, MCS__cmd_set);
    shard = mcs__store_lock(worker->store, item->hash, worker->now);
    outcome = store_locked(worker, shard, item, storing);
    mcs__store_unlock(shard);
    mcs__store_make_room(worker->store, worker->now);
    return outcome;
}

/* -------------------------------------------------------------------------------------------------------- arithmetic -- */

static bool is_space(char byte) {
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* The number that a value begins with, as strtoull finds it: after white space, up to white space, a NUL or the end. */
static bool number_of(mcs__item *item, uint64_t *number) {
    const char *value = mcs__item_value(item);
    const char *end = value + item->value_len;
    const char *digits_end;

    while (value < end && is_space(*value))
        value++;
    digits_end = value;
    while (digits_end < end && *digits_end >= '0' && *digits_end <= '9')
        digits_end++;
    if (digits_end < end && *digits_end != '\0' && !is_space(*digits_end))
        return false;
    return mc__number_parse_padded(value, (size_t)(digits_end - value), number) == MC__NUMBER_OK;
}

static uint64_t computed(const mcs__arithmetic *arithmetic, uint64_t number) {
    if (!arithmetic->decrement)
        return number + arithmetic->delta; /* wraps, as the protocol has it */
    return number > arithmetic->delta ? number - arithmetic->delta : 0;
}

/* The digits in place, padded with spaces: memcached keeps the length too. Only where nobody else reads the item. */
static bool rewrite(mcs__shard *shard, mcs__item *item, const char *digits, size_t len, mcs__worker *worker) {
    char *value = mcs__item_value(item);

    if (len > item->value_len || atomic_load_explicit(&item->refs, memory_order_acquire) > 1)
        return false;
    memcpy(value, digits, len);
    memset(value + len, ' ', item->value_len - len);
    item->cas = mcs__store_next_cas(worker->store);
    mcs__shard_touch(shard, item, worker->now);
    return true;
}

static mcs__item *number_item(mcs__worker *worker, mc_slice key, uint32_t hash, const char *digits, size_t len,
                              size_t value_len) {
    mcs__item *item = mcs__item_new_under_lock(worker->store, key, hash, value_len);

    if (!item)
        return NULL;
    memcpy(mcs__item_value(item), digits, len);
    memset(mcs__item_value(item) + len, ' ', value_len - len);
    return item;
}

/* The item, new or rewritten, that holds number from now on. NULL: no memory. */
static mcs__item *write_number(mcs__worker *worker, mcs__shard *shard, mc_slice key, uint32_t hash, mcs__item *old,
                               uint64_t number) {
    char       digits[MC__NUMBER_MAX];
    size_t     len = mc__number_format(number, digits);
    mcs__item *item;

    if (old && rewrite(shard, old, digits, len, worker))
        return old;
    item = number_item(worker, key, hash, digits, len, old && old->value_len > len ? old->value_len : len);
    if (!item)
        return NULL;
    if (old) {
        item->flags = old->flags;
        item->expires = old->expires;
        item->marks = old->marks & (uint8_t)~MCS__LINKED;
    }
    mcs__shard_put(shard, item, old, worker->now);
    mcs__item_release(worker->store, item); /* the shard holds it */
    return item;
}

static mcs__outcome count_locked(mcs__worker *worker, mcs__shard *shard, mc_slice key, uint32_t hash,
                                 mcs__arithmetic *arithmetic) {
    mcs__item *old = mcs__shard_find(shard, key, hash, worker->now);
    mcs__item *item;
    uint64_t   number;

    if (!old && !arithmetic->vivify) {
        mcs__count(&worker->counters, arithmetic->decrement ? MCS__decr_misses : MCS__incr_misses);
        return MCS__NOT_FOUND;
    }
    if (old && old->value_len == 0)
        return MCS__NOT_A_NUMBER;
    if (old && arithmetic->compare && old->cas != arithmetic->cas)
        return MCS__EXISTS;
    if (old && !number_of(old, &number))
        return MCS__NOT_A_NUMBER;
    arithmetic->number = old ? computed(arithmetic, number) : arithmetic->initial;
    item = write_number(worker, shard, key, hash, old, arithmetic->number);
    if (!item)
        return MCS__NO_MEMORY;
    arithmetic->expires_before = item->expires;
    if (!old)
        item->expires = arithmetic->vivify_expires;
    else if (arithmetic->touch)
        item->expires = arithmetic->expires;
    if (arithmetic->give_cas)
        item->cas = arithmetic->new_cas;
    if (old)
        mcs__count(&worker->counters, arithmetic->decrement ? MCS__decr_hits : MCS__incr_hits);
    arithmetic->created = !old;
    arithmetic->cas = item->cas;
    arithmetic->expires_after = item->expires;
    return MCS__DONE;
}

mcs__outcome mcs__count_value(mcs__worker *worker, mc_slice key, mcs__arithmetic *arithmetic) {
    uint32_t     hash = mcs__store_hash(worker->store, key);
    mcs__shard  *shard = mcs__store_lock(worker->store, hash, worker->now);
    mcs__outcome outcome = count_locked(worker, shard, key, hash, arithmetic);

    mcs__store_unlock(shard);
    mcs__store_make_room(worker->store, worker->now);
    return outcome;
}

/* ------------------------------------------------------------------------------------------------------- touch, drop -- */

mcs__outcome mcs__touch_value(mcs__worker *worker, mc_slice key, mcs__ms expires) {
    uint32_t    hash = mcs__store_hash(worker->store, key);
    mcs__shard *shard = mcs__store_lock(worker->store, hash, worker->now);
    mcs__item  *item = mcs__shard_find(shard, key, hash, worker->now);

    if (item) {
        item->expires = expires;
        item->marks |= MCS__FETCHED;
        mcs__shard_touch(shard, item, worker->now);
    }
    mcs__store_unlock(shard);
    mcs__count(&worker->counters, MCS__cmd_touch);
    mcs__count(&worker->counters, item ? MCS__touch_hits : MCS__touch_misses);
    return item ? MCS__DONE : MCS__NOT_FOUND;
}

bool mcs__forget(mcs__worker *worker, mc_slice key) {
    uint32_t    hash = mcs__store_hash(worker->store, key);
    mcs__shard *shard = mcs__store_lock(worker->store, hash, worker->now);
    mcs__item  *item = mcs__shard_find(shard, key, hash, worker->now);

    if (item)
        mcs__shard_drop(shard, item);
    mcs__store_unlock(shard);
    return item != NULL;
}
