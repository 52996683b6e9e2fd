#include <stdint.h>

/// How often the calling thread asked for memory: malloc, calloc, realloc and the aligned forms, of whatever library.
uint64_t allocations_of_this_thread(void);

/// The bytes of the heap that the process uses now; 0 where the C library does not tell.
uint64_t bytes_in_use(void);
