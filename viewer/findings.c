/* viewer/findings.c - what plug-ins did against the rules of the API */
/* SPDX-License-Identifier: MIT */

#include "viewer/findings.h"
#include "viewer/message.h"
#include "viewer/verb.h"
#include "viewer/text.h"
#include "viewer/xalloc.h"

#include <stdlib.h>

const char *findings_name(unsigned kind)
{
    const char *name = finding_name(kind);

    if (kind == FINDINGS_OBJECT_KEPT)
        return "object-outlived-instance";
    return name != NULL ? name : "unknown";
}

const char *findings_title(unsigned kind)
{
    const char *title = finding_title(kind);

    if (kind == FINDINGS_OBJECT_KEPT)
        return "Object kept beyond its instance";
    return title != NULL ? title : "A finding of a newer npntrace";
}

const char *findings_rule(unsigned kind)
{
    const char *rule = finding_rule(kind);

    if (kind == FINDINGS_OBJECT_KEPT)
        return "An instance's objects are released by the end of NPP_Destroy: some browsers "
               "deallocate them then, some never.";
    return rule != NULL ? rule : "This version does not know the rule.";
}

/* May objects that seem to be held have been released unseen? */
static bool releases_are_known(const struct recording *recording)
{
    return recording->has_contract && recording->losses.missed_calls == 0 &&
           recording->losses.abandoned_operations == 0;
}

static struct found kept_object(const struct model *model, const struct trace_object *object)
{
    uint64_t destroyed = model->recording->instances[object->instance - 1].destroyed_stamp;

    return (struct found){.kind = FINDINGS_OBJECT_KEPT,
                          .refs = object->refs,
                          .step = OBJECT_STEP(object->step),
                          .finding = {.kind = FINDINGS_OBJECT_KEPT,
                                      .plugin = object->plugin,
                                      .instance = object->instance,
                                      .node = object->last_node,
                                      .owner_node = object->node,
                                      .owner_plugin = object->plugin,
                                      .owner_instance = object->instance,
                                      .owner_stamp = object->stamp,
                                      .address = object->address,
                                      .first_stamp = destroyed,
                                      .last_stamp = destroyed,
                                      .count = 1}};
}

/* The same plug-in and places: one finding. */
static int by_place(const void *left, const void *right)
{
    const struct found *a = left, *b = right;
    const uint64_t pairs[][2] = {
        {a->finding.plugin, b->finding.plugin},   {a->finding.owner_node, b->finding.owner_node},
        {a->finding.node, b->finding.node},       {a->step, b->step},
        {a->finding.address, b->finding.address},
    };

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        if (pairs[i][0] != pairs[i][1])
            return pairs[i][0] < pairs[i][1] ? -1 : 1;
    return 0;
}

static bool is_same_place(const struct found *a, const struct found *b)
{
    return a->finding.plugin == b->finding.plugin &&
           a->finding.owner_node == b->finding.owner_node && a->finding.node == b->finding.node &&
           a->step == b->step;
}

static void merge(struct found *into, const struct found *more)
{
    into->refs += more->refs;
    into->finding.count++;
    if (more->finding.first_stamp < into->finding.first_stamp)
        into->finding.first_stamp = more->finding.first_stamp;
    if (more->finding.last_stamp > into->finding.last_stamp)
        into->finding.last_stamp = more->finding.last_stamp;
}

/* Appends one finding per place to list, which has room for one per object. Returns how many. */
static size_t add_kept_objects(const struct model *model, struct found *list)
{
    const struct recording *recording = model->recording;
    size_t count = 0, kept = 0;

    if (!releases_are_known(recording))
        return 0;
    for (size_t i = 0; i < recording->object_count; i++)
        if (model_is_kept(model, &recording->objects[i]))
            list[count++] = kept_object(model, &recording->objects[i]);
    if (count != 0)
        qsort(list, count, sizeof(*list), by_place);
    for (size_t i = 0; i < count; i++) {
        if (kept != 0 && is_same_place(&list[kept - 1], &list[i]))
            merge(&list[kept - 1], &list[i]);
        else
            list[kept++] = list[i];
    }
    return kept;
}

static int by_first_time(const void *left, const void *right)
{
    const struct found *a = left, *b = right;

    if (a->finding.first_stamp != b->finding.first_stamp)
        return a->finding.first_stamp < b->finding.first_stamp ? -1 : 1;
    return (a->kind > b->kind) - (a->kind < b->kind);
}

/* The block's side has no plug-in where nobody owns it. */
static bool is_wanted(const bool *wanted_plugins, const struct trace_finding *finding)
{
    return wanted_plugins == NULL || wanted_plugins[finding->plugin] ||
           (finding->owner_plugin != 0 && wanted_plugins[finding->owner_plugin]);
}

struct findings findings_find(const struct model *model, const bool *wanted_plugins)
{
    const struct recording *recording = model->recording;
    size_t recorded = recording->finding_count, kept = 0;
    struct found *list = xalloc_zeroed(recorded + recording->object_count, sizeof(*list));

    for (size_t i = 0; i < recorded; i++) {
        const struct trace_finding *finding = &recording->findings[i];
        bool known = finding->kind != FINDING_NONE && finding->kind < FINDINGS;
        list[i] =
            (struct found){.kind = known ? finding->kind : FINDINGS_UNKNOWN, .finding = *finding};
    }
    size_t count = recorded + add_kept_objects(model, list + recorded);
    for (size_t i = 0; i < count; i++)
        if (is_wanted(wanted_plugins, &list[i].finding))
            list[kept++] = list[i];
    if (kept != 0)
        qsort(list, kept, sizeof(*list), by_first_time);
    return (struct findings){list, kept};
}

size_t findings_count(const struct model *model)
{
    struct findings findings = findings_find(model, NULL);
    size_t count = findings.count;

    findings_free(&findings);
    return count;
}

char *findings_missing(const struct recording *recording)
{
    const struct recording_losses *losses = &recording->losses;

    if (!recording->has_contract)
        return xalloc_string(
            "Findings may be missing, and counts too low: the recording breaks off "
            "before its last table of them, or that is damaged.");
    if (losses->unlisted_findings != 0)
        return xalloc_format("Not listed: misuse that was seen %s more and had no room in the "
                             "table.",
                             text_plural(losses->unlisted_findings, "time").chars);
    if (losses->unlisted_objects != 0)
        return xalloc_format("The references to %s were not counted: there was no room.",
                             text_plural(losses->unlisted_objects, "object").chars);
    return NULL;
}

void findings_free(struct findings *findings)
{
    free(findings->list);
    *findings = (struct findings){0};
}

int findings_status(const struct recording *recording, const struct findings *findings)
{
    if (findings->count != 0 || recording->losses.unlisted_findings != 0)
        return STATUS_FOUND;
    if (recording->has_contract)
        return STATUS_GOOD;
    message("%s: --fail-on-finding: whether there was a finding is not recorded", recording->path);
    return STATUS_TROUBLE;
}
