/* What the commands do to the table, apart from how they are spelled and answered. */
#ifndef MC_SERVER_OPERATION_H
#define MC_SERVER_OPERATION_H

#include "server/worker.h"

typedef enum mcs__outcome {
    MCS__DONE,
    MCS__NOT_STORED,
    MCS__EXISTS, /* the cas id is another one */
    MCS__NOT_FOUND,
    MCS__NOT_A_NUMBER,
    MCS__NO_MEMORY
} mcs__outcome;

typedef enum mcs__mode { MCS__MODE_SET, MCS__MODE_ADD, MCS__MODE_REPLACE, MCS__MODE_APPEND, MCS__MODE_PREPEND } mcs__mode;

/* A storage command beside its item. */
typedef struct mcs__storing {
    mcs__mode mode;
    bool      compare;  /* store only if the present item's cas id is cas */
    bool      stale;    /* with compare: an older cas is let through, but the new item is stale (meta flag I) */
    bool      give_cas; /* the item gets the id new_cas (meta flag E) */
    bool      vivify;   /* append and prepend: create the item where there is none (meta flag N) */
    uint64_t  cas;      /* to compare with; after MCS__DONE the id of the item stored */
    uint64_t  new_cas;
    mcs__ms   vivify_expires;
    uint32_t  value_len; /* out: of the item stored */
} mcs__storing;

/* incr, decr, ma. */
typedef struct mcs__arithmetic {
    bool     decrement;
    bool     compare, give_cas;
    uint64_t cas, new_cas; /* as in mcs__storing; after MCS__DONE cas is the new id */
    uint64_t delta;
    bool     vivify; /* create the item with initial where there is none */
    uint64_t initial;
    mcs__ms  vivify_expires;
    bool     touch; /* set the expiry to expires */
    mcs__ms  expires;
    uint64_t number;                        /* out: the new value */
    mcs__ms  expires_before, expires_after; /* out */
    bool     created;                       /* out */
} mcs__arithmetic;

/* When an item given exptime_s now expires (protocol.txt, "Expiration times"). */
mcs__ms mcs__expiry(int64_t exptime_s, mcs__ms now);

/* Stores the item, which the caller still has to release. storing->cas is set on MCS__DONE. */
mcs__outcome mcs__store_value(mcs__worker *worker, mcs__item *item, mcs__storing *storing);

mcs__outcome mcs__count_value(mcs__worker *worker, mc_slice key, mcs__arithmetic *arithmetic);

/* Sets the expiry. */
mcs__outcome mcs__touch_value(mcs__worker *worker, mc_slice key, mcs__ms expires);

/* Drops the item, if there is one. */
bool mcs__forget(mcs__worker *worker, mc_slice key);

/* Whether key and value are within -I. */
bool mcs__size_allowed(const mcs__worker *worker, size_t key_len, uint64_t value_len);

#endif
