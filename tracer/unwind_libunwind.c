/* tracer/unwind_libunwind.c - libunwind's remote interface, turned on ourselves */
/* SPDX-License-Identifier: MIT */

#include "tracer/unwind.h"

#include <dlfcn.h>
#include <errno.h>
#include <libunwind.h>
#include <string.h>

#include "config.h"
#include "tracer/debug.h"
#include "tracer/got.h"
#include "tracer/object.h"
#include "tracer/region.h"
#include "tracer/sys.h"

#define REGISTERS ((unw_regnum_t)(sizeof(((struct unwind_start *)0)->registers) / sizeof(uint64_t)))
#define CACHED_RULES 4096 /* frames whose rule libunwind remembers */

#if defined(__x86_64__)
#define REGISTER_PC UNW_X86_64_RIP
#define REGISTER_SP UNW_X86_64_RSP
#define REGISTER_FP UNW_X86_64_RBP
#define LIBUNWIND(name) "_Ux86_64_" name
#elif defined(__aarch64__)
#define REGISTER_PC UNW_AARCH64_PC
#define REGISTER_SP UNW_AARCH64_SP
#define REGISTER_FP UNW_AARCH64_X29
#define LIBUNWIND(name) "_Uaarch64_" name
#endif

struct unwinder {
    unw_addr_space_t space;
    uint32_t flushed_epoch;
    unw_addr_space_t (*create_addr_space)(unw_accessors_t *, int);
    int (*init_remote)(unw_cursor_t *, unw_addr_space_t, void *);
    int (*step)(unw_cursor_t *);
    int (*get_reg)(unw_cursor_t *, unw_regnum_t, unw_word_t *);
    int (*is_signal_frame)(unw_cursor_t *);
    void (*flush_cache)(unw_addr_space_t, unw_word_t, unw_word_t);
    int (*set_caching_policy)(unw_addr_space_t, unw_caching_policy_t);
    int (*set_cache_size)(unw_addr_space_t, size_t, int);
    int (*search_unwind_table)(unw_addr_space_t, unw_word_t, unw_dyn_info_t *, unw_proc_info_t *,
                               int, void *);
};

/* One walk; the argument of every accessor. */
struct walk {
    unw_cursor_t cursor;
    unw_cursor_t here; /* the cursor before its last step */
    const struct unwinder *unwinder;
    struct unwind_start start; /* where libunwind was set on its way: again after each guess */
    struct thread *thread;
    uint64_t lowest;       /* the stack pointer that the walk began with */
    uint64_t object_start; /* the object whose tables were read last */
    uint64_t object_end;
    bool uncovered; /* a pc was met that no call-frame information covers */
};

/* .eh_frame_hdr with the binary search table that every GNU and LLVM linker writes. */
struct eh_frame_header {
    uint8_t version;
    uint8_t frame_encoding;
    uint8_t count_encoding;
    uint8_t table_encoding;
    int32_t frame;
    uint32_t count;
    /* struct { int32_t location, entry; } table[count] */
};
#define ENCODING_SDATA4_PCREL 0x1b
#define ENCODING_UDATA4 0x03
#define ENCODING_SDATA4_DATAREL 0x3b

static int search_tables(struct walk *walk, unw_addr_space_t space, unw_word_t pc,
                         unw_proc_info_t *info, int need)
{
    struct object object;

    if (!object_at(pc, &object) || object.eh_frame_header == 0)
        return -UNW_ENOINFO;
    const struct eh_frame_header *header = (const void *)(uintptr_t)object.eh_frame_header;
    if (header->version != 1 || header->count_encoding != ENCODING_UDATA4 ||
        header->table_encoding != ENCODING_SDATA4_DATAREL)
        return -UNW_ENOINFO;
    walk->object_start = object.start;
    walk->object_end = object.end;

    unw_dyn_info_t table = {
        .format = UNW_INFO_FORMAT_REMOTE_TABLE,
        .start_ip = object.start,
        .end_ip = object.end,
        .u.rti =
            {
                .segbase = object.eh_frame_header,
                .table_data = object.eh_frame_header + sizeof(*header),
                .table_len = header->count * 2 * sizeof(int32_t) / sizeof(unw_word_t),
            },
    };
    return walk->unwinder->search_unwind_table(space, pc, &table, info, need, walk);
}

