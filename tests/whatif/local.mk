# tests/whatif/: allocations that are made to fail, budgets, red zones.
# SPDX-License-Identifier: MIT

script_tests += \
	tests/whatif/browser.py \
	tests/whatif/check.py \
	tests/whatif/each.py \
	tests/whatif/fail.py \
	tests/whatif/limit.py \
	tests/whatif/provided.py

EXTRA_DIST += tests/whatif/careless.py

unit_tests += tests/whatif/words
tests_whatif_words_SOURCES = tests/whatif/words.c
tests_whatif_words_LDADD = libformat.la $(CMOCKA_LIBS)

check_LTLIBRARIES += tests/whatif/libnpcareless.la
tests_whatif_libnpcareless_la_SOURCES = tests/whatif/careless.c
tests_whatif_libnpcareless_la_CFLAGS = $(PLUGIN_CFLAGS) -fno-builtin
tests_whatif_libnpcareless_la_LDFLAGS = $(PLUGIN_LDFLAGS)

check_PROGRAMS += tests/whatif/provided_promises
tests_whatif_provided_promises_SOURCES = tests/whatif/provided_promises.c
tests_whatif_provided_promises_CFLAGS = $(SUBJECT_CFLAGS) -fno-builtin-malloc

# Run by hand: doc/WHATIF.md
check_PROGRAMS += tests/whatif/provided_bench
tests_whatif_provided_bench_SOURCES = tests/whatif/provided_bench.c
tests_whatif_provided_bench_CFLAGS = $(SUBJECT_CFLAGS) -O2 -fno-builtin-malloc
