/* format/event.c - events to words and back */
/* SPDX-License-Identifier: MIT */

#include "format/event.h"

#include <stdbool.h>
#include <string.h>

#define WORDS_CALL 4
#define WORDS_OWNED 7
#define WORDS_STACK_HEAD 2
#define WORDS_HEAP_ALLOC 3
#define WORDS_HEAP_SHORT 2 /* a free, a context */
#define FUNCTION_SHIFT 56

/* `extra`: the number of frames; for a heap allocation whether it is large. */
static size_t words_of(unsigned type, uint64_t extra)
{
    switch (type) {
    case EVENT_NPN_ALLOC:
    case EVENT_NPN_RECEIVED:
    case EVENT_OBJECT:
    case EVENT_NPN_FLUSH:
    case EVENT_PLUGIN:
    case EVENT_INSTANCE: return WORDS_CALL;
    case EVENT_NPN_FREE:
    case EVENT_NPN_RELEASED:
    case EVENT_NPN_HANDED:
    case EVENT_NPN_ELSEWHERE: return WORDS_OWNED;
    case EVENT_STACK: return extra <= EVENT_MAX_FRAMES ? WORDS_STACK_HEAD + 2 * (size_t)extra : 0;
    case EVENT_HEAP_ALLOC: return WORDS_HEAP_ALLOC + (size_t)extra;
    case EVENT_HEAP_FREE:
    case EVENT_HEAP_CONTEXT: return WORDS_HEAP_SHORT;
    default: return 0;
    }
}

static bool is_heap(unsigned type)
{
    return type == EVENT_HEAP_ALLOC || type == EVENT_HEAP_FREE || type == EVENT_HEAP_CONTEXT;
}

size_t event_words(const struct event *event)
{
    return words_of(event->type, event->type == EVENT_HEAP_ALLOC ? event->size >= EVENT_HEAP_LARGE
                                                                 : event->frame_count);
}

static void encode_heap(const struct event *event, uint64_t *words)
{
    if (event->type == EVENT_HEAP_CONTEXT) {
        words[1] = (uint64_t)event->instance << 32 | event->plugin;
        return;
    }
    words[1] = (uint64_t)event->function << FUNCTION_SHIFT | (event->address & EVENT_ADDRESS_MASK);
    if (event->type == EVENT_HEAP_FREE)
        return;
    bool large = event->size >= EVENT_HEAP_LARGE;
    words[2] = (uint64_t)event->node << 32 | (large ? EVENT_HEAP_LARGE : event->size);
    if (large)
        words[3] = event->size;
}

static void decode_heap(const uint64_t *words, struct event *event)
{
    if (event->type == EVENT_HEAP_CONTEXT) {
        event->plugin = (uint16_t)words[1];
        event->instance = (uint32_t)(words[1] >> 32);
        return;
    }
    event->function = (uint8_t)(words[1] >> FUNCTION_SHIFT);
    event->address = words[1] & EVENT_ADDRESS_MASK;
    if (event->type == EVENT_HEAP_FREE)
        return;
    event->node = (uint32_t)(words[2] >> 32);
    event->size = (uint32_t)words[2];
    if (event->size == EVENT_HEAP_LARGE)
        event->size = words[3];
}

size_t event_encode(const struct event *event, uint64_t base_stamp, uint64_t *words)
{
    size_t count = event_words(event);

    if (count == 0)
        return 0;
    words[0] = (event->stamp - base_stamp) << 8 | event->type;
    if (event->type == EVENT_STACK) {
        words[1] = event->frame_count;
        memcpy(words + WORDS_STACK_HEAD, event->frames,
               event->frame_count * sizeof(*event->frames));
        return count;
    }
    if (is_heap(event->type)) {
        encode_heap(event, words);
        return count;
    }
    words[1] = event->address;
    words[2] = (uint64_t)event->node << 32 | (uint32_t)event->size;
    words[3] = (uint64_t)event->instance << 32 | (uint32_t)event->flags << 16 | event->plugin;
    if (count == WORDS_OWNED) {
        words[4] = (uint64_t)event->owner_instance << 32 | event->owner_node;
        words[5] = (uint32_t)event->owner_flags << 16 | event->owner_plugin;
        words[6] = event->owner_stamp;
    }
    return count;
}

size_t event_decode(const uint64_t *words, size_t count, uint64_t base_stamp,
                    struct event *ret_event)
{
    if (count < 2)
        return 0;

    unsigned type = words[0] & 0xff;
    size_t needed = words_of(type, type == EVENT_STACK ? words[1] : 0);
    if (needed == 0 || needed > count)
        return 0;
    if (type == EVENT_HEAP_ALLOC && (needed = event_heap_alloc_words(words)) > count)
        return 0;

    struct event event = {.type = (uint8_t)type, .stamp = base_stamp + (words[0] >> 8)};
    if (type == EVENT_STACK) {
        event.frame_count = (uint32_t)words[1];
        event.frames = (const struct event_frame *)(words + WORDS_STACK_HEAD);
        *ret_event = event;
        return needed;
    }
    if (is_heap(type)) {
        decode_heap(words, &event);
        *ret_event = event;
        return needed;
    }
    event.address = words[1];
    event.size = (uint32_t)words[2];
    event.node = (uint32_t)(words[2] >> 32);
    event.plugin = (uint16_t)words[3];
    event.flags = (uint16_t)(words[3] >> 16);
    event.instance = (uint32_t)(words[3] >> 32);
    if (needed == WORDS_OWNED) {
        event.owner_node = (uint32_t)words[4];
        event.owner_instance = (uint32_t)(words[4] >> 32);
        event.owner_plugin = (uint16_t)words[5];
        event.owner_flags = (uint16_t)(words[5] >> 16);
        event.owner_stamp = words[6];
    }
    *ret_event = event;
    return needed;
}

