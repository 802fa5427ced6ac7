/* format/event.h - the events inside a chunk, as words and as a plain structure */
/* SPDX-License-Identifier: MIT */

/*
 * An event is a run of 64-bit words. The first carries the type and the stamp, counted from the
 * chunk's base_stamp:
 *
 *   word 0   stamp << 8 | type
 *   word 1   address                                     (flush: what NPN_MemFlush returned)
 *   word 2   node << 32 | size
 *   word 3   instance << 32 | flags << 16 | plugin
 *   word 4   owner_instance << 32 | owner_node           frees and freed-elsewhere only:
 *   word 5   owner_flags << 16 | owner_plugin            what the side table knew of the block
 *   word 6   owner_stamp
 *
 * What the browser gives away and takes over (tracer/npn.h) has the same words: a block received
 * those of an allocation, a block released or handed over those of a free. The upper byte of flags
 * says by which call: enum npn_origin of a block received, enum npn_way of one handed over;
 * owner_flags have the origin of the block. An EVENT_OBJECT has the words of an allocation: address
 * is the NPObject, size how many references the plug-in holds afterwards, the upper byte of flags
 * enum object_step.
 *
 * An EVENT_STACK is word 0 with the number of frames in word 1, then two words a frame
 * (pc, enum ring_node_flag), innermost first; it belongs to the event that follows it.
 *
 * Heap events are short, because they come by the million:
 *
 *   EVENT_HEAP_ALLOC    word 1   function << 56 | address
 *                       word 2   node << 32 | size         (EVENT_HEAP_LARGE: word 3 is the size)
 *   EVENT_HEAP_FREE     word 1   function << 56 | address
 *   EVENT_HEAP_CONTEXT  word 1   instance << 32 | plugin
 *
 * Whose call it was stands in the EVENT_HEAP_CONTEXT before it in the same chunk; where there is
 * none it was nobody's: the host's. A heap event's fields plugin and instance are for the reader of
 * the chunk to fill in. A realloc is two events, committed as one: the free of the old block,
 * stamped before the call, and the allocation of the new one, stamped after it; of one that failed
 * there is the allocation alone, with address 0. A block has no owner words: readers pair a free
 * with its allocation by the address. Allocations of one thread are stamped after the function
 * returned and frees before it was called, so a block's free is older than the next allocation of
 * its address but for what two processors' clocks differ; see doc/FORMAT.md for the repair.
 *
 * A free names its block's allocation completely. So sums per plug-in, instance and stack do not
 * depend on the order in which threads' events are read, nor on a table of pointers in the reader.
 */
#ifndef NPNTRACE_FORMAT_EVENT_H
#define NPNTRACE_FORMAT_EVENT_H

#include <stddef.h>
#include <stdint.h>

enum event_type {
    EVENT_NONE,      /* never committed: a zero word is no event */
    EVENT_NPN_ALLOC, /* NPN_MemAlloc returned; address 0: it failed */
    EVENT_NPN_FREE,  /* NPN_MemFree of a non-NULL pointer, stamped before the host's function ran */
    EVENT_NPN_ELSEWHERE, /* a live block's address was issued again: someone freed it unseen */
    EVENT_NPN_FLUSH,     /* NPN_MemFlush returned; size: what was asked */
    EVENT_PLUGIN,   /* a step in a plug-in's life: flags is enum event_step, size the NPError */
    EVENT_INSTANCE, /* the same for an instance; EVENT_STEP_NEW_ENTER: node is the MIME type's
                       string */
    EVENT_STACK,
    EVENT_HEAP_ALLOC,   /* malloc and its family returned; address 0: it failed */
    EVENT_HEAP_FREE,    /* free of a non-NULL pointer */
    EVENT_HEAP_CONTEXT, /* whose the heap events after it in the chunk are */
    EVENT_NPN_RECEIVED, /* the browser gave the plug-in a block, which the plug-in has to release */
    EVENT_NPN_RELEASED, /* the plug-in released a block by NPN_ReleaseVariantValue */
    EVENT_NPN_HANDED,   /* the plug-in gave a block to the browser, which has to free it */
    EVENT_OBJECT,       /* the plug-in holds one reference to an NPObject more, or one less */
    EVENT_TYPES
};