static int find_proc_info(unw_addr_space_t space, unw_word_t pc, unw_proc_info_t *info, int need,
                          void *argument)
{
    struct walk *walk = argument;
    int status = search_tables(walk, space, pc, info, need);

    walk->uncovered = status < 0;
    return status;
}

static void put_unwind_info(unw_addr_space_t space, unw_proc_info_t *info, void *argument)
{
    (void)space, (void)info, (void)argument;
}

static int dyn_info_list(unw_addr_space_t space, unw_word_t *list, void *argument)
{
    (void)space, (void)list, (void)argument;
    return -UNW_ENOINFO;
}

/* The stack that we run on, and the tables of the object being looked at, are mapped for certain.
 */
static bool certainly_mapped(const struct walk *walk, uint64_t address)
{
    const struct thread *thread = walk->thread;

    if (address > UINT64_MAX - sizeof(unw_word_t))
        return false;
    uint64_t end = address + sizeof(unw_word_t);
    return (address >= walk->object_start && end <= walk->object_end) ||
           (address >= walk->lowest && end <= thread->stack_end &&
            walk->lowest >= thread->stack_start);
}

static bool read_word(const struct walk *walk, uint64_t address, unw_word_t *ret_word)
{
    if (!certainly_mapped(walk, address))
        return sys_read_memory(address, ret_word, sizeof(*ret_word));
    memcpy(ret_word, (const void *)(uintptr_t)address, sizeof(*ret_word));
    return true;
}

static int access_mem(unw_addr_space_t space, unw_word_t address, unw_word_t *value, int write,
                      void *argument)
{
    const struct walk *walk = argument;

    (void)space;
    if (write)
        return -UNW_EINVAL;
    /* Beyond what tables say libunwind reads at random, and the stack's end may be out of date. */
    if (walk->uncovered)
        return sys_read_memory(address, value, sizeof(*value)) ? 0 : -UNW_EINVAL;
    return read_word(walk, address, value) ? 0 : -UNW_EINVAL;
}

static int access_reg(unw_addr_space_t space, unw_regnum_t number, unw_word_t *value, int write,
                      void *argument)
{
    const struct walk *walk = argument;

    (void)space;
    if (write)
        return -UNW_EREADONLYREG;
    if (number == REGISTER_PC)
        *value = walk->start.pc;
    else if (number >= 0 && number < REGISTERS)
        *value = walk->start.registers[number];
    else
        return -UNW_EBADREG;
    return 0;
}

static int access_fpreg(unw_addr_space_t space, unw_regnum_t number, unw_fpreg_t *value, int write,
                        void *argument)
{
    (void)space, (void)number, (void)value, (void)write, (void)argument;
    return -UNW_EBADREG;
}

static int resume(unw_addr_space_t space, unw_cursor_t *cursor, void *argument)
{
    (void)space, (void)cursor, (void)argument;
    return -UNW_EINVAL;
}

static int proc_name(unw_addr_space_t space, unw_word_t pc, char *name, size_t bytes,
                     unw_word_t *offset, void *argument)
{
    (void)space, (void)pc, (void)name, (void)bytes, (void)offset, (void)argument;
    return -UNW_ENOINFO;
}

static unw_accessors_t accessors = {
    .find_proc_info = find_proc_info,
    .put_unwind_info = put_unwind_info,
    .get_dyn_info_list_addr = dyn_info_list,
    .access_mem = access_mem,
    .access_reg = access_reg,
    .access_fpreg = access_fpreg,
    .resume = resume,
    .get_proc_name = proc_name,
};

