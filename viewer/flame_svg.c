/* viewer/flame_svg.c - a flame graph as a picture, and as JSON */
/* SPDX-License-Identifier: MIT */

#include "viewer/flame_svg.h"
#include "viewer/paragraph.h"
#include "viewer/page_out.h"
#include "viewer/json_out.h"
#include "viewer/svg.h"
#include "viewer/text.h"
#include "viewer/verdict.h"
#include "viewer/whole.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>

#define ROW 18u    /* height of a frame */
#define TOP 64u    /* above the first */
#define BOTTOM 34u /* below the last */
#define MARGIN 10u /* at the sides */
#define LEAST 0.4  /* width of a frame that is drawn */
#define LETTER 6.7 /* width of a letter */
#define LABEL 3u   /* letters that are worth being drawn */

struct drawing {
    const struct session *session;
    const struct flame *flame;
    FILE *to;
    double scale; /* width of one unit of value */
    unsigned top; /* of the first frame */
};

static char *name_of(const struct flame *flame, uint32_t id)
{
    return id == 0 ? xalloc_string("all") : call_tree_label(&flame->tree, flame->nodes[id].place);
}

static const char *class_of(const struct drawing *drawing, uint32_t id)
{
    const struct call_tree *tree = &drawing->flame->tree;

    if (id == 0)
        return "host";
    uint32_t module = tree->places[drawing->flame->nodes[id].place].module;
    return svg_module_class(drawing->session->recording, tree->texts[module]);
}

static double share_of(const struct flame *flame, uint64_t value)
{
    uint64_t whole = flame->nodes[0].value;
    return whole != 0 ? 100.0 * (double)value / (double)whole : 0;
}

static void draw_label(const struct drawing *drawing, const char *name, double x, double y,
                       double width)
{
    size_t letters = width > 8 ? whole_of((width - 8) / LETTER) : 0;

    if (letters < LABEL)
        return;
    char *cut = paragraph_cut(name, letters, false);
    fprintf(drawing->to, "<text x=\"%.1f\" y=\"%.1f\">", x + 4, y + ROW - 5);
    svg_escape(drawing->to, cut);
    fputs("</text>", drawing->to);
    free(cut);
}

static void draw_frame(const struct drawing *drawing, uint32_t id, double x, double width)
{
    const struct flame_node *node = &drawing->flame->nodes[id];
    double y = (double)drawing->top + (double)node->depth * ROW;
    char *name = name_of(drawing->flame, id);
    FILE *to = drawing->to;

    fprintf(to, "<g class=\"frame %s\" tabindex=\"0\" role=\"button\" data-name=\"",
            class_of(drawing, id));
    svg_escape(to, name);
    fprintf(to, "\" data-value=\"%" PRIu64 "\"><title>", node->value);
    svg_escape(to, name);
    fprintf(to, ": %s, %.2f %%</title>", flame_text(drawing->flame, node->value).chars,
            share_of(drawing->flame, node->value));
    fprintf(to, "<rect x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%u\" rx=\"2\"/>", x, y,
            width > 1 ? width - 0.5 : width, ROW - 1);
    draw_label(drawing, name, x, y, width);
    fputs("</g>\n", to);
    free(name);
}

/* In the order of the tree, with a place for each depth, so that no stack is too deep. */
static void draw_frames(const struct drawing *drawing)
{
    const struct flame_node *nodes = drawing->flame->nodes;
    double ends[STACKS_MAX_DEPTH + 1] = {0}; /* by depth: where the next one begins */
    uint32_t id = 0;

    ends[0] = MARGIN;
    for (;;) {
        const struct flame_node *node = &nodes[id];
        double x = ends[node->depth], width = (double)node->value * drawing->scale;
        bool is_drawn = width >= LEAST;
        if (is_drawn)
            draw_frame(drawing, id, x, width);
        ends[node->depth] = x + width;
        if (is_drawn && node->first != 0) {
            ends[node->depth + 1] = x;
            id = node->first;
            continue;
        }
        while (id != 0 && nodes[id].next == 0)
            id = nodes[id].parent;
        if (id == 0)
            return;
        id = nodes[id].next;
    }
}

