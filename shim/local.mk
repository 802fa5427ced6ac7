# shim/: what the host can see.
# SPDX-License-Identifier: MIT

shim_sources = \
	shim/assembler.h \
	shim/brought.c \
	shim/brought.h \
	shim/callbacks.c \
	shim/check.c \
	shim/check.h \
	shim/class_calls.c \
	shim/classes.c \
	shim/classes.h \
	shim/dlclose.c \
	shim/dlsym.c \
	shim/dlsym_gates.S \
	shim/entry.c \
	shim/entry.h \
	shim/exported.c \
	shim/exported.h \
	shim/freelist.c \
	shim/freelist.h \
	shim/handed.c \
	shim/handed.h \
	shim/heap.c \
	shim/heap_boot.c \
	shim/heap_boot.h \
	shim/heap_calls.h \
	shim/heap_gates.S \
	shim/heap_gates.h \
	shim/heap_next.c \
	shim/heap_next.h \
	shim/hook_calls.c \
	shim/hook_calls.h \
	shim/hook_operators.c \
	shim/hooks.c \
	shim/hooks.h \
	shim/hooks_pool.S \
	shim/hooks_pool.h \
	shim/hostcalls.c \
	shim/hostcalls.h \
	shim/instances.c \
	shim/instances.h \
	shim/load.c \
	shim/loaded.c \
	shim/loaded.h \
	shim/map.c \
	shim/map.h \
	shim/memory.c \
	shim/memory.h \
	shim/nested.c \
	shim/nested.h \
	shim/npapi.h \
	shim/npapi_layout.c \
	shim/npapi_types.h \
	shim/opened.c \
	shim/opened.h \
	shim/operators.c \
	shim/operators.h \
	shim/originals.c \
	shim/originals.h \
	shim/pfuncs.c \
	shim/pfuncs.h \
	shim/plugin.c \
	shim/plugin.h \
	shim/provided.c \
	shim/provided.h \
	shim/quarantine.c \
	shim/quarantine.h \
	shim/received.c \
	shim/received.h \
	shim/redirect.c \
	shim/redirect.h \
	shim/scope.c \
	shim/scope.h \
	shim/scope_aarch64.S \
	shim/scope_x86_64.S \
	shim/scripting.c \
	shim/stubs.c \
	shim/stubs.h \
	shim/stubs_pool.h \
	shim/stubs_table.c \
	shim/table.c \
	shim/table.h \
	shim/table_gates.h \
	shim/table_plain.c \
	shim/table_slots.h \
	shim/threads.c \
	shim/unseen.c \
	shim/unseen.h \
	shim/whatif.c \
	shim/whatif.h

libnpntrace_la_SOURCES += $(shim_sources)
libnpntrace_la_CCASFLAGS = -fPIC
EXTRA_DIST += shim/exports.list
