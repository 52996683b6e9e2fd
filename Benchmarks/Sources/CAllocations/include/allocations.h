#include <stdint.h>

/// How often the calling thread asked for memory: malloc, calloc, realloc and the aligned forms, of whatever library.
uint64_t allocations_of_this_thread(void);
