/* What a legal key is. */
#ifndef MC_PROTOCOL_KEY_H
#define MC_PROTOCOL_KEY_H

#include "base/slice.h"

/* Whether every byte may stand in a key; for prefixes, which may be empty. */
bool mc__key_bytes_legal(mc_slice bytes);

/*
 * Whether prefix and key together are a key that may go on the wire: 1 to MC_KEY_MAX bytes, each 0x21 to 0x7e or 0x80 to
 * 0xff (protocol.txt, "Keys"; memcached itself lets tab, NUL and 0x7f through, which would break other clients). A key that
 * is too long is not read. The key itself may not be empty.
 */
static inline bool mc__key_legal(mc_slice prefix, mc_slice key) {
    return key.len > 0 && key.len <= MC_KEY_MAX && prefix.len <= MC_KEY_MAX - key.len && mc__key_bytes_legal(key);
}

/* How many of the keys are legal until the first one that is not, or has no data. */
size_t mc__keys_legal(mc_slice prefix, const mc_slice *keys, size_t count);

#endif