const char *event_type_name(unsigned type)
{
    static const char *const names[EVENT_TYPES] = {
        [EVENT_NPN_ALLOC] = "npn-alloc",
        [EVENT_NPN_FREE] = "npn-free",
        [EVENT_NPN_ELSEWHERE] = "npn-freed-elsewhere",
        [EVENT_NPN_FLUSH] = "npn-flush",
        [EVENT_PLUGIN] = "plugin",
        [EVENT_INSTANCE] = "instance",
        [EVENT_STACK] = "stack",
        [EVENT_HEAP_ALLOC] = "heap-alloc",
        [EVENT_HEAP_FREE] = "heap-free",
        [EVENT_HEAP_CONTEXT] = "heap-context",
        [EVENT_NPN_RECEIVED] = "npn-received",
        [EVENT_NPN_RELEASED] = "npn-released",
        [EVENT_NPN_HANDED] = "npn-handed-over",
        [EVENT_OBJECT] = "object",
    };
    return type < EVENT_TYPES ? names[type] : NULL;
}

const char *event_function_name(unsigned function)
{
    static const char *const names[EVENT_FUNCTIONS] = {
        [EVENT_MALLOC] = "malloc",
        [EVENT_CALLOC] = "calloc",
        [EVENT_REALLOC] = "realloc",
        [EVENT_REALLOCARRAY] = "reallocarray",
        [EVENT_MEMALIGN] = "memalign",
        [EVENT_ALIGNED_ALLOC] = "aligned_alloc",
        [EVENT_POSIX_MEMALIGN] = "posix_memalign",
        [EVENT_VALLOC] = "valloc",
        [EVENT_PVALLOC] = "pvalloc",
        [EVENT_FREE] = "free",
        [EVENT_CFREE] = "cfree",
        [EVENT_FREE_SIZED] = "free_sized",
        [EVENT_FREE_ALIGNED_SIZED] = "free_aligned_sized",
        [EVENT_NEW] = "operator new",
        [EVENT_NEW_ARRAY] = "operator new[]",
        [EVENT_DELETE] = "operator delete",
        [EVENT_DELETE_ARRAY] = "operator delete[]",
    };
    return function < EVENT_FUNCTIONS ? names[function] : NULL;
}

const char *event_step_name(unsigned step)
{
    static const char *const names[EVENT_STEPS] = {
        [EVENT_STEP_MET] = "met",
        [EVENT_STEP_INITIALIZE_ENTER] = "NP_Initialize enter",
        [EVENT_STEP_INITIALIZE_RETURN] = "NP_Initialize return",
        [EVENT_STEP_SHUTDOWN_ENTER] = "NP_Shutdown enter",
        [EVENT_STEP_SHUTDOWN_RETURN] = "NP_Shutdown return",
        [EVENT_STEP_UNLOADED] = "unloaded",
        [EVENT_STEP_NEW_ENTER] = "NPP_New enter",
        [EVENT_STEP_NEW_RETURN] = "NPP_New return",
        [EVENT_STEP_DESTROY_ENTER] = "NPP_Destroy enter",
        [EVENT_STEP_DESTROY_RETURN] = "NPP_Destroy return",
    };
    return step < EVENT_STEPS ? names[step] : NULL;
}

const char *npn_origin_name(unsigned origin)
{
    static const char *const names[NPN_ORIGINS] = {
        [NPN_ORIGIN_ALLOC] = "NPN_MemAlloc",
        [NPN_ORIGIN_IDENTIFIER] = "NPN_UTF8FromIdentifier",
        [NPN_ORIGIN_ENUMERATE] = "NPN_Enumerate",
        [NPN_ORIGIN_URL_VALUE] = "NPN_GetValueForURL",
        [NPN_ORIGIN_USER_NAME] = "NPN_GetAuthenticationInfo (user name)",
        [NPN_ORIGIN_PASSWORD] = "NPN_GetAuthenticationInfo (password)",
        [NPN_ORIGIN_DOCUMENT] = "NPN_GetValue (document origin)",
        [NPN_ORIGIN_VARIANT] = "result string",
        [NPN_ORIGIN_SAVED] = "NPP_New (saved data)",
    };
    return origin < NPN_ORIGINS ? names[origin] : NULL;
}

const char *npn_way_name(unsigned way)
{
    static const char *const names[NPN_WAYS] = {
        [NPN_WAY_RESULT] = "result string of a callback",
        [NPN_WAY_ENUMERATE] = "array of NPClass.enumerate",
        [NPN_WAY_FORM] = "form value of NPP_GetValue",
        [NPN_WAY_SITES] = "NPP_GetSitesWithData",
        [NPN_WAY_SAVED] = "saved data of NPP_Destroy",
        [NPN_WAY_OBJECT] = "object without NPClass.deallocate",
    };
    return way < NPN_WAYS ? names[way] : NULL;
}

const char *object_step_name(unsigned step)
{
    static const char *const names[OBJECT_STEPS] = {
        [OBJECT_CREATED] = "NPN_CreateObject",
        [OBJECT_GOT] = "NPN_GetValue",
        [OBJECT_RESULT] = "result",
        [OBJECT_RETAINED] = "NPN_RetainObject",
        [OBJECT_RELEASED] = "NPN_ReleaseObject",
        [OBJECT_VARIANT] = "NPN_ReleaseVariantValue",
        [OBJECT_HANDED] = "handed over",
        [OBJECT_GONE] = "NPClass.deallocate",
    };
    return step < OBJECT_STEPS ? names[step] : NULL;
}
