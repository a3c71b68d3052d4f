/* Life in the background: detaching, the pid file, the user. */
#ifndef MC_SERVER_DAEMON_H
#define MC_SERVER_DAEMON_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Continues in a child with a session of its own. In the parent *status is what it is to exit with: 0 once the child has
 * called mcs__daemon_ready, 1 when the child ended before. In the child *status is -1. false: error has the reason.
 */
bool mcs__daemon_start(int *status, char *error, size_t size);

/* The server runs: the parent may go, and so do working folder and terminal. */
void mcs__daemon_ready(void);

/* Whether the user exists, and root has named one. false: error has the reason. */
bool mcs__user_is_right(const char *user, char *error, size_t size);

/* Becomes the user where the process is root's. */
bool mcs__become_user(const char *user, char *error, size_t size);

/* The file is complete when it appears, and the user's where root writes it, to be removed later. NULL: nothing is done. */
bool mcs__pid_write(const char *path, const char *user, char *error, size_t size);
void mcs__pid_remove(const char *path);

#endif
