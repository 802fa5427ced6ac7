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
