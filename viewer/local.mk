# viewer/: reader, model, symbols, reports; the npntrace program.
# SPDX-License-Identifier: MIT

noinst_LTLIBRARIES += libviewer.la
libviewer_la_SOURCES = \
	viewer/all_events.c \
	viewer/all_events.h \
	viewer/clock_now.c \
	viewer/clock_now.h \
	viewer/consistency.c \
	viewer/consistency.h \
	viewer/cursor.c \
	viewer/cursor.h \
	viewer/demangle.c \
	viewer/demangle.h \
	viewer/event_out.c \
	viewer/event_out.h \
	viewer/heap_sums.c \
	viewer/heap_sums.h \
	viewer/heap_table.c \
	viewer/heap_table.h \
	viewer/host_process.c \
	viewer/host_process.h \
	viewer/info.h \
	viewer/info_facts.c \
	viewer/info_facts.h \
	viewer/info_json.c \
	viewer/info_text.c \
	viewer/json_out.c \
	viewer/json_out.h \
	viewer/leaks.c \
	viewer/leaks.h \
	viewer/mapping.c \
	viewer/mapping.h \
	viewer/message.c \
	viewer/message.h \
	viewer/model.c \
	viewer/model.h \
	viewer/model_events.c \
	viewer/model_live.c \
	viewer/names.c \
	viewer/names.h \
	viewer/newest.c \
	viewer/newest.h \
	viewer/options.c \
	viewer/options.h \
	viewer/own_nodes.c \
	viewer/own_nodes.h \
	viewer/paragraph.c \
	viewer/paragraph.h \
	viewer/problems.c \
	viewer/problems.h \
	viewer/progress.c \
	viewer/progress.h \
	viewer/ranges.h \
	viewer/recording.c \
	viewer/recording.h \
	viewer/report_stacks.c \
	viewer/report_stacks.h \
	viewer/report_text.c \
	viewer/report_text.h \
	viewer/session.c \
	viewer/session.h \
	viewer/source_ring.c \
	viewer/source_ring.h \
	viewer/source_ring_heap.c \
	viewer/source_ring_runs.c \
	viewer/source_ring_tables.c \
	viewer/source_ring_verify.c \
	viewer/source_trace.c \
	viewer/source_trace.h \
	viewer/source_trace_block.c \
	viewer/source_trace_heap.c \
	viewer/source_trace_process.c \
	viewer/source_trace_runs.c \
	viewer/source_trace_tables.c \
	viewer/sources.h \
	viewer/stack_text.c \
	viewer/stack_text.h \
	viewer/stack_sums.c \
	viewer/stack_sums.h \
	viewer/stacks.c \
	viewer/stacks.h \
	viewer/symbols.c \
	viewer/symbols.h \
	viewer/symbols_file.c \
	viewer/symbols_file.h \
	viewer/symbols_functions.c \
	viewer/symbols_functions.h \
	viewer/symbols_names.c \
	viewer/symbols_names.h \
	viewer/symbols_units.c \
	viewer/symbols_units.h \
	viewer/table.c \
	viewer/table.h \
	viewer/terminal.c \
	viewer/terminal.h \
	viewer/text.c \
	viewer/text.h \
	viewer/top_stacks.c \
	viewer/top_stacks.h \
	viewer/verb.h \
	viewer/verdict.c \
	viewer/verdict.h \
	viewer/xalloc.c \
	viewer/xalloc.h
libviewer_la_LIBADD = libformat.la $(DW_LIBS) $(ELF_LIBS) $(ZSTD_LIBS) $(ZLIB_LIBS) \
	$(JANSSON_LIBS) $(DEMANGLE_LIBS)

npntrace_SOURCES = \
	viewer/main.c \
	viewer/verb.h \
	viewer/verb_check.c \
	viewer/verb_events.c \
	viewer/verb_info.c \
	viewer/verb_leaks.c \
	viewer/verb_record.c \
	viewer/verb_report.c
npntrace_LDADD = libviewer.la librecorder.la libformat.la

# ---- unit tests ----------------------------------------------------------------
include tests/unit/viewer.mk
