#include "server/memory.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#endif
#endif
#ifndef ASAN_POISON_MEMORY_REGION /* another build, where the header may be missing */
#define ASAN_POISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

#define PAGE ((size_t)4096)
#define STEP ((size_t)16)
#define SMALLEST ((size_t)64)
#define LARGEST ((size_t)16384) /* of the blocks that share runs */
#define CLASSES_MAX 64
#define RUN_MAX 16 /* pages in a run that is shared */
#define BINS 96    /* of free runs: exact lengths, then by powers of two */
#define EXACT_BINS 64
#define NONE UINT32_MAX

/* The first page of a run describes it; the last page of a free run knows the first, and those of a shared run too. */
typedef struct page {
    uint32_t head;           /* the run's first page */
    uint32_t len;            /* of the run, in pages */
    uint32_t next, previous; /* in the list of free runs, or of runs with free blocks */
    void    *blocks;         /* shared run: those given back, linked through their first word */
    uint16_t carved;         /* shared run: blocks handed out at least once */
    uint16_t taken;          /* shared run: blocks in use */
    uint8_t  class_index;    /* shared run */
    bool     free;
    bool     backed;       /* this page: the kernel has memory in it */
    uint32_t backed_count; /* free run: of its pages */
} page;

typedef struct size_class {
    size_t   size;
    uint32_t pages;   /* in a run */
    uint32_t blocks;  /* in a run */
    uint32_t partial; /* runs that have a free block */
} size_class;

struct mcs__memory {
    pthread_mutex_t lock;
    char           *base;
    page           *pages;
    size_t          page_count; /* reserved */
    uint32_t        fresh;      /* pages from here on were never used */
    size_t          used;       /* bytes: backed pages, and what was charged */
    size_t          limit;
    uint32_t        bins[2][BINS]; /* free runs: without backed pages, with some */
    size_class      classes[CLASSES_MAX];
    size_t          class_count;
    uint8_t         class_of[LARGEST / STEP + 1]; /* by size in steps */
};

/* ----------------------------------------------------------------------------------------------------------- set up -- */

/* The fewest pages of which at most an eighth is left over. */
static uint32_t run_pages(size_t size) {
    uint32_t pages = (uint32_t)((size + PAGE - 1) / PAGE);

    while (pages < RUN_MAX && pages * PAGE % size > pages * PAGE / 8)
        pages++;
    return pages;
}

/* Sizes grow by an eighth, so a block is at most that much larger than what was asked for. */
static void make_classes(mcs__memory *memory) {
    size_t step = 0;

    for (size_t size = SMALLEST; step <= LARGEST / STEP; size += size / 8 > STEP ? size / 8 / STEP * STEP : STEP) {
        size_class *made = &memory->classes[memory->class_count];
        if (size > LARGEST)
            size = LARGEST;
        *made = (size_class){.size = size, .pages = run_pages(size), .partial = NONE};
        made->blocks = (uint32_t)(made->pages * PAGE / size);
        while (step <= size / STEP)
            memory->class_of[step++] = (uint8_t)memory->class_count;
        memory->class_count++;
    }
}

static void *reserve(size_t size) {
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return at == MAP_FAILED ? NULL : at;
}

/* With 32 bits there is little address space, and others in the process want some. */
#define RESERVED_TIMES (sizeof(void *) > 4 ? 16 : 2)

/* Address space many times the limit where the system grants it: room for runs of any length, and for a higher limit. */
static bool reserve_all(mcs__memory *memory, size_t limit) {
    for (size_t times = RESERVED_TIMES; times >= 2; times /= 2) {
        memory->page_count = limit / PAGE * times + RUN_MAX;
        if (memory->page_count >= NONE)
            continue;
        memory->base = reserve(memory->page_count * PAGE);
        memory->pages = reserve(memory->page_count * sizeof(page));
        if (memory->base && memory->pages)
            return true;
        if (memory->base)
            munmap(memory->base, memory->page_count * PAGE);
        if (memory->pages)
            munmap(memory->pages, memory->page_count * sizeof(page));
    }
    return false;
}

mcs__memory *mcs__memory_new(size_t limit) {
    mcs__memory *memory = calloc(1, sizeof *memory);

    if (!memory)
        return NULL;
    if (!reserve_all(memory, limit)) {
        free(memory);
        return NULL;
    }
    pthread_mutex_init(&memory->lock, NULL);
    memory->limit = limit;
    memset(memory->bins, 0xff, sizeof memory->bins);
    make_classes(memory);
    return memory;
}

void mcs__memory_free(mcs__memory *memory) {
    if (!memory)
        return;
    ASAN_UNPOISON_MEMORY_REGION(memory->base, memory->fresh * PAGE);
    munmap(memory->base, memory->page_count * PAGE);
    munmap(memory->pages, memory->page_count * sizeof(page));
    pthread_mutex_destroy(&memory->lock);
    free(memory);
}

/* ------------------------------------------------------------------------------------------------- lists of runs -- */

