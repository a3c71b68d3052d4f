/* Keys chosen by the host that they go to, and short ways to make clients and to see what a server holds. */
#ifndef MC_SUPPORT_HOMES_H
#define MC_SUPPORT_HOMES_H

#include "mcclient/mcclient.h"

/* Long enough for every key here. */
#define HOME_KEY_SIZE 32

/* Writes a key whose home is the host of that index; another one for each nth. Fails the test when there is none. */
void home_key(const mc_client *client, size_t host, size_t nth, char key[HOME_KEY_SIZE]);

/* The index of the key's home. */
size_t home_of(const mc_client *client, mc_slice key);

/* A client whose calls take timeout_ms at most and which does what failover says. Fails the test when there is none. */
mc_client *client_of(const char *const *hosts, mc_failover failover, int timeout_ms);

/* The same for one host alone. */
mc_client *client_of_one(const char *host, int timeout_ms);

/* Whether mc_get on client answers exactly that text for the key. */
bool has_text(mc_client *client, const char *key, const char *text);

#endif
