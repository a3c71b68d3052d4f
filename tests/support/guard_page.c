#include "support/guard_page.h"

#include "support/check_main.h"

#include <sys/mman.h>
#include <unistd.h>

guard_page guard_page_new(size_t size) {
    size_t     page_size = (size_t)sysconf(_SC_PAGESIZE);
    size_t     usable = (size + page_size - 1) / page_size * page_size;
    guard_page page = {.size = size, .mapping_size = usable + page_size};

    page.mapping = mmap(NULL, page.mapping_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(page.mapping, MAP_FAILED);
    ck_assert_int_eq(mprotect((char *)page.mapping + usable, page_size, PROT_NONE), 0);
    page.data = (char *)page.mapping + usable - size;
    return page;
}

void guard_page_free(guard_page *page) {
    munmap(page->mapping, page->mapping_size);
    *page = (guard_page){0};
}
