#include "allocations.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

// Symbols of an executable come before those of its shared libraries: every library of the process allocates through
// these. glibc keeps its own functions under a second name.

static _Thread_local uint64_t count;

uint64_t allocations_of_this_thread(void) { return count; }

#ifdef __GLIBC__

uint64_t bytes_in_use(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd; // Large blocks are mapped, and counted apart.
}

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t number, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size) {
    count += 1;
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count += 1;
    return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size) {
    count += 1;
    return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
    count += 1;
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count += 1;
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
    count += 1;
    *memory = __libc_memalign(alignment, size);
    return *memory == NULL ? ENOMEM : 0;
}

#else

uint64_t bytes_in_use(void) { return 0; }

#endif
