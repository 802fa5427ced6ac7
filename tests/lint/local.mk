# tests/lint/: what can be checked by reading the sources and manual pages.
# SPDX-License-Identifier: MIT

lint_tests = \
	tests/lint/exports.sh \
	tests/lint/include-arrows.py \
	tests/lint/listed-files.py \
	tests/lint/man-pages.sh \
	tests/lint/options-documented.py \
	tests/lint/source-form.py
TESTS += $(lint_tests)

unit_tests += tests/lint/format_example
tests_lint_format_example_SOURCES = tests/lint/format_example.c
tests_lint_format_example_LDADD = libformat.la $(CMOCKA_LIBS)
EXTRA_DIST += $(lint_tests) tests/allowed-skips.txt