/* Which function a heap event is a call of. */
enum event_function {
    EVENT_FUNCTION_NONE,
    EVENT_MALLOC,
    EVENT_CALLOC,
    EVENT_REALLOC,
    EVENT_REALLOCARRAY,
    EVENT_MEMALIGN,
    EVENT_ALIGNED_ALLOC,
    EVENT_POSIX_MEMALIGN,
    EVENT_VALLOC,
    EVENT_PVALLOC,
    EVENT_FREE,
    EVENT_CFREE,
    EVENT_FREE_SIZED,
    EVENT_FREE_ALIGNED_SIZED,
    EVENT_NEW, /* the C++ operators, where they do not end in malloc */
    EVENT_NEW_ARRAY,
    EVENT_DELETE,
    EVENT_DELETE_ARRAY,
    EVENT_FUNCTIONS
};

enum event_flag { /* of NPN events */
                  EVENT_KNOWN =
                      1, /* free: the block was in the side table, words 4-6 are its allocation */
                  EVENT_REISSUED =
                      2, /* alloc: an EVENT_NPN_ELSEWHERE of the same address stands before it */
                  EVENT_UNTRACKED = 4, /* alloc: the side table had no room for it */
                  EVENT_PROVIDED = 8,  /* by our own NPN_Mem*, no host's function was called */
                  EVENT_REFUSED =
                      16, /* free: of something our NPN_MemAlloc never issued; nothing was freed */
                  EVENT_INHERITED =
                      32, /* free: unknown, but the process was forked from a traced one */
                  EVENT_INJECTED = 64, /* alloc: it failed because npntrace was told to let it */
                  EVENT_OVER_LIMIT = 128, /* with EVENT_INJECTED: it was beyond the budget */
};

/* The upper byte of flags. */
#define EVENT_ORIGIN_SHIFT 8
#define EVENT_ORIGIN(flags) ((unsigned)(flags) >> EVENT_ORIGIN_SHIFT)

enum npn_origin {                        /* which call brought a block */
                  NPN_ORIGIN_ALLOC,      /* NPN_MemAlloc; any other was allocated by the browser */
                  NPN_ORIGIN_IDENTIFIER, /* NPN_UTF8FromIdentifier */
                  NPN_ORIGIN_ENUMERATE,  /* the array of NPN_Enumerate */
                  NPN_ORIGIN_URL_VALUE,  /* NPN_GetValueForURL */
                  NPN_ORIGIN_USER_NAME,  /* NPN_GetAuthenticationInfo */
                  NPN_ORIGIN_PASSWORD,   /* the same */
                  NPN_ORIGIN_DOCUMENT,   /* NPN_GetValue(NPNVdocumentOrigin) */
                  NPN_ORIGIN_VARIANT,    /* a result string: NPN_ReleaseVariantValue releases it */
                  NPN_ORIGIN_SAVED,      /* NPP_New: saved data, and its buffer */
                  NPN_ORIGINS
};

enum npn_way { /* how a block came to the browser */
               NPN_WAY_NONE,
               NPN_WAY_RESULT,    /* result string of an NPClass function */
               NPN_WAY_ENUMERATE, /* array of NPClass.enumerate */
               NPN_WAY_FORM,      /* NPP_GetValue(NPPVformValue) */
               NPN_WAY_SITES,     /* NPP_GetSitesWithData: the array or a string of it */
               NPN_WAY_SAVED,     /* NPP_Destroy: NPSavedData or its buffer */
               NPN_WAY_OBJECT,    /* an NPObject whose class allocates and does not deallocate */
               NPN_WAY_FREED,     /* unseen, but the browser freed it (heap calls are recorded) */
               NPN_WAYS
};

