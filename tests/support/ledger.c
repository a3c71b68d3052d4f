#include "support/ledger.h"

#include <stdio.h>
#include <zlib.h>

/* -------------------------------------------------------------------------------------------------------- the world -- */

void ledger_change_begins(ledger_world *world) {
    atomic_fetch_add(&world->changes, 1);
}

void ledger_change_ends(ledger_world *world) {
    atomic_fetch_add(&world->changes, 1);
}

ledger_moment ledger_now(const ledger_key *key) {
    ledger_moment now = {.changes = atomic_load(&key->world->changes), .moves = key->moves ? atomic_load(key->moves) : 0};

    for (size_t i = 0; i < LEDGER_SERVERS; i++)
        now.restarts[i] = atomic_load(&key->world->restarts[i]);
    return now;
}

bool ledger_is_calm(const ledger_key *key, const ledger_look *look) {
    ledger_moment now = ledger_now(key);

    return now.changes % 2 == 0 && now.changes == look->since.changes && now.moves == look->since.moves;
}

/* ------------------------------------------------------------------------------------------------------------ values -- */

/* Bytes that follow from the key and the number, and from nothing else. */
static void fill_payload(const char *name, uint32_t number, size_t len, char *payload) {
    uint64_t state = number * 0x9e3779b97f4a7c15U + (uint64_t)crc32(0, (const Bytef *)name, (uInt)strlen(name));

    for (size_t i = 0; i < len; i++) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        payload[i] = (char)(state >> 56);
    }
}

static unsigned long checksum(const char *name, uint32_t number, const char *payload, size_t len) {
    uLong sum = crc32(number, (const Bytef *)name, (uInt)strlen(name));

    return crc32(sum, (const Bytef *)payload, (uInt)len);
}

size_t ledger_value(const char *name, uint32_t number, size_t len, char text[LEDGER_VALUE_SIZE]) {
    char   head[LEDGER_KEY_SIZE + 64];
    size_t room = LEDGER_VALUE_SIZE - sizeof head;
    char  *payload = text + sizeof head;
    int    head_len;

    len = len < room ? len : room;
    fill_payload(name, number, len, payload);
    head_len = snprintf(head, sizeof head, "%s %u %08lx ", name, number, checksum(name, number, payload, len));
    memmove(text + head_len, payload, len);
    memcpy(text, head, (size_t)head_len);
    return (size_t)head_len + len;
}

bool ledger_value_is_whole(const char *name, mc_slice value, uint32_t *number) {
    char          head[LEDGER_KEY_SIZE + 64] = "", named[LEDGER_KEY_SIZE] = "";
    unsigned long sum;
    int           len = -1;

    memcpy(head, value.data, value.len < sizeof head - 1 ? value.len : sizeof head - 1);
    if (sscanf(head, "%31s %u %8lx%n", named, number, &sum, &len) != 3 || len < 0 || (size_t)++len > value.len)
        return false;
    return strcmp(named, name) == 0 && checksum(name, *number, value.data + len, value.len - (size_t)len) == sum;
}

/* ------------------------------------------------------------------------------------------------------------ writes -- */

void ledger_key_init(ledger_key *key, const ledger_world *world, const atomic_uint *moves, const char *name) {
    memset(key, 0, sizeof *key);
    pthread_mutex_init(&key->lock, NULL);
    key->world = world;
    key->moves = moves;
    snprintf(key->name, sizeof key->name, "%s", name);
}

static ledger_write *write_of(ledger_key *key, uint32_t number) {
    return &key->writes[number % LEDGER_WRITES];
}

uint32_t ledger_begin(ledger_key *key, bool is_delete) {
    uint32_t number;

    pthread_mutex_lock(&key->lock);
    number = ++key->begun;
    *write_of(key, number) = (ledger_write){.outcome = LEDGER_UNDER_WAY, .is_delete = is_delete};
    pthread_mutex_unlock(&key->lock);
    return number;
}

static ledger_outcome outcome_of(mc_status status, bool is_delete) {
    if (status == MC_OK || (is_delete && status == MC_NOT_FOUND))
        return LEDGER_DONE;
    if (mc_status_outcome_unknown(status) || status == MC_NO_MEMORY || status == MC_SERVER_ERROR)
        return LEDGER_UNKNOWN;
    return LEDGER_NOT_DONE;
}

