# tests/shim/: the edge cases that a shim must handle, played by the mini-host.
# SPDX-License-Identifier: MIT

script_tests += \
	tests/shim/classes.py \
	tests/shim/instances.py \
	tests/shim/loading.py \
	tests/shim/memory.py \
	tests/shim/slots.py \
	tests/shim/table.py \
	tests/shim/threads.py

# ---- where classes lie -------------------------------------------------------------------------

check_PROGRAMS += tests/shim/class_host
tests_shim_class_host_SOURCES = tests/shim/class_host.c
tests_shim_class_host_CFLAGS = $(SUBJECT_CFLAGS)

class_plugin_sources = tests/shim/class_plugin.c tests/shim/class_shared.h

check_LTLIBRARIES += tests/shim/libnpclass.la
tests_shim_libnpclass_la_SOURCES = $(class_plugin_sources)
tests_shim_libnpclass_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_shim_libnpclass_la_LDFLAGS = $(PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/shim/libnpclassshared.la
tests_shim_libnpclassshared_la_SOURCES = tests/shim/class_shared.c tests/shim/class_shared.h
tests_shim_libnpclassshared_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_shim_libnpclassshared_la_LDFLAGS = $(PLUGIN_LDFLAGS)

# ---- every function of the browser's table ------------------------------------------------------

check_PROGRAMS += tests/shim/slots_host
tests_shim_slots_host_SOURCES = tests/shim/slots_host.c tests/shim/slots.h
tests_shim_slots_host_CFLAGS = $(SUBJECT_CFLAGS)

check_LTLIBRARIES += tests/shim/libnpslots.la
tests_shim_libnpslots_la_SOURCES = tests/shim/slots_plugin.c tests/shim/slots.h
tests_shim_libnpslots_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_shim_libnpslots_la_LDFLAGS = $(PLUGIN_LDFLAGS)
