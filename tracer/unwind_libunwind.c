/* tracer/unwind_libunwind.c - libunwind's remote interface, turned on ourselves */
/* SPDX-License-Identifier: MIT */

#include "tracer/unwind.h"

#include <dlfcn.h>
#include <libunwind.h>
#include <string.h>

#include "config.h"
#include "tracer/debug.h"
#include "tracer/object.h"
#include "tracer/sys.h"

#define CACHED_RULES 4096 /* frames whose rule libunwind remembers */

#if defined(__x86_64__)
#define REGISTER_PC UNW_X86_64_RIP
#define REGISTER_SP UNW_X86_64_RSP
#define LIBUNWIND(name) "_Ux86_64_" name
#elif defined(__aarch64__)
#define REGISTER_PC UNW_AARCH64_PC
#define REGISTER_SP UNW_AARCH64_SP
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
    const struct unwinder *unwinder;
    const struct unwind_start *start;
    struct thread *thread;
    uint64_t object_start; /* the object whose tables were read last */
    uint64_t object_end;
    bool guessing; /* the last frame has no call-frame information */
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

static int find_proc_info(unw_addr_space_t space, unw_word_t pc, unw_proc_info_t *info, int need,
                          void *argument)
{
    struct walk *walk = argument;
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
    int status = walk->unwinder->search_unwind_table(space, pc, &table, info, need, argument);
    if (status == 0 || status != -UNW_ENOINFO)
        walk->guessing = false;
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
static bool certainly_mapped(struct walk *walk, uint64_t address)
{
    return (address >= walk->object_start && address + sizeof(unw_word_t) <= walk->object_end) ||
           (address >= walk->start->stack_pointer &&
            address + sizeof(unw_word_t) <= walk->thread->stack_end &&
            walk->start->stack_pointer >= walk->thread->stack_start);
}

static int access_mem(unw_addr_space_t space, unw_word_t address, unw_word_t *value, int write,
                      void *argument)
{
    (void)space;
    if (write)
        return -UNW_EINVAL;
    if (certainly_mapped(argument, address)) {
        memcpy(value, (const void *)(uintptr_t)address, sizeof(*value));
        return 0;
    }
    return sys_read_memory(address, value, sizeof(*value)) ? 0 : -UNW_EINVAL;
}

static int access_reg(unw_addr_space_t space, unw_regnum_t number, unw_word_t *value, int write,
                      void *argument)
{
    struct walk *walk = argument;

    (void)space;
    if (write)
        return -UNW_EREADONLYREG;
    if (number == REGISTER_PC)
        *value = walk->start->pc;
    else if (number >= 0 && number < 34)
        *value = walk->start->registers[number];
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

struct unwinder *unwinder_open(void)
{
    void *library = dlopen(LIBUNWIND_SONAME, RTLD_NOW | RTLD_LOCAL);
    struct unwinder *unwinder = sys_map(sizeof(*unwinder));

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

/* What the frame that cursor stands on was reached by; *ret_pc as it will be stored. */
static uint64_t read_register(const struct unwinder *unwinder, unw_cursor_t *cursor,
                              unw_regnum_t number)
{
    unw_word_t value = 0;

    return unwinder->get_reg(cursor, number, &value) == 0 ? value : 0;
}

static struct unwind_result walk_frames(struct tracer *tracer, struct walk *walk,
                                        struct event_frame *frames, unsigned capacity)
{
    const struct unwinder *unwinder = walk->unwinder;
    struct unwind_result result = {.count = 0};
    uint64_t flags = RING_NODE_EXACT_PC; /* the first pc is where we stand */
    unw_cursor_t cursor;

    if (unwinder->init_remote(&cursor, unwinder->space, walk) != 0) {
        result.truncated = true;
        return result;
    }
    for (;;) {
        uint64_t pc = read_register(unwinder, &cursor, REGISTER_PC);
        bool own = pc >= tracer->own_start && pc < tracer->own_end;
        if (pc == 0)
            return result;
        if (result.count > 0 || !own) {
            if (result.count == capacity)
                break;
            frames[result.count++] = (struct event_frame){.pc = pc, .flags = flags};
        }
        bool signal_frame = unwinder->is_signal_frame(&cursor) > 0;
        uint64_t stack_pointer = read_register(unwinder, &cursor, REGISTER_SP);
        walk->guessing =
            true; /* until tables are found for this pc, or its rule comes from the cache */
        int status = unwinder->step(&cursor);
        if (status == 0)
            return result;
        uint64_t next = read_register(unwinder, &cursor, REGISTER_SP);
        if (status < 0 || (next <= stack_pointer && !signal_frame))
            break;
        struct object object;
        bool guessed = walk->guessing && !object_at(pc, &object);
        flags = (signal_frame ? RING_NODE_EXACT_PC : 0u) | (guessed ? RING_NODE_GUESSED : 0u);
    }
    result.truncated = true;
    return result;
}

struct unwind_result unwind_frames(struct tracer *tracer, struct thread *thread,
                                   const struct unwind_start *start, struct event_frame *frames,
                                   unsigned capacity)
{
    struct walk walk = {.unwinder = tracer->unwinder, .start = start, .thread = thread};
    uint32_t epoch = atomic_load_explicit(&tracer->epoch, memory_order_acquire);
    struct lock_mask mask;

    thread_same_stack(thread, start->stack_pointer,
                      start->stack_pointer); /* refreshes the region */
    /* Signals wait: a handler that jumped out would leave the lock taken for ever. */
    bool locked = lock_acquire(&tracer->unwind_lock, &mask);
    if (tracer->unwinder->flushed_epoch != epoch) {
        unwinder_flush(tracer->unwinder);
        tracer->unwinder->flushed_epoch = epoch;
    }
    struct unwind_result result = walk_frames(tracer, &walk, frames, capacity);
    if (locked)
        lock_release(&tracer->unwind_lock, &mask);
    return result;
}
