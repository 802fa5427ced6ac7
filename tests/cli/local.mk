# tests/cli/: the program as seen from the shell.
# SPDX-License-Identifier: MIT

script_tests += \
	tests/cli/diff.py \
	tests/cli/findings.py \
	tests/cli/leaks.py \
	tests/cli/record.py \
	tests/cli/symbols.py

EXTRA_DIST += \
	tests/cli/growing.c \
	tests/cli/growing.py
