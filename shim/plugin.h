/* shim/plugin.h - the plug-ins that this process has met */
/* SPDX-License-Identifier: MIT */

/*
 * A plug-in is a file (device, inode, build-id), not a handle or a path. It keeps its place here,
 * its stubs and its table copy for ever: its code, or a late thread of it, may use them after
 * NP_Shutdown and dlclose, and the same file may come back at another address.
 *
 * Places are taken under the shim's lock; what a place holds is written by dlsym and NP_Initialize,
 * and read without a lock by the stubs. Words are stored whole, so a stub sees an old or a new
 * original.
 */
#ifndef NPNTRACE_SHIM_PLUGIN_H
#define NPNTRACE_SHIM_PLUGIN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "shim/npapi.h"
#include "tracer/object.h"

#define PLUGIN_PLACES 256   /* trampolines for NP_Initialize and NP_Shutdown */
#define PLUGIN_STUB_SETS 64 /* sets of stubs for table and pFuncs */
#define PLUGIN_SHARED_SET                                                                          \
    64 /* one more, for the plug-ins beyond: attributed by the caller's address */
#define PLUGIN_NO_STUBS UINT32_MAX

struct plugin {
    _Atomic uint64_t start;    /* where its object is mapped now; 0: nowhere */
    uint32_t index;            /* of this place */
    _Atomic uint32_t stub_set; /* PLUGIN_NO_STUBS: none (left) */
    char *name; /* the link map's: compared to see whether the object is still there */
    char *path;
    uint64_t device;
    uint64_t inode;
    struct build_id build_id;
    _Atomic uint64_t id;      /* generation << 32 | id in the recording of that generation */
    uint32_t flags;           /* enum ring_plugin_flag */
    _Atomic bool ended;       /* NP_Shutdown has returned, and nothing came since */
    _Atomic uint32_t running; /* NP_Initialize calls that no NP_Shutdown has followed */

    /* The real ones. Some platforms' hosts give NP_Initialize a third argument. */
    NPError (*initialize)(NPNetscapeFuncs *, NPPluginFuncs *, void *);
    NPError (*shutdown)(void);
    NPNetscapeFuncs host;   /* the host's functions as it gave them last */
    NPNetscapeFuncs *table; /* our copy, TABLE_BYTES long, never freed */
    NPPluginFuncs own;      /* the plug-in's functions as it gave them last */
};

/* The place of the plug-in whose code is at address, made if needed. NULL: no object there, or no
 * place. */
struct plugin *plugin_of_code(const void *address);

/* The same without making one. */
struct plugin *plugin_find_code(const void *address);

struct plugin *plugin_at(uint32_t index);

/* The plug-in that owns the stub set; always one, if the set is in use. Of the shared set: the
 * first. */
struct plugin *plugin_of_set(uint32_t set);

/* Lets a plug-in for which no set is left use the shared one. False: its host's functions are not
 * those of the others that share it. */
bool plugin_share_stubs(struct plugin *plugin);

/* Gives the plug-in a stub set if one is left. */
bool plugin_take_stubs(struct plugin *plugin);

/* Before NP_Initialize and after it, and after NP_Shutdown. A host may initialise again what is
 * still running (for another page, say) and then shut it down once: it goes on. */
void plugin_beginning(struct plugin *plugin);
void plugin_begun(struct plugin *plugin, NPError error);
void plugin_shut_down(struct plugin *plugin);

/* The id in the current recording; starts tracing. 0: it cannot be listed. */
uint32_t plugin_id(struct plugin *plugin);

/* The plug-in with this id in the current recording, or NULL. */
struct plugin *plugin_of_id(uint32_t id);

/* Notes which plug-ins' objects have left the process. */
void plugin_forget_unloaded(void);

#endif
