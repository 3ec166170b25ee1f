/* Counts the requests that reach Python's object allocator, by putting a counter in front of it. */
#include <stddef.h>

typedef struct {
    void *context;
    void *(*malloc)(void *, size_t);
    void *(*calloc)(void *, size_t, size_t);
    void *(*realloc)(void *, void *, size_t);
    void (*free)(void *, void *);
} Allocator; /* PyMemAllocatorEx, part of the stable documentation of CPython */

enum { OBJECTS = 2 }; /* PYMEM_DOMAIN_OBJ */

extern void PyMem_GetAllocator(int, Allocator *);
extern void PyMem_SetAllocator(int, Allocator *);

static Allocator real;
static long requests;

static void *counted_malloc(void *context, size_t size) {
    requests++;
    return real.malloc(context, size);
}

static void *counted_calloc(void *context, size_t count, size_t size) {
    requests++;
    return real.calloc(context, count, size);
}

void allocations_start(void) {
    PyMem_GetAllocator(OBJECTS, &real);
    Allocator counted = real;
    counted.malloc = counted_malloc;
    counted.calloc = counted_calloc;
    PyMem_SetAllocator(OBJECTS, &counted);
    requests = 0;
}

long allocations_stop(void) {
    PyMem_SetAllocator(OBJECTS, &real);
    return requests;
}
