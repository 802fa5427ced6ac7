# tests/unit/viewer.mk: the viewer's unit tests, over recordings made by hand and by the tracer.
# SPDX-License-Identifier: MIT

viewer_made_sources = \
	tests/unit/viewer_made.c \
	tests/unit/viewer_made.h \
	tests/unit/viewer_made_calls.c \
	tests/unit/viewer_made_contract.c \
	tests/unit/viewer_made_heap.c \
	tests/unit/viewer_made_trace.c
viewer_read_sources = \
	tests/unit/viewer_read.c \
	tests/unit/viewer_read.h \
	$(viewer_made_sources)
heap_made_sources = \
	tests/unit/heap_made.c \
	tests/unit/heap_made.h
viewer_made_libs = libviewer.la librecorder.la libformat.la $(CMOCKA_LIBS)

viewer_contract_sources = \
	tests/unit/viewer_contract.c \
	tests/unit/viewer_contract.h
# The verbs themselves, which are not in the library.
viewer_verbs_sources = \
	tests/unit/viewer_verbs.c \
	tests/unit/viewer_verbs.h \
	viewer/verb_check.c viewer/verb_diff.c viewer/verb_events.c viewer/verb_findings.c \
	viewer/verb_info.c \
	viewer/verb_leaks.c viewer/verb_report.c

unit_tests += \
	tests/unit/recording-contract \
	tests/unit/viewer-answers \
	tests/unit/viewer-changed \
	tests/unit/viewer-contract \
	tests/unit/viewer-contract-verbs \
	tests/unit/viewer-flipped \
	tests/unit/viewer-heap \
	tests/unit/viewer-hostile \
	tests/unit/viewer-heap-read \
	tests/unit/viewer-heap-verbs \
	tests/unit/viewer-leaks \
	tests/unit/viewer-live \
	tests/unit/viewer-model \
	tests/unit/viewer-own-nodes \
	tests/unit/viewer-parts \
	tests/unit/viewer-profile \
	tests/unit/viewer-suppressions \
	tests/unit/viewer-symbols \
	tests/unit/viewer-tables \
	tests/unit/viewer-text

tests_unit_recording_contract_SOURCES = tests/unit/recording-contract.c $(viewer_made_sources)
tests_unit_recording_contract_LDADD = $(viewer_made_libs) -lpthread
tests_unit_viewer_answers_SOURCES = tests/unit/viewer-answers.c $(viewer_made_sources)
tests_unit_viewer_answers_LDADD = $(viewer_made_libs) $(JANSSON_LIBS)
tests_unit_viewer_changed_SOURCES = tests/unit/viewer-changed.c $(viewer_read_sources)
tests_unit_viewer_changed_LDADD = $(viewer_made_libs)
tests_unit_viewer_contract_SOURCES = \
	tests/unit/viewer-contract.c $(viewer_contract_sources) $(viewer_read_sources)
tests_unit_viewer_contract_LDADD = $(viewer_made_libs)
tests_unit_viewer_contract_verbs_SOURCES = \
	tests/unit/viewer-contract-verbs.c \
	$(viewer_contract_sources) $(viewer_made_sources) $(viewer_verbs_sources)
tests_unit_viewer_contract_verbs_LDADD = $(viewer_made_libs) $(JANSSON_LIBS)
tests_unit_viewer_flipped_SOURCES = \
	tests/unit/viewer-flipped.c $(viewer_contract_sources) $(viewer_made_sources)
tests_unit_viewer_flipped_LDADD = $(viewer_made_libs)
tests_unit_viewer_hostile_SOURCES = \
	tests/unit/viewer-hostile.c \
	$(viewer_contract_sources) $(viewer_made_sources) $(viewer_verbs_sources)
tests_unit_viewer_hostile_LDADD = $(viewer_made_libs) $(JANSSON_LIBS)
tests_unit_viewer_heap_SOURCES = tests/unit/viewer-heap.c $(heap_made_sources)
tests_unit_viewer_heap_LDADD = libviewer.la libformat.la $(CMOCKA_LIBS)
tests_unit_viewer_heap_read_SOURCES = \
	tests/unit/viewer-heap-read.c tests/unit/heap_made_trace.c \
	$(heap_made_sources) $(viewer_read_sources)
tests_unit_viewer_heap_read_LDADD = $(viewer_made_libs)
tests_unit_viewer_heap_verbs_SOURCES = \
	tests/unit/viewer-heap-verbs.c $(viewer_made_sources) $(viewer_verbs_sources)
tests_unit_viewer_heap_verbs_LDADD = $(viewer_made_libs) $(JANSSON_LIBS)
tests_unit_viewer_leaks_SOURCES = tests/unit/viewer-leaks.c $(viewer_read_sources)
tests_unit_viewer_leaks_LDADD = $(viewer_made_libs)
tests_unit_viewer_live_SOURCES = tests/unit/viewer-live.c tests/unit/scratch.c tests/unit/scratch.h
tests_unit_viewer_live_LDADD = libviewer.la libtracer.la $(CMOCKA_LIBS) -lpthread
tests_unit_viewer_model_SOURCES = tests/unit/viewer-model.c $(viewer_read_sources)
tests_unit_viewer_model_LDADD = $(viewer_made_libs)
tests_unit_viewer_own_nodes_SOURCES = tests/unit/viewer-own-nodes.c
tests_unit_viewer_own_nodes_LDADD = libviewer.la libformat.la $(CMOCKA_LIBS)
tests_unit_viewer_parts_SOURCES = \
	tests/unit/viewer-parts.c tests/unit/heap_made_trace.c \
	$(heap_made_sources) $(viewer_read_sources)
tests_unit_viewer_parts_LDADD = $(viewer_made_libs)
tests_unit_viewer_profile_SOURCES = \
	tests/unit/viewer-profile.c tests/unit/heap_made_trace.c $(heap_made_sources)
tests_unit_viewer_profile_LDADD = libviewer.la librecorder.la libformat.la $(CMOCKA_LIBS)
# Looks itself up: lines need debug information, whatever CFLAGS says.
tests_unit_viewer_symbols_SOURCES = tests/unit/viewer-symbols.c
tests_unit_viewer_symbols_CFLAGS = $(AM_CFLAGS) -g
tests_unit_viewer_symbols_LDADD = libviewer.la $(CMOCKA_LIBS)
tests_unit_viewer_tables_SOURCES = tests/unit/viewer-tables.c tests/unit/chance.h
tests_unit_viewer_tables_LDADD = libviewer.la $(CMOCKA_LIBS)
tests_unit_viewer_suppressions_SOURCES = tests/unit/viewer-suppressions.c
tests_unit_viewer_suppressions_LDADD = libviewer.la $(CMOCKA_LIBS)
tests_unit_viewer_text_SOURCES = tests/unit/viewer-text.c
tests_unit_viewer_text_LDADD = libviewer.la $(CMOCKA_LIBS)

# ---- how fast the viewer is: tests/bench/viewer_speed.c says how to run it ---------
check_PROGRAMS += tests/bench/viewer_speed
tests_bench_viewer_speed_SOURCES = \
	tests/bench/viewer_speed.c tests/unit/heap_made_trace.c $(heap_made_sources)
tests_bench_viewer_speed_LDADD = librecorder.la libformat.la
