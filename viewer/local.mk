# viewer/: reader, model, symbols, reports; the npntrace program.
# SPDX-License-Identifier: MIT

noinst_LTLIBRARIES += libviewer.la
libviewer_la_SOURCES = \
	viewer/all_events.c \
	viewer/all_events.h \
	viewer/archive_files.c \
	viewer/archive_files.h \
	viewer/block_index.c \
	viewer/block_index.h \
	viewer/block_index_verify.c \
	viewer/builtin_suppressions.c \
	viewer/builtin_suppressions.h \
	viewer/bundle.c \
	viewer/bundle.h \
	viewer/bundle_write.c \
	viewer/bundle_write.h \
	viewer/call_tree.c \
	viewer/call_tree.h \
	viewer/charge.c \
	viewer/charge.h \
	viewer/choose.c \
	viewer/choose.h \
	viewer/clock_now.c \
	viewer/clock_now.h \
	viewer/consistency.c \
	viewer/consistency.h \
	viewer/cursor.c \
	viewer/cursor.h \
	viewer/demangle.c \
	viewer/demangle.h \
	viewer/diff.c \
	viewer/diff.h \
	viewer/diff_json.c \
	viewer/diff_json.h \
	viewer/diff_key.c \
	viewer/diff_key.h \
	viewer/diff_notes.c \
	viewer/diff_notes.h \
	viewer/diff_text.c \
	viewer/diff_text.h \
	viewer/each.c \
	viewer/each.h \
	viewer/each_choose.c \
	viewer/each_out.c \
	viewer/each_read.c \
	viewer/each_run.c \
	viewer/event_out.c \
	viewer/event_out.h \
	viewer/event_text.c \
	viewer/event_text.h \
	viewer/export.c \
	viewer/export.h \
	viewer/export_callgrind.c \
	viewer/export_csv.c \
	viewer/export_ctf.c \
	viewer/export_ctf.h \
	viewer/export_ctf_metadata.c \
	viewer/export_folded.c \
	viewer/export_formats.c \
	viewer/export_heaptrack.c \
	viewer/export_massif.c \
	viewer/export_names.c \
	viewer/export_names.h \
	viewer/export_openmetrics.c \
	viewer/export_pprof.c \
	viewer/export_speedscope.c \
	viewer/export_sqlite.c \
	viewer/export_sqlite.h \
	viewer/export_sqlite_schema.c \
	viewer/export_target.c \
	viewer/export_target.h \
	viewer/filter.c \
	viewer/filter.h \
	viewer/filter_stack.c \
	viewer/finding_words.c \
	viewer/finding_words.h \
	viewer/findings.c \
	viewer/findings.h \
	viewer/findings_heap.c \
	viewer/findings_text.c \
	viewer/findings_text.h \
	viewer/follow.c \
	viewer/follow.h \
	viewer/follow_events.c \
	viewer/follow_process.c \
	viewer/follow_process.h \
	viewer/follow_recorder.c \
	viewer/follow_recorder.h \
	viewer/handed.c \
	viewer/handed.h \
	viewer/heap_sums.c \
	viewer/heap_sums.h \
	viewer/heap_table.c \
	viewer/heap_table.h \
	viewer/host_process.c \
	viewer/host_process.h \
	viewer/flame.c \
	viewer/flame.h \
	viewer/flame_svg.c \
	viewer/flame_svg.h \
	viewer/html.c \
	viewer/html.h \
	viewer/html_page.S \
	viewer/info.h \
	viewer/info_facts.c \
	viewer/info_facts.h \
	viewer/info_json.c \
	viewer/info_text.c \
	viewer/instance_text.c \
	viewer/instance_text.h \
	viewer/json_out.c \
	viewer/json_out.h \
	viewer/leak_filter.c \
	viewer/leak_filter.h \
	viewer/leak_groups.c \
	viewer/leak_groups.h \
	viewer/leak_growth.c \
	viewer/leak_growth.h \
	viewer/leak_rules.c \
	viewer/leak_rules.h \
	viewer/leak_words.c \
	viewer/leak_words.h \
	viewer/leaks.c \
	viewer/leaks.h \
	viewer/leaks_json.c \
	viewer/leaks_json.h \
	viewer/leaks_suppressed.c \
	viewer/leaks_suppressed.h \
	viewer/leaks_text.c \
	viewer/leaks_text.h \
	viewer/live.c \
	viewer/live.h \
	viewer/live_stacks.c \
	viewer/mapping.c \
	viewer/mapping.h \
	viewer/message.c \
	viewer/message.h \
	viewer/model.c \
	viewer/model.h \
	viewer/model_events.c \
	viewer/model_live.c \
	viewer/model_objects.c \
	viewer/module_map.c \
	viewer/module_map.h \
	viewer/names.c \
	viewer/names.h \
	viewer/newest.c \
	viewer/newest.h \
	viewer/options.c \
	viewer/options.h \
	viewer/output.c \
	viewer/output.h \
	viewer/own_instances.c \
	viewer/own_instances.h \
	viewer/own_nodes.c \
	viewer/own_nodes.h \
	viewer/page_data.c \
	viewer/page_data.h \
	viewer/page_out.c \
	viewer/page_out.h \
	viewer/page_rows.c \
	viewer/page_rows.h \
	viewer/paragraph.c \
	viewer/paragraph.h \
	viewer/problems.c \
	viewer/problems.h \
	viewer/process_list.c \
	viewer/process_list.h \
	viewer/profile.c \
	viewer/profile.h \
	viewer/profile_changes.c \
	viewer/profile_columns.c \
	viewer/profile_columns.h \
	viewer/profile_events.c \
	viewer/profile_groups.c \
	viewer/profile_groups.h \
	viewer/profile_reading.h \
	viewer/profile_rows.c \
	viewer/profile_sums.c \
	viewer/profile_tree.c \
	viewer/profile_tree.h \
	viewer/progress.c \
	viewer/progress.h \
	viewer/ranges.h \
	viewer/record_whatif.c \
	viewer/record_whatif.h \
	viewer/recording.c \
	viewer/recording.h \
	viewer/report_profile.c \
	viewer/report_profile.h \
	viewer/report_profile_json.c \
	viewer/report_profile_text.c \
	viewer/report_profile_tree.c \
	viewer/report_profile_tree.h \
	viewer/report_stacks.c \
	viewer/report_stacks.h \
	viewer/report_text.c \
	viewer/report_text.h \
	viewer/serve.h \
	viewer/serve_address.c \
	viewer/serve_hosts.c \
	viewer/serve_http.c \
	viewer/serve_metrics.c \
	viewer/session.c \
	viewer/session.h \
	viewer/size_text.c \
	viewer/size_text.h \
	viewer/slots.c \
	viewer/slots.h \
	viewer/source_contract.c \
	viewer/source_contract.h \
	viewer/source_ring.c \
	viewer/source_ring.h \
	viewer/source_ring_contract.c \
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
	viewer/stack_sums.c \
	viewer/stack_sums.h \
	viewer/stack_text.c \
	viewer/stack_text.h \
	viewer/stacks.c \
	viewer/stacks.h \
	viewer/suppressions.c \
	viewer/suppressions.h \
	viewer/suppressions_match.c \
	viewer/svg.c \
	viewer/svg.h \
	viewer/symbols.c \
	viewer/symbols.h \
	viewer/symbols_file.c \
	viewer/symbols_file.h \
	viewer/symbols_find.c \
	viewer/symbols_find.h \
	viewer/symbols_functions.c \
	viewer/symbols_functions.h \
	viewer/symbols_names.c \
	viewer/symbols_names.h \
	viewer/symbols_places.c \
	viewer/symbols_places.h \
	viewer/symbols_sources.c \
	viewer/symbols_sources.h \
	viewer/symbols_units.c \
	viewer/symbols_units.h \
	viewer/table.c \
	viewer/table.h \
	viewer/terminal.c \
	viewer/terminal.h \
	viewer/text.c \
	viewer/text.h \
	viewer/timeline_svg.c \
	viewer/timeline_svg.h \
	viewer/timeline_text.c \
	viewer/timeline_text.h \
	viewer/top.h \
	viewer/top_head.c \
	viewer/top_json.c \
	viewer/top_keys.c \
	viewer/top_page.c \
	viewer/top_screen.c \
	viewer/top_screen.h \
	viewer/top_sort.c \
	viewer/top_stacks.c \
	viewer/top_stacks.h \
	viewer/trace_ahead.c \
	viewer/trace_ahead.h \
	viewer/trace_pull.c \
	viewer/trace_pull.h \
	viewer/unfinished.c \
	viewer/unfinished.h \
	viewer/verb.h \
	viewer/verdict.c \
	viewer/verdict.h \
	viewer/whatif.c \
	viewer/whatif.h \
	viewer/whole.h \
	viewer/xalloc.c \
	viewer/xalloc.h
