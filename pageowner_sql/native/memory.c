#include "memory.h"

#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__)

#include <stdlib.h>

/* Fits exactly, so that the sanitizer sees each byte beyond it. */
void *pages_new(int64_t size)
{
    return calloc(1, size ? (size_t)size : 1);
}

void pages_free(void *pages)
{
    free(pages);
}

#else

#include <sys/mman.h>

enum { HEAD = 64 }; /* holds the size, and keeps what is behind it aligned */

void *pages_new(int64_t size)
{
    size_t whole = (size_t)size + HEAD;
    int64_t *made = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (made == MAP_FAILED)
        return NULL;
#if defined(MADV_NOHUGEPAGE)
    madvise(made, whole, MADV_NOHUGEPAGE);
#endif
    *made = (int64_t)whole;
    return (uint8_t *)made + HEAD;
}

void pages_free(void *pages)
{
    if (!pages)
        return;
    int64_t *made = (int64_t *)(void *)((uint8_t *)pages - HEAD);
    munmap(made, (size_t)*made);
}

#endif