static bool resolve(struct unwinder *unwinder, void *library)
{
    const struct {
        const char *name;
        void **to;
    } wanted[] = {
        {LIBUNWIND("create_addr_space"), (void **)&unwinder->create_addr_space},
        {LIBUNWIND("init_remote"), (void **)&unwinder->init_remote},
        {LIBUNWIND("step"), (void **)&unwinder->step},
        {LIBUNWIND("get_reg"), (void **)&unwinder->get_reg},
        {LIBUNWIND("is_signal_frame"), (void **)&unwinder->is_signal_frame},
        {LIBUNWIND("flush_cache"), (void **)&unwinder->flush_cache},
        {LIBUNWIND("set_caching_policy"), (void **)&unwinder->set_caching_policy},
        {LIBUNWIND("set_cache_size"), (void **)&unwinder->set_cache_size},
        {LIBUNWIND("dwarf_search_unwind_table"), (void **)&unwinder->search_unwind_table},
    };

    for (unsigned i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        *wanted[i].to = dlsym(library, wanted[i].name);
        if (*wanted[i].to == NULL)
            return false;
    }
    return true;
}

static int no_pipe(int descriptors[2], int flags)
{
    (void)descriptors, (void)flags;
    errno = ENFILE;
    return -1;
}

/* libunwind opens a pipe to try out addresses with when it steps over its own process's memory by
 * itself. It never does here, and the host is to have no descriptors of ours. */
static void forbid_pipes(void *library)
{
    struct link_map *map;

    if (dlinfo(library, RTLD_DI_LINKMAP, &map) == 0) {
        got_redirect(map, "pipe2", (void *)no_pipe);
        got_redirect(map, "pipe", (void *)no_pipe);
    }
}

struct unwinder *unwinder_open(void)
{
    void *library = dlopen(LIBUNWIND_SONAME, RTLD_NOW | RTLD_LOCAL);
    struct unwinder *unwinder = sys_map(sizeof(*unwinder));

    if (library != NULL)
        forbid_pipes(library);
    if (library == NULL || unwinder == NULL || !resolve(unwinder, library)) {
        debug_say("no backtraces: " LIBUNWIND_SONAME " cannot be used", 0);
        return NULL;
    }
    unwinder->space = unwinder->create_addr_space(&accessors, 0);
    if (unwinder->space == NULL)
        return NULL;
    unwinder->set_caching_policy(unwinder->space, UNW_CACHE_GLOBAL);
    unwinder->set_cache_size(unwinder->space, CACHED_RULES, 0);
    return unwinder;
}

void unwinder_flush(struct unwinder *unwinder)
{
    unwinder->flush_cache(unwinder->space, 0, 0);
}

static uint64_t read_register(const struct unwinder *unwinder, unw_cursor_t *cursor,
                              unw_regnum_t number)
{
    unw_word_t value = 0;

    return unwinder->get_reg(cursor, number, &value) == 0 ? value : 0;
}

enum step {
    STEP_FRAME, /* *pc and *flags are the caller's */
    STEP_END,   /* the thread's first frame was reached */
    STEP_LOST   /* the stack goes on, but nobody knows where */
};

/* A return address: in an object, or in memory that may be executed (JIT code). */
static bool is_code(struct thread *thread, uint64_t pc)
{
    struct object object;
    struct region region;

    if ((pc >= thread->code_start && pc < thread->code_end) || object_at(pc, &object))
        return true;
    if (!region_find(pc, &region) || !region.executable)
        return false;
    thread->code_start = region.start;
    thread->code_end = region.end;
    return true;
}

/* Code without call-frame information (JIT code, hand-written assembly) mostly keeps a frame
 * pointer, which points to the caller's and the return address. libunwind, too, would try that, but
 * goes on from it with a wrong stack pointer (its version 1.6), so it is set on its way anew. */
static enum step guess(struct walk *walk, uint64_t *pc)
{
    unw_cursor_t *here = &walk->here, *cursor = &walk->cursor;
    const struct unwinder *unwinder = walk->unwinder;
    uint64_t stack_pointer = read_register(unwinder, here, REGISTER_SP);
    uint64_t frame_pointer = read_register(unwinder, here, REGISTER_FP);
    unw_word_t caller_frame, return_address;

