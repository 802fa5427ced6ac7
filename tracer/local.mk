# tracer/: inside the host; event, stamp, backtrace, ring writer.
# SPDX-License-Identifier: MIT

tracer_sources = \
	tracer/tree.h \
	tracer/tree.c \
	tracer/selfcheck.h \
	tracer/selfcheck.c \
	tracer/rules.h \
	tracer/rules.c \
	tracer/readable.c \
	tracer/heap_set.h \
	tracer/heap_set.c \
	tracer/heap_choice.c \
	tracer/clock.c \
	tracer/backtrace.h \
	tracer/backtrace.c \
	tracer/cfi.c \
	tracer/cfi.h \
	tracer/cfi_entry.c \
	tracer/cfi_parts.h \
	tracer/cfi_program.c \
	tracer/cfi_table.c \
	tracer/contract.c \
	tracer/contract.h \
	tracer/findings.c \
	tracer/findings.h \
	tracer/objects.c \
	tracer/objects.h \
	tracer/call.h \
	tracer/clock.h \
	tracer/context.c \
	tracer/debug.c \
	tracer/debug.h \
	tracer/dynsym.c \
	tracer/dynsym.h \
	tracer/allocators.c \
	tracer/allocators.h \
	tracer/got.c \
	tracer/handover.c \
	tracer/segments.h \
	tracer/live.c \
	tracer/got.h \
	tracer/heap.c \
	tracer/heap.h \
	tracer/live.h \
	tracer/lock.c \
	tracer/lock.h \
	tracer/modules.c \
	tracer/modules.h \
	tracer/misuse.c \
	tracer/misuse.h \
	tracer/npn.c \
	tracer/npn.h \
	tracer/object.c \
	tracer/object.h \
	tracer/operation.c \
	tracer/operation.h \
	tracer/ownership.c \
	tracer/region.c \
	tracer/region.h \
	tracer/registry.c \
	tracer/registry.h \
	tracer/segment.c \
	tracer/segment.h \
	tracer/stack.c \
	tracer/stack.h \
	tracer/sys.c \
	tracer/sys.h \
	tracer/tally.c \
	tracer/tally.h \
	tracer/thread.c \
	tracer/thread.h \
	tracer/tracer.c \
	tracer/tracer.h \
	tracer/unwind.h \
	tracer/unwind_libunwind.c \
	tracer/writer.c \
	tracer/writer.h

libnpntrace_la_SOURCES += $(tracer_sources)

# The same code once more for unit tests, with the tools' flags.
noinst_LTLIBRARIES += libtracer.la
libtracer_la_SOURCES = $(tracer_sources)
libtracer_la_LIBADD = libformat.la
