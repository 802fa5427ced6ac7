# shim/: what the host can see.
# SPDX-License-Identifier: MIT

shim_sources = \
	shim/callbacks.c \
	shim/callbacks.h \
	shim/classes.c \
	shim/classes.h \
	shim/dlclose.c \
	shim/dlsym.c \
	shim/dlsym_aarch64.S \
	shim/dlsym_x86_64.S \
	shim/entry.c \
	shim/entry.h \
	shim/exported.c \
	shim/exported.h \
	shim/instances.c \
	shim/instances.h \
	shim/map.c \
	shim/map.h \
	shim/memory.c \
	shim/memory.h \
	shim/npapi.h \
	shim/npapi_layout.c \
	shim/npapi_types.h \
	shim/originals.c \
	shim/originals.h \
	shim/pfuncs.c \
	shim/pfuncs.h \
	shim/plugin.c \
	shim/plugin.h \
	shim/provided.c \
	shim/provided.h \
	shim/stubs.c \
	shim/stubs.h \
	shim/table.c \
	shim/table.h

libnpntrace_la_SOURCES += $(shim_sources)
libnpntrace_la_CCASFLAGS = -fPIC
EXTRA_DIST += shim/exports.list
