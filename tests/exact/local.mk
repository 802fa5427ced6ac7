# tests/exact/: random programs that know what they allocated, against their recordings.
# SPDX-License-Identifier: MIT

script_tests += tests/exact/totals.py

EXTRA_DIST += \
	tests/exact/heapevents.py \
	tests/exact/heaplog.py \
	tests/exact/tallies.py

# No function may vanish or call itself something else: the program knows its own call stacks.
EXACT_MACHINE_FLAGS = -O2 -fno-inline-functions -fno-optimize-sibling-calls -fno-ipa-icf \
	-fno-ipa-cp -fno-ipa-sra -fno-partial-inlining -fno-builtin -fexceptions -pthread

exact_log_sources = \
	tests/exact/exact_calls.h \
	tests/exact/exact_log.c tests/exact/exact_log.h

check_PROGRAMS += tests/exact/exact
tests_exact_exact_SOURCES = $(exact_log_sources) \
	tests/exact/exact_leaves.c \
	tests/exact/exact_main.c \
	tests/exact/exact_new.cpp \
	tests/exact/exact_nodes.c \
	tests/exact/exact_walk.c tests/exact/exact_walk.h
tests_exact_exact_CFLAGS = $(SUBJECT_CFLAGS) -Wno-vla $(EXACT_MACHINE_FLAGS) -fPIE
tests_exact_exact_CXXFLAGS = $(SUBJECT_CXXFLAGS) $(EXACT_MACHINE_FLAGS) -fPIE
tests_exact_exact_LDFLAGS = -pthread -pie -Wl,-z,dynamic-undefined-weak

check_LTLIBRARIES += tests/exact/libnaivetracer.la
tests_exact_libnaivetracer_la_SOURCES = $(exact_log_sources) tests/exact/naive_tracer.c
tests_exact_libnaivetracer_la_CFLAGS = $(SUBJECT_CFLAGS) -O2 -fno-builtin
tests_exact_libnaivetracer_la_LDFLAGS = -rpath /nowhere -module -avoid-version -shared \
	-Wl,-Bsymbolic
