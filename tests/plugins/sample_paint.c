/* tests/plugins/sample_paint.c: paints a windowless sample instance in one solid colour on X11. */
/* SPDX-License-Identifier: MIT */

#include <dlfcn.h>

#include "tests/plugins/sample.h"

/*
 * libX11 is looked up in the host, which has it if it speaks X11, so that the plug-in needs no X to
 * be built or loaded. The event is the start of Xlib's XGraphicsExposeEvent.
 */

enum { GRAPHICS_EXPOSE = 13 };

struct expose_event {
    int type;
    unsigned long serial;
    int send_event;
    void *display;
    unsigned long drawable;
    int x, y, width, height;
};

static struct {
    void *(*create_gc)(void *display, unsigned long drawable, unsigned long mask, void *values);
    int (*set_foreground)(void *display, void *gc, unsigned long pixel);
    int (*fill_rectangle)(void *display, unsigned long drawable, void *gc, int x, int y,
                          unsigned width, unsigned height);
    int (*free_gc)(void *display, void *gc);
} x11;

static bool x11_find(void)
{
    static void *library;
    if (library == NULL) {
        library = dlopen("libX11.so.6", RTLD_LAZY | RTLD_NOLOAD);
        if (library == NULL)
            return false;
        *(void **)&x11.create_gc = dlsym(library, "XCreateGC");
        *(void **)&x11.set_foreground = dlsym(library, "XSetForeground");
        *(void **)&x11.fill_rectangle = dlsym(library, "XFillRectangle");
        *(void **)&x11.free_gc = dlsym(library, "XFreeGC");
    }
    return x11.create_gc && x11.set_foreground && x11.fill_rectangle && x11.free_gc;
}

void sample_paint(struct sample_instance *instance, void *event)
{
    const struct expose_event *expose = event;
    if (expose == NULL || expose->type != GRAPHICS_EXPOSE || expose->display == NULL || !x11_find())
        return;
    void *gc = x11.create_gc(expose->display, expose->drawable, 0, NULL);
    x11.set_foreground(expose->display, gc, 0xff000000 | instance->rgb);
    x11.fill_rectangle(expose->display, expose->drawable, gc, expose->x, expose->y,
                       (unsigned)expose->width, (unsigned)expose->height);
    x11.free_gc(expose->display, gc);
}
