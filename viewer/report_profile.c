/* viewer/report_profile.c - report's other answers: what may be asked */
/* SPDX-License-Identifier: MIT */

#include "viewer/report_profile.h"
#include "viewer/choose.h"
#include "viewer/verdict.h"
#include "viewer/xalloc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

enum { KEY_BY = 0x400, KEY_TREE, KEY_PEAK, KEY_TEMPORARY, KEY_SORT, KEY_DEPTH };

static const struct argp_option options[] = {
    {"by", KEY_BY, "KEY", 0,
     "a table by plugin, instance, module, function, line, thread, size, lifetime or stack", 0},
    {"tree", KEY_TREE, "DIRECTION", 0, "a tree of calls: top-down or bottom-up", 0},
    {"peak", KEY_PEAK, NULL, 0, "what was live at the moment at which most was", 0},
    {"temporary", KEY_TEMPORARY, NULL, 0, "what was freed before the same thread allocated again",
     0},
    {"sort", KEY_SORT, "COLUMN", 0,
     "most of this first: bytes, allocs, rate, frees, live, blocks, peak, at-peak, "
     "at-peak-blocks, temporary",
     0},
    {"depth", KEY_DEPTH, "N", 0, "at most N levels of a tree or frames of a stack; 0: all", 0},
    {0},
};

static int parse_key(struct report_profile *asked, const char *argument)
{
    int key = choose_by_name("key", argument, profile_key_names, PROFILE_KEYS);

    if (key < 0)
        return EINVAL;
    asked->has_key = true;
    asked->key = (enum profile_key)key;
    return 0;
}

static int parse_tree(struct report_profile *asked, const char *argument)
{
    static const char *const names[] = {
        [PROFILE_TOP_DOWN] = "top-down", [PROFILE_BOTTOM_UP] = "bottom-up"};
    int chosen = choose_by_name("direction", argument, names, sizeof(names) / sizeof(names[0]));

    if (chosen < 0)
        return EINVAL;
    asked->has_tree = true;
    asked->tree = (enum profile_direction)chosen;
    return 0;
}

static int parse_depth(struct report_profile *asked, const char *argument, struct argp_state *state)
{
    char *end;

    errno = 0;
    uint64_t depth = strtoull(argument, &end, 10);
    if (argument[0] < '0' || argument[0] > '9' || *end != '\0' || errno != 0 || depth > SIZE_MAX)
        return options_wrong(state, "--depth=%s: give a number, 0 for no limit", argument);
    asked->depth = (size_t)depth;
    asked->has_depth = true;
    return 0;
}

/* After all options: what --sort may name depends on the others. */
static int settle(struct report_profile *asked, struct argp_state *state)
{
    unsigned columns = asked->has_tree  ? PROFILE_TREE_COLUMNS
                       : asked->has_key ? profile_key_columns(asked->key)
                                        : COLUMNS_ALL;

    if (asked->has_tree && asked->has_key)
        return options_wrong(state, "--tree and --by are two answers: give one of them");
    asked->column = asked->peak        ? COLUMN_AT_PEAK
                    : asked->temporary ? COLUMN_TEMPORARY
                                       : COLUMN_BYTES;
    if ((columns & COLUMN_BIT(asked->column)) == 0)
        return options_wrong(state, "--%s cannot be told by %s", asked->peak ? "peak" : "temporary",
                             profile_key_names[asked->key]);
    if (asked->sort == NULL)
        return 0;
    int column = profile_column_named(asked->sort, columns);
    asked->column = (enum profile_column)(column < 0 ? 0 : column);
    return column < 0 ? EINVAL : 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct report_profile *asked = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &asked->filter; return 0;
    case KEY_BY: return parse_key(asked, argument);
    case KEY_TREE: return parse_tree(asked, argument);
    case KEY_PEAK: asked->peak = true; return 0;
    case KEY_TEMPORARY: asked->temporary = true; return 0;
    case KEY_SORT: asked->sort = argument; return 0;
    case KEY_DEPTH: return parse_depth(asked, argument, state);
    case ARGP_KEY_SUCCESS: return settle(asked, state);
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&filter_argp, 0, "Which allocations:", 6}, {0}};
const struct argp report_profile_argp = {.options = options, .parser = parse, .children = children};

