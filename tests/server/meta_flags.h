/* The flags of a meta command's line (protocol.txt, "Meta Commands"). */
#ifndef MC_SERVER_META_FLAGS_H
#define MC_SERVER_META_FLAGS_H

#include "base/slice.h"

/* An opaque token with its O. */
#define MCS__OPAQUE_MAX 32

typedef struct mcs__meta_flags {
    mc_slice key;          /* decoded where the flag b is there */
    mc_slice text;         /* the flags as they came, for answers in their order */
    bool     binary_key;   /* b */
    bool     quiet;        /* q */
    bool     want_value;   /* v */
    bool     no_update;    /* u */
    bool     invalidate;   /* I */
    bool     remove_value; /* x */
    bool     compare;      /* C */
    bool     give_cas;     /* E */
    bool     vivify;       /* N */
    bool     touch;        /* T */
    bool     recache;      /* R */
    char     mode;         /* M; 0: not given */
    uint32_t client_flags; /* F */
    uint64_t cas;          /* of C */
    uint64_t new_cas;      /* of E */
    uint64_t delta;        /* D; 1 where not given */
    uint64_t initial;      /* J */
    int64_t  vivify_s, touch_s, recache_s;
    char     decoded[MC_KEY_MAX];
} mcs__meta_flags;

/*
 * Reads the flags of a command on key. Returns NULL, or the text of the error line. The struct refers to key and text, and
 * to itself, so it cannot be copied.
 */
const char *mcs__meta_flags_read(mc_slice key, mc_slice text, mcs__meta_flags *flags);

#endif
