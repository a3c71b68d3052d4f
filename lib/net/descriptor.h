/* Descriptors that stay clear of standard input, output and error. */
#ifndef MC_NET_DESCRIPTOR_H
#define MC_NET_DESCRIPTOR_H

/*
 * Takes a descriptor that was just made (or -1 and errno, which is passed on) and gives it back with a number above 2: a
 * program that has closed 0, 1 or 2 would otherwise print into a connection. Close-on-exec and O_NONBLOCK are kept.
 * Returns -1 and errno when there is no other descriptor; the one given is closed then.
 */
int mc__descriptor_above_stdio(int fd);

/* Closes fd, which may be -1; errno stays. */
void mc__descriptor_close(int fd);

#endif
