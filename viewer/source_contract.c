/* viewer/source_contract.c - objects held and findings, whatever kind of file they came from */
/* SPDX-License-Identifier: MIT */

#include "viewer/source_contract.h"

#include <inttypes.h>
#include <stdlib.h>

static bool correct_plugin(const struct recording *recording, uint16_t *plugin)
{
    bool wrong = *plugin > recording->plugin_count;

    *plugin = wrong ? 0 : *plugin;
    return wrong;
}

static bool correct_instance(const struct recording *recording, uint32_t *instance)
{
    bool wrong = *instance > recording->instance_count;

    *instance = wrong ? 0 : *instance;
    return wrong;
}

/* A stack that stands among the events has no name that leads to it from here. */
static bool correct_node(const struct recording *recording, uint32_t *node)
{
    bool none = *node == RING_NODE_NONE || *node == RING_NODE_INLINE;
    bool wrong = !none && *node >= recording->node_count;

    *node = none || wrong ? RING_NODE_NONE : *node;
    return wrong;
}

static void correct_object(struct recording *recording, struct trace_object *object)
{
    bool wrong = correct_plugin(recording, &object->plugin);

    wrong |= correct_instance(recording, &object->instance);
    wrong |= correct_node(recording, &object->node);
    wrong |= correct_node(recording, &object->last_node);
    if (wrong)
        problems_add(&recording->problems, PROBLEM_DAMAGE, PROBLEM_NOWHERE,
                     "the object at 0x%" PRIx64
                     " names a plug-in, instance or stack that does not exist",
                     object->address);
}

static void correct_finding(struct recording *recording, struct trace_finding *finding)
{
    bool wrong = correct_plugin(recording, &finding->plugin);

    wrong |= correct_plugin(recording, &finding->owner_plugin);
    wrong |= correct_instance(recording, &finding->instance);
    wrong |= correct_instance(recording, &finding->owner_instance);
    wrong |= correct_node(recording, &finding->node);
    wrong |= correct_node(recording, &finding->owner_node);
    wrong |= correct_node(recording, &finding->released_node);
    if (wrong)
        problems_add(&recording->problems, PROBLEM_DAMAGE, PROBLEM_NOWHERE,
                     "a finding about 0x%" PRIx64
                     " names a plug-in, instance or stack that does not exist",
                     finding->address);
}

static int compare_objects(const void *left, const void *right)
{
    const struct trace_object *a = left, *b = right;

    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    return (a->plugin > b->plugin) - (a->plugin < b->plugin);
}

static int compare_findings(const void *left, const void *right)
{
    const struct trace_finding *a = left, *b = right;
    return (a->first_stamp > b->first_stamp) - (a->first_stamp < b->first_stamp);
}

void source_contract_finish(struct recording *recording)
{
    for (size_t i = 0; i < recording->object_count; i++)
        correct_object(recording, &recording->objects[i]);
    for (size_t i = 0; i < recording->finding_count; i++)
        correct_finding(recording, &recording->findings[i]);
    if (recording->object_count > 1)
        qsort(recording->objects, recording->object_count, sizeof(*recording->objects),
              compare_objects);
    if (recording->finding_count > 1)
        qsort(recording->findings, recording->finding_count, sizeof(*recording->findings),
              compare_findings);
}
