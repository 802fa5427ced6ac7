/* viewer/report_profile_json.c - report's other answers for machines */
/* SPDX-License-Identifier: MIT */

#include "viewer/report_profile.h"

/* Trees as deep as a stack can be are for a reader's recursion to survive. */
#define JSON_DEPTH 400

static json_t *domain_of(enum leak_domain domain)
{
    return json_string(domain == LEAK_HEAP ? "heap" : "npn");
}

static json_t *since_start(const struct session *session, uint64_t stamp)
{
    return json_out_number(recording_since_start_ns(session->recording, stamp));
}

static json_t *json_of_peak(const struct session *session, const struct profile_peak *peak)
{
    json_t *json = json_object();

    json_object_set_new(json, "since_start_ns", since_start(session, peak->stamp));
    json_object_set_new(json, "blocks", json_out_number(peak->blocks));
    json_object_set_new(json, "bytes", json_out_number(peak->bytes));
    return json;
}

/* One for both has no number: they are never added up. */
static json_t *json_of_peaks(const struct session *session, const struct profile *profile)
{
    static const char *const keys[] = {"since_start_ns", "blocks", "bytes"};
    const struct profile_peak *npn = &profile->peaks[LEAK_NPN], *heap = &profile->peaks[LEAK_HEAP];
    json_t *json = json_of_peak(session, npn->bytes != 0 ? npn : heap);

    if (report_profile_has_both_peaks(profile))
        for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
            json_object_set_new(json, keys[i], json_null());
    json_object_set_new(json, "npn", json_of_peak(session, npn));
    json_object_set_new(json, "heap",
                        session->model->has_heap ? json_of_peak(session, heap) : json_null());
    return json;
}

/* What every answer has. */
static json_t *json_of_profile(const struct session *session, const struct profile *profile)
{
    json_t *json = json_object(), *range = json_array(), *totals = json_object();

    json_array_append_new(range, since_start(session, profile->first_stamp));
    json_array_append_new(range, since_start(session, profile->last_stamp));
    json_object_set_new(totals, "npn", json_out_counters(&profile->domains[LEAK_NPN]));
    json_object_set_new(totals, "heap",
                        session->model->has_heap ? json_out_counters(&profile->domains[LEAK_HEAP])
                                                 : json_null());
    json_object_set_new(json, "range_ns", range);
    json_object_set_new(json, "partial", json_boolean(profile->partial));
    json_object_set_new(json, "totals", totals);
    json_object_set_new(json, "peak", json_of_peaks(session, profile));
    return json;
}

static void name_owner(json_t *json, const struct session *session,
                       const struct profile_group *group)
{
    json_object_set_new(json, "plugin",
                        group->plugin != 0
                            ? json_out_text(recording_base_name(
                                  session->recording->plugins[group->plugin - 1].path))
                            : json_null());
}

static void name_code(json_t *json, const struct profile_group *group, enum profile_key key)
{
    json_object_set_new(json, "module", json_out_text(group->module));
    if (key == PROFILE_BY_MODULE)
        return;
    json_object_set_new(json, "function", json_out_text(group->function));
    if (group->function == NULL)
        json_object_set_new(json, "offset", json_out_number(group->offset));
    if (key == PROFILE_BY_FUNCTION)
        return;
    json_object_set_new(json, "file", json_out_text(group->file));
    json_object_set_new(json, "line", group->line != 0 ? json_integer(group->line) : json_null());
}

static void name_class(json_t *json, const struct profile_group *group)
{
    uint64_t least, most;

    profile_class_range(group->class, &least, &most);
    json_object_set_new(json, "least", json_out_number(least));
    json_object_set_new(json, "most", json_out_number(most));
}

static json_t *json_of_group(const struct session *session, const struct profile_groups *groups,
                             const struct profile_group *group)
{
    json_t *json = json_object();

    json_object_set_new(json, "memory", domain_of(group->domain));
    switch (groups->key) {
    case PROFILE_BY_MODULE:
    case PROFILE_BY_FUNCTION:
    case PROFILE_BY_LINE: name_code(json, group, groups->key); break;
    case PROFILE_BY_THREAD: json_object_set_new(json, "tid", json_integer(group->tid)); break;
    case PROFILE_BY_SIZE:
    case PROFILE_BY_LIFETIME: name_class(json, group); break;
    default: name_owner(json, session, group); break;
    }
    if (groups->key == PROFILE_BY_INSTANCE)
        json_object_set_new(json, "instance",
                            group->instance != 0 ? json_integer(group->instance) : json_null());
    profile_numbers_json(json, &group->numbers, groups->columns);
    if (groups->key == PROFILE_BY_STACK)
        json_object_set_new(json, "stack",
                            json_out_stack(session->names, session->stacks, group->stack));
    return json;
}

static json_t *json_of_groups(struct session *session, const struct report_profile *asked)
{
    struct profile_groups groups = profile_groups_build(session, &asked->filter, asked->key);
    size_t limit = session_limit(session, SIZE_MAX);
    json_t *json = json_of_profile(session, groups.profile), *list = json_array();

    profile_groups_sort(&groups, asked->column);
    for (size_t i = 0; i < groups.count && i < limit; i++)
        json_array_append_new(list, json_of_group(session, &groups, &groups.list[i]));
    json_object_set_new(json, "by", json_string(profile_key_names[asked->key]));
    json_object_set_new(json, "groups", list);
    profile_groups_free(&groups);
    return json;
}

static json_t *json_of_children(const struct profile_tree *tree, const struct profile_node *node,
                                size_t limit)
{
    json_t *list = json_array();

    for (size_t i = 0; i < node->child_count && i < limit; i++) {
        const struct profile_node *child = &tree->nodes[node->children[i]];
        json_t *json = json_object();
        json_object_set_new(json, "function", json_out_text(child->function));
        json_object_set_new(json, "module", json_out_text(child->module));
        if (child->function == NULL)
            json_object_set_new(json, "offset", json_out_number(child->offset));
        profile_numbers_json(json, &child->numbers, PROFILE_TREE_COLUMNS);
        json_object_set_new(json, "children", json_of_children(tree, child, limit));
        json_array_append_new(list, json);
    }
    return list;
}

static json_t *json_of_tree(struct session *session, const struct report_profile *asked)
{
    struct profile *profile = profile_build_grouped(session, &asked->filter, 0, NULL);
    size_t depth = report_profile_depth(asked, JSON_DEPTH),
           limit = session_limit(session, SIZE_MAX);
    struct profile_tree tree =
        profile_tree_build(session, profile, asked->tree, asked->filter.charge != CHARGE_RECORDED,
                           depth == 0 || depth > JSON_DEPTH ? JSON_DEPTH : depth);
    json_t *json = json_of_profile(session, profile), *trees = json_object();

    profile_tree_sort(&tree, asked->column);
    json_object_set_new(trees, "npn", json_of_children(&tree, &tree.nodes[LEAK_NPN], limit));
    json_object_set_new(trees, "heap", json_of_children(&tree, &tree.nodes[LEAK_HEAP], limit));
    json_object_set_new(json, "direction",
                        json_string(asked->tree == PROFILE_TOP_DOWN ? "top-down" : "bottom-up"));
    json_object_set_new(json, "tree", trees);
    profile_tree_free(&tree);
    profile_free(profile);
    return json;
}

json_t *report_profile_json(struct session *session, const struct report_profile *asked)
{
    return asked->has_tree ? json_of_tree(session, asked) : json_of_groups(session, asked);
}
