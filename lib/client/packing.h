/* The entries of a set of many as they are sent: the caller's own, or a copy in which some values are deflated. */
#ifndef MC_CLIENT_PACKING_H
#define MC_CLIENT_PACKING_H

#include "base/buffer.h"

typedef struct mc__packing {
    const mc_entry *sent;  /* each as it goes on the wire */
    const mc_entry *given; /* each as the caller gave it */
    mc_entry       *copy;  /* NULL: they are the same */
    size_t          count;
    mc__buffer      scratch;
} mc__packing;

/* Entries as given; nothing is allocated. Their memory must outlive the packing, which is freed with mc__packing_free. */
void mc__packing_init(mc__packing *packing, const mc_entry *given, size_t count);

/* Deflates the value of entry i, where that makes it smaller. false: no memory; the entry is sent as it is given. */
bool mc__packing_deflate(mc__packing *packing, size_t i);

void mc__packing_free(mc__packing *packing);

#endif
