#include "protocol/key.h"

bool mc__key_bytes_legal(mc_slice bytes) {
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char byte = (unsigned char)bytes.data[i];
        if (byte <= 0x20 || byte == 0x7f)
            return false;
    }
    return true;
}

bool mc__key_legal(mc_slice prefix, mc_slice key) {
    if (key.len == 0 || key.len > MC_KEY_MAX || prefix.len > MC_KEY_MAX - key.len)
        return false;
    return mc__key_bytes_legal(key);
}
