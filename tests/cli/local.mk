# tests/cli/: the program as seen from the shell.
# SPDX-License-Identifier: MIT

script_tests += \
	tests/cli/archive.py \
	tests/cli/debuginfod.py \
	tests/cli/examples.py \
	tests/cli/findings.py \
	tests/cli/places.py \
	tests/cli/record.py \
	tests/cli/rust.py \
	tests/cli/symbols.py

# What they record: built by the scripts, so that debug information can be taken apart.
EXTRA_DIST += \
	tests/cli/subject.c \
	tests/cli/subject.rs
