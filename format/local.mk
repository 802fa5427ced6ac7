# format/: the ring layout and the trace file.
# SPDX-License-Identifier: MIT

# Used on both sides: also built into libnpntrace.so, with the host's flags.
format_host_sources = \
	format/event.c \
	format/event.h \
	format/finding.h \
	format/handover.h \
	format/ring.h \
	format/ring_layout.c \
	format/ring_pool.h \
	format/whatif.c \
	format/whatif.h

# Used by the recorder and the viewer alone.
format_file_sources = \
	format/finding.c \
	format/trace.h \
	format/trace_bytes.c \
	format/trace_bytes.h \
	format/trace_columns.c \
	format/trace_contract.c \
	format/trace_contract.h \
	format/trace_events.c \
	format/trace_frame.c \
	format/trace_heap.c \
	format/trace_heap.h \
	format/trace_heap_model.h \
	format/trace_heap_read.c \
	format/trace_index.c \
	format/trace_index.h \
	format/trace_internal.h \
	format/trace_record.c \
	format/trace_symbols.c \
	format/trace_tables.c

noinst_LTLIBRARIES += libformat.la
libformat_la_SOURCES = $(format_host_sources) $(format_file_sources)
libformat_la_LIBADD = $(ZSTD_LIBS) $(ZLIB_LIBS)

libnpntrace_la_SOURCES += $(format_host_sources)