void ledger_end(ledger_key *key, uint32_t number, mc_status status, const ledger_moment *began) {
    ledger_moment now = ledger_now(key);
    ledger_write *write;

    pthread_mutex_lock(&key->lock);
    write = write_of(key, number);
    write->outcome = outcome_of(status, write->is_delete);
    memcpy(write->restarts, now.restarts, sizeof now.restarts);
    if (write->outcome == LEDGER_DONE) {
        key->acknowledged = number;
        key->since = *began;
    }
    pthread_mutex_unlock(&key->lock);
}

/* ------------------------------------------------------------------------------------------------------------- reads -- */

ledger_look ledger_before_read(ledger_key *key) {
    ledger_look look = {.moment = ledger_now(key)};

    pthread_mutex_lock(&key->lock);
    look.acknowledged = key->acknowledged;
    look.since = key->since;
    pthread_mutex_unlock(&key->lock);
    return look;
}

/* Whether every server has lost its data between the end of the write and the start of the read. */
static bool is_gone(const ledger_write *write, const ledger_look *look) {
    for (size_t i = 0; i < LEDGER_SERVERS; i++) {
        if (look->moment.restarts[i] == write->restarts[i])
            return false;
    }
    return true;
}

/* What must hold of a value in any world; NULL, or what is wrong. */
static const char *judge_value(ledger_key *key, const ledger_look *look, uint32_t number) {
    const ledger_write *write = write_of(key, number);

    if (number == 0 || number > key->begun)
        return "of a write that was never begun";
    if (key->begun - number >= LEDGER_WRITES)
        return "of a write long ago";
    if (write->is_delete)
        return "of a write that was a delete";
    if (write->outcome == LEDGER_NOT_DONE)
        return "of a write that was said not to be done";
    if (write->outcome != LEDGER_UNDER_WAY && is_gone(write, look))
        return "of a write that no server can remember";
    return NULL;
}

/* Whether some write from the look's acknowledged one on, or an earlier one of unknown outcome, is a delete. */
static bool may_be_missing(ledger_key *key, const ledger_look *look) {
    uint32_t oldest = key->begun >= LEDGER_WRITES ? key->begun - LEDGER_WRITES + 1 : 1;

    for (uint32_t number = oldest; number <= key->begun; number++) {
        const ledger_write *write = write_of(key, number);
        if (write->is_delete && (number >= look->acknowledged || write->outcome == LEDGER_UNKNOWN))
            return true;
    }
    return false;
}

/* What must hold where nothing has changed. */
static const char *judge_calm(ledger_key *key, const ledger_look *look, bool found, uint32_t number) {
    if (!found)
        return may_be_missing(key, look) ? NULL : "a miss";
    if (number < look->acknowledged && write_of(key, number)->outcome != LEDGER_UNKNOWN)
        return "of a write before the one that was acknowledged";
    return NULL;
}

ledger_verdict ledger_judge(ledger_key *key, const ledger_look *look, mc_status status, mc_slice value, char why[160]) {
    bool        found = status == MC_OK, calm = look->acknowledged > 0 && ledger_is_calm(key, look);
    const char *wrong = NULL, *contradicts = NULL;
    uint32_t    number = 0;

    if (found && !ledger_value_is_whole(key->name, value, &number))
        wrong = "not a whole value of that key";
    pthread_mutex_lock(&key->lock);
    if (!wrong && found)
        wrong = judge_value(key, look, number);
    if (!wrong && calm)
        contradicts = judge_calm(key, look, found, number);
    snprintf(why, 160, "%s: write %u, with %u acknowledged of %u begun: %s", key->name, number, look->acknowledged,
             key->begun,
             wrong         ? wrong
             : contradicts ? contradicts
                           : "fine");
    pthread_mutex_unlock(&key->lock);
    return wrong ? LEDGER_WRONG : contradicts ? LEDGER_CONTRADICTS : calm ? LEDGER_CALM : LEDGER_FINE;
}
