# tests/fault/: what is killed, full, cut, foreign or not there.
# SPDX-License-Identifier: MIT

script_tests += \
	tests/fault/badhost.py \
	tests/fault/badinput.py \
	tests/fault/badoutput.py \
	tests/fault/chaos.py \
	tests/fault/footprint.py \
	tests/fault/heap-children.py \
	tests/fault/heap-kill.py \
	tests/fault/heap-recorder.py \
	tests/fault/heap-signals.py \
	tests/fault/kill.py \
	tests/fault/overwrite.py \
	tests/fault/provided.py \
	tests/fault/quiet.py \
	tests/fault/recorder-killed.py \
	tests/fault/threads.py

EXTRA_DIST += \
	tests/fault/elf.py \
	tests/fault/heapsequence.py \
	tests/fault/heapvictim.py \
	tests/fault/hostprocess.py \
	tests/fault/npt.py \
	tests/fault/victim.py

# ---- programs whose heap calls are known from outside; one that steps through them --------------

check_PROGRAMS += tests/fault/heaphost
tests_fault_heaphost_SOURCES = \
	tests/fault/heaphost.h \
	tests/fault/heaphost_calls.c \
	tests/fault/heaphost_children.c \
	tests/fault/heaphost_main.c \
	tests/fault/heaphost_signals.c
tests_fault_heaphost_CFLAGS = $(SUBJECT_CFLAGS) -O2 -fno-optimize-sibling-calls -pthread
tests_fault_heaphost_LDFLAGS = -pthread -Wl,-z,now

check_PROGRAMS += tests/fault/stepper
tests_fault_stepper_SOURCES = \
	tests/fault/heaphost.h \
	tests/fault/stepper.c \
	tests/fault/stepper_ring.c tests/fault/stepper_ring.h
tests_fault_stepper_CFLAGS = $(SUBJECT_CFLAGS) -O2

check_LTLIBRARIES += tests/fault/libplainmalloc.la
tests_fault_libplainmalloc_la_SOURCES = tests/fault/plain_malloc.c
tests_fault_libplainmalloc_la_CFLAGS = $(SUBJECT_CFLAGS) -O2 -fno-builtin
tests_fault_libplainmalloc_la_LDFLAGS = -rpath /nowhere -module -avoid-version -shared

# ---- everything at once --------------------------------------------------------------------------

check_PROGRAMS += tests/fault/chaos
tests_fault_chaos_SOURCES = \
	tests/fault/chaos.c tests/fault/chaos.h \
	tests/fault/chaos_acts.c \
	tests/fault/chaos_children.c
tests_fault_chaos_CFLAGS = $(SUBJECT_CFLAGS) -O2 -fno-builtin -pthread
tests_fault_chaos_LDADD = -ldl -lpthread

check_LTLIBRARIES += tests/fault/libchaos1.la tests/fault/libchaos2.la
tests_fault_libchaos1_la_SOURCES = tests/fault/chaos_library.c tests/fault/chaos.h
tests_fault_libchaos1_la_CFLAGS = $(SUBJECT_CFLAGS) -O2 -fno-builtin
tests_fault_libchaos1_la_LDFLAGS = -rpath /nowhere -module -avoid-version -shared
tests_fault_libchaos2_la_SOURCES = tests/fault/chaos_library.c tests/fault/chaos.h
tests_fault_libchaos2_la_CPPFLAGS = $(AM_CPPFLAGS) -DCHAOS_SECOND=1
tests_fault_libchaos2_la_CFLAGS = $(SUBJECT_CFLAGS) -O2 -fno-builtin
tests_fault_libchaos2_la_LDFLAGS = -rpath /nowhere -module -avoid-version -shared