void report_profile_free(struct report_profile *asked)
{
    filter_free(&asked->filter);
}

bool report_profile_is_wanted(const struct report_profile *asked)
{
    return asked->has_key || asked->has_tree || asked->peak || asked->temporary ||
           asked->sort != NULL || asked->has_depth || asked->filter.charge != CHARGE_RECORDED ||
           !filter_is_empty(&asked->filter);
}

size_t report_profile_depth(const struct report_profile *asked, size_t otherwise)
{
    return asked->has_depth ? asked->depth : otherwise;
}

/* ---- names ---------------------------------------------------------------------------------- */

static char *module_name(const char *module)
{
    if (module == NULL)
        return xalloc_string("(no module)");
    return text_printable(module[0] != '\0' ? recording_base_name(module) : "(unnamed)");
}

/* "NPP_Write (libnpfoo.so)", "libnpfoo.so+0x11a4". */
static char *function_name(const char *function, const char *module, uint64_t offset)
{
    if (function == NULL && module == NULL && offset == 0)
        return xalloc_string("(the call stack is not known)");
    if (function == NULL && module == NULL)
        return xalloc_format("0x%" PRIx64, offset);
    char *file = module_name(module), *name = NULL, *full;
    if (function != NULL) {
        name = text_printable(function);
        full = xalloc_format("%s (%s)", name, file);
    } else {
        full = xalloc_format("%s+0x%" PRIx64, file, offset);
    }
    free(name);
    free(file);
    return full;
}

/* "plugin.cc:204 NPP_Write" */
static char *line_name(const struct profile_group *group)
{
    char *function = function_name(group->function, group->module, group->offset);

    if (group->file == NULL)
        return function;
    char *file = text_printable(recording_base_name(group->file));
    char *name = group->line != 0 ? xalloc_format("%s:%" PRIu32 " %s", file, group->line, function)
                                  : xalloc_format("%s %s", file, function);
    free(file);
    free(function);
    return name;
}

static char *instance_name(const struct session *session, const struct profile_group *group)
{
    char *plugin =
        verdict_caller_name(session->recording, group->plugin, group->domain == LEAK_HEAP);
    char *name = group->instance == 0 ? xalloc_format("%s, no instance", plugin)
                                      : xalloc_format("%s #%" PRIu32, plugin, group->instance);

    free(plugin);
    return name;
}

static char *class_name(const struct profile_groups *groups, const struct profile_group *group)
{
    uint64_t least, most;

    profile_class_range(group->class, &least, &most);
    if (groups->key == PROFILE_BY_LIFETIME)
        return group->class == 0 ? xalloc_string("0 ns")
                                 : xalloc_format("%s and more", text_duration(least).chars);
    return least == most
               ? xalloc_string(text_bytes(least).chars)
               : xalloc_format("%s to %s", text_count(least).chars, text_count(most).chars);
}

char *report_profile_name(const struct session *session, const struct profile_groups *groups,
                          const struct profile_group *group)
{
    switch (groups->key) {
    case PROFILE_BY_MODULE: return module_name(group->module);
    case PROFILE_BY_FUNCTION: return function_name(group->function, group->module, group->offset);
    case PROFILE_BY_LINE: return line_name(group);
    case PROFILE_BY_INSTANCE: return instance_name(session, group);
    case PROFILE_BY_THREAD: return xalloc_format("thread %" PRIu32, group->tid);
    case PROFILE_BY_SIZE:
    case PROFILE_BY_LIFETIME: return class_name(groups, group);
    default:
        return verdict_caller_name(session->recording, group->plugin, group->domain == LEAK_HEAP);
    }
}

char *report_profile_node_name(const struct profile_node *node)
{
    return node->is_unknown ? xalloc_string("(the call stack is not known)")
                            : function_name(node->function, node->module, node->offset);
}
