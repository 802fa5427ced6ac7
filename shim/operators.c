/* shim/operators.c - operators new and delete that do not end in a call of malloc that we see */
/* SPDX-License-Identifier: MIT */

#include "shim/operators.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "shim/loaded.h"
#include "shim/scope.h"
#include "tracer/dynsym.h"
#include "tracer/got.h"

/* ---- what is bound to an allocator's --------------------------------------------------------- */

struct redirection {
    const struct link_map *allocator;
    void *original[HOOK_COUNT]; /* of operators; NULL: it has none of that name */
    void *stub[HOOK_COUNT];
};

static const struct link_map *find_definition(const struct link_map *head, const char *name)
{
    struct dynsym tables;

    for (const struct link_map *map = head; map != NULL; map = map->l_next)
        if (dynsym_open(map, &tables) && dynsym_find(&tables, name) != NULL)
            return map;
    return NULL;
}

static bool defines(const struct link_map *map, const char *name)
{
    struct dynsym tables;

    return dynsym_open(map, &tables) && dynsym_find(&tables, name) != NULL;
}

static void redirect_slot(const struct got_slot *slot, void *context)
{
    const struct redirection *redirection = context;
    enum hook hook = hooks_find(slot->name);

    if (hook < HOOK_COUNT && redirection->stub[hook] != NULL &&
        __atomic_load_n(slot->at, __ATOMIC_ACQUIRE) == redirection->original[hook])
        hooks_store(slot->at, redirection->stub[hook]);
}

/* The value is stored last: a look-up in between finds the real function. */
static void redirect_symbol(const struct redirection *redirection, enum hook hook)
{
    struct dynsym tables;

    if (!dynsym_open(redirection->allocator, &tables))
        return;
    const ElfW(Sym) *symbol = dynsym_find(&tables, hooks_symbol(hook));
    if (ELF64_ST_TYPE(symbol->st_info) != STT_FUNC)
        return; /* chosen by a resolver: only what is bound is redirected */
    uintptr_t value = (uintptr_t)redirection->stub[hook] - redirection->allocator->l_addr;
    hooks_store((void **)(uintptr_t)&symbol->st_value, (void *)value);
}

static void make_visible(const struct link_map *head, uint64_t loads, void *context)
{
    struct redirection *redirection = context;
    struct dynsym tables;

    (void)loads;
    redirection->allocator = find_definition(head, hooks_symbol(HOOK_new));
    if (redirection->allocator == NULL || !defines(redirection->allocator, "malloc") ||
        find_definition(head, "malloc") != loaded_self())
        return;
    for (enum hook hook = HOOK_new; hook_is_operator(hook); hook++) {
        void *original = dynsym_function(redirection->allocator, hooks_symbol(hook));
        if (original == NULL)
            continue;
        redirection->original[hook] = original;
        redirection->stub[hook] = hooks_stub(hook, NULL, original);
        if (redirection->stub[hook] != NULL)
            redirect_symbol(redirection, hook);
    }
    for (const struct link_map *map = head; map != NULL; map = map->l_next)
        if (dynsym_open(map, &tables)) /* the kernel's own object has none that can be read */
            got_each(map, redirect_slot, redirection);
}

void operators_make_visible(void)
{
    static atomic_flag done = ATOMIC_FLAG_INIT;
    struct redirection redirection = {.allocator = NULL};
    int kept_errno = errno;

    if (!atomic_flag_test_and_set(&done))
        loaded_with_list(make_visible, NULL, &redirection);
    errno = kept_errno;
}

/* ---- where an operator ends ------------------------------------------------------------------ */

struct ending {
    const struct link_map *object;
    const char *name; /* malloc or free */
    void *seen;       /* our function of that name */
    bool is_seen;
};

static void look_at_slot(const struct got_slot *slot, void *context)
{
    struct ending *ending = context;
    struct dynsym tables;

    if (ending->is_seen || strcmp(slot->name, ending->name) != 0 ||
        !dynsym_open(ending->object, &tables))
        return;
    void *value = __atomic_load_n(slot->at, __ATOMIC_ACQUIRE);
    if (loaded_at(value) == ending->object) /* not bound yet */
        value =
            scope_find(ending->object, slot->name, dynsym_wanted_version(&tables, slot->symbol));
    ending->is_seen = value == ending->seen || hooks_is_stub(value);
}

bool operators_end_in_malloc(void *target, enum hook hook)
{
    bool is_new = hook < HOOK_delete;
    struct ending ending = {
        .object = loaded_at(target),
        .name = is_new ? "malloc" : "free",
        .seen = is_new ? (void *)malloc : (void *)free,
    };

    if (hooks_is_stub(target) || ending.object == NULL || defines(ending.object, "malloc"))
        return false;
    got_each(ending.object, look_at_slot, &ending);
    return ending.is_seen;
}
