/* tests/plugins/tally_region.c: the tally's memory, its lock, its strings and stacks. */
/* SPDX-License-Identifier: MIT */

#include "tests/plugins/tally_region.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/plugins/site.h"

struct tally_region *tally_region;
uint32_t tally_plugin;
_Thread_local int tally_current = TALLY_NONE;
_Thread_local struct site_frame *site_top;

void site_leave(struct site_frame *frame)
{
    site_top = frame->up;
}

_Noreturn void tally_fail(const char *why)
{
    static const char prefix[] = "sample plug-in: the tally cannot be kept: ";
    if (write(2, prefix, sizeof prefix - 1) < 0 || write(2, why, strlen(why)) < 0 ||
        write(2, "\n", 1) < 0)
        _exit(99);
    _exit(99);
}

/* Maps the region, or finds the one that another plug-in of this process has mapped. */
static struct tally_region *region_find(void)
{
    void *at = mmap(TALLY_REGION_ADDRESS, sizeof(struct tally_region), PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    struct tally_region *region = TALLY_REGION_ADDRESS;
    if (at == MAP_FAILED) {
        if (errno != EEXIST || region->magic != TALLY_MAGIC)
            tally_fail("its address is taken");
        return region;
    }
    if (at != region)
        tally_fail("this kernel does not know MAP_FIXED_NOREPLACE");
    region->pid = getpid();
    region->string_bytes = 1;
    region->stack_count = 1;
    region->block_count = 1;
    region->page = tally_page_open();
    region->magic = TALLY_MAGIC;
    return region;
}

/* A forked child counts anew: what the parent holds is the parent's to state. */
static void region_forked(struct tally_region *region)
{
    region->pid = getpid();
    region->forked = true;
    region->page = NULL;
    region->unused_blocks = 0;
    region->block_count = 1;
    memset(region->buckets, 0, sizeof region->buckets);
    for (uint32_t i = 0; i < region->plugin_count; i++)
        memset(&region->plugins[i].counts, 0, sizeof region->plugins[i].counts);
    for (uint32_t i = 0; i < region->instance_count; i++)
        memset(&region->instances[i].counts, 0, sizeof region->instances[i].counts);
}

sigset_t tally_lock(void)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (tally_region->pid != getpid()) {
        atomic_flag_clear(&tally_region->lock);
        region_forked(tally_region);
    }
    while (atomic_flag_test_and_set_explicit(&tally_region->lock, memory_order_acquire))
        sched_yield();
    return before;
}

void tally_unlock(const sigset_t *before)
{
    atomic_flag_clear_explicit(&tally_region->lock, memory_order_release);
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

uint32_t tally_string_locked(const char *text)
{
    struct tally_region *region = tally_region;
    uint32_t at = 1;
    for (; at < region->string_bytes; at += (uint32_t)strlen(region->strings + at) + 1)
        if (strcmp(region->strings + at, text) == 0)
            return at;
    size_t bytes = strlen(text) + 1;
    if (at + bytes > sizeof region->strings)
        tally_fail("too many strings");
    memcpy(region->strings + at, text, bytes);
    region->string_bytes += (uint32_t)bytes;
    return at;
}

/* Files are stated without folders, which depend on where the tests were built. */
static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* The stack of the call before, as addresses: in a loop every stack is the one before. */
static struct {
    uint32_t stack, depth;
    struct site_frame frames[TALLY_STACK_DEPTH];
} previous;

static bool same_as_previous(void)
{
    uint32_t depth = 0;
    for (struct site_frame *f = site_top; f != NULL && depth < TALLY_STACK_DEPTH; f = f->up) {
        const struct site_frame *old = &previous.frames[depth++];
        if (depth > previous.depth || old->function != f->function || old->file != f->file ||
            old->line != f->line)
            return false;
    }
    return depth == previous.depth && previous.stack != 0;
}

/* Writes this thread's stack behind the last known one. */
static struct tally_stack *stack_take_locked(void)
{
    struct tally_stack *stack = &tally_region->stacks[tally_region->stack_count];
    uint32_t depth = 0;
    for (struct site_frame *f = site_top; f != NULL && depth < TALLY_STACK_DEPTH; f = f->up) {
        previous.frames[depth] = *f;
        stack->frames[depth].function = tally_string_locked(f->function);
        stack->frames[depth].file = tally_string_locked(file_name(f->file));
        stack->frames[depth].line = f->line;
        depth++;
    }
    previous.depth = stack->depth = depth;
    return stack;
}

uint32_t tally_stack_locked(void)
{
    struct tally_region *region = tally_region;
    if (same_as_previous())
        return previous.stack;
    if (region->stack_count == TALLY_STACKS)
        tally_fail("too many different stacks");
    const struct tally_stack *stack = stack_take_locked();
    for (uint32_t i = 1; i < region->stack_count; i++) {
        const struct tally_stack *old = &region->stacks[i];
        if (old->depth == stack->depth &&
            memcmp(old->frames, stack->frames, stack->depth * sizeof stack->frames[0]) == 0)
            return previous.stack = i;
    }
    return previous.stack = region->stack_count++;
}

void tally_open(const void *anchor)
{
    if (tally_region != NULL)
        return;
    Dl_info info;
    if (dladdr(anchor, &info) == 0 || info.dli_fname == NULL)
        tally_fail("the plug-in's own file is not known");
    const char *name = file_name(info.dli_fname);
    tally_region = region_find();
    sigset_t before = tally_lock();
    uint32_t at = 0;
    while (at < tally_region->plugin_count && strcmp(tally_region->plugins[at].name, name) != 0)
        at++;
    if (at == TALLY_PLUGINS || strlen(name) >= TALLY_NAME_BYTES)
        tally_fail("too many plug-ins or too long a name");
    if (at == tally_region->plugin_count) {
        strcpy(tally_region->plugins[at].name, name);
        tally_page_name(tally_region->page, at, name);
        tally_region->plugin_count++;
    }
    tally_plugin = at;
    tally_unlock(&before);
}