libviewer_la_LIBADD = libformat.la libpprof.la $(DW_LIBS) $(ELF_LIBS) $(ZSTD_LIBS) $(ZLIB_LIBS) \
	$(JANSSON_LIBS) $(DEMANGLE_LIBS) $(SQLITE_LIBS) \
	$(NCURSES_LIBS) $(MICROHTTPD_LIBS) $(ZIP_LIBS) -lpthread -lm

# What pprof reads, in C as protobuf-c generates it: not ours to warn about.
noinst_LTLIBRARIES += libpprof.la
libpprof_la_CFLAGS = $(SANITIZER_CFLAGS)
nodist_libpprof_la_SOURCES = viewer/pprof.pb-c.c viewer/pprof.pb-c.h
libpprof_la_SOURCES =
libpprof_la_LIBADD = $(PROTOBUF_C_LIBS)
EXTRA_DIST += viewer/pprof.proto
BUILT_SOURCES += viewer/pprof.pb-c.h
CLEANFILES += viewer/pprof.pb-c.c viewer/pprof.pb-c.h
viewer/export_pprof.lo: viewer/pprof.pb-c.h
viewer/pprof.pb-c.h: viewer/pprof.pb-c.c
viewer/pprof.pb-c.c: $(srcdir)/viewer/pprof.proto
	$(AM_V_GEN)$(MKDIR_P) viewer && \
	    $(PROTOC_C) --proto_path=$(srcdir)/viewer --c_out=viewer $(srcdir)/viewer/pprof.proto