static void list_add(mcs__memory *memory, uint32_t *list, uint32_t run) {
    memory->pages[run].previous = NONE;
    memory->pages[run].next = *list;
    if (*list != NONE)
        memory->pages[*list].previous = run;
    *list = run;
}

static void list_remove(mcs__memory *memory, uint32_t *list, uint32_t run) {
    page *at = &memory->pages[run];

    if (at->next != NONE)
        memory->pages[at->next].previous = at->previous;
    if (at->previous != NONE)
        memory->pages[at->previous].next = at->next;
    else
        *list = at->next;
}

static unsigned bin_of(uint32_t len) {
    unsigned bin;

    if (len < EXACT_BINS)
        return len;
    bin = EXACT_BINS + (31U - (unsigned)__builtin_clz(len)) - 6;
    return bin < BINS ? bin : BINS - 1;
}

static uint32_t *free_list(mcs__memory *memory, uint32_t run) {
    return &memory->bins[memory->pages[run].backed_count > 0][bin_of(memory->pages[run].len)];
}

static void set_free(mcs__memory *memory, uint32_t run, uint32_t len, uint32_t backed_count) {
    page *last = &memory->pages[run + len - 1];

    memory->pages[run].len = len;
    memory->pages[run].backed_count = backed_count;
    memory->pages[run].head = last->head = run;
    memory->pages[run].free = last->free = true;
    list_add(memory, free_list(memory, run), run);
}

static void unset_free(mcs__memory *memory, uint32_t run) {
    list_remove(memory, free_list(memory, run), run);
    memory->pages[run].free = false;
    memory->pages[run + memory->pages[run].len - 1].free = false;
}

/* ------------------------------------------------------------------------------------------------------------- runs -- */

/* A free run of at least len pages, backed ones first. NONE: there is none. */
static uint32_t find_free(const mcs__memory *memory, uint32_t len) {
    for (int backed = 1; backed >= 0; backed--)
        for (unsigned bin = bin_of(len); bin < BINS; bin++)
            for (uint32_t run = memory->bins[backed][bin]; run != NONE; run = memory->pages[run].next)
                if (memory->pages[run].len >= len)
                    return run;
    return NONE;
}

/* Hands free backed pages back to the kernel until used is at most most. */
static void unback(mcs__memory *memory, size_t most) {
    for (unsigned bin = BINS; bin-- > 0 && memory->used > most;) {
        while (memory->bins[1][bin] != NONE && memory->used > most) {
            uint32_t run = memory->bins[1][bin];
            uint32_t len = memory->pages[run].len;

            unset_free(memory, run);
            madvise(memory->base + run * PAGE, len * PAGE, MADV_DONTNEED);
            for (uint32_t i = 0; i < len; i++) {
                memory->used -= memory->pages[run + i].backed ? PAGE : 0;
                memory->pages[run + i].backed = false;
            }
            set_free(memory, run, len, 0);
        }
    }
}

static uint32_t count_backed(const mcs__memory *memory, uint32_t run, uint32_t len) {
    uint32_t count = 0;

    for (uint32_t i = 0; i < len; i++)
        count += memory->pages[run + i].backed;
    return count;
}

/* A run of at least len pages that is in no list: a free one, or pages that were never used. NONE: the address space ends.
 */
static uint32_t find_run(mcs__memory *memory, uint32_t len) {
    uint32_t run = find_free(memory, len);

    if (run != NONE) {
        unset_free(memory, run);
        return run;
    }
    if (memory->page_count - memory->fresh < len)
        return NONE;
    run = memory->fresh;
    memory->fresh += len;
    memory->pages[run].len = len;
    memory->pages[run].backed_count = 0;
    return run;
}

/* Joins it with its free neighbours; backed of its pages are. */
static void give_run(mcs__memory *memory, uint32_t run, uint32_t backed) {
    uint32_t len = memory->pages[run].len;
    uint32_t after = run + len;

    if (after < memory->fresh && memory->pages[after].free) {
        unset_free(memory, after);
        len += memory->pages[after].len;
        backed += memory->pages[after].backed_count;
    }
    if (run > 0 && memory->pages[run - 1].free) {
        run = memory->pages[run - 1].head;
        unset_free(memory, run);
        len += memory->pages[run].len;
        backed += memory->pages[run].backed_count;
    }
    set_free(memory, run, len, backed);
}

/* A run of len pages, all counted as backed. NONE: the limit, or the end of the address space. */
static uint32_t take_run(mcs__memory *memory, uint32_t len, bool beyond) {
    uint32_t run = find_run(memory, len);
    page    *head;
    uint32_t backed;
    size_t   more;

    if (run == NONE)
        return NONE;
    head = &memory->pages[run];
    backed = count_backed(memory, run, len);
    more = (len - backed) * PAGE;
    if (head->len > len) /* first, so that its pages can be handed back for these */
        set_free(memory, run + len, head->len - len, head->backed_count - backed);
    head->len = len;
    if (more > 0 && memory->used + more > memory->limit)
        unback(memory, memory->limit > more ? memory->limit - more : 0);
    if (!beyond && more > 0 && memory->used + more > memory->limit) {
        give_run(memory, run, backed);
        return NONE;
    }
    memory->used += more;
    for (uint32_t i = 0; i < len; i++) {
        memory->pages[run + i].head = run;
        memory->pages[run + i].backed = true;
    }
    return run;
}

