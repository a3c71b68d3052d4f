/*
 * What was written to a key, and so what may be read of it, while servers die, stop and come back.
 *
 * A key has one writer, who numbers its writes. A value names its key and the number of its write and carries a checksum.
 * Of a read it is claimed, always:
 *   - the value is whole, of that key, and of a write that was begun before the read ended;
 *   - it is of no write whose status said that nothing was stored;
 *   - some server has lived since before that write ended, for with a server goes what it held.
 * And where the world has not changed from the start of the last acknowledged write to the end of the read, so that both
 * were at one server, which lived:
 *   - the value is of that write, of a later one, or of an earlier one of unknown outcome, which may have arrived after it;
 *   - it is a miss only if the last write or a later one is a delete, or an earlier delete of unknown outcome.
 */
#ifndef MC_SUPPORT_LEDGER_H
#define MC_SUPPORT_LEDGER_H

#include "mcclient/mcclient.h"

#include <pthread.h>
#include <stdatomic.h>

#define LEDGER_SERVERS 3
#define LEDGER_WRITES 2048 /* kept of each key */
#define LEDGER_KEY_SIZE 32
#define LEDGER_VALUE_SIZE 32768

/* What happens to the servers. Shared by a process and its children where the memory is. */
typedef struct ledger_world {
    atomic_uint changes;                  /* odd while one is under way: a server killed or started, the hosts set anew */
    atomic_uint restarts[LEDGER_SERVERS]; /* how often each has lost its data */
} ledger_world;

/* Before and after what ends a server's life or changes where keys go. One thread. */
void ledger_change_begins(ledger_world *world);
void ledger_change_ends(ledger_world *world);

/* The world as it is; moves: what else may send a key elsewhere, such as hosts found dead (a count of such events). */
typedef struct ledger_moment {
    unsigned changes, moves;
    unsigned restarts[LEDGER_SERVERS];
} ledger_moment;

typedef enum ledger_outcome { LEDGER_UNDER_WAY, LEDGER_DONE, LEDGER_NOT_DONE, LEDGER_UNKNOWN } ledger_outcome;

typedef struct ledger_write {
    ledger_outcome outcome;
    bool           is_delete;
    unsigned       restarts[LEDGER_SERVERS]; /* when it ended */
} ledger_write;

typedef struct ledger_key {
    pthread_mutex_t     lock;
    const ledger_world *world;
    const atomic_uint  *moves; /* NULL: nothing moves keys */
    char                name[LEDGER_KEY_SIZE];
    uint32_t            begun;        /* the number of the newest write; from 1 */
    uint32_t            acknowledged; /* of the newest that was done; 0: none */
    ledger_moment       since;        /* when that one began */
    ledger_write        writes[LEDGER_WRITES];
} ledger_key;

/* Readies a key that nobody has written. */
void ledger_key_init(ledger_key *key, const ledger_world *world, const atomic_uint *moves, const char *name);

ledger_moment ledger_now(const ledger_key *key);

/* Begins a write; returns its number. */
uint32_t ledger_begin(ledger_key *key, bool is_delete);

/* Writes the value of a write, of about len bytes, into text; returns its length. */
size_t ledger_value(const char *name, uint32_t number, size_t len, char text[LEDGER_VALUE_SIZE]);

/* Ends a write that began at that moment, with the status of its call. */
void ledger_end(ledger_key *key, uint32_t number, mc_status status, const ledger_moment *began);

/* What a reader notes before it reads. */
typedef struct ledger_look {
    ledger_moment moment, since;
    uint32_t      acknowledged;
} ledger_look;

ledger_look ledger_before_read(ledger_key *key);

typedef enum ledger_verdict {
    LEDGER_FINE,
    LEDGER_CALM, /* fine, and all claims could be made */
    LEDGER_WRONG,
    LEDGER_CONTRADICTS /* unless the world turns out to have changed: see ledger_is_calm */
} ledger_verdict;

/* Judges what a read came to: MC_OK or MC_NOT_FOUND. why: room for what is wrong. */
ledger_verdict ledger_judge(ledger_key *key, const ledger_look *look, mc_status status, mc_slice value, char why[160]);

/* Whether nothing has changed since the write that the look is about. */
bool ledger_is_calm(const ledger_key *key, const ledger_look *look);

/* Whether a value is whole and of a key of that name; *number is that of its write. */
bool ledger_value_is_whole(const char *name, mc_slice value, uint32_t *number);

#endif
