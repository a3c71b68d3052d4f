/* A plain client of tests: no library, so that what it sees is what the host did. */
#ifndef MC_SUPPORT_PLAIN_CLIENT_H
#define MC_SUPPORT_PLAIN_CLIENT_H

#include <stddef.h>

/* Connects to "127.0.0.1:port", "[::1]:port" or "unix:/path". Returns the descriptor, blocking; or -1 with errno. */
int plain_connect(const char *address);

/* The same; -1 with EINPROGRESS when it has not come about after that time. */
int plain_connect_within(const char *address, int ms);

/* Sends all of a text. Fails the test when it cannot. */
void plain_send(int fd, const char *text);

/*
 * Reads until len bytes, the end or an error has come. Returns how many came; *end is 0 after an end, the errno of an error,
 * or -1 where len was reached. end may be NULL.
 */
size_t plain_read(int fd, char *data, size_t len, int *end);

/* Reads exactly what text has, and fails the test where something else comes. */
void plain_expect(int fd, const char *text);

#endif
