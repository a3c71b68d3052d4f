/*
 * What libFuzzer, or fuzz/replay.c in its stead, calls with each input. A property that does not hold ends the program, so
 * that the input is kept.
 */
#ifndef MC_FUZZ_TARGET_H
#define MC_FUZZ_TARGET_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_REQUIRE(property)                                                                                              \
    do {                                                                                                                    \
        if (!(property)) {                                                                                                  \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #property);                                   \
            abort();                                                                                                        \
        }                                                                                                                   \
    } while (0)

#endif
