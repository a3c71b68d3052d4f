/* A whole conversation with a server in one call: bytes to it, the end, and all that it answers. */
#ifndef MC_SUPPORT_RAW_EXCHANGE_H
#define MC_SUPPORT_RAW_EXCHANGE_H

#include <stddef.h>

/*
 * Connects, sends len bytes while it reads, says that no more will come, and reads until the server closes. Returns the
 * answer, NUL-terminated and to be freed; *answer_len (may be NULL) has its length. step > 0: sends that many bytes at a
 * time, each in a segment of its own. Fails the test when it cannot connect or nothing comes for 20 seconds.
 */
char *raw_exchange(const char *address, const char *bytes, size_t len, size_t step, size_t *answer_len);

/* Sends text so and fails the test where the answer is another one. */
void raw_expect(const char *address, const char *text, const char *answer);

#endif
