# tests/contract/: who owns what, and what must be said of a plug-in that does not care.
# SPDX-License-Identifier: MIT

script_tests += \
	tests/contract/browsers.py \
	tests/contract/instances.py \
	tests/contract/misuse.py \
	tests/contract/objects.py \
	tests/contract/ownership.py

EXTRA_DIST += \
	tests/contract/act_page.py \
	tests/contract/README.md \
	tests/contract/acting.py \
	tests/contract/webkit.py

check_LTLIBRARIES += tests/contract/libnpacts.la
tests_contract_libnpacts_la_SOURCES = \
	tests/contract/acts.h \
	tests/contract/acts_checked.c \
	tests/contract/acts_class.c \
	tests/contract/acts_handed.c \
	tests/contract/acts_later.c \
	tests/contract/acts_main.c \
	tests/contract/acts_misuse.c \
	tests/contract/acts_misuse_results.c \
	tests/contract/acts_objects.c \
	tests/contract/acts_received.c \
	tests/contract/acts_results.c \
	tests/contract/acts_state.c \
	tests/contract/acts_table.c \
	tests/contract/acts_threads.c
tests_contract_libnpacts_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_contract_libnpacts_la_LDFLAGS = $(PLUGIN_LDFLAGS)

# ---- random traffic: a host, and a plug-in in two variants --------------------------------------

script_tests += tests/contract/traffic.py

check_PROGRAMS += tests/contract/traffic_host
tests_contract_traffic_host_SOURCES = \
	tests/contract/traffic_host.h \
	tests/contract/traffic_host_instances.c \
	tests/contract/traffic_host_later.c \
	tests/contract/traffic_host_main.c \
	tests/contract/traffic_host_objects.c \
	tests/contract/traffic_host_page.c \
	tests/contract/traffic_host_plugins.c \
	tests/contract/traffic_host_script.c \
	tests/contract/traffic_host_streams.c \
	tests/contract/traffic_host_table.c \
	tests/contract/traffic_slots.h
tests_contract_traffic_host_CFLAGS = $(SUBJECT_CFLAGS) -O1 -pthread
tests_contract_traffic_host_LDFLAGS = -pthread

traffic_sources = \
	tests/contract/traffic.h \
	tests/contract/traffic_browser.c \
	tests/contract/traffic_class.c \
	tests/contract/traffic_entries.c \
	tests/contract/traffic_later.c \
	tests/contract/traffic_main.c \
	tests/contract/traffic_memory.c tests/contract/traffic_memory.h \
	tests/contract/traffic_script.c \
	tests/contract/traffic_slots.h \
	tests/contract/traffic_table.c \
	tests/contract/traffic_threads.c

check_LTLIBRARIES += tests/contract/libnptraffic1.la
tests_contract_libnptraffic1_la_SOURCES = $(traffic_sources)
tests_contract_libnptraffic1_la_CPPFLAGS = $(AM_CPPFLAGS) -DTRAFFIC_VARIANT=1
tests_contract_libnptraffic1_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_contract_libnptraffic1_la_LDFLAGS = $(PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/contract/libnptraffic2.la
tests_contract_libnptraffic2_la_SOURCES = $(traffic_sources)
tests_contract_libnptraffic2_la_CPPFLAGS = $(AM_CPPFLAGS) -DTRAFFIC_VARIANT=2
tests_contract_libnptraffic2_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_contract_libnptraffic2_la_LDFLAGS = $(PLUGIN_LDFLAGS)
