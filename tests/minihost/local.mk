# tests/minihost/: a small NPAPI host whose every quirk is a switch.
# SPDX-License-Identifier: MIT

# -fexceptions: plug-ins throw and jump over the host's frames.
check_PROGRAMS += tests/minihost/minihost
tests_minihost_minihost_SOURCES = \
	tests/minihost/browser.c \
	tests/minihost/host.h \
	tests/minihost/instance.c \
	tests/minihost/later.c tests/minihost/later.h \
	tests/minihost/main.c \
	tests/minihost/memory.c tests/minihost/memory.h \
	tests/minihost/object.c tests/minihost/object.h \
	tests/minihost/offthread.c tests/minihost/offthread.h \
	tests/minihost/options.c tests/minihost/options.h \
	tests/minihost/page.c \
	tests/minihost/plugin.c \
	tests/minihost/process.c \
	tests/minihost/script.c tests/minihost/script.h \
	tests/minihost/scripting.c tests/minihost/scripting.h \
	tests/minihost/table.c tests/minihost/table.h \
	tests/minihost/worker.c
tests_minihost_minihost_CFLAGS = $(SUBJECT_CFLAGS) -O1 -fexceptions -pthread
tests_minihost_minihost_LDFLAGS = -pthread
