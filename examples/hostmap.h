/* What hostmap.c counts and hostmap_picture.c draws. */
#ifndef HOSTMAP_H
#define HOSTMAP_H

#include <mcclient/mcclient.h>

#include <stdio.h>

/* A way to place keys, and the client whose way it is. */
typedef struct hostmap_rule {
    const char     *name;
    const char     *client;
    mc_distribution distribution;
    mc_hash         hash;
} hostmap_rule;

/* What may happen to a cluster. The host that goes is the last one; the host that comes weighs as much. */
typedef enum hostmap_change { ADDED, REMOVED, DOWN, CHANGES } hostmap_change;

#define RULES 4

typedef struct hostmap {
    const char **hosts;
    unsigned    *weights;
    size_t       count;
    double       total_weight;
    size_t       keys;                  /* that were asked for, of which ... */
    size_t      *held[RULES];           /* ... each host holds so many, */
    size_t       moved[RULES][CHANGES]; /* ... so many change their host, */
    size_t       nowhere[RULES];        /* ... and so many come by no other host in ten tries when the last one is down */
} hostmap;

extern const hostmap_rule rules[RULES];

/* The text for a change, written at text. */
const char *hostmap_change_text(const hostmap *map, hostmap_change change, char *text, size_t size);

/* The number with commas between the thousands, written at text. */
const char *hostmap_grouped(size_t number, char *text, size_t size);

/* The share of the keys, by its weight, of a host. */
double hostmap_fair_share(const hostmap *map, size_t host);

/* The share of the keys that must move at least, if all hosts are to hold as much as their weights say. */
double hostmap_least_moved(const hostmap *map, hostmap_change change);

/* Draws the map as an SVG picture. */
void hostmap_draw(const hostmap *map, FILE *file);

#endif
