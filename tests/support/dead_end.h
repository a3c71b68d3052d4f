/* Addresses at which nobody answers. */
#ifndef MC_SUPPORT_DEAD_END_H
#define MC_SUPPORT_DEAD_END_H

#define DEAD_END_FILLERS 16

typedef struct dead_end {
    char address[128];
    int  fd;
    int  fillers[DEAD_END_FILLERS]; /* connections that fill the backlog; -1 where none is */
} dead_end;

/* A port of 127.0.0.1 at which connecting is refused, and which nobody else gets while it is held. */
dead_end dead_end_refusing(void);

/* A port of 127.0.0.1 at which connecting neither works nor fails: its backlog is full, so the kernel drops each SYN. */
dead_end dead_end_black_hole(void);

/* Gives the port back. */
void dead_end_free(dead_end *end);

#endif
