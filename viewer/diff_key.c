/* viewer/diff_key.c - a text by which a stack is the same in another recording */
/* SPDX-License-Identifier: MIT */

#include "viewer/diff_key.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct known_module { /* by the address of its path, which is one for each module */
    const char *path;
    bool same; /* the other recording has the very same file */
    UT_hash_handle hh;
};

struct diff_key {
    const struct session *session;
    const struct recording *other;
    struct known_module *modules;
    FILE *text;           /* of the key being made */
    const char *nameless; /* module of the frames before, if they had no names and it is rebuilt */
};

struct diff_key *diff_key_new(const struct session *session, const struct recording *other)
{
    struct diff_key *key = xalloc_zeroed(1, sizeof(*key));

    key->session = session;
    key->other = other;
    return key;
}

void diff_key_free(struct diff_key *key)
{
    struct known_module *module, *next;

    HASH_ITER(hh, key->modules, module, next)
    {
        HASH_DEL(key->modules, module);
        free(module);
    }
    free(key);
}

static bool is_same_file(const struct recording_module *a, const struct recording_module *b)
{
    return a->build_id_bytes != 0 && a->build_id_bytes == b->build_id_bytes &&
           memcmp(a->build_id, b->build_id, a->build_id_bytes) == 0;
}

static bool find_same(const struct diff_key *key, const char *path)
{
    const struct recording *recording = key->session->recording;

    for (size_t i = 0; i < recording->module_count; i++) {
        if (recording->modules[i].path != path)
            continue;
        for (size_t j = 0; j < key->other->module_count; j++)
            if (is_same_file(&recording->modules[i], &key->other->modules[j]))
                return true;
    }
    return false;
}

static bool is_same(struct diff_key *key, const char *path)
{
    struct known_module *module;

    HASH_FIND_PTR(key->modules, &path, module);
    if (module != NULL)
        return module->same;
    module = xalloc_zeroed(1, sizeof(*module));
    module->path = path;
    module->same = find_same(key, path);
    HASH_ADD_PTR(key->modules, path, module);
    return module->same;
}

size_t diff_key_function_length(const char *function)
{
    static const char *const marks[] = {" [clone ",   ".constprop.", ".isra.", ".part.",
                                        ".lto_priv.", ".cold",       ".llvm."};
    size_t length = strlen(function);

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        const char *at = memmem(function, length, marks[i], strlen(marks[i]));
        if (at != NULL && at != function)
            length = (size_t)(at - function);
    }
    return length;
}

static bool add_line(void *context, const struct names_line *line)
{
    struct diff_key *key = context;
    const char *before = key->nameless;

    key->nameless = NULL;
    if (line->function != NULL) {
        fprintf(key->text, "%.*s\n", (int)diff_key_function_length(line->function), line->function);
    } else if (line->module == NULL || line->module[0] == '\0') {
        fputs("?\n", key->text); /* an address says nothing in another process */
    } else if (is_same(key, line->module)) {
        fprintf(key->text, "%s+0x%" PRIx64 "\n", recording_base_name(line->module), line->offset);
    } else {
        key->nameless = recording_base_name(line->module);
        if (before == NULL || strcmp(before, key->nameless) != 0)
            fprintf(key->text, "%s+?\n", key->nameless);
    }
    return true;
}

char *diff_key_of(struct diff_key *key, uint32_t stack, const char *plugin, enum leak_domain domain,
                  uint32_t way)
{
    char *text = NULL;
    size_t bytes;

    key->text = open_memstream(&text, &bytes);
    xalloc_checked(key->text);
    key->nameless = NULL;
    fprintf(key->text, "%d %" PRIu32 " %s\n", (int)domain, way, plugin != NULL ? plugin : "");
    names_stack(key->session->names, key->session->stacks, stack, add_line, key);
    fclose(key->text);
    return xalloc_checked(text);
}