    if (frame_pointer % sizeof(unw_word_t) != 0 || frame_pointer < stack_pointer ||
        !thread_same_stack(walk->thread, stack_pointer, frame_pointer) ||
        !sys_read_memory(frame_pointer, &caller_frame, sizeof(caller_frame)) ||
        !sys_read_memory(frame_pointer + sizeof(unw_word_t), &return_address,
                         sizeof(return_address)) ||
        !is_code(walk->thread, return_address))
        return STEP_LOST;
    for (unw_regnum_t number = 0; number < REGISTERS; number++)
        walk->start.registers[number] = read_register(unwinder, here, number);
    walk->start.registers[REGISTER_FP] = caller_frame;
    walk->start.registers[REGISTER_SP] = frame_pointer + 2 * sizeof(unw_word_t);
    walk->start.pc = return_address - 1; /* libunwind looks up the first pc as it is */
    if (unwinder->init_remote(cursor, unwinder->space, walk) != 0)
        return STEP_LOST;
    *pc = return_address;
    return STEP_FRAME;
}

static enum step step_out(struct walk *walk, uint64_t *pc, uint64_t *flags)
{
    unw_cursor_t *cursor = &walk->cursor;
    const struct unwinder *unwinder = walk->unwinder;
    walk->here = *cursor;
    walk->uncovered = false; /* nor is it set where libunwind remembers the rule */
    int status = unwinder->step(cursor);
    /* It says so of the frame that was interrupted, not of the trampoline. */
    bool signal_frame = status > 0 && unwinder->is_signal_frame(cursor) > 0;
    if (walk->uncovered && !signal_frame) {
        *flags = RING_NODE_GUESSED;
        return guess(walk, pc);
    }
    if (status == 0)
        return STEP_END;
    uint64_t stack_pointer = read_register(unwinder, cursor, REGISTER_SP);
    if (status < 0 ||
        (stack_pointer <= read_register(unwinder, &walk->here, REGISTER_SP) && !signal_frame))
        return STEP_LOST;
    *pc = read_register(unwinder, cursor, REGISTER_PC);
    *flags = signal_frame ? RING_NODE_EXACT_PC : 0;
    return *pc == 0 ? STEP_END : STEP_FRAME;
}

static struct unwind_result walk_frames(struct tracer *tracer, struct walk *walk,
                                        struct event_frame *frames, unsigned capacity)
{
    struct unwind_result result = {.count = 0};
    uint64_t pc = walk->start.pc, flags = RING_NODE_EXACT_PC; /* where we stand */
    enum step step = STEP_FRAME;

    if (walk->unwinder->init_remote(&walk->cursor, walk->unwinder->space, walk) != 0)
        step = STEP_LOST;
    while (step == STEP_FRAME) {
        bool own = pc >= tracer->own_start && pc < tracer->own_end;
        if (result.count == capacity)
            break;
        if (result.count > 0 || !own)
            frames[result.count++] = (struct event_frame){.pc = pc, .flags = flags};
        step = step_out(walk, &pc, &flags);
    }
    result.truncated = step != STEP_END;
    return result;
}

struct unwind_result unwind_frames(struct tracer *tracer, struct thread *thread,
                                   const struct unwind_start *start, struct event_frame *frames,
                                   unsigned capacity)
{
    /* Under the lock, and not on the stack: a signal handler's may be small. */
    static struct walk walk;
    uint32_t epoch = atomic_load_explicit(&tracer->epoch, memory_order_acquire);
    struct unwind_result result = {.truncated = true};
    struct lock_mask mask;

    thread_same_stack(thread, start->stack_pointer, start->stack_pointer); /* refreshes it */
    /* Signals wait: a handler that jumped out would leave the lock taken for ever. */
    if (!lock_acquire(&tracer->unwind_lock, &mask))
        return result; /* a fault's handler, in the middle of this very function */
    if (tracer->unwinder->flushed_epoch != epoch) {
        unwinder_flush(tracer->unwinder);
        tracer->unwinder->flushed_epoch = epoch;
    }
    walk.unwinder = tracer->unwinder;
    walk.start = *start;
    walk.lowest = start->stack_pointer;
    walk.thread = thread;
    walk.object_start = walk.object_end = 0;
    walk.uncovered = false;
    result = walk_frames(tracer, &walk, frames, capacity);
    lock_release(&tracer->unwind_lock, &mask);
    return result;
}
