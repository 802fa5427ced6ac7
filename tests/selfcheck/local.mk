# tests/selfcheck/: every stack unwound twice, in programs that make it hard.
# SPDX-License-Identifier: MIT

script_tests += \
	tests/selfcheck/hosts.py \
	tests/selfcheck/stacks.py

EXTRA_DIST += \
	tests/selfcheck/agreement.py \
	tests/selfcheck/python_work.py

# -Wno-vla: arrays of variable size are what it is about.
check_PROGRAMS += tests/selfcheck/shapes
tests_selfcheck_shapes_SOURCES = \
	tests/selfcheck/shapes.c tests/selfcheck/shapes.h \
	tests/selfcheck/shapes_calls.c \
	tests/selfcheck/shapes_shift.c \
	tests/selfcheck/shapes_stacks.c
tests_selfcheck_shapes_CFLAGS = $(SUBJECT_CFLAGS) -Wno-vla -O2 -fno-optimize-sibling-calls \
	-fno-builtin -pthread
tests_selfcheck_shapes_LDFLAGS = -pthread

check_PROGRAMS += tests/selfcheck/exceptions
tests_selfcheck_exceptions_SOURCES = tests/selfcheck/exceptions.cpp
tests_selfcheck_exceptions_CXXFLAGS = $(SUBJECT_CXXFLAGS) -std=gnu++17 -O3 -pthread
tests_selfcheck_exceptions_LDFLAGS = -pthread

check_PROGRAMS += tests/selfcheck/reload
tests_selfcheck_reload_SOURCES = tests/selfcheck/reload.c tests/selfcheck/reload.h
tests_selfcheck_reload_CFLAGS = $(SUBJECT_CFLAGS) -O2 -fno-builtin -pthread
tests_selfcheck_reload_LDADD = -ldl -lpthread

RELOAD_CFLAGS = $(SUBJECT_CFLAGS) -O2 -fno-builtin -fno-optimize-sibling-calls \
	-fvisibility=hidden
RELOAD_LDFLAGS = -rpath /nowhere -module -avoid-version -shared
check_LTLIBRARIES += tests/selfcheck/libreload1.la tests/selfcheck/libreload2.la
tests_selfcheck_libreload1_la_SOURCES = tests/selfcheck/reload_library.c
tests_selfcheck_libreload1_la_CPPFLAGS = $(AM_CPPFLAGS) -DRELOAD_ROOM_BYTES=32
tests_selfcheck_libreload1_la_CFLAGS = $(RELOAD_CFLAGS)
tests_selfcheck_libreload1_la_LDFLAGS = $(RELOAD_LDFLAGS)
tests_selfcheck_libreload2_la_SOURCES = tests/selfcheck/reload_library.c
tests_selfcheck_libreload2_la_CPPFLAGS = $(AM_CPPFLAGS) -DRELOAD_ROOM_BYTES=96
tests_selfcheck_libreload2_la_CFLAGS = $(RELOAD_CFLAGS)
tests_selfcheck_libreload2_la_LDFLAGS = $(RELOAD_LDFLAGS)