/* ----------------------------------------------------------------------------------------------------------- blocks -- */

static void *run_address(const mcs__memory *memory, uint32_t run) {
    return memory->base + run * PAGE;
}

static bool add_shared_run(mcs__memory *memory, uint8_t class_index, bool beyond) {
    uint32_t run = take_run(memory, memory->classes[class_index].pages, beyond);
    page    *at;

    if (run == NONE)
        return false;
    at = &memory->pages[run];
    at->blocks = NULL;
    at->carved = at->taken = 0;
    at->class_index = class_index;
    ASAN_POISON_MEMORY_REGION(run_address(memory, run), at->len * PAGE);
    list_add(memory, &memory->classes[class_index].partial, run);
    return true;
}

static void *take_shared(mcs__memory *memory, uint8_t class_index, bool beyond) {
    size_class *from = &memory->classes[class_index];
    uint32_t    run;
    page       *at;
    void       *block;

    if (from->partial == NONE && !add_shared_run(memory, class_index, beyond))
        return NULL;
    run = from->partial;
    at = &memory->pages[run];
    block = at->blocks;
    if (block)
        memcpy(&at->blocks, block, sizeof at->blocks);
    else
        block = (char *)run_address(memory, run) + at->carved++ * from->size;
    if (++at->taken == from->blocks)
        list_remove(memory, &from->partial, run);
    return block;
}

static void give_shared(mcs__memory *memory, void *block) {
    uint32_t    run = memory->pages[(size_t)((char *)block - memory->base) / PAGE].head;
    page       *at = &memory->pages[run];
    size_class *to = &memory->classes[at->class_index];

    ASAN_UNPOISON_MEMORY_REGION(block, sizeof at->blocks);
    memcpy(block, &at->blocks, sizeof at->blocks);
    at->blocks = block;
    if (at->taken-- == to->blocks)
        list_add(memory, &to->partial, run);
    if (at->taken > 0)
        return;
    list_remove(memory, &to->partial, run);
    give_run(memory, run, at->len);
}

static void *take_large(mcs__memory *memory, size_t size, bool beyond) {
    uint32_t run = take_run(memory, (uint32_t)((size + PAGE - 1) / PAGE), beyond);

    return run == NONE ? NULL : run_address(memory, run);
}

static void give_large(mcs__memory *memory, const void *block) {
    uint32_t run = (uint32_t)((size_t)((const char *)block - memory->base) / PAGE);

    give_run(memory, run, memory->pages[run].len);
}

void *mcs__memory_take(mcs__memory *memory, size_t size, bool beyond) {
    void *block;

    pthread_mutex_lock(&memory->lock);
    if (size <= LARGEST)
        block = take_shared(memory, memory->class_of[(size + STEP - 1) / STEP], beyond);
    else
        block = take_large(memory, size, beyond);
    if (block)
        ASAN_UNPOISON_MEMORY_REGION(block, size);
    pthread_mutex_unlock(&memory->lock);
    return block;
}

void mcs__memory_give(mcs__memory *memory, void *block, size_t size) {
    pthread_mutex_lock(&memory->lock);
    ASAN_POISON_MEMORY_REGION(block, size);
    if (size <= LARGEST)
        give_shared(memory, block);
    else
        give_large(memory, block);
    pthread_mutex_unlock(&memory->lock);
}

size_t mcs__memory_footprint(const mcs__memory *memory, size_t size) {
    if (size <= LARGEST)
        return memory->classes[memory->class_of[(size + STEP - 1) / STEP]].size;
    return (size + PAGE - 1) / PAGE * PAGE;
}

/* ------------------------------------------------------------------------------------------------------------ limit -- */

void mcs__memory_charge(mcs__memory *memory, size_t size) {
    pthread_mutex_lock(&memory->lock);
    memory->used += size;
    pthread_mutex_unlock(&memory->lock);
}

bool mcs__memory_over(mcs__memory *memory) {
    bool over;

    pthread_mutex_lock(&memory->lock);
    if (memory->used > memory->limit)
        unback(memory, memory->limit);
    over = memory->used > memory->limit;
    pthread_mutex_unlock(&memory->lock);
    return over;
}

size_t mcs__memory_used(mcs__memory *memory) {
    size_t used;

    pthread_mutex_lock(&memory->lock);
    used = memory->used;
    pthread_mutex_unlock(&memory->lock);
    return used;
}

size_t mcs__memory_limit(mcs__memory *memory) {
    size_t limit;

    pthread_mutex_lock(&memory->lock);
    limit = memory->limit;
    pthread_mutex_unlock(&memory->lock);
    return limit;
}

void mcs__memory_set_limit(mcs__memory *memory, size_t limit) {
    pthread_mutex_lock(&memory->lock);
    memory->limit = limit;
    pthread_mutex_unlock(&memory->lock);
}