static unsigned depth_of(const struct drawing *drawing)
{
    unsigned depth = 0;

    for (size_t i = 0; i < drawing->flame->count; i++) {
        const struct flame_node *node = &drawing->flame->nodes[i];
        if ((double)node->value * drawing->scale >= LEAST && node->depth > depth)
            depth = node->depth;
    }
    return depth;
}

void flame_svg_write(const struct session *session, const struct flame *flame, const char *title,
                     unsigned width, FILE *to)
{
    uint64_t whole = flame->nodes[0].value;
    struct drawing drawing = {.session = session, .flame = flame, .to = to};
    char *host = verdict_host(session->recording), *losses = verdict_losses(session->model);

    drawing.scale = whole != 0 ? (double)(width - 2 * MARGIN) / (double)whole : 0;
    drawing.top = TOP + (losses != NULL ? SVG_LINE : 0);
    unsigned height = drawing.top + (depth_of(&drawing) + 1) * ROW + BOTTOM;
    svg_begin(to, width, height, title, true);
    fprintf(to, "<text class=\"title\" x=\"%u\" y=\"26\">", MARGIN);
    svg_escape(to, title);
    fprintf(to, "</text>\n<text class=\"faint\" x=\"%u\" y=\"46\">", MARGIN);
    svg_escape(to, host);
    fprintf(to, " All: %s.</text>\n", flame_text(flame, whole).chars);
    svg_losses(to, losses, MARGIN, 46 + SVG_LINE);
    fprintf(to,
            "<text id=\"reset\" class=\"action\" role=\"button\" tabindex=\"0\" x=\"%u\" y=\"26\" "
            "text-anchor=\"end\">Reset zoom</text>\n"
            "<text id=\"search\" class=\"action\" role=\"button\" tabindex=\"0\" x=\"%u\" "
            "y=\"26\" text-anchor=\"end\">Search</text>\n",
            width - MARGIN - 70, width - MARGIN);
    draw_frames(&drawing);
    fprintf(to,
            "<text id=\"details\" class=\"faint\" x=\"%u\" y=\"%u\">%s</text>\n"
            "<text id=\"matched\" class=\"faint\" x=\"%u\" y=\"%u\" text-anchor=\"end\"></text>\n",
            MARGIN, height - 12, whole == 0 ? "Nothing of this was allocated." : "", width - MARGIN,
            height - 12);
    svg_end(to);
    free(losses);
    free(host);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

/* Behind the brace that opens an object. */
static void open_json(const struct flame *flame, uint32_t id, FILE *to)
{
    char *name = name_of(flame, id);

    page_out_members(to, json_pack("{s:o}", "name", json_out_text(name)));
    fprintf(to, ",\"value\":%" PRIu64 ",\"children\":[", flame->nodes[id].value);
    free(name);
}

void flame_json_write(const struct flame *flame, bool partial, FILE *to)
{
    const struct flame_node *nodes = flame->nodes;
    uint32_t id = 0;

    fputc('{', to);
    page_out_members(to, json_pack("{s:s, s:s, s:b}", "format", "npntrace-flame-1", "by",
                                   flame_measure_names[flame->measure], "partial", partial));
    fputc(',', to);
    for (;;) {
        open_json(flame, id, to);
        if (nodes[id].first != 0) {
            id = nodes[id].first;
            fputc('{', to);
            continue;
        }
        fputs("]}", to);
        while (id != 0 && nodes[id].next == 0) {
            id = nodes[id].parent;
            fputs("]}", to);
        }
        if (id == 0)
            break;
        fputs(",{", to);
        id = nodes[id].next;
    }
    fputc('\n', to);
}