# ---- the HTML page ---------------------------------------------------------------
# Put together from its parts, then a part of the program (viewer/html_page.S).
html_scripts = \
	viewer/html/format.js \
	viewer/html/data.js \
	viewer/html/timeline.js \
	viewer/html/flame.js \
	viewer/html/table.js \
	viewer/html/histogram.js \
	viewer/html/page.js
html_built = viewer/html/built.html viewer/html/built.svg.js viewer/html/built.svg.css
EXTRA_DIST += $(html_scripts) viewer/html/page.html viewer/html/page.css viewer/html/svg.js \
	viewer/html/svg.css
CLEANFILES += $(html_built) viewer/html/built.licence
viewer/html_page.lo: $(html_built)

viewer/html/built.licence: $(D3_LICENCE)
	$(AM_V_at)$(MKDIR_P) viewer/html
	$(AM_V_GEN)sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' $(D3_LICENCE) >$@.tmp && mv $@.tmp $@

viewer/html/built.html: $(html_scripts) viewer/html/page.html viewer/html/page.css \
		viewer/html/built.licence $(D3_SCRIPT)
	$(AM_V_at)cd $(srcdir) && cat $(html_scripts) >$(abs_builddir)/$@.js
	$(AM_V_GEN)sed -e '/^@page.css@$$/{' -e 'r $(srcdir)/viewer/html/page.css' -e 'd' -e '}' \
	    -e '/^@page.js@$$/{' -e 'r $@.js' -e 'd' -e '}' \
	    -e '/^@d3@$$/{' -e 'r $(D3_SCRIPT)' -e 'd' -e '}' \
	    -e '/^@d3.licence@$$/{' -e 'r viewer/html/built.licence' -e 'd' -e '}' \
	    $(srcdir)/viewer/html/page.html >$@.tmp && mv $@.tmp $@
	$(AM_V_at)rm -f $@.js

viewer/html/built.svg.js: viewer/html/svg.js
	$(AM_V_at)$(MKDIR_P) viewer/html
	$(AM_V_GEN)cp $(srcdir)/viewer/html/svg.js $@.tmp && mv $@.tmp $@

viewer/html/built.svg.css: viewer/html/svg.css
	$(AM_V_at)$(MKDIR_P) viewer/html
	$(AM_V_GEN)cp $(srcdir)/viewer/html/svg.css $@.tmp && mv $@.tmp $@

npntrace_SOURCES = \
	viewer/main.c \
	viewer/verb.h \
	viewer/verb_archive.c \
	viewer/verb_check.c \
	viewer/verb_diff.c \
	viewer/verb_events.c \
	viewer/verb_export.c \
	viewer/verb_findings.c \
	viewer/verb_flame.c \
	viewer/verb_html.c \
	viewer/verb_info.c \
	viewer/verb_leaks.c \
	viewer/record_text.c \
	viewer/record_text.h \
	viewer/verb_record.c \
	viewer/verb_report.c \
	viewer/verb_serve.c \
	viewer/verb_timeline.c \
	viewer/verb_top.c
npntrace_LDADD = libviewer.la librecorder.la libformat.la

# ---- unit tests ----------------------------------------------------------------
include tests/unit/viewer.mk
