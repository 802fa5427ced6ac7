/* tests/whatif/provided_bench.c - what a heap costs under work like a plug-in's */
/* SPDX-License-Identifier: MIT */

/*
 * `provided_bench libc|npn [ROUNDS]`. A round is a page with plug-in instances: they allocate
 * strings, records, stream buffers and pictures, free most of them in between, and leave one block
 * in sixteen behind when the page goes. `npn` takes NPN_MemAlloc and its like, which a preloaded
 * library has; `libc` malloc, which another preloaded library may have replaced. Run by hand, see
 * doc/WHATIF.md.
 */
#include <dlfcn.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { SLOTS = 1 << 14, CALLS_A_ROUND = 1 << 18, STAYS_ONE_IN = 16, KEPT = 1 << 17 };

struct heap {
    void *(*alloc)(uint32_t size);
    void (*free)(void *block);
    uint32_t (*flush)(uint32_t size);
};

struct block {
    char *start;
    uint32_t bytes;
};

static struct block slots[SLOTS], kept[KEPT];
static uint64_t random_state = 1, live_bytes, peak_live_bytes, peak_resident_bytes;
static unsigned kept_count;

static uint32_t random_below(uint32_t bound)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((random_state >> 33) % bound);
}

/* Of what kind the blocks are, and how many in a thousand. */
static uint32_t random_size(void)
{
    static const struct {
        uint32_t share, least, span;
    } kinds[] = {
        {620, 8, 64},          /* strings, identifiers */
        {280, 64, 512},        /* records */
        {90, 1024, 15 << 10},  /* stream buffers */
        {9, 16 << 10, 64 << 10},
        {1, 256 << 10, 1 << 20}, /* pictures */
    };
    uint32_t at = random_below(1000), kind = 0;

    while (at >= kinds[kind].share)
        at -= kinds[kind++].share;
    return kinds[kind].least + random_below(kinds[kind].span);
}

/* Processor time: this machine may be busy with other things. */
static double used_ns(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return ((double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec) * 1e9 +
           ((double)usage.ru_utime.tv_usec + (double)usage.ru_stime.tv_usec) * 1e3;
}

static uint64_t resident_bytes(void)
{
    unsigned long long all = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    if (file != NULL) {
        if (fscanf(file, "%llu %llu", &all, &resident) != 2)
            resident = 0;
        fclose(file);
    }
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void take(const struct heap *heap, struct block *block)
{
    block->bytes = random_size();
    block->start = heap->alloc(block->bytes);
    if (block->start == NULL) {
        fputs("no memory\n", stderr);
        exit(1);
    }
    memset(block->start, 1, block->bytes);
    live_bytes += block->bytes;
    if (live_bytes > peak_live_bytes)
        peak_live_bytes = live_bytes;
}

static void give(const struct heap *heap, struct block *block)
{
    if (block->start == NULL)
        return;
    heap->free(block->start);
    live_bytes -= block->bytes;
    block->start = NULL;
}

static void run_round(const struct heap *heap)
{
    for (unsigned i = 0; i < CALLS_A_ROUND; i++) {
        struct block *slot = &slots[random_below(SLOTS)];
        give(heap, slot);
        take(heap, slot);
    }
    uint64_t resident = resident_bytes();
    if (resident > peak_resident_bytes)
        peak_resident_bytes = resident;
    for (unsigned i = 0; i < SLOTS; i++) {
        if (slots[i].start != NULL && i % STAYS_ONE_IN == 0 && kept_count < KEPT &&
            slots[i].bytes < 1024) {
            kept[kept_count++] = slots[i];
            slots[i].start = NULL;
        }
        give(heap, &slots[i]);
    }
}

static void *libc_alloc(uint32_t size)
{
    return malloc(size);
}

static uint32_t libc_flush(uint32_t size)
{
    (void)size;
    return (uint32_t)malloc_trim(0);
}

static struct heap heap_of(const char *name)
{
    struct heap heap = {libc_alloc, free, libc_flush};

    if (strcmp(name, "npn") == 0) {
        *(void **)&heap.alloc = dlsym(RTLD_DEFAULT, "NPN_MemAlloc");
        *(void **)&heap.free = dlsym(RTLD_DEFAULT, "NPN_MemFree");
        *(void **)&heap.flush = dlsym(RTLD_DEFAULT, "NPN_MemFlush");
    }
    return heap;
}

static double mib(uint64_t bytes)
{
    return (double)bytes / (1 << 20);
}

int main(int argc, char **argv)
{
    const long rounds = argc > 2 ? atol(argv[2]) : 8;
    const struct heap heap = heap_of(argc > 1 ? argv[1] : "libc");

    if (heap.alloc == NULL || heap.free == NULL || heap.flush == NULL) {
        fputs("no NPN_MemAlloc: preload libnpntrace.so\n", stderr);
        return 2;
    }
    const uint64_t before = resident_bytes();
    const double begin_ns = used_ns();
    for (long i = 0; i < rounds; i++)
        run_round(&heap);
    const double pair_ns = (used_ns() - begin_ns) / (double)(rounds * CALLS_A_ROUND);
    const uint64_t after = resident_bytes(), flushed = heap.flush(UINT32_MAX);
    const uint64_t trimmed = resident_bytes();
    printf("%.0f ns a pair, writing included; peak: %.1f MiB live, %.1f resident; at the end: %.1f "
           "live, %.1f resident, flush returned %" PRIu64 ", then %.1f\n",
           pair_ns, mib(peak_live_bytes), mib(peak_resident_bytes - before), mib(live_bytes),
           mib(after - before), flushed, mib(trimmed - before));
    return 0;
}