enum object_step {                     /* why a plug-in holds one reference more, or one less */
                   OBJECT_CREATED = 1, /* NPN_CreateObject */
                   OBJECT_GOT,         /* NPN_GetValue */
                   OBJECT_RESULT,      /* the result of NPN_GetProperty, NPN_Invoke, ... */
                   OBJECT_RETAINED,    /* NPN_RetainObject */
                   OBJECT_RELEASED,    /* NPN_ReleaseObject */
                   OBJECT_VARIANT,     /* NPN_ReleaseVariantValue */
                   OBJECT_HANDED, /* the result of an NPClass function, NPP_GetValue: the browser's
                                     now */
                   OBJECT_GONE,   /* NPClass.deallocate was called; no reference is left */
                   OBJECT_STEPS
};

/* Beside the step of what is held: another instance of the plug-in, or something outside of any,
 * took a reference, too, and nobody can tell whose are left. */
#define OBJECT_SHARED 0x100u
#define OBJECT_STEP(step) ((step) & 0xffu)

enum event_step {
    EVENT_STEP_MET = 1, /* plug-in */
    EVENT_STEP_INITIALIZE_ENTER,
    EVENT_STEP_INITIALIZE_RETURN,
    EVENT_STEP_SHUTDOWN_ENTER,
    EVENT_STEP_SHUTDOWN_RETURN,
    EVENT_STEP_UNLOADED,
    EVENT_STEP_NEW_ENTER, /* instance */
    EVENT_STEP_NEW_RETURN,
    EVENT_STEP_DESTROY_ENTER,
    EVENT_STEP_DESTROY_RETURN,
    EVENT_STEPS
};

#define EVENT_MAX_FRAMES 512
#define EVENT_MAX_WORDS (2 + 2 * EVENT_MAX_FRAMES)
#define EVENT_ADDRESS_MASK ((UINT64_C(1) << 56) - 1) /* of word 1 of heap events */
#define EVENT_HEAP_LARGE UINT32_C(0xffffffff)        /* a size that stands in a word of its own */
#define EVENT_STAMP_LIMIT (UINT64_C(1) << 56)        /* stamps in a chunk stay below this */

struct event_frame {
    uint64_t pc;
    uint64_t flags; /* enum ring_node_flag */
};

/* The plain form. Fields that a type does not have are 0. */
struct event {
    uint8_t type;   /* enum event_type */
    uint16_t flags; /* enum event_flag or enum event_step */
    uint64_t stamp; /* absolute, in the recording's clock */
    uint64_t address;
    uint64_t size;    /* of NPN events below 2^32 */
    uint8_t function; /* enum event_function, of heap events */
    uint32_t node;    /* stack of the call; RING_NODE_INLINE: it stood in the EVENT_STACK before */
    uint16_t plugin;  /* who called */
    uint32_t instance;
    uint16_t owner_plugin; /* who allocated the block */
    uint16_t owner_flags;
    uint32_t owner_instance;
    uint32_t owner_node;
    uint64_t owner_stamp;
    uint32_t frame_count;             /* EVENT_STACK */
    const struct event_frame *frames; /* EVENT_STACK: inside the words that were decoded */
};

/* Words of an event, 0 for a type that has none. EVENT_STACK: event->frame_count counts. */
size_t event_words(const struct event *event);

/* Words of an EVENT_HEAP_ALLOC of which at least three are there. */
static inline uint32_t event_heap_alloc_words(const uint64_t *words)
{
    return (uint32_t)words[2] == EVENT_HEAP_LARGE ? 4 : 3;
}

/* Writes event as words counted from base_stamp; words has room for event_words(). Returns the
 * words. */
size_t event_encode(const struct event *event, uint64_t base_stamp, uint64_t *words);

/* Reads one event. Returns the words it took, or 0 if the count words do not hold a whole valid
 * event. */
size_t event_decode(const uint64_t *words, size_t count, uint64_t base_stamp,
                    struct event *ret_event);

const char *event_type_name(unsigned type);         /* "npn-alloc", ...; NULL if there is none */
const char *event_function_name(unsigned function); /* "malloc", ...; NULL if there is none */
/* "NPN_UTF8FromIdentifier", ...; "result string", ...; "NPN_CreateObject", ... NULL: there is none.
 */
const char *npn_origin_name(unsigned origin);
const char *npn_way_name(unsigned way);
const char *object_step_name(unsigned step);
const char *event_step_name(unsigned step); /* "NP_Initialize enter", ...; NULL if there is none */

#endif
