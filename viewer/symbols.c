/* viewer/symbols.c - modules and addresses that were asked for, each opened and resolved once */
/* SPDX-License-Identifier: MIT */

#include "viewer/symbols.h"
#include "viewer/symbols_file.h"
#include "viewer/symbols_sources.h"
#include "viewer/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define BUILD_ID_MAX_BYTES 64

struct address {
    uint64_t value; /* key */
    struct symbols_frame *frames;
    size_t frame_count;
    UT_hash_handle hh;
};

struct symbols_module {
    char *key; /* build-id in hexadecimal, a colon, path */
    char *path;
    uint8_t build_id[BUILD_ID_MAX_BYTES];
    size_t build_id_bytes;
    bool opened;
    enum symbols_state state;
    struct symbols_file *file; /* NULL unless state is good or unverified */
    const struct symbols_search *search;
    struct address *addresses;
    UT_hash_handle hh;
};

struct symbols {
    struct symbols_module *modules;
    struct symbols_search search;
};

struct symbols *symbols_new(void)
{
    return xalloc_zeroed(1, sizeof(struct symbols));
}

void symbols_look_in(struct symbols *symbols, const struct symbols_places *places,
                     struct bundle *bundle)
{
    symbols->search = (struct symbols_search){.places = places, .bundle = bundle};
}

static void free_address(struct address *address)
{
    for (size_t i = 0; i < address->frame_count; i++) {
        free((char *)address->frames[i].function);
        free((char *)address->frames[i].file);
    }
    free(address->frames);
    free(address);
}

static void free_module(struct symbols_module *module)
{
    struct address *address, *next;

    HASH_ITER(hh, module->addresses, address, next)
    {
        HASH_DEL(module->addresses, address);
        free_address(address);
    }
    symbols_file_close(module->file);
    free(module->key);
    free(module->path);
    free(module);
}

void symbols_free(struct symbols *symbols)
{
    struct symbols_module *module, *next;

    if (symbols == NULL)
        return;
    HASH_ITER(hh, symbols->modules, module, next)
    {
        HASH_DEL(symbols->modules, module);
        free_module(module);
    }
    free(symbols);
}

static char *module_key(const char *path, const uint8_t *build_id, size_t build_id_bytes)
{
    size_t hex = 2 * build_id_bytes;
    char *key = xalloc_zeroed(hex + strlen(path) + 2, 1);

    for (size_t i = 0; i < build_id_bytes; i++) {
        key[2 * i] = "0123456789abcdef"[build_id[i] >> 4];
        key[2 * i + 1] = "0123456789abcdef"[build_id[i] & 15];
    }
    key[hex] = ':';
    strcpy(key + hex + 1, path);
    return key;
}

struct symbols_module *symbols_module(struct symbols *symbols, const char *path,
                                      const uint8_t *build_id, size_t build_id_bytes)
{
    struct symbols_module *module;

    if (build_id_bytes > BUILD_ID_MAX_BYTES)
        build_id_bytes = BUILD_ID_MAX_BYTES;
    char *key = module_key(path, build_id, build_id_bytes);

    HASH_FIND_STR(symbols->modules, key, module);
    if (module != NULL) {
        free(key);
        return module;
    }
    module = xalloc_zeroed(1, sizeof(*module));
    module->key = key;
    module->path = xalloc_string(path);
    module->search = &symbols->search;
    module->build_id_bytes = build_id_bytes;
    if (build_id_bytes != 0)
        memcpy(module->build_id, build_id, build_id_bytes);
    HASH_ADD_KEYPTR(hh, symbols->modules, module->key, strlen(module->key), module);
    return module;
}

enum symbols_state symbols_module_state(struct symbols_module *module)
{
    if (!module->opened) {
        module->opened = true;
        module->state = symbols_file_open(module->search, module->path, module->build_id,
                                          module->build_id_bytes, &module->file);
    }
    return module->state;
}

const char *symbols_state_text(enum symbols_state state)
{
    static const char *const texts[] = {
        [SYMBOLS_GOOD] = "the recorded file",
        [SYMBOLS_UNVERIFIED] = "has no build-id; the names are those of the file that is here now",
        [SYMBOLS_MISSING] = "not here, so its functions have no names",
        [SYMBOLS_DIFFERENT] =
            "the file here has another build-id than the recorded one, so its names are not used",
        [SYMBOLS_UNREADABLE] = "cannot be read as an ELF file here",
        [SYMBOLS_OFF] = "symbols were not looked for",
    };
    return texts[state];
}

size_t symbols_lookup(struct symbols_module *module, uint64_t value,
                      const struct symbols_frame **ret_frames)
{
    struct address *address;

    symbols_module_state(module);
    HASH_FIND(hh, module->addresses, &value, sizeof(value), address);
    if (address == NULL) {
        address = xalloc_zeroed(1, sizeof(*address));
        address->value = value;
        if (module->file != NULL)
            address->frame_count = symbols_file_lookup(module->file, value, &address->frames);
        HASH_ADD(hh, module->addresses, value, sizeof(address->value), address);
    }
    *ret_frames = address->frames;
    return address->frame_count;
}

enum symbols_state symbols_module_sources(struct symbols_module *module, symbols_each_source *each,
                                          void *context)
{
    enum symbols_state state = symbols_module_state(module);

    if (module->file != NULL)
        symbols_sources(module->file, module->search, each, context);
    return state;
}
