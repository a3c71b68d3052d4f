/*
 * Memory that ends at a page which may not be touched: one byte read or written past its end stops the test at once, in
 * every build.
 */
#ifndef MC_SUPPORT_GUARD_PAGE_H
#define MC_SUPPORT_GUARD_PAGE_H

#include <stddef.h>

typedef struct guard_page {
    char  *data; /* size bytes; data + size is the forbidden page */
    size_t size;
    void  *mapping;
    size_t mapping_size;
} guard_page;

/* Maps size bytes (0 is allowed) before a forbidden page. Fails the test when it cannot. */
guard_page guard_page_new(size_t size);

/* Unmaps it. */
void guard_page_free(guard_page *page);

#endif
