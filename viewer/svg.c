/* viewer/svg.c - pieces of SVG pictures */
/* SPDX-License-Identifier: MIT */

#include "viewer/svg.h"
#include "viewer/html.h"
#include "viewer/text.h"

#include <stdlib.h>
#include <string.h>

void svg_losses(FILE *to, const char *losses, unsigned x, unsigned y)
{
    if (losses == NULL)
        return;
    fprintf(to, "<text class=\"bad\" x=\"%u\" y=\"%u\">Lost: ", x, y);
    svg_escape(to, losses);
    fputs("</text>\n", to);
}

void svg_escape(FILE *to, const char *text)
{
    char *printable = text_printable(text);

    for (const char *c = printable; *c != '\0'; c++)
        switch (*c) {
        case '&': fputs("&amp;", to); break;
        case '<': fputs("&lt;", to); break;
        case '>': fputs("&gt;", to); break;
        case '"': fputs("&quot;", to); break;
        default: fputc(*c, to);
        }
    free(printable);
}

void svg_begin(FILE *to, unsigned width, unsigned height, const char *title, bool with_script)
{
    fprintf(to,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %u %u\" width=\"%u\" "
            "height=\"%u\">\n<title>",
            width, height, width, height);
    svg_escape(to, title);
    fprintf(to, "</title>\n<style><![CDATA[\n%s]]></style>\n", svg_style_begin);
    if (with_script)
        fprintf(to, "<script><![CDATA[\n%s]]></script>\n", svg_script_begin);
    fprintf(to, "<rect class=\"back\" width=\"%u\" height=\"%u\"/>\n", width, height);
}

void svg_end(FILE *to)
{
    fputs("</svg>\n", to);
}

const char *svg_plugin_class(uint32_t plugin)
{
    static const char *const names[SVG_PLUGIN_COLORS] = {"c0", "c1", "c2", "c3", "c4", "c5", "c6"};
    return plugin == 0 ? "host" : names[(plugin - 1) % SVG_PLUGIN_COLORS];
}

/* Quiet colours tell libraries apart. */
static const char *tint_of(const char *name)
{
    static const char *const names[] = {"t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7"};
    unsigned hash = 7;

    for (; *name != '\0'; name++)
        hash = hash * 31 + (unsigned char)*name;
    return names[hash % (sizeof(names) / sizeof(names[0]))];
}

const char *svg_module_class(const struct recording *recording, const char *path)
{
    const char *base = recording_base_name(path);

    for (uint32_t id = 1; id <= recording->plugin_count; id++)
        if (strcmp(base, recording_base_name(recording->plugins[id - 1].path)) == 0)
            return svg_plugin_class(id);
    return strcmp(base, recording_base_name(recording->process.exe)) == 0 ? "exe" : tint_of(base);
}
